//! Parts of a workflow with everything that is said of them, as `show` and `draw` tell them. Each is taken apart without
//! `..`, so that nothing can be added to the language that is not told here.

use super::{times, utc};
use crate::values::Id;
use crate::workflow::model::{
    Among, Ballot, Change, Delay, Doing, Duty, Early, Exclusion, Filling, Formed, Opening, Panel, Positions,
    Procedure, Sealed, Step, Trigger, Vacancy,
};

impl Opening {
    /// `declare by openai, with declaration`.
    pub fn at_length(&self) -> String {
        let Self { act, by, attach, emits: _, within, not_before } = self;
        let when = when(within.as_ref(), not_before.as_ref());
        format!("{act} by {}{}{when}", by.words(), with(attach))
    }
}

impl Procedure {
    /// What there is to know of it besides its states, line by line.
    pub(in crate::workflow) fn facts(&self) -> Vec<String> {
        let Self {
            name: _,
            title: _,
            open: _,
            panel,
            about,
            at_once,
            again_after,
            at_most: _,
            suspends: _,
            report: _,
            start: _,
            states: _,
        } = self;
        let panel = panel.as_ref().map(|panel| format!("before the panel {panel}"));
        let most = match at_once {
            1 => "one case at a time".to_owned(),
            most => format!("at most {most} cases at once"),
        };
        let again = again_after.as_ref().map(|length| format!("another {length} after the last one ended"));
        let about = about.as_ref().map(|panel| format!("about a seat of {panel}"));
        let facts = panel.into_iter().chain(about).chain([most]).chain(again).collect::<Vec<_>>().join("; ");
        [vec![facts], self.cases_words()].concat()
    }
}

impl Step {
    /// As [`Step::words`], with everything that an act asks for.
    pub fn at_length(&self) -> String {
        let to = self.to.as_ref().map_or_else(String::new, |to| format!(" → {to}"));
        let first = format!("{}{to}", self.trigger.at_length());
        [first].into_iter().chain(self.besides()).collect::<Vec<_>>().join(", ")
    }

    /// What comes of it besides the next state, line by line: `event undecided`, `at most once`.
    pub(in crate::workflow) fn besides(&self) -> Vec<String> {
        let Self { trigger: _, to: _, emits, at_most, effect, line: _ } = self;
        let events = emits.iter().map(|event| format!("event {event}"));
        let effect = effect.map(|effect| effect.words().to_owned());
        events.chain(effect).chain(at_most.map(times)).collect()
    }
}

impl Doing {
    /// `file by openai or microsoft, with exhibit, within 14 days`.
    pub(in crate::workflow) fn at_length(&self) -> String {
        let Self { act, by, attach, within, not_before, strikes: _, serves: _, extends: _ } = self;
        let more = format!("{}{}", self.strikes(), self.notice());
        let when = when(within.as_ref(), not_before.as_ref());
        format!("{act} by {}{}{more}{when}", by.words(), with(attach))
    }
}

impl Trigger {
    /// As [`Trigger::words`], with everything that an act asks for, and whether the instant of a deadline is late.
    pub(in crate::workflow) fn at_length(&self) -> String {
        match self {
            Self::Do(doing) => doing.at_length(),
            Self::After(delay) => format!("after {}", delay.exactly()),
            Self::At(at) => format!("at {}", utc(*at)),
            Self::When(_) | Self::Outcome(_) | Self::On(_) => self.words(),
        }
    }
}

impl Delay {
    /// As [`Delay::words`]; says where the very instant is late already.
    fn exactly(&self) -> String {
        format!("{}{}", self.words(), late(self.excluded))
    }
}

/// `, within 14 days, not before 90 days from the opening of the case`; where no time has to pass, `, not before` and the
/// event itself.
fn when(within: Option<&Delay>, not_before: Option<&Delay>) -> String {
    let within = within.map_or_else(String::new, |it| format!(", within {}", it.exactly()));
    let not_before = not_before.map_or_else(String::new, |it| {
        let origin = if it.length.is_some_time() { None } else { it.of.words() };
        format!(", not before {}", origin.unwrap_or_else(|| it.words()))
    });
    within + &not_before
}

/// `, with report`; nothing where nothing is filed.
fn with(attach: &[Id]) -> String {
    if attach.is_empty() { String::new() } else { format!(", with {}", listed(attach)) }
}

/// What is said of a deadline whose very instant is late.
fn late(excluded: bool) -> &'static str {
    if excluded { " (that instant is late)" } else { "" }
}

impl Duty {
    /// `sign-report by the chair, with report, within 30 days`.
    pub fn at_length(&self) -> String {
        let Self { act, by, attach, within, excluded, emits: _, if_late: _, line: _ } = self;
        let by = by.words();
        format!("{act} by {by}{}, within {within}{}{}", with(attach), late(*excluded), self.follows())
    }
}

