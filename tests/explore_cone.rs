//! A walk for an invariant leaves alone what it does not hang on, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

use std::fmt::Write as _;
use std::fs;

use quorate::explore::{Bounds, Report, Verdict, explore};

const HEAD: &str = r#"
language = 1
title    = "What hangs on what"
nature   = "specimen"
contract = { digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", prevails = true }
[party]
buyer  = { signatures = "1 of 1" }
seller = { signatures = "1 of 1" }
"#;

fn explored(text: &str, leaving: u8) -> Report {
    let bounds = Bounds { leaving, ..Bounds::default() };
    let report = explore(text, bounds, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert!(!report.cut_short, "{} states", report.states);
    report
}

/// Two procedures that have nothing to do with each other: as many states as the walks of both, not each with each.
#[test]
fn procedures_that_hear_nothing_of_each_other_are_walked_alone() {
    let mut text = HEAD.to_owned();
    text.push_str("[event]\n");
    for name in ["a", "b", "c"] {
        writeln!(text, "{name} = \"Done by {name}\"").unwrap();
    }
    for name in ["a", "b", "c"] {
        write!(
            text,
            "[procedure.{name}]\nopen = {{ do = \"ask-{name}\", by = \"buyer\" }}\ncases = {{ at-most = 1 }}\n\
             start = \"waiting\"\n[procedure.{name}.state.waiting]\nsteps = [{{ after = \"10 days\", to = \"late\" }}, \
             {{ do = \"answer-{name}\", by = \"seller\", to = \"closed\", emits = \"{name}\" }}]\n\
             [procedure.{name}.state.late]\nsteps = [{{ after = \"20 days\", to = \"closed\", emits = \"{name}\" }}]\n\
             [procedure.{name}.state.closed]\nends = true\n"
        )
        .unwrap();
    }
    text.push_str(
        "[grant.g]\nstatus = [{ is = \"held\" }, { is = \"due\", all-of = [\"a\", \"b\", \"c\"] }]\n",
    );
    let ends = |name: &str| format!("ends = \"{name}\"\nwithin = \"40 days\"");
    let with = |invariants: &[&str]| {
        let mut text = text.clone();
        for invariant in invariants {
            write!(text, "[[invariant]]\n{invariant}\n").unwrap();
        }
        let report = explored(&text, 0);
        assert!(report.passes());
        report.states
    };
    let one = with(&[&ends("a")]);
    assert_eq!(with(&[&ends("a"), &ends("b"), &ends("c")]), 3 * one);
    assert_eq!(with(&[&ends("a"), "never = \"a is late and not a is late\""]), one, "they share a walk");
    let together = with(&["reaches = \"a and b and c\""]);
    assert!(together > 3 * one, "{together} and {one}");
    assert_eq!(with(&["reaches = \"g.status = 'due'\""]), together);
}

/// Where nobody opens a case but who is silent, there is nothing to walk.
#[test]
fn what_nobody_opens_is_not_walked() {
    let text = fs::read_to_string("workflows/w3c-council.toml").unwrap();
    let (rules, _) = text.split_once("[[invariant]]").unwrap();
    let report = explored(&format!("{rules}[[invariant]]\nnever = \"dismissed\"\nif-silent = \"team\"\n"), 1);
    assert!(report.passes() && report.states < 10, "{} states", report.states);
}

/// Whatever annuls an event is left alone where an invariant would then be kept the more, and walked where it would not.
#[test]
fn what_annuls_an_event_is_walked_where_it_can_show_something() {
    let mut text = HEAD.to_owned();
    text.push_str(
        r#"
[event]
called   = "The instalment is called"
recalled = "The call is taken back"
[annul]
called = { by = "recalled", from = "then" }
[procedure.call]
open  = { do = "call", by = "seller", emits = "called" }
cases = { at-most = 1 }
start = "closed"
[procedure.call.state.closed]
ends = true
[procedure.recall]
open  = { do = "recall", by = "buyer", emits = "recalled" }
cases = { at-most = 1 }
start = "closed"
[procedure.recall.state.closed]
ends = true
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["called"] }]
"#,
    );
    let with = |invariant: &str| explored(&format!("{text}[[invariant]]\n{invariant}\n"), 0);
    assert_eq!(
        with("never = \"called and not called\"").states,
        with("always = \"not called or called\"").states
    );
    assert!(with("reaches = \"called\"").states < with("reaches = \"called or recalled\"").states);
    assert!(with("never = \"call is closed and not called\"").fails());
    assert!(with("always = \"g.status = 'due' or not call is closed\"").fails());
    assert!(with("always = \"called or not call is closed\"").fails());
}

