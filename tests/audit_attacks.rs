//! Attacks on a finished log by whoever keeps it, one test each: what an audit finds where the bytes were
//! altered beside the old tree, what it finds where the tree was built anew and the checkpoint signed anew
//! with the log's key, and what one source alone cannot show. `docs/attacks.md` lists them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "stage_support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use quorate::audit::{Entries, Place, Report, Source, SourceError, StoreSource, audit};
use quorate::log::{Checkpoint, Hash, LogKey, MemoryTree, Receipt};
use quorate::registry::log_key;
use quorate::scenario::{LOG_NAME, Stage, log_seed};
use quorate::statement::{Blob, Body, Entry, Envelope, Reaffirm, Statement, Vote};
use quorate::values::{Digest, Instant};
use support::*;

/// A log as somebody keeps it who can change anything.
#[derive(Clone)]
struct Kept {
    entries: BTreeMap<u64, Vec<u8>>,
    leaves: BTreeMap<u64, Hash>,
    checkpoint: String,
}

impl Source for Kept {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        Ok(Some(self.checkpoint.clone()))
    }

    fn entries(&self, from: u64, to: u64) -> Entries<'_> {
        Box::new(self.entries.range(from..to).map(|(index, bytes)| Ok((*index, bytes.clone()))))
    }

    fn leaf(&self, index: u64) -> Result<Option<Hash>, SourceError> {
        Ok(self.leaves.get(&index).copied())
    }
}

/// An honest log whose hash over entries 2 and 3 together was altered in the store.
struct BentSubtree(Kept, MemoryTree);

impl Source for BentSubtree {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        self.0.checkpoint()
    }

    fn entries(&self, from: u64, to: u64) -> Entries<'_> {
        self.0.entries(from, to)
    }

    fn leaf(&self, index: u64) -> Result<Option<Hash>, SourceError> {
        self.0.leaf(index)
    }

    fn keeps_subtrees(&self) -> bool {
        true
    }

    fn subtree(&self, level: u8, index: u64) -> Result<Option<Hash>, SourceError> {
        let bent = (level, index) == (1, 1);
        Ok(if bent { Some(Hash::empty()) } else { quorate::log::Nodes::node(&self.1, level, index).ok() })
    }
}

fn operator_key() -> LogKey {
    log_key(LOG_NAME, &id("agi-2025"), &log_seed()).unwrap()
}

fn tree(entries: &[Vec<u8>]) -> MemoryTree {
    let mut tree = MemoryTree::default();
    for bytes in entries {
        tree.push(Hash::leaf(bytes));
    }
    tree
}

/// These entries under a tree built over them and a checkpoint that the operator signed.
fn signed_anew(entries: &[Vec<u8>]) -> Kept {
    let head = tree(entries).head();
    let origin = operator_key().name().to_owned();
    let checkpoint = Checkpoint { origin, head }.sign(&operator_key()).unwrap().to_string();
    let leaves = (0..).zip(entries.iter().map(|bytes| Hash::leaf(bytes))).collect();
    Kept { entries: (0..).zip(entries.iter().cloned()).collect(), leaves, checkpoint }
}

fn entries_of(stage: &Stage) -> Vec<Vec<u8>> {
    let size = head(stage).size;
    let entries = stage.registry().store().entries(&stage.anchor(), 0..size);
    entries.map(|entry| entry.unwrap().1).collect()
}

/// The finished log of a verified declaration.
fn finished() -> (Stage, Vec<Vec<u8>>) {
    let stage = verified(AGI);
    let entries = entries_of(&stage);
    assert_eq!(entries.len(), 27);
    (stage, entries)
}

/// The altered bytes in the store, beside the old tree and checkpoint.
fn beside_the_old_tree(entries: &[Vec<u8>], altered: BTreeMap<u64, Vec<u8>>) -> Report {
    audited(&Kept { entries: altered, ..signed_anew(entries) })
}

fn audited(kept: &Kept) -> Report {
    audit(kept, None, &mut |_, _| {}).unwrap()
}

/// The same attack with the tree built and the checkpoint signed anew.
fn lied_consistently(entries: &[Vec<u8>]) -> Report {
    audited(&signed_anew(entries))
}

fn numbered(entries: &[Vec<u8>]) -> BTreeMap<u64, Vec<u8>> {
    (0..).zip(entries.iter().cloned()).collect()
}

