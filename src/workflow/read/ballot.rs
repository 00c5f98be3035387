//! Ballots and their outcomes.

use super::event::starts_with_digit;
use super::item::Fields;
use super::outcome::outcomes_of;
use super::sealed;
use super::{Item, Reader, answer, calendar, deadline};
use crate::values::{Id, Span};
use crate::workflow::model::{
    Among, Ballot, Change, Early, Exclusion, Extend, ExtendOn, NewEvidence, Positions, Rule,
};
use crate::workflow::rule::{ANSWER_WORDS, KEPT, Vocabulary};

pub(super) fn ballot(r: &mut Reader<'_>, name: Id, item: &Item<'_>, excluded: bool) -> Option<Ballot> {
    let mut fields = item.table(r)?;
    let question =
        fields.need(r, "question", "Ask it as a sentence: question = \"…?\"").and_then(|i| i.text(r));
    let electors =
        fields.need(r, "electors", "Say who votes: electors = { of = \"PANEL\", less = [\"recused\"] }");
    let electors = electors.and_then(|item| electors_of(r, &item));
    let answer = fields.get("answer").map(|item| answer::answer(r, &item));
    // Where there is an answer, nothing else need be chosen.
    let choices = match &answer {
        None => fields.need(r, "choices", "What can be voted for: choices = [\"…\", \"…\"]"),
        Some(_) => fields.get("choices"),
    };
    let candidates = choices.as_ref().is_some_and(|item| item.value.get_ref().as_str() == Some(CANDIDATES));
    if let Some(item) = choices.as_ref().filter(|_| candidates && answer.is_some()) {
        let help = "Let one ballot choose somebody and another one find the answer";
        r.error(&item.span(), "who chooses among the electors answers nothing besides", help);
    }
    // What rules and a sealed vote can name: of candidates nobody, since who they are is known when it opens.
    let named = choices
        .filter(|_| !candidates)
        .map(|item| r.each_once(&item, |r, item| choice(r, item, answer.is_some())))
        .unwrap_or_default();
    let seats = electors.as_ref().filter(|_| candidates).map(|it| r.names.seats(&it.panel, &it.classes));
    let choices = seats.unwrap_or_else(|| named.clone());
    let abstention = fields.get("abstention").and_then(|item| {
        let name = choice(r, &item, answer.is_some())?;
        if choices.contains(&name) {
            r.error(
                &item.span(),
                format!("`{name}` is a choice already"),
                "Give the abstention a name of its own",
            );
        }
        Some(name)
    });
    let attach = fields.get("attach").map(|i| r.each_once(&i, |r, member| member.id(r))).unwrap_or_default();
    let open_for = fields.need(r, "open-for", "Say how long votes are taken: open-for = \"14 days\"");
    let open_for =
        open_for.and_then(|item| item.some_length(r, "Nobody can vote in no time: open-for = \"14 days\""));
    let end = fields.get("deadline");
    let excluded = end.as_ref().and_then(|item| deadline(r, item)).unwrap_or(excluded);
    let excluded = calendar::excluded(r, open_for.as_ref(), excluded, end.as_ref());
    let change = fields.get("change").map_or(Some(Change::Never), |item| {
        item.word(r, &[("never", Change::Never), ("until close", Change::UntilClose)])
    });
    let leaver_stands = fields
        .get("if-leaving")
        .map_or(Some(false), |item| item.word(r, &[("vote stands", true), ("has not voted", false)]));
    let new_evidence =
        fields.get("new-evidence").map_or(Some(NewEvidence::VotesStand), |item| item.word(r, &NEW_EVIDENCE));
    let positions = fields.get("positions").map_or(Some(Positions::Told), |item| {
        item.word(r, &[("told", Positions::Told), ("not told", Positions::NotTold)])
    });
    let sealed = fields.get("sealed").map(|item| sealed::sealed(r, &item, &named, abstention.as_ref()));
    let per_affiliation = fields
        .get("count")
        .map_or(Some(false), |item| item.word(r, &[("each", false), ("one per affiliation", true)]));
    let choice_names: Vec<String> = named.iter().map(|choice| format!("`{choice}`")).collect();
    let outcome = |is: Id| {
        let help =
            format!("`{is}` is an outcome, to which rules lead: count votes for {}", choice_names.join(", "));
        (is, help)
    };
    let names = Vocabulary {
        elsewhere: r.names.outcomes(&name).into_iter().map(outcome).collect(),
        choices: named.iter().chain(&abstention).cloned().collect(),
        candidates,
        classes: electors.as_ref().map(|electors| electors.counted(r)).unwrap_or_default(),
        answers: answer.is_some(),
        ..Vocabulary::default()
    };
    let early = fields.get("early").map_or(Some(Early::Never), |item| early_of(r, &item, &names));
    let extend = fields.get("extend").map_or(Some(None), |item| extend_of(r, &item).map(Some));
    let quorum = fields.get("quorum").and_then(|item| rule(r, &item, &names));
    let outcomes = fields.need(r, "outcomes", "outcomes = [ { is = \"…\", if = \"…\" }, …, { is = \"…\" } ]");
    let outcomes = outcomes.and_then(|item| outcomes_of(r, &item, &names));
    r.reading(&mut fields);
    fields.close(r);
    let Electors { panel, classes, less, abstain } = electors?;
    Some(Ballot {
        name,
        question: question?,
        panel,
        classes,
        less,
        abstain,
        choices,
        among: if candidates { Among::Electors } else { Among::Named },
        answer: match answer {
            None => None,
            Some(answer) => Some(answer?),
        },
        abstention,
        attach,
        open_for: open_for?,
        excluded,
        change: change?,
        early: early?,
        extend: extend?,
        sealed: match sealed {
            None => None,
            Some(sealed) => Some(sealed?),
        },
        leaver_stands: leaver_stands?,
        new_evidence: new_evidence?,
        per_affiliation: per_affiliation?,
        positions: positions?,
        quorum,
        outcomes: outcomes?,
    })
}

