//! `watch`: what is new in an agreement that a server keeps, as it comes. The server says when to look; what is told is
//! what the log's signed checkpoint and the parties' signatures say.

mod log;
mod stream;
mod tell;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant as Timer};

use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;
use super::remote::Server;
use super::show::{Tone, entries};
use crate::engine::State;
use crate::values::{Digest, Instant};
use crate::view::changes::all;
use log::{Advance, Log};
use stream::{Event, Stream};

/// Follow an agreement at a server: every entry and what it brings about, as it comes, each checked
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorate watch agi-2025 --server https://log.example.org\n  \
    quorate watch agi-2025 --server https://log.example.org --from 0 --json\n\n\
    The whole log is audited first. The server then says that something has come; it is fetched, and told only once the \
    log's signed checkpoint, every signature and every rule have passed. Where the connection breaks off, it is made \
    again, and goes on after the last entry. With --json, one document a line.\n\
    Exit code 1: the log went back or has two histories (both signed checkpoints are kept), does not pass, or the server \
    told of an entry otherwise than its log has it.")]
pub struct WatchArgs {
    /// The agreement; may be left out where there is only one. NAME@sha256:… names its anchor, from the contract
    agreement: Option<String>,
    /// Tell the entries from this one on first
    #[arg(long, value_name = "INDEX")]
    from: Option<u64>,
    /// End after so many entries
    #[arg(long, value_name = "COUNT")]
    entries: Option<u64>,
}

/// How often the checkpoint is asked for, whatever the server tells or keeps to itself.
const LOOK: Duration = Duration::from_secs(60);

/// After how long a broken connection is made again; twice as long each time after that.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest time between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How often a log is looked at for an entry that was announced.
const LOOKS: u32 = 5;

/// How long is waited for what comes along with something that was heard, before the log is looked at.
const TOGETHER: Duration = Duration::from_millis(20);

/// How many events wait to be heard; the server waits then.
const WAITING: usize = 64;

/// Runs `watch`.
///
/// # Errors
/// There is no such agreement, it cannot be reached at first, or the server or its log is at fault.
pub fn run(context: &Context, args: &WatchArgs) -> Result<Answer, CliError> {
    let Some(server) = Server::of(context)? else {
        return Err(CliError::usage(
            "this follows a server: name it with --server; what a data folder has, `quorate log` and `quorate status` tell",
        ));
    };
    let log = Log::audited(&server, args.agreement.as_deref())?;
    if let Some(from) = args.from.filter(|from| *from > log.size()) {
        return Err(CliError::usage(format!(
            "--from {from}: the log has {} as yet, from 0",
            entries(log.size())
        )));
    }
    let now = context.now();
    let told = Told { state: log.state.at(now).into_owned(), at: now };
    let mut watch = Watch {
        context,
        server: &server,
        args,
        log,
        told,
        count: 0,
        announced: BTreeMap::new(),
        shown: BTreeMap::new(),
    };
    tell::begun(context, &server.address, &watch.log)?;
    if let Some(from) = args.from {
        let earlier = watch.log.lines_from(from)?;
        for line in earlier {
            if watch.entry(&line)? {
                return Ok(Answer::told());
            }
        }
    }
    watch.follow()?;
    Ok(Answer::told())
}

/// How many of the newest entries are held against what the server announces.
const HELD: usize = 4_096;

/// What has been told of the agreement: as it was at a time.
struct Told {
    state: State,
    at: Instant,
}

/// An entry as the server announced it, or as the log has it.
#[derive(PartialEq, Eq)]
struct Announced {
    statement: Digest,
    time: Instant,
}

/// What a look at the log came to.
enum Looked {
    /// What has come is told.
    Told,
    /// Enough has been told.
    Enough,
    /// It could not be reached, as was said.
    Unreachable,
}