/// Place and rule of what stands for itself, and no more than `following` findings besides.
fn causes(report: &Report, following: usize) -> Vec<(Place, &str)> {
    let causes: Vec<(Place, &str)> =
        report.causes().map(|cause| (cause.place, cause.rule.as_str())).collect();
    let others = report.findings.len() - causes.len();
    assert!(others <= following, "{others} more findings:\n{}", listed(report));
    causes
}

fn listed(report: &Report) -> String {
    report.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// An entry with something in it changed.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Entry)) -> Vec<u8> {
    let mut entry = Entry::parse(bytes).unwrap();
    change(&mut entry);
    entry.to_bytes().unwrap()
}

fn later(bytes: &[u8], seconds: i64) -> Vec<u8> {
    changed(bytes, |entry| entry.time = Instant::from_unix(entry.time.unix() + seconds))
}

/// The vote of m1.
const VOTE: usize = 21;

#[test]
fn an_untouched_log_passes() {
    let (stage, entries) = finished();
    let source = StoreSource { store: stage.registry().store(), anchor: stage.anchor() };
    let report = audit(&source, Some(stage.anchor()), &mut |_, _| {}).unwrap();
    assert!(report.passes(), "{}", listed(&report));
    // Two of three officers of each party opened, reaffirmed, declared, filed and nominated.
    let of_parties = 4 + 4 + 2 + 4 * 2 + 2 * 2;
    assert_eq!((report.entries, report.signatures), (27, of_parties + 3 + 7 + 7 + 1));
    assert!(lied_consistently(&entries).passes());
}

#[test]
fn a_byte_flipped_in_a_stored_entry() {
    let (_, entries) = finished();
    // In the signature, in the choice, in the key's name, in the frame around it, in the log's time.
    for (needle, rule) in [
        ("U1NIU0lH", "signature"),
        ("\\\"met\\\"", "signature"),
        ("SHA256:", "signature"),
        ("\"envelope\"", "entry"),
    ] {
        let mut altered = entries.clone();
        let text = String::from_utf8(entries[VOTE].clone()).unwrap();
        altered[VOTE][text.find(needle).unwrap() + 3] ^= 1;
        let report = beside_the_old_tree(&entries, numbered(&altered));
        assert_eq!(causes(&report, 2), [(Place::Entry(21), "tree")], "{needle}");
        assert!(listed(&report).contains(&format!("[{rule}]")), "{}", listed(&report));

        let report = lied_consistently(&altered);
        assert_eq!(causes(&report, 1), [(Place::Entry(21), rule)], "{needle}");
        assert!(listed(&report).contains("[other-history"), "{}", listed(&report));
    }
}

#[test]
fn an_entry_removed() {
    let (_, entries) = finished();
    for (removed, following) in [(1, 0), (3, 11), (17, 8), (VOTE, 1)] {
        let mut altered = numbered(&entries);
        altered.remove(&(removed as u64));
        let report = beside_the_old_tree(&entries, altered);
        let found = causes(&report, following);
        assert_eq!(found, [(Place::Entry(removed as u64), "missing")], "{removed}");

        let mut altered = entries.clone();
        altered.remove(removed);
        let report = lied_consistently(&altered);
        // Nobody's head tells whether the entry before it is still the same: it is one of the two.
        let place = Place::Entries(removed as u64 - 1, removed as u64);
        assert_eq!(causes(&report, 0), [(place, "other-history")], "{removed}");
        assert!(report.findings[0].what.starts_with("not all is there"), "{}", listed(&report));
    }
}

#[test]
fn the_opening_statement_removed() {
    let (stage, entries) = finished();
    let mut altered = numbered(&entries);
    altered.remove(&0);
    let report = beside_the_old_tree(&entries, altered);
    assert_eq!(causes(&report, 1), [(Place::Entry(0), "missing")]);
    assert!(report.state.is_none());
    let report = audit(&signed_anew(&entries[1..]), Some(stage.anchor()), &mut |_, _| {}).unwrap();
    assert_eq!(causes(&report, 1), [(Place::Entry(0), "not-open")]);
}

#[test]
fn two_entries_exchanged() {
    let (_, entries) = finished();
    let mut altered = entries.clone();
    altered.swap(VOTE, VOTE + 1);
    let report = beside_the_old_tree(&entries, numbered(&altered));
    // The later one was also signed after a head that is not there yet, and the earlier has an earlier time.
    let found = causes(&report, 1);
    assert_eq!(
        found[..2],
        [(Place::Entry(21), "tree"), (Place::Entry(21), "other-history")],
        "{}",
        listed(&report)
    );
    assert!(found.contains(&(Place::Entry(22), "tree")));

    let report = lied_consistently(&altered);
    assert!(causes(&report, 2).contains(&(Place::Entry(21), "other-history")), "{}", listed(&report));
}

