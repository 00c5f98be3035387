//! Reading and printing rules and conditions.

use proptest::prelude::*;

use super::Vocabulary;
use crate::values::Id;
use crate::workflow::model::{Bound, Comparison, Condition, Counted, Operator, Rule, Term};

fn ids(names: &[&str]) -> Vec<Id> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn names() -> Vocabulary {
    Vocabulary {
        choices: ids(&["met", "not-met", "abstain"]),
        classes: ids(&["independent", "dealer"]),
        events: ids(&["declared", "withdrawn"]),
        outcomes: Vec::new(),
        answers: false,
        candidates: false,
        subject: true,
        elsewhere: Vec::new(),
    }
}

#[test]
fn a_rule_is_read_word_by_word() {
    let rule =
        Rule::parse("heads of met in dealer + abstain >= 2/3 of electors  and votes > 4", &names()).unwrap();
    assert_eq!(rule.text, "heads of met in dealer + abstain >= 2/3 of electors and votes > 4");
    let term = |counted, heads, class: Option<&str>| Term {
        counted,
        heads,
        class: class.map(|class| class.parse().unwrap()),
    };
    let choice = |name: &str| Counted::Choice(name.parse().unwrap());
    let first = Comparison {
        amount: vec![term(choice("met"), true, Some("dealer")), term(choice("abstain"), false, None)],
        op: Operator::AtLeast,
        bound: Bound::Share { numerator: 2, denominator: 3, of: vec![term(Counted::Electors, false, None)] },
    };
    let second = Comparison {
        amount: vec![term(Counted::Votes, false, None)],
        op: Operator::Above,
        bound: Bound::Number(4),
    };
    assert_eq!(rule.all, [first, second]);
}

#[test]
fn rules_print_as_they_are_read() {
    for text in [
        "met >= 2/3 of electors",
        "met > 80% of votes and not-met = 0",
        "met >= 2 times not-met",
        "leading > not-met + abstain in independent",
        "participating >= lesser of 5 and 2/3 of seats and filled > 2",
        "met < lesser of lesser of 1 and 2 and heads of electors",
    ] {
        assert_eq!(Rule::parse(text, &names()).unwrap().to_string(), text);
    }
    let odd = Rule::parse("met>=1/1 of electors and met<=4 times votes", &names()).unwrap();
    assert_eq!(odd.to_string(), "met >= 1/1 of electors and met <= 4 times votes");
}

#[test]
fn mistakes_stand_at_their_word() {
    for (text, word, help) in [
        ("mett >= 2", "mett", "Did you mean `met`?"),
        ("met => 2", "=>", "Write `>=`"),
        ("met >= 2/0 of votes", "0", "1 to 1000000"),
        ("met >= 9999999999999", "9999999999999", "up to"),
        ("met in dealers > 1", "dealers", "Did you mean `dealer`?"),
        ("met ≥ 2", "≥", "Write `>=`"),
        ("met > 2 & votes > 1", "&", "signs"),
        ("met > 1000001/3 of votes", "1000001", "1 to 1000000"),
        ("met > 0/3 of votes", "0", "1 to 1000000"),
        ("met >= 0% of votes", "0", "1 to 1000000"),
        ("met >= 0 times not-met", "0", "1 to 1000000"),
        ("met > 2 or votes > 1", "or", "twice"),
        ("met", "", "Compare it"),
    ] {
        let fault = Rule::parse(text, &names()).unwrap_err();
        assert_eq!(&text[fault.at.clone()], word, "{text}: {fault}");
        assert!(fault.help.contains(help), "{text}: {fault}");
    }
}

#[test]
fn conditions_print_as_they_are_read() {
    for text in [
        "every seat filled",
        "filled >= 5 and not withdrawn",
        "declared or (filled in independent >= 2/3 of seats and not (declared or withdrawn))",
        "not not declared",
    ] {
        assert_eq!(Condition::parse(text, &names()).unwrap().to_string(), text);
    }
    for text in
        ["", "declared and", "(declared", "declared)", "every seat", "votes > 2", "declare", "met > 1"]
    {
        assert!(Condition::parse(text, &names()).is_err(), "{text}");
    }
    assert!(Condition::parse(&"(".repeat(10_000), &names()).is_err());
    assert!(Condition::parse(&"not ".repeat(10_000), &names()).is_err());
    assert!(Rule::parse(&format!("met > {}", "lesser of ".repeat(10_000)), &names()).is_err());
}

