//! Every call of a registry's life on its store fails in turn, persisted, not persisted and refused: afterwards
//! every acknowledged statement is in the log, the failed one is there as a whole or not at all, and the play
//! goes on to the very log that it would have given without the failure.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod registry_support;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use quorate::engine::Refusal;
use quorate::log::Hash;
use quorate::registry::{Receipted, Registry, Settings, SimulatedClock, Submission, SubmitError};
use quorate::scenario::{LOG_NAME, Stage, StageError, log_seed};
use quorate::statement::{By, Entry, Envelope, HolderRef, Refused};
use quorate::store::{
    Append, Entries, Fault, Faulty, MemoryStore, Notes, ReadOnly, Store, StoreError, StoredHead,
};
use quorate::values::{Digest, Instant, Span};
use registry_support::{
    Acknowledged, WORKFLOW, case, check, entries, id, nominator, opened, seats, start, statement,
    statement_of,
};

/// One entry after the opening.
type Step = Box<dyn Fn(&mut Stage) -> Result<Receipted, SubmitError>>;

/// What happens after the opening: two seats are filled, the ballot opens, both vote and disclose, in turn.
fn steps() -> Vec<Step> {
    let members: Vec<HolderRef> = seats().into_iter().step_by(8).collect();
    let mut steps: Vec<Step> = Vec::new();
    for seat in members.clone() {
        let nominee = seat.clone();
        steps.push(Box::new(move |stage| stage.nominate(&nominator(&nominee), &nominee)));
        steps.push(Box::new(move |stage| stage.accept(&seat)));
    }
    steps.push(Box::new(|stage| stage.act(&case(), &id("ask"), &By::One(id("north")), &[])));
    for number in 1..5 {
        for seat in members.clone() {
            steps.push(Box::new(move |stage| {
                let (envelope, blobs) = statement(stage, &seat, number)?;
                stage.submit(envelope, blobs)
            }));
        }
    }
    steps
}

fn open(store: Arc<dyn Store>) -> Result<Stage, StageError> {
    Stage::open(WORKFLOW, &id("panel"), start(), store)
}

/// How far a play came.
struct Played {
    /// How many entries the log has, as far as the players know.
    size: usize,
    told: Vec<Acknowledged>,
    /// Why the registry has stopped.
    stopped: Option<SubmitError>,
}

/// Plays on from a log of `size` entries, to the end or until the registry has stopped.
fn play(stage: &mut Stage, size: usize) -> Played {
    let steps = steps();
    let mut played = Played { size, told: Vec::new(), stopped: None };
    while let Some(step) = steps.get(played.size - 1) {
        match step(stage) {
            Ok(told) => {
                assert!(!told.known);
                assert_eq!(told.index, played.size as u64);
                played.told.push(Acknowledged::from(&told));
                played.size += 1;
            }
            Err(error) if error.is_fatal() => {
                played.stopped = Some(error);
                break;
            }
            Err(SubmitError::NoReceipt { index, .. }) => {
                assert_eq!(index, played.size as u64);
                played.size += 1;
            }
            // Nothing has changed: the same step is taken again.
            Err(error) => assert!(matches!(error, SubmitError::Store(StoreError::Io { .. })), "{error:?}"),
        }
    }
    played
}

/// The log without a failure, its anchor, and how many calls it took.
fn unharmed() -> (Vec<Vec<u8>>, Digest, u64) {
    let store = Arc::new(Faulty::counting(MemoryStore::new()));
    let mut stage = open(store.clone()).unwrap();
    let played = play(&mut stage, 1);
    assert_eq!((played.told.len(), played.size), (steps().len(), steps().len() + 1));
    let calls = store.calls();
    (entries(&*store, &stage.anchor()), stage.anchor(), calls)
}

