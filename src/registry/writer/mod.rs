//! The one writer: judges submissions in the order in which they came, appends many with one flush,
//! and answers when they are durable.

mod at_work;
mod commit;
mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

pub(super) use at_work::AtWork;

use super::agreement::{Added, Shelf, Working};
use super::pen::Pen;
use super::shut::Shut;
use super::{Flushes, Signed, SubmitError};
use crate::store::{MAX_BATCH_WEIGHT, Store, entry_weight, head_weight};
use crate::values::Digest;

/// How many submissions are taken from the queue at once. They share flushes of at most
/// [`MAX_BATCH_WEIGHT`] each.
const MOST_JOBS: usize = 512;

/// Room for one checkpoint: the origin, at most 193 bytes, twice, a size, a root and one signature.
const CHECKPOINT_BYTES: usize = 1_024;

/// What an entry has around its envelope: `{"time":"2026-03-01T12:00:00Z","envelope":}`.
const TIME_BYTES: usize = 44;

/// A submission that waits for its answer.
pub(super) struct Job {
    pub(super) signed: Signed,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// Where a statement is.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) anchor: Digest,
    pub(super) index: u64,
    /// The entry, where it has just been added; `None` where it was there already.
    pub(super) added: Option<Vec<u8>>,
}

pub(super) struct Writer {
    pub(super) store: Arc<dyn Store>,
    pub(super) pen: Arc<Pen>,
    pub(super) working: BTreeMap<Digest, Working>,
    pub(super) published: Shelf,
    pub(super) flushes: Arc<Flushes>,
    pub(super) shut: Shut,
    pub(super) pace: Pace,
}

/// How many came the last time, and how long making them durable took: by that the writer knows for whom to wait.
///
/// Those who were answered together come again together, one after the other as their signatures are checked. A flush for the
/// first of them alone would keep all others waiting for as long as it takes, and with a slow disk that is what a submission
/// costs. So the writer waits until as many are here as were before, but never longer than that flush would take.
#[derive(Debug, Default)]
pub(super) struct Pace {
    jobs: usize,
    took: Duration,
}

/// The longest that a submission waits for others.
const LONGEST_WAIT: Duration = Duration::from_millis(5);

/// How often the writer looks meanwhile whether one has come.
const LOOK: Duration = Duration::from_micros(100);

/// What a submitter is told.
type Answer = Result<Placed, SubmitError>;

/// What has been admitted and is not yet durable.
#[derive(Default)]
struct Batch {
    /// What the appends will weigh, as [`Append::weight`] counts.
    weight: usize,
    /// The agreements whose heads are counted in that.
    heads: BTreeSet<Digest>,
    admitted: Vec<Admitted>,
    /// Whoever waits for the batch, with the answer: those admitted, those who sent the same statement again, and
    /// those refused, perhaps for what is in the batch.
    waiting: Vec<(oneshot::Sender<Answer>, Answer)>,
}

struct Admitted {
    anchor: Digest,
    entry: Arc<Added>,
}

impl Writer {
    /// Works until nobody can submit any more, or the store has failed: never try again.
    fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(first) = queue.blocking_recv() {
            if !self.work(first, &mut queue) {
                return;
            }
        }
    }

    /// Judges and appends what is there and comes meanwhile; `false` where the store failed and this process must not write
    /// any more.
    fn work(&mut self, first: Job, queue: &mut mpsc::Receiver<Job>) -> bool {
        let (begun, mut jobs, mut batch) = (Instant::now(), 0, Batch::default());
        let mut next = Some(first);
        while let Some(job) = next {
            jobs += 1;
            if batch.weight.saturating_add(self.weight(&batch, &job)) > MAX_BATCH_WEIGHT
                && !self.commit(std::mem::take(&mut batch))
            {
                return false;
            }
            let (weight, anchor) = (self.weight(&batch, &job), job.signed.checked.anchor());
            let Job { signed, answer } = job;
            let taken = if signed.hidden {
                self.refuse_hidden(&signed).map(|placed| (placed, false))
            } else {
                self.take(&mut batch, signed)
            };
            match taken {
                Ok((placed, true)) => {
                    batch.weight += weight;
                    batch.heads.insert(anchor);
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
            next = self.next(queue, jobs, begun);
        }
        self.pace.jobs = jobs;
        let begun = Instant::now();
        let sound = self.commit(batch);
        self.pace.took = begun.elapsed();
        sound
    }

    /// What is judged next before the flush, after so many since `begun`: see [`Pace`].
    fn next(&self, queue: &mut mpsc::Receiver<Job>, jobs: usize, begun: Instant) -> Option<Job> {
        if jobs >= MOST_JOBS {
            return None;
        }
        let patience = self.pace.took.min(LONGEST_WAIT);
        loop {
            match queue.try_recv() {
                Err(mpsc::error::TryRecvError::Empty)
                    if jobs < self.pace.jobs && begun.elapsed() < patience =>
                {
                    std::thread::sleep(LOOK);
                }
                came => return came.ok(),
            }
        }
    }

    /// What a submission adds to the batch at most, with the agreement's head where it is the first to need it.
    fn weight(&self, batch: &Batch, job: &Job) -> usize {
        let anchor = job.signed.checked.anchor();
        let index = self.working.get(&anchor).map_or(0, |working| working.tree.size());
        // A leaf closes a subtree at every level whose size divides the size after it, and itself.
        let nodes = usize::try_from(index.saturating_add(1).trailing_zeros()).unwrap_or(64) + 1;
        let head = if batch.heads.contains(&anchor) { 0 } else { head_weight(CHECKPOINT_BYTES) };
        entry_weight(job.signed.text.len() + TIME_BYTES, nodes) + head
    }
}
