//! The one writer: judges submissions in the order in which they came, appends many with one flush,
//! and answers when they are durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::agreement::{Published, Shelf, Shown, Working};
use super::erase::erase;
use super::pen::{self, Pen};
use super::shut::Shut;
use super::{Flushes, SubmitError, is_entry_of, log_key, unknown};
use crate::engine::{Refusal, State};
use crate::log::{Hash, MemoryTree};
use crate::statement::{Blob, Body, Checked, Entry, Open, attachments};
use crate::store::{Append, MAX_BATCH_WEIGHT, NewEntry, Store, entry_weight, head_weight};
use crate::values::{Digest, Instant};

/// How many submissions are taken from the queue at once. They share flushes of at most
/// [`MAX_BATCH_WEIGHT`] each.
const MOST_JOBS: usize = 512;

/// Room for one checkpoint: the origin, at most 193 bytes, twice, a size, a root and one signature.
const CHECKPOINT_BYTES: usize = 1_024;

/// What an entry has around its envelope: `{"time":"2026-03-01T12:00:00Z","envelope":}`.
const TIME_BYTES: usize = 44;

/// A submission whose form and signatures have passed.
pub(super) struct Job {
    pub(super) checked: Checked,
    /// The length of its envelope's text.
    pub(super) bytes: usize,
    pub(super) blobs: Vec<Blob>,
    pub(super) clock_jump: bool,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// Where a statement is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) anchor: Digest,
    pub(super) index: u64,
    pub(super) known: bool,
}

pub(super) struct Writer {
    pub(super) store: Arc<dyn Store>,
    pub(super) pen: Arc<Pen>,
    pub(super) working: BTreeMap<Digest, Working>,
    pub(super) published: Shelf,
    pub(super) flushes: Flushes,
    pub(super) shut: Shut,
}

/// What a submitter is told.
type Answer = Result<Placed, SubmitError>;

/// What has been admitted and is not yet durable.
#[derive(Default)]
struct Batch {
    /// What the appends will weigh, as [`Append::weight`] counts.
    weight: usize,
    admitted: Vec<Admitted>,
    /// Whoever waits for the batch, with the answer: those admitted, those who sent the same statement again, and
    /// those refused, perhaps for what is in the batch.
    waiting: Vec<(oneshot::Sender<Answer>, Answer)>,
}

struct Admitted {
    anchor: Digest,
    index: u64,
    checked: Checked,
}

