//! Finding things in a checked workflow by their names.

use std::borrow::Cow;

use super::model::{
    Annulment, Attribute, Ballot, Cause, Delay, Doing, Duty, ExtendOn, Formed, Moves, NewEvidence, Office,
    Outcome, Panel, Procedure, Rule, Seat, State, Step, Trigger, Workflow,
};
use crate::values::{Id, Instant, Span};

impl Workflow {
    /// The panel that each case of a procedure forms for itself: one formed per case, unless the cases are about a seat
    /// of that very panel. These are before whoever sits there already.
    pub fn own_panel(&self, procedure: &Procedure) -> Option<&Panel> {
        let panel = self.panel(procedure.panel.as_ref()?)?;
        (panel.formed == Formed::PerCase && procedure.about.as_ref() != Some(&panel.name)).then_some(panel)
    }

    /// Whether documents of these names that are filed in a case of a procedure make a difference: a step strikes them,
    /// or a ballot heeds them.
    pub fn heeds(&self, procedure: &Procedure, attach: &[Id]) -> bool {
        let mut struck = procedure.states.iter().flat_map(State::doings).flat_map(|doing| &doing.strikes);
        let ballots = procedure.states.iter().flat_map(State::ballots).filter_map(|name| self.ballot(name));
        !attach.is_empty()
            && (struck.any(|name| attach.contains(name)) || ballots.into_iter().any(Ballot::heeds_evidence))
    }

    /// The names of all parties, as listed.
    pub fn party_names(&self) -> Vec<Id> {
        self.parties.iter().map(|party| party.name.clone()).collect()
    }

    /// Parties, then roles.
    pub fn offices(&self) -> impl Iterator<Item = &Office> {
        self.parties.iter().chain(&self.roles)
    }

    /// A party or role.
    pub fn office(&self, name: &Id) -> Option<&Office> {
        self.offices().find(|office| office.name == *name)
    }

    /// A panel.
    pub fn panel(&self, name: &Id) -> Option<&Panel> {
        self.panels.iter().find(|panel| panel.name == *name)
    }

    /// A procedure.
    pub fn procedure(&self, name: &Id) -> Option<&Procedure> {
        self.procedures.iter().find(|procedure| procedure.name == *name)
    }

    /// The procedure whose cases this act opens.
    pub fn opened_by(&self, act: &Id) -> Option<&Procedure> {
        self.procedures.iter().find(|procedure| procedure.open.act == *act)
    }

    /// The procedures whose cases suspend those of another.
    pub fn suspending<'a>(&'a self, procedure: &'a Id) -> impl Iterator<Item = &'a Procedure> {
        let suspends =
            |it: &&Procedure| it.suspends.as_ref().is_some_and(|it| it.procedures.contains(procedure));
        self.procedures.iter().filter(suspends)
    }

    /// A ballot.
    pub fn ballot(&self, name: &Id) -> Option<&Ballot> {
        self.ballots.iter().find(|ballot| ballot.name == *name)
    }

    /// An attribute of a grant by their names.
    pub fn attribute(&self, grant: &Id, attribute: &Id) -> Option<&Attribute> {
        let grant = self.grants.iter().find(|known| known.name == *grant)?;
        grant.attributes.iter().find(|known| known.name == *attribute)
    }

    /// What annuls an event, if anything does.
    pub fn annulment(&self, event: &Id) -> Option<&Annulment> {
        self.events.iter().find(|known| known.name == *event)?.annulled.as_ref()
    }

    /// Every instant at which the file says that something happens: of steps, and of grants.
    pub fn dates(&self) -> impl Iterator<Item = Instant> {
        let steps = self.procedures.iter().flat_map(|it| &it.states).flat_map(|state| &state.steps);
        let steps = steps.filter_map(|step| match &step.trigger {
            Trigger::At(at) => Some(*at),
            _ => None,
        });
        let values = self.grants.iter().flat_map(|grant| &grant.attributes).flat_map(|it| &it.values);
        let causes = values.filter_map(|value| value.moves.as_ref()).flat_map(Moves::causes);
        steps.chain(causes.filter_map(|cause| match cause {
            Cause::At(at, _) => Some(*at),
            Cause::Event(_) | Cause::After(_) => None,
        }))
    }

    /// Whatever emits an event: the procedure, and the act or trigger in words.
    pub fn emitters<'a>(&'a self, event: &'a Id) -> impl Iterator<Item = (&'a Id, String)> {
        self.procedures.iter().flat_map(move |procedure| {
            let opening = procedure.open.emits.contains(event);
            let opening = opening.then(|| format!("{} by {}", procedure.open.act, procedure.open.by.words()));
            let steps = procedure.states.iter().flat_map(|state| &state.steps);
            let steps = steps.filter(move |step| step.emits.contains(event)).map(|step| step.trigger.words());
            let duties = procedure.duties().flat_map(move |duty| {
                let done = duty.emits.contains(event).then(|| format!("{} by {}", duty.act, duty.by.words()));
                done.into_iter().chain(duty.if_late.contains(event).then(|| duty.late_words()))
            });
            opening.into_iter().chain(steps).chain(duties).map(move |words| (&procedure.name, words))
        })
    }
}

impl Panel {
    /// Its seats as the workflow lists them, those of one kind that stand together as one: nominated by the same, of one
    /// class and of one weight.
    pub fn groups(&self) -> impl Iterator<Item = &[Seat]> {
        self.seats.chunk_by(|a, b| (&a.by, &a.class, a.weight) == (&b.by, &b.class, b.weight))
    }
}

