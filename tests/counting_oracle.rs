//! Counting against an oracle that goes through the ballots one by one: random panels, votes and rules in
//! every form of the grammar; early closing against every way in which the votes could still fall; and the
//! one counting function against a list from which doubles are struck by hand.
//!
//! The oracle shares nothing with the engine but the rule's text, which it writes and the engine reads.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

#[path = "shared/cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;
use quorate::engine::ballot::{certain, outcome};
use quorate::engine::count::{Marks, Standing, Table, heads, marks};
use quorate::engine::margin::{Margin, margin};
use quorate::values::{Id, Span};
use quorate::workflow::model::{self, Answer, AnswerKind, Ballot, Decides, Early, Outcome, Rule};
use quorate::workflow::rule::Vocabulary;

const CHOICES: [&str; 3] = ["met", "not-met", "other"];
const ABSTAIN: usize = CHOICES.len();
const CLASSES: [&str; 2] = ["independent", "dealer"];
const AFFILIATIONS: [&str; 2] = ["acme", "bolt"];

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

/// One seat and what became of it.
#[derive(Debug, Clone)]
struct Person {
    class: Option<usize>,
    weight: u32,
    /// For whom the person works; makes a difference where the ballot says so.
    affiliation: Option<usize>,
    /// Somebody sits there.
    filled: bool,
    /// Sits there and stays out of the case.
    recused: bool,
    /// A place in `CHOICES`, or `ABSTAIN`; only an elector's counts.
    vote: Option<usize>,
}

impl Person {
    fn elector(&self) -> bool {
        self.filled && !self.recused
    }

    fn voted(&self) -> Option<usize> {
        self.vote.filter(|_| self.elector())
    }
}

// The oracle's own rules: what is generated, written as text, and worked out by hand.

#[derive(Debug, Clone)]
enum What {
    Vote(usize),
    Votes,
    Participating,
    Electors,
    Seats,
    Filled,
    Leading,
}

#[derive(Debug, Clone)]
struct Piece {
    heads: bool,
    what: What,
    class: Option<usize>,
}

#[derive(Debug, Clone)]
enum Limit {
    Number(u64),
    Share(u64, u64, Vec<Piece>),
    Percent(u64, Vec<Piece>),
    Times(u64, Vec<Piece>),
    Sum(Vec<Piece>),
    Lesser(Box<Limit>, Box<Limit>),
}

#[derive(Debug, Clone)]
struct Law(Vec<(Vec<Piece>, &'static str, Limit)>);

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Vote(ABSTAIN) => "abstain",
            What::Vote(choice) => CHOICES[choice],
            What::Votes => "votes",
            What::Participating => "participating",
            What::Electors => "electors",
            What::Seats => "seats",
            What::Filled => "filled",
            What::Leading => "leading",
        };
        write!(f, "{}{what}", if self.heads { "heads of " } else { "" })?;
        self.class.map_or(Ok(()), |class| write!(f, " in {}", CLASSES[class]))
    }
}

fn sum(pieces: &[Piece]) -> String {
    pieces.iter().map(Piece::to_string).collect::<Vec<_>>().join(" + ")
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Share(above, below, of) => write!(f, "{above}/{below} of {}", sum(of)),
            Self::Percent(percent, of) => write!(f, "{percent}% of {}", sum(of)),
            Self::Times(times, of) => write!(f, "{times} times {}", sum(of)),
            Self::Sum(of) => f.write_str(&sum(of)),
            Self::Lesser(a, b) => write!(f, "lesser of {a} and {b}"),
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |(amount, op, limit): &(Vec<Piece>, &str, Limit)| format!("{} {op} {limit}", sum(amount));
        f.write_str(&self.0.iter().map(one).collect::<Vec<_>>().join(" and "))
    }
}

/// How often a person counts under a piece, leaving out what it is a vote for.
fn share_of(person: &Person, piece: &Piece) -> i128 {
    if piece.class.is_some() && piece.class != person.class {
        0
    } else if piece.heads {
        1
    } else {
        i128::from(person.weight)
    }
}

/// Strikes out who votes as a colleague of at least that share does, one by one.
fn merged(people: &[Person], piece: &Piece) -> Vec<Person> {
    let mut people: Vec<Person> =
        people.iter().filter(|person| share_of(person, piece) > 0).cloned().collect();
    let mut seen = 0;
    while seen < people.len() {
        let person = people[seen].clone();
        let colleague = (0..people.len()).find(|other| {
            *other != seen
                && person.voted().is_some()
                && people[*other].voted() == person.voted()
                && person.affiliation.is_some()
                && people[*other].affiliation == person.affiliation
        });
        match colleague {
            None => seen += 1,
            Some(other) => {
                let lighter =
                    if share_of(&people[other], piece) < share_of(&person, piece) { other } else { seen };
                people.remove(lighter);
                seen = 0;
            }
        }
    }
    people
}

