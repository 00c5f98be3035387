//! What the tests of a registry's failures share: a panel whose members vote for years, what they say, and a
//! check of everything that is promised of the log afterwards.
#![allow(dead_code)] // each test binary uses a part of it
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // helpers of tests

#[path = "../shared/seed.rs"]
mod seed;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, PoisonError, RwLock};

use quorate::audit::{StoreSource, audit};
use quorate::log::{Checkpoint, Hash, Head, Receipt, VerifierKey};
use quorate::registry::{Receipted, SubmitError, attachments};
use quorate::scenario::Stage;
use quorate::statement::{
    BallotRef, Blob, Body, By, CaseRef, Disclose, Entry, Envelope, HolderRef, Statement, Vote,
};
use quorate::store::{SledStore, Store};
use quorate::values::{Digest, Id, Instant};
#[allow(unused_imports)] // each test binary uses a part of it
pub use seed::seed;

/// The workflow: a standing panel of sixteen, and a ballot that stays open.
pub const WORKFLOW: &str = include_str!("panel.toml");

/// The contract that it names.
pub const CONTRACT: &str = "The test's own contract.\n";

/// When the agreement is opened.
pub fn start() -> Instant {
    Instant::from_unix(1_767_225_600)
}

pub fn id(name: &str) -> Id {
    name.parse().unwrap()
}

/// The sixteen seats: `jury/n1`, which north fills, to `jury/s8`, which south fills.
pub fn seats() -> Vec<HolderRef> {
    let names = ["n", "s"].into_iter().flat_map(|side| (1..=8).map(move |number| format!("{side}{number}")));
    names.map(|name| HolderRef::Office { body: id("jury"), name: id(&name) }).collect()
}

/// Who fills a seat.
pub fn nominator(seat: &HolderRef) -> Id {
    id(if seat.name().as_str().starts_with('n') { "north" } else { "south" })
}

pub fn case() -> CaseRef {
    "question#1".parse().unwrap()
}

pub fn ballot() -> BallotRef {
    "question#1/answer#1".parse().unwrap()
}

/// Opens the agreement, fills these seats and opens the ballot.
pub fn opened(store: Arc<dyn Store>, seats: &[HolderRef]) -> Stage {
    let mut stage = Stage::open(WORKFLOW, &id("panel"), start(), store).unwrap();
    for seat in seats {
        stage.nominate(&nominator(seat), seat).unwrap();
        stage.accept(seat).unwrap();
    }
    stage.act(&case(), &id("ask"), &By::One(id("north")), &[]).unwrap();
    stage
}

/// What the seat says next, signed: three votes, then a disclosure with a document, and so on.
///
/// An error where the stage's store cannot be read.
pub fn statement(stage: &Stage, seat: &HolderRef, number: u64) -> Result<(Envelope, Vec<Blob>), SubmitError> {
    statement_after(stage, seat, number, None)
}

/// The same, after a head that somebody has seen instead of the stage's own.
pub fn statement_after(
    stage: &Stage,
    seat: &HolderRef,
    number: u64,
    seen: Option<Head>,
) -> Result<(Envelope, Vec<Blob>), SubmitError> {
    let by = By::One(seat.name().clone());
    let (body, blobs) = if number % 4 == 3 {
        let bytes = format!("{:032} I hold no shares, says {seat} for the {number}th time", 0).into_bytes();
        let digest = Digest::of(&bytes);
        let attach = [(id("disclosure"), digest)].into();
        let body = Body::Disclose(Disclose { seat: seat.clone(), attach });
        (body, vec![Blob::open(bytes, &digest).unwrap()])
    } else {
        let state = stage.state()?;
        let vote = Vote {
            ballot: ballot(),
            asks: state.ballot(&ballot()).unwrap().question.clone(),
            question: state.case(&case()).unwrap().ballots.last().unwrap().paper,
            choice: id(if number.is_multiple_of(2) { "yes" } else { "no" }),
            attach: [].into(),
        };
        (Body::Vote(vote), Vec::new())
    };
    let text = match seen {
        None => stage.draft(by, body)?,
        Some(head) => {
            let header = Some(stage.state()?.header_of(&body, head));
            Statement { by, header, body }.to_text()
        }
    };
    Ok((stage.sign(&text, std::slice::from_ref(seat)), blobs))
}

