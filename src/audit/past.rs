//! An earlier state of a log that has been audited.

use super::{Source, SourceError};
use crate::engine::State;
use crate::log::{Hash, MemoryTree};
use crate::statement::Entry;
use crate::values::Instant;

/// The state after the entries from the first on that `admits`, which is given index and time, lets through;
/// `None` where that is none. Entries that an audit would report are left out, as an audit leaves them out.
///
/// # Errors
/// The source cannot be read.
pub fn replay_until(
    source: &dyn Source,
    admits: impl Fn(u64, Instant) -> bool,
) -> Result<Option<State>, SourceError> {
    let mut state: Option<State> = None;
    let mut tree = MemoryTree::default();
    for entry in source.entries(0, u64::MAX) {
        let (index, bytes) = entry?;
        let leaf = Hash::leaf(&bytes);
        let read = Entry::parse(&bytes).ok().map(|entry| (entry.time, entry.envelope));
        if read.as_ref().is_some_and(|(time, _)| !admits(index, *time)) {
            break;
        }
        tree.push(leaf);
        let Some((time, Ok(checked))) = read.map(|(time, envelope)| (time, envelope.check())) else {
            continue;
        };
        match &mut state {
            Some(state) => {
                state.size = index;
                let _ = state.admit(time, &checked, &tree);
            }
            None => state = State::open(time, &checked).ok(),
        }
    }
    Ok(state)
}
