//! Scenarios written by a machine, to be read by people: the text that reads back as the same scenario.

use std::fmt::Write as _;

use super::model::{
    Deed, Expect, ExpectBallot, ExpectGrant, ExpectNext, Names, SeatDeed, SeatName, Spot, Step,
};
use super::{Scenario, amend};
use crate::values::{Id, Instant};
use crate::workflow::Diagnostics;

impl Scenario {
    /// A scenario of these steps, written as a text and read back, so that every finding has a place.
    ///
    /// # Errors
    /// The steps are not ones that a text can say, such as two with times that go back.
    pub fn of(title: &str, opened: Instant, steps: &[Step]) -> Result<Self, Diagnostics> {
        let mut text = String::new();
        let mut line = |line: String| {
            let _ = writeln!(text, "{line}"); // writing into a string does not fail
        };
        line(format!("scenario = {}", quoted(title)));
        line(format!("opened   = {opened}"));
        let mut now = opened;
        for step in steps {
            line("\n[[step]]".to_owned());
            if step.at.is != now {
                now = step.at.is;
                line(format!("at = {now}"));
            }
            lines(step).into_iter().for_each(&mut line);
        }
        Self::parse(&text)
    }
}

fn lines(step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(step.case.as_ref().map(|case| format!("case = {}", quoted(&case.is.to_string()))));
    if let Some(deed) = &step.deed {
        lines.extend(deed_lines(&deed.is));
    }
    lines.extend(step.refused.as_ref().map(|rule| format!("refused = {}", quoted(rule.is.as_str()))));
    match step.expect.as_slice() {
        [] => {}
        [one] => lines.push(format!("expect = {}", expect(one))),
        several => {
            let several: Vec<String> = several.iter().map(|one| format!("  {},", expect(one))).collect();
            lines.push(format!("expect = [\n{}\n]", several.join("\n")));
        }
    }
    lines
}

fn deed_lines(deed: &Deed) -> Vec<String> {
    let documents = |attach: &Option<Vec<Id>>| {
        attach.as_ref().map(|attach| format!("attach = [{}]", all_quoted(attach.iter())))
    };
    match deed {
        Deed::Act { act, by, seat, attach, strike, signed_by } => {
            let signed_by = signed_by.as_ref().map(|all| format!("signed-by = [{}]", seat_names(all)));
            let by = format!("by = [{}]", all_quoted(by.iter().map(|by| &by.is)));
            let deed = format!("do = {}", quoted(act.is.as_str()));
            let seat = seat.as_ref().map(|seat| format!("seat = {}", quoted(&seat.is.to_string())));
            let strike = strike.as_ref().map(|name| format!("strike = {}", quoted(name.is.as_str())));
            let more = seat.into_iter().chain(documents(attach)).chain(strike).chain(signed_by);
            [by, deed].into_iter().chain(more).collect()
        }
        Deed::Seats { what, seats, by, attach, affiliation } => {
            let key = SeatDeed::ALL.into_iter().find(|(_, deed)| deed == what).map_or("", |(key, _)| key);
            let by = by.as_ref().map(|by| format!("by = [{}]", all_quoted(by.iter().map(|by| &by.is))));
            let deed = format!("{key} = [{}]", seat_names(seats));
            let affiliation =
                affiliation.as_ref().map(|name| format!("affiliation = {}", quoted(name.is.as_str())));
            [deed].into_iter().chain(by).chain(affiliation).chain(documents(attach)).collect()
        }
        Deed::Vote { votes, ballot, attach } => {
            let votes =
                votes.iter().map(|(choice, voters)| format!("{} = [{}]", choice.is, seat_names(voters)));
            let deed = format!("vote = {{ {} }}", votes.collect::<Vec<_>>().join(", "));
            let ballot = ballot.as_ref().map(|ballot| format!("ballot = {}", quoted(&ballot.is.to_string())));
            [deed].into_iter().chain(ballot).chain(documents(attach)).collect()
        }
        Deed::Reveal { votes, ballot, attach } => {
            let named = votes.iter().filter_map(|(choice, voters)| {
                Some(format!("{} = [{}]", choice.as_ref()?.is, seat_names(voters)))
            });
            let plain = votes.iter().filter(|(choice, _)| choice.is_none());
            let plain = plain.map(|(_, voters)| format!("[{}]", seat_names(voters)));
            let said = match named.collect::<Vec<_>>() {
                named if named.is_empty() => plain.collect::<Vec<_>>().join(", "),
                named => format!("{{ {} }}", named.join(", ")),
            };
            let ballot = ballot.as_ref().map(|ballot| format!("ballot = {}", quoted(&ballot.is.to_string())));
            [format!("reveal = {said}")].into_iter().chain(ballot).chain(documents(attach)).collect()
        }
        Deed::Amend(deed) => amend::lines(deed, quoted),
        Deed::Reaffirm(occasion) => vec![format!("reaffirm = {}", quoted(occasion))],
    }
}

