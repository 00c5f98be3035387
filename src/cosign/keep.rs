//! Keeping what witnesses answered, in a store that may have grown since they were asked.

use super::{Answer, Fault, Proof, Sizes, Subject, by_log, known_sizes, lines};
use crate::audit::SLACK;
use crate::log::cosigned::{Keep, merged};
use crate::log::note::NoteSignature;
use crate::log::tree::root;
use crate::log::{Checkpoint, CheckpointError, CosignatureError, Head, Note, Policy, VerifierKey};
use crate::registry::{self, StoreNodes};
use crate::statement::Entry;
use crate::store::{Append, ReadOnly, Store, StoreError, StoredHead};
use crate::values::{Digest, Instant};

/// What a store has after a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The note that it keeps for the head that was asked about.
    pub note: Note,
    /// Whether the policy's quorum has cosigned that head, now or earlier.
    pub quorum: bool,
    /// Whether a quorum that had seen this log before says that this head is the newest that it knows, and nobody proves
    /// otherwise.
    pub confirmed: bool,
    /// By how many entries the log has grown since.
    pub behind: u64,
    /// Whether the agreement was read-only since it was restored, and is no more.
    pub released: bool,
    /// Why nothing may be added to the agreement.
    pub read_only: Option<ReadOnly>,
    /// What proves it, as far as this round brought it up.
    pub proofs: Vec<Proof>,
}

/// Why what was collected was not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store is not the one that was asked about.
    #[error(
        "the store has changed: the head of {} entries that was shown to the witnesses is not in it any more; run \
         `quorate audit`", .0.size
    )]
    Replaced(Head),
    /// What the store keeps cannot be read.
    #[error("the checkpoint that the store keeps for {size} entries: {cause}; run `quorate audit`")]
    Note {
        /// Its size.
        size: u64,
        /// Why.
        cause: Box<CheckpointError>,
    },
    /// What the store keeps has a bad cosignature.
    #[error("the checkpoint that the store keeps: {0}; run `quorate audit`")]
    Cosignature(#[from] CosignatureError),
}

/// Adds good cosignatures to what `store` keeps for the head that was asked about, and marks the agreement where the
/// log's own signature shows that the store is not its newest or only history. Answers that the store's growth
/// explains, or has made useless, are changed to say so; as are those of witnesses that a restored copy knows nothing of.
///
/// `evidence` is given what proves that, to make it durable, before the mark is set: a crash between the two leaves the proof,
/// and the next round finds the rest. It says itself where it failed; the mark is set all the same.
///
/// # Errors
/// The store fails, or no longer has that head.
pub fn keep(
    store: &dyn Store,
    asked: &Asked,
    policy: &Policy,
    answers: &mut [Answer],
    evidence: &mut dyn FnMut(&[Proof]),
) -> Result<Kept, KeepError> {
    let Asked { anchor, head, key, .. } = asked;
    let nodes = StoreNodes { store, anchor };
    let stored = store.head(anchor)?.filter(|stored| stored.head.size >= head.size);
    let stored = stored.ok_or(KeepError::Replaced(*head))?;
    if root(head.size, &nodes).ok() != Some(head.root) {
        return Err(KeepError::Replaced(*head));
    }
    let next = next_time(store, anchor, head.size)?;
    for answer in &mut *answers {
        judge_again(answer, stored.head, next, |size| root(size, &nodes).ok());
    }
    if store.read_only(anchor)? == Some(ReadOnly::Restored) {
        leave_out_strangers(answers, &known_sizes(store, anchor, policy)?);
    }
    let proofs: Vec<Proof> =
        answers.iter().filter_map(|it| it.outcome.as_ref().err()?.proof().cloned()).collect();
    if !proofs.is_empty() {
        evidence(&proofs);
    }
    mark_proven(store, anchor, stored.head, &proofs)?;
    let new = lines(answers);
    let note = keep_note(store, asked, policy, &new)?;
    if stored.head == *head {
        renew_head(store, anchor, &stored, key, policy, &note)?;
    }
    let quorum = policy.support(&note)?.met();
    let confirmed = confirmed(asked, policy, answers)? && stored.head == *head;
    let released = confirmed && store.read_only(anchor)? == Some(ReadOnly::Restored);
    if released {
        store.set_read_only(anchor, None)?;
    }
    let behind = stored.head.size - head.size;
    Ok(Kept { note, quorum, confirmed, behind, released, read_only: store.read_only(anchor)?, proofs })
}

/// What was asked about, without the store that it was read from.
#[derive(Debug, Clone)]
pub struct Asked {
    anchor: Digest,
    head: Head,
    key: VerifierKey,
    note: Note,
}

impl Asked {
    /// The checkpoint that was shown, under the log's signature alone.
    pub fn checkpoint(&self) -> &Note {
        &self.note
    }
}

impl Subject<'_> {
    /// What [`keep`] needs of it once its store has been let go.
    pub fn asked(&self) -> Asked {
        Asked { anchor: self.anchor, head: self.head, key: self.key.clone(), note: self.note.clone() }
    }
}

