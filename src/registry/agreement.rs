//! One live agreement, twice: as the writer works on it, and as readers see it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::watch;

use crate::engine::State;
use crate::log::{Checkpoint, Hash, Head, LogKey, MemoryTree, Nodes as _};
use crate::registry::SubmitError;
use crate::registry::tree::Tree;
use crate::statement::Checked;
use crate::store::NewEntry;
use crate::values::{Digest, Instant};

/// What readers see: the state after the last durable entry.
#[derive(Debug, Clone)]
pub struct Published {
    /// The state.
    pub state: State,
    /// Its entries and their root.
    pub head: Head,
    /// The signed checkpoint over them.
    pub checkpoint: String,
}

/// An entry that has become durable, for whoever follows its agreement.
#[derive(Debug)]
pub struct Added {
    /// Its index in the log.
    pub index: u64,
    /// When the log took it.
    pub time: Instant,
    /// What it took.
    pub checked: Checked,
}

/// How many of them wait for whoever follows, at most: more than a batch has.
const MOST_ADDED: usize = 128;

/// What is published of every agreement. A reader takes a snapshot and holds no lock while it thinks.
pub(super) type Shelf = Arc<RwLock<BTreeMap<Digest, Shown>>>;

/// What is published of one.
pub(super) struct Shown {
    pub(super) now: Arc<Published>,
    /// The size of `now`, for whoever waits for more.
    pub(super) size: watch::Sender<u64>,
    /// The writer's tree, which may be ahead of `now`.
    pub(super) tree: Tree,
    /// The latest entries up to the last of `now`, for the one who follows; `None` until there is one.
    added: Mutex<Option<Vec<Arc<Added>>>>,
}

impl Shown {
    pub(super) fn new(published: Published, tree: Tree) -> Self {
        let (size, _) = watch::channel(published.head.size);
        Self { now: Arc::new(published), size, tree, added: Mutex::default() }
    }

    /// Shows a newer state, and the entries that led to it; nobody is [told](Self::tell) yet.
    pub(super) fn replace(&mut self, published: Published, entries: impl Iterator<Item = Arc<Added>>) {
        self.now = Arc::new(published);
        let Some(added) = self.added.get_mut().unwrap_or_else(PoisonError::into_inner) else { return };
        for entry in entries {
            if added.len() >= MOST_ADDED {
                // Whoever follows is behind, and reads them from the store.
                added.clear();
            }
            added.push(entry);
        }
    }

    /// What is shown, and the entries that came since this was asked last; see [`Registry::grown`](super::Registry::grown).
    pub(super) fn grown(&self) -> (Arc<Published>, Vec<Arc<Added>>) {
        let added = self.added.lock().unwrap_or_else(PoisonError::into_inner).replace(Vec::new());
        (Arc::clone(&self.now), added.unwrap_or_default())
    }

    /// Tells those who wait for more that there is.
    pub(super) fn tell(&self) {
        self.size.send_replace(self.now.head.size);
    }
}

/// The complete subtrees of a tree that the leaves of a range close: level, index, hash.
pub(super) fn closed_nodes(tree: &MemoryTree, leaves: Range<u64>) -> Vec<(u8, u64, Hash)> {
    let mut nodes = Vec::new();
    for leaf in leaves {
        // A leaf closes a subtree at every level whose size divides the size after it.
        let levels = (leaf + 1).trailing_zeros();
        for level in 0..=u8::try_from(levels).unwrap_or(63) {
            let index = leaf >> level;
            nodes.extend(tree.node(level, index).map(|hash| (level, index, hash)));
        }
    }
    nodes
}

/// What the writer works on: it may be ahead of the disk by one batch.
pub(super) struct Working {
    pub(super) state: State,
    pub(super) tree: Tree,
    /// The log's key, once it is needed; not everybody who reads a store holds it.
    pub(super) key: Option<LogKey>,
    /// What the current batch adds.
    pub(super) added: Vec<NewEntry>,
    /// The signed checkpoint with which the last batch was appended.
    pub(super) appended: String,
}

impl Working {
    pub(super) fn new(state: State, tree: Tree) -> Self {
        Self { state, tree, key: None, added: Vec::new(), appended: String::new() }
    }

    /// The index of the first entry of the current batch.
    pub(super) fn first(&self) -> u64 {
        self.tree.size() - self.added.len() as u64
    }

    /// The complete subtrees that the current batch closes: level, index, hash.
    pub(super) fn closed_nodes(&self) -> Vec<(u8, u64, Hash)> {
        // Before the tree is looked at: asked meanwhile for its size, it would wait for itself once somebody waits to add to it.
        let leaves = self.first()..self.tree.size();
        closed_nodes(&self.tree.now(), leaves)
    }

    /// The signed checkpoint over everything so far.
    pub(super) fn checkpoint(&self) -> Result<String, SubmitError> {
        let refuse = |error: String| SubmitError::Checkpoint(error);
        let key = self
            .key
            .as_ref()
            .ok_or_else(|| refuse("this data folder does not hold the log's key".to_owned()))?;
        let checkpoint = Checkpoint { origin: self.state.log.origin.clone(), head: self.tree.head() };
        Ok(checkpoint.sign(key).map_err(|error| refuse(error.to_string()))?.to_string())
    }
}