fn expect(expect: &Expect) -> String {
    let names = |key: &str, names: &Option<Names>| {
        names.as_ref().map(|names| format!("{key} = [{}]", all_quoted(names.is.iter().map(|name| &name.is))))
    };
    let mut parts = Vec::new();
    parts.extend(expect.at.as_ref().map(|at| format!("at = {}", at.is)));
    parts.extend(expect.state.as_ref().map(|state| format!("state = {}", quoted(state.is.as_str()))));
    parts.extend(names("events", &expect.events));
    parts.extend(names("annulled", &expect.annulled));
    parts.extend(names("awaited", &expect.awaited));
    parts.extend(names("owed", &expect.owed));
    parts.extend(names("overdue", &expect.overdue));
    parts.extend(names("possible", &expect.possible));
    if let Some(ballot) = &expect.ballot {
        parts.push(format!("ballot = {}", expect_ballot(&ballot.is, names)));
    }
    parts.extend(expect.next.as_ref().map(|next| format!("next = {}", expect_next(&next.is))));
    if !expect.grants.is_empty() {
        let grants: Vec<String> = expect.grants.iter().map(expect_grant).collect();
        parts.push(format!("grants = {{ {} }}", grants.join(", ")));
    }
    format!("{{ {} }}", parts.join(", "))
}

fn expect_ballot(ballot: &ExpectBallot, names: impl Fn(&str, &Option<Names>) -> Option<String>) -> String {
    let instant = |key: &str, at: &Option<Spot<Instant>>| at.as_ref().map(|at| format!("{key} = {}", at.is));
    let mut parts = Vec::new();
    parts.extend(ballot.name.as_ref().map(|name| format!("name = {}", quoted(name.is.as_str()))));
    parts.extend(ballot.round.as_ref().map(|round| format!("round = {}", round.is)));
    parts.extend(ballot.open.as_ref().map(|open| format!("open = {}", open.is)));
    parts.extend(instant("closes", &ballot.closes));
    parts.extend(instant("closed", &ballot.closed));
    parts.extend(ballot.outcome.as_ref().map(|outcome| format!("outcome = {}", quoted(outcome.is.as_str()))));
    parts.extend(ballot.answer.as_ref().map(|answer| format!("answer = {}", quoted(answer.is.as_str()))));
    parts.extend(names("electors", &ballot.electors));
    parts.extend(names("excluded", &ballot.excluded));
    parts.extend(names("voted", &ballot.voted));
    parts.extend(names("left", &ballot.left));
    parts.extend(names("committed", &ballot.committed));
    parts.extend(ballot.revealing.as_ref().map(|revealing| format!("revealing = {}", revealing.is)));
    format!("{{ {} }}", parts.join(", "))
}

fn expect_next(next: &ExpectNext) -> String {
    match next {
        ExpectNext::Nothing => quoted("nothing"),
        ExpectNext::Something { at, what } => {
            let at = at.as_ref().map(|at| format!("at = {}", at.is));
            let what = what.as_ref().map(|what| format!("what = {}", quoted(&what.is)));
            format!("{{ {} }}", at.into_iter().chain(what).collect::<Vec<_>>().join(", "))
        }
    }
}

fn expect_grant(grant: &ExpectGrant) -> String {
    let is = grant.is.as_ref().map(|is| format!("is = {}", quoted(&is.is)));
    let since = grant.since.as_ref().map(|since| format!("since = {}", since.is));
    let because = grant.because.as_ref().map(|because| format!("because = {}", quoted(because.is.as_str())));
    let parts: Vec<String> = is.into_iter().chain(since).chain(because).collect();
    format!("{}.{} = {{ {} }}", grant.grant.is, grant.attribute.is, parts.join(", "))
}

fn seat_names(seats: &[Spot<SeatName>]) -> String {
    seats.iter().map(|seat| quoted(&seat.is.to_string())).collect::<Vec<_>>().join(", ")
}

fn all_quoted<'n>(names: impl Iterator<Item = &'n Id>) -> String {
    names.map(|name| quoted(name.as_str())).collect::<Vec<_>>().join(", ")
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.split_whitespace().collect::<Vec<_>>().join(" ")).to_string()
}