/// `choices = "electors"`: who votes is also who can be chosen.
const CANDIDATES: &str = "electors";

const NEW_EVIDENCE: [(&str, NewEvidence); 4] = [
    ("refused", NewEvidence::Refused),
    ("votes stand", NewEvidence::VotesStand),
    ("votes lapse", NewEvidence::VotesLapse),
    ("votes to reaffirm", NewEvidence::VotesToReaffirm),
];
/// What can put the closing off.
const EXTENDED_BY: [(&str, ExtendOn); 4] = [
    ("quorum", ExtendOn::Quorum),
    ("no-quorum", ExtendOn::NoQuorum),
    ("vote", ExtendOn::Vote),
    ("evidence", ExtendOn::Evidence),
];
/// Who may be left out of the electors.
const EXCLUSIONS: [(&str, Exclusion); 3] =
    [("recused", Exclusion::Recused), ("subject", Exclusion::Subject), ("obliged", Exclusion::Obliged)];

/// `{ of = "experts", in = "independent", less = ["recused"], abstain = ["obliged"] }`.
struct Electors {
    panel: Id,
    classes: Vec<Id>,
    less: Vec<Exclusion>,
    abstain: Vec<Exclusion>,
}

impl Electors {
    /// The classes that a rule can count: those whose seats vote.
    fn counted(&self, r: &Reader<'_>) -> Vec<Id> {
        if self.classes.is_empty() { r.names.classes(&self.panel) } else { self.classes.clone() }
    }
}

