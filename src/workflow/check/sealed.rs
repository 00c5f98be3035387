//! Sealed ballots: what closes them, and where a member gains by not revealing a vote.
//!
//! Whoever has committed sees the votes of others before their own has to be known, and may then withhold it, or leave.
//! What an unrevealed vote counts as, and what becomes of the vote of whoever leaves, says whether that pays.

use super::Checker;
use super::evidence::lapses;
use crate::workflow::model::{
    Ballot, Comparison, Counted, Early, ExtendOn, Operator, Outcome, Term, Unrevealed,
};

pub(super) fn check(c: &mut Checker<'_>, ballot: &Ballot) {
    let Some(sealed) = &ballot.sealed else { return };
    if !matches!(ballot.early, Early::Never | Early::AllVoted) {
        let help =
            "Nobody can count them: early = \"never\" or \"all voted\", which means all have committed";
        let place = format!("ballot.{}.early", ballot.name);
        c.error(
            &place,
            "the ballot is sealed, so nothing is known of its votes before it could close early",
            help,
        );
    }
    if let Some(extend) = &ballot.extend {
        let place = format!("ballot.{}.extend", ballot.name);
        if extend.on == ExtendOn::Evidence {
            let help = "Leave it out: each commitment is bound to the paper that it was made on";
            c.error(&place, "the ballot is sealed, and late evidence puts its closing off", help);
        } else if extend.on == ExtendOn::NoQuorum {
            let help = "Leave it out, and open another round instead: { outcome = \"no-quorum\", to = \"…\", at-most = 1 }";
            c.error(
                &place,
                "the ballot is sealed, and nobody knows whether there is a quorum before votes are revealed",
                help,
            );
        } else {
            let help = "Leave it out: nobody can answer a late vote that nobody knows";
            c.error(&place, "the ballot is sealed, and late votes put its closing off", help);
        }
    }
    if let Some(index) = ballot.outcomes.iter().position(|outcome| outcome.lasting.is_some()) {
        let place = format!("ballot.{}.outcomes[{}].for", ballot.name, index + 1);
        let help = "Leave it out, or let the ballot be open: sealed votes come to light all at once";
        c.error(&place, "the ballot is sealed, and its outcome must have held for a time", help);
    }
    if lapses(ballot) {
        let help =
            "Write \"refused\" or \"votes stand\": each commitment is bound to the paper that it was made on";
        let place = format!("ballot.{}.new-evidence", ballot.name);
        c.error(&place, "the ballot is sealed, and new evidence takes votes away", help);
    }
    if let Unrevealed::Chooses(choice) = &sealed.unrevealed {
        let message = format!(
            "withholding pays: whoever has seen the other votes can leave theirs unrevealed, and so vote `{choice}` after all"
        );
        let help = if ballot.abstention.is_some() {
            "unrevealed = \"abstains\" leaves them no vote; or keep it, if that is what the contract says"
        } else {
            "unrevealed = \"has not voted\" leaves them no vote; or keep it, if that is what the contract says"
        };
        c.warn(&place(ballot), message, help);
    }
    let quorum = ballot.quorum.iter().flat_map(|rule| &rule.all).map(|comparison| (comparison, true));
    let outcomes = ballot.outcomes.iter().flat_map(Outcome::rules).flat_map(|rule| &rule.all);
    for (comparison, quorum) in quorum.chain(outcomes.map(|comparison| (comparison, false))) {
        let turned = |unrevealed| turned(ballot, unrevealed, comparison, quorum);
        if let Some(what) = turned(&sealed.unrevealed) {
            let message = format!(
                "withholding pays: whoever sees the votes go against them can leave theirs unrevealed, and `{comparison}` \
                 {what}"
            );
            let help = match (&sealed.unrevealed, counts(comparison, &Counted::Participating)) {
                (Unrevealed::HasNotVoted, true) if ballot.abstention.is_some() => {
                    "unrevealed = \"abstains\" lets them count as participating; or count `electors`"
                }
                (Unrevealed::HasNotVoted, true) => {
                    "With an abstention, unrevealed = \"abstains\" lets them count as participating; or count `electors`"
                }
                (Unrevealed::HasNotVoted, false) => {
                    "Count `electors` there; or `participating`, with an abstention and unrevealed = \"abstains\""
                }
                _ => "Count `participating` or `electors` there, which nobody can lower by withholding",
            };
            c.warn(&place(ballot), message, help);
        } else if let Some(what) = turned(&Unrevealed::HasNotVoted).filter(|_| !ballot.leaver_stands) {
            let message = format!(
                "leaving pays: whoever sees the votes go against them can recuse or step down before they reveal theirs, and \
                 `{comparison}` {what}"
            );
            let help = "if-leaving = \"vote stands\" lets their vote count as that of others who do not reveal; or count \
                        `electors` there";
            c.warn(&format!("ballot.{}.sealed", ballot.name), message, help);
        }
    }
}

