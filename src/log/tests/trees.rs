//! Every small tree against the recursive definitions of RFC 6962 §2.1, as naive as they read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use super::super::tree::{self, BeyondTree, Frontier, TreeError};
use super::super::{Head, Nodes, ProofError, verify_consistency, verify_inclusion};
use super::*;

/// Every tree and every pair of trees up to this size.
const SIZES: u64 = 300;

/// Up to this size every proof is also spoilt in every way.
const SPOILT: u64 = 100;

/// RFC 6962 §2.1 as it reads, over ranges of leaves. Roots are kept: there are 45,000 pairs to look at.
struct Naive {
    leaves: Vec<Hash>,
    roots: RefCell<BTreeMap<(usize, usize), Hash>>,
}

impl Naive {
    fn new(size: u64) -> Self {
        Self { leaves: (0..size).map(vote).collect(), roots: RefCell::default() }
    }

    /// The start plus k, the largest power of two below the number of leaves.
    fn split(range: &Range<usize>) -> usize {
        let mut k = 1;
        while 2 * k < range.len() {
            k *= 2;
        }
        range.start + k
    }

    fn root(&self, range: Range<usize>) -> Hash {
        let known = self.roots.borrow().get(&(range.start, range.end)).copied();
        known.unwrap_or_else(|| {
            let root = match range.len() {
                0 => Hash::empty(),
                1 => self.leaves[range.start],
                _ => {
                    let k = Self::split(&range);
                    Hash::node(self.root(range.start..k), self.root(k..range.end))
                }
            };
            self.roots.borrow_mut().insert((range.start, range.end), root);
            root
        })
    }

    fn path(&self, index: usize, range: Range<usize>) -> Vec<Hash> {
        if range.len() == 1 {
            return Vec::new();
        }
        let k = Self::split(&range);
        if index < k {
            [self.path(index, range.start..k), vec![self.root(k..range.end)]].concat()
        } else {
            [self.path(index, k..range.end), vec![self.root(range.start..k)]].concat()
        }
    }