/// The digest of the statement in an envelope.
pub fn digest(envelope: &Envelope) -> Digest {
    Digest::of(envelope.statement.as_bytes())
}

/// The head in a checkpoint that the log has signed.
pub fn head_in(stage: &Stage, checkpoint: &[u8]) -> Head {
    let key: VerifierKey = stage.state().unwrap().log.vkey.parse().unwrap();
    Checkpoint::open(checkpoint, &key).unwrap().head
}

/// What somebody was told when a statement was taken.
pub struct Acknowledged {
    pub statement: Digest,
    pub index: u64,
    pub receipt: Receipt,
}

impl From<&Receipted> for Acknowledged {
    fn from(told: &Receipted) -> Self {
        let statement = statement_of(told.receipt.extra.as_ref().unwrap());
        Self { statement, index: told.index, receipt: told.receipt.clone() }
    }
}

/// The entries of a log as they are stored.
pub fn entries(store: &dyn Store, anchor: &Digest) -> Vec<Vec<u8>> {
    let entries = store.entries(anchor, 0..u64::MAX).map(|entry| entry.unwrap());
    let check = |(place, (index, bytes)): (usize, (u64, Vec<u8>))| {
        assert_eq!(place as u64, index);
        bytes
    };
    entries.enumerate().map(check).collect()
}

/// The digest of the statement in a stored entry.
pub fn statement_of(bytes: &[u8]) -> Digest {
    digest(&Entry::parse(bytes).unwrap().envelope)
}

/// The log passes its audit; whatever was acknowledged is in it, where it was said to be; nothing is in it but
/// what was submitted, once and with its documents; every head that was given away is one of its own.
/// Returns the number of entries.
pub fn check(
    store: &dyn Store,
    anchor: Digest,
    submitted: &BTreeSet<Digest>,
    acknowledged: &[Acknowledged],
) -> u64 {
    let report = audit(&StoreSource { store, anchor }, Some(anchor), &mut |_, _| {}).unwrap();
    assert!(report.passes(), "{:?}", report.findings);
    let entries = entries(store, &anchor);
    assert_eq!(report.entries, entries.len() as u64);
    let mut found = BTreeSet::new();
    for (index, bytes) in (0..).zip(&entries) {
        let envelope = Entry::parse(bytes).unwrap().envelope;
        let statement = digest(&envelope);
        assert!(submitted.contains(&statement), "entry {index} was never submitted");
        assert!(found.insert(statement), "entry {index} is there twice");
        assert_eq!(store.find(&anchor, &statement).unwrap(), Some(index));
        for document in attachments(&Statement::parse(&envelope.statement).unwrap().body).values() {
            assert!(store.blob(document).unwrap().is_some(), "a document of entry {index} is gone");
        }
    }
    let key: VerifierKey = report.vkey.unwrap().parse().unwrap();
    for told in acknowledged {
        let bytes = usize::try_from(told.index).ok().and_then(|index| entries.get(index));
        let bytes = bytes.unwrap_or_else(|| panic!("entry {} was acknowledged and is gone", told.index));
        assert_eq!(statement_of(bytes), told.statement, "entry {} is another one", told.index);
        assert_eq!((told.receipt.index, told.receipt.extra.as_ref()), (told.index, Some(bytes)));
        let head = told.receipt.verify(Hash::leaf(bytes), &key).unwrap().head;
        assert_eq!(report.tree.root_at(head.size), Some(head.root), "a receipt names another history");
    }
    report.entries
}

/// A process that is being started has every open file of this one until its program runs, and with them the
/// locks of open stores: nobody starts one while a store is open here.
static FORKS: RwLock<()> = RwLock::new(());

/// Starts a process.
pub fn spawn(command: &mut Command) -> Child {
    let _alone = FORKS.write().unwrap_or_else(PoisonError::into_inner);
    command
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", command.get_program().display()))
}

/// Opens a store and gives it to `see`; it is closed afterwards.
pub fn with_store<T>(store: &Path, blobs: &Path, see: impl FnOnce(Arc<SledStore>) -> T) -> T {
    let _open = FORKS.read().unwrap_or_else(PoisonError::into_inner);
    see(Arc::new(SledStore::open(store, blobs).unwrap()))
}
