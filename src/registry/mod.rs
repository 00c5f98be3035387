//! The agreements that are live here: submit → check → admit → append → receipt.
//!
//! A submission's form and signatures are checked by whoever submits it, in parallel; one writer then
//! judges submissions one after the other with [`crate::engine`], appends many of them with one flush,
//! and only then answers, those whom it refuses with a note that the log signs. What readers see is what is
//! durable. The registry owns the clock.
//!
//! It decides nothing about statements: the engine does. It does not know about files, the network or
//! terminals.

mod agreement;
pub mod clock;
mod erase;
mod error;
mod pen;
mod receipt;
mod restore;
mod shut;
mod submission;
mod tree;
mod writer;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

pub use crate::statement::attachments;
pub use agreement::{Added, Published};
pub use clock::{Clock, SimulatedClock, SystemClock};
pub use error::{SubmitError, read_only};
pub use receipt::{NodeError, StoreNodes, receipt};
pub use restore::{Altered, Documents, RestoreError, Restored, restore};
pub use shut::mark;
pub use submission::{Signed, Submission};

use crate::audit::{StoreSource, audit};
use crate::engine::Refusal;
use crate::log::{LogKey, Receipt};
use crate::statement::{Checked, Entry, Envelope, Statement};
use crate::store::{ReadOnly, Store, StoreError};
use crate::values::{Digest, Id, Instant, Span};
use agreement::{Shelf, Shown, Working};
use pen::Pen;
use receipt::Roots;
use shut::Shut;
use submission::Unfit;
use tree::Tree;
use writer::{AtWork, Job, Pace, Placed, Writer};

/// What an operator sets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the log: `example.org/quorate`.
    pub log_name: String,
    /// How far the clock may be ahead of the last entry: a clock gone wrong would brick the agreement,
    /// since times never go back.
    pub longest_silence: Span,
    /// The operator's word that the clock was right then: silence counts from there, and not from before.
    pub clock_accepted: Option<Instant>,
}

impl Settings {
    /// The log's name, and 400 days of silence at most.
    pub fn new(log_name: impl Into<String>) -> Self {
        Self {
            log_name: log_name.into(),
            longest_silence: Span::from_seconds(400 * 86_400),
            clock_accepted: None,
        }
    }
}

/// The agreements of one store, open for submissions and questions.
pub struct Registry {
    store: Arc<dyn Store>,
    pen: Arc<Pen>,
    published: Shelf,
    writer: AtWork,
    flushes: Arc<Flushes>,
    shut: Shut,
}

/// What is known of flushes.
#[derive(Default)]
struct Flushes {
    /// Who is told of each, if anybody: how many statements became durable with it, and how long that took.
    told: OnceLock<Box<dyn Fn(u32, Duration) + Send + Sync>>,
    /// When the one began that is not over.
    begun: Mutex<Option<std::time::Instant>>,
}

/// The answer to a submission: where the statement is, and the proof.
#[derive(Debug, Clone)]
pub struct Receipted {
    /// The agreement.
    pub anchor: Digest,
    /// The index of the entry.
    pub index: u64,
    /// Whether the statement was already in the log.
    pub known: bool,
    /// The proof that it is in the log, with the entry itself as extra data.
    pub receipt: Receipt,
}