#[test]
fn whatever_call_fails_nothing_acknowledged_is_lost_and_the_play_goes_on_to_the_same_log() {
    let (whole, anchor, calls) = unharmed();
    let submitted: BTreeSet<Digest> = whole.iter().map(|entry| statement_of(entry)).collect();
    let mut ends = [0; 3];
    for (call, fault) in (0..calls)
        .flat_map(|call| [Fault::Persisted, Fault::NotPersisted, Fault::Refused].map(|fault| (call, fault)))
    {
        let store = Arc::new(Faulty::failing(MemoryStore::new(), call, fault));
        let mut played = Played { size: 0, told: Vec::new(), stopped: None };
        // Where the opening fails, whoever opened cannot know more than that.
        if let Ok(mut stage) = open(store.clone()) {
            played = play(&mut stage, 1);
            if played.stopped.is_some() {
                let step = &steps()[played.size - 1];
                for _ in 0..3 {
                    let after = step(&mut stage).unwrap_err();
                    assert!(after.is_fatal(), "call {call} {fault:?}: {after:?}");
                }
            }
        }
        let inner = Arc::into_inner(store).unwrap().into_inner();
        let stored = entries(&inner, &anchor).len();
        let more = usize::from(fault == Fault::Persisted || played.size == 0);
        assert!((played.size..=played.size + more).contains(&stored), "call {call} {fault:?}: {stored}");
        ends[usize::from(played.stopped.is_some()) + usize::from(stored > played.size)] += 1;

        let inner: Arc<dyn Store> = Arc::new(inner);
        let mut again = if stored == 0 {
            open(inner.clone()).unwrap()
        } else {
            check(&*inner, anchor, &submitted, &played.told);
            Stage::resume(anchor, start(), inner.clone()).unwrap()
        };
        let rest = play(&mut again, stored.max(1));
        assert!(rest.stopped.is_none());
        assert_eq!(entries(&*inner, &anchor), whole, "call {call} {fault:?}");
        played.told.extend(rest.told);
        check(&*inner, anchor, &submitted, &played.told);
    }
    // Failures that were survived; that stopped the registry; after which more was stored than anybody knew.
    assert!(ends.iter().all(|count| *count > 0), "{ends:?}");
}

/// A store in memory whose appends can be held up, and whose second append after that can fail.
#[derive(Default)]
struct Held {
    inner: MemoryStore,
    closed: Mutex<bool>,
    opened: Condvar,
    /// How many appends have begun.
    begun: AtomicU64,
    /// The append that fails, counted from 1, and how.
    fails: Mutex<Option<(u64, Fault)>>,
    /// Whether there is no room for documents.
    full: AtomicBool,
    /// A row of the statement index that points to another entry.
    wrong: Mutex<Option<(Digest, u64)>>,
}

impl Held {
    fn close(&self) {
        *self.closed.lock().unwrap() = true;
    }

    fn open(&self) {
        *self.closed.lock().unwrap() = false;
        self.opened.notify_all();
    }

    fn io() -> StoreError {
        StoreError::Io { what: "write", path: "(injected)".into(), source: std::io::Error::other("no room") }
    }
}

impl Store for Held {
    fn agreements(&self) -> Result<Vec<Digest>, StoreError> {
        self.inner.agreements()
    }

    fn head(&self, anchor: &Digest) -> Result<Option<StoredHead>, StoreError> {
        self.inner.head(anchor)
    }

    fn entry(&self, anchor: &Digest, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.entry(anchor, index)
    }

    fn entries(&self, anchor: &Digest, range: Range<u64>) -> Entries<'_> {
        self.inner.entries(anchor, range)
    }

    fn node(&self, anchor: &Digest, level: u8, index: u64) -> Result<Option<Hash>, StoreError> {
        self.inner.node(anchor, level, index)
    }

    fn find(&self, anchor: &Digest, statement: &Digest) -> Result<Option<u64>, StoreError> {
        let wrong = self.wrong.lock().unwrap().filter(|(row, _)| row == statement);
        wrong.map_or_else(|| self.inner.find(anchor, statement), |(_, index)| Ok(Some(index)))
    }

    fn append(&self, batch: &[Append]) -> Result<(), StoreError> {
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let closed = self.closed.lock().unwrap();
        drop(self.opened.wait_while(closed, |closed| *closed).unwrap());
        let fault = self.fails.lock().unwrap().filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        match fault {
            None => return self.inner.append(batch),
            Some(Fault::Refused) => return Err(Self::io()),
            Some(Fault::Persisted) => self.inner.append(batch)?,
            Some(Fault::NotPersisted) => {}
        }
        Err(StoreError::Lost { path: "(injected)".into(), cause: Arc::from("injected failure") })
    }

    fn keep_checkpoint(&self, anchor: &Digest, size: u64, note: &str) -> Result<(), StoreError> {
        self.inner.keep_checkpoint(anchor, size, note)
    }

    fn checkpoint_at(&self, anchor: &Digest, size: u64) -> Result<Option<String>, StoreError> {
        self.inner.checkpoint_at(anchor, size)
    }

    fn checkpoints(&self, anchor: &Digest) -> Notes<'_> {
        self.inner.checkpoints(anchor)
    }

    fn read_only(&self, anchor: &Digest) -> Result<Option<ReadOnly>, StoreError> {
        self.inner.read_only(anchor)
    }

    fn set_read_only(&self, anchor: &Digest, why: Option<ReadOnly>) -> Result<(), StoreError> {
        self.inner.set_read_only(anchor, why)
    }

    fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        if self.full.load(Ordering::SeqCst) { Err(Self::io()) } else { self.inner.put_blob(digest, bytes) }
    }

    fn erase_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        self.inner.erase_blob(digest)
    }

    fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.blob(digest)
    }
}

