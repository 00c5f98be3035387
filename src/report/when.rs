//! What a report is made from where nobody says otherwise: the time, and the documents that votes carry.

use std::collections::BTreeMap;

use crate::engine::State;
use crate::engine::case::Case;
use crate::statement::{Attachments, Body, Entry, Statement};
use crate::values::Instant;

/// As of when a report is written unless another time is asked for: when the record last changed, by its last entry or by
/// what time alone has brought until `now`. `state` is the one after the last entry.
pub fn last_change(state: &State, now: Instant) -> Instant {
    let later = state.at(now);
    let moves = later.cases.values().flat_map(|case| {
        let closed = case.ballots.iter().filter_map(|run| run.closed.as_ref()).map(|end| end.at);
        case.path.iter().map(|step| step.at).chain(closed)
    });
    let events = later.events.iter().map(|occurrence| occurrence.at);
    let changed = moves.chain(events).max().filter(|at| *at > state.last);
    // What comes at an instant itself may come after the acts of that instant, the last entry among them: a second later it
    // is there.
    let due = state.next_due().is_some_and(|due| due.moment.at <= state.last);
    let at = match changed {
        Some(at) => at.next(),
        None if due => state.last.next(),
        None => state.last,
    };
    at.min(now.max(state.last))
}

/// The documents that the votes of a case carry, by entry. `read` gives the bytes of an entry.
///
/// # Errors
/// Those of `read`.
pub fn attached<E>(
    case: &Case,
    mut read: impl FnMut(u64) -> Result<Option<Vec<u8>>, E>,
) -> Result<BTreeMap<u64, Attachments>, E> {
    let mut attached = BTreeMap::new();
    for cast in case.ballots.iter().flat_map(|run| run.votes.values()) {
        let entry = cast.done.entry;
        let Some(bytes) = read(entry)? else { continue };
        let entry_read = Entry::parse(&bytes).ok();
        let said = entry_read.and_then(|entry| Statement::parse(&entry.envelope.statement).ok());
        match said.map(|statement| statement.body) {
            Some(Body::Vote(vote)) => drop(attached.insert(entry, vote.attach)),
            Some(Body::Reveal(reveal)) => drop(attached.insert(entry, reveal.attach)),
            _ => {}
        }
    }
    Ok(attached)
}