impl Registry {
    /// Opens every agreement of the store by replaying it, and starts the writer. It has a thread of its own, so that it
    /// waits for nothing else before it reads the clock, and ends with whoever could submit to it.
    ///
    /// # Errors
    /// The store cannot be read, what it holds does not pass an audit, or the machine gives no thread.
    pub fn open(
        store: Arc<dyn Store>,
        seed: [u8; 32],
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SubmitError> {
        let mut working = BTreeMap::new();
        let mut published = BTreeMap::new();
        for anchor in store.agreements()? {
            let source = StoreSource { store: &*store, anchor };
            let report = audit(&source, Some(anchor), &mut |_, _| {})?;
            let name = report.state.as_ref().map(|state| state.agreement.name.clone());
            let (Some(state), true) = (report.state.clone(), report.passes()) else {
                let first = report.findings.first().map(ToString::to_string).unwrap_or_default();
                return Err(SubmitError::Damaged { anchor, name, first });
            };
            let shown = Published { state: state.clone(), head: report.head, checkpoint: report.checkpoint };
            let tree = Tree::new(report.tree);
            published.insert(anchor, Shown::new(shown, tree.clone()));
            working.insert(anchor, Working::new(state, tree));
        }
        // What was struck and could not be erased then, because of a crash or an error.
        let states = working.values().map(|working: &Working| &working.state);
        erase::erase(&*store, states.clone().flat_map(|state| state.documents.struck()).collect(), &states)?;
        let published = Arc::new(RwLock::new(published));
        let pen = Arc::new(Pen { seed: seed.into(), settings, clock });
        let (flushes, shut) = (Arc::<Flushes>::default(), Shut::default());
        let writer = Writer {
            store: Arc::clone(&store),
            pen: Arc::clone(&pen),
            working,
            published: Arc::clone(&published),
            flushes: Arc::clone(&flushes),
            shut: shut.clone(),
            pace: Pace::default(),
        };
        let writer = AtWork::begin(writer).map_err(SubmitError::NoThread)?;
        Ok(Self { store, pen, published, writer, flushes, shut })
    }

    /// Submits a statement. Returns once it is on stable storage, or with the reason why it was not
    /// taken, and then nothing has changed; a refusal waits until the entries before it are on stable storage, since
    /// the log signs after which of them it judged. A statement that is already in the log gets its receipt; so
    /// whoever has no answer, or [`SubmitError::NoReceipt`], submits the same statement again.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn submit(&self, submission: Submission) -> Result<Receipted, SubmitError> {
        self.take(self.check(submission)?).await
    }

    /// The first part of [`submit`](Self::submit): form and signatures alone.
    ///
    /// # Errors
    /// One of them does not hold.
    pub fn check(&self, submission: Submission) -> Result<Signed, SubmitError> {
        submission.check().map_err(|(refusal, unfit)| self.unfit(&unfit, refusal))
    }

    /// The second part of [`submit`](Self::submit).
    ///
    /// # Errors
    /// As there.
    pub async fn take(&self, signed: Signed) -> Result<Receipted, SubmitError> {
        self.kept_here(&signed)?;
        let (answer, answered) = oneshot::channel();
        self.writer.take(Job { signed, answer }).await?;
        let Placed { anchor, index, added } = answered.await.map_err(|_| SubmitError::Stopped)??;
        let known = added.is_none();
        let receipt = match added {
            Some(bytes) => self.receipt_of(&anchor, index, bytes),
            None => self.receipt(&anchor, index),
        };
        let receipt =
            receipt.map_err(|cause| SubmitError::NoReceipt { anchor, index, cause: cause.into() })?;
        Ok(Receipted { anchor, index, known, receipt })
    }

    /// The receipt of an entry that has just been added, and has these bytes: as [`receipt`](Self::receipt), and nothing is
    /// read from the store.
    fn receipt_of(&self, anchor: &Digest, index: u64, bytes: Vec<u8>) -> Result<Receipt, SubmitError> {
        let shown = self.published.read().ok().and_then(|all| {
            let shown = all.get(anchor)?;
            Some((Arc::clone(&shown.now), shown.tree.clone()))
        });
        let (published, tree) = shown.ok_or(SubmitError::NoEntry { index })?;
        let proof = tree.proof(index, published.head.size);
        let proof = proof.map_err(|error| SubmitError::Proof { index, error: error.to_string() })?;
        receipt::proved((index, bytes), proof, published.head, published.checkpoint.clone())
    }

    /// The receipt of a statement that the log has already: nobody need judge it again. `None` where it has not, as far as
    /// is durable.
    ///
    /// # Errors
    /// The agreement is not kept here, as far as whoever signed it may know; or as for [`submit`](Self::submit), without a
    /// refusal.
    pub fn known(&self, signed: &Signed) -> Result<Option<Receipted>, SubmitError> {
        self.kept_here(signed)?;
        let checked = &signed.checked;
        let anchor = checked.anchor();
        let found = self.store.find(&anchor, &checked.digest())?.filter(|_| !signed.hidden);
        let Some(index) = found else { return Ok(None) };
        let receipt = self.receipt(&anchor, index);
        let receipt =
            receipt.map_err(|cause| SubmitError::NoReceipt { anchor, index, cause: cause.into() })?;
        // A row that points elsewhere would acknowledge what was never stored: the writer tells of it.
        Ok(is_entry_of(receipt.extra.as_deref().unwrap_or_default(), checked).then_some(Receipted {
            anchor,
            index,
            known: true,
            receipt,
        }))
    }

