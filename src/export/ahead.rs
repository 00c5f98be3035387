use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// What a function gives for each of some keys, in their order, worked out by threads ahead of whoever takes it: so
/// that many slow answers are under way while one is waited for, and never more than `at_once`. With one at once there
/// is no thread: it is worked out where it is taken.
pub(super) struct Ahead<K, T> {
    keys: Box<dyn Iterator<Item = K> + Send>,
    work: Arc<dyn Fn(K) -> T + Send + Sync>,
    at_once: usize,
    under_way: VecDeque<UnderWay<T>>,
}

enum UnderWay<T> {
    Started(JoinHandle<T>),
    /// No thread could be had.
    Done(T),
}

impl<K: Copy + Send + 'static, T: Send + 'static> Ahead<K, T> {
    /// Nothing starts before the first is asked for.
    pub(super) fn new(
        keys: impl Iterator<Item = K> + Send + 'static,
        at_once: usize,
        work: impl Fn(K) -> T + Send + Sync + 'static,
    ) -> Self {
        Self {
            keys: Box::new(keys),
            work: Arc::new(work),
            at_once: at_once.max(1),
            under_way: VecDeque::new(),
        }
    }

    fn start(&self, key: K) -> UnderWay<T> {
        let work = Arc::clone(&self.work);
        match thread::Builder::new().spawn(move || work(key)) {
            Ok(thread) => UnderWay::Started(thread),
            Err(_) => UnderWay::Done((self.work)(key)),
        }
    }
}

impl<K: Copy + Send + 'static, T: Send + 'static> Iterator for Ahead<K, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.at_once == 1 {
            return self.keys.next().map(&*self.work);
        }
        while self.under_way.len() < self.at_once
            && let Some(key) = self.keys.next()
        {
            self.under_way.push_back(self.start(key));
        }
        match self.under_way.pop_front()? {
            UnderWay::Started(thread) => {
                // Nothing here panics; were it to, it would be no less a defect for having been in a thread.
                Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            }
            UnderWay::Done(done) => Some(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn what_is_worked_out_ahead_comes_in_order_and_never_more_than_asked_for() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (now, peak) = (Arc::clone(&running), Arc::clone(&most));
        let ahead = Ahead::new(0..100_u64, 4, move |key| {
            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // The later ones of each four are done first.
            thread::sleep(std::time::Duration::from_millis(4 - key % 4));
            now.fetch_sub(1, Ordering::SeqCst);
            key * 2
        });
        assert!(ahead.eq((0..100).map(|key| key * 2)));
        assert_eq!(running.load(Ordering::SeqCst), 0);
        assert!((2..=4).contains(&most.load(Ordering::SeqCst)));
    }
}