fn counted(people: &[Person], pieces: &[Piece]) -> i128 {
    let mut total = 0;
    for piece in pieces {
        let people = match piece.what {
            What::Electors | What::Seats | What::Filled => people.to_vec(),
            _ => merged(people, piece),
        };
        let mut of_choice = [0; ABSTAIN];
        for person in &people {
            let share = share_of(person, piece);
            let voted = person.voted();
            let counts = match piece.what {
                What::Vote(choice) => voted == Some(choice),
                What::Votes => voted.is_some_and(|choice| choice != ABSTAIN),
                What::Participating => voted.is_some(),
                What::Electors => person.elector(),
                What::Seats => true,
                What::Filled => person.filled,
                What::Leading => {
                    if let Some(votes) = voted.and_then(|choice| of_choice.get_mut(choice)) {
                        *votes += share;
                    }
                    false
                }
            };
            if counts {
                total += share;
            }
        }
        total += of_choice.into_iter().max().unwrap();
    }
    total
}

/// The limit as a fraction, above and below the line; none where it is a fraction of nothing.
fn limit(people: &[Person], of: &Limit) -> Option<(i128, i128)> {
    match of {
        Limit::Number(number) => Some((i128::from(*number), 1)),
        Limit::Share(above, below, of) => {
            fraction(i128::from(*above), i128::from(*below), counted(people, of))
        }
        Limit::Percent(percent, of) => fraction(i128::from(*percent), 100, counted(people, of)),
        Limit::Times(times, of) => Some((i128::from(*times) * counted(people, of), 1)),
        Limit::Sum(of) => Some((counted(people, of), 1)),
        Limit::Lesser(a, b) => {
            let (a, b) = (limit(people, a)?, limit(people, b)?);
            Some(if a.0 * b.1 < b.0 * a.1 { a } else { b })
        }
    }
}

fn fraction(above: i128, below: i128, of: i128) -> Option<(i128, i128)> {
    if of == 0 { None } else { Some((above * of, below)) }
}

fn lawful(people: &[Person], law: &Law) -> bool {
    law.0.iter().all(|(amount, op, of)| {
        let Some((above, below)) = limit(people, of) else { return false };
        let difference = counted(people, amount) * below - above;
        match *op {
            ">" => difference > 0,
            ">=" => difference >= 0,
            "=" => difference == 0,
            "<" => difference < 0,
            _ => difference <= 0,
        }
    })
}

// The engine's side.

fn vocabulary() -> Vocabulary {
    Vocabulary {
        choices: CHOICES.iter().chain(&["abstain"]).map(|name| id(name)).collect(),
        classes: CLASSES.iter().map(|name| id(name)).collect(),
        events: Vec::new(),
        outcomes: Vec::new(),
        answers: false,
        candidates: false,
        subject: false,
        elsewhere: Vec::new(),
    }
}

fn read(law: &Law) -> Rule {
    Rule::parse(&law.to_string(), &vocabulary()).unwrap_or_else(|fault| panic!("{law}: {fault}"))
}

fn choice(vote: usize) -> Id {
    id(CHOICES.get(vote).unwrap_or(&"abstain"))
}

fn standing(person: &Person) -> Standing {
    Standing {
        class: person.class.map(|class| id(CLASSES[class])),
        weight: person.weight,
        affiliation: person.affiliation.map(|name| id(AFFILIATIONS[name])),
    }
}

fn table(people: &[Person], ballot: &Ballot) -> Table {
    let all = || people.iter().enumerate();
    let electors = all().filter(|(_, person)| person.elector());
    let votes = all().filter_map(|(seat, person)| Some((seat, choice(person.vote?))));
    let filled = all().filter(|(_, person)| person.filled).map(|(seat, _)| (seat, ()));
    Table::of_ballot(
        ballot,
        marks(electors.map(|(seat, person)| (seat, standing(person))), votes),
        marks(all().map(|(seat, person)| (seat, standing(person))), filled).into(),
    )
}

