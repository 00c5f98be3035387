//! The documents filed in a case, in order. They may be many, and each new one must not cost what all before it did: copies of
//! the list share all of it but its end.

use std::sync::Arc;

use crate::engine::case::Filed;
use crate::engine::panel::Done;

/// How many documents are shared, or copied, together.
const TOGETHER: usize = 64;

/// The documents filed in a case, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filings {
    /// Each of [`TOGETHER`] documents, but the last, which may have fewer.
    parts: Vec<Arc<Vec<Filed>>>,
    /// How many of them have been struck.
    struck: usize,
}

impl Filings {
    /// All of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Filed> {
        self.parts.iter().flat_map(|part| part.iter())
    }

    /// Those after the first so many.
    pub(super) fn after(&self, count: usize) -> impl Iterator<Item = &Filed> {
        let parts = self.parts.iter().skip(count / TOGETHER);
        parts.flat_map(|part| part.iter()).skip(count % TOGETHER)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How many of them have been struck: as long as that stays, the list has only grown.
    pub(super) fn struck(&self) -> usize {
        self.struck
    }

    /// One more.
    pub(super) fn push(&mut self, filed: Filed) {
        match self.parts.last_mut().filter(|part| part.len() < TOGETHER) {
            Some(part) => Arc::make_mut(part).push(filed),
            None => self.parts.push(Arc::new(vec![filed])),
        }
    }

    /// Strikes those that are meant and not struck yet; how many those are.
    pub(super) fn strike(&mut self, meant: impl Fn(&Filed) -> bool, done: Done) -> usize {
        let meant = |filed: &Filed| filed.struck.is_none() && meant(filed);
        let mut count = 0;
        for part in self.parts.iter_mut().filter(|part| part.iter().any(meant)) {
            for filed in Arc::make_mut(part).iter_mut().filter(|filed| meant(filed)) {
                filed.struck = Some(done);
                count += 1;
            }
        }
        self.struck += count;
        count
    }
}

impl<'a> IntoIterator for &'a Filings {
    type Item = &'a Filed;
    type IntoIter = Box<dyn DoubleEndedIterator<Item = &'a Filed> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}