    /// `SUBPROOF`, where `old` is the place after the last leaf of the old tree.
    fn subproof(&self, old: usize, range: Range<usize>, known: bool) -> Vec<Hash> {
        if old == range.end {
            return if known { Vec::new() } else { vec![self.root(range)] };
        }
        let k = Self::split(&range);
        if old <= k {
            [self.subproof(old, range.start..k, known), vec![self.root(k..range.end)]].concat()
        } else {
            [self.subproof(old, k..range.end, false), vec![self.root(range.start..k)]].concat()
        }
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// Every proof that differs from this one by one hash altered, removed, doubled or added.
fn spoilt(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut spoilt = Vec::new();
    for place in 0..=proof.len() {
        let mut added = proof.to_vec();
        added.insert(place, Hash([7; 32]));
        spoilt.push(added);
        if place < proof.len() {
            let mut altered = proof.to_vec();
            altered[place].0[place % 32] ^= 1;
            let mut removed = proof.to_vec();
            removed.remove(place);
            let mut doubled = proof.to_vec();
            doubled.insert(place, proof[place]);
            spoilt.extend([altered, removed, doubled]);
        }
    }
    spoilt
}

#[test]
fn roots_agree_with_the_definition() {
    let (all, naive) = (votes(SIZES), Naive::new(SIZES));
    let mut growing = MemoryTree::with_capacity(SIZES);
    for size in 0..=SIZES {
        let expected = naive.root(0..place(size));
        assert_eq!(all.root_at(size), Some(expected));
        assert_eq!(tree::root(size, &all), Ok(expected));
        assert_eq!(growing.head(), Head { size, root: expected });
        growing.push(vote(size));
    }
    assert_eq!(all.root_at(SIZES + 1), None);
    assert_eq!(all.node(1, SIZES / 2), Err(BeyondTree { level: 1, index: SIZES / 2, size: SIZES }));
}

#[test]
fn inclusion_proofs_agree_with_the_definition_and_verify() {
    let (all, naive) = (votes(SIZES), Naive::new(SIZES));
    for size in 1..=SIZES {
        let head = Head { size, root: all.root_at(size).unwrap() };
        for index in 0..size {
            let proof = tree::inclusion_proof(index, size, &all).unwrap();
            assert_eq!(proof, naive.path(place(index), 0..place(size)));
            assert_eq!(verify_inclusion(vote(index), index, head, &proof), Ok(()));
            for bad in if size <= SPOILT { spoilt(&proof) } else { Vec::new() } {
                assert!(verify_inclusion(vote(index), index, head, &bad).is_err(), "{index} of {size}");
            }
            assert!(verify_inclusion(vote(index + 1), index, head, &proof).is_err());
            let elsewhere = (0..=size).filter(|other| *other != index);
            for other in elsewhere.take(4) {
                assert!(verify_inclusion(vote(index), other, head, &proof).is_err());
            }
        }
    }
}

#[test]
fn consistency_proofs_agree_with_the_definition_and_verify() {
    let (all, naive) = (votes(SIZES), Naive::new(SIZES));
    let head = |size| Head { size, root: all.root_at(size).unwrap() };
    for new in 1..=SIZES {
        for old in 1..=new {
            let proof = tree::consistency_proof(old, new, &all).unwrap();
            assert_eq!(proof, naive.subproof(place(old), 0..place(new), true));
            assert_eq!(verify_consistency(head(old), head(new), &proof), Ok(()), "{old} to {new}");
            for bad in if new <= SPOILT { spoilt(&proof) } else { Vec::new() } {
                assert!(verify_consistency(head(old), head(new), &bad).is_err(), "{old} to {new}");
            }
            for other in [old - 1, old + 1].into_iter().filter(|size| (1..new).contains(size)) {
                let lying = Head { size: other, ..head(old) };
                assert!(verify_consistency(lying, head(new), &proof).is_err(), "{old} as {other} to {new}");
            }
        }
    }
}

#[test]
fn a_frontier_hands_over_each_node_once() {
    let all = votes(SIZES);
    for start in [0, 1, 5, 64, 127] {
        let mut frontier = Frontier::of(start, &all).unwrap();
        let mut count = 0;
        for index in start..SIZES {
            assert_eq!(Some(frontier.root()), all.root_at(index));
            let completed = frontier.push(vote(index));
            assert_eq!(completed.len(), 1 + index.trailing_ones() as usize);
            for node in &completed {
                assert_eq!(all.node(node.level, node.index), Ok(node.hash));
            }
            count += completed.len() as u64;
        }
        // A tree of n leaves has 2n − popcount(n) complete subtrees.
        let nodes = |size: u64| 2 * size - u64::from(size.count_ones());
        assert_eq!(count, nodes(SIZES) - nodes(start));
        assert_eq!(frontier.head(), all.head());
    }
}

#[test]
fn proofs_that_nobody_can_make_are_refused() {
    let all = votes(4);
    let refused = tree::inclusion_proof(4, 4, &all);
    assert_eq!(refused, Err(TreeError::NotInTree { index: 4, size: 4 }));
    assert_eq!(tree::consistency_proof(4, 3, &all), Err(TreeError::Shrinks { old: 4, new: 3 }));
    assert!(matches!(tree::inclusion_proof(0, 8, &all), Err(TreeError::Nodes(BeyondTree { .. }))));
}

#[test]
fn heads_that_cannot_be_joined_are_told_apart() {
    let all = votes(4);
    let head = |size| Head { size, root: all.root_at(size).unwrap() };
    let other = |size| Head { size, root: Hash([9; 32]) };
    let long = ProofError::Length { len: 1, long: true };
    let check = |old, new, proof: &[Hash]| verify_consistency(old, new, proof).unwrap_err();

    assert_eq!(check(head(4), head(3), &[]), ProofError::Shrinks { old: 4, new: 3 });
    assert_eq!(check(head(4), other(4), &[]), ProofError::Fork { size: 4 });
    assert_eq!(check(other(0), head(4), &[]), ProofError::Empty { root: Hash([9; 32]) });
    assert_eq!(check(head(0), other(0), &[]), ProofError::Empty { root: Hash([9; 32]) });
    assert_eq!(check(head(0), head(4), &[vote(0)]), long);
    assert_eq!(check(head(4), head(4), &[vote(0)]), long);
    assert_eq!(check(head(3), head(4), &[]), ProofError::Length { len: 0, long: false });
    assert_eq!(verify_consistency(head(0), head(4), &[]), Ok(()));
    assert_eq!(verify_consistency(head(4), head(4), &[]), Ok(()));
    assert_eq!(verify_inclusion(vote(0), 4, head(4), &[]), Err(ProofError::NotInTree { index: 4, size: 4 }));
}
