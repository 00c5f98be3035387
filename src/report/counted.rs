//! How a ballot that has closed was counted: the figures, each the engine's.

use serde::Serialize;

use crate::engine::ballot::{BallotRun, holds};
use crate::engine::count::Table;
use crate::engine::margin::Margin;
use crate::statement::BallotRef;
use crate::values::{Digest, Id, Instant};
use crate::workflow::model::{Comparison, Counted as TermOf, Positions, Rule, Term};

/// A closed ballot and its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counted {
    /// The round of the ballot.
    pub ballot: BallotRef,
    /// The question in words.
    pub question: String,
    /// The SHA-256 of its paper.
    pub paper: Digest,
    /// When it opened.
    pub opened: Instant,
    /// When it closed.
    pub closed: Instant,
    /// The entry that closed it; absent where time alone did.
    pub closed_by: Option<u64>,
    /// The outcome; absent where the case left the state before there was one.
    pub outcome: Option<Id>,
    /// The number, date or text that the outcome gives, and how it came; absent where it gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
    /// How many electors there were, by head.
    pub electors: usize,
    /// The votes that count, by choice, then by answer; the abstention is the last.
    pub votes: Vec<Tallied>,
    /// The quorum.
    pub quorum: Option<Weighed>,
    /// The outcomes in order: the first whose rule held is the outcome.
    pub outcomes: Vec<Weighed>,
    /// How near it was.
    pub margin: Option<Margin>,
}

/// The answer of a ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The answer.
    pub is: Id,
    /// What a number counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `median` or `leading`.
    pub decides: &'static str,
}

impl Answered {
    /// `1100 EUR`.
    pub(super) fn with_unit(&self) -> String {
        self.unit.as_ref().map_or_else(|| self.is.to_string(), |unit| format!("{} {unit}", self.is))
    }
}

impl Counted {
    /// `“verified” (verification#1/finding#1)`, with the answer where there is one.
    pub(super) fn in_short(&self) -> Option<String> {
        let outcome = self.outcome.as_ref()?;
        let answer = self.answer.as_ref().map_or_else(String::new, |it| format!(", {}", it.with_unit()));
        Some(format!("“{outcome}”{answer} ({})", self.ballot))
    }
}

/// A choice or an answer, and its votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tallied {
    /// The choice.
    pub choice: Id,
    /// How many electors chose it.
    pub heads: usize,
    /// What their votes come to, by weight, and where identical ones of one affiliation count as one, so.
    pub weight: u64,
}

/// A rule and how it was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Weighed {
    /// The outcome whose rule it is; absent for the quorum.
    pub outcome: Option<Id>,
    /// The rule in force at the closing, in words; absent for "otherwise".
    pub rule: Option<String>,
    /// Whether it held; of an outcome that gives something, whether the votes came to that as well.
    pub holds: bool,
    /// Since when it had held, where it must last.
    pub held_since: Option<Instant>,
    /// Its comparisons, all of which had to hold.
    pub comparisons: Vec<Compared>,
}

/// A comparison and its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// In words.
    pub comparison: String,
    /// Everything that it counts, in words, and how many that was.
    pub counted: Vec<(String, u64)>,
    /// What its left side came to.
    pub amount: u64,
    /// How they were compared.
    pub by: String,
    /// What its right side came to, as an exact fraction; absent for a share of nothing.
    pub bound: Option<String>,
    /// Whether it held.
    pub holds: bool,
}

/// The count of a ballot, once it has closed.
pub(super) fn counted(run: &BallotRun) -> Option<Counted> {
    let rules = run.rules()?;
    let end = run.closed.as_ref()?;
    let table = run.table(rules);
    let weighed = |outcome: Option<&Id>, rule: Option<&Rule>, holds, held_since| Weighed {
        outcome: outcome.cloned(),
        rule: rule.map(|rule| rule.text.clone()),
        holds,
        held_since,
        comparisons: rule.into_iter().flat_map(|rule| &rule.all).map(|it| compared(&table, it)).collect(),
    };
    let outcomes = rules.outcomes.iter().enumerate().map(|(place, it)| {
        let holds = holds(it, &table, run.eased);
        weighed(Some(&it.is), it.rule_after(run.eased), holds, run.held.get(&place).copied())
    });
    Some(Counted {
        ballot: run.id.clone(),
        question: rules.question.clone(),
        paper: run.paper,
        opened: run.opened,
        closed: end.at,
        closed_by: end.entry,
        outcome: end.outcome.clone(),
        answer: run.answer(rules).zip(rules.answer.as_ref()).map(|(is, asked)| Answered {
            is,
            unit: asked.unit.clone(),
            decides: asked.decides.word(),
        }),
        electors: run.electors.len(),
        votes: run
            .choices(rules)
            .chain(table.answers().iter().map(|(answer, _)| answer))
            .chain(&rules.abstention)
            .map(|choice| tallied(run, &table, choice))
            .collect(),
        quorum: rules.quorum.as_ref().map(|rule| weighed(None, Some(rule), table.holds(rule), None)),
        outcomes: outcomes.collect(),
        margin: (end.outcome.is_some() && rules.positions == Positions::Told).then(|| run.margin(rules)),
    })
}

fn tallied(run: &BallotRun, table: &Table, choice: &Id) -> Tallied {
    let heads = run.counting().filter(|(_, cast)| cast.choice == *choice).count();
    let weight = table.term(&Term { counted: TermOf::Choice(choice.clone()), heads: false, class: None });
    Tallied { choice: choice.clone(), heads, weight }
}

fn compared(table: &Table, comparison: &Comparison) -> Compared {
    let working = table.working(comparison);
    let mut terms: Vec<&Term> = Vec::new();
    for term in comparison.amount.iter().chain(comparison.bound.terms()) {
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    Compared {
        comparison: comparison.to_string(),
        counted: terms.into_iter().map(|term| (term.to_string(), table.term(term))).collect(),
        amount: working.amount,
        by: comparison.op.to_string(),
        bound: working.bound.map(|bound| bound.to_string()),
        holds: working.holds,
    }
}