/// A law, and the outcome to which it leads. Several may lead to one, and one to what happens otherwise.
type Led = (Law, &'static str);

fn led() -> impl Strategy<Value = Led> {
    (law(), select(vec!["this", "that", "third", "otherwise"]))
}

fn ballot(quorum: Option<&Law>, laws: &[Led]) -> Ballot {
    let mut outcomes: Vec<Outcome> = laws
        .iter()
        .map(|(law, is)| Outcome {
            is: id(is),
            rule: Some(read(law)),
            lasting: None,
            eases: Vec::new(),
            gives: None,
        })
        .collect();
    outcomes.push(Outcome { is: id("otherwise"), rule: None, lasting: None, eases: Vec::new(), gives: None });
    Ballot {
        name: id("finding"),
        question: "Is it met?".to_owned(),
        panel: id("experts"),
        classes: Vec::new(),
        less: Vec::new(),
        abstain: Vec::new(),
        choices: CHOICES.iter().map(|name| id(name)).collect(),
        among: model::Among::Named,
        answer: None,
        abstention: Some(id("abstain")),
        attach: Vec::new(),
        open_for: Span::from_seconds(60).into(),
        excluded: false,
        change: model::Change::Never,
        early: Early::Certain,
        extend: None,
        sealed: None,
        leaver_stands: false,
        new_evidence: model::NewEvidence::VotesStand,
        per_affiliation: false,
        positions: model::Positions::Told,
        quorum: quorum.map(read),
        outcomes,
    }
}

/// The outcome by hand: no quorum, or the first law that holds, or otherwise.
fn decided(people: &[Person], quorum: Option<&Law>, laws: &[Led]) -> &'static str {
    if quorum.is_some_and(|quorum| !lawful(people, quorum)) {
        return "no-quorum";
    }
    laws.iter().find(|(law, _)| lawful(people, law)).map_or("otherwise", |(_, is)| is)
}

// What is tried.

fn person(weights: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = Person> {
    let vote = prop::option::weighted(0.7, 0..=ABSTAIN);
    (prop::option::of(0..CLASSES.len()), weights, prop::bool::weighted(0.9), prop::bool::weighted(0.1), vote)
        .prop_map(|(class, weight, filled, recused, vote)| Person {
            class,
            weight,
            affiliation: None,
            filled,
            recused,
            vote,
        })
}

/// As `person`, working for somebody or not, where the ballot counts one per affiliation; otherwise for nobody.
fn employed(people: Vec<Person>, employers: Option<Vec<Option<usize>>>) -> Vec<Person> {
    let mut employers = employers.unwrap_or_default().into_iter();
    let employed = |person| Person { affiliation: employers.next().flatten(), ..person };
    people.into_iter().map(employed).collect()
}

fn employers() -> impl Strategy<Value = Option<Vec<Option<usize>>>> {
    let one = prop::option::weighted(0.8, 0..AFFILIATIONS.len());
    prop::option::of(prop::collection::vec(one, 30))
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    // Few different weights, so that groups form; sometimes all the same; sometimes the largest that there is.
    let people = prop_oneof![
        prop::collection::vec(person(1..=3), 0..12),
        prop::collection::vec(person(1..=1), 0..12),
        prop::collection::vec(person(999_999..=1_000_000), 0..30),
    ];
    (people, employers()).prop_map(|(people, employers)| employed(people, employers))
}

fn piece() -> impl Strategy<Value = Piece> {
    let what = prop_oneof![
        4 => (0..=ABSTAIN).prop_map(What::Vote),
        1 => Just(What::Votes),
        1 => Just(What::Participating),
        1 => Just(What::Electors),
        1 => Just(What::Seats),
        1 => Just(What::Filled),
        1 => Just(What::Leading),
    ];
    let class = prop::option::weighted(0.3, 0..CLASSES.len());
    (prop::bool::weighted(0.2), what, class).prop_map(|(heads, what, class)| Piece { heads, what, class })
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    prop::collection::vec(piece(), 1..4)
}

fn limits() -> impl Strategy<Value = Limit> {
    let number = prop_oneof![4 => 0..12_u64, 1 => Just(1_000_000_000_000), 1 => 900_000..4_000_000_u64];
    let part = || prop_oneof![6 => 1..7_u64, 1 => Just(1_000_000)];
    let leaf = prop_oneof![
        number.prop_map(Limit::Number),
        (part(), part(), pieces()).prop_map(|(a, b, of)| Limit::Share(a, b, of)),
        (1..=120_u64, pieces()).prop_map(|(percent, of)| Limit::Percent(percent, of)),
        (part(), pieces()).prop_map(|(times, of)| Limit::Times(times, of)),
        pieces().prop_map(Limit::Sum),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        (inner.clone(), inner).prop_map(|(a, b)| Limit::Lesser(Box::new(a), Box::new(b)))
    })
}