fn term(panel_only: bool) -> BoxedStrategy<Term> {
    let seats = prop_oneof![Just(Counted::Seats), Just(Counted::Filled)];
    let counted = if panel_only {
        seats.boxed()
    } else {
        prop_oneof![
            seats,
            Just(Counted::Votes),
            Just(Counted::Participating),
            Just(Counted::Electors),
            Just(Counted::Leading),
            proptest::sample::select(names().choices).prop_map(Counted::Choice),
        ]
        .boxed()
    };
    let class = proptest::option::of(proptest::sample::select(names().classes));
    (counted, any::<bool>(), class).prop_map(|(counted, heads, class)| Term { counted, heads, class }).boxed()
}

fn comparison(panel_only: bool) -> impl Strategy<Value = Comparison> {
    let amount = move || proptest::collection::vec(term(panel_only), 1..4);
    let share = (1..=1_000_000_u64, 1..=1_000_000_u64, amount());
    let bound = prop_oneof![
        (0..=1_000_000_000_000_u64).prop_map(Bound::Number),
        share.prop_map(|(numerator, denominator, of)| Bound::Share { numerator, denominator, of }),
        (1..200_u64, prop_oneof![Just(1), Just(3), Just(100)], amount())
            .prop_map(|(numerator, denominator, of)| Bound::Share { numerator, denominator, of }),
        (1..4_u64, amount()).prop_map(|(times, of)| Bound::Times { times, of }),
    ]
    .prop_recursive(4, 8, 2, |bound| {
        (bound.clone(), bound).prop_map(|(a, b)| Bound::Lesser(Box::new(a), Box::new(b)))
    });
    let operators = [Operator::Above, Operator::AtLeast, Operator::Equal, Operator::Below, Operator::AtMost];
    (amount(), proptest::sample::select(operators.to_vec()), bound)
        .prop_map(|(amount, op, bound)| Comparison { amount, op, bound })
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        Just(Condition::EverySeatFilled),
        Just(Condition::SubjectSeated),
        proptest::sample::select(names().events).prop_map(Condition::Event),
        comparison(true).prop_map(|one| {
            let text = one.to_string();
            Condition::Seats(Rule { all: vec![one], text })
        }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let many = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(|one| Condition::Not(Box::new(one))),
            many.clone().prop_map(Condition::All),
            many.prop_map(Condition::Any),
        ]
    })
}

proptest! {
    #[test]
    fn every_rule_reads_back_from_its_words(all in proptest::collection::vec(comparison(false), 1..4)) {
        let text = all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        let rule = Rule { all, text: text.clone() };
        prop_assert_eq!(rule.to_string(), text.clone());
        prop_assert_eq!(Rule::parse(&text, &names()).unwrap(), rule);
    }

    #[test]
    fn every_condition_reads_back_from_its_words(condition in condition()) {
        prop_assert_eq!(Condition::parse(&condition.to_string(), &names()).unwrap(), condition);
    }

    #[test]
    fn no_text_makes_the_rule_parsers_panic(text in "\\PC*") {
        let places = [Rule::parse(&text, &names()).err(), Condition::parse(&text, &names()).err()];
        for fault in places.into_iter().flatten() {
            prop_assert!(text.get(fault.at.clone()).is_some(), "{fault:?}");
        }
    }

    #[test]
    fn no_row_of_words_makes_the_rule_parsers_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "met", "votes", "heads", "of", "in", "dealer", ">=", "=", "2", "/", "3", "%", "times",
                "lesser", "and", "or", "not", "(", ")", "every", "seat", "filled", "declared", "+", "é",
            ]),
            0..16,
        )
    ) {
        let text = words.join(" ");
        let places = [Rule::parse(&text, &names()).err(), Condition::parse(&text, &names()).err()];
        for fault in places.into_iter().flatten() {
            prop_assert!(text.get(fault.at.clone()).is_some(), "{fault:?}");
        }
    }
}