#[test]
fn a_vote_repeated_under_another_index() {
    let (_, entries) = finished();
    // The vote of i3 overwritten with that of m1.
    let mut altered = entries.clone();
    altered[25] = entries[VOTE].clone();
    let report = beside_the_old_tree(&entries, numbered(&altered));
    assert_eq!(causes(&report, 2), [(Place::Entry(25), "tree")]);
    assert!(listed(&report).contains("[time-goes-back"), "{}", listed(&report));
    let report = lied_consistently(&altered);
    assert_eq!(causes(&report, 1), [(Place::Entry(25), "time-goes-back")]);

    // Put in as one more, with a time that fits.
    let mut altered = entries.clone();
    altered.insert(24, later(&entries[VOTE], 3 * 3_600));
    let report = lied_consistently(&altered);
    assert_eq!(causes(&report, 1), [(Place::Entry(24), "already-voted")]);
}

#[test]
fn a_statement_that_is_no_vote_repeated() {
    let (_, entries) = finished();
    // A reaffirmation could be made again and again; the chain of its signers shows that this one was not.
    let mut altered = entries.clone();
    altered.insert(2, later(&entries[1], 60));
    let report = lied_consistently(&altered);
    assert_eq!(causes(&report, 1), [(Place::Entry(2), "stale-after")]);
}

#[test]
fn a_signature_moved_to_another_statement() {
    let (_, entries) = finished();
    let signatures = Entry::parse(&entries[VOTE]).unwrap().envelope.signatures;
    let mut altered = entries.clone();
    altered[22] = changed(&entries[22], |entry| entry.envelope.signatures = signatures);
    let report = beside_the_old_tree(&entries, numbered(&altered));
    assert_eq!(causes(&report, 2), [(Place::Entry(22), "tree")]);
    assert!(listed(&report).contains("[signature]"), "{}", listed(&report));
    let report = lied_consistently(&altered);
    assert_eq!(causes(&report, 1), [(Place::Entry(22), "signature")]);
}

#[test]
fn a_statement_from_another_agreement_with_the_same_name() {
    let (stage, entries) = finished();
    let other = verified(&format!("{AGI}\n# Another agreement.\n"));
    assert_eq!(other.state().unwrap().agreement.name, stage.state().unwrap().agreement.name);
    assert_ne!(other.anchor(), stage.anchor());
    let mut altered = entries.clone();
    altered[VOTE] = entries_of(&other)[VOTE].clone();
    let report = beside_the_old_tree(&entries, numbered(&altered));
    assert_eq!(causes(&report, 2), [(Place::Entry(21), "tree")]);
    assert!(listed(&report).contains("[other-agreement"), "{}", listed(&report));
    let report = lied_consistently(&altered);
    assert_eq!(causes(&report, 1), [(Place::Entry(21), "other-agreement")]);
}

#[test]
fn a_time_that_goes_back() {
    let (_, entries) = finished();
    let mut altered = entries.clone();
    altered[VOTE] = later(&entries[VOTE], -2 * 3_600);
    let report = beside_the_old_tree(&entries, numbered(&altered));
    assert_eq!(causes(&report, 2), [(Place::Entry(21), "tree")]);
    assert!(listed(&report).contains("[time-goes-back"), "{}", listed(&report));
    let report = lied_consistently(&altered);
    assert_eq!(causes(&report, 1), [(Place::Entry(21), "time-goes-back")]);
}

#[test]
fn a_time_altered_within_bounds_is_shown_by_the_next_head() {
    let (_, entries) = finished();
    let mut altered = entries.clone();
    altered[VOTE] = later(&entries[VOTE], 60);
    assert_eq!(causes(&beside_the_old_tree(&entries, numbered(&altered)), 0), [(Place::Entry(21), "tree")]);
    assert_eq!(causes(&lied_consistently(&altered), 0), [(Place::Entry(21), "other-history")]);
}

