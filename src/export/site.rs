use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::{FileError, Files};
use crate::net::{Client, NetError, Signs};

/// How long one file may take, from connecting to its last byte: the longest bundle, at 2 Mbit a second.
const TIMEOUT: Duration = Duration::from_secs(70);

/// The shortest pause before another attempt, whatever a site says.
const PAUSE: Duration = Duration::from_millis(300);

/// The pauses before another attempt: a site that is busy, or a connection that broke off.
const PAUSES: [Duration; 2] = [PAUSE, Duration::from_millis(1_500)];

/// How many files are fetched at once: enough that the way there and back does not rule, and few for a server.
const AT_ONCE: usize = 8;

/// Files that a web server gives out below an address.
#[derive(Debug, Clone)]
pub struct Site {
    /// Without a slash at its end.
    address: String,
    client: Client,
}

impl Site {
    /// The files below an address, with or without a slash at its end, read as anybody or as a reader.
    ///
    /// # Errors
    /// It is not one of a folder on the web.
    pub fn new(address: &str, reader: Option<Arc<dyn Signs>>) -> Result<Self, NetError> {
        let bare = address.trim_end_matches('/');
        if bare.contains(['?', '#']) || !Self::is_address(address) {
            return Err(NetError::Address { url: address.to_owned() });
        }
        Ok(Self { address: bare.to_owned(), client: Client::new(TIMEOUT).reading_with(reader) })
    }

    /// Whether a text is meant as an address on the web.
    pub fn is_address(text: &str) -> bool {
        let begins =
            |scheme: &&str| text.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
        ["http://", "https://"].iter().any(begins)
    }
}

impl Files for Site {
    fn read(&self, name: &str, most: usize) -> Result<Option<Vec<u8>>, FileError> {
        let url = self.place(name);
        let until = Instant::now() + TIMEOUT;
        let mut pauses = PAUSES.iter().copied();
        loop {
            match self.client.get(&url, most) {
                Ok(bytes) => return Ok(bytes),
                Err(NetError::TooLong { url, most }) => return Err(FileError::TooLong { place: url, most }),
                Err(error) => {
                    // A server that is busy with this very reader's questions says when it has room again.
                    let pause = asked_to_wait(&error).or_else(|| pauses.next()).filter(|_| may_pass(&error));
                    match pause.filter(|pause| Instant::now() + *pause < until) {
                        Some(pause) => thread::sleep(pause),
                        None => return Err(FileError::Net(error)),
                    }
                }
            }
        }
    }

    fn list(&self, _folder: &str) -> Result<Option<Vec<String>>, FileError> {
        Ok(None)
    }

    fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }
}

/// How long a server asks to be left alone (`Retry-After`).
fn asked_to_wait(error: &NetError) -> Option<Duration> {
    match error {
        NetError::Problem { retry_after, .. } => {
            retry_after.map(|seconds| Duration::from_secs(seconds).max(PAUSE))
        }
        _ => None,
    }
}

/// Whether the same request may well be answered a moment later.
fn may_pass(error: &NetError) -> bool {
    match error {
        NetError::Unreachable { .. } | NetError::CutOff { .. } => true,
        NetError::Status { status, .. } | NetError::Problem { status, .. } => {
            matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
        }
        NetError::Address { .. }
        | NetError::SignIn { .. }
        | NetError::Redirect { .. }
        | NetError::TooLong { .. } => false,
    }
}
