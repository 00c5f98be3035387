//! How a case runs: a section for each procedure.

use super::conditions::Asking;
use super::rules::Counting;
use super::{Paragraph, Section, capital, sentence};
use crate::values::Id;
use crate::workflow::model::{
    Delay, Doing, Duty, Effect, Opening, Origin, Procedure, State, Step, Trigger, Workflow,
};
use crate::workflow::words::{all_of, quoted, times, utc};

pub(super) fn section(workflow: &Workflow, procedure: &Procedure) -> Section {
    let Procedure { name, title, open, start, states, .. } = procedure;
    let place = format!("procedure.{name}");
    let title = title.clone().unwrap_or_else(|| "how a case runs".to_owned());
    let heading = format!("Procedure {}: {title}{}", quoted(name), workflow.marked_around(&place));
    let mut paragraphs = vec![opening(workflow, procedure, open), cases(workflow, procedure)];
    // The start first, though the file may list it anywhere.
    let (first, others): (Vec<&State>, Vec<&State>) = states.iter().partition(|state| state.name == *start);
    let states = first.into_iter().chain(others);
    paragraphs.extend(states.map(|it| state(workflow, procedure, it)));
    Section { heading, paragraphs }
}

fn opening(workflow: &Workflow, procedure: &Procedure, open: &Opening) -> Paragraph {
    let Opening { act, by, attach, emits, within, not_before } = open;
    let within = within.as_ref().map_or_else(String::new, |it| window(it, None));
    let not_before =
        not_before.as_ref().map_or_else(String::new, |it| format!(", and {}", earliest(it, None)));
    let about = procedure.about.as_ref().map_or_else(String::new, |panel| {
        format!(
            " It is about one filled seat of the panel {}, which the act names, and about whoever sits there then.",
            quoted(panel)
        )
    });
    let before = procedure
        .panel
        .as_ref()
        .map_or_else(String::new, |panel| format!("runs before the panel {} and ", quoted(panel)));
    Paragraph::of(format!(
        "A case is opened by {} with {}{}{within}{not_before}{}.{about} It {before}begins in the state {}.{}",
        by.plainly(procedure),
        quoted(act),
        documents(attach),
        with_events(emits),
        quoted(&procedure.start),
        workflow.marked_within(&format!("procedure.{}.open", procedure.name))
    ))
}

fn cases(workflow: &Workflow, procedure: &Procedure) -> Paragraph {
    let Procedure { name, about, at_once, again_after, at_most: _, suspends, report: _, .. } = procedure;
    let all_the_same = suspends.as_ref().is_some_and(|suspends| {
        let stand_still = workflow.procedures.iter().filter(|it| suspends.procedures.contains(&it.name));
        let mut steps = stand_still.flat_map(|it| &it.states).flat_map(|state| &state.steps);
        steps.any(|step| matches!(step.trigger, Trigger::At(_) | Trigger::On(_)))
    });
    let mut more = [vec![String::new()], procedure.cases_words()].concat().join(" ");
    if all_the_same {
        more += " What comes there at an instant, or with an event of another case, comes all the same.";
    }
    let seat = if about.is_some() { " about the same seat" } else { "" };
    let one = if about.is_some() { " There is one about a seat at a time." } else { "" };
    let open = match at_once {
        1 => "Only one case of it is open at a time.".to_owned(),
        most => format!("At most {most} cases of it are open at a time."),
    };
    let again = again_after.as_ref().map_or_else(String::new, |length| {
        let from = if length.ends_with_a_day() {
            "on the day after the last of them"
        } else {
            "at the very instant"
        };
        format!(" After one{seat} has ended, {length} pass before another can be opened; {from} it can.")
    });
    Paragraph::of(format!(
        "{open}{one}{again}{more}{}",
        workflow.marked_within(&format!("procedure.{name}.cases"))
    ))
}

