//! How votes count: a section for each ballot.

use super::rules::Counting;
use super::{Paragraph, Section, sentence, within};
use crate::values::{Id, Length};
use crate::workflow::check::late::evidence_comes;
use crate::workflow::model::{
    Among, Answer, Ballot, Change, Decides, Early, Ease, Exclusion, Extend, ExtendOn, Gives, NO_QUORUM,
    NewEvidence, Outcome, Panel, Positions, Sealed, Unrevealed, Workflow,
};
use crate::workflow::words::{all_of, quoted, times};

pub(super) fn section(workflow: &Workflow, ballot: &Ballot) -> Section {
    let Ballot {
        name,
        question,
        panel,
        less: _,
        abstain: _,
        classes: _,
        choices: _,
        among: _,
        answer: _,
        abstention: _,
        attach: _,
        open_for: _,
        excluded: _,
        change: _,
        early: _,
        extend: _,
        sealed: _,
        leaver_stands: _,
        new_evidence: _,
        per_affiliation: _,
        positions: _,
        quorum: _,
        outcomes: _,
    } = ballot;
    let place = format!("ballot.{name}");
    let mark = |keys: &[&str]| {
        let places: Vec<String> = keys.iter().map(|key| format!("{place}.{key}")).collect();
        workflow.marks(|known| places.iter().any(|place| within(known, place)))
    };
    let mut paragraphs =
        vec![Paragraph::of(format!("The question: {}{}", sentence(question), mark(&["question"])))];
    if let Some(panel) = workflow.panel(panel) {
        let panel = &*ballot.part_of(panel);
        let counting = Counting::of(ballot, panel);
        paragraphs.extend([
            electors(ballot, panel, &mark(&["electors", "count"])),
            choices(
                workflow,
                ballot,
                &mark(&["choices", "answer", "abstention", "attach", "new-evidence", "positions"]),
            ),
            match &ballot.sealed {
                None => window(ballot, counting, &mark(&["open-for", "deadline", "early", "extend"])),
                Some(sealed) => phases(ballot, sealed, &mark(&["open-for", "deadline", "early", "sealed"])),
            },
            numbers(counting),
            quorum(ballot, counting, &mark(&["quorum"])),
            outcomes(ballot, counting, &mark(&["outcomes"])),
        ]);
    }
    Section { heading: format!("Ballot {}{}", quoted(name), workflow.marked_around(&place)), paragraphs }
}

fn electors(ballot: &Ballot, panel: &Panel, marks: &str) -> Paragraph {
    let less = ballot.less.iter().map(|exclusion| match exclusion {
        Exclusion::Recused => "whoever is recused from the case",
        Exclusion::Subject => "whoever the case is about",
        Exclusion::Obliged => "whoever is obliged to abstain in the case",
    });
    let less: Vec<&str> = less.collect();
    let less = if less.is_empty() { String::new() } else { format!(", less {}", less.join(" and less ")) };
    let obliged = if ballot.abstain.is_empty() {
        ""
    } else {
        " Whoever is obliged to abstain in the case is an elector, does not vote, and counts as abstaining."
    };
    let leaver = if ballot.leaver_stands {
        "The vote of whoever leaves while it is open stands"
    } else {
        "Whoever leaves while it is open counts as not having voted"
    };
    let classes: Vec<String> = ballot.classes.iter().map(quoted).collect();
    let classes = match &*classes {
        [] => String::new(),
        [class] => format!("of the class {class} "),
        classes => format!("of the classes {} ", classes.join(" and ")),
    };
    Paragraph::of(format!(
        "The electors are the filled seats {classes}of the panel {}{less}. They are fixed when the ballot opens. {leaver}, and the \
         number of electors stays as it was.{obliged}{}{marks}",
        quoted(&panel.name),
        if ballot.per_affiliation { ALIKE } else { "" }
    ))
}

const ALIKE: &str = " Identical ballots of electors with one affiliation count as one, with the greatest weight among them; \
                     whoever has no affiliation counts alone.";

