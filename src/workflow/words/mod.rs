//! Parts of a workflow in words: as statuses, reasons and refusals quote them, and as `show`, `explain` and `draw` tell
//! them. One place, so that what the language learns to say is put into words once.

mod access;
mod calendar;
mod grants;
mod length;

use super::model::{
    Actor, Actors, Delay, Doing, Duty, Effect, Extend, ExtendOn, NewEvidence, Operator, Origin, Outcome,
    Procedure, Reading, State, Step, Trigger, Unrevealed,
};
use crate::values::{Id, Instant, Length, Span};

impl Trigger {
    /// `declare by openai`, `after 60 days`, `outcome verified or refused`.
    pub fn words(&self) -> String {
        match self {
            Self::Do(doing) => doing.words(),
            Self::When(condition) => format!("when {condition}"),
            Self::After(delay) => format!("after {}", delay.words()),
            Self::At(at) => format!("at {at}"),
            Self::Outcome(names) => {
                let names: Vec<&str> = names.iter().map(Id::as_str).collect();
                format!("outcome {}", names.join(" or "))
            }
            Self::On(events) => {
                let events: Vec<&str> = events.iter().map(Id::as_str).collect();
                format!("on {} of another case", events.join(" or "))
            }
        }
    }
}

impl Procedure {
    /// How many cases there may be, what stands still meanwhile, and who signs the report: a sentence each, where the
    /// workflow says so.
    pub fn cases_words(&self) -> Vec<String> {
        let most = self.at_most.map(|most| format!("There may be {} in all.", count(most.into(), "case")));
        let suspends = self.suspends.as_ref().map(|suspends| {
            let meanwhile = match suspends.allow.as_slice() {
                [] => "no act is possible there meanwhile".to_owned(),
                allow => format!("possible there meanwhile: {}", all_of(allow)),
            };
            let names = all_of(&suspends.procedures);
            format!("While a case runs, the clocks and ballots of {names} stand still; {meanwhile}.")
        });
        let report =
            self.report.map(|signer| format!("The report of a case is signed by {}.", signer.plainly()));
        most.into_iter().chain(suspends).chain(report).collect()
    }
}

impl Step {
    /// `after 60 days → voting, event undecided, at most once`.
    pub fn words(&self) -> String {
        let to = self.to.as_ref().map_or_else(String::new, |to| format!(" → {to}"));
        let bound = self.at_most.map_or_else(String::new, |most| format!(", {}", times(most)));
        let effect = self.effect.map_or_else(String::new, |effect| format!(", {}", effect.words()));
        format!("{}{to}{}{effect}{bound}", self.trigger.words(), events(&self.emits))
    }
}

impl State {
    /// The ballots that open on entering it.
    pub fn ballots(&self) -> impl Iterator<Item = &Id> {
        self.ballot.iter().chain(&self.together)
    }

    /// `voting, ballot finding`, `closed (the end)`.
    pub fn words(&self) -> String {
        let ballots: Vec<&str> = self.ballots().map(Id::as_str).collect();
        let ballot = match ballots.as_slice() {
            [] => String::new(),
            [ballot] => format!(", ballot {ballot}"),
            ballots => format!(", ballots {}", ballots.join(", ")),
        };
        format!("{}{}{ballot}", self.name, if self.ends { " (the end)" } else { "" })
    }
}

impl Reading {
    /// How the authors read the contract there; of a choice of theirs, that it is one.
    pub fn words(&self) -> &str {
        self.text.as_deref().unwrap_or("a choice of the authors")
    }
}

impl Effect {
    /// `dismisses whoever the case is about`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Dismisses => "dismisses whoever the case is about",
            Self::Obliges => "obliges the seat that it names to abstain",
        }
    }
}

impl Duty {
    /// `, event delivered; if late event not-delivered`; nothing where nothing comes of it.
    pub fn follows(&self) -> String {
        let late = events(&self.if_late);
        let late = late.strip_prefix(',').map_or_else(String::new, |late| format!("; if late{late}"));
        format!("{}{late}", events(&self.emits))
    }

