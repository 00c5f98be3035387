//! Work for an answer: what takes a thread for a while, and that anybody can ask for. Only so much of it is done at a time, and
//! only so much waits, of one address and of all, so that it leaves threads and cores to those who submit.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

use super::client::Client;
use super::metrics::Metrics;
use super::problem::Problem;
use crate::net::share::Held;

/// The part of all places that one address may hold.
const SHARE: usize = 4;

/// Room for work of one kind.
pub(super) struct Work {
    running: Arc<Semaphore>,
    /// Places of those who wait, and of what runs.
    places: Arc<Semaphore>,
    /// How many of them each address holds, and may.
    held: Held,
    share: usize,
    /// Where those are counted that find no place, and under which name.
    metrics: Arc<Metrics>,
    limit: &'static str,
}

impl Work {
    /// What counts and replays, signatures and all: replays of the past, certificates, reports. One core each.
    pub(super) fn thinking(metrics: Arc<Metrics>) -> Self {
        Self::new(2, 16, metrics, "work")
    }

    /// What checks signatures of envelopes that have many of them, beside those who submit few.
    pub(super) fn checking(metrics: Arc<Metrics>) -> Self {
        Self::new(1, 64, metrics, "checking")
    }

    /// What reads the disk: documents, tiles, pages of the log.
    pub(super) fn reading(metrics: Arc<Metrics>) -> Self {
        Self::new(4, 256, metrics, "reading")
    }

    /// So much at a time, and so many places.
    fn new(at_a_time: usize, places: usize, metrics: Arc<Metrics>, limit: &'static str) -> Self {
        let share = places.div_ceil(SHARE);
        let [running, places] = [at_a_time, places].map(|room| Arc::new(Semaphore::new(room)));
        Self { running, places, held: Held::default(), share, metrics, limit }
    }

    /// Works on a thread that answers nobody else, in turn. The room for it is given back when the work is over, whether or not
    /// anybody still waits for it; whoever goes away before it begins leaves the row.
    ///
    /// # Errors
    /// There is no place to wait, or it came to no end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        client: Client,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || {
            self.metrics.limited(self.limit);
            Problem::busy_with_answers()
        };
        let share = self.held.one_more(client.0, self.share).ok_or_else(busy)?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| busy())?;
        let room = Arc::clone(&self.running).acquire_owned().await;
        let held = (share, place, room.map_err(|_| busy())?);
        blocking(move || {
            let done = work();
            drop(held);
            done
        })
        .await
    }
}

/// Work that nobody waits for and that itself waits for others: witnesses, receivers of webhooks, a disk that is copied to. So much
/// of one kind is done at a time, however many agreements there are, and the threads are left for answers.
#[derive(Clone)]
pub(super) struct Background(Arc<Semaphore>);

impl Background {
    /// So much at a time.
    pub(super) fn new(at_a_time: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_a_time)))
    }

    /// Works, in turn. The room is given back when the work is over, whether or not anybody still waits for it.
    ///
    /// # Errors
    /// It came to no end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // Never closed.
        let place = Arc::clone(&self.0).acquire_owned().await;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        })
        .await
    }
}

/// Does what takes a thread for a while on one that answers nobody else. How much of it there is at a time, whoever asks for it
/// bounds.
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

    fn client(last: u8) -> Client {
        Client([192, 0, 2, last].into())
    }

    fn room_for(at_a_time: usize, places: usize) -> Arc<Work> {
        Arc::new(Work::new(at_a_time, places, Arc::new(Metrics::new()), "work"))
    }

    fn told<T>(done: Result<T, Problem>) -> Result<T, String> {
        done.map_err(|problem| problem.name().to_owned())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_that_nobody_waits_for_any_more_keeps_its_room_until_its_end() {
        let room = room_for(2, 2);
        let mut ends = Vec::new();
        for last in 0..2 {
            let ((begun, begins), (end, ended)) = (channel(), channel::<()>());
            let running = Arc::clone(&room);
            let asked = tokio::spawn(async move {
                let work = running.run(client(last), move || {
                    begun.send(()).unwrap();
                    let _ = ended.recv();
                });
                drop(work.await);
            });
            begins.recv().unwrap();
            // Whoever asked has gone away.
            asked.abort();
            assert!(asked.await.unwrap_err().is_cancelled());
            ends.push(end);
        }
        assert_eq!(told(room.run(client(7), || ()).await), Err("busy".to_owned()));
        drop(ends);
        assert!(Arc::clone(&room.places).acquire_many_owned(2).await.is_ok());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn so_much_is_done_in_the_background_at_a_time_and_the_rest_waits_without_a_thread() {
        let background = Background::new(2);
        let (begun, begins) = channel();
        let (end, ended) = channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        let all: Vec<_> = (0..20)
            .map(|_| {
                let (background, begun, ended) = (background.clone(), begun.clone(), Arc::clone(&ended));
                tokio::spawn(async move {
                    let work = background.run(move || {
                        begun.send(()).unwrap();
                        let _ = ended.lock().unwrap().recv();
                    });
                    work.await.unwrap();
                })
            })
            .collect();
        for _ in 0..2 {
            begins.recv().unwrap();
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(begins.try_recv().is_err());
        drop(end);
        for done in all {
            done.await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_address_holds_a_part_of_the_places_and_whoever_goes_away_leaves_the_row() {
        let room = room_for(1, 8);
        let ((begun, begins), (end, ended)) = (channel(), channel::<()>());
        let waits = |last, work: Box<dyn FnOnce() + Send>| {
            let room = Arc::clone(&room);
            tokio::spawn(async move { told(room.run(client(last), work).await) })
        };
        let first = waits(
            1,
            Box::new(move || {
                begun.send(()).unwrap();
                let _ = ended.recv();
            }),
        );
        begins.recv().unwrap();
        let second = waits(1, Box::new(|| ()));
        while room.places.available_permits() > 6 {
            tokio::task::yield_now().await;
        }
        assert_eq!(told(room.run(client(1), || ()).await), Err("busy".to_owned()));
        let other = waits(2, Box::new(|| ()));
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        let again = waits(1, Box::new(|| ()));
        end.send(()).unwrap();
        for done in [first, other, again] {
            assert_eq!(done.await.unwrap(), Ok(()));
        }
    }
}