fn choices(workflow: &Workflow, ballot: &Ballot, marks: &str) -> Paragraph {
    let Ballot { choices, among, answer, abstention, attach, change, new_evidence, positions, .. } = ballot;
    let told = match positions {
        Positions::Told => "",
        Positions::NotTold => " A report of the case tells neither who voted how nor the margin.",
    };
    let named: Vec<String> = choices.iter().map(quoted).collect();
    let mut choices = Vec::new();
    if *among == Among::Electors {
        choices.push("votes for one of the electors, by the seat".to_owned());
    } else if !named.is_empty() {
        choices.push(format!("votes {}", named.join(" or ")));
    }
    let mut decides = String::new();
    if let Some(Answer { is, unit, decides: which }) = answer {
        let unit = unit.as_ref().map_or_else(String::new, |unit| format!(" ({unit})"));
        choices.push(format!("names a {}{unit}", is.word()));
        decides = format!(
            " The answer of the ballot is {}.",
            match which {
                Decides::Median => "the one in the middle by weight, of an even number the lower of the two",
                Decides::Leading => "the one that has most, and none where several have equally many",
            }
        );
    }
    let abstention = match abstention {
        Some(name) => format!(", or abstains ({})", quoted(name)),
        None => "; nobody can abstain".to_owned(),
    };
    let evidence = match new_evidence {
        NewEvidence::VotesStand if evidence_comes(workflow, ballot) => {
            " Votes stand, whatever is filed or struck in the case after them."
        }
        NewEvidence::VotesStand => "",
        NewEvidence::Refused => " No document is filed or struck in the case while the ballot is open.",
        NewEvidence::VotesLapse => {
            " Where a document is filed or struck in the case meanwhile, votes already cast count no more and may be cast \
             anew."
        }
        NewEvidence::VotesToReaffirm if *change == Change::UntilClose => {
            " Where a document is filed or struck in the case meanwhile, votes already cast count again only once their \
             voters have said the same, or something else, on a new paper."
        }
        NewEvidence::VotesToReaffirm => {
            " Where a document is filed or struck in the case meanwhile, votes already cast count again only once their \
             voters have said the same on a new paper."
        }
    };
    let attach = match attach.as_slice() {
        [] => String::new(),
        [one] => format!(" Each vote carries the document {}.", quoted(one)),
        several => format!(" Each vote carries the documents {}.", all_of(several)),
    };
    let change = match change {
        Change::Never => "A vote is final.",
        Change::UntilClose => "A vote can be changed until the ballot closes; the last one counts.",
    };
    Paragraph::of(format!(
        "Each elector {}{abstention}.{decides} {change}{attach}{evidence}{told}{marks}",
        choices.join(" or ")
    ))
}

fn window(ballot: &Ballot, counting: Counting<'_>, marks: &str) -> Paragraph {
    let Ballot { open_for, excluded, early, .. } = ballot;
    let instant = if *excluded { "is late" } else { "counts" };
    let last = last_votes(open_for, "at the very closing instant");
    let early = match early {
        Early::Never => "It never closes earlier.".to_owned(),
        Early::AllVoted => "It closes earlier once every elector who has not left has voted, and at least one has.".to_owned(),
        Early::Certain => {
            "It closes earlier once no way of casting the votes still missing gives another outcome."
                .to_owned()
        }
        Early::Confirmed => {
            "It closes earlier as soon as an outcome has been confirmed: its rule has held for the time that it must.".to_owned()
        }
        Early::When(rule) => format!("It closes earlier as soon as {}.", counting.rule(rule)),
    };
    let lasting = ballot.outcomes.iter().any(|outcome| outcome.lasting.is_some());
    let over = if lasting && ballot.extend.is_some() {
        " Once that time is over, and it stays open only until an outcome is confirmed, nothing puts the closing off."
    } else {
        ""
    };
    let extend = ballot.extend.as_ref().map_or_else(String::new, put_off) + over;
    Paragraph::of(format!(
        "Votes are taken for {open_for} from its opening; a vote {last} {instant}. {early}{extend}{marks}"
    ))
}

/// When votes are taken for the last time: business days end with a day, other times at an instant.
fn last_votes<'w>(open_for: &Length, instant: &'w str) -> &'w str {
    if open_for.ends_with_a_day() { "on the last day, to its end," } else { instant }
}

/// The two windows of a sealed ballot.
fn phases(ballot: &Ballot, sealed: &Sealed, marks: &str) -> Paragraph {
    let Ballot { open_for, excluded, early, .. } = ballot;
    let Sealed { reveal_for, unrevealed } = sealed;
    let instant = if *excluded { "is late" } else { "counts" };
    let last = last_votes(open_for, "at the very last instant");
    let revealed = last_votes(reveal_for, "at the very last instant");
    let early = match early {
        Early::AllVoted => {
            "This ends earlier once every elector who has not left has committed, and at least one has"
        }
        _ => "This never ends earlier",
    };
    let unrevealed = match unrevealed {
        Unrevealed::HasNotVoted => "is none".to_owned(),
        Unrevealed::Abstains => "counts as an abstention".to_owned(),
        Unrevealed::Chooses(choice) => format!("counts as one for {}", quoted(choice)),
    };
    Paragraph::of(format!(
        "The ballot is sealed. For {open_for} from its opening the electors commit to their votes, and nobody can know what \
         these are; a commitment {last} {instant}. {early}. Then, for {reveal_for}, each reveals the vote (one revealed {revealed} {instant}), and \
         the ballot closes as soon as all votes are revealed that can be. A vote that its voter does not reveal in time \
         {unrevealed}.{marks}"
    ))
}

