//! The writer's thread: its own, so that it waits for nothing else before it reads the clock.

use std::future::Future;
use std::io;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, watch};

use super::{Job, Writer};
use crate::registry::SubmitError;

/// How many submissions may wait for the writer before the next one waits outside.
const QUEUE: usize = 1024;

/// The writer at work. Whoever drops this waits until it has ended, and so finds its store let go.
pub(in crate::registry) struct AtWork {
    /// `None` once it is to end.
    jobs: Option<mpsc::Sender<Job>>,
    /// Ends with the writer.
    alive: watch::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl AtWork {
    /// Begins.
    pub(in crate::registry) fn begin(writer: Writer) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (lives, alive) = watch::channel(());
        let thread = std::thread::Builder::new().name("registry writer".to_owned());
        let thread = thread.spawn(move || {
            // Whoever waits for an answer that does not come, since it fails or panics, is told `Stopped`.
            let _lives = lives;
            writer.run(queue);
        })?;
        Ok(Self { jobs: Some(jobs), alive, thread: Some(thread) })
    }

    /// Puts a submission into the queue, which may be full for a while.
    pub(in crate::registry) async fn take(&self, job: Job) -> Result<(), SubmitError> {
        let jobs = self.jobs.as_ref().ok_or(SubmitError::Stopped)?;
        jobs.send(job).await.map_err(|_| SubmitError::Stopped)
    }

    /// Whether it works no more.
    pub(in crate::registry) fn has_ended(&self) -> bool {
        self.alive.has_changed().is_err()
    }

    /// Returns once it works no more.
    pub(in crate::registry) fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut alive = self.alive.clone();
        // Nothing is ever sent.
        async move { while alive.changed().await.is_ok() {} }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
