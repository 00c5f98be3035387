//! The names that a text declares, gathered before it is read, so that a mistake inside a
//! declaration does not make every mention of it a mistake too.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Item, Reader, nearest};
use crate::values::Id;
use crate::workflow::diagnostic::{Diagnostic, Severity};

/// What an actor's name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Party,
    Role,
    Panel,
    Seat { panel: Id },
}

impl Kind {
    fn words(&self) -> String {
        match self {
            Self::Party => "a party".to_owned(),
            Self::Role => "a role".to_owned(),
            Self::Panel => "a panel".to_owned(),
            Self::Seat { panel } => format!("a seat of `{panel}`"),
        }
    }
}

/// Names that mean something of their own wherever an actor is named.
const ACTOR_WORDS: [&str; 2] = ["chair", "anyone"];

/// All declared names, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Parties, roles, panels and seats share one name space: a statement's `by` names any of them.
    actors: Vec<(Id, Kind)>,
    pub events: Vec<Id>,
    pub ballots: Vec<Id>,
    pub procedures: Vec<Id>,
    /// The panel and class of each seat that has a class.
    classes: Vec<(Id, Id)>,
    /// The seats of each panel, with their class, in order.
    seats: Vec<(Id, Id, Option<Id>)>,
    /// The panels that have a chair.
    chaired: Vec<Id>,
    /// The outcomes of each ballot, each once.
    pub results: Vec<(Id, Id)>,
    /// The choices of each ballot, and its abstention.
    pub choices: Vec<(Id, Id)>,
    /// The ballots that have a quorum.
    pub with_quorum: Vec<Id>,
}

impl Names {
    pub(super) fn scan(text: &str, root: &DeTable<'_>, found: &mut Vec<Diagnostic>) -> Self {
        let mut names = Self::default();
        let mut declared: Vec<(Id, Kind, Range<usize>)> = Vec::new();
        for (section, kind) in [("party", Kind::Party), ("role", Kind::Role), ("panel", Kind::Panel)] {
            for (name, at, _) in keys(root, section) {
                declared.push((name, kind.clone(), at));
            }
        }
        for (panel, _, value) in keys(root, "panel") {
            if value.get("chair").is_some() {
                names.chaired.push(panel.clone());
            }
            for entry in list(value, "seats") {
                let class = list(entry.get_ref(), "class").into_iter().find_map(id);
                for key in ["name", "names"] {
                    for seat in list(entry.get_ref(), key) {
                        names.seats.extend(id(seat).map(|name| (panel.clone(), name, class.clone())));
                        declared.extend(
                            id(seat).map(|name| (name, Kind::Seat { panel: panel.clone() }, seat.span())),
                        );
                    }
                }
                names.classes.extend(class.map(|class| (panel.clone(), class)));
            }
        }
        for (name, kind, at) in declared {
            names.declare(text, name, kind, &at, found);
        }
        names.events = keys(root, "event").into_iter().map(|(name, ..)| name).collect();
        names.procedures = keys(root, "procedure").into_iter().map(|(name, ..)| name).collect();
        for (ballot, _, value) in keys(root, "ballot") {
            if value.get("quorum").is_some() {
                names.with_quorum.push(ballot.clone());
            }
            for outcome in list(value, "outcomes") {
                for is in list(outcome.get_ref(), "is").into_iter().filter_map(id) {
                    let outcome = (ballot.clone(), is);
                    if !names.results.contains(&outcome) {
                        names.results.push(outcome);
                    }
                }
            }
            for key in ["choices", "abstention"] {
                let named = list(value, key).into_iter().filter_map(id);
                names.choices.extend(named.map(|choice| (ballot.clone(), choice)));
            }
            names.ballots.push(ballot);
        }
        names
    }

    fn declare(&mut self, text: &str, name: Id, kind: Kind, at: &Range<usize>, found: &mut Vec<Diagnostic>) {
        let mut refuse = |message: String, help: &str| {
            found.push(Diagnostic::at(text, Severity::Error, at, message, help));
        };
        if ACTOR_WORDS.contains(&name.as_str()) {
            refuse(format!("no actor can be called `{name}`"), "The word has a meaning of its own in `by`");
        } else if let Some(other) = self.kind(name.as_str()) {
            let clash = format!("`{name}` is already {}", other.words());
            refuse(clash, "Parties, roles, panels and seats need different names: statements say `by` whom");
        } else {
            self.actors.push((name, kind));
        }
    }

    pub(super) fn kind(&self, name: &str) -> Option<&Kind> {
        self.actors.iter().find(|(actor, _)| *actor == name).map(|(_, kind)| kind)
    }

    pub(super) fn has_chair(&self, panel: &Id) -> bool {
        self.chaired.contains(panel)
    }

    pub(super) fn classes(&self, panel: &Id) -> Vec<Id> {
        self.classes.iter().filter(|(of, _)| of == panel).map(|(_, class)| class.clone()).collect()
    }

    /// The seats of a panel of these classes, or all where none is named.
    pub(super) fn seats(&self, panel: &Id, classes: &[Id]) -> Vec<Id> {
        let of = |class: &Option<Id>| classes.is_empty() || class.iter().any(|it| classes.contains(it));
        let seats = self.seats.iter().filter(|(its, _, class)| its == panel && of(class));
        seats.map(|(_, seat, _)| seat.clone()).collect()
    }

    pub(super) fn outcomes(&self, ballot: &Id) -> Vec<Id> {
        self.results.iter().filter(|(of, _)| of == ballot).map(|(_, outcome)| outcome.clone()).collect()
    }

