//! The one thread that owns the state: submissions queue, are judged in turn, share an `fsync`, and are answered.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::log::note::NoteSignature;
use crate::store::StoreError;
use crate::values::{Digest, Instant};

use super::judge::Submission;
use super::state::{MAX_BATCH, Remembered, State, Turned};

/// What is answered to a submission.
pub(super) type Answer = Result<NoteSignature, Turned>;

/// Where the time of a cosignature comes from.
pub(super) type Now = Box<dyn Fn() -> Instant + Send>;

/// What was cosigned last of every log, and is durable: for readers, who wait for nobody.
type Shown = Arc<RwLock<BTreeMap<Digest, Arc<Remembered>>>>;

/// A way to the thread. When the last one is gone, the thread ends, and lets go of the disk.
#[derive(Clone)]
pub(super) struct Desk {
    queue: Sender<(Submission, oneshot::Sender<Answer>)>,
    shown: Shown,
}

/// The thread, and what it failed of.
pub(super) struct Running {
    pub(super) thread: JoinHandle<()>,
    /// Comes when storage has failed; without a word, when the thread has ended.
    pub(super) lost: oneshot::Receiver<StoreError>,
}

impl Desk {
    pub(super) fn start(state: State, now: Now) -> std::io::Result<(Self, Running)> {
        let (queue, receive) = channel();
        let (tell, lost) = oneshot::channel();
        let shown = Shown::new(RwLock::new(state.last().clone()));
        let show = Arc::clone(&shown);
        let work = move || {
            if let Err(error) = work(state, &receive, &show, &now) {
                tracing::error!(%error, "storage has failed: nothing is signed any more");
                // Nobody is left to hear it where the server has ended.
                let _ = tell.send(error);
            }
        };
        let thread = std::thread::Builder::new().name("witness".to_owned()).spawn(work)?;
        Ok((Self { queue, shown }, Running { thread, lost }))
    }

    /// The answer to a submission; `None` where storage has failed.
    pub(super) async fn submit(&self, submission: Submission) -> Option<Answer> {
        let (reply, answer) = oneshot::channel();
        self.queue.send((submission, reply)).ok()?;
        answer.await.ok()
    }

    /// What was cosigned last of a log.
    pub(super) fn last(&self, log: &Digest) -> Option<Arc<Remembered>> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).get(log).cloned()
    }
}

fn work(
    mut state: State,
    queue: &Receiver<(Submission, oneshot::Sender<Answer>)>,
    shown: &Shown,
    now: &Now,
) -> Result<(), StoreError> {
    while let Ok(first) = queue.recv() {
        // Whoever came while the last batch was being written is in this one.
        let more = queue.try_iter().take(MAX_BATCH - 1);
        let (batch, replies): (Vec<Submission>, Vec<_>) = std::iter::once(first).chain(more).unzip();
        let answers = state.take(&batch, now())?;
        let mut shown = shown.write().unwrap_or_else(PoisonError::into_inner);
        for log in batch.iter().map(Submission::log) {
            if let Some(last) = state.last().get(&log) {
                shown.insert(log, Arc::clone(last));
            }
        }
        drop(shown);
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A client that has gone gets the same answer when it asks again.
            let _ = reply.send(answer);
        }
    }
    Ok(())
}
