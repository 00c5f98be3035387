//! Whether the hashes that a source keeps above the leaves are those of its entries: receipts are made from them.

use super::found::MOST;
use super::{Finding, Place, Report, Source, SourceError};
use crate::log::Nodes as _;

impl Report {
    /// Compares every complete subtree that the source keeps with the tree over its entries. Only where nothing
    /// else is wrong: an altered entry makes all hashes above it differ.
    pub(super) fn judge_subtrees(&mut self, source: &dyn Source) -> Result<(), SourceError> {
        if !source.keeps_subtrees() || !self.findings.is_empty() {
            return Ok(());
        }
        for level in 1..64_u8 {
            let count = self.head.size >> level;
            for index in 0..count {
                let Ok(here) = self.tree.node(level, index) else { continue };
                if source.subtree(level, index)? != Some(here) {
                    let first = index << level;
                    let last = ((index + 1) << level) - 1;
                    let what = format!(
                        "the hash that is kept for them together (level {level}, {index}) is not theirs: receipts made \
                         from it would not pass; restore the store from a backup"
                    );
                    if self.findings.len() < MOST {
                        self.findings.push(Finding::new(Place::Entries(first, last), "tree", what));
                    } else {
                        self.more = self.more.saturating_add(1);
                    }
                }
            }
            if count == 0 {
                break;
            }
        }
        Ok(())
    }
}