#[test]
fn a_statement_taken_though_it_names_another_history() {
    let (stage, mut entries) = finished();
    let time = Entry::parse(&entries[26]).unwrap().time;
    let reaffirmed = |entries: &[Vec<u8>], root: Option<Hash>| {
        let mut head = tree(entries).head();
        head.root = root.unwrap_or(head.root);
        let state = stage.state().unwrap();
        let reaffirm = Reaffirm { occasion: "once more".to_owned(), attach: BTreeMap::new() };
        let header = Some(state.header(head));
        let text = Statement { by: state.all_parties(), header, body: Body::Reaffirm(reaffirm) }.to_text();
        let envelope = stage.sign(&text, &stage.signers(&state.all_parties(), None).unwrap());
        Entry { time, envelope }.to_bytes().unwrap()
    };
    entries.push(reaffirmed(&entries, Some(Hash([7; 32]))));
    entries.push(reaffirmed(&entries, None));
    let report = lied_consistently(&entries);
    assert_eq!(causes(&report, 0), [(Place::Entry(27), "other-history")]);
    assert!(report.findings[0].what.contains("ought not to have been taken"), "{}", listed(&report));
}

#[test]
fn entry_and_leaf_altered_beside_the_old_checkpoint() {
    let (_, entries) = finished();
    let mut altered = entries.clone();
    altered[VOTE] = later(&entries[VOTE], 60);
    let report = audited(&Kept { checkpoint: signed_anew(&entries).checkpoint, ..signed_anew(&altered) });
    let found = causes(&report, 0);
    assert_eq!(found, [(Place::Entry(21), "other-history"), (Place::Checkpoint, "tree")]);
}

#[test]
fn a_checkpoint_signed_with_another_key() {
    let (_, entries) = finished();
    let other = LogKey::from_seed(operator_key().name(), &[9; 32]).unwrap();
    let checkpoint = Checkpoint { origin: other.name().to_owned(), head: tree(&entries).head() };
    let checkpoint = checkpoint.sign(&other).unwrap().to_string();
    let report = audited(&Kept { checkpoint, ..signed_anew(&entries) });
    assert_eq!(causes(&report, 0), [(Place::Checkpoint, "checkpoint")]);
}

#[test]
fn another_agreement_in_place_of_this_one_is_shown_by_the_anchor_alone() {
    let (stage, _) = finished();
    let other = verified(&format!("{AGI}\n# Another agreement.\n"));
    let kept = signed_anew(&entries_of(&other));
    let report = audited(&kept);
    assert!(report.passes() && !report.anchor_checked);
    let report = audit(&kept, Some(stage.anchor()), &mut |_, _| {}).unwrap();
    assert_eq!(causes(&report, 0), [(Place::Anchor, "anchor")]);
}

// What one source cannot show: the audit passes, and something that somebody else holds convicts.

/// The checkpoint of the receipt that whoever submitted an entry was given.
fn receipt_of(stage: &Stage, index: u64, bytes: &[u8]) -> Receipt {
    let receipt = stage.registry().receipt(&stage.anchor(), index).unwrap();
    receipt.verify(Hash::leaf(bytes), operator_key().verifier()).unwrap();
    receipt
}

#[test]
fn a_tail_dropped_is_shown_by_a_receipt_alone() {
    let (stage, entries) = finished();
    let receipt = receipt_of(&stage, 26, &entries[26]);
    // The report, and the vote before it as well.
    for left in [26, 25] {
        let mut report = lied_consistently(&entries[..left]);
        assert!(report.passes(), "{}", listed(&report));
        report.compare(&receipt.checkpoint);
        assert_eq!(causes(&report, 0), [(Place::Entries(left as u64, 26), "missing")]);
    }
}

#[test]
fn the_last_entry_altered_is_shown_by_a_receipt_alone() {
    let (stage, entries) = finished();
    let receipt = receipt_of(&stage, 26, &entries[26]);
    let mut altered = entries.clone();
    altered[26] = later(&entries[26], 3_600);
    let mut report = lied_consistently(&altered);
    assert!(report.passes(), "{}", listed(&report));
    report.compare(&receipt.checkpoint);
    assert_eq!(causes(&report, 0), [(Place::Checkpoint, "two-histories")]);
}

#[test]
fn the_last_entry_altered_is_shown_by_a_later_statement() {
    let (stage, entries) = finished();
    stage.clock().pass(days(1));
    stage.reaffirm("a year later").unwrap();
    let mut altered = entries_of(&stage);
    assert!(altered.starts_with(&entries));
    altered[26] = later(&altered[26], 3_600);
    assert_eq!(causes(&lied_consistently(&altered), 0), [(Place::Entry(26), "other-history")]);
}

