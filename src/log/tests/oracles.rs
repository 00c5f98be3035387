//! Trees, roots and proofs against `ct-merkle`, an implementation that is not ours.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;

use super::super::{Head, tree, verify_consistency, verify_inclusion};
use super::*;

fn theirs(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|index| tree.push(format!("vote {index}").into_bytes()));
    tree
}

fn root_of(head: Head) -> RootHash<Sha256> {
    RootHash::new(head.root.0.into(), head.size)
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

fn hashes(proof: &[u8]) -> Vec<Hash> {
    proof.as_chunks().0.iter().copied().map(Hash).collect()
}

#[test]
fn another_implementation_agrees_on_every_small_tree() {
    let ours = votes(300);
    let heads: Vec<Head> = (0..=300).map(|size| Head { size, root: ours.root_at(size).unwrap() }).collect();
    for size in [1, 2, 3, 7, 8, 9, 64, 100, 255, 256, 257, 299, 300] {
        let (theirs, head) = (theirs(size), heads[usize::try_from(size).unwrap()]);
        assert_eq!(theirs.root().as_bytes().as_slice(), head.root.0);
        for index in 0..size {
            let place = usize::try_from(index).unwrap();
            let path = tree::inclusion_proof(index, size, &ours).unwrap();
            assert_eq!(theirs.prove_inclusion(place).as_bytes(), bytes(&path), "{index} of {size}");
            let given = InclusionProof::try_from_bytes(bytes(&path)).unwrap();
            let leaf = format!("vote {index}").into_bytes();
            assert!(root_of(head).verify_inclusion(&leaf, index, &given).is_ok());
            let old = heads[place];
            if index > 0 {
                let joined = theirs.prove_consistency(usize::try_from(size - index).unwrap());
                let proof = tree::consistency_proof(index, size, &ours).unwrap();
                assert_eq!(hashes(joined.as_bytes()), proof, "{index} to {size}");
                assert_eq!(verify_consistency(old, head, &hashes(joined.as_bytes())), Ok(()));
                let given = ConsistencyProof::try_from_bytes(bytes(&proof)).unwrap();
                assert!(root_of(head).verify_consistency(&root_of(old), &given).is_ok());
            }
            assert_eq!(verify_inclusion(vote(index), index, head, &path), Ok(()));
        }
    }
}