fn state(workflow: &Workflow, procedure: &Procedure, state: &State) -> Paragraph {
    let State { name, ends, ballot: _, together: _, steps, duties } = state;
    let panel = procedure.panel.as_ref().and_then(|name| workflow.panel(name));
    let counting = panel.map(Counting::seats);
    let asking = Asking { workflow, procedure, counting };
    let items = steps.iter().enumerate().map(|(place, it)| {
        let before = steps.iter().take(place).filter_map(Step::doing);
        let turn = it
            .doing()
            .is_some_and(|doing| before.into_iter().any(|it| it.act == doing.act && it.by == doing.by));
        step(it, *ends, turn, asking)
    });
    let items: Vec<String> = items.chain(duties.iter().map(|it| duty(it, procedure))).collect();
    let ballots: Vec<&Id> = state.ballots().collect();
    let ballot = match ballots.as_slice() {
        [] => String::new(),
        [ballot] => format!(" Votes are taken in the ballot {}.", quoted(ballot)),
        ballots => format!(" Votes are taken in the ballots {}, in each for itself.", all_of(ballots)),
    };
    let owes = procedure.states.iter().any(|state| !state.duties.is_empty());
    let end = match (ends, owes) {
        (false, _) => "",
        (true, false) => " The case has ended here; no clock runs.",
        (true, true) => " The case has ended here; no clock runs but that of what is owed.",
    };
    let lead = match (steps.len(), ends) {
        (0, _) => "",
        (1, true) => " What can still come:",
        (1, false) => " One step leads on:",
        (_, true) => " What can still come, the first that applies being taken:",
        (_, false) => " Of these steps, the first listed that applies is taken:",
    };
    let lead = if steps.is_empty() && !duties.is_empty() { " What is owed:" } else { lead };
    let marks = workflow.marked_within(&format!("procedure.{}.state.{name}", procedure.name));
    Paragraph::listing(format!("State {}.{marks}{ballot}{end}{lead}", quoted(name)), items)
}

/// `turn` says that another step with the same act comes before it.
fn step(step: &Step, ends: bool, turn: bool, asking: Asking<'_>) -> String {
    let Step { trigger, to, emits, at_most, effect, line: _ } = step;
    let then = match to {
        Some(to) => format!("the case goes on to {}", quoted(to)),
        None if ends => "the case stays ended".to_owned(),
        None => "the case stays in this state, and its clocks run on".to_owned(),
    };
    let most = at_most.map_or_else(String::new, |most| format!(" {} in one case.", capital(&times(most))));
    let effect = match effect {
        Some(Effect::Dismisses) => {
            "; whoever the case is about loses the seat if they still have it, and can be nominated for that body no more"
        }
        Some(Effect::Obliges) => {
            "; the act names a seat, which does not vote in this case from then on, whoever sits there"
        }
        None => "",
    };
    let turn = if turn { ", once the step before with this act is used up" } else { "" };
    format!("{}{turn}: {then}{}{effect}.{most}", capital(&set_off(trigger, asking)), with_events(emits))
}

fn set_off(trigger: &Trigger, asking: Asking<'_>) -> String {
    match trigger {
        Trigger::Do(doing) => act(doing, asking),
        Trigger::When(condition) => format!("as soon as {}", asking.condition(condition)),
        Trigger::After(delay) => {
            let late = if delay.excluded { "late" } else { "still in time" };
            if !delay.length.is_some_time() {
                let origin = origin(&delay.of, Some(asking));
                return format!("at the very instant of {origin} (what is done then is {late})");
            }
            let when = if delay.length.ends_with_a_day() { ON_THE_LAST } else { "at that very instant" };
            format!("after {} (what is done {when} is {late})", span(delay, Some(asking)))
        }
        Trigger::At(at) => format!("at {} (what is done at that very instant is late)", utc(*at)),
        Trigger::Outcome(names) => {
            let names: Vec<String> = names.iter().map(quoted).collect();
            format!("if the ballot's outcome is {}", names.join(" or "))
        }
        Trigger::On(events) => {
            let events: Vec<String> = events.iter().map(quoted).collect();
            format!("when another case emits {}, which this case hears once each time", events.join(" or "))
        }
    }
}