/// An agreement over a [`Held`] store.
struct Hall {
    store: Arc<Held>,
    stage: Arc<Stage>,
}

impl Hall {
    fn new() -> Self {
        let store = Arc::new(Held::default());
        let stage = Arc::new(opened(store.clone(), &seats()));
        Self { store, stage }
    }

    fn submission(&self, seat: usize, number: u64) -> Submission {
        let seat = seats().into_iter().nth(seat).unwrap();
        let (envelope, blobs) = statement(&self.stage, &seat, number).unwrap();
        Submission { blobs, ..Submission::of(envelope) }
    }

    /// Submits the first alone, and while its batch is held up all the others, which so share the next batch.
    fn submit(&self, submissions: Vec<Submission>) -> Vec<Result<Receipted, SubmitError>> {
        let begun = self.store.begun.load(Ordering::SeqCst);
        self.store.close();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answers = runtime.block_on(async {
            let mut waiting = Vec::new();
            for submission in submissions {
                let stage = Arc::clone(&self.stage);
                let submit = async move { stage.registry().submit(submission).await };
                waiting.push(tokio::spawn(submit));
                while self.store.begun.load(Ordering::SeqCst) == begun {
                    tokio::task::yield_now().await;
                }
            }
            // This runtime has one thread: meanwhile each task runs until it waits for its answer.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            self.store.open();
            let mut answers = Vec::new();
            for answer in waiting {
                answers.push(answer.await.unwrap());
            }
            answers
        });
        assert!(self.store.begun.load(Ordering::SeqCst) <= begun + 2, "the others did not share a batch");
        answers
    }

    /// Everything promised of the log, for what was submitted and told since `before` entries.
    fn check(&self, before: &[Vec<u8>], submissions: &[Submission], told: &[&Receipted]) -> u64 {
        let sent = submissions.iter().map(|submission| registry_support::digest(&submission.envelope));
        let submitted = before.iter().map(|entry| statement_of(entry)).chain(sent).collect();
        let told: Vec<Acknowledged> = told.iter().map(|told| Acknowledged::from(*told)).collect();
        check(&*self.store, self.stage.anchor(), &submitted, &told)
    }

    fn entries(&self) -> Vec<Vec<u8>> {
        entries(&*self.store, &self.stage.anchor())
    }
}

fn refused(answer: &Result<Receipted, SubmitError>) -> Option<&Refusal> {
    match answer {
        Err(SubmitError::Refused { refusal, .. }) => Some(refusal),
        _ => None,
    }
}

#[test]
fn one_batch_takes_a_statement_once_and_refuses_what_an_earlier_one_in_it_excludes() {
    let hall = Hall::new();
    let before = hall.entries();
    let first = hall.submission(0, 0);
    let (vote, other, stale) = (hall.submission(1, 0), hall.submission(2, 0), hall.submission(1, 1));
    let sent = vec![first, vote.clone(), vote.clone(), other, stale, vote];
    let answers = hall.submit(sent.clone());
    let told: Vec<&Receipted> = answers.iter().flatten().collect();
    let size = before.len() as u64;
    let places: Vec<(u64, bool)> = told.iter().map(|told| (told.index, told.known)).collect();
    let one = size + 1;
    assert_eq!(places, [(size, false), (one, false), (one, true), (size + 2, false), (one, true)]);
    assert_eq!(answers.get(4).and_then(refused).unwrap().rule, "stale-after");
    assert_eq!(hall.check(&before, &sent, &told), size + 3);
}