impl Procedure {
    /// Whether a case of it may emit an event: by its opening, by a step, or by a duty.
    pub fn may_emit(&self, event: &Id) -> bool {
        self.open.emits.contains(event) || self.emits_on_its_way(event)
    }

    /// Whether a case of it may emit an event once it is open.
    pub fn emits_on_its_way(&self, event: &Id) -> bool {
        let mut steps = self.states.iter().flat_map(|state| &state.steps);
        steps.any(|step| step.emits.contains(event)) || self.duties().any(|duty| duty.may_bring(event))
    }

    /// The times that its opening act and its steps count.
    pub fn delays(&self) -> impl Iterator<Item = &Delay> {
        let steps = self.states.iter().flat_map(|state| &state.steps);
        self.open.within.iter().chain(&self.open.not_before).chain(steps.flat_map(Step::delays))
    }

    /// What is owed in any of its states.
    pub fn duties(&self) -> impl Iterator<Item = &Duty> {
        self.states.iter().flat_map(|state| &state.duties)
    }

    /// A state.
    pub fn state(&self, name: &Id) -> Option<&State> {
        self.states.iter().find(|state| state.name == *name)
    }
}

impl State {
    /// The acts of its steps, as listed; duties are not among them.
    pub fn doings(&self) -> impl Iterator<Item = &Doing> {
        self.steps.iter().filter_map(Step::doing)
    }
}

impl Step {
    /// The act that sets it off, if one does.
    pub fn doing(&self) -> Option<&Doing> {
        match &self.trigger {
            Trigger::Do(doing) => Some(doing),
            _ => None,
        }
    }

    /// The times that it counts: how long after an origin it is taken, or until and from when its act is possible.
    pub fn delays(&self) -> impl Iterator<Item = &Delay> {
        let after = match &self.trigger {
            Trigger::After(delay) => Some(delay),
            _ => None,
        };
        let act = self.doing().into_iter();
        after.into_iter().chain(act.flat_map(|doing| doing.within.iter().chain(&doing.not_before)))
    }
}

impl Doing {
    /// Whether it files documents, or strikes one.
    pub fn moves_evidence(&self) -> bool {
        !(self.attach.is_empty() && self.strikes.is_empty())
    }
}

impl Outcome {
    /// The rule in force so long after the opening of the ballot; none for "otherwise".
    pub fn rule_after(&self, elapsed: Span) -> Option<&Rule> {
        let eased = self.eases.iter().rev().find(|ease| ease.after <= elapsed);
        eased.map(|ease| &ease.rule).or(self.rule.as_ref())
    }

    /// Its rule, and those that take its place with time; none for "otherwise".
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rule.iter().chain(self.eases.iter().map(|ease| &ease.rule))
    }
}

impl Ballot {
    /// Whether the rule of an outcome must have held for some time.
    pub fn lasts(&self) -> bool {
        self.outcomes.iter().any(|outcome| outcome.lasting.is_some())
    }

    /// The panel as far as this ballot is of it: with the seats of the classes that it names, or with all. What a
    /// rule of it counts as `seats` and `filled` are these.
    pub fn part_of<'p>(&self, panel: &'p Panel) -> Cow<'p, Panel> {
        if self.classes.is_empty() {
            return Cow::Borrowed(panel);
        }
        let mut part = panel.clone();
        part.seats.retain(|seat| seat.class.as_ref().is_some_and(|class| self.classes.contains(class)));
        Cow::Owned(part)
    }

    /// Whether a document that is filed or struck makes a difference to it while it is open: it puts the closing off, or
    /// takes votes away.
    pub fn heeds_evidence(&self) -> bool {
        let put_off = self.extend.as_ref().is_some_and(|extend| extend.on == ExtendOn::Evidence);
        put_off || matches!(self.new_evidence, NewEvidence::VotesLapse | NewEvidence::VotesToReaffirm)
    }

    /// How much can happen to it by itself: its closing, and where rules ease or must last, votes are revealed, or a
    /// missing quorum puts the closing off, each of these moments.
    pub fn moments(&self) -> u64 {
        let eases: usize = self.outcomes.iter().map(|outcome| outcome.eases.len()).sum();
        let lasting = self.outcomes.iter().any(|outcome| outcome.lasting.is_some());
        // After each ease another outcome may be confirmed; the end of the window is a moment of its own then.
        let eases = u64::try_from(eases).unwrap_or(u64::MAX);
        let confirmed = if lasting { eases.saturating_add(2) } else { 0 };
        let revealed = u64::from(self.sealed.is_some());
        let extend = self.extend.as_ref().filter(|extend| extend.on == ExtendOn::NoQuorum);
        let put_off = extend.and_then(|extend| extend.at_most).map_or(0, u64::from);
        [eases, confirmed, revealed, put_off].into_iter().fold(1, u64::saturating_add)
    }
}

impl Moves {
    /// The causes, as listed.
    pub fn causes(&self) -> &[Cause] {
        match self {
            Self::FirstOf(causes) | Self::AllOf(causes) => causes,
        }
    }
}

impl Cause {
    /// The event, where it is one.
    pub fn event(&self) -> Option<&Id> {
        match self {
            Self::Event(event) => Some(event),
            Self::At(..) | Self::After(_) => None,
        }
    }
}