impl Ballot {
    /// What there is to know of it besides its question and outcomes, each by its name: `open for`, `14 days`.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let Self {
            name: _,
            question: _,
            panel,
            classes,
            less,
            abstain,
            choices,
            among,
            answer,
            abstention,
            attach,
            open_for,
            excluded,
            change,
            early,
            extend,
            sealed,
            leaver_stands,
            new_evidence,
            per_affiliation,
            positions,
            quorum,
            outcomes: _,
        } = self;
        let classes =
            if classes.is_empty() { String::new() } else { format!(", of class {}", listed(classes)) };
        let less = less.iter().map(|exclusion| match exclusion {
            Exclusion::Recused => ", less whoever is recused",
            Exclusion::Subject => ", less whoever the case is about",
            Exclusion::Obliged => ", less whoever is obliged to abstain",
        });
        let abstain =
            if abstain.is_empty() { "" } else { "; whoever is obliged to abstain counts as abstaining" };
        let named = if *among == Among::Electors { "the electors".to_owned() } else { listed(choices) };
        // A ballot that asks for an answer need not name choices besides.
        let chosen = if named.is_empty() { "answer" } else { "choices" };
        let named = Some(named).filter(|named| !named.is_empty());
        let chosen_of = named.into_iter().chain(answer.as_ref().map(ToString::to_string));
        let chosen_of = chosen_of.chain(abstention.as_ref().map(ToString::to_string));
        let change = match change {
            Change::Never => "final",
            Change::UntilClose => "can be changed until it closes",
        };
        let early = match early {
            Early::Never => "never early".to_owned(),
            Early::AllVoted => "early once all have voted".to_owned(),
            Early::Certain => "early once the outcome is certain".to_owned(),
            Early::Confirmed => "early once an outcome is confirmed".to_owned(),
            Early::When(rule) => format!("early once {}", rule.text),
        };
        let leaver =
            if *leaver_stands { "whoever leaves: the vote stands" } else { "whoever leaves has not voted" };
        let mut facts = vec![
            ("electors", format!("{panel}{classes}{}{abstain}", less.collect::<String>())),
            (chosen, chosen_of.collect::<Vec<_>>().join(", or ")),
            ("open for", format!("{open_for}{}, {early}", late(*excluded))),
            ("votes", format!("{change}; {leaver}")),
        ];
        if !attach.is_empty() {
            facts.push(("with", listed(attach)));
        }
        facts.extend(sealed.iter().map(|Sealed { reveal_for, unrevealed }| {
            ("sealed", format!("then {reveal_for} to reveal; unrevealed: {}", unrevealed.words()))
        }));
        facts.extend(new_evidence.words().map(|words| ("evidence", words.to_owned())));
        facts.extend(
            (*positions == Positions::NotTold).then(|| ("report", "does not tell who voted how".to_owned())),
        );
        facts.extend(extend.iter().map(|extend| ("put off", extend.words())));
        facts.extend(
            per_affiliation.then(|| ("count", "identical ones of one affiliation as one".to_owned())),
        );
        facts.push(("quorum", quorum.as_ref().map_or_else(|| "none".to_owned(), |rule| rule.text.clone())));
        facts
    }
}

impl Panel {
    /// What there is to know of it besides its seats, each by its name: `filled`, `accepted, disclosed`.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let Self { name: _, formed, seats: _, chair, filled, vacancy, one_seat_each, affiliation_needed } =
            self;
        let formed = match formed {
            Formed::PerCase => "for each case",
            Formed::Standing => "once, standing",
        };
        let filled: Vec<&str> = filled
            .iter()
            .map(|filling| match filling {
                Filling::Accepted => "accepted",
                Filling::Disclosed => "disclosed",
            })
            .collect();
        let mut facts =
            vec![("formed", formed.to_owned()), ("filled", format!("once {}", filled.join(" and ")))];
        match chair.as_slice() {
            [] => {}
            [seat] => facts.push(("chair", seat.to_string())),
            seats => facts.push(("chair", format!("the first of {} that can", listed(seats)))),
        }
        facts.extend(vacancy.iter().map(|vacancy| {
            let Vacancy { after, filled_by, excluded } = vacancy;
            ("vacant", format!("after {after}{} {filled_by} nominates", late(*excluded)))
        }));
        facts.extend(one_seat_each.then(|| ("persons", "one seat each".to_owned())));
        facts.extend(affiliation_needed.then(|| ("affiliation", "needed".to_owned())));
        facts
    }
}

/// `a, b, c`.
fn listed(names: &[Id]) -> String {
    names.iter().map(Id::as_str).collect::<Vec<_>>().join(", ")
}
