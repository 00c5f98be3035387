//! What a witness remembers: the head that it cosigned last of every log.
//!
//! One value owns it and takes `&mut self`, so that comparing and setting are one step, and [`State::take`] answers only what
//! is durable. After a failure the state is never used again.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::log::note::NoteSignature;
use crate::log::{Cosignature, Hash, Head, Note, SeenCheckpoint, WitnessSigner};
use crate::store::{MAX_ROWS, Row, StoreError, Table};
use crate::values::{Digest, Instant};

use super::WitnessError;
use super::judge::{self, Refused, Submission};

/// The most submissions that one [`State::take`] answers.
pub const MAX_BATCH: usize = MAX_ROWS;

/// How far the clock may stand behind the last cosignature's time, in seconds, and that time be signed again: a clock
/// that is set right by a moment must not stop a witness.
pub const MAX_BEHIND: u64 = 60;

/// How far the clock may stand ahead of the newest cosignature of any log, in seconds: 400 days, as for entries. A time that
/// was signed is never taken back, so one jump of the clock would end the witness for all its logs when it is set right.
pub const MAX_AHEAD: u64 = 400 * 86_400;

/// Where a state is kept.
pub trait Disk: Send {
    /// All rows.
    ///
    /// # Errors
    /// They cannot be read.
    fn rows(&self) -> Result<Vec<Row>, StoreError>;

    /// Puts rows over those of the same keys, all or nothing, on stable storage when it returns.
    ///
    /// # Errors
    /// The rows may be there or not; whoever called it never does so again.
    fn put(&self, rows: &[Row]) -> Result<(), StoreError>;
}

impl Disk for Table {
    fn rows(&self) -> Result<Vec<Row>, StoreError> {
        Self::rows(self)
    }

    fn put(&self, rows: &[Row]) -> Result<(), StoreError> {
        Self::put(self, rows)
    }
}

/// What was cosigned last of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The head.
    pub head: Head,
    /// When it was cosigned last.
    pub time: Cosignature,
    /// The checkpoint with the log's signatures and the cosignature.
    pub note: Note,
}

/// Why a submission was turned away, and what had been cosigned of its log by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// Why.
    pub refused: Refused,
    /// The last one; `None` where nothing was.
    pub last: Option<Arc<Remembered>>,
}

/// The memory of a witness, by the SHA-256 of the logs' origins.
pub struct State {
    disk: Box<dyn Disk>,
    signer: WitnessSigner,
    last: BTreeMap<Digest, Arc<Remembered>>,
    /// Whether the operator has said that the clock is right, however far ahead: for one time.
    jumps: bool,
}

impl State {
    /// Reads what the witness of this key remembers.
    ///
    /// # Errors
    /// The disk cannot be read, holds something else, or the memory of another key.
    pub fn open(disk: Box<dyn Disk>, signer: WitnessSigner) -> Result<Self, WitnessError> {
        let last = remembered(disk.rows()?, &signer)?;
        Ok(Self { disk, signer, last, jumps: false })
    }

    /// The operator's word that the clock is right though it is more than [`MAX_AHEAD`] ahead. It holds until that time has
    /// been signed; further jumps are refused again.
    #[must_use]
    pub fn accepting_clock_jump(self) -> Self {
        Self { jumps: true, ..self }
    }

    /// What makes an empty disk the memory of this witness.
    pub fn first_row(signer: &WitnessSigner) -> Row {
        (WITNESS.to_vec(), signer.verifier().to_string().into_bytes())
    }

    /// The witness's key.
    pub fn signer(&self) -> &WitnessSigner {
        &self.signer
    }

    /// What is remembered, all of it durable.
    pub fn last(&self) -> &BTreeMap<Digest, Arc<Remembered>> {
        &self.last
    }

    /// Judges submissions one after the other at the time `now`, makes what they change durable in one go, and gives
    /// their answers in their order. At most [`MAX_BATCH`].
    ///
    /// # Errors
    /// It may not be durable, or cannot be signed: none of the answers exists, and the state is not used again.
    pub fn take(
        &mut self,
        batch: &[Submission],
        now: Instant,
    ) -> Result<Vec<Result<NoteSignature, Turned>>, StoreError> {
        let jump = self.jump(now);
        let refused = jump.clone().filter(|_| !self.jumps);
        let mut changed: BTreeMap<Digest, Arc<Remembered>> = BTreeMap::new();
        let mut answers = Vec::with_capacity(batch.len());
        for submission in batch {
            let log = submission.log();
            let last = changed.get(&log).or_else(|| self.last.get(&log)).cloned();
            answers.push(match self.cosign(submission, last.as_deref(), now, refused.as_ref()) {
                Ok((signature, remembered)) => {
                    changed.extend(remembered.map(|remembered| (log, Arc::new(remembered))));
                    Ok(signature)
                }
                Err(refused) => Err(Turned { refused, last }),
            });
        }
        if !changed.is_empty() {
            let rows: Vec<Row> = changed.iter().map(|(log, remembered)| row(log, remembered)).collect();
            self.disk.put(&rows)?;
            self.last.extend(changed);
            self.jumps &= jump.is_none();
        }
        Ok(answers)
    }

