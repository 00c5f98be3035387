//! Events and what hangs on them, in words.

use super::quoted;
use crate::values::Id;
use crate::workflow::model::{AnnulledFrom, Annulment, Cause, Event, Grant, Moves, Value, Workflow};

impl AnnulledFrom {
    /// `from then on`, `as if it had never been`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Then => "from then on",
            Self::Start => "as if it had never been",
        }
    }
}

impl Annulment {
    /// ``unless `set-aside` annuls it``, beside what hangs on the event.
    pub(in crate::workflow) fn exception(&self) -> String {
        let Self { by, from } = self;
        let until = match from {
            AnnulledFrom::Then => "until",
            AnnulledFrom::Start => "unless",
        };
        format!("{until} {} annuls it", quoted(by))
    }
}

impl Grant {
    /// Whether anything moves it.
    pub(in crate::workflow) fn moves(&self) -> bool {
        self.attributes.iter().any(|attribute| attribute.values.len() > 1)
    }

    /// `from openai, to microsoft`; nothing where neither is said.
    pub(in crate::workflow) fn between(&self) -> String {
        let from = self.from.iter().map(|office| format!("from {office}"));
        from.chain(self.to.iter().map(|office| format!("to {office}"))).collect::<Vec<_>>().join(", ")
    }

    /// What it covers, and its clause of the contract: a line each, where it is said.
    pub(in crate::workflow) fn terms(&self) -> Vec<String> {
        let clause = self.clause.iter().map(|clause| format!("Clause: {clause}"));
        self.scope.iter().cloned().chain(clause).collect()
    }
}

impl Workflow {
    /// ``annulled by `set-aside` of the same case, as if it had never been``; nothing where the event cannot be annulled.
    pub(in crate::workflow) fn annulled(&self, event: &Event) -> Option<String> {
        let Event { name, meaning: _, annulled } = event;
        let Annulment { by, from } = annulled.as_ref()?;
        let until = match from {
            AnnulledFrom::Then => "; until then it counted",
            AnnulledFrom::Start => "",
        };
        Some(format!("annulled by {}{}, {}{until}", quoted(by), self.whose(name, by), from.words()))
    }

    /// Whose event annuls which occurrences: a case's own those of that case, and one of another procedure all.
    fn whose(&self, name: &Id, by: &Id) -> &'static str {
        let emit = |event: &Id| self.procedures.iter().filter(|it| it.may_emit(event)).collect::<Vec<_>>();
        let (emitting, annulling) = (emit(name), emit(by));
        let mut pairs =
            emitting.iter().flat_map(|one| annulling.iter().map(move |other| one.name == other.name));
        match (pairs.clone().any(|same| same), pairs.any(|same| !same)) {
            (true, false) => " of the same case",
            (false, true) => ", in whatever case it came",
            (true, true) => " of the same case, or of a case of another procedure in whatever case it came",
            (false, false) => "",
        }
    }

    /// What an event means, and that it is annulled, where it can be: a sentence each.
    pub(in crate::workflow) fn event_sentences(&self, event: &Event) -> Vec<String> {
        let annulled = self.annulled(event).map(|words| format!("It is {words}."));
        [event.meaning.clone()].into_iter().chain(annulled).collect()
    }

    /// ``with the first of verified (unless `set-aside` annuls it), 2031-01-01T00:00:00-08:00``; for a first value, from when
    /// it holds, and whether another can follow.
    pub(in crate::workflow) fn brought_by(&self, value: &Value, moved: bool) -> String {
        let cause = |cause: &Cause| match cause {
            Cause::Event(name) => {
                let event = self.events.iter().find(|event| event.name == *name);
                let annulment = event.and_then(|event| event.annulled.as_ref());
                let exception = annulment.map_or_else(String::new, |it| format!(" ({})", it.exception()));
                format!("{}{exception}", cause.words())
            }
            Cause::At(..) | Cause::After(_) => cause.words(),
        };
        match &value.moves {
            Some(moves) => format!("with {}", moves.told(cause)),
            None if moved => "from the opening on".to_owned(),
            None => "from the opening on; nothing moves it".to_owned(),
        }
    }
}

impl Moves {
    /// `the first of verified, 2031-01-01T00:00:00-08:00`, `declared`.
    pub(in crate::workflow) fn words(&self) -> String {
        self.told(Cause::words)
    }

    fn told(&self, cause: impl Fn(&Cause) -> String) -> String {
        let causes: Vec<String> = self.causes().iter().map(cause).collect();
        match (self, causes.as_slice()) {
            (_, [only]) => only.clone(),
            (Self::FirstOf(_), several) => format!("the first of {}", several.join(", ")),
            (Self::AllOf(_), several) => format!("all of {}", several.join(", ")),
        }
    }
}

impl Cause {
    /// `verified`, `2031-01-01T00:00:00-08:00`, `548 days from the opening of the agreement`.
    pub fn words(&self) -> String {
        match self {
            Self::Event(event) => event.to_string(),
            Self::At(_, written) => written.clone(),
            Self::After(span) => format!("{span} from the opening of the agreement"),
        }
    }
}