    /// What to write where an outcome was taken for an event.
    pub(super) fn no_event((ballot, outcome): &(Id, Id)) -> String {
        format!(
            "`{outcome}` is an outcome of the ballot `{ballot}`. Let the step that follows it emit an event, and name that: \
             {{ outcome = \"{outcome}\", to = \"…\", emits = \"…\" }}"
        )
    }

    /// What to write instead of a name that is there, but for something else.
    fn instead(&self, what: &str, name: &str, known: &[Id]) -> Option<String> {
        match what.strip_prefix("outcome of the ballot `").and_then(|rest| rest.split_once('`')) {
            Some((ballot, _)) => {
                let is = |(of, choice): &&(Id, Id)| *of == ballot && *choice == name;
                self.choices.iter().find(is)?;
                let outcomes: Vec<&str> = known.iter().map(Id::as_str).collect();
                let outcomes = outcomes.join(", ");
                Some(format!(
                    "`{name}` is a choice, for which votes are. A step follows what they come to: {outcomes}"
                ))
            }
            None if what == "event" => {
                self.results.iter().find(|(_, outcome)| *outcome == name).map(Self::no_event)
            }
            None => None,
        }
    }

    fn of_kind(&self, which: fn(&Kind) -> bool) -> Vec<Id> {
        self.actors.iter().filter(|(_, kind)| which(kind)).map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn actors(&self) -> Vec<Id> {
        self.of_kind(|_| true)
    }

    pub(super) fn offices(&self) -> Vec<Id> {
        self.of_kind(|kind| matches!(kind, Kind::Party | Kind::Role))
    }

    pub(super) fn panels(&self) -> Vec<Id> {
        self.of_kind(|kind| *kind == Kind::Panel)
    }
}

/// The entries of a section whose keys are names.
fn keys<'a>(root: &'a DeTable<'a>, section: &str) -> Vec<(Id, Range<usize>, &'a DeValue<'a>)> {
    let Some(DeValue::Table(table)) = root.get(section).map(Spanned::get_ref) else { return Vec::new() };
    table
        .iter()
        .filter_map(|(key, value)| Some((key.get_ref().parse().ok()?, key.span(), value.get_ref())))
        .collect()
}

/// The members of a list under `key`, or the single value there.
fn list<'a>(value: &'a DeValue<'a>, key: &str) -> Vec<&'a Spanned<DeValue<'a>>> {
    let Some(found) = value.get(key) else { return Vec::new() };
    match found.get_ref() {
        DeValue::Array(members) => members.iter().collect(),
        _ => vec![found],
    }
}

fn id(value: &Spanned<DeValue<'_>>) -> Option<Id> {
    value.get_ref().as_str()?.parse().ok()
}

impl Reader<'_> {
    /// Says that a name is unknown, with the nearest of `known`, or all of them where they are few.
    pub(super) fn unknown(&mut self, item: &Item<'_>, what: &str, name: &str, known: &[Id]) {
        let others = match what {
            "panel" => Some("The panels are"),
            "party or role" => Some("The parties and roles are"),
            _ => None,
        };
        let other = self.names.kind(name).map(Kind::words).zip(others);
        let help = match nearest(name, known.iter().map(Id::as_str)) {
            _ if let Some(instead) = self.names.instead(what, name, known) => instead,
            _ if let Some((other, these)) = other => {
                let known: Vec<&str> = known.iter().map(Id::as_str).collect();
                format!("`{name}` is {other}. {these}: {}", known.join(", "))
            }
            Some(near) => format!("Did you mean `{near}`?"),
            None if known.is_empty() => "None is declared in this file".to_owned(),
            None => {
                let known: Vec<&str> = known.iter().map(Id::as_str).collect();
                format!("There are: {}", known.join(", "))
            }
        };
        self.error(&item.span(), format!("there is no {what} `{}`", name.escape_debug()), help);
    }

    /// A name out of `known`.
    pub(super) fn known(&mut self, item: &Item<'_>, what: &str, known: &[Id]) -> Option<Id> {
        let id = item.id(self)?;
        if known.contains(&id) {
            return Some(id);
        }
        self.unknown(item, what, id.as_str(), known);
        None
    }

    /// Names, one or many, each out of `known` and each once.
    pub(super) fn all_known(&mut self, item: &Item<'_>, what: &str, known: &[Id]) -> Vec<Id> {
        self.each_once(item, |r, member| r.known(member, what, known))
    }

    /// One or many, not none, each once.
    pub(crate) fn each_once<T: PartialEq>(
        &mut self,
        item: &Item<'_>,
        mut read: impl FnMut(&mut Self, &Item<'_>) -> Option<T>,
    ) -> Vec<T> {
        let members = item.one_or_many();
        if members.is_empty() {
            self.error(
                &item.span(),
                format!("`{}` is empty", item.place),
                "Name at least one, or leave it out",
            );
        }
        let mut all = Vec::new();
        for member in &members {
            let Some(one) = read(self, member) else { continue };
            if all.contains(&one) {
                self.error(
                    &member.span(),
                    format!("`{}` is named twice here", member.written()),
                    "Name it once",
                );
            } else {
                all.push(one);
            }
        }
        all
    }
}

impl Item<'_> {
    /// The value as it was written, for messages about texts and names.
    fn written(&self) -> String {
        self.value.get_ref().as_str().unwrap_or_default().escape_debug().to_string()
    }
}
