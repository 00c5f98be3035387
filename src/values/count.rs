//! Counting, once for signers, seats and witnesses alike: keyed by holder, exact.
//!
//! It stands down here because the engine (signers, seats) and the log (witnesses) count, and neither may import
//! the other.

use std::collections::BTreeMap;

use super::Id;

/// What makes holders equal for counting: their class and their weight, and where a ballot counts identical
/// votes of one affiliation as one, that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// The class, if any.
    pub class: Option<Id>,
    /// The weight; 1 for an officer or a witness.
    pub weight: u32,
    /// For whom the holder works; `None` where it makes no difference, or nobody has said.
    pub affiliation: Option<Id>,
}

impl Standing {
    /// That of an officer or a witness: no class, one head one count.
    pub const ONE: Self = Self { class: None, weight: 1, affiliation: None };
}

/// How many holders of equal standing made which mark; `None` is no mark.
pub type Marks<M> = BTreeMap<Standing, BTreeMap<Option<M>, u32>>;

/// The one place that counts: each of `entitled` exactly once, under the mark that it made, or none.
/// A mark by anybody else does not count; of several marks by one holder the last counts.
pub fn marks<H: Ord, M: Ord>(
    entitled: impl IntoIterator<Item = (H, Standing)>,
    made: impl IntoIterator<Item = (H, M)>,
) -> Marks<M> {
    let mut made = by_holder(made).into_iter().peekable();
    let mut counted = Marks::new();
    for (holder, standing) in by_holder(entitled) {
        while made.next_if(|(other, _)| *other < holder).is_some() {}
        let mark = made.next_if(|(other, _)| *other == holder).map(|(_, mark)| mark);
        *counted.entry(standing).or_default().entry(mark).or_default() += 1;
    }
    counted
}

/// Each holder once, in their order, with what came last of them.
fn by_holder<H: Ord, V>(all: impl IntoIterator<Item = (H, V)>) -> Vec<(H, V)> {
    let mut all: Vec<(H, V)> = all.into_iter().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            std::mem::swap(later, kept);
        }
        same
    });
    all
}

/// How many holders made any mark.
pub fn heads<M: Ord>(marks: &Marks<M>) -> u64 {
    marks.values().flatten().filter(|(mark, _)| mark.is_some()).map(|(_, heads)| u64::from(*heads)).sum()
}