fn place(ballot: &Ballot) -> String {
    format!("ballot.{}.sealed.unrevealed", ballot.name)
}

/// What becomes of a rule where a vote is not revealed that counts so then. It asks for turnout, or for its lack: for
/// something which a revealed vote adds to and an unrevealed one does not; in an outcome's rule a choice is no turnout:
/// its own voters lose. Or it asks for a share of turnout.
fn turned(
    ballot: &Ballot,
    unrevealed: &Unrevealed,
    comparison: &Comparison,
    quorum: bool,
) -> Option<&'static str> {
    let lost = |term: &Term| match &term.counted {
        Counted::Choice(_) | Counted::Leading | Counted::Answers | Counted::Agreed => quorum,
        counted => turnout(counted, unrevealed),
    };
    // Where it is asked for at all, less of it is asked for: a quorum in other words.
    let below = matches!(comparison.op, Operator::Below | Operator::AtMost);
    if comparison.amount.iter().any(lost) || sums(ballot, unrevealed, comparison) {
        return Some(if below { "holds" } else { "fails" });
    }
    lowered(ballot, unrevealed, comparison).then_some(if below { "fails" } else { "holds" })
}

/// Whether this counts who takes part, and a vote that counts so is none of them.
fn turnout(counted: &Counted, unrevealed: &Unrevealed) -> bool {
    match counted {
        Counted::Participating => matches!(unrevealed, Unrevealed::HasNotVoted),
        Counted::Votes => matches!(unrevealed, Unrevealed::HasNotVoted | Unrevealed::Abstains),
        _ => false,
    }
}

/// Whether an unrevealed vote for something else lets a choice reach its share with fewer votes, to the gain of somebody:
/// where there is one other choice alone, whoever is for it does not want that.
fn lowered(ballot: &Ballot, unrevealed: &Unrevealed, comparison: &Comparison) -> bool {
    let base = comparison.bound.terms();
    let asked =
        |counted: &Counted| base.iter().any(|term| term.counted == *counted) && turnout(counted, unrevealed);
    let abstaining = ballot.abstention.iter().filter(|_| asked(&Counted::Participating));
    let ways: Vec<_> = ballot.choices.iter().chain(abstaining).collect();
    let named = ways.iter().filter(|way| counts(comparison, &Counted::Choice((**way).clone()))).count();
    let for_it = if counts(comparison, &Counted::Leading) { 1 } else { named };
    let others = ways.len().saturating_sub(for_it);
    for_it > 0 && others > 1 && (asked(&Counted::Votes) || asked(&Counted::Participating))
}

/// Whether the votes for all choices are added up, which are `votes` in other words, and an unrevealed one is none of
/// them.
fn sums(ballot: &Ballot, unrevealed: &Unrevealed, comparison: &Comparison) -> bool {
    let added = |choice| counts(comparison, &Counted::Choice(choice));
    let all = !ballot.choices.is_empty() && ballot.choices.iter().cloned().all(added);
    all && !matches!(unrevealed, Unrevealed::Chooses(_))
}

fn counts(comparison: &Comparison, counted: &Counted) -> bool {
    comparison.amount.iter().any(|term| term.counted == *counted)
}