struct Watch<'a> {
    context: &'a Context,
    server: &'a Server,
    args: &'a WatchArgs,
    log: Log,
    told: Told,
    /// How many entries have been told.
    count: u64,
    /// What the server has announced, by index, and was not held against the log yet: [`HELD`] at most.
    announced: BTreeMap<u64, Announced>,
    /// The newest entries that were told, as the log has them.
    shown: BTreeMap<u64, Announced>,
}

impl Watch<'_> {
    /// Follows until enough has been told; nothing else ends it but a fault.
    fn follow(&mut self) -> Result<(), CliError> {
        let mut failures = 0_u32;
        loop {
            let last = self.log.size().checked_sub(1);
            match Stream::open(self.server, &self.log.name(), last) {
                // What came before it was open.
                Ok(stream) => match self.look()? {
                    Looked::Told => {
                        failures = 0;
                        if self.listen(stream)? {
                            return Ok(());
                        }
                    }
                    Looked::Enough => return Ok(()),
                    Looked::Unreachable => {}
                },
                Err(stream::Refused::Behind) => {
                    // A log that has fewer entries than were seen convicts itself.
                    if matches!(self.audit_anew()?, Looked::Enough) {
                        return Ok(());
                    }
                }
                Err(stream::Refused::Net(why)) => tell::lost(self.context, &why.to_string())?,
            }
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_PAUSE);
            failures = failures.saturating_add(1);
            thread::sleep(pause);
        }
    }

    /// Listens until the connection ends; `true` where enough has been told.
    fn listen(&mut self, mut stream: Stream) -> Result<bool, CliError> {
        let (sender, events) = sync_channel(WAITING);
        // Ends with the connection, which is silent for a while at most.
        let listening = thread::Builder::new().name("events".to_owned()).spawn(move || {
            loop {
                let event = stream.next();
                let ended = event.is_err();
                if sender.send(event).is_err() || ended {
                    return;
                }
            }
        });
        listening.map_err(|error| CliError::Storage(format!("no thread to listen with: {error}")))?;
        let mut looked = Timer::now();
        loop {
            let (woken, ended) = self.hear(&events, looked);
            if woken || looked.elapsed() >= LOOK {
                match self.look()? {
                    Looked::Told => looked = Timer::now(),
                    Looked::Enough => return Ok(true),
                    // The server tells again then what it told.
                    Looked::Unreachable => return Ok(false),
                }
            }
            self.time_alone()?;
            if let Some(why) = ended {
                tell::lost(self.context, &why)?;
                return Ok(false);
            }
        }
    }

    /// Waits for something to be told: whether there may be something new, and why the connection ended, if it did. Whatever
    /// is heard, it ends in time to look at the log, and to tell what time alone brings.
    fn hear(
        &mut self,
        events: &Receiver<Result<Event, crate::net::NetError>>,
        looked: Timer,
    ) -> (bool, Option<String>) {
        let due = self.told.state.next_due().map(|due| due.moment.at.since(self.context.now()).seconds());
        let due = due.map_or(LOOK, |seconds| Duration::from_secs(seconds.max(1)));
        let mut until = Timer::now() + LOOK.saturating_sub(looked.elapsed()).min(due);
        let mut woken = false;
        while self.announced.len() < HELD {
            let wait = until.saturating_duration_since(Timer::now());
            if wait.is_zero() {
                break;
            }
            let wakes = match events.recv_timeout(wait) {
                Ok(Ok(Event::Entry { index, statement, time })) => {
                    self.announced.insert(index, Announced { statement, time });
                    true
                }
                Ok(Ok(Event::State)) => true,
                Ok(Ok(Event::Sign)) => false,
                Ok(Err(why)) => return (woken, Some(why.to_string())),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    return (woken, Some("the connection ended".to_owned()));
                }
            };
            // Whatever has come with it, and then one look at the log.
            if wakes && !woken {
                (woken, until) = (true, until.min(Timer::now() + TOGETHER));
            }
        }
        (woken, None)
    }

    /// Looks at the log, and tells what has come.
    fn look(&mut self) -> Result<Looked, CliError> {
        for attempt in 0..LOOKS {
            match self.log.advance() {
                Advance::By(added) => {
                    for line in added {
                        if self.entry(&line)? {
                            return Ok(Looked::Enough);
                        }
                    }
                }
                Advance::Unreachable(why) => {
                    tell::lost(self.context, &why)?;
                    return Ok(Looked::Unreachable);
                }
                Advance::Doubt(why) => {
                    tell::say(self.context, Tone::Notice, &format!("{why}; the whole log is audited"))?;
                    match self.audit_anew()? {
                        Looked::Told => {}
                        other => return Ok(other),
                    }
                }
            }
            self.hold()?;
            if self.announced.is_empty() {
                return Ok(Looked::Told);
            }
            thread::sleep(Duration::from_millis(u64::from(attempt) * 500));
        }
        let (index, size) = (self.announced.keys().next().copied().unwrap_or_default(), self.log.size());
        Err(CliError::Faults(format!(
            "{} tells of entry {index}, and by its signed checkpoint the log has {size}, from 0: it announces what it does \
             not show; ask its operator, and the parties",
            self.server.address
        )))
    }

    /// Audits the whole log, held against all that was seen, and tells what has come.
    fn audit_anew(&mut self) -> Result<Looked, CliError> {
        let before = self.log.size();
        match Log::audited(self.server, Some(&self.log.state.agreement.to_string())) {
            Ok(log) => self.log = log,
            // It may be reached again later.
            Err(error @ CliError::Storage(_)) => {
                tell::lost(self.context, &error.to_string())?;
                return Ok(Looked::Unreachable);
            }
            Err(error) => return Err(error),
        }
        for line in self.log.lines_from(before)? {
            if self.entry(&line)? {
                return Ok(Looked::Enough);
            }
        }
        Ok(Looked::Told)
    }

    /// Holds what was announced against what the log has. What it does not have yet is waited for.
    fn hold(&mut self) -> Result<(), CliError> {
        let later = self.announced.split_off(&self.log.size());
        for (index, announced) in std::mem::replace(&mut self.announced, later) {
            // What was told long ago, or before this began, nobody hears of it anew.
            let Some(shown) = self.shown.get(&index) else { continue };
            if announced != *shown {
                return Err(CliError::Faults(format!(
                    "{} told of entry {index} as the statement {} at {}, and its log has {} at {} there: do not rely on what \
                     it says, and tell the parties",
                    self.server.address, announced.statement, announced.time, shown.statement, shown.time
                )));
            }
        }
        Ok(())
    }

    /// Tells an entry that is in the log, and what it brought about; `true` where enough has been told.
    fn entry(&mut self, line: &log::Added) -> Result<bool, CliError> {
        let log::Added { line, after } = line;
        tell::entry(self.context, line)?;
        if let Some(after) = after {
            self.changed(after, line.time)?;
        }
        self.shown.insert(line.entry, Announced { statement: line.statement, time: line.time });
        while self.shown.len() > HELD {
            self.shown.pop_first();
        }
        self.count += 1;
        Ok(self.args.entries.is_some_and(|most| self.count >= most))
    }

    /// Tells what time alone has brought about by now.
    fn time_alone(&mut self) -> Result<(), CliError> {
        let state = self.log.state.clone();
        self.changed(&state, self.context.now())
    }

    /// Tells in what a state differs at a time from what was told last.
    fn changed(&mut self, state: &State, at: Instant) -> Result<(), CliError> {
        let at = at.max(self.told.at);
        let after = state.at(at).into_owned();
        let (changes, licence) = all((&self.told.state, self.told.at), (&after, at));
        let entries = after.size;
        self.told = Told { state: after, at };
        if changes.is_empty() {
            return Ok(());
        }
        tell::changed(self.context, (at, entries), &changes, licence)
    }
}
