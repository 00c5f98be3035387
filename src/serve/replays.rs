//! Replays of the past, signatures and all: work that anybody can ask for, and of which only so much is done at a time.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::problem::Problem;

/// How many run at a time: one core each.
const AT_A_TIME: usize = 2;

/// Room for replays.
pub(super) struct Replays(Arc<Semaphore>);

impl Replays {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }

    /// Replays on a thread that answers nobody else. The room for it is given back when the replay is over, whether or not
    /// anybody still waits for it.
    ///
    /// # Errors
    /// As many as run at a time are running, or it came to no end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        replay: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let room = Arc::clone(&self.0).try_acquire_owned().map_err(|_| Problem::busy_with_past())?;
        blocking(move || {
            let replayed = replay();
            drop(room);
            replayed
        })
        .await
    }
}

/// Does what takes a thread for a while, such as reading a disk, on one that answers nobody else.
///
/// # Errors
/// It came to no end.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|ended| {
        tracing::error!(%ended, "work for an answer came to no end");
        Problem::failed("this cannot be answered at the moment; the operator has been told")
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_replay_that_nobody_waits_for_any_more_keeps_its_room_until_its_end() {
        let replays = Arc::new(Replays::new());
        let mut ends = Vec::new();
        for _ in 0..AT_A_TIME {
            let ((begun, begins), (end, ended)) = (channel(), channel::<()>());
            let running = Arc::clone(&replays);
            let asked = tokio::spawn(async move {
                let replay = running.run(move || {
                    begun.send(()).unwrap();
                    let _ = ended.recv();
                });
                drop(replay.await);
            });
            begins.recv().unwrap();
            // Whoever asked has gone away.
            asked.abort();
            assert!(asked.await.unwrap_err().is_cancelled());
            ends.push(end);
        }
        let refused = replays.run(|| ()).await;
        assert_eq!(refused.map_err(|problem| problem.name().to_owned()), Err("busy".to_owned()));
        drop(ends);
        let all = Arc::clone(&replays.0).acquire_many_owned(u32::try_from(AT_A_TIME).unwrap()).await;
        assert!(all.is_ok());
    }
}