fn act(doing: &Doing, asking: Asking<'_>) -> String {
    let Doing { act, by, attach, within, not_before, strikes, serves: _, extends: _ } = doing;
    let within = within.as_ref().map_or_else(String::new, |it| window(it, Some(asking)));
    let not_before =
        not_before.as_ref().map_or_else(String::new, |it| format!(", {}", earliest(it, Some(asking))));
    let strikes: Vec<String> = strikes.iter().map(quoted).collect();
    let strikes = match strikes.as_slice() {
        [] => String::new(),
        names => format!(", which takes one document {} out of the case", names.join(" or ")),
    };
    let more = doing.notice();
    format!(
        "{} may do {}{}{strikes}{more}{within}{not_before}",
        by.plainly(asking.procedure),
        quoted(act),
        documents(attach)
    )
}

/// `, within 21 days from the opening of the case (…)`.
fn window(delay: &Delay, asking: Option<Asking<'_>>) -> String {
    if !delay.length.is_some_time() && !delay.excluded {
        return format!(", at the very instant of {} and not later", origin(&delay.of, asking));
    }
    let last = if delay.excluded { "is late" } else { "is in time" };
    let when = if delay.length.ends_with_a_day() { ON_THE_LAST } else { "at the very last instant" };
    format!(", within {} (what is done {when} {last})", span(delay, asking))
}

/// When an act is in time for the last time, where business days are counted: they end with a day.
const ON_THE_LAST: &str = "on the last day, to its end,";

/// `not before 3 days from the opening of the case have passed (…)`; of no time at all, what must have come.
fn earliest(delay: &Delay, asking: Option<Asking<'_>>) -> String {
    if delay.length.is_some_time() {
        let span = span(delay, asking);
        let from = if delay.length.ends_with_a_day() {
            "on the day after the last of them"
        } else {
            "at that very instant"
        };
        return format!("not before {span} have passed ({from} it is possible)");
    }
    format!("not before {}", origin(&delay.of, asking))
}

/// `90 days from the opening of the case`. Of an opening act no case asks yet.
fn span(delay: &Delay, asking: Option<Asking<'_>>) -> String {
    let Delay { length, of, excluded: _ } = delay;
    format!("{length} from {}", origin(of, asking))
}

fn origin(of: &Origin, asking: Option<Asking<'_>>) -> String {
    match of {
        Origin::Entered => "entering the state".to_owned(),
        Origin::Opened => "the opening of the case".to_owned(),
        Origin::Served => "the latest service of notice in the case".to_owned(),
        Origin::Agreement => "the opening of the agreement".to_owned(),
        Origin::Filled => "the filling of the seat that the case is about".to_owned(),
        Origin::Event(event) => {
            let heard = asking.map_or_else(String::new, |it| it.heard(event));
            format!("the latest event {} that counts{heard}", quoted(event))
        }
    }
}

fn duty(duty: &Duty, procedure: &Procedure) -> String {
    let Duty { act, by, attach, within, excluded, emits, if_late, line: _ } = duty;
    let instant = match (within.ends_with_a_day(), excluded) {
        (true, _) => "once that time is over",
        (false, true) => "from that very instant on",
        (false, false) => "after that instant",
    };
    let late = match if_late.as_slice() {
        [] => String::new(),
        [one] => format!(": then the event {} comes, once", quoted(one)),
        several => format!(": then the events {} come, once", all_of(several)),
    };
    let done = match emits.as_slice() {
        [] => String::new(),
        [one] => format!(". Doing it, be it late, brings the event {}", quoted(one)),
        several => format!(". Doing it, be it late, brings the events {}", all_of(several)),
    };
    sentence(&format!(
        "{} owes {}{}, within {within} from entering the state. {instant} it is overdue, and stays owed{late}{done}",
        capital(&by.plainly(procedure)),
        quoted(act),
        documents(attach),
        instant = capital(instant)
    ))
}

fn documents(names: &[Id]) -> String {
    match names {
        [] => String::new(),
        [one] => format!(", carrying the document {}", quoted(one)),
        several => format!(", carrying the documents {}", all_of(several)),
    }
}

fn with_events(events: &[Id]) -> String {
    match events {
        [] => String::new(),
        [one] => format!("; event {}", quoted(one)),
        several => format!("; events {}", all_of(several)),
    }
}
