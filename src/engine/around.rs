//! Who speaks for which seat in a case, and who chairs it: the one place that says so, for acts, duties, and what
//! `explore` tries.

use crate::engine::case::{ABOUT_THEM, Case, Chosen, Obligation};
use crate::engine::panel::Seats;
use crate::engine::state::State;
use crate::engine::subject::Whom;
use crate::statement::{By, HolderRef};
use crate::values::Id;
use crate::workflow::model::{Actor, Actors, Panel, Procedure};

/// Who sits where, for the acts of one case or for the one that opens it.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The panel, as far as it sits.
    pub panel: Option<(&'a Panel, &'a Seats)>,
    case: Option<&'a Case>,
    /// The seat that the case is about, while whoever it is about still has it.
    subject: Option<&'a HolderRef>,
    /// Whom the case is about, in whatever seat they are.
    whom: Option<Whom<'a>>,
}

impl State {
    /// Who sits where in a case.
    pub fn around<'a>(&'a self, case: &'a Case) -> Around<'a> {
        let subject = case.subject.as_ref().filter(|_| self.subject_seated(case));
        let subject = subject.map(|subject| &subject.seat);
        Around { panel: self.panel_of(case), case: Some(case), subject, whom: self.whom(case) }
    }

    /// Who sits where before a case is opened, perhaps about a seat.
    pub(super) fn around_opening<'a>(
        &'a self,
        procedure: &'a Procedure,
        subject: Option<&'a HolderRef>,
    ) -> Around<'a> {
        let whom = subject.and_then(|seat| self.whom_of(seat));
        Around { panel: self.panel_before(procedure, subject), case: None, subject, whom }
    }
}

impl<'a> Around<'a> {
    /// Why nobody acts as a seat here; `None` where somebody does. Whoever the case is about acts in it only as that.
    pub fn absent(&self, seat: &Id) -> Option<String> {
        let (panel, seats) = self.panel?;
        if let Some(recusal) = self.case.and_then(|case| case.recused.get(seat)) {
            return Some(format!("recused: {}", recusal.reason));
        }
        if seats.filled(panel, seat).is_none() {
            return Some("the seat is not filled".to_owned());
        }
        self.about(seat)
    }

    /// That whoever sits in a seat of the panel is whom the case is about, in words: in the seat that it names, or in
    /// another.
    pub fn about(&self, seat: &Id) -> Option<String> {
        // Names of seats are unique in a workflow.
        if self.subject.is_some_and(|subject| subject.name() == seat) {
            return Some(ABOUT_THEM.to_owned());
        }
        let nominee = self.panel?.1.seats.get(seat)?.nominee.as_deref()?;
        let whom = self.whom.filter(|whom| whom.is(nominee))?;
        Some(format!("the case is about the same person, as {}", whom.seat))
    }

    /// Whether somebody acts as a seat of the panel here.
    pub fn sits(&self, seat: &Id) -> bool {
        self.panel.is_some() && self.absent(seat).is_none()
    }

    /// Why a seat does not chair though it is one of those that do: nobody acts as it, or it is obliged to abstain.
    fn no_chair(&self, seat: &Id) -> Option<String> {
        let obliged = || self.case.and_then(|case| case.obliged.get(seat)).map(Obligation::words);
        self.absent(seat).or_else(obliged)
    }

