//! Checking proofs of the Merkle tree: RFC 9162 §2.1.3.2 (inclusion) and §2.1.4.2 (consistency).
//!
//! It trusts nothing but the heads it is given, does not make proofs (see [`tree`](super::tree)), and does
//! not ask who signed a head (see [`checkpoint`](super::checkpoint)).
//!
//! A proof has exactly one length for its sizes: one hash more or less is refused.

use super::{Hash, Head};

/// Why a proof does not show what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry comes after the tree's last one.
    #[error("entry {index} is not in the tree of {size} entries: take a later checkpoint of the log")]
    NotInTree {
        /// The entry asked for, from 0.
        index: u64,
        /// The tree's entries.
        size: u64,
    },
    /// The later head has fewer entries than the earlier one.
    #[error(
        "the later head has {new} entries, fewer than the earlier one's {old}: swap them if they were given \
         in the wrong order; if the log itself went back, keep both checkpoints"
    )]
    Shrinks {
        /// The earlier head's entries.
        old: u64,
        /// The later head's entries.
        new: u64,
    },
    /// The proof has not the number of hashes that the sizes ask for.
    #[error("the proof has too {} hashes ({len}) for these sizes: ask the log for it again", if *.long { "many" } else { "few" })]
    Length {
        /// How many hashes it has.
        len: usize,
        /// Whether that is too many, rather than too few.
        long: bool,
    },
    /// The entry and the proof lead to another root.
    #[error(
        "entry {index} and its proof lead to the root {found}, but the head of {size} entries has {root}: \
         the entry was altered or the proof is not its own"
    )]
    Inclusion {
        /// The entry, from 0.
        index: u64,
        /// The head's entries.
        size: u64,
        /// The head's root.
        root: Hash,
        /// The root that the proof leads to.
        found: Hash,
    },
    /// The proof leads to other roots than the heads have.
    #[error(
        "the proof does not lead from the head of {old} entries to the head of {new}: ask the log for it \
         again; if it has none that does, the log has shown two histories: keep both checkpoints"
    )]
    Consistency {
        /// The earlier head's entries.
        old: u64,
        /// The later head's entries.
        new: u64,
    },
    /// Two heads of one size with different roots: no proof can join them.
    #[error("two heads of {size} entries have different roots: the log has shown two histories: keep both")]
    Fork {
        /// The entries of both.
        size: u64,
    },
    /// A head of no entries whose root is not the empty tree's.
    #[error(
        "the head of no entries has the root {root}, which is not the empty tree's: it is no head of a log"
    )]
    Empty {
        /// The root it has.
        root: Hash,
    },
}

/// Checks that the entry hashed to `leaf_hash` is number `index`, from 0, of the tree at `head`.
///
/// `proof` goes from the leaf's sibling up to the root's child (RFC 6962 §2.1.1).
pub fn verify_inclusion(leaf_hash: Hash, index: u64, head: Head, proof: &[Hash]) -> Result<(), ProofError> {
    let Head { size, root } = head;
    if index >= size {
        return Err(ProofError::NotInTree { index, size });
    }
    let mut climb = Climb { node: index, last: size - 1 };
    let mut found = leaf_hash;
    for sibling in proof {
        found = match climb.side(proof.len())? {
            Side::Left => Hash::node(*sibling, found),
            Side::Right => Hash::node(found, *sibling),
        };
    }
    climb.end(proof.len())?;
    if found == root { Ok(()) } else { Err(ProofError::Inclusion { index, size, root, found }) }
}

/// Checks that the tree at `new` begins with the very entries of the tree at `old`.
///
/// `proof` is that of RFC 6962 §2.1.2; between equal sizes, and from the empty tree, it has no hashes.
pub fn verify_consistency(old: Head, new: Head, proof: &[Hash]) -> Result<(), ProofError> {
    if old.size > new.size {
        return Err(ProofError::Shrinks { old: old.size, new: new.size });
    }
    for head in [old, new] {
        if head.size == 0 && head.root != Hash::empty() {
            return Err(ProofError::Empty { root: head.root });
        }
    }
    if old.size == 0 || old.size == new.size {
        if !proof.is_empty() {
            return Err(ProofError::Length { len: proof.len(), long: true });
        }
        let forked = old.size == new.size && old.root != new.root;
        return if forked { Err(ProofError::Fork { size: new.size }) } else { Ok(()) };
    }
    verify_growth(old, new, proof)
}

/// The general case of [`verify_consistency`]: 0 < old.size < new.size.
fn verify_growth(old: Head, new: Head, proof: &[Hash]) -> Result<(), ProofError> {
    let mut climb = Climb { node: old.size - 1, last: new.size - 1 };
    climb.skip_right_children();
    // An old tree that is one complete subtree starts from its own root, which the proof leaves out.
    let (start, rest) = if old.size.is_power_of_two() {
        (old.root, proof)
    } else {
        let (first, rest) =
            proof.split_first().ok_or(ProofError::Length { len: proof.len(), long: false })?;
        (*first, rest)
    };
    let (mut old_root, mut new_root) = (start, start);
    for hash in rest {
        match climb.side(proof.len())? {
            Side::Left => {
                old_root = Hash::node(*hash, old_root);
                new_root = Hash::node(*hash, new_root);
            }
            Side::Right => new_root = Hash::node(new_root, *hash),
        }
    }
    climb.end(proof.len())?;
    let joined = old_root == old.root && new_root == new.root;
    if joined { Ok(()) } else { Err(ProofError::Consistency { old: old.size, new: new.size }) }
}

/// The way from a node up to the root: `fn` and `sn` of RFC 9162.
struct Climb {
    /// The index of the node reached, within its level.
    node: u64,
    /// The index of the last node of that level.
    last: u64,
}

/// On which side of the node reached the proof's next hash stands.
enum Side {
    Left,
    Right,
}

impl Climb {
    /// Takes one hash of a proof of `len`: tells its side, and climbs to the parent.
    fn side(&mut self, len: usize) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::Length { len, long: true });
        }
        let side = if self.node & 1 == 1 || self.node == self.last { Side::Left } else { Side::Right };
        if matches!(side, Side::Left) {
            // The last node of a level without a sibling there is its own parent: no hash for those levels.
            while self.node & 1 == 0 && self.node != 0 {
                self.up();
            }
        }
        self.up();
        Ok(side)
    }

    /// Climbs while the node is a right child, to the largest complete subtree that it is the last leaf of.
    fn skip_right_children(&mut self) {
        while self.node & 1 == 1 {
            self.up();
        }
    }

    fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    /// Checks that a proof of `len` ended at the root.
    fn end(&self, len: usize) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::Length { len, long: false }) }
    }
}