/// The time of the entry that came after the head, if one has come.
fn next_time(store: &dyn Store, anchor: &Digest, size: u64) -> Result<Option<Instant>, StoreError> {
    let entry = store.entry(anchor, size)?;
    Ok(entry.and_then(|bytes| Entry::parse(&bytes).ok()).map(|entry| entry.time))
}

/// Looks at an answer again, now that it is known how far the log has grown.
fn judge_again(
    answer: &mut Answer,
    stored: Head,
    next: Option<Instant>,
    root_at: impl Fn(u64) -> Option<crate::log::Hash>,
) {
    let fault = match (&answer.outcome, next) {
        // True, and of no use: an audit would tell that the next entry was shown to this witness late.
        (Ok(given), Some(next)) if given.at.time() > next.plus(SLACK) => {
            Fault::Overtaken { at: given.at.time(), next }
        }
        (Err(Fault::Ahead { size, .. }), _) if *size <= stored.size => Fault::Meanwhile,
        (Err(Fault::Newer { proof, .. }), _) if proof.head.size <= stored.size => {
            if root_at(proof.head.size) == Some(proof.head.root) {
                Fault::Meanwhile
            } else {
                Fault::TwoHistories(proof.clone())
            }
        }
        _ => return,
    };
    answer.outcome = Err(fault);
}

/// Takes no cosignature for a restored copy from a witness of which the copy has none: that it has seen the log says little, as
/// anybody who has the copy can have shown it this very head. Were such a line kept, it would vouch for itself next time.
fn leave_out_strangers(answers: &mut [Answer], in_copy: &Sizes) {
    for answer in answers {
        if answer.outcome.is_ok() && !in_copy.contains_key(&answer.witness.key.raw()) {
            answer.outcome = Err(Fault::NotInCopy);
        }
    }
}

/// Marks the agreement by the gravest of what is proven.
fn mark_proven(store: &dyn Store, anchor: &Digest, stored: Head, proofs: &[Proof]) -> Result<(), StoreError> {
    let why = proofs.iter().map(|proof| {
        let size = proof.head.size;
        if size > stored.size { ReadOnly::Newer(size) } else { ReadOnly::TwoHistories(size) }
    });
    // Two histories are the graver thing: no newer copy mends them.
    let why = why.max_by_key(|why| matches!(why, ReadOnly::TwoHistories(_)));
    why.map_or(Ok(()), |why| registry::mark(store, anchor, why))
}

/// Keeps the note of the head with its new cosignatures.
fn keep_note(
    store: &dyn Store,
    asked: &Asked,
    policy: &Policy,
    new: &[NoteSignature],
) -> Result<Note, KeepError> {
    let Asked { anchor, head, note, .. } = asked;
    let kept = store.checkpoint_at(anchor, head.size)?;
    let base = kept.as_deref().map(|kept| parse(kept, head.size)).transpose()?;
    let base = base.as_ref().unwrap_or(note);
    let witnesses = policy.witnesses().map(|witness| &witness.key);
    let cosigned = merged(base, witnesses, new, Keep::FirstAndNewest);
    if !new.is_empty() && kept.as_deref() != Some(&cosigned.to_string()) {
        store.keep_checkpoint(anchor, head.size, &cosigned.to_string())?;
    }
    Ok(cosigned)
}

/// Puts the newest cosignature of each witness under the head's own checkpoint.
fn renew_head(
    store: &dyn Store,
    anchor: &Digest,
    stored: &StoredHead,
    key: &VerifierKey,
    policy: &Policy,
    cosigned: &Note,
) -> Result<(), KeepError> {
    let size = stored.head.size;
    let own = by_log(&parse(&stored.checkpoint, size)?, key);
    let witnesses = policy.witnesses().map(|witness| &witness.key);
    let checkpoint = merged(&own, witnesses, cosigned.signatures(), Keep::Newest).to_string();
    if checkpoint == stored.checkpoint {
        return Ok(());
    }
    let renewed = Append {
        anchor: *anchor,
        first: size,
        entries: Vec::new(),
        nodes: Vec::new(),
        head: stored.head,
        checkpoint,
    };
    match store.append(&[renewed]) {
        // The log went on at this very moment: its new head has no cosignatures yet.
        Err(StoreError::Size { .. }) => Ok(()),
        other => Ok(other?),
    }
}

/// Whether those who had seen this log before, and say that this head is the newest that they know, are a quorum; and
/// nobody proves otherwise. A witness that had never seen the log has nothing to confirm. One that only claims otherwise
/// is outvoted: else a single liar would keep the agreement read-only for good.
fn confirmed(asked: &Asked, policy: &Policy, answers: &[Answer]) -> Result<bool, CosignatureError> {
    let proved = |answer: &Answer| answer.outcome.as_ref().is_err_and(|fault| fault.proof().is_some());
    let contradicted = answers.iter().any(proved);
    let seen = answers.iter().filter_map(|answer| answer.outcome.as_ref().ok()).filter(|it| it.known > 0);
    let lines: Vec<NoteSignature> = seen.map(|given| given.line.clone()).collect();
    let witnesses = policy.witnesses().map(|witness| &witness.key);
    let note = merged(&asked.note, witnesses, &lines, Keep::Newest);
    Ok(policy.asks_witnesses() && !contradicted && policy.support(&note)?.met())
}

