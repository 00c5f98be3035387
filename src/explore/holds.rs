//! Whether a proposition holds in a state.

use crate::engine::State;
use crate::values::Instant;
use crate::workflow::invariant::Holds;
use crate::workflow::model::Operator;

/// Whether it holds at `now`, in the state at that time, if `date` is then what the calendar shows: that is `now`
/// itself, or a later instant by which everything would have happened later.
pub(super) fn holds(state: &State, now: Instant, date: Instant, what: &Holds) -> bool {
    match what {
        Holds::Grant { grant, attribute, value } => {
            let attribute = state.workflow.attribute(grant, attribute);
            attribute
                .is_some_and(|attribute| state.value_of(attribute, date).is_some_and(|is| is.is == *value))
        }
        Holds::Event(event) => state.live(event).next().is_some(),
        Holds::Within { span, of } => {
            state.live(of).next().is_some_and(|occurrence| now < occurrence.at.plus(*span))
        }
        Holds::In { procedure, state: name } => state.cases_of(procedure).any(|case| case.state == *name),
        Holds::Counted { ballot, comparison } => {
            let runs = state.cases.values().flat_map(|case| &case.ballots);
            let closed = runs.filter(|run| run.id.ballot == *ballot && run.closed.is_some());
            let newest = closed.max_by_key(|run| run.closed.as_ref().map(|closing| closing.at));
            let table = newest.and_then(|run| Some(run.table(run.rules()?)));
            table.is_some_and(|table| table.working(comparison).holds)
        }
        Holds::Now(operator, instant) => match operator {
            Operator::Above => date > *instant,
            Operator::AtLeast => date >= *instant,
            Operator::Equal => date == *instant,
            Operator::Below => date < *instant,
            Operator::AtMost => date <= *instant,
        },
        Holds::Not(inner) => !holds(state, now, date, inner),
        Holds::All(parts) => parts.iter().all(|part| holds(state, now, date, part)),
        Holds::Any(parts) => parts.iter().any(|part| holds(state, now, date, part)),
    }
}