    /// Whom a ballot of the case has chosen to chair it, while they have the seat.
    pub fn chosen(&self) -> Option<&'a Chosen> {
        let (panel, seats) = self.panel?;
        let chosen = self.case?.chosen.as_ref()?;
        let nominee = seats.filled(panel, &chosen.seat)?;
        (nominee.nominated.entry == chosen.nominated).then_some(chosen)
    }

    /// The seats that chair: whoever is chosen, and then the workflow's order.
    fn chairs(&self) -> impl Iterator<Item = &'a Id> + use<'a> {
        let order = self.panel.map_or(&[][..], |(panel, _)| &panel.chair);
        let chosen = self.chosen().map(|chosen| &chosen.seat);
        chosen.into_iter().chain(order.iter().filter(move |seat| Some(*seat) != chosen))
    }

    /// Who chairs: the first seat that may, whoever is chosen before the workflow's order.
    pub fn chair(&self) -> Option<&'a Id> {
        self.chairs().find(|seat| self.no_chair(seat).is_none())
    }

    /// The seat of the chair: the only one that can chair, be it out of the case, or else the one that does now.
    pub fn seat_of_chair(&self) -> Option<&'a Id> {
        match self.panel?.0.chair.as_slice() {
            [only] if self.chosen().is_none() => Some(only),
            _ => self.chair(),
        }
    }

    /// Who chairs now, or why nobody does: `the chair (b2 now, since b1 is not: recused: …)`.
    fn chair_words(&self) -> String {
        let out = self.chairs().map_while(|seat| Some(format!("`{seat}` is not: {}", self.no_chair(seat)?)));
        let out = out.collect::<Vec<_>>().join("; ");
        match (self.chair(), out.as_str()) {
            (Some(seat), "") => format!("`{seat}` is the chair"),
            (Some(seat), out) => format!("`{seat}` is the chair now; {out}"),
            (None, "") => "nobody chairs".to_owned(),
            (None, out) => format!("nobody chairs now; {out}"),
        }
    }

    /// In whose name one who may act could speak now.
    pub fn names(&self, actor: &Actor) -> Vec<Id> {
        match actor {
            Actor::Office(office) => vec![office.clone()],
            Actor::Seat(seat) => self.sits(seat).then(|| seat.clone()).into_iter().collect(),
            Actor::Chair => self.chair().cloned().into_iter().collect(),
            Actor::Subject => self.subject.map(|seat| seat.name().clone()).into_iter().collect(),
            Actor::Panelist => {
                let seats = self.panel.into_iter().flat_map(|(panel, _)| &panel.seats);
                seats.map(|seat| &seat.name).filter(|seat| self.sits(seat)).cloned().collect()
            }
        }
    }

    /// Whether `by` is among those who may act.
    pub fn may_act(&self, actors: &Actors, by: &By) -> bool {
        let is = |actor: &Actor, name: &Id| match actor {
            Actor::Office(office) => office == name,
            Actor::Seat(seat) => seat == name && self.sits(seat),
            Actor::Chair | Actor::Subject | Actor::Panelist => self.names(actor).contains(name),
        };
        match (actors, by.actors()) {
            (Actors::AnyOf(any), [one]) => any.iter().any(|actor| is(actor, one)),
            (Actors::AnyOf(_), _) => false,
            (Actors::AllOf(all), names) => {
                all.len() == names.len()
                    && all.iter().all(|actor| names.iter().any(|name| is(actor, name)))
                    && names.iter().all(|name| all.iter().any(|actor| is(actor, name)))
            }
        }
    }

    /// Why an act is not up to these, and up to whom it is: the reason and what to do instead.
    pub(super) fn not_up_to(&self, by: &By, act: &Id, actors: &[&Actors]) -> (String, String) {
        let all = || actors.iter().flat_map(|actors| actors.named());
        let seats = || self.panel.into_iter().flat_map(|(panel, _)| &panel.seats).map(|seat| &seat.name);
        // A seat that could act, were it not out of the case.
        let named =
            |seat: &Id| all().any(|actor| *actor == Actor::Panelist || *actor == Actor::Seat(seat.clone()));
        let absent = by.actors().iter().filter(|name| seats().any(|seat| seat == *name) && named(name));
        let absent = absent.filter_map(|seat| self.absent(seat));
        let why: Vec<String> = [format!("`{act}` is not up to {by}")].into_iter().chain(absent).collect();
        let chair = if all().any(|actor| *actor == Actor::Chair) {
            format!(": {}", self.chair_words())
        } else {
            String::new()
        };
        let mut whom: Vec<String> = Vec::new();
        for words in actors.iter().map(|actors| actors.words()) {
            if !whom.contains(&words) {
                whom.push(words);
            }
        }
        (why.join(": "), format!("it is up to {}{chair}", whom.join(", or to ")))
    }
}
