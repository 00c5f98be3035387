use super::{Frontier, Hash, Head, Nodes, root};

/// A whole tree in memory: 64 bytes of hashes an entry (32 × (1 + ½ + ¼ + …)).
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    frontier: Frontier,
    /// By level, the hashes of the complete subtrees from left to right.
    levels: Vec<Vec<Hash>>,
}

/// A subtree was asked for that is not complete in this tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the tree of {size} entries has no complete subtree {index} at level {level}: ask for a size within the tree"
)]
pub struct BeyondTree {
    /// Height above the leaves.
    pub level: u8,
    /// Position from the left within the level, from 0.
    pub index: u64,
    /// The tree's entries.
    pub size: u64,
}

impl MemoryTree {
    /// An empty tree with room for `entries`, so that growing to that size never holds more than its hashes.
    ///
    /// `entries` is a hint: where there is not that much memory the tree grows as it is filled.
    pub fn with_capacity(entries: u64) -> Self {
        let mut levels = Vec::new();
        let mut width = usize::try_from(entries).unwrap_or(0);
        while width > 0 {
            let mut level = Vec::new();
            if level.try_reserve_exact(width).is_err() {
                break;
            }
            levels.push(level);
            width /= 2;
        }
        Self { frontier: Frontier::default(), levels }
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all leaves (RFC 6962 §2.1).
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Size and root.
    pub fn head(&self) -> Head {
        self.frontier.head()
    }

    /// The root of the tree as it was at `size` leaves; `None` where it never had so many.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        root(size, self).ok()
    }

    /// Appends a leaf, made by [`Hash::leaf`].
    pub fn push(&mut self, leaf: Hash) {
        for node in self.frontier.push(leaf) {
            match self.levels.get_mut(usize::from(node.level)) {
                Some(level) => level.push(node.hash),
                None => self.levels.push(vec![node.hash]),
            }
        }
    }
}

impl Nodes for MemoryTree {
    type Error = BeyondTree;

    fn node(&self, level: u8, index: u64) -> Result<Hash, BeyondTree> {
        let hashes = self.levels.get(usize::from(level));
        hashes.and_then(|hashes| hashes.get(usize::try_from(index).ok()?)).copied().ok_or(BeyondTree {
            level,
            index,
            size: self.size(),
        })
    }
}

impl FromIterator<Hash> for MemoryTree {
    /// The tree over these leaf hashes.
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::default();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}
