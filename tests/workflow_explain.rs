//! What `workflow explain` says of the workflows that ship, recorded beside them in `tests/workflows/explained`.
//! `UPDATE=1 cargo test --test workflow_explain` records anew.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

mod drawing_support;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use drawing_support::workflows;
use quorate::engine::count::{Standing, Table, marks};
use quorate::values::Id;
use quorate::workflow::Workflow;
use quorate::workflow::model::{Ballot, Comparison, Rule};

fn all() -> Vec<(String, Workflow)> {
    let all: Vec<_> = workflows("workflows").into_iter().chain(workflows("tests/workflows/flows")).collect();
    assert!(all.len() >= 3, "{}", all.len());
    all
}

#[test]
fn every_workflow_is_explained_as_recorded() {
    let mut wrong = Vec::new();
    for (name, workflow) in workflows("workflows") {
        let said = workflow.explain().to_string();
        let recorded = PathBuf::from("tests/workflows/explained").join(format!("{name}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(recorded.parent().unwrap()).unwrap();
            fs::write(&recorded, &said).unwrap();
        }
        let expected = fs::read_to_string(&recorded).unwrap_or_default();
        if said != expected {
            wrong.push(format!("{name}: said\n{said}\nexpected\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn those_who_nominate_jointly_are_named_as_such() {
    let text = fs::read_to_string("tests/workflows/flows/joint-nomination.toml").unwrap();
    let told = Workflow::parse(&text).unwrap().explain().to_string();
    assert!(told.contains("`chair-seat`: nominated by `licensee` and `licensor` jointly"), "{told}");
    assert!(told.contains("`r1`: nominated by `licensor`\n"), "{told}");
}

#[test]
fn no_line_is_longer_than_80_columns_unless_it_is_one_word() {
    for (name, workflow) in all() {
        for line in workflow.explain().to_string().lines() {
            let columns = line.chars().count();
            assert!(columns <= 80 || !line.trim().contains(' '), "{name}: {columns}: {line}");
            assert_eq!(line, line.trim_end(), "{name}");
        }
    }
}

/// Every name that a workflow gives.
fn names(workflow: &Workflow) -> BTreeSet<&Id> {
    let mut names = BTreeSet::new();
    names.extend(workflow.offices().map(|it| &it.name));
    names.extend(workflow.panels.iter().map(|it| &it.name));
    names.extend(
        workflow
            .panels
            .iter()
            .flat_map(|it| &it.seats)
            .flat_map(|it| [&it.name].into_iter().chain(&it.class)),
    );
    names.extend(workflow.events.iter().map(|it| &it.name));
    for procedure in &workflow.procedures {
        names.extend([&procedure.name, &procedure.open.act].into_iter().chain(&procedure.open.attach));
        for state in &procedure.states {
            names.insert(&state.name);
            names.extend(state.doings().flat_map(|it| [&it.act].into_iter().chain(&it.attach)));
            names.extend(state.duties.iter().flat_map(|it| [&it.act].into_iter().chain(&it.attach)));
        }
    }
    for ballot in &workflow.ballots {
        names.extend([&ballot.name].into_iter().chain(&ballot.choices).chain(&ballot.abstention));
        names.extend(ballot.attach.iter().chain(ballot.outcomes.iter().map(|it| &it.is)));
    }
    names.extend(
        workflow
            .grants
            .iter()
            .flat_map(|it| [&it.name].into_iter().chain(it.attributes.iter().map(|it| &it.name))),
    );
    names
}

#[test]
fn every_name_and_every_reading_is_told() {
    for (name, workflow) in all() {
        let told = workflow.explain().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        for part in names(&workflow) {
            assert!(told.contains(&format!("`{part}`")), "{name} does not tell `{part}`");
        }
        for (reading, number) in workflow.readings.iter().zip(1..) {
            assert!(told.contains(&format!("R{number} `{}`:", reading.place)), "{name}: {}", reading.place);
            let marked = [format!("[R{number}"), format!(", R{number}")];
            let marked = marked
                .iter()
                .any(|mark| told.contains(&format!("{mark}]")) || told.contains(&format!("{mark},")));
            assert!(marked, "{name} marks nothing with R{number} ({})", reading.place);
        }
    }
}

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

/// The ballot of a panel of seven that asks yes or no, with one rule.
fn ballot(rule: &str) -> (Workflow, Ballot) {
    let text = fs::read_to_string("workflows/agi-2025.toml").unwrap();
    let text =
        text.replace("met >= 2/3 of electors", rule).replace("not-met > 1/3 of electors", "not-met > 6");
    let workflow = Workflow::parse(&text).unwrap_or_else(|found| panic!("{rule}: {found}"));
    let ballot = workflow.ballots.first().unwrap().clone();
    (workflow, ballot)
}

/// Whether a comparison holds for a full panel of seven of whom so many vote `met` and the others `not-met`.
fn holds(ballot: &Ballot, comparison: &Comparison, met: usize) -> bool {
    let standing = |seat: usize| Standing {
        class: (seat >= 4).then(|| id("independent")),
        weight: 1,
        affiliation: None,
    };
    let vote = |seat: usize| id(if seat < met { "met" } else { "not-met" });
    let electors = marks((0..7).map(|seat| (seat, standing(seat))), (0..7).map(|seat| (seat, vote(seat))));
    let seats = marks((0..7).map(|seat| (seat, standing(seat))), (0..7).map(|seat| (seat, ())));
    let rule = Rule { all: vec![comparison.clone()], text: String::new() };
    Table::of_ballot(ballot, electors, seats.into()).holds(&rule)
}

#[test]
fn what_a_rule_comes_to_is_what_the_engine_counts() {
    let mut told = 0;
    for op in [">=", ">", "=", "<", "<="] {
        for bound in [
            "3",
            "2/3 of electors",
            "1/3 of electors",
            "1/2 of seats",
            "5/7 of electors",
            "57% of filled",
            "100% of electors",
            "2/3 of votes",
            "1/2 of participating",
            "lesser of 4 and 3/4 of electors",
            "lesser of 6/7 of votes and 2/7 of seats",
            "2 times electors",
            "electors",
            "1/7 of electors",
        ] {
            let rule = format!("met {op} {bound}");
            let (workflow, ballot) = ballot(&rule);
            let text = workflow.explain().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            let line = text.split("`verified`, if ").nth(1).unwrap().split(';').next().unwrap().to_owned();
            let comparison = &ballot.outcomes.first().unwrap().rule.as_ref().unwrap().all[0];
            let holding: Vec<usize> = (0..=7).filter(|met| holds(&ballot, comparison, *met)).collect();
            // `(at least 5 of 7)`, or `are at least 5 (of 7)`.
            let number = line.replace(" (of 7)", " of 7");
            let says =
                |words: String| assert!(number.contains(&words), "{rule}: {line}, and {holding:?} hold");
            match (op, holding.as_slice()) {
                (">=" | ">", []) => says("out of reach of a full panel, which has 7".to_owned()),
                (">=" | ">", [first, ..]) => says(format!("at least {first} of 7")),
                ("=", []) => {
                    assert!(line.contains("never") || line.contains("out of reach"), "{rule}: {line}");
                }
                ("=", [only]) => says(format!("exactly {only} of 7")),
                ("<" | "<=", [.., last]) if *last < 7 => says(format!("at most {last} of 7")),
                // Whatever is counted is fewer: the number tells that by being no smaller than 7.
                ("<" | "<=", [.., _]) => {
                    assert!(line.contains("at most") || line.contains("fewer"), "{rule}: {line}");
                }
                _ => panic!("{rule}: {holding:?}"),
            }
            told += 1;
        }
    }
    assert_eq!(told, 70);
}

#[test]
fn a_rule_that_depends_on_how_votes_fall_gets_no_number() {
    let (workflow, _) = ballot("met > not-met and leading >= 2 times not-met");
    let text = workflow.explain().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    let line = text.split("`verified`, if ").nth(1).unwrap().split(';').next().unwrap();
    assert_eq!(
        line,
        "votes for `met` are more than the votes for `not-met`, and votes for the leading choice are at least 2 times the \
         votes for `not-met`"
    );
}

#[test]
fn where_those_of_one_affiliation_count_as_one_no_number_is_told_that_may_be_another() {
    let text = fs::read_to_string("tests/workflows/flows/affiliations.toml").unwrap();
    let rule = "affirm > 1/2 of votes and affirm > 1/2 of electors and affirm >= 2 and electors >= 2";
    let text = text.replacen("affirm > overturn", rule, 1);
    let told = Workflow::parse(&text).unwrap().explain().to_string();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    // With all of one house there is one vote, and more than half of it is one.
    for words in [
        "votes for `affirm` are more than 1/2 of the votes without abstentions, and",
        "votes for `affirm` are more than 1/2 of the electors (at least 4 of at most 7)",
        "votes for `affirm` are at least 2 (of at most 7)",
        "electors are at least 2 (of 7)",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// What is explained of the arbitrators' challenge, with something changed in its text.
fn challenge(from: &str, to: &str) -> String {
    let text = fs::read_to_string("workflows/arbitrator-challenge.toml").unwrap();
    assert!(text.contains(from), "{from}");
    let workflow = Workflow::parse(&text.replace(from, to)).unwrap_or_else(|found| panic!("{found}"));
    workflow.explain().to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn whoever_the_case_is_about_is_not_counted_among_those_who_vote() {
    let rule = "votes for `disqualify` are at least 2";
    let alike = challenge("disqualify >= 2", "disqualify >= 2/3 of electors and disqualify >= 1/2 of seats");
    assert!(
        alike.contains("votes for `disqualify` are at least 2/3 of the electors (at least 2 of 2)")
            && alike.contains("at least 1/2 of the seats (filled or not) (at least 2 of 2)"),
        "{alike}"
    );
    // Where votes weigh differently nobody knows how many are left.
    let weighed = challenge("by = \"claimant\" }", "by = \"claimant\", weight = 2 }");
    assert!(weighed.contains(&format!("{rule};")), "{weighed}");
}

#[test]
fn a_panelist_who_acts_in_a_case_about_a_seat_is_another_than_whom_it_is_about() {
    let text = fs::read_to_string("tests/workflows/flows/chairs.toml").unwrap();
    let told = Workflow::parse(&text).unwrap().explain().to_string();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let opened = "opened by `auditor` or any seated panelist but whoever the case is about with `accuse`";
    assert!(told.contains(opened), "{told}");
}

#[test]
fn what_ends_with_business_days_ends_with_a_day_and_not_at_an_instant() {
    let text = fs::read_to_string("tests/workflows/flows/business-days.toml").unwrap();
    let told = Workflow::parse(&text).unwrap().explain().to_string();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for (days, rest) in told.match_indices("business day").map(|(at, _)| told.split_at(at)) {
        let sentence = rest.split(['.', ';']).next().unwrap();
        assert!(!sentence.contains("instant"), "{} {sentence}", &days[days.len() - 4..]);
    }
    assert!(told.contains("on the last day, to its end, is in time"), "{told}");
}

/// What a lawyer stumbles over: seats that weigh, who chairs when the chair is out, what a suspension does not stop, times
/// of nothing, and a procedure before no panel.
#[test]
fn it_reads_as_it_works() {
    let told = |name: &str, changes: &[(&str, &str)]| {
        let mut text = fs::read_to_string(format!("tests/workflows/flows/{name}.toml")).unwrap();
        for (from, to) in changes {
            assert!(text.contains(from), "{name} has no {from}");
            text = text.replace(from, to);
        }
        let told = Workflow::parse(&text).unwrap().explain().to_string();
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let by_weight = [("{ name = \"c1\", by = \"chamber\"", "{ name = \"c1\", weight = 3, by = \"chamber\"")];
    let counted = [("when = \"every seat filled\"", "when = \"filled >= 2 and heads of filled >= 2\"")];
    let forming = "tests/workflows/planted/good.toml";
    let text = fs::read_to_string(forming).unwrap();
    let text = text.replace(by_weight[0].0, by_weight[0].1).replace(counted[0].0, counted[0].1);
    let weighed = Workflow::parse(&text).unwrap().explain().to_string();
    let weighed = weighed.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "filled seats counted by weight are at least 2 (of 5)",
        "filled seats counted by head are at least 2 (of 3)",
    ] {
        assert!(weighed.contains(words), "{words}: {weighed}");
    }
    let chairs = told("chairs", &[]);
    let chosen = told("chosen-chair", &[]);
    let suspends = told("challenge-suspends", &[]);
    let confirmed = told(
        "confirmation",
        &[(
            "early    = \"confirmed\"\noutcomes = [{ is",
            "early    = \"confirmed\"\nextend   = { on = \"vote\", in-last = \"1 day\", by = \"2 days\", at-most = 2 }\noutcomes = [{ is",
        )],
    );
    let nothing = told(
        "annulled-clock",
        &[
            (
                "open  = { do = \"protest\", by = \"buyer\" }",
                "open  = { do = \"protest\", by = \"buyer\", within = \"0 days\", of = \"claimed\" }",
            ),
            ("{ after = \"30 days\", to", "{ after = \"0 days\", to"),
        ],
    );
    for (told, words) in [
        (
            &chairs,
            "the first chairs that is filled and whose panelist is not recused from the case, obliged to abstain in the case or whom the case is about; where there is none, nobody does.",
        ),
        (
            &chosen,
            "while they have the seat and are not recused from the case. Otherwise the seat `m1` chairs; while it is not filled, or whoever has it is recused from the case, nobody does.",
        ),
        (&suspends, "What comes there at an instant, or with an event of another case, comes all the same."),
        (&suspends, "with `challenge`. It begins in the state `pending`."),
        (
            &confirmed,
            "Where a vote comes in the last day before closing (that instant included), the closing is put off by 2 days, at most 2 times. Once that time is over, and it stays open only until an outcome is confirmed, nothing puts the closing off.",
        ),
        (
            &nothing,
            "with `protest`, at the very instant of the latest event `claimed` that counts and not later. It begins in",
        ),
        (
            &nothing,
            "At the very instant of entering the state (what is done then is still in time): the case goes on",
        ),
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}