fn electors_of(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Electors> {
    let mut fields = item.table(r)?;
    let of = fields.need(r, "of", "Name the panel whose filled seats vote: of = \"…\"").and_then(|item| {
        let panels = r.names.panels();
        r.known(&item, "panel", &panels)
    });
    let known = of.as_ref().map(|panel| r.names.classes(panel)).unwrap_or_default();
    let classes =
        fields.get("in").map(|item| r.each_once(&item, |r, member| r.known(member, "class", &known)));
    let less = fields.get("less").map(|item| r.each_once(&item, |r, member| member.word(r, &EXCLUSIONS)));
    let less = less.unwrap_or_default();
    let named = fields.get("abstain");
    let obliged = [("obliged", Exclusion::Obliged)];
    let abstain = named.as_ref().map(|item| r.each_once(item, |r, member| member.word(r, &obliged)));
    if let Some(item) = named.filter(|_| less.contains(&Exclusion::Obliged)) {
        let help = "Either they are no electors (less), or electors who abstain (abstain): keep one";
        r.error(&item.key, "whoever is obliged is left out of the electors already", help);
    }
    fields.close(r);
    let (classes, abstain) = (classes.unwrap_or_default(), abstain.unwrap_or_default());
    Some(Electors { panel: of?, classes, less, abstain })
}

fn choice(r: &mut Reader<'_>, item: &Item<'_>, answered: bool) -> Option<Id> {
    let name = item.id(r)?;
    let kept = KEPT.contains(&name.as_str()) || answered && ANSWER_WORDS.contains(&name.as_str());
    if kept || starts_with_digit(&name) {
        let help = "Rules read this word otherwise: choose another name, starting with a letter";
        return r.refuse(&item.span(), format!("no choice can be called `{name}`"), help);
    }
    Some(name)
}

/// `{ on = "quorum", in-last = "1 hour", by = "1 day", at-most = 1 }`.
fn extend_of(r: &mut Reader<'_>, item: &Item<'_>) -> Option<Extend> {
    let mut fields = item.table(r)?;
    let late = extended_by(r, &mut fields);
    let by = fields.need(r, "by", "Say by how much: by = \"1 day\"");
    let by = by.and_then(|item| item.some_time(r, "Say by how much: by = \"1 day\""));
    let at_most = match late {
        Some((ExtendOn::NoQuorum, _)) => {
            fields.need(r, "at-most", "Say how often, or it would never close: at-most = 1")
        }
        _ => fields.get("at-most"),
    };
    let at_most = at_most.map_or(Some(None), |item| item.number(r, 1, 1_000).map(Some));
    fields.close(r);
    let (on, in_last) = late?;
    Some(Extend { on, in_last, by: by?, at_most: at_most? })
}

/// What puts the closing off, and how near it that has to come; that there is no quorum is asked at the closing.
fn extended_by(r: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<(ExtendOn, Option<Span>)> {
    let on = fields.need(
        r,
        "on",
        "Say what puts the closing off: on = \"vote\", \"quorum\", \"no-quorum\" or \"evidence\"",
    );
    let on = on.and_then(|item| item.word(r, &EXTENDED_BY));
    if on == Some(ExtendOn::NoQuorum) {
        let Some(item) = fields.get("in-last") else { return Some((ExtendOn::NoQuorum, None)) };
        let help = "Leave it out: whether there is a quorum is asked at the closing";
        return r.refuse(&item.span(), "`in-last` does not go with `no-quorum`", help);
    }
    let item = fields.need(r, "in-last", "Say how long before closing: in-last = \"1 hour\"")?;
    let in_last = item.some_time(r, "Nothing comes in no time: in-last = \"1 hour\"")?;
    Some((on?, Some(in_last)))
}

fn early_of(r: &mut Reader<'_>, item: &Item<'_>, names: &Vocabulary) -> Option<Early> {
    match item.raw(r)? {
        "never" => Some(Early::Never),
        "all voted" => Some(Early::AllVoted),
        "certain" => Some(Early::Certain),
        "confirmed" => Some(Early::Confirmed),
        _ => rule(r, item, names).map(Early::When),
    }
}

/// A rule, with the caret under the very word that is wrong.
pub(super) fn rule(r: &mut Reader<'_>, item: &Item<'_>, names: &Vocabulary) -> Option<Rule> {
    let raw = item.raw(r)?;
    match Rule::parse(raw, names) {
        Ok(rule) => Some(rule),
        Err(fault) => {
            let at = item.inside(r, &fault.at);
            r.refuse(&at, format!("in this rule: {}", fault.message), fault.help)
        }
    }
}