    /// What has set off the events of its `if-late`.
    pub fn late_words(&self) -> String {
        undone(&self.act, &self.within)
    }
}

/// `after 7 days without hand-over`: a duty was not done in time.
pub fn undone(act: &Id, within: &Length) -> String {
    format!("after {within} without {act}")
}

/// `, event declared`; nothing where there is none.
pub fn events(events: &[Id]) -> String {
    let names: Vec<&str> = events.iter().map(Id::as_str).collect();
    if names.is_empty() { String::new() } else { format!(", event {}", names.join(", ")) }
}

/// `at most once`, `at most 4 times`.
pub fn times(most: u32) -> String {
    if most == 1 { "at most once".to_owned() } else { format!("at most {most} times") }
}

impl Doing {
    /// `declare by openai`, `strike by microsoft, which strikes one exhibit`.
    fn words(&self) -> String {
        format!("{} by {}{}{}", self.act, self.by.words(), self.strikes(), self.notice())
    }

    /// `, which serves notice on buyer`, `, which puts this state's times off by 14 days`.
    pub(super) fn notice(&self) -> String {
        let names: Vec<&str> = self.serves.iter().map(Id::as_str).collect();
        let serves = match names.join(" and ") {
            none if none.is_empty() => none,
            names => format!(", which serves notice on {names}"),
        };
        let puts_off = |by: Span| format!(", which puts this state's times off by {by}");
        format!("{serves}{}", self.extends.map_or_else(String::new, puts_off))
    }

    /// `, which strikes one exhibit`; nothing where it strikes none.
    fn strikes(&self) -> String {
        let names: Vec<&str> = self.strikes.iter().map(Id::as_str).collect();
        if names.is_empty() { String::new() } else { format!(", which strikes one {}", names.join(" or ")) }
    }
}

impl NewEvidence {
    /// What it means for the votes, as a clause; `None` where they stand, as everywhere that nothing is said.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::Refused => Some("no evidence is filed or struck while it is open"),
            Self::VotesStand => None,
            Self::VotesLapse => Some("votes lapse when evidence is filed or struck, and may be cast anew"),
            Self::VotesToReaffirm => Some("votes must be reaffirmed when evidence is filed or struck"),
        }
    }
}

impl Delay {
    /// `60 days`, `90 days from the opening of the case`.
    pub fn words(&self) -> String {
        match self.of.words() {
            None => self.length.to_string(),
            Some(origin) => format!("{} from {origin}", self.length),
        }
    }
}

impl Origin {
    /// From when it is counted; nothing where that is the entering of the state.
    fn words(&self) -> Option<String> {
        Some(match self {
            Self::Entered => return None,
            Self::Opened => "the opening of the case".to_owned(),
            Self::Served => "the service of notice".to_owned(),
            Self::Agreement => "the opening of the agreement".to_owned(),
            Self::Filled => "the filling of the seat".to_owned(),
            Self::Event(event) => quoted(event),
        })
    }
}

impl Extend {
    /// `by 1 day, where a vote comes in the last 1 hour`, `by 1 day, where the quorum comes in the last 1 hour, at
    /// most 2 times`, `by 14 days, where there is no quorum at the closing, once`. A part of the ballot paper: it never changes.
    pub fn words(&self) -> String {
        let on = match self.on {
            ExtendOn::Vote => "a vote comes",
            ExtendOn::Quorum => "the quorum comes",
            ExtendOn::Evidence => "evidence is filed or struck",
            ExtendOn::NoQuorum => "there is no quorum at the closing",
        };
        let near = self.in_last.map_or_else(String::new, |in_last| format!(" in the last {in_last}"));
        let bound = self.at_most.map_or_else(String::new, |most| format!(", {}", times(most)));
        format!("by {}, where {on}{near}{bound}", self.by)
    }
}

