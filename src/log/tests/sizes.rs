//! Trees far larger than any disk: all leaves equal but one, so that every node can be computed.

use std::convert::Infallible;

use proptest::prelude::*;

use super::super::tree::{self, Frontier};
use super::super::{Head, Nodes, verify_consistency, verify_inclusion};
use super::*;

/// All leaves are `vote 0`, except that leaf `marked` is `vote 1`.
pub(super) struct OneMarked {
    marked: u64,
    /// By level, the hash of a subtree without the marked leaf.
    plain: Vec<Hash>,
    /// By level, the hash of the subtree with it.
    path: Vec<Hash>,
}

impl OneMarked {
    pub(super) fn new(marked: u64) -> Self {
        let (mut plain, mut path) = (vec![vote(0)], vec![vote(1)]);
        for level in 0..63 {
            let (other, with) = (plain[level], path[level]);
            plain.push(Hash::node(other, other));
            let right = marked >> level & 1 == 1;
            path.push(if right { Hash::node(other, with) } else { Hash::node(with, other) });
        }
        Self { marked, plain, path }
    }

    pub(super) fn head(&self, size: u64) -> Head {
        let Ok(root) = tree::root(size, self);
        Head { size, root }
    }
}

impl Nodes for OneMarked {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        let with = self.marked >> level == index;
        Ok(if with { self.path[usize::from(level)] } else { self.plain[usize::from(level)] })
    }
}

/// A number and one that is not smaller, up to 2^40 mostly, and up to the largest there is.
pub(super) fn pair() -> impl Strategy<Value = (u64, u64)> {
    let size =
        prop_oneof![6 => 1..=1_u64 << 40, 1 => (0..=40_u32).prop_map(|bit| 1 << bit), 2 => 1..=u64::MAX];
    (size.clone(), size).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn inclusion_holds(index: u64, size: u64) {
    let nodes = OneMarked::new(index);
    let head = nodes.head(size);
    let proof = tree::inclusion_proof(index, size, &nodes).unwrap();
    assert!(proof.len() <= 64);
    assert_eq!(verify_inclusion(vote(1), index, head, &proof), Ok(()));
    assert!(verify_inclusion(vote(0), index, head, &proof).is_err());
    for other in [index ^ 1, index.wrapping_sub(1), index / 2, size - 1] {
        assert_eq!(verify_inclusion(vote(1), other, head, &proof).is_ok(), other == index);
    }
    if let Some((_, shorter)) = proof.split_last() {
        assert!(verify_inclusion(vote(1), index, head, shorter).is_err());
    }
    assert!(verify_inclusion(vote(1), index, head, &[&proof[..], &[vote(2)]].concat()).is_err());
}

fn consistency_holds(marked: u64, old: u64, new: u64) {
    let nodes = OneMarked::new(marked);
    let proof = tree::consistency_proof(old, new, &nodes).unwrap();
    assert!(proof.len() <= 65);
    assert_eq!(verify_consistency(nodes.head(old), nodes.head(new), &proof), Ok(()));
    // The same log with another history before `old`: whatever the proof, it cannot join the two.
    let forged = OneMarked::new(u64::MAX).head(old);
    if marked < old {
        assert!(verify_consistency(forged, nodes.head(new), &proof).is_err());
    }
    assert!(
        verify_consistency(nodes.head(old), nodes.head(new), &[&proof[..], &[vote(2)]].concat()).is_err()
    );
}

proptest! {
    #[test]
    fn inclusion_at_any_size((index, size) in pair()) {
        prop_assume!(index < size);
        inclusion_holds(index, size);
    }

    #[test]
    fn consistency_at_any_size((old, new) in pair(), marked: u64) {
        consistency_holds(marked % new, old, new);
    }

    #[test]
    fn a_frontier_goes_on_from_any_size((size, _) in pair(), batch in 0..40_u64) {
        prop_assume!(size < u64::MAX - 40);
        let nodes = OneMarked::new(size + 1);
        let Ok(mut frontier) = Frontier::of(size, &nodes);
        for index in size..size + batch {
            for node in frontier.push(vote(u64::from(index == size + 1))) {
                prop_assert_eq!(nodes.node(node.level, node.index), Ok(node.hash));
            }
        }
        prop_assert_eq!(frontier.head(), nodes.head(size + batch));
    }
}

#[test]
fn the_largest_sizes_do_not_overflow() {
    for size in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) + 1, (1 << 63) - 1] {
        for index in [0, 1, size / 2, size - 2, size - 1] {
            inclusion_holds(index, size);
            consistency_holds(index, index.max(1), size);
            consistency_holds(index, size - 1, size);
        }
    }
}

#[test]
fn a_full_frontier_does_not_panic() {
    let nodes = OneMarked::new(0);
    let Ok(mut frontier) = Frontier::of(u64::MAX, &nodes);
    frontier.push(vote(0));
    frontier.push(vote(0));
}