    /// The cosignature, and what is to be remembered; `None` where that is remembered already.
    fn cosign(
        &self,
        submission: &Submission,
        last: Option<&Remembered>,
        now: Instant,
        jump: Option<&Refused>,
    ) -> Result<(NoteSignature, Option<Remembered>), Refused> {
        submission.judge(last.map_or_else(judge::nothing, |last| last.head))?;
        if let Some(jump) = jump {
            return Err(jump.clone());
        }
        let time = Self::time(last, now)?;
        let again = last.filter(|last| last.time == time && same_text(&last.note, &submission.note));
        if let Some(signature) = again.and_then(|last| self.own(&last.note)) {
            return Ok((signature, None));
        }
        let signature = self.signer.cosign(&submission.note, time.time()).map_err(|_| Refused::Clock)?;
        let note = submission.note.clone().with([signature.clone()]).map_err(Refused::Signature)?;
        Ok((signature, Some(Remembered { head: submission.head, time, note })))
    }

    /// Why the clock is not to be believed, where it stands too far ahead of all that was signed.
    fn jump(&self, now: Instant) -> Option<Refused> {
        let newest = self.last.values().map(|last| last.time).max()?;
        let ahead = u64::try_from(now.unix()).ok()?.checked_sub(newest.unix)? > MAX_AHEAD;
        ahead.then(|| Refused::Jump { newest: newest.time(), now })
    }

    /// The time to sign: a cosignature says what was the newest shown at its time, so times never go back.
    fn time(last: Option<&Remembered>, now: Instant) -> Result<Cosignature, Refused> {
        let now = u64::try_from(now.unix()).ok().filter(|unix| *unix > 0).ok_or(Refused::Clock)?;
        let last = last.map_or(0, |last| last.time.unix);
        if now.saturating_add(MAX_BEHIND) < last {
            return Err(Refused::Clock);
        }
        Ok(Cosignature { unix: now.max(last) })
    }

    /// The cosignature that a note has of this witness.
    fn own(&self, note: &Note) -> Option<NoteSignature> {
        let key = self.signer.verifier();
        note.signatures().iter().find(|line| line.name == key.name() && line.id == key.id()).cloned()
    }
}

fn same_text(one: &Note, other: &Note) -> bool {
    one.unverified_text() == other.unverified_text()
}

/// The key of the row that says whose memory it is.
const WITNESS: &[u8] = b"witness";

/// What the key of a log's row begins with, before the 32 bytes of its origin's SHA-256.
const LOG: &[u8] = b"log";

/// Size (u64) and root (32) of the head, the cosignature's time (u64), the note.
fn row(log: &Digest, remembered: &Remembered) -> Row {
    let Remembered { head, time, note } = remembered;
    let note = note.to_string();
    let value = [&head.size.to_be_bytes()[..], &head.root.0, &time.unix.to_be_bytes(), note.as_bytes()];
    ([LOG, &log.0].concat(), value.concat())
}

/// Reads the rows of the memory of this very key.
pub(super) fn remembered(
    rows: Vec<Row>,
    signer: &WitnessSigner,
) -> Result<BTreeMap<Digest, Arc<Remembered>>, WitnessError> {
    let mut last = BTreeMap::new();
    let mut whose = None;
    for (key, value) in rows {
        if key == WITNESS {
            whose = Some(String::from_utf8_lossy(&value).into_owned());
            continue;
        }
        let read = log_of(&key).zip(read_row(&value));
        let (log, remembered) = read.ok_or_else(|| WitnessError::Row { key: Digest::of(&key) })?;
        last.insert(log, Arc::new(remembered));
    }
    let key = signer.verifier().to_string();
    match whose {
        Some(whose) if whose == key => Ok(last),
        whose => Err(WitnessError::OtherKey { whose, key }),
    }
}

fn log_of(key: &[u8]) -> Option<Digest> {
    Some(Digest(key.strip_prefix(LOG)?.try_into().ok()?))
}

fn read_row(value: &[u8]) -> Option<Remembered> {
    let (size, rest) = value.split_first_chunk()?;
    let (root, rest) = rest.split_first_chunk()?;
    let (time, note) = rest.split_first_chunk()?;
    let head = Head { size: u64::from_be_bytes(*size), root: Hash(*root) };
    let note = Note::parse(note).ok()?;
    let seen: SeenCheckpoint = note.unverified_text().parse().ok()?;
    (seen.head == head).then_some(Remembered {
        head,
        time: Cosignature { unix: u64::from_be_bytes(*time) },
        note,
    })
}