    /// Whether a statement that is not [known](Self::known) would be taken now, as far as that shows without its documents:
    /// for whoever is to say whether those are worth receiving. Nothing changes.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn would_take(&self, signed: &Signed) -> Result<(), SubmitError> {
        self.kept_here(signed)?;
        let checked = &signed.checked;
        let anchor = checked.anchor();
        // What opens an agreement names no documents, and is judged by the writer alone: there is no state to judge it by.
        if checked.statement().header.is_none() {
            return Ok(());
        }
        let published = self.agreement(&anchor).ok_or_else(|| unknown(anchor))?;
        if let Some(why) = self.read_only(&anchor)? {
            return Err(SubmitError::ReadOnly { name: Some(published.state.agreement.name.clone()), why });
        }
        let time = self.pen.time(Some(published.state.last), false)?;
        let nodes = StoreNodes { store: &*self.store, anchor: &anchor };
        let roots = Roots { nodes, size: published.head.size };
        let taken = published.state.would_admit(time, checked, &roots);
        let (envelope, jump) = (checked.envelope(), signed.accept_clock_jump);
        taken.map_err(|refusal| match self.sign_unfit(&published, envelope, jump, &refusal) {
            Some(signed) => signed,
            None => refusal.into(),
        })
    }

    /// Whether a statement is of an agreement that is kept here, as far as whoever signed it may know.
    pub fn is_of_here(&self, signed: &Signed) -> bool {
        signed.statement().header.is_some() && self.kept_here(signed).is_ok()
    }

    /// That the agreement of a statement is kept here, as far as whoever signed it may know.
    fn kept_here(&self, Signed { checked, hidden, .. }: &Signed) -> Result<(), SubmitError> {
        let kept = self.published.read().is_ok_and(|published| published.contains_key(&checked.anchor()));
        // An opening statement has no agreement yet; the writer answers one that is hidden as it answers others.
        if checked.statement().header.is_none() || kept && !hidden {
            Ok(())
        } else {
            Err(unknown(checked.anchor()))
        }
    }

    /// That the log of every agreement here has this registry's key, as far as anything may be added to it.
    ///
    /// # Errors
    /// [`SubmitError::OtherKey`]: nothing could be signed for it.
    pub fn check_keys(&self) -> Result<(), SubmitError> {
        for (anchor, name) in self.agreements() {
            let Some(published) = self.agreement(&anchor) else { continue };
            if self.read_only(&anchor)?.is_none() {
                self.pen.key(&name, &published.state.log.vkey)?;
            }
        }
        Ok(())
    }

    /// Adds nothing more to an agreement: its log has signed something that the store does not have. Later processes
    /// add nothing either.
    ///
    /// # Errors
    /// That could not be kept in the store; this process adds nothing all the same.
    pub fn shut(&self, anchor: Digest, why: ReadOnly) -> Result<(), StoreError> {
        self.shut.add(anchor, why);
        mark(&*self.store, &anchor, why)
    }

    /// That entries can be kept.
    ///
    /// # Errors
    /// Where they are kept cannot be written, or is full: the next statement would end everything.
    pub fn takes_entries(&self) -> Result<(), StoreError> {
        self.store.takes_entries()
    }

    /// That documents can be kept.
    ///
    /// # Errors
    /// Where they are kept cannot be written, or is full.
    pub fn takes_documents(&self) -> Result<(), StoreError> {
        self.store.takes_blobs()
    }

    /// Why nothing may be added to an agreement, where that is so.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn read_only(&self, anchor: &Digest) -> Result<Option<ReadOnly>, StoreError> {
        Ok(self.shut.why(anchor).or(self.store.read_only(anchor)?))
    }

    /// That the clock fits the last entry of an agreement, as far as any is added to it.
    ///
    /// # Errors
    /// [`SubmitError::ClockBehind`] or [`SubmitError::ClockAhead`], with which every statement is met.
    pub fn fits_clock(&self, anchor: &Digest) -> Result<(), SubmitError> {
        let last = self.agreement(anchor).map(|published| published.state.last);
        self.pen.time(last, false).map(drop)
    }

    /// Has somebody told of each flush from now on: how many statements became durable with it, and how long that took.
    /// Whoever came first is told.
    pub fn watch_flushes(&self, told: impl Fn(u32, Duration) + Send + Sync + 'static) {
        let _ = self.flushes.told.set(Box::new(told));
    }

    /// How long the flush takes already that is not over, if there is one.
    pub fn flushing(&self) -> Option<Duration> {
        self.flushes.begun.lock().unwrap_or_else(PoisonError::into_inner).map(|begun| begun.elapsed())
    }

    /// Returns once nothing is written any more: after a failure of the store.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        self.writer.ended()
    }

    /// Whether nothing is written any more.
    pub fn is_stopped(&self) -> bool {
        self.writer.has_ended()
    }

    /// The refusal of what needs no log to be refused, signed after the newest head that readers see. It costs the
    /// writer nothing: whoever sends rubbish waits for nobody and holds up nobody. Nothing is signed of what is no
    /// statement of an agreement that is kept here: the log would be signing whatever it is sent. Nor of a restricted one:
    /// whoever sends it has not shown yet that they may know of that.
    fn unfit(&self, Unfit { envelope, accept_clock_jump }: &Unfit, refusal: Refusal) -> SubmitError {
        let header = Statement::parse(&envelope.statement).ok().and_then(|statement| statement.header);
        let published = header.and_then(|header| self.agreement(&header.agreement.anchor));
        let published = published.filter(|published| !published.state.is_restricted());
        let signed = published
            .and_then(|published| self.sign_unfit(&published, envelope, *accept_clock_jump, &refusal));
        signed.unwrap_or_else(|| refusal.into())
    }

    fn sign_unfit(
        &self,
        Published { state, head, .. }: &Published,
        envelope: &Envelope,
        jump: bool,
        refusal: &Refusal,
    ) -> Option<SubmitError> {
        let time = self.pen.time(Some(state.last), jump).ok()?;
        let key = self.pen.key(&state.agreement.name, &state.log.vkey).ok()?;
        Some(pen::signed(refusal.clone(), envelope, time, (&state.agreement, *head), &key))
    }

    /// The receipt of an entry, against the newest head.
    ///
    /// # Errors
    /// There is no such entry, the store cannot be read, or its tree does not prove the entry.
    pub fn receipt(&self, anchor: &Digest, index: u64) -> Result<Receipt, SubmitError> {
        receipt(&*self.store, anchor, index)
    }

    /// What is published of an agreement now: the state after its last durable entry. It stays as it is; ask again
    /// for what came since.
    pub fn agreement(&self, anchor: &Digest) -> Option<Arc<Published>> {
        Some(Arc::clone(&self.published.read().ok()?.get(anchor)?.now))
    }

    /// What is published of an agreement now, and the latest entries up to its last one, as far as they came since this was
    /// asked last and are not too many: those before them are in the [store](Self::store). For one who follows the agreement.
    pub fn grown(&self, anchor: &Digest) -> Option<(Arc<Published>, Vec<Arc<Added>>)> {
        Some(self.published.read().ok()?.get(anchor)?.grown())
    }

    /// The number of entries that are published of an agreement, to be told when there are more. Once
    /// [`agreement`](Self::agreement) is asked after that, it gives a state with at least as many.
    pub fn growth(&self, anchor: &Digest) -> Option<watch::Receiver<u64>> {
        Some(self.published.read().ok()?.get(anchor)?.size.subscribe())
    }

    /// The agreements that are open here: anchor and name.
    pub fn agreements(&self) -> Vec<(Digest, Id)> {
        let Ok(published) = self.published.read() else { return Vec::new() };
        let named =
            published.iter().map(|(anchor, agreement)| (*anchor, agreement.now.state.agreement.name.clone()));
        named.collect()
    }

    /// The store behind it, for reading.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The time now, by the registry's clock.
    pub fn now(&self) -> Instant {
        self.pen.clock.now()
    }
}

/// The refusal of a statement of an agreement that is not kept here.
fn unknown(anchor: Digest) -> SubmitError {
    let why = format!("the agreement {} is not kept here", anchor.short());
    Refusal::new("unknown-agreement", why, "submit it to the log that the agreement names").into()
}

/// Whether an entry's bytes hold this statement.
fn is_entry_of(bytes: &[u8], checked: &Checked) -> bool {
    Entry::parse(bytes).is_ok_and(|entry| entry.envelope.statement == checked.text())
}

/// The key of an agreement's log: the operator's seed under the agreement's origin.
///
/// # Errors
/// The name cannot be a C2SP key name.
pub fn log_key(log_name: &str, agreement: &Id, seed: &[u8; 32]) -> Result<LogKey, SubmitError> {
    let origin = format!("{log_name}/{agreement}");
    LogKey::from_seed(&origin, seed)
        .map_err(|error| SubmitError::LogName { name: log_name.to_owned(), error: error.to_string() })
}
