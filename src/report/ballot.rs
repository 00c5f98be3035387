//! A ballot: who were its electors, how it was counted, who stood where and why.

use super::counted::{Counted, Tallied, Weighed};
use super::panel::end;
use super::{Part, Row, Section, Sources, documents, told};
use crate::engine::ballot::BallotRun;
use crate::engine::case::{ABOUT_THEM, Case, Obligation};
use crate::engine::evidence::lapse;
use crate::engine::margin::Margin;
use crate::engine::window::Takes;
use crate::values::Id;
use crate::workflow::model::{Ballot, Decides, Gives, Positions};

/// What a report says of one round of a ballot.
pub(super) fn sections(
    sources: &Sources<'_>,
    case: &Case,
    run: &BallotRun,
    counts: &[Counted],
) -> Vec<Section> {
    let Some(rules) = run.rules() else { return Vec::new() };
    let mut sections = vec![electors(case, run)];
    if let Some(counted) = counts.iter().find(|counted| counted.ballot == run.id) {
        sections.push(count(run, rules, counted));
        if rules.positions == Positions::Told {
            sections.push(positions(sources, case, run, rules, counted));
        }
    } else {
        let mut open = Section::new(format!("The count of {}", run.id));
        open.say(uncounted(case, run), []);
        sections.push(open);
    }
    sections
}

/// How a ballot stands that has not closed.
fn uncounted(case: &Case, run: &BallotRun) -> String {
    let (takes, until) = run.takes(case.suspended().is_some());
    let until = until.map_or_else(
        || ", and stands still while the case is suspended".to_owned(),
        |until| format!(" until {}", told(until)),
    );
    let takes = match takes {
        Takes::Votes => "is open",
        Takes::Commitments => "takes sealed votes",
        Takes::Reveals => "takes no more votes; those that were cast sealed are revealed",
    };
    format!("The ballot {takes}{until}; it has not been counted.")
}

fn electors(case: &Case, run: &BallotRun) -> Section {
    let mut section = Section::new(format!("The electors of {}", run.id));
    let free = || run.electors.iter().filter(|(seat, _)| !run.obliged.contains_key(*seat));
    let names: Vec<String> = free().map(|(seat, it)| format!("{seat} ({})", it.person)).collect();
    section.say(
        format!(
            "When the ballot opened, {}, {} could vote: {}.",
            told(run.opened),
            count_of(names.len(), "elector"),
            if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
        ),
        free().flat_map(|(_, elector)| elector.taken.clone()),
    );
    for (seat, cast) in run.obliged.iter() {
        let obliged = case.obliged.get(seat).map(Obligation::words).unwrap_or_default();
        let elector = run.electors.get(seat);
        let person = elector.map_or_else(String::new, |elector| format!(" ({})", elector.person));
        let taken = elector.map(|elector| elector.taken.clone()).unwrap_or_default();
        section.say(
            format!("{seat}{person} was an elector who could not vote and counts as abstaining, {obliged}."),
            taken.into_iter().chain([cast.done.entry]),
        );
    }
    for (seat, reason) in run.excluded.iter() {
        let recused = case.recused.get(seat).map(|recusal| recusal.done.entry);
        let entry = recused.or_else(|| case.obliged.get(seat).map(|obliged| obliged.done.entry));
        let subject = case.subject.as_ref().filter(|_| reason == ABOUT_THEM);
        let person = subject.map_or_else(String::new, |subject| format!(" ({})", subject.person));
        let entry = entry.or_else(|| subject.map(|_| case.opened.entry));
        section.say(format!("{seat}{person} was not an elector: {}.", end(reason)), entry);
    }
    for (seat, left) in &run.left {
        let lapsed = lapse(case, run, seat);
        let withheld = withheld(run, seat);
        let vote = match (run.votes.contains_key(seat) || withheld.is_some(), left.vote_stands) {
            (true, true) => "the vote cast before stands".to_owned(),
            (true, false) => "the vote cast before does not count".to_owned(),
            (false, _) => match lapsed {
                Some((_, by)) => format!("the vote cast before had lapsed{}", by_entry(by)),
                None => "no vote had been cast".to_owned(),
            },
        };
        let of_lapse = lapsed.into_iter().flat_map(|(cast, by)| [Some(cast.done.entry), by]).flatten();
        section.say(
            format!(
                "{seat} left while it was open, {}: {}; {vote}, and the number of electors stays.",
                told(left.at),
                left.reason.words()
            ),
            left.entry.into_iter().chain(of_lapse),
        );
    }
    section
}

/// ` by entry 20`.
fn by_entry(entry: Option<u64>) -> String {
    entry.map_or_else(String::new, |entry| format!(" by entry {entry}"))
}