fn put_off(extend: &Extend) -> String {
    let Extend { on, in_last, by, at_most } = extend;
    let on = match on {
        ExtendOn::Quorum => "Where the quorum is first reached",
        ExtendOn::Vote => "Where a vote comes",
        ExtendOn::Evidence => "Where a document is filed or struck in the case",
        ExtendOn::NoQuorum => "Where its time runs out and there is no quorum (not where it closes earlier)",
    };
    let near = in_last.map_or_else(String::new, |time| {
        let time = time.to_string();
        let one = time.strip_prefix("1 ").filter(|unit| !unit.contains(' '));
        format!(" in the last {} before closing (that instant included)", one.unwrap_or(&time))
    });
    let most = at_most.map_or("each time".to_owned(), times);
    format!(" {on}{near}, the closing is put off by {by}, {most}.")
}

fn quorum(ballot: &Ballot, counting: Counting<'_>, marks: &str) -> Paragraph {
    let told = match &ballot.quorum {
        None => "There is no quorum: every ballot has one of the outcomes below.".to_owned(),
        Some(rule) => format!(
            "There is a quorum if {}. Without it the outcome is {}, whatever was voted.",
            counting.rule(rule),
            quoted(&Id::constant(NO_QUORUM))
        ),
    };
    Paragraph::of(format!("{told}{marks}"))
}

fn outcomes(ballot: &Ballot, counting: Counting<'_>, marks: &str) -> Paragraph {
    let outcome = |(place, outcome): (usize, &Outcome)| {
        let Outcome { is, rule, lasting, eases, gives } = outcome;
        let again = ballot.outcomes.iter().take(place).any(|before| before.is == *is);
        let also = if again { "also " } else { "" };
        let Some(rule) = rule else { return format!("{}, {also}otherwise.", quoted(is)) };
        let lasting = lasting.map_or_else(String::new, |time| {
            format!(
                "; that, and the quorum, must have held for {time} without a break before it is the outcome"
            )
        });
        let ease = |Ease { after, rule }: &Ease| {
            format!(
                "; from {after} after the opening on (that instant included), if {} instead",
                counting.rule(rule)
            )
        };
        let eases: String = eases.iter().map(ease).collect();
        let gives = match gives {
            Some(Gives::Answer) => "; it gives the answer, and is the outcome only where there is one",
            Some(Gives::Chair) => {
                "; whoever has more votes than every other elector, and has not left, chairs the case from then on, and it is \
                 the outcome only where there is such an elector"
            }
            None => "",
        };
        format!("{}, {also}if {}{lasting}{eases}{gives};", quoted(is), counting.rule(rule))
    };
    let waits = if ballot.outcomes.iter().any(|outcome| outcome.lasting.is_some()) {
        "Where a rule that must have held for a time began to hold within the time for votes and has not held for long \
         enough at its end, the ballot stays open, and takes votes, until it has, or until a break ends the ballot. "
    } else {
        ""
    };
    let lead = "The outcome is the first of these whose rule holds when the ballot closes:";
    Paragraph::listing(
        format!("{waits}{lead}{marks}"),
        ballot.outcomes.iter().enumerate().map(outcome).collect(),
    )
}

fn numbers(counting: Counting<'_>) -> Paragraph {
    let seats = counting.panel.seats.len();
    let weighed = counting.panel.seats.iter().map(|seat| u64::from(seat.weight)).sum::<u64>();
    let weight = if counting.weighs() {
        format!(
            " Votes and electors count by their weight, of which a full panel of {seats} has {weighed}, except where a rule counts by head."
        )
    } else {
        String::new()
    };
    let but = if counting.less_one { " but whoever the case is about" } else { "" };
    let told = format!(
        "Numbers in brackets below hold for a full panel: every seat filled and nobody excluded{but}. With fewer electors a share of \
         them is fewer; fractions are exact and never rounded."
    );
    Paragraph::of(format!("{told}{weight}"))
}
