//! A ballot: who were its electors, how it was counted, who stood where and why.

use serde::Serialize;

use super::panel::{end, seated};
use super::{Part, Row, Section, Sources, documents, told};
use crate::engine::ballot::BallotRun;
use crate::engine::case::{Case, Obligation};
use crate::engine::count::Table;
use crate::engine::margin::Margin;
use crate::statement::BallotRef;
use crate::values::{Digest, Id, Instant};
use crate::workflow::model::{Ballot, Bound, Comparison, Counted as TermOf, Decides, Positions, Rule, Term};

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
    /// The entry that closed it early.
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
    pub margin: Option<Margins>,
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
    fn with_unit(&self) -> String {
        with_unit(&self.is, self.unit.as_deref())
    }
}

fn with_unit(answer: &Id, unit: Option<&str>) -> String {
    unit.map_or_else(|| answer.to_string(), |unit| format!("{answer} {unit}"))
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
    /// Whether it held.
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

/// The margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Margins {
    /// So many votes would have to differ.
    Votes(u32),
    /// No votes of these electors would give another outcome.
    None,
    /// The outcome also depends on when votes came.
    Timed,
    /// There are more ways than are searched.
    NotSearched,
}

/// The count of a ballot, once it has closed.
pub(super) fn counted(run: &BallotRun) -> Option<Counted> {
    let rules = run.rules()?;
    let end = run.closed.as_ref()?;
    let table = run.table(rules);
    let weighed = |outcome: Option<&Id>, rule: Option<&Rule>, held_since| Weighed {
        outcome: outcome.cloned(),
        rule: rule.map(|rule| rule.text.clone()),
        holds: rule.is_none_or(|rule| table.holds(rule)),
        held_since,
        comparisons: rule.into_iter().flat_map(|rule| &rule.all).map(|it| compared(&table, it)).collect(),
    };
    let outcomes = rules.outcomes.iter().enumerate();
    let outcomes = outcomes
        .map(|(place, it)| weighed(Some(&it.is), it.rule_after(run.eased), run.held.get(&place).copied()));
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
        votes: rules
            .choices
            .iter()
            .chain(table.answers().iter().map(|(answer, _)| answer))
            .chain(&rules.abstention)
            .map(|choice| tallied(run, &table, choice))
            .collect(),
        quorum: rules.quorum.as_ref().map(|rule| weighed(None, Some(rule), None)),
        outcomes: outcomes.collect(),
        margin: (end.outcome.is_some() && rules.positions == Positions::Told).then(|| {
            match run.margin(rules) {
                Margin::Votes(votes) => Margins::Votes(votes),
                Margin::None => Margins::None,
                Margin::Timed => Margins::Timed,
                Margin::NotSearched => Margins::NotSearched,
            }
        }),
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
    for term in comparison.amount.iter().chain(terms_of(&comparison.bound)) {
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

fn terms_of(bound: &Bound) -> Vec<&Term> {
    match bound {
        Bound::Number(_) => Vec::new(),
        Bound::Share { of, .. } | Bound::Times { of, .. } => of.iter().collect(),
        Bound::Lesser(a, b) => terms_of(a).into_iter().chain(terms_of(b)).collect(),
    }
}

/// What a report says of one round of a ballot.
pub(super) fn sections(
    sources: &Sources<'_>,
    case: &Case,
    run: &BallotRun,
    counts: &[Counted],
) -> Vec<Section> {
    let Some(rules) = run.rules() else { return Vec::new() };
    let mut sections = vec![electors(sources, case, run)];
    if let Some(counted) = counts.iter().find(|counted| counted.ballot == run.id) {
        sections.push(count(run, rules, counted));
        if rules.positions == Positions::Told {
            sections.push(positions(sources, run, rules, counted));
        }
    } else {
        let mut open = Section::new(format!("The count of {}", run.id));
        open.say(
            format!("The ballot is open until {}; it has not been counted.", told(run.until(rules))),
            [],
        );
        sections.push(open);
    }
    sections
}

fn electors(sources: &Sources<'_>, case: &Case, run: &BallotRun) -> Section {
    let mut section = Section::new(format!("The electors of {}", run.id));
    let names: Vec<String> =
        run.electors.iter().map(|(seat, it)| format!("{seat} ({})", it.person)).collect();
    section.say(
        format!(
            "When the ballot opened, {}, {} could vote: {}.",
            told(run.opened),
            count_of(run.electors.len(), "elector"),
            if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
        ),
        run.electors.iter().flat_map(|(seat, elector)| taken(sources, case, seat, &elector.person)),
    );
    for (seat, cast) in run.obliged.iter() {
        let obliged = case.obliged.get(seat).map(Obligation::words).unwrap_or_default();
        section.say(format!("{seat} counts as abstaining, {obliged}."), Some(cast.done.entry));
    }
    for (seat, reason) in run.excluded.iter() {
        let recused = case.recused.get(seat).map(|recusal| recusal.done.entry);
        let entry = recused.or_else(|| case.obliged.get(seat).map(|obliged| obliged.done.entry));
        section.say(format!("{seat} was not an elector: {}.", end(reason)), entry);
    }
    for (seat, left) in &run.left {
        let vote = match (run.votes.contains_key(seat), left.vote_stands) {
            (true, true) => "the vote cast before stands",
            (true, false) => "the vote cast before does not count",
            (false, _) => "no vote had been cast",
        };
        section.say(
            format!(
                "{seat} left while it was open, {}: {}; {vote}, and the number of electors stays.",
                told(left.at),
                left.reason.words()
            ),
            left.entry,
        );
    }
    section
}

/// The entries by which whoever was an elector took the seat, where the same person still sits there.
fn taken(sources: &Sources<'_>, case: &Case, seat: &Id, person: &str) -> Vec<u64> {
    let seats = sources.state.panel_of(case).map(|(_, seats)| seats);
    let nominee = seats.and_then(|seats| seats.seats.get(seat)?.nominee.as_ref());
    nominee.filter(|nominee| nominee.person == person).map(seated).unwrap_or_default()
}

fn count_of(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn count(run: &BallotRun, rules: &Ballot, counted: &Counted) -> Section {
    let mut section = Section::new(format!("The count of {}", run.id));
    let weighs = counted.votes.iter().any(|it| u64::try_from(it.heads).ok() != Some(it.weight));
    let rows = counted.votes.iter().map(|Tallied { choice, heads, weight }| {
        let named = rules.choices.iter().chain(&rules.abstention).any(|it| it == choice);
        let unit = rules.answer.as_ref().filter(|_| !named).and_then(|answer| answer.unit.as_deref());
        let mut cells = vec![with_unit(choice, unit), heads.to_string()];
        cells.extend(weighs.then(|| weight.to_string()));
        // Whose votes they are follows from the entries.
        let votes =
            run.counting().filter(|(_, cast)| rules.positions == Positions::Told && cast.choice == *choice);
        Row { cells, entries: votes.map(|(_, cast)| cast.done.entry).collect() }
    });
    let columns = if weighs { vec!["choice", "votes", "counting for"] } else { vec!["choice", "votes"] };
    section.table(columns, rows.collect());
    if let Some(quorum) = &counted.quorum {
        section.say(worked("Quorum", quorum), []);
    }
    for outcome in &counted.outcomes {
        let name = outcome.outcome.as_ref().map_or_else(String::new, ToString::to_string);
        section.say(worked(&format!("Outcome “{name}”"), outcome), []);
    }
    let by = if counted.closed_by.is_some() { " before its time" } else { "" };
    match &counted.outcome {
        Some(outcome) => section.say(
            format!("The ballot closed {}{by}. Its outcome is “{outcome}”.", told(counted.closed)),
            counted.closed_by,
        ),
        None => section.say(
            format!("The case went on {} before the ballot had an outcome.", told(counted.closed)),
            counted.closed_by,
        ),
    }
    if let Some(answer) = &counted.answer {
        let how = match rules.answer.as_ref().map(|answer| answer.decides) {
            Some(Decides::Leading) => "the one that most gave",
            _ => "the one in the middle by weight, of two in the middle the lower",
        };
        section.say(format!("The answer is {}: {how}.", answer.with_unit()), counted.closed_by);
    }
    if let Some(margin) = counted.margin {
        section.say(in_words(margin), []);
    }
    section
}

fn in_words(margin: Margins) -> String {
    let differ = "A vote differs if it is cast otherwise, or not at all, or by an elector who cast none.";
    match margin {
        Margins::Votes(1) => format!("The outcome would be another if 1 vote differed. {differ}"),
        Margins::Votes(votes) => {
            format!("The outcome would be another if {votes} votes differed, and not with fewer. {differ}")
        }
        Margins::None => format!("No votes of these electors would give another outcome. {differ}"),
        Margins::Timed => {
            "No margin is given: the outcome depends on when votes came, and not only on what they were."
                .to_owned()
        }
        Margins::NotSearched => {
            "No margin is given: there are too many ways in which the votes could fall.".to_owned()
        }
    }
}

/// `Outcome “verified”, “met >= 2/3 of electors”: met is 5, electors is 7; 5 >= 14/3 holds.`
fn worked(what: &str, weighed: &Weighed) -> String {
    let Some(rule) = &weighed.rule else { return format!("{what}: otherwise.") };
    let comparisons = weighed.comparisons.iter().map(|it| {
        let counted: Vec<String> =
            it.counted.iter().map(|(what, number)| format!("{what} is {number}")).collect();
        let holds = if it.holds { "holds" } else { "does not hold" };
        match &it.bound {
            Some(bound) => format!("{}; {} {} {bound} {holds}", counted.join(", "), it.amount, it.by),
            None => format!("{}; a share of nothing never holds", counted.join(", ")),
        }
    });
    let held =
        weighed.held_since.map_or_else(String::new, |since| format!(" It had held since {}.", told(since)));
    format!("{what}, “{rule}”: {}.{held}", comparisons.collect::<Vec<_>>().join("; and "))
}

/// Who voted how, the documents that the votes carry, and who was in the minority.
fn positions(sources: &Sources<'_>, run: &BallotRun, rules: &Ballot, counted: &Counted) -> Section {
    let mut section = Section::new(format!("Positions and reasons in {}", run.id));
    let mut carried: Vec<Part> = Vec::new();
    let rows = run.electors.iter().map(|(seat, elector)| {
        let Some(cast) = run.votes.get(seat) else {
            let obliged = run.obliged.get(seat);
            let vote = if obliged.is_some() { "obliged to abstain" } else { "did not vote" };
            let cells = vec![seat.to_string(), elector.person.clone(), vote.to_owned(), String::new()];
            return Row { cells, entries: obliged.iter().map(|cast| cast.done.entry).collect() };
        };
        let counts = if run.counts(seat) { "" } else { " (does not count)" };
        let documents = documents(sources, cast.done.entry);
        let names: Vec<String> = documents.iter().map(|(name, digest)| format!("{name} {digest}")).collect();
        if let Some(texts) = &sources.documents {
            carried.extend(documents.iter().map(|(name, digest)| Part::Document {
                of: format!("{name} of {seat} ({}), who voted {}", elector.person, cast.choice),
                document: *digest,
                text: texts.get(digest).cloned(),
            }));
        }
        let cells = vec![
            seat.to_string(),
            elector.person.clone(),
            format!("{}{counts}", cast.choice),
            names.join(", "),
        ];
        Row { cells, entries: vec![cast.done.entry] }
    });
    let rows: Vec<Row> = rows.collect();
    section.table(vec!["seat", "person", "vote", "documents"], rows);
    // Between answers there is a nearer and a further, and no majority.
    if rules.answer.is_none() {
        minority(&mut section, run, rules, counted);
    }
    section.parts.append(&mut carried);
    section
}

fn minority(section: &mut Section, run: &BallotRun, rules: &Ballot, counted: &Counted) {
    let choices = || counted.votes.iter().filter(|tallied| rules.choices.contains(&tallied.choice));
    let Some(most) = choices().map(|tallied| tallied.weight).max().filter(|most| *most > 0) else { return };
    let leading: Vec<&Id> = choices().filter(|it| it.weight == most).map(|it| &it.choice).collect();
    let [leading] = leading.as_slice() else {
        section.say("No choice has more votes than every other, so no opinion is that of a minority.", []);
        return;
    };
    let others =
        run.counting().filter(|(_, cast)| cast.choice != **leading && rules.choices.contains(&cast.choice));
    let others: Vec<_> = others.collect();
    let names: Vec<String> = others.iter().map(|(seat, cast)| format!("{seat} ({})", cast.choice)).collect();
    let entries = others.iter().map(|(_, cast)| cast.done.entry);
    if names.is_empty() {
        section.say(format!("Every vote is for “{leading}”: there is no minority opinion."), []);
    } else {
        section.say(
            format!("Most votes are for “{leading}”; of another opinion: {}.", names.join(", ")),
            entries,
        );
    }
}