impl Outcome {
    /// Its rule and all that is said of it: `met >= 4 for 3 days; after 30 days met >= 3`, `otherwise`.
    pub fn words(&self) -> String {
        let rule = self.rule.as_ref().map_or("otherwise", |rule| &rule.text);
        let lasting = self.lasting.map_or_else(String::new, |time| format!(" for {time}"));
        let eases = self.eases.iter().map(|ease| format!("; after {} {}", ease.after, ease.rule.text));
        let gives = self.gives.map_or_else(String::new, |gives| format!("; gives the {}", gives.word()));
        format!("{rule}{lasting}{}{gives}", eases.collect::<String>())
    }
}

/// The panel as one who acts.
const PANELIST: &str = "any seated panelist";

impl Actors {
    /// `openai or microsoft`, `openai and microsoft jointly`, `the chair`.
    pub fn words(&self) -> String {
        self.told(ToString::to_string, PANELIST)
    }

    /// The same with the workflow's names marked as such, for a case of this procedure: `` `openai` or the chair ``.
    pub(super) fn plainly(&self, procedure: &Procedure) -> String {
        let but = "any seated panelist but whoever the case is about";
        self.told(quoted, if procedure.about.is_some() { but } else { PANELIST })
    }

    fn told(&self, name: fn(&Id) -> String, panelist: &str) -> String {
        let word = |actor: &Actor| match actor {
            Actor::Office(of) | Actor::Seat(of) => name(of),
            Actor::Chair => "the chair".to_owned(),
            Actor::Panelist => panelist.to_owned(),
            Actor::Subject => "whoever the case is about".to_owned(),
        };
        match self {
            Self::AnyOf(any) => any.iter().map(word).collect::<Vec<_>>().join(" or "),
            Self::AllOf(all) => format!("{} jointly", all.iter().map(word).collect::<Vec<_>>().join(" and ")),
        }
    }
}

impl Operator {
    /// What it says of a time: `before`, `after`, `at`.
    pub(super) fn of_time(self) -> &'static str {
        match self {
            Self::Above => "after",
            Self::AtLeast => "at or after",
            Self::Equal => "at",
            Self::Below => "before",
            Self::AtMost => "at or before",
        }
    }
}

/// `` `openai` ``: a name that the workflow gave.
pub(super) fn quoted(name: &Id) -> String {
    format!("`{name}`")
}

/// `` `a`, `b` and `c` ``.
pub(super) fn all_of<N: std::borrow::Borrow<Id>>(names: &[N]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name.borrow())).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// `authority`, `buyer and seller jointly`: several who do one thing together.
pub fn jointly(names: &[Id]) -> String {
    told_jointly(names, ToString::to_string)
}

/// The same with the workflow's names marked as such.
pub(super) fn plainly_jointly(names: &[Id]) -> String {
    told_jointly(names, quoted)
}

fn told_jointly(names: &[Id], name: fn(&Id) -> String) -> String {
    let each = names.iter().map(name).collect::<Vec<_>>().join(" and ");
    if names.len() > 1 { format!("{each} jointly") } else { each }
}

/// `1 seat`, `7 seats`.
pub fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `20 choices and readings in it are`, `1 choice or reading in it is`: how many are the authors' own.
pub fn readings(many: usize) -> String {
    if many == 1 {
        "1 choice or reading in it is".to_owned()
    } else {
        format!("{many} choices and readings in it are")
    }
}

/// `20 readings are ours`, `1 reading is ours`.
pub fn readings_are_ours(many: usize) -> String {
    if many == 1 { "1 reading is ours".to_owned() } else { format!("{many} readings are ours") }
}

/// `2030-06-30 22:00:00 UTC`.
pub(crate) fn utc(at: Instant) -> String {
    format!("{} UTC", at.to_string().replace('T', " ").replace('Z', ""))
}

impl Unrevealed {
    /// As a workflow writes it.
    pub fn words(&self) -> &str {
        match self {
            Self::HasNotVoted => "has not voted",
            Self::Abstains => "abstains",
            Self::Chooses(choice) => choice.as_str(),
        }
    }
}
