use super::{Hash, Head, Node, Nodes, peaks};

/// The right edge of a growing tree: all that appending needs, at most 64 hashes.
///
/// Each [`push`](Self::push) hands over the nodes that it completes, so that a store can write just those,
/// one entry or a whole batch at a time, and never reads back what it has not yet written. Cloning it before
/// a batch makes giving the batch up free. An audit that needs only roots can keep this and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// The complete subtrees of which the tree is made, the largest first: one for each one bit of `size`.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The edge of the tree over the first `size` leaves. Reads at most 64 nodes; the only error is one of `nodes`.
    pub fn of<N: Nodes + ?Sized>(size: u64, nodes: &N) -> Result<Self, N::Error> {
        let mut edge = peaks(0, size)
            .map(|(level, index)| nodes.node(level, index))
            .collect::<Result<Vec<_>, N::Error>>()?;
        edge.reverse();
        Ok(Self { size, peaks: edge })
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves so far (RFC 6962 §2.1).
    pub fn root(&self) -> Hash {
        let joined = self.peaks.iter().rev().copied().reduce(|right, left| Hash::node(left, right));
        joined.unwrap_or_else(Hash::empty)
    }

    /// Size and root.
    pub fn head(&self) -> Head {
        Head { size: self.size, root: self.root() }
    }

    /// Appends a leaf (made by [`Hash::leaf`]) and returns the nodes that it completes: the leaf itself, then
    /// upwards every complete subtree of which it is the last leaf.
    pub fn push(&mut self, leaf: Hash) -> Vec<Node> {
        let mut node = Node { level: 0, index: self.size, hash: leaf };
        let mut completed = vec![node];
        // A node of odd index is a right child, and the last peak is its left sibling.
        while node.index & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            node = Node { level: node.level + 1, index: node.index >> 1, hash: Hash::node(left, node.hash) };
            completed.push(node);
        }
        self.peaks.push(node.hash);
        // No log reaches 2^64 entries; a size read from a damaged disk must not panic all the same.
        self.size = self.size.saturating_add(1);
        completed
    }
}