/// A date is come to from long before it, also where nothing else takes any time.
#[test]
fn a_date_is_come_to_where_nothing_else_takes_time() {
    let text = format!(
        "{HEAD}{}",
        r#"
[event]
struck = "The date came"
[procedure.a]
open  = { do = "claim", by = "seller" }
cases = { at-most = 1 }
start = "waiting"
[procedure.a.state.waiting]
steps = [{ at = 2030-01-01T00:00:00Z, to = "closed", emits = "struck" }]
[procedure.a.state.closed]
ends = true
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["struck"] }]
[[invariant]]
title = "Never struck"
never = "struck"
"#
    );
    assert!(explored(&text, 0).fails());
}

/// A time within which a case of another procedure can be opened does not end the waiting for a date.
#[test]
fn the_times_of_what_is_left_alone_do_not_end_a_walk() {
    let text = format!(
        "{HEAD}{}",
        r#"
[event]
struck = "The date came while the claim was waiting"
[procedure.a]
open  = { do = "claim", by = "seller" }
cases = { at-most = 1 }
start = "waiting"
[procedure.a.state.waiting]
steps = [{ at = 2030-01-01T00:00:00Z, to = "closed", emits = "struck" }, { after = "30 days", to = "closed" }]
[procedure.a.state.closed]
ends = true
[procedure.b]
open  = { do = "ask", by = "buyer", within = "10 days", of = "agreement opened" }
cases = { at-most = 1 }
start = "closed"
[procedure.b.state.closed]
ends = true
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["struck"] }]
[[invariant]]
title = "Never struck"
never = "struck"
"#
    );
    assert!(explored(&text, 0).fails());
}

/// Who loses the seat by a case is not the subject of another any more, though no procedure is before the panel.
#[test]
fn cases_about_one_panel_are_walked_together() {
    let text = format!(
        "{HEAD}{}",
        r#"
[panel.board]
formed = "standing"
seats  = [{ name = "m1", by = "buyer" }, { name = "m2", by = "seller" }]
filled = ["accepted"]
vacant = { after = "14 days", filled-by = "seller" }
[event]
void = "The member left while the question was open"
[procedure.a]
open  = { do = "question", by = "buyer" }
about = "board"
cases = { at-once = 1, at-most = 1 }
start = "open"
[procedure.a.state.open]
steps = [{ when = "not subject seated", to = "closed", emits = "void" }, { after = "30 days", to = "closed" }]
[procedure.a.state.closed]
ends = true
[procedure.b]
open  = { do = "charge", by = "seller" }
about = "board"
cases = { at-once = 1, at-most = 1 }
start = "open"
[procedure.b.state.open]
steps = [{ do = "dismiss", by = "buyer", to = "closed", dismisses = "subject" }, { after = "10 days", to = "closed" }]
[procedure.b.state.closed]
ends = true
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["void"] }]
[[invariant]]
title = "Void only where a member steps down"
never = "void"
"#
    );
    assert!(explored(&text, 0).fails());
}

/// The minutes of a case that has ended are signed by whoever still has a seat in it: also where another case ended alike
/// before anybody had one.
#[test]
fn an_ended_case_in_which_something_is_owed_is_told_by_its_seats() {
    let page = fs::read_to_string("docs/language.md").unwrap();
    let (_, text) = page.split_once("```toml complete\n").unwrap();
    let (text, _) = text.split_once("\n```").unwrap();
    let duty = "within = \"14 days\" } ]";
    assert!(text.contains(duty));
    let text = text.replace(duty, "within = \"14 days\", emits = \"minuted\" } ]").replacen(
        "[event]\n",
        "[event]\nminuted = \"The minutes are signed\"\n",
        1,
    );
    let text = format!(
        "{text}\n[[invariant]]\ntitle = \"Minutes of a finding alone\"\nnever = \"minuted and not complete\"\n"
    );
    let report = explored(&text, 0);
    assert!(matches!(&report.verdicts[..], [Verdict::Broken(_)]), "{:?}", report.verdicts);
}