fn law() -> impl Strategy<Value = Law> {
    let op = select(vec![">", ">=", "=", "<", "<="]);
    prop::collection::vec((pieces(), op, limits()), 1..3).prop_map(Law)
}

proptest! {
    #![proptest_config(cases::config(2_000))]

    #[test]
    fn a_rule_holds_where_the_ballots_counted_one_by_one_say_so(people in people(), law in law()) {
        let ballot = ballot(None, &[]);
        let rule = read(&law);
        let table = table(&people, &ballot);
        for (comparison, (amount, _, of)) in rule.all.iter().zip(&law.0) {
            prop_assert_eq!(i128::from(table.amount(&comparison.amount)), counted(&people, amount), "{}", law);
            let bound = table.bound(&comparison.bound).map(|bound| (bound.top, bound.bottom));
            let by_hand = limit(&people, of);
            let same = match (bound, by_hand) {
                (Some((top, bottom)), Some((above, below))) => {
                    top.cast_signed() * below == above * bottom.cast_signed()
                }
                (None, None) => true,
                _ => false,
            };
            prop_assert!(same, "{}: {:?} and {:?}", law, bound, by_hand);
        }
        prop_assert_eq!(table.holds(&rule), lawful(&people, &law), "{}", law);
    }

    #[test]
    fn a_ballot_has_the_outcome_that_counting_by_hand_gives(
        people in people(),
        quorum in prop::option::of(law()),
        laws in prop::collection::vec(led(), 0..4),
    ) {
        let ballot = ballot(quorum.as_ref(), &laws);
        let found = outcome(&ballot, &table(&people, &ballot), Span::MAX);
        prop_assert_eq!(found.as_str(), decided(&people, quorum.as_ref(), &laws));
    }

    #[test]
    fn each_holder_counts_once_under_its_last_mark(
        entitled in prop::collection::vec((0..12_u32, 0..3_usize, 1..3_u32), 0..12),
        made in prop::collection::vec((0..12_u32, 0..3_u8), 0..40),
    ) {
        // By hand: who is entitled (the last word on their standing counts), and the last mark each made.
        let mut by_hand: Marks<u8> = BTreeMap::new();
        let mut people = 0_u64;
        for holder in 0..12 {
            let Some((_, class, weight)) = entitled.iter().rev().find(|(name, ..)| *name == holder) else { continue };
            let class = CLASSES.get(*class).map(|class| id(class));
            let mark = made.iter().rev().find(|(name, _)| *name == holder).map(|(_, mark)| *mark);
            people += u64::from(mark.is_some());
            *by_hand.entry(Standing { class, weight: *weight, affiliation: None }).or_default().entry(mark).or_default() += 1;
        }
        let standing = |class: usize, weight| Standing { class: CLASSES.get(class).map(|class| id(class)), weight, affiliation: None };
        let entitled = entitled.iter().map(|(name, class, weight)| (*name, standing(*class, *weight)));
        let counted = marks(entitled, made);
        prop_assert_eq!(heads(&counted), people);
        prop_assert_eq!(counted, by_hand);
    }
}

