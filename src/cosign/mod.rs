//! The log's side of witnesses: asking those of an agreement's policy to cosign its head, and keeping what they answer.
//!
//! The way of a round: a [`Subject`] is the head of an agreement as it was at a moment → [`collect`] asks every witness
//! of the policy at once, each within the time-out (C2SP tlog-witness, `add-checkpoint`) → [`keep`] looks at the store
//! again, which may have grown meanwhile, and adds the good cosignatures to what it keeps. The store is needed before
//! and after, and not while the network answers.
//!
//! Who asks witnesses also hears of a log that has forked: one that has seen more entries than the store has, or
//! another root. What the log's own key has signed proves it; then the agreement is marked, and nothing is added to it
//! any more. What a witness merely says marks nothing: a single liar would end an agreement.
//!
//! It decides neither what is cosigned (the head is what the registry has admitted) nor who counts: the policy does.

mod answer;
mod ask;
mod evidence;
mod keep;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

pub use answer::{Answer, Fault, Given, Proof};
pub use evidence::Evidence;
pub use keep::{Asked, KeepError, Kept, keep};

use crate::engine::State;
use crate::log::note::NoteSignature;
use crate::log::policy::PolicyWitness;
use crate::log::{Checkpoint, CheckpointError, Head, Note, Policy, VerifierKey};
use crate::registry::{Clock, StoreNodes};
use crate::store::{ReadOnly, Store, StoreError};
use crate::values::{Digest, Instant};

/// The head of an agreement as it was at a moment: what witnesses are asked to cosign.
pub struct Subject<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) anchor: Digest,
    /// Size and root.
    pub head: Head,
    /// The checkpoint, under the log's signature alone.
    pub(crate) note: Note,
    pub(crate) key: VerifierKey,
    /// The time of the head's last entry.
    pub(crate) last: Instant,
    /// Whether the log is shown to a witness that has never seen it. Not while it must be confirmed: once shown this
    /// head, it would confirm it.
    pub(crate) introduces: bool,
}

/// The size that each witness is known to have cosigned last, by the raw bytes of its key: what it is asked to go on
/// from. A cache; a wrong number costs one more request.
pub type Sizes = BTreeMap<[u8; 32], u64>;

impl<'a> Subject<'a> {
    /// The head that `store` has of the agreement in `state`, which is the state after its last entry.
    ///
    /// # Errors
    /// The store cannot be read, or its checkpoint is not signed by the log.
    pub fn of(store: &'a dyn Store, state: &State) -> Result<Self, SubjectError> {
        let anchor = state.agreement.anchor;
        let stored = store.head(&anchor)?.ok_or(SubjectError::None)?;
        let key: VerifierKey = state.log.vkey.parse().map_err(|_| SubjectError::Key)?;
        Checkpoint::open(stored.checkpoint.as_bytes(), &key)?;
        let note = Note::parse(stored.checkpoint.as_bytes()).map_err(CheckpointError::Note)?;
        let note = by_log(&note, &key);
        let introduces = store.read_only(&anchor)? != Some(ReadOnly::Restored);
        Ok(Self { store, anchor, head: stored.head, note, key, last: state.last, introduces })
    }

    fn nodes(&self) -> StoreNodes<'_> {
        StoreNodes { store: self.store, anchor: &self.anchor }
    }
}

/// Why a head cannot be shown to witnesses.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such agreement.
    #[error("there is no such agreement in the store; run `quorate audit`")]
    None,
    /// The log's key cannot be read.
    #[error("the opening statement names no key of a log; run `quorate audit`")]
    Key,
    /// The checkpoint is not the log's.
    #[error("{0}; run `quorate audit`")]
    Checkpoint(#[from] CheckpointError),
}

/// The note with the signatures by the log's key alone.
pub(crate) fn by_log(note: &Note, key: &VerifierKey) -> Note {
    let own = note.signatures().iter().filter(|line| line.name == key.name() && line.id == key.id());
    note.only(own.cloned().collect())
}

/// The sizes for which `store` keeps a cosignature of each witness, the largest of each.
///
/// # Errors
/// The store cannot be read.
pub fn known_sizes(store: &dyn Store, anchor: &Digest, policy: &Policy) -> Result<Sizes, StoreError> {
    let mut sizes = Sizes::new();
    for kept in store.checkpoints(anchor) {
        let (size, note) = kept?;
        let Ok(note) = Note::parse(note.as_bytes()) else { continue };
        let signed = |witness: &&PolicyWitness| note.signatures().iter().any(|line| witness.key.names(line));
        // Not verified: it only says where to begin.
        sizes.extend(policy.witnesses().filter(signed).map(|witness| (witness.key.raw(), size)));
    }
    Ok(sizes)
}

/// The newest head that the policy's quorum has cosigned, by the notes that the store keeps: its size and note.
///
/// # Errors
/// The store cannot be read.
pub fn newest_cosigned(
    store: &dyn Store,
    anchor: &Digest,
    policy: &Policy,
) -> Result<Option<(u64, String)>, StoreError> {
    let mut newest = None;
    for kept in store.checkpoints(anchor) {
        let (size, text) = kept?;
        let met = |note: &Note| policy.support(note).is_ok_and(|support| support.met());
        if Note::parse(text.as_bytes()).is_ok_and(|note| met(&note)) {
            newest = Some((size, text));
        }
    }
    Ok(newest)
}

/// Asks every witness of the policy at the same time, and returns when the last has answered or `timeout` has passed.
/// The answers are in the policy's order. `sizes` learns what the witnesses have cosigned.
pub fn collect(
    subject: &Subject<'_>,
    policy: &Policy,
    sizes: &mut Sizes,
    clock: &dyn Clock,
    timeout: Duration,
) -> Vec<Answer> {
    let known = |witness: &PolicyWitness| sizes.get(&witness.key.raw()).copied().unwrap_or(0);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let asked: Vec<_> = policy
            .witnesses()
            .map(|witness| {
                let known = known(witness);
                let ask = move || ask::ask(subject, witness, known, clock, timeout);
                (witness, thread::Builder::new().name("witness".to_owned()).spawn_scoped(scope, ask))
            })
            .collect();
        let answer =
            |(witness, started): (&PolicyWitness, std::io::Result<thread::ScopedJoinHandle<'_, Answer>>)| {
                let broken = |why: &str| Answer::broken(witness, why);
                match started.map(thread::ScopedJoinHandle::join) {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(_)) => broken("the request failed inside this program"),
                    Err(error) => broken(&format!("no thread for the request: {error}")),
                }
            };
        asked.into_iter().map(answer).collect()
    });
    for answer in &answers {
        match &answer.outcome {
            Ok(_) => drop(sizes.insert(answer.witness.key.raw(), subject.head.size)),
            Err(_) => drop(sizes.remove(&answer.witness.key.raw())),
        }
    }
    answers
}

/// The lines of the answers that were good.
fn lines(answers: &[Answer]) -> Vec<NoteSignature> {
    answers.iter().filter_map(|answer| Some(answer.outcome.as_ref().ok()?.line.clone())).collect()
}
