//! Reading conditions of steps.

use super::rules::Reader;
use super::token::{Cursor, Joined, Token};
use super::{Fault, Vocabulary};
use crate::values::Id;
use crate::workflow::model::{Condition, Rule};
use crate::workflow::read::nearest;

/// Parentheses and `not` within each other: deeper than anybody reads, shallow enough for any stack.
const DEEPEST: usize = 8;

impl Condition {
    /// Reads a condition that may use these names.
    pub fn parse(text: &str, names: &Vocabulary) -> Result<Self, Fault> {
        let mut cursor = Cursor::of_condition(text)?;
        let condition = joined(&mut cursor, names, 0)?;
        match cursor.peek() {
            None => Ok(condition),
            Some(_) => {
                Err(cursor.fault("the end of the condition", "Conditions are joined by `and` or `or`"))
            }
        }
    }
}

fn joined(cursor: &mut Cursor<'_>, names: &Vocabulary, depth: usize) -> Result<Condition, Fault> {
    Ok(match cursor.joined(|cursor| single(cursor, names, depth))? {
        Joined::One(part) => part,
        Joined::All(parts) => Condition::All(parts),
        Joined::Any(parts) => Condition::Any(parts),
    })
}

/// `BALLOT.OUTCOME`, of one of the state's ballots.
fn outcome(cursor: &mut Cursor<'_>, names: &Vocabulary, ballot: &str) -> Result<Condition, Fault> {
    let of: Vec<&(Id, Id)> = names.outcomes.iter().filter(|(name, _)| *name == ballot).collect();
    let place = cursor.place();
    cursor.advance();
    cursor.advance();
    if cursor.peek() == Some(Token::Word("answer")) && !of.iter().any(|(_, outcome)| *outcome == "answer") {
        let help =
            "Let a second ballot ask whether it is so (\"Is it more than …?\"), and go on by its outcome";
        return Err(Fault::new(place, format!("no condition can look at the answer of `{ballot}`"), help));
    }
    if of.is_empty() {
        let mut known: Vec<&str> = names.outcomes.iter().map(|(ballot, _)| ballot.as_str()).collect();
        known.dedup();
        return Err(if known.is_empty() {
            let help = "It asks of ballots that stand side by side (ballots = [\"…\", \"…\"]); what a state's only ballot \
                        comes to is a step: { outcome = \"…\", to = \"…\" }";
            Fault::new(place, format!("no ballot `{ballot}` stands beside others in this state"), help)
        } else {
            let help = format!("Name one that opens in this state: {}", known.join(", "));
            Fault::new(place, format!("the state has no ballot `{ballot}`"), help)
        });
    }
    let known = |word: &str| of.iter().find(|(_, outcome)| *outcome == word);
    let Some((ballot, outcome)) = cursor.peek().and_then(|token| match token {
        Token::Word(word) => known(word),
        _ => None,
    }) else {
        let known: Vec<&str> = of.iter().map(|(_, outcome)| outcome.as_str()).collect();
        return Err(cursor.fault("an outcome of that ballot", format!("There are: {}", known.join(", "))));
    };
    cursor.advance();
    Ok(Condition::Outcome { ballot: ballot.clone(), outcome: outcome.clone() })
}

fn single(cursor: &mut Cursor<'_>, names: &Vocabulary, depth: usize) -> Result<Condition, Fault> {
    const HELP: &str = "A condition is `every seat filled`, `filled >= 5`, or the name of an event";
    if depth == DEEPEST {
        return Err(cursor.fault("a simpler condition", "It is nested too deep"));
    }
    if cursor.take("not") {
        return Ok(Condition::Not(Box::new(single(cursor, names, depth + 1)?)));
    }
    if cursor.take_token(Token::Open) {
        let inner = joined(cursor, names, depth + 1)?;
        if !cursor.take_token(Token::Close) {
            return Err(cursor.fault("`)`", "Every `(` needs its `)`"));
        }
        return Ok(inner);
    }
    if cursor.take("every") {
        cursor.expect("seat", "`every seat filled`")?;
        cursor.expect("filled", "`every seat filled`")?;
        return Ok(Condition::EverySeatFilled);
    }
    if names.subject && cursor.take("subject") {
        cursor.expect("seated", "`subject seated`")?;
        return Ok(Condition::SubjectSeated);
    }
    let Some(Token::Word(word)) = cursor.peek() else { return Err(cursor.fault("a condition", HELP)) };
    let counts =
        ["filled", "seats", "heads", "votes", "participating", "electors", "leading"].contains(&word);
    if counts {
        let start = cursor.place().start;
        let comparison = Reader { cursor, names, panel_only: true }.comparison()?;
        return Ok(Condition::Seats(Rule { all: vec![comparison], text: cursor.since(start) }));
    }
    if cursor.peek_second() == Some(Token::Dot) {
        return outcome(cursor, names, word);
    }
    let Some(event) = names.events.iter().find(|event| **event == word) else {
        let help = match nearest(word, names.events.iter().map(Id::as_str)) {
            _ if let Some(instead) = names.instead(word) => instead.to_owned(),
            Some(near) => format!("Did you mean `{near}`?"),
            None => HELP.to_owned(),
        };
        return Err(Fault::new(cursor.place(), format!("there is no event `{word}`"), help));
    };
    cursor.advance();
    Ok(Condition::Event(event.clone()))
}
