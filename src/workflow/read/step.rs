//! Steps: exactly one trigger, and what follows.

use super::actors::by;
use super::procedure::{Around, attach, emits};
use super::waits::{condition, outcome_of_several, outcomes};
use super::{Fields, Item, Reader, calendar, deadline};
use crate::values::{Id, Length};
use crate::workflow::model::{Delay, Doing, Effect, Origin, Step, Trigger};

/// What a state asks its panel.
pub(super) enum Asked<'b> {
    Nothing,
    Ballot(&'b Id),
    /// Several ballots.
    Several(&'b [Id]),
    /// A ballot that is not in the file, which has been said.
    Unknown,
}

/// Said where a time counts from the agreement in other words.
const AGREEMENT_HELP: &str = "From the opening of the agreement it is of = \"agreement opened\"";

/// A word of conditions (`subject seated`), and often written where times count from `filled`.
const SEATED: &str = "seated";

const TRIGGERS: [&str; 6] = ["do", "when", "after", "at", "outcome", "on"];

pub(super) fn step(
    r: &mut Reader<'_>,
    item: &Item<'_>,
    around: &Around<'_>,
    ballot: &Asked<'_>,
) -> Option<Step> {
    let mut fields = item.table(r)?;
    let trigger = trigger(r, &mut fields, around, ballot);
    let to = fields.get("to").and_then(|item| r.known(&item, "state", around.states));
    let emits = emits(r, &mut fields);
    let at_most = fields.get("at-most").and_then(|item| item.number(r, 1, 1_000));
    let effect = effect(r, &mut fields, around);
    let line = r.line(&fields);
    fields.close(r);
    Some(Step { trigger: trigger?, to, emits, at_most, effect, line })
}

/// What becomes of a seat: one thing at most.
fn effect(r: &mut Reader<'_>, fields: &mut Fields<'_>, around: &Around<'_>) -> Option<Effect> {
    let dismisses = fields.get("dismisses").and_then(|item| dismisses(r, &item, around));
    let obliges = fields.get("obliges");
    if let Some(item) = obliges.as_ref().filter(|_| dismisses.is_some()) {
        let help = "Let one step dismiss and another one oblige";
        r.error(&item.key, "one step does one thing to a seat", help);
    }
    dismisses.or_else(|| obliges.and_then(|item| self::obliges(r, &item, around)))
}

/// `obliges = "abstain"`: of a step with `do`, whose statement names the seat.
fn obliges(r: &mut Reader<'_>, item: &Item<'_>, around: &Around<'_>) -> Option<Effect> {
    let effect = item.word(r, &[("abstain", Effect::Obliges)])?;
    if around.panel.is_some() {
        return Some(effect);
    }
    let help = "Name the panel in the procedure: panel = \"…\"";
    r.refuse(&item.span(), "the procedure has no panel of which somebody could be obliged", help)
}

/// `dismisses = "subject"`.
fn dismisses(r: &mut Reader<'_>, item: &Item<'_>, around: &Around<'_>) -> Option<Effect> {
    let effect = item.word(r, &[("subject", Effect::Dismisses)])?;
    if around.about {
        return Some(effect);
    }
    let help = "Say in the procedure of which panel a case is about a seat: about = \"…\"";
    r.refuse(&item.span(), "a case of this procedure is about no seat", help)
}

/// Until when an opening act is in time, and from when: `within = "21 days", not-before = "1 day", of = "filled"`.
pub(super) fn window(
    r: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    around: &Around<'_>,
) -> Option<(Option<Delay>, Option<Delay>)> {
    let (latest, earliest) = (fields.get("within"), fields.get("not-before"));
    let (of, end) = (fields.get("of"), fields.get("deadline"));
    let Some(first) = latest.as_ref().or(earliest.as_ref()) else {
        for item in of.iter().chain(&end) {
            let help = "Say how long: within = \"21 days\"; or leave it out";
            r.error(&item.key, "no time is counted here", help);
        }
        return None;
    };
    let length = latest.as_ref().map(|item| item.length(r));
    let excluded = end.as_ref().map_or(Some(around.excluded), |item| deadline(r, item));
    let excluded =
        excluded.map(|it| calendar::excluded(r, length.as_ref().and_then(Option::as_ref), it, end.as_ref()));
    let start = earliest.as_ref().map(|item| item.length(r));
    let Some(of) = of else {
        let help = "Say from when: of = \"filled\" (the seat that the case is about), of = \"EVENT\" or of = \"agreement opened\"";
        return r.refuse(&first.key, "no case is open yet from which this time could count", help);
    };
    let of = match of.raw(r)? {
        "filled" if around.about => Some(Origin::Filled),
        Origin::AGREEMENT => Some(Origin::Agreement),
        "agreement" if !r.names.events.iter().any(|event| *event == "agreement") => {
            r.refuse(&of.span(), "no time counts from `agreement`", AGREEMENT_HELP)
        }
        word @ ("filled" | SEATED) => {
            let (message, help) = if around.about {
                (
                    format!("no time counts from `{word}`"),
                    "Did you mean \"filled\": when the seat that the case is about was filled?",
                )
            } else if word == SEATED {
                (
                    format!("no time counts from `{word}`"),
                    "Count from an event (of = \"EVENT\"); or, where each case is about one seat \
                     (about = \"PANEL\" in the procedure), from its filling: of = \"filled\"",
                )
            } else {
                (
                    "a case of this procedure is about no seat".to_owned(),
                    "Say in the procedure of which panel a case is about a seat: about = \"…\"; \
                     or count from an event: of = \"EVENT\"",
                )
            };
            r.refuse(&of.span(), message, help)
        }
        "entered" | "opened" => {
            let help = "Count from an event, from `filled`, or from the opening of the agreement: of = \"agreement opened\"";
            r.refuse(&of.span(), "no case is open yet from which this time could count", help)
        }
        _ => {
            let mut known = r.names.events.clone();
            known.extend("filled".parse().ok().filter(|_| around.about));
            r.known(&of, "event", &known).map(Origin::Event)
        }
    };
    let (of, excluded) = (of?, excluded?);
    let delay = |length: Option<Length>, excluded| Some(Delay { length: length?, of: of.clone(), excluded });
    let within = length.and_then(|length| delay(length, excluded));
    // The earliest time is never late at its own instant.
    let not_before = start.and_then(|length| delay(length, false));
    if let (Some(within), Some(not_before), Some(item)) = (&within, &not_before, &latest)
        && never_in_time(within, not_before)
    {
        let help = "Nobody could ever do it: make `within` longer or `not-before` shorter";
        r.error(&item.span(), "the act is late before it is early enough", help);
    }
    Some((within, not_before))
}

fn trigger(
    r: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    around: &Around<'_>,
    ballot: &Asked<'_>,
) -> Option<Trigger> {
    let found: Vec<(&str, Item<'_>)> =
        TRIGGERS.into_iter().filter_map(|key| Some((key, fields.get(key)?))).collect();
    let (key, item) = match found.as_slice() {
        [(key, item)] => (*key, item),
        [] => {
            let help = "One of: do (somebody acts), when (something holds), after (time has passed), \
                        at (an instant has come), outcome (the ballot closed), on (another case's event)";
            return r.refuse(&fields.span, "nothing sets this step off", help);
        }
        [_, (second, item), ..] => {
            let help =
                "Keep one, and write the other as a step of its own: the first listed that applies wins";
            return r.refuse(&item.key, format!("`{second}` is a second trigger of this step"), help);
        }
    };
    let clocks = Clocks::read(r, fields, key, around);
    match key {
        "do" => doing(r, item, fields, around, clocks).map(Trigger::Do),
        "when" => condition(r, item, around, ballot).map(Trigger::When),
        "after" => delay(r, item, &clocks).map(Trigger::After),
        "at" => item.instant(r).map(|(instant, _)| Trigger::At(instant)),
        "on" => {
            let events = r.names.events.clone();
            let named = r.all_known(item, "event", &events);
            (!named.is_empty()).then_some(Trigger::On(named))
        }
        _ => match ballot {
            Asked::Several(ballots) => outcome_of_several(r, item, ballots).map(Trigger::When),
            _ => outcomes(r, item, ballot).map(Trigger::Outcome),
        },
    }
}

/// The keys of a step that say how its times are counted.
struct Clocks<'a> {
    of: Origin,
    excluded: bool,
    /// The key that says so, if one does.
    end: Option<Item<'a>>,
}

impl<'a> Clocks<'a> {
    /// Reads `of` and `deadline`, and refuses what belongs to another trigger.
    fn read(r: &mut Reader<'_>, fields: &mut Fields<'a>, trigger: &str, around: &Around<'_>) -> Self {
        let timed = ["do", "after"].contains(&trigger);
        let of = fields.get("of");
        let end = fields.get("deadline");
        for item in of.iter().chain(&end).filter(|_| !timed) {
            let help = "Times are counted in steps with `do` or `after`: leave it out";
            r.error(&item.key, format!("a step with `{trigger}` counts no time"), help);
        }
        if trigger != "do" {
            for key in
                ["by", "by-all", "attach", "within", "not-before", "strikes", "serves", "extends", "obliges"]
            {
                if let Some(item) = fields.get(key) {
                    let help = "Nobody acts here: leave it out, or write a step with `do`";
                    r.error(&item.key, format!("`{key}` belongs to a step with `do`"), help);
                }
            }
        }
        // Where one is wrong, which has been said, the rest of the step is read all the same: else each of its
        // other keys would be a mistake too.
        let of = of.and_then(|item| origin(r, &item)).unwrap_or(Origin::Entered);
        let excluded = end.as_ref().and_then(|item| deadline(r, item)).unwrap_or(around.excluded);
        Self { of, excluded, end }
    }
}

fn origin(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Origin> {
    match item.raw(r)? {
        "entered" => Some(Origin::Entered),
        "opened" => Some(Origin::Opened),
        "served" => Some(Origin::Served),
        Origin::AGREEMENT => Some(Origin::Agreement),
        "agreement" if !r.names.events.iter().any(|event| *event == "agreement") => {
            r.refuse(&item.span(), "no time counts from `agreement`", AGREEMENT_HELP)
        }
        word @ ("filled" | SEATED) => {
            let help = "In a step a time counts from \"entered\", \"opened\", \"served\", \"agreement opened\" or an \
                        event; only the opening act of a case about a seat counts from \"filled\"";
            r.refuse(&item.span(), format!("no time of a step counts from `{word}`"), help)
        }
        _ => {
            let mut known = r.names.events.clone();
            known.extend(["entered".parse(), "opened".parse(), "served".parse()].into_iter().flatten());
            r.known(item, "event", &known).map(Origin::Event)
        }
    }
}

/// `"60 days"`, counted from the step's `of`; or `{ time = "60 days", of = "declared" }`.
fn delay(r: &mut Reader<'_>, item: &Item<'_>, clocks: &Clocks<'_>) -> Option<Delay> {
    let end = clocks.end.as_ref();
    if item.value.get_ref().as_str().is_some() {
        let length = item.length(r)?;
        let excluded = calendar::excluded(r, Some(&length), clocks.excluded, end);
        return Some(Delay { length, of: clocks.of.clone(), excluded });
    }
    let mut fields = item.table(r)?;
    if fields.get("time").is_none()
        && let Some(inner) = fields.get("after")
    {
        let help = "The braces are the step itself: { after = \"14 days\", of = \"opened\", to = \"…\" }";
        return r.refuse(&inner.key, "`after` stands within `after`", help);
    }
    let time = fields.need(r, "time", "Say how long: time = \"60 days\"").and_then(|item| item.length(r));
    let of = fields.get("of").map_or(Some(clocks.of.clone()), |item| origin(r, &item));
    fields.close(r);
    let excluded = calendar::excluded(r, time.as_ref(), clocks.excluded, end);
    Some(Delay { length: time?, of: of?, excluded })
}

fn doing(
    r: &mut Reader<'_>,
    item: &Item<'_>,
    fields: &mut Fields<'_>,
    around: &Around<'_>,
    clocks: Clocks<'_>,
) -> Option<Doing> {
    let act = item.id(r);
    let by = by(r, fields, around.meant());
    let attach = attach(r, fields);
    let latest = fields.get("within");
    let within = latest.as_ref().and_then(|item| delay(r, item, &clocks));
    // The earliest time is never late at its own instant.
    let clocks = Clocks { excluded: false, end: None, ..clocks };
    let not_before = fields.get("not-before").and_then(|item| delay(r, &item, &clocks));
    if let (Some(item), Some(within), Some(earliest)) = (&latest, &within, &not_before)
        && within.of == earliest.of
        && never_in_time(within, earliest)
    {
        let help = "Nobody could ever do it: make `within` longer or `not-before` shorter";
        r.error(&item.span(), "the act is late before it is early enough", help);
    }
    let strikes = fields.get("strikes").map(|item| r.each_once(&item, |r, it| it.id(r))).unwrap_or_default();
    let offices = r.names.offices();
    let serves = fields.get("serves").map(|item| r.all_known(&item, "party or role", &offices));
    let help = "Say by how much: extends = \"14 days\"";
    let extends = fields.get("extends").and_then(|item| item.some_time(r, help));
    let serves = serves.unwrap_or_default();
    Some(Doing { act: act?, by: by?, attach, within, not_before, strikes, serves, extends })
}

/// Whether an act of the same origin is late, whatever the day, before it is early enough.
fn never_in_time(within: &Delay, earliest: &Delay) -> bool {
    match (&within.length, &earliest.length) {
        // Both end with a day; what has run at its end begins with the next one.
        (Length::Business(within), Length::Business(earliest)) => within.days() <= earliest.days(),
        (latest, earliest) => {
            // The last second after the origin at which it is in time; none where there is not even one.
            let excluded = within.excluded && matches!(latest, Length::Time(_));
            latest.longest().seconds().checked_sub(u64::from(excluded)) < Some(earliest.shortest().seconds())
        }
    }
}
