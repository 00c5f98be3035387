//! The one writer: judges submissions in the order in which they came, appends many with one flush,
//! and answers when they are durable.

mod commit;
mod judge;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::agreement::{Shelf, Working};
use super::pen::Pen;
use super::shut::Shut;
use super::{Flushes, SubmitError};
use crate::statement::{Blob, Checked};
use crate::store::{MAX_BATCH_WEIGHT, Store, entry_weight, head_weight};
use crate::values::Digest;

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

    /// What a submission adds to the batch at most, with the agreement's head, which it may be the first to need.
    fn weight(&self, job: &Job) -> usize {
        let index = self.working.get(&job.checked.anchor()).map_or(0, |working| working.tree.size());
        // A leaf closes a subtree at every level whose size divides the size after it, and itself.
        let nodes = usize::try_from(index.saturating_add(1).trailing_zeros()).unwrap_or(64) + 1;
        entry_weight(job.bytes + TIME_BYTES, nodes) + head_weight(CHECKPOINT_BYTES)
    }
}
