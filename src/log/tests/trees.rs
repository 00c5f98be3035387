//! Every small tree against the recursive definitions of RFC 6962 §2.1, as naive as they read.

use super::super::tree::{self, BeyondTree, Frontier, TreeError};
use super::super::{Head, Nodes, ProofError, verify_consistency, verify_inclusion};
use super::*;

/// Every tree and every pair of trees up to this size.
const SIZES: u64 = 300;

/// Up to this size every proof is also spoilt in every way.
const SPOILT: u64 = 130;

fn split(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    let mut k = 1;
    while 2 * k < leaves.len() {
        k *= 2;
    }
    leaves.split_at(k)
}

fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = split(leaves);
            Hash::node(naive_root(left), naive_root(right))
        }
    }
}

fn naive_path(index: u64, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = split(leaves);
    if index < left.len() as u64 {
        [naive_path(index, left), vec![naive_root(right)]].concat()
    } else {
        [naive_path(index - left.len() as u64, right), vec![naive_root(left)]].concat()
    }
}

fn naive_subproof(old: u64, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if old == leaves.len() as u64 {
        return if known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let (left, right) = split(leaves);
    if old <= left.len() as u64 {
        [naive_subproof(old, left, known), vec![naive_root(right)]].concat()
    } else {
        [naive_subproof(old - left.len() as u64, right, false), vec![naive_root(left)]].concat()
    }
}

fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(vote).collect()
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
    let all = votes(SIZES);
    let mut growing = MemoryTree::with_capacity(SIZES);
    for size in 0..=SIZES {
        let expected = naive_root(&leaves(size));
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
    let all = votes(SIZES);
    for size in 1..=SIZES {
        let (leaves, head) = (leaves(size), Head { size, root: all.root_at(size).unwrap() });
        for index in 0..size {
            let proof = tree::inclusion_proof(index, size, &all).unwrap();
            assert_eq!(proof, naive_path(index, &leaves));
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
    let all = votes(SIZES);
    let head = |size| Head { size, root: all.root_at(size).unwrap() };
    for new in 1..=SIZES {
        let leaves = leaves(new);
        for old in 1..=new {
            let proof = tree::consistency_proof(old, new, &all).unwrap();
            assert_eq!(proof, naive_subproof(old, &leaves, true));
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