impl Writer {
    /// Works until every sender is gone, or the store has failed.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        loop {
            let mut jobs = Vec::new();
            if queue.recv_many(&mut jobs, MOST_JOBS).await == 0 {
                return;
            }
            // Signing, judging and above all fsync block: not on a thread that serves others.
            let worked = tokio::task::spawn_blocking(move || {
                let sound = self.work(jobs);
                (self, sound)
            });
            match worked.await {
                Ok((writer, true)) => self = writer,
                // Whoever waits is told `Stopped`, since the channels close. Never try again.
                Ok((_, false)) | Err(_) => return,
            }
        }
    }

    /// Judges and appends; `false` where the store failed and this process must not write any more.
    fn work(&mut self, jobs: Vec<Job>) -> bool {
        let mut batch = Batch::default();
        for job in jobs {
            let weight = self.weight(&job);
            if batch.weight.saturating_add(weight) > MAX_BATCH_WEIGHT
                && !self.commit(std::mem::take(&mut batch))
            {
                return false;
            }
            let answer = job.answer;
            match self.take(&mut batch, job.checked, &job.blobs, job.clock_jump) {
                Ok((placed, true)) => {
                    batch.weight += weight;
                    batch.waiting.push((answer, Ok(placed)));
                }
                // Whoever asked may have gone away: that changes nothing.
                Ok((placed, false)) => drop(answer.send(Ok(placed))),
                // It was judged after what the batch holds: if that is lost, so is the refusal.
                Err(refused @ SubmitError::Refused { .. }) => batch.waiting.push((answer, Err(refused))),
                Err(error) => {
                    let fatal = error.is_fatal();
                    drop(answer.send(Err(error)));
                    if fatal {
                        tracing::error!("the store failed; nothing more is written");
                        return false;
                    }
                }
            }
        }
        self.commit(batch)
    }

    /// Admits a statement into the batch, or finds it known. The flag says whether the answer waits
    /// for the batch.
    fn take(
        &mut self,
        batch: &mut Batch,
        checked: Checked,
        blobs: &[Blob],
        jump: bool,
    ) -> Result<(Placed, bool), SubmitError> {
        let anchor = checked.anchor();
        if let Some(index) = self.store.find(&anchor, &checked.digest())? {
            self.confirm(anchor, index, &checked)?;
            return Ok((Placed { anchor, index, known: true }, false));
        }
        let same =
            |admitted: &&Admitted| admitted.anchor == anchor && admitted.checked.digest() == checked.digest();
        if let Some(index) = batch.admitted.iter().find(same).map(|admitted| admitted.index) {
            return Ok((Placed { anchor, index, known: true }, true));
        }
        if let Some(why) = self.shut.why(&anchor).or(self.store.read_only(&anchor)?) {
            let name = self.working.get(&anchor).map(|working| working.state.agreement.name.clone());
            return Err(SubmitError::ReadOnly { name, why });
        }
        let last = self.working.get(&anchor).map(|working| working.state.last);
        let time = self.pen.time(last, jump)?;
        match self.judge(time, &checked, blobs) {
            Ok(index) => {
                batch.admitted.push(Admitted { anchor, index, checked });
                Ok((Placed { anchor, index, known: false }, true))
            }
            Err(SubmitError::Refused { refusal, .. }) => Err(self.refuse(time, &checked, refusal)),
            Err(error) => Err(error),
        }
    }

    /// Admits a statement that is new here, at `time`, and gives its index.
    fn judge(&mut self, time: Instant, checked: &Checked, blobs: &[Blob]) -> Result<u64, SubmitError> {
        self.judge_blobs(checked, blobs)?;
        let bytes = Entry { time, envelope: checked.envelope().clone() }.to_bytes().map_err(|long| {
            let why = format!(
                "as an entry it would take {} bytes, and an entry has at most {}",
                long.bytes, long.most
            );
            Refusal::new("too-long", why, "shorten it; long documents are attached, not quoted")
        })?;
        self.keep_blobs(time, checked, blobs)?;
        self.admit(time, checked, &bytes)
    }

    /// A refusal at `time`, signed where the agreement is kept here. What was not opened here has no head to be
    /// refused after.
    fn refuse(&mut self, time: Instant, checked: &Checked, refusal: Refusal) -> SubmitError {
        let Ok(working) = self.kept_here(checked.anchor()) else { return refusal.into() };
        let (after, Some(key)) = ((&working.state.agreement, working.tree.head()), &working.key) else {
            return refusal.into();
        };
        pen::signed(refusal, checked.envelope(), time, after, key)
    }

    /// The entry that the store finds for a statement is that statement's: a row that points elsewhere would
    /// acknowledge what was never stored.
    fn confirm(&self, anchor: Digest, index: u64, checked: &Checked) -> Result<(), SubmitError> {
        let bytes = self.store.entry(&anchor, index)?.unwrap_or_default();
        if is_entry_of(&bytes, checked) {
            return Ok(());
        }
        let name = self.working.get(&anchor).map(|working| working.state.agreement.name.clone());
        let first = format!(
            "entry {index}: the store's index says that it is the statement {}, and it is not [index]",
            checked.digest()
        );
        Err(SubmitError::Damaged { anchor, name, first })
    }

    /// What a submission adds to the batch at most, with the agreement's head, which it may be the first to need.
    fn weight(&self, job: &Job) -> usize {
        let index = self.working.get(&job.checked.anchor()).map_or(0, |working| working.tree.size());
        // A leaf closes a subtree at every level whose size divides the size after it, and itself.
        let nodes = usize::try_from(index.saturating_add(1).trailing_zeros()).unwrap_or(64) + 1;
        entry_weight(job.bytes + TIME_BYTES, nodes) + head_weight(CHECKPOINT_BYTES)
    }

    /// Every document that the statement names comes along, or an entry of its agreement names it already. That it is
    /// stored here is not enough: it may be another agreement's, which this one's readers are not to read.
    fn judge_blobs(&self, checked: &Checked, blobs: &[Blob]) -> Result<(), SubmitError> {
        let brought: BTreeSet<Digest> = blobs.iter().map(Blob::digest).collect();
        let working = self.working.get(&checked.anchor());
        let named =
            |digest: &Digest| working.is_some_and(|working| working.state.documents.is_needed(digest));
        for (name, digest) in attachments(&checked.statement().body) {
            let there = named(&digest) && self.store.blob_size(&digest)?.is_some();
            if !brought.contains(&digest) && !there {
                let why = format!(
                    "its document `{name}`, {digest}, was not submitted with it, and no entry of this agreement names it"
                );
                return Err(Refusal::new(
                    "document-absent",
                    why,
                    "submit the document together with the statement",
                )
                .into());
            }
        }
        Ok(())
    }

    /// Makes the documents durable, before anything counts on them: an entry never names one that a crash
    /// could have taken, and where a disk has no room for one, memory is not ahead of it. The statement is
    /// judged first, so that a refused one leaves none behind.
    fn keep_blobs(&mut self, time: Instant, checked: &Checked, blobs: &[Blob]) -> Result<(), SubmitError> {
        if blobs.is_empty() {
            return Ok(());
        }
        let working = self.kept_here(checked.anchor())?;
        working.state.would_admit(time, checked, &working.tree)?;
        for blob in blobs {
            self.store.put_blob(&blob.digest(), blob.bytes())?;
        }
        Ok(())
    }

    /// Has the engine admit the entry, and puts it into the agreement's part of the batch.
    fn admit(&mut self, time: Instant, checked: &Checked, bytes: &[u8]) -> Result<u64, SubmitError> {
        let anchor = checked.anchor();
        let working = match &checked.statement().body {
            Body::Open(open) => self.open(anchor, time, checked, open)?,
            _ => self.go_on(anchor, time, checked)?,
        };
        let index = working.tree.size();
        working.tree.push(Hash::leaf(bytes));
        working.added.push(NewEntry { bytes: bytes.to_vec(), statement: checked.digest() });
        Ok(index)
    }

    /// A statement of an agreement that is open here.
    fn go_on(
        &mut self,
        anchor: Digest,
        time: Instant,
        checked: &Checked,
    ) -> Result<&mut Working, SubmitError> {
        let working = self.kept_here(anchor)?;
        working.state.admit(time, checked, &working.tree)?;
        Ok(working)
    }

    /// An agreement that is open here, with its log's key.
    fn kept_here(&mut self, anchor: Digest) -> Result<&mut Working, SubmitError> {
        let Some(working) = self.working.get_mut(&anchor) else {
            return Err(unknown(anchor));
        };
        if working.key.is_none() {
            let state = &working.state;
            working.key = Some(self.pen.key(&state.agreement.name, &state.log.vkey)?);
        }
        Ok(working)
    }

    /// An opening statement, which must be written for this log and have a name of its own.
    fn open(
        &mut self,
        anchor: Digest,
        time: Instant,
        checked: &Checked,
        open: &Open,
    ) -> Result<&mut Working, SubmitError> {
        let key = log_key(&self.pen.settings.log_name, &open.name, &self.pen.seed)?;
        if open.log.vkey != key.verifier().to_string() {
            let why = format!("it names the log key `{}`, this log's is `{}`", open.log.vkey, key.verifier());
            let instead = "open it with this log's key, or submit it to that log";
            return Err(Refusal::new("other-log", why, instead).into());
        }
        // One origin, one log: a second agreement of this name would have the same origin and key.
        if self.working.values().any(|working| working.state.agreement.name == open.name) {
            let why = format!("an agreement named {} is already kept here", open.name);
            let instead = "choose another name: it is part of the log's origin";
            return Err(Refusal::new("name-taken", why, instead).into());
        }
        let state = State::open(time, checked)?;
        let mut working = Working::new(state, MemoryTree::default());
        working.key = Some(key);
        Ok(self.working.entry(anchor).or_insert(working))
    }

    /// Makes the batch durable, then shows it to readers, then answers.
    ///
    /// After any failure memory is ahead of the disk, whatever the disk has: `false`, and only a new start
    /// brings them together. The first who waits is told the cause, everybody else [`SubmitError::Stopped`].
    fn commit(&mut self, batch: Batch) -> bool {
        let begun = std::time::Instant::now();
        if let Err(error) = self.append() {
            tracing::error!(%error, "the store failed; nothing more is written");
            let error =
                if error.is_fatal() { error } else { SubmitError::NotAppended { cause: Box::new(error) } };
            let mut waiting = batch.waiting.into_iter();
            if let Some((answer, _)) = waiting.next() {
                let _ = answer.send(Err(error));
            }
            return false;
        }
        if let (Some(told), false) = (self.flushes.get(), batch.admitted.is_empty()) {
            told(u32::try_from(batch.admitted.len()).unwrap_or(u32::MAX), begun.elapsed());
        }
        self.publish(&batch.admitted);
        self.erase_struck(&batch.admitted);
        for (answer, told) in batch.waiting {
            let _ = answer.send(told);
        }
        true
    }

    fn append(&mut self) -> Result<(), SubmitError> {
        let mut appends = Vec::new();
        for (anchor, working) in &mut self.working {
            if working.added.is_empty() {
                continue;
            }
            appends.push(Append {
                anchor: *anchor,
                first: working.first(),
                nodes: working.closed_nodes(),
                head: working.tree.head(),
                checkpoint: working.checkpoint()?,
                entries: std::mem::take(&mut working.added),
            });
        }
        if !appends.is_empty() {
            self.store.append(&appends)?;
        }
        Ok(())
    }

    /// Erases what the entries struck, now that they are durable. What a crash or an error leaves is erased when the
    /// registry is opened again.
    fn erase_struck(&self, admitted: &[Admitted]) {
        let struck = admitted.iter().filter_map(|entry| match &entry.checked.statement().body {
            Body::Act(act) => act.strike,
            _ => None,
        });
        let states = self.working.values().map(|working| &working.state);
        if let Err(error) = erase(&*self.store, struck.collect(), &states) {
            tracing::error!(%error, "a document was struck and is not erased yet: open the store again");
        }
    }

    /// Shows what is now durable to readers. The state is shared as far as it is the same; what readers hold stays as
    /// it is.
    fn publish(&self, admitted: &[Admitted]) {
        let touched: BTreeSet<Digest> = admitted.iter().map(|admitted| admitted.anchor).collect();
        for anchor in touched {
            let Some(working) = self.working.get(&anchor) else { continue };
            let Ok(checkpoint) = working.checkpoint() else { continue };
            let (state, head) = (working.state.clone(), working.tree.head());
            let published = Published { state, head, checkpoint };
            let Ok(mut all) = self.published.write() else { continue };
            match all.get_mut(&anchor) {
                Some(shown) => shown.replace(published),
                None => drop(all.insert(anchor, Shown::new(published))),
            }
        }
    }
}
