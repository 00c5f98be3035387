//! Server-sent events of a server: when to look at its log. Nothing of what they say is told unchecked.

use std::time::Duration;

use serde::Deserialize;

use crate::cli::remote::Server;
use crate::net::{Lines, NetError};
use crate::values::{Digest, Instant};

/// How long a server may be silent, which says something every twenty seconds.
const SILENCE: Duration = Duration::from_secs(60);

/// The longest line: an entry on one line is far shorter.
const MOST_LINE: usize = 1 << 20;

/// Something that was heard.
pub(super) enum Event {
    /// An entry is announced.
    Entry {
        /// Its index.
        index: u64,
        /// The digest of its statement.
        statement: Digest,
        /// When the log is said to have taken it.
        time: Instant,
    },
    /// Something else has come about.
    State,
    /// The server is still there.
    Sign,
}

/// Why nothing is heard.
pub(super) enum Refused {
    /// The log has fewer entries than were seen.
    Behind,
    /// The server is not reached, or does not answer as one.
    Net(NetError),
}

/// The part of an entry's line that can be held against the log.
#[derive(Deserialize)]
struct Said {
    entry: u64,
    statement: Digest,
    time: Instant,
}

/// A stream of events.
pub(super) struct Stream {
    lines: Lines,
    url: String,
    event: String,
    data: String,
}

impl Stream {
    /// Listens to what comes after the last entry that is known.
    pub(super) fn open(server: &Server, agreement: &str, last: Option<u64>) -> Result<Self, Refused> {
        let url = format!("{}/v1/agreements/{agreement}/events", server.address);
        let last = last.map(|last| last.to_string());
        let mut headers = vec![("accept", "text/event-stream")];
        headers.extend(last.as_deref().map(|last| ("last-event-id", last)));
        match server.client.lines(&url, &headers, SILENCE) {
            Ok(lines) => Ok(Self { lines, url, event: String::new(), data: String::new() }),
            Err(NetError::Problem { status: 400, .. } | NetError::Status { status: 400, .. }) => {
                Err(Refused::Behind)
            }
            Err(error) => Err(Refused::Net(error)),
        }
    }

    /// What the next line says. Whatever it is, whoever listens hears of it, and may have stopped to.
    ///
    /// # Errors
    /// The connection has ended, or what comes is no stream of events.
    pub(super) fn next(&mut self) -> Result<Event, NetError> {
        let line = self.lines.next(MOST_LINE)?;
        let line = line.ok_or_else(|| NetError::cut_off(&self.url, &"the server has ended it"))?;
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            let (event, data) = (std::mem::take(&mut self.event), std::mem::take(&mut self.data));
            return Ok(match (event.as_str(), serde_json::from_str::<Said>(&data)) {
                ("entry", Ok(Said { entry, statement, time })) => {
                    Event::Entry { index: entry, statement, time }
                }
                // Whatever it is, there may be something new.
                ("entry" | "state", _) => Event::State,
                _ => Event::Sign,
            });
        }
        if let Some(event) = field(line, "event") {
            event.clone_into(&mut self.event);
        } else if let Some(data) = field(line, "data") {
            if self.data.len() + data.len() > MOST_LINE {
                return Err(NetError::TooLong { url: self.url.clone(), most: MOST_LINE });
            }
            self.data.push_str(data);
        }
        Ok(Event::Sign)
    }
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let value = line.strip_prefix(name)?.strip_prefix(':')?;
    Some(value.strip_prefix(' ').unwrap_or(value))
}