#[test]
fn a_document_for_which_there_is_no_room_costs_its_own_statement_alone() {
    let hall = Hall::new();
    let before = hall.entries();
    hall.store.full.store(true, Ordering::SeqCst);
    let sent: Vec<Submission> =
        [(0, 0), (1, 0), (2, 3), (3, 0)].map(|(seat, number)| hall.submission(seat, number)).into();
    let answers = hall.submit(sent.clone());
    assert!(matches!(answers.get(2), Some(Err(SubmitError::Store(StoreError::Io { .. })))), "{answers:?}");
    let told: Vec<&Receipted> = answers.iter().flatten().collect();
    assert_eq!(told.len(), 3);
    assert_eq!(hall.check(&before, &sent, &told), before.len() as u64 + 3);

    hall.store.full.store(false, Ordering::SeqCst);
    let again = hall.submit(sent.iter().skip(2).take(1).cloned().collect());
    assert!(again.iter().flatten().all(|told| !told.known && told.index == before.len() as u64 + 3));
    assert_eq!(again.iter().flatten().count(), 1);
}

#[test]
fn a_refused_statement_leaves_no_document_behind() {
    let hall = Hall::new();
    let stale = hall.submission(1, 3);
    hall.submit(vec![hall.submission(1, 0)]);
    let document = stale.blobs.iter().map(quorate::statement::Blob::digest).next().unwrap();
    let answers = hall.submit_one(stale);
    assert_eq!(refused(&answers).unwrap().rule, "stale-after");
    assert_eq!(hall.store.blob(&document).unwrap(), None);
}

impl Hall {
    fn submit_one(&self, submission: Submission) -> Result<Receipted, SubmitError> {
        self.stage.submit(submission.envelope, submission.blobs)
    }
}

#[test]
fn after_a_failed_append_everybody_who_waits_is_answered_and_nothing_is_acknowledged() {
    for fault in [Fault::Persisted, Fault::NotPersisted, Fault::Refused] {
        let hall = Hall::new();
        let before = hall.entries();
        let fails = hall.store.begun.load(Ordering::SeqCst) + 2;
        *hall.store.fails.lock().unwrap() = Some((fails, fault));
        let mut sent: Vec<Submission> = (0..16).map(|seat| hall.submission(seat, 0)).collect();
        sent.push(sent.last().unwrap().clone());
        let mut answers = hall.submit(sent.clone()).into_iter();
        let first = answers.next().unwrap().unwrap();
        let errors: Vec<SubmitError> = answers.map(Result::unwrap_err).collect();
        assert!(errors.iter().all(SubmitError::is_fatal), "{errors:?}");
        let causes = errors.iter().filter(|error| !matches!(error, SubmitError::Stopped)).count();
        assert_eq!(causes, 1, "{errors:?}");
        // Not even what is in the log is acknowledged any more.
        for submission in &sent {
            assert!(hall.submit_one(submission.clone()).unwrap_err().is_fatal());
        }
        let stored = hall.check(&before, &sent, &[&first]);
        let more = if fault == Fault::Persisted { 16 } else { 1 };
        assert_eq!(stored, before.len() as u64 + more);
    }
}

/// The note of a refusal, opened with the log's key.
fn note(hall: &Hall, answer: &Result<Receipted, SubmitError>) -> Refused {
    let Err(SubmitError::Refused { refusal, note: Some(note) }) = answer else { panic!("{answer:?}") };
    let vkey = hall.stage.state().unwrap().log.vkey.clone();
    let refused = Refused::open(note.as_bytes(), &vkey.parse().unwrap()).unwrap();
    assert_eq!(refused.rule, refusal.rule);
    refused
}