const PANEL: &str = r#"
[panel.board]
formed = "per case"
seats  = [{ name = "b1", by = "buyer" }, { name = "s1", by = "seller" }]
chair  = { first-filled = ["s1", "b1"] }
filled = ["accepted"]
"#;

/// Whoever chairs acts, also where another seat stands before theirs in the order of names.
#[test]
fn the_chair_acts_whatever_its_seat_is_called() {
    let text = format!(
        "{HEAD}{PANEL}{}",
        r#"
[event]
ruled = "The chair has ruled"
[procedure.a]
open  = { do = "claim", by = "seller" }
panel = "board"
cases = { at-most = 1 }
start = "forming"
[procedure.a.state.forming]
steps = [{ when = "every seat filled", to = "ruling" }, { after = "30 days", to = "closed" }]
[procedure.a.state.ruling]
steps = [{ do = "rule", by = "chair", to = "closed", emits = "ruled" }, { after = "30 days", to = "closed" }]
[procedure.a.state.closed]
ends = true
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["ruled"] }]
[[invariant]]
title = "Never ruled"
never = "ruled"
"#
    );
    assert!(explored(&text, 0).fails());
}

/// A duty goes on in later states, in which nobody else does anything by their seat.
#[test]
fn who_owes_from_an_earlier_state_is_told_by_their_seat() {
    let text = format!(
        "{HEAD}{PANEL}{}",
        r#"
[event]
reported = "The chair has reported"
late     = "The chair has not reported in time"
[procedure.a]
open  = { do = "claim", by = "seller" }
panel = "board"
cases = { at-most = 1 }
start = "open"
[procedure.a.state.open]
duties = [{ do = "report", by = "chair", attach = ["report"], within = "5 days", emits = "reported", if-late = "late" }]
steps  = [{ after = "2 days", to = "closed" }]
[procedure.a.state.closed]
ends = true
[grant.g]
status = [{ is = "held" }, { is = "due", first-of = ["reported"] }, { is = "lost", first-of = ["late"] }]
[[invariant]]
title = "Never late and reported"
never = "late and reported"
"#
    );
    assert!(explored(&text, 0).fails());
}

/// Acts that only bring about what nothing asks for are not walked; where something does, or where that annuls it, they are.
#[test]
fn an_act_that_emits_what_nothing_asks_for_is_not_walked() {
    let states = |invariant: &str| {
        let text = format!(
            "{HEAD}[event]\nfirst = \"First\"\nother = \"Other\"\nundone = \"Undone\"\nover = \"Over\"\n\
             [annul]\nfirst = {{ by = \"undone\", from = \"then\" }}\n\
             [procedure.p]\nopen = {{ do = \"ask\", by = \"buyer\" }}\nstart = \"open\"\n\
             [procedure.p.state.open]\nsteps = [\
             {{ do = \"say\", by = \"seller\", emits = \"first\", at-most = 1 }}, \
             {{ do = \"add\", by = \"seller\", emits = \"other\", at-most = 1 }}, \
             {{ do = \"undo\", by = \"seller\", emits = \"undone\", at-most = 1 }}, \
             {{ after = \"10 days\", to = \"closed\", emits = \"over\" }}]\n\
             [procedure.p.state.closed]\nends = true\n[[invariant]]\n{invariant}\n"
        );
        explored(&text, 0).states
    };
    let none = states("never = \"over and not over\"");
    let other = states("never = \"other and not other\"");
    // With what annuls it.
    let first = states("never = \"first and not first\"");
    assert!(none < other && other < first, "{none}, {other}, {first}");
}