#[test]
fn entries_that_nobody_has_named_yet_can_be_exchanged_until_somebody_does() {
    // All seven votes are prepared on the same paper and after the same head, as offline voters do.
    let stage = voting(AGI);
    let run = stage.state().unwrap().case(&case()).unwrap().ballots[0].clone();
    let prepared = SEATS.map(|(name, _)| prepared_vote(&stage, &run, name));
    for (envelope, blobs) in prepared {
        stage.clock().pass(seconds(60));
        stage.submit(envelope, blobs).unwrap();
    }
    let entries = entries_of(&stage);
    let exchanged = |entries: &[Vec<u8>]| {
        let time = |index: usize| Entry::parse(&entries[index]).unwrap().time;
        let mut altered = entries.to_vec();
        altered[20] = changed(&entries[22], |entry| entry.time = time(20));
        altered[22] = changed(&entries[20], |entry| entry.time = time(22));
        altered
    };
    let mut report = lied_consistently(&exchanged(&entries));
    assert!(report.passes(), "{}", listed(&report));
    report.compare(&receipt_of(&stage, 22, &entries[22]).checkpoint);
    assert_eq!(causes(&report, 0), [(Place::Checkpoint, "two-histories")]);

    // The chair's report names a head after the votes: from then on it shows, though not which vote it was.
    stage.act(&case(), &id("sign-report"), &by("i1"), &[id("report")]).unwrap();
    let report = lied_consistently(&exchanged(&entries_of(&stage)));
    assert_eq!(causes(&report, 0), [(Place::Entries(19, 25), "other-history")]);
}

fn prepared_vote(
    stage: &Stage,
    run: &quorate::engine::ballot::BallotRun,
    name: &str,
) -> (Envelope, Vec<Blob>) {
    let rationale = format!("{:32}the reasons of {name}", "");
    let digest = Digest::of(rationale.as_bytes());
    let vote = Vote {
        ballot: run.id.clone(),
        asks: stage.state().unwrap().ballot(&run.id).unwrap().question.clone(),
        question: run.paper,
        choice: id("met"),
        attach: [(id("rationale"), digest)].into(),
    };
    let text = stage.draft(by(name), Body::Vote(vote)).unwrap();
    let blob = Blob::open(rationale.into_bytes(), &digest).unwrap();
    (stage.sign(&text, &[seat(name)]), vec![blob])
}

#[test]
fn a_checkpoint_that_agrees_or_is_not_the_logs_own_convicts_nobody() {
    let (stage, entries) = finished();
    let mut report = lied_consistently(&entries);
    report.compare(&receipt_of(&stage, 3, &entries[3]).checkpoint);
    report.compare(&signed_anew(&entries[..9]).checkpoint);
    assert!(report.passes(), "{}", listed(&report));
    report.compare("not a checkpoint");
    assert_eq!(causes(&report, 0), [(Place::Checkpoint, "checkpoint")]);
}

#[test]
fn a_hash_above_the_leaves_altered_in_the_store() {
    let (_, entries) = finished();
    let bent = BentSubtree(signed_anew(&entries), tree(&entries));
    let report = audit(&bent, None, &mut |_, _| {}).unwrap();
    assert_eq!(causes(&report, 0), [(Place::Entries(2, 3), "tree")]);
}

/// A log of rubbish costs whoever audits it no more than reading it, and gives no more findings than can be read.
#[test]
fn of_many_faults_ten_thousand_are_listed_and_the_others_counted() {
    let (_, mut entries) = finished();
    entries.resize(27 + 10_005, b"rubbish".to_vec());
    let report = lied_consistently(&entries);
    assert_eq!((report.findings.len(), report.more, report.entries), (10_000, 5, 10_032));
    assert_eq!(report.findings[0].place, Place::Entry(27));
}

#[test]
fn without_an_opening_statement_the_audit_stops_early() {
    let rubbish = |count| lied_consistently(&vec![b"rubbish".to_vec(); count]);
    assert_eq!(rubbish(2_000).findings.len(), 2_000);
    let report = rubbish(100_000);
    assert!((2_048..=4_096).contains(&report.entries), "{}", report.entries);
    let last = report.findings.last().unwrap();
    assert_eq!((last.place, last.follows), (Place::Entries(report.entries, 99_999), Some(0)));
    assert!(last.what.contains("not looked at"), "{last}");
}