/// What a refusal is judged after may not be on stable storage yet: until it is, nobody is told.
#[test]
fn a_refusal_judged_after_a_batch_leaves_once_that_is_durable_and_never_if_it_failed() {
    for fault in [None, Some(Fault::Persisted), Some(Fault::NotPersisted), Some(Fault::Refused)] {
        let hall = Hall::new();
        let before = hall.entries();
        let second = hall.store.begun.load(Ordering::SeqCst) + 2;
        *hall.store.fails.lock().unwrap() = fault.map(|fault| (second, fault));
        // The second batch: a vote, and an earlier statement of the same seat, which that vote makes stale.
        let stale = hall.submission(1, 1);
        let sent = vec![hall.submission(0, 0), hall.submission(1, 0), stale.clone()];
        let answers = hall.submit(sent.clone());
        let (first, last) = (answers.first().unwrap(), answers.get(2).unwrap());
        let told: Vec<&Receipted> = answers.iter().flatten().collect();
        let stored = hall.check(&before, &sent, &told);
        if fault.is_some() {
            assert!(first.is_ok());
            assert!(matches!(last, Err(error) if error.is_fatal()), "{fault:?}: {last:?}");
            continue;
        }
        let refused = note(&hall, last);
        assert!(refused.is_of(&stale.envelope));
        assert_eq!((refused.rule.to_string().as_str(), refused.head.size), ("stale-after", stored));
        // The head that it names is the log's own.
        let head = hall.store.head(&hall.stage.anchor()).unwrap().unwrap().head;
        assert_eq!(refused.head, head);
    }
}

/// What form or signatures alone refuse never comes before the writer, and names a head that is durable already.
#[test]
fn rubbish_is_refused_in_writing_while_the_writer_is_held_up() {
    let hall = Hall::new();
    let size = hall.entries().len() as u64;
    let begun = hall.store.begun.load(Ordering::SeqCst);
    let mut unsigned = hall.submission(1, 0);
    unsigned.envelope.signatures.clear();
    hall.store.close();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let submit = |submission: Submission| {
        let stage = Arc::clone(&hall.stage);
        runtime.spawn(async move { stage.registry().submit(submission).await })
    };
    let waiting = submit(hall.submission(0, 0));
    let (answered, answer) = runtime.block_on(async {
        while hall.store.begun.load(Ordering::SeqCst) == begun {
            tokio::task::yield_now().await;
        }
        let refused = submit(unsigned);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let answered = refused.is_finished() && !waiting.is_finished();
        hall.store.open();
        waiting.await.unwrap().unwrap();
        (answered, refused.await.unwrap())
    });
    assert!(answered, "it waited for the writer");
    assert_eq!(note(&hall, &answer).head.size, size);
}

#[test]
fn the_known_statement_must_be_the_very_entry() {
    let hall = Hall::new();
    let other = hall.submit_one(hall.submission(0, 0)).unwrap();
    let submission = hall.submission(1, 0);
    // The store's index says that the statement is another's entry, or one that is not there.
    for index in [other.index, other.index + 100] {
        let row = (registry_support::digest(&submission.envelope), index);
        *hall.store.wrong.lock().unwrap() = Some(row);
        let before = hall.entries();
        let answer = hall.submit_one(submission.clone());
        assert!(matches!(answer, Err(SubmitError::Damaged { .. })), "{answer:?}");
        assert_eq!(hall.entries(), before);
    }
    *hall.store.wrong.lock().unwrap() = None;
    assert!(!hall.submit_one(submission).unwrap().known);
}

#[test]
fn a_log_whose_clock_is_behind_signs_no_refusal() {
    let hall = Hall::new();
    let mut late = hall.submission(0, 0);
    late.envelope.signatures.clear();
    assert_eq!(note(&hall, &hall.submit_one(late.clone())).rule, "bad-envelope");
    hall.stage.clock().set(Instant::from_unix(start().unix() - 61));
    let answer = hall.submit_one(late);
    assert!(matches!(answer, Err(SubmitError::Refused { note: None, .. })), "{answer:?}");
}

#[test]
fn a_clock_that_goes_back_a_little_gives_the_last_time_again_and_one_far_behind_is_refused() {
    let hall = Hall::new();
    let times = |hall: &Hall| -> Vec<_> {
        hall.entries().iter().map(|entry| Entry::parse(entry).unwrap().time).collect()
    };
    hall.stage.clock().pass(Span::from_seconds(1_000));
    hall.submit_one(hall.submission(0, 0)).unwrap();
    let last = *times(&hall).last().unwrap();
    hall.stage.clock().set(start().plus(Span::from_seconds(940)));
    hall.submit_one(hall.submission(1, 0)).unwrap();
    assert_eq!(*times(&hall).last().unwrap(), last);

    hall.stage.clock().set(start().plus(Span::from_seconds(939)));
    let before = hall.entries();
    let behind = hall.submission(2, 0);
    let refused = hall.submit_one(behind.clone());
    assert!(matches!(refused, Err(SubmitError::ClockBehind { .. })), "{refused:?}");
    assert_eq!(hall.entries(), before);
    hall.stage.clock().set(start().plus(Span::from_seconds(1_000)));
    let told = hall.submit_one(behind).unwrap();
    assert_eq!((told.index, told.known), (before.len() as u64, false));
    assert_eq!(*times(&hall).last().unwrap(), last);
}

