//! Asking one witness: C2SP tlog-witness, the client's part of `add-checkpoint`.

use std::time::{Duration, Instant as Timer};

use super::{Answer, Fault, Given, Proof, Subject};
use crate::audit::SLACK;
use crate::log::policy::PolicyWitness;
use crate::log::tree::{consistency_proof, root};
use crate::log::{AddCheckpoint, Checkpoint, Cosignature, Note};
use crate::net::{Client, NetError, Response};
use crate::registry::Clock;
use crate::values::{Digest, Instant};

/// How often a witness is asked in one round: with the size that is remembered, with the one that it names, and once
/// more where somebody else asked it in between.
const ATTEMPTS: usize = 3;

/// The most bytes of an answer: signature lines, of ML-DSA-44 too, and no whole log.
const MAX_ANSWER: usize = 64 * 1024;

/// The `Content-Type` of a size (C2SP tlog-witness).
const SIZE: &str = "text/x.tlog.size";

/// Asks one witness, within `timeout` in all.
pub(super) fn ask(
    subject: &Subject<'_>,
    witness: &PolicyWitness,
    known: u64,
    clock: &dyn Clock,
    timeout: Duration,
) -> Answer {
    let begun = Timer::now();
    let outcome = match address(witness) {
        Some(url) => Asking { subject, witness, url, begun, timeout }.cosignature(known, clock),
        None => Err(Fault::NoAddress),
    };
    Answer { witness: witness.clone(), outcome, took: begun.elapsed() }
}

/// The submission prefix, without a slash at its end.
fn address(witness: &PolicyWitness) -> Option<&str> {
    let url = std::str::from_utf8(witness.url.as_ref()?.as_bytes()).ok()?;
    Some(url.trim_end_matches('/'))
}

struct Asking<'a> {
    subject: &'a Subject<'a>,
    witness: &'a PolicyWitness,
    url: &'a str,
    begun: Timer,
    timeout: Duration,
}

impl Asking<'_> {
    fn cosignature(&self, known: u64, clock: &dyn Clock) -> Result<Given, Fault> {
        let here = self.subject.head.size;
        let mut old = known.min(here);
        if old == 0 && !self.subject.introduces {
            old = here;
        }
        for _ in 0..ATTEMPTS {
            let before = clock.now();
            let response = self.add_checkpoint(old)?;
            match response.status {
                200 => return self.given(&response.body, old, before, clock.now()),
                409 => {
                    let size = conflict(&response)?;
                    if size > here {
                        return Err(self.contradiction().unwrap_or(Fault::Ahead { size, here }));
                    }
                    if size == 0 && !self.subject.introduces {
                        return Err(Fault::NeverSeen);
                    }
                    old = size;
                }
                422 => return Err(self.contradiction().unwrap_or(Fault::Refused)),
                400 => return Err(Fault::Malformed),
                403 => return Err(Fault::Signature { vkey: self.subject.key.to_string() }),
                404 => return Err(Fault::UnknownLog { vkey: self.subject.key.to_string() }),
                status @ (408 | 429 | 500..=599) => return Err(Fault::Later(status)),
                status => return Err(Fault::Status(status)),
            }
        }
        Err(Fault::Loop { size: old })
    }

    fn add_checkpoint(&self, old: u64) -> Result<Response, Fault> {
        let Subject { head, note, .. } = self.subject;
        let proof = consistency_proof(old, head.size, &self.subject.nodes());
        let proof = proof.map_err(|error| Fault::Tree(error.to_string()))?;
        let body = AddCheckpoint { old, proof, checkpoint: note.to_string().into_bytes() }.to_bytes();
        let url = format!("{}/add-checkpoint", self.url);
        self.timed(self.client()?.post(&url, "application/octet-stream", &body, MAX_ANSWER))
    }

    /// A client that gives up when this round's time for the witness is over, whatever it was asked before.
    fn client(&self) -> Result<Client, Fault> {
        match self.timeout.checked_sub(self.begun.elapsed()) {
            Some(left) if !left.is_zero() => Ok(Client::new(left)),
            _ => Err(Fault::Late(self.timeout)),
        }
    }

    fn timed<T>(&self, answer: Result<T, NetError>) -> Result<T, Fault> {
        match answer {
            Err(_) if self.begun.elapsed() >= self.timeout => Err(Fault::Late(self.timeout)),
            other => Ok(other?),
        }
    }

    /// The cosignature in an answer, which counts only if it is by the policy's key, of this checkpoint, and of now.
    fn given(&self, body: &[u8], known: u64, before: Instant, after: Instant) -> Result<Given, Fault> {
        if body.is_empty() {
            return Err(Fault::Garbage("it is empty".to_owned()));
        }
        // As the specification says: put behind the checkpoint, it is a note, or it is nothing.
        let note = [self.subject.note.to_string().as_bytes(), body].concat();
        let note = Note::parse(&note).map_err(|error| Fault::Garbage(error.to_string()))?;
        let key = &self.witness.key;
        let newest = key.newest(&note).map_err(Fault::Bad)?;
        let (at, line) = newest.ok_or_else(|| Fault::OtherKey { key: key.to_string() })?;
        judge_time(at, before.max(self.subject.last), after.max(self.subject.last))?;
        Ok(Given { line, at, known })
    }

    /// The checkpoint that the witness publishes, if it is the log's word against the store.
    fn contradiction(&self) -> Option<Fault> {
        let origin = Digest::of(self.subject.key.name().as_bytes());
        let url = format!("{}/{}/checkpoint", self.url, origin.hex());
        let bytes = self.client().ok()?.get(&url, MAX_ANSWER).ok()??;
        let head = Checkpoint::open(&bytes, &self.subject.key).ok()?.head;
        let proof = Proof { head, note: String::from_utf8(bytes).ok()? };
        let here = self.subject.head.size;
        if head.size > here {
            return Some(Fault::Newer { proof, here });
        }
        let root = root(head.size, &self.subject.nodes()).ok()?;
        (root != head.root).then_some(Fault::TwoHistories(proof))
    }
}

/// A witness signs at the time at which it is asked, give or take what clocks differ.
fn judge_time(at: Cosignature, before: Instant, after: Instant) -> Result<(), Fault> {
    let time = at.time();
    let clock = |now| Fault::Clock { at: time, now, slack: SLACK };
    if time.plus(SLACK) < before {
        return Err(clock(before));
    }
    if after.plus(SLACK) < time { Err(clock(after)) } else { Ok(()) }
}

/// The size in an answer of status 409.
fn conflict(response: &Response) -> Result<u64, Fault> {
    let garbage = |what: &str| Fault::Garbage(format!("with the status 409 {what}"));
    let kind = response.content_type.as_deref().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(SIZE) {
        return Err(garbage("it is not a size, `text/x.tlog.size`"));
    }
    let text = std::str::from_utf8(&response.body).ok().and_then(|text| text.strip_suffix('\n'));
    let size = text.and_then(|text| text.parse().ok().filter(|size: &u64| size.to_string() == text));
    size.ok_or_else(|| garbage("it is not a decimal number and a newline"))
}