fn parse(note: &str, size: u64) -> Result<Note, KeepError> {
    let fault = |cause: CheckpointError| KeepError::Note { size, cause: Box::new(cause) };
    let note = Note::parse(note.as_bytes()).map_err(|error| fault(error.into()))?;
    note.unverified_text().parse::<Checkpoint>().map_err(fault)?;
    Ok(note)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cosign::Given;
    use crate::log::{Cosignature, Hash};

    fn answer(outcome: Result<Given, Fault>) -> Answer {
        let key = crate::log::WitnessSigner::from_seed("w.example", &[7; 32]).unwrap();
        let policy = format!("witness w {}\nquorum w\n", key.verifier());
        let witness = Policy::parse(policy.as_bytes()).unwrap().witnesses().next().unwrap().clone();
        Answer { witness, outcome, took: Duration::ZERO }
    }

    fn head(size: u64, root: u8) -> Head {
        Head { size, root: Hash([root; 32]) }
    }

    /// The log had grown before the witness signed: what it says of times would be looser than need be.
    #[test]
    fn what_was_signed_after_the_next_entry_is_thrown_away() {
        let next: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
        let line: NoteSignature = format!("— w.example {}", "AAAA".repeat(26)).parse().unwrap();
        for (seconds, kept) in [(-3600, true), (0, true), (60, true), (61, false), (3600, false)] {
            let at = Cosignature { unix: u64::try_from(next.unix() + seconds).unwrap() };
            let mut one = answer(Ok(Given { line: line.clone(), at, known: 1 }));
            judge_again(&mut one, head(9, 1), Some(next), |_| None);
            assert_eq!(one.outcome.is_ok(), kept, "{seconds}");
            let mut last = answer(Ok(Given { line: line.clone(), at, known: 1 }));
            judge_again(&mut last, head(9, 1), None, |_| None);
            assert!(last.outcome.is_ok());
        }
    }

    /// A crash between the two leaves the proof, not a mark that nobody can explain.
    #[test]
    fn evidence_is_given_before_the_mark_is_set() {
        let log = crate::log::LogKey::from_seed("log.example", &[3; 32]).unwrap();
        let (anchor, leaf) = (Digest::of(b"anchor"), b"entry".to_vec());
        let stored = Head { size: 1, root: Hash::leaf(&leaf) };
        let signed = |head| {
            let note = Checkpoint { origin: "log.example".to_owned(), head }.sign(&log).unwrap();
            (note.clone(), note.to_string())
        };
        let (note, checkpoint) = signed(stored);
        let store = crate::store::MemoryStore::new();
        let entry = crate::store::NewEntry { statement: Digest::of(&leaf), bytes: leaf };
        let nodes = vec![(0, 0, stored.root)];
        store
            .append(&[Append { anchor, first: 0, entries: vec![entry], nodes, head: stored, checkpoint }])
            .unwrap();
        let asked = Asked { anchor, head: stored, key: log.verifier().clone(), note };
        let other = head(1, 9);
        let proof = Proof { head: other, note: signed(other).1 };
        let mut answers = [answer(Err(Fault::TwoHistories(proof.clone())))];
        let policy = format!("log {}\nquorum none\n", log.verifier());
        let policy = Policy::parse(policy.as_bytes()).unwrap();
        let mut given = Vec::new();
        let mut evidence = |proofs: &[Proof]| {
            assert_eq!(store.read_only(&anchor).unwrap(), None);
            given.extend(proofs.to_vec());
        };
        let kept = keep(&store, &asked, &policy, &mut answers, &mut evidence).unwrap();
        assert_eq!((given, kept.read_only), (vec![proof], Some(ReadOnly::TwoHistories(1))));
    }

    /// Somebody else may have shown the witness what this store has got meanwhile.
    #[test]
    fn what_the_stores_growth_explains_contradicts_nothing() {
        let note = String::new();
        let newer = |size| Fault::Newer { proof: Proof { head: head(size, 3), note: note.clone() }, here: 5 };
        let cases = [
            (Fault::Ahead { size: 7, here: 5 }, Fault::Meanwhile),
            (Fault::Ahead { size: 8, here: 5 }, Fault::Ahead { size: 8, here: 5 }),
            (newer(7), Fault::Meanwhile),
            (newer(8), newer(8)),
            (newer(6), Fault::TwoHistories(Proof { head: head(6, 3), note: note.clone() })),
        ];
        for (before, after) in cases {
            let mut one = answer(Err(before));
            judge_again(&mut one, head(7, 3), None, |size| Some(Hash([if size == 6 { 9 } else { 3 }; 32])));
            assert_eq!(one.outcome, Err(after));
        }
    }
}