#[test]
fn a_statement_without_receipt_is_in_the_log_and_submitted_again_gets_it() {
    // What has just been added has its receipt from memory; the last call for one that is known reads a node for the proof.
    let members: Vec<HolderRef> = seats().into_iter().take(3).collect();
    let counting = Arc::new(Faulty::counting(MemoryStore::new()));
    let stage = opened(counting.clone(), &members);
    let (envelope, _) = vote_of(&stage, &members);
    assert!(!stage.submit(envelope.clone(), Vec::new()).unwrap().known);
    assert!(stage.submit(envelope, Vec::new()).unwrap().known);
    let last = counting.calls() - 1;

    let failing = Arc::new(Faulty::failing(MemoryStore::new(), last, Fault::NotPersisted));
    let stage = opened(failing.clone(), &members);
    let (envelope, size) = vote_of(&stage, &members);
    assert_eq!(stage.submit(envelope.clone(), Vec::new()).unwrap().index, size);
    let error = stage.submit(envelope.clone(), Vec::new()).unwrap_err();
    assert!(matches!(error, SubmitError::NoReceipt { index, .. } if index == size), "{error:?}");
    assert!(!error.is_fatal() && error.to_string().contains("submit the same statement again"), "{error}");
    let told = stage.submit(envelope, Vec::new()).unwrap();
    assert_eq!((told.index, told.known), (size, true));
}

/// Reports and exports take threads of the runtime's pool: the writer has one of its own, and the time of an entry is that at
/// which its turn comes.
#[test]
fn the_writer_waits_for_nothing_else_that_blocks() {
    let hall = Hall::new();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().max_blocking_threads(1).build().unwrap();
    let (end, ended) = channel::<()>();
    let blocks = runtime.spawn_blocking(move || ended.recv());
    let answer = runtime.block_on(async {
        let (settings, clock) = (Settings::new(LOG_NAME), Arc::new(SimulatedClock::at(start())));
        let registry = Registry::open(hall.store.clone(), log_seed(), settings, clock).unwrap();
        let submitted = registry.submit(hall.submission(0, 0));
        tokio::time::timeout(Duration::from_secs(20), submitted).await
    });
    end.send(()).unwrap();
    runtime.block_on(blocks).unwrap().unwrap();
    answer.expect("it waited for the pool's only thread").unwrap();
}

#[test]
fn whoever_follows_is_given_the_latest_entries_without_a_gap_and_as_they_are_stored() {
    let members: Vec<HolderRef> = seats().into_iter().step_by(8).collect();
    let stage = opened(Arc::new(MemoryStore::new()), &members);
    let (registry, anchor) = (stage.registry(), stage.anchor());
    let (published, added) = registry.grown(&anchor).unwrap();
    assert!(added.is_empty(), "nobody followed until now");
    let mut known = published.head.size;
    for count in [1, 0, 7, 300] {
        for number in 0..count {
            let (envelope, blobs) = statement(&stage, &members[0], number).unwrap();
            stage.submit(envelope, blobs).unwrap();
        }
        let (published, added) = registry.grown(&anchor).unwrap();
        let size = published.head.size;
        assert_eq!(size, known + count);
        // Of very many the latest alone are kept.
        let first = size - added.len() as u64;
        assert!(first >= known && (first == known) == (count < 300), "{known} {first} {size}");
        let given = added.iter().map(|entry| {
            let envelope = entry.checked.envelope().clone();
            (entry.index, Entry { time: entry.time, envelope }.to_bytes().unwrap())
        });
        let stored = registry.store().entries(&anchor, first..size).map(|read| read.unwrap());
        assert_eq!(given.collect::<Vec<_>>(), stored.collect::<Vec<_>>());
        known = size;
    }
}

/// A vote of the first member, and the size of the log before it.
fn vote_of(stage: &Stage, members: &[HolderRef]) -> (Envelope, u64) {
    let (envelope, _) = statement(stage, members.first().unwrap(), 0).unwrap();
    (envelope, stage.registry().store().head(&stage.anchor()).unwrap().unwrap().head.size)
}