proptest! {
    #![proptest_config(cases::config(400))]

    #[test]
    fn a_ballot_is_certain_where_every_completion_has_the_same_outcome(
        people in prop::collection::vec(person(1..=2), 0..7),
        left in prop::collection::vec(prop::bool::weighted(0.1), 7),
        employers in employers(),
        quorum in prop::option::of(law()),
        laws in prop::collection::vec(led(), 1..4),
        eased in prop::collection::vec(prop::option::of(law()), 3),
    ) {
        // Whoever has left has not voted and will not.
        let people: Vec<Person> = employed(people, employers)
            .into_iter()
            .zip(&left)
            .map(|(person, left)| if *left { Person { vote: None, ..person } } else { person })
            .collect();
        let mut ballot = ballot(quorum.as_ref(), &laws);
        // Rules that ease within the window are the ones that decide, however early the ballot closes.
        for (outcome, eased) in ballot.outcomes.iter_mut().zip(&eased).take(laws.len()) {
            let after = Span::from_seconds(5);
            outcome.eases = eased.iter().map(|law| model::Ease { after, rule: read(law) }).collect();
        }
        let laws: Vec<Led> = laws
            .into_iter()
            .zip(&eased)
            .map(|((law, is), eased)| (eased.clone().unwrap_or(law), is))
            .collect();
        let silent: Vec<usize> = (0..people.len())
            .filter(|seat| people[*seat].elector() && people[*seat].vote.is_none() && !left[*seat])
            .collect();
        let awaited = marks::<_, Id>(silent.iter().map(|seat| (seat, standing(&people[*seat]))), []);
        let found = certain(&ballot, &table(&people, &ballot), &awaited, Span::MAX);

        let now = decided(&people, quorum.as_ref(), &laws);
        let ways = (ABSTAIN + 2).pow(u32::try_from(silent.len()).unwrap());
        let by_hand = (0..ways).all(|mut way| {
            let mut completed = people.clone();
            for seat in &silent {
                // Every choice, the abstention, and to stay silent.
                completed[*seat].vote = Some(way % (ABSTAIN + 2)).filter(|vote| *vote <= ABSTAIN);
                way /= ABSTAIN + 2;
            }
            decided(&completed, quorum.as_ref(), &laws) == now
        });
        prop_assert_eq!(found, by_hand, "{:?} {:?}", quorum.map(|law| law.to_string()), laws.iter().map(|(law, is)| format!("{is} if {law}")).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(cases::config(400))]

    #[test]
    fn a_margin_is_the_fewest_votes_that_make_another_outcome(
        people in prop::collection::vec(person(1..=2), 0..6),
        left in prop::collection::vec(prop::bool::weighted(0.1), 6),
        quorum in prop::option::of(law()),
        laws in prop::collection::vec(led(), 1..3),
    ) {
        // Whoever has left has not voted, and could not have.
        let people: Vec<Person> = people
            .into_iter()
            .zip(&left)
            .map(|(person, left)| if *left { Person { vote: None, ..person } } else { person })
            .collect();
        let ballot = ballot(quorum.as_ref(), &laws);
        let able: Vec<usize> = (0..people.len()).filter(|seat| people[*seat].elector() && !left[*seat]).collect();
        let name = |vote: usize| id(CHOICES.get(vote).copied().unwrap_or("abstain"));
        let made = able.iter().filter_map(|seat| Some((seat, name(people[*seat].vote?))));
        let marked = marks(able.iter().map(|seat| (seat, standing(&people[*seat]))), made);
        let found = margin(&ballot, &table(&people, &ballot), &marked, Span::from_seconds(0));

        let now = decided(&people, quorum.as_ref(), &laws);
        let ways = (ABSTAIN + 2).pow(u32::try_from(able.len()).unwrap());
        let by_hand = (0..ways).filter_map(|mut way| {
            let mut other = people.clone();
            for seat in &able {
                other[*seat].vote = Some(way % (ABSTAIN + 2)).filter(|vote| *vote <= ABSTAIN);
                way /= ABSTAIN + 2;
            }
            let differ = able.iter().filter(|seat| other[**seat].vote != people[**seat].vote).count();
            (decided(&other, quorum.as_ref(), &laws) != now).then_some(u32::try_from(differ).unwrap())
        });
        let by_hand = by_hand.min().map_or(Margin::None, Margin::Votes);
        prop_assert_eq!(found, by_hand, "{:?} {:?}", quorum.map(|law| law.to_string()), laws.iter().map(|(law, is)| format!("{is} if {law}")).collect::<Vec<_>>());
    }
}

#[test]
fn a_margin_among_many_choices_is_found() {
    // Thirty electors, each of whom has chosen another of thirty: with one vote otherwise there are a thousand counts.
    let choices: Vec<Id> = (0..30).map(|number| id(&format!("c{number}"))).collect();
    let three = (
        Law(vec![(vec![Piece { heads: false, what: What::Leading, class: None }], ">=", Limit::Number(3))]),
        "this",
    );
    let ballot = Ballot { choices: choices.clone(), ..ballot(None, &[three]) };
    let standing = Standing { class: None, weight: 1, affiliation: None };
    let made = marks((0..30).map(|seat| (seat, standing.clone())), (0..).zip(choices));
    let table = Table::of_ballot(&ballot, made.clone(), Marks::new().into());
    assert_eq!(margin(&ballot, &table, &made, Span::from_seconds(0)), Margin::Votes(2));
}

proptest! {
    #![proptest_config(cases::config(1_000))]

    #[test]
    fn the_answer_is_the_one_in_the_middle_of_all_or_the_one_that_leads(
        people in prop::collection::vec(person(1..=3), 0..12),
        employers in employers(),
        given in prop::collection::vec(prop_oneof![8..12_u64, 98..102_u64], 12),
        kind in prop_oneof![Just(AnswerKind::Number), Just(AnswerKind::Date), Just(AnswerKind::Text)],
    ) {
        // Whoever would vote `other` answers instead.
        let people = employed(people, employers);
        let written = |number: u64| match kind {
            AnswerKind::Number => id(&number.to_string()),
            AnswerKind::Date => id(&format!("{:04}-01-01", number + 1900)),
            AnswerKind::Text => id(&format!("t{number:03}")),
        };
        // By hand: whoever answers as a colleague does who weighs more, or as much and comes first, is struck; then all
        // answers stand in a line, each as often as it weighs.
        let answers: Vec<(usize, &Person)> =
            people.iter().enumerate().filter(|(_, person)| person.voted() == Some(2)).collect();
        let mut line: Vec<u64> = Vec::new();
        for (seat, person) in &answers {
            let struck = answers.iter().any(|(other, colleague)| {
                given[*other] == given[*seat]
                    && person.affiliation.is_some()
                    && colleague.affiliation == person.affiliation
                    && (colleague.weight > person.weight || colleague.weight == person.weight && other < seat)
            });
            if !struck {
                line.extend((0..person.weight).map(|_| given[*seat]));
            }
        }
        line.sort_unstable();
        let count = |number: u64| line.iter().filter(|other| **other == number).count();
        let middle = line.get(line.len().saturating_sub(1) / 2).copied();
        let leading = line.iter().copied().max_by_key(|number| count(*number));
        let leading = leading.filter(|leading| {
            line.iter().all(|number| number == leading || count(*number) < count(*leading))
        });
        for (decides, by_hand) in [(Decides::Median, middle), (Decides::Leading, leading)] {
            let choices = CHOICES.iter().take(2).map(|name| id(name)).collect();
            let answer = Some(Answer { is: kind, unit: None, decides });
            let ballot = Ballot { answer, choices, ..ballot(None, &[]) };
            let vote = |seat: usize, vote| if vote == 2 { written(given[seat]) } else { choice(vote) };
            let electors = people.iter().enumerate().filter(|(_, person)| person.elector());
            let votes = people.iter().enumerate().filter_map(|(seat, person)| Some((seat, vote(seat, person.vote?))));
            let electors = marks(electors.map(|(seat, person)| (seat, standing(person))), votes);
            let table = Table::of_ballot(&ballot, electors, Marks::new().into());
            prop_assert_eq!(table.answer(), by_hand.map(written));
            let rule = |text: &str| Rule::parse(text, &Vocabulary { answers: true, ..vocabulary() }).unwrap();
            let counted = |text: &str| table.amount(&rule(text).all[0].amount);
            prop_assert_eq!(counted("answers > 0"), u64::try_from(line.len()).unwrap());
            let agreed = by_hand.map_or(0, count);
            prop_assert_eq!(counted("agreed > 0"), u64::try_from(agreed).unwrap());
        }
    }
}

/// Rules as people write them, with nobody against, or nobody at all.
#[test]
fn a_majority_needs_no_vote_against_it_and_a_share_needs_somebody_to_share() {
    let person =
        |vote| Person { class: None, weight: 1, affiliation: None, filled: true, recused: false, vote };
    let unanimous = vec![person(Some(0)); 5];
    let silent = vec![person(None); 5];
    let empty = ballot(None, &[]);
    for (text, of_five, of_none) in [
        ("met > not-met", true, false),
        ("met >= 2 times not-met", true, true),
        ("met > 2 times not-met", true, false),
        ("met >= 2/3 of votes", true, false),
        ("not-met <= 1/3 of votes", true, false),
        ("not-met <= 40% of votes", true, false),
        ("met >= lesser of 2/3 of votes and 4", true, false),
        ("met >= 100% of electors", true, false),
        // However the whole is written, the whole of nothing is no majority.
        ("met >= 1/1 of votes", true, false),
        ("met >= 100% of votes", true, false),
        ("met >= 2/2 of votes", true, false),
        ("met >= 1 times votes", true, true),
        ("met = votes", true, true),
        ("not-met = 0", true, true),
    ] {
        let rule = Rule::parse(text, &vocabulary()).unwrap();
        assert_eq!(table(&unanimous, &empty).holds(&rule), of_five, "{text}");
        assert_eq!(table(&silent, &empty).holds(&rule), of_none, "{text}");
    }
}