/// The entry of a commitment of this seat's that nobody has revealed.
fn withheld(run: &BallotRun, seat: &Id) -> Option<u64> {
    let committed = run.sealed.as_ref()?.commitments.get(seat)?;
    committed.revealed.is_none().then_some(committed.done.entry)
}

fn count_of(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn count(run: &BallotRun, rules: &Ballot, counted: &Counted) -> Section {
    let mut section = Section::new(format!("The count of {}", run.id));
    let weighs = counted.votes.iter().any(|it| u64::try_from(it.heads).ok() != Some(it.weight));
    let rows = counted.votes.iter().map(|Tallied { choice, heads, weight }| {
        let named = rules.choices.iter().chain(&rules.abstention).any(|it| it == choice);
        let answer = rules.answer.as_ref().filter(|_| !named);
        let words = answer.map_or_else(|| choice.to_string(), |answer| answer.with_unit(choice));
        let mut cells = vec![words, heads.to_string()];
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
    for (outcome, rules) in counted.outcomes.iter().zip(&rules.outcomes) {
        let gives =
            match rules.gives.filter(|_| !outcome.holds && outcome.comparisons.iter().all(|it| it.holds)) {
                Some(Gives::Chair) => " It is not the outcome: nobody has more votes than every other.",
                Some(Gives::Answer) => " It is not the outcome: the votes come to no answer.",
                None => "",
            };
        section.say(format!("{}{gives}", worked(&format!("Outcome “{}”", rules.is), outcome)), []);
    }
    let sealed: Vec<_> =
        run.electors.keys().filter(|seat| withheld(run, seat).is_some() && run.counts(seat)).collect();
    if !sealed.is_empty() {
        let choice = sealed.iter().find_map(|seat| run.votes.get(*seat)).map(|cast| &cast.choice);
        let counts = choice.map_or_else(
            || "counts as no vote".to_owned(),
            |choice| format!("counts as “{choice}”, as the workflow says, and nobody knows for what it was"),
        );
        let many = count_of(sealed.len(), "vote");
        section.say(format!("{many} stayed sealed: what was committed to and not revealed {counts}."), []);
    }
    let by = if counted.closed < run.closes { " before its time" } else { "" };
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

fn in_words(margin: Margin) -> String {
    let differ = "A vote differs if it is cast otherwise, or not at all, or by an elector who cast none.";
    match margin {
        Margin::Votes(1) => format!("The outcome would be another if 1 vote differed. {differ}"),
        Margin::Votes(votes) => {
            format!("The outcome would be another if {votes} votes differed, and not with fewer. {differ}")
        }
        Margin::None => format!("No votes of these electors would give another outcome. {differ}"),
        Margin::Timed => {
            "No margin is given: the outcome depends on when votes came, and not only on what they were."
                .to_owned()
        }
        Margin::NotSearched => {
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
fn positions(
    sources: &Sources<'_>,
    case: &Case,
    run: &BallotRun,
    rules: &Ballot,
    counted: &Counted,
) -> Section {
    let mut section = Section::new(format!("Positions and reasons in {}", run.id));
    let mut carried: Vec<Part> = Vec::new();
    let rows = run.electors.iter().map(|(seat, elector)| {
        if let Some(entry) = withheld(run, seat) {
            let counts = match run.votes.get(seat) {
                Some(cast) if run.counts(seat) => format!("counts as {}", cast.choice),
                _ => "does not count".to_owned(),
            };
            let vote = format!("committed, not revealed ({counts})");
            let cells = vec![seat.to_string(), elector.person.clone(), vote, String::new()];
            return Row { cells, entries: vec![entry] };
        }
        if let Some((cast, by)) = lapse(case, run, seat) {
            let vote = format!("{}, which lapsed{}; not cast anew", cast.choice, by_entry(by));
            let cells = vec![seat.to_string(), elector.person.clone(), vote, String::new()];
            return Row { cells, entries: [cast.done.entry].into_iter().chain(by).collect() };
        }
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
    let open = |seat: &Id| withheld(run, seat).is_none();
    let others = run.counting().filter(|(seat, cast)| {
        cast.choice != **leading && rules.choices.contains(&cast.choice) && open(seat)
    });
    let others: Vec<_> = others.collect();
    let names: Vec<String> = others.iter().map(|(seat, cast)| format!("{seat} ({})", cast.choice)).collect();
    let entries = others.iter().map(|(_, cast)| cast.done.entry);
    let sealed = run.electors.keys().any(|seat| !open(seat));
    if names.is_empty() && sealed {
        section.say(
            format!(
                "No vote that was revealed is for another choice than “{leading}”; whether those that stayed sealed are of \
                 another opinion is not known."
            ),
            [],
        );
    } else if names.is_empty() {
        section.say(format!("Every vote is for “{leading}”: there is no minority opinion."), []);
    } else {
        section.say(
            format!("Most votes are for “{leading}”; of another opinion: {}.", names.join(", ")),
            entries,
        );
    }
}
