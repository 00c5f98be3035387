//! Reading what invariants say: `research-ip.status = 'ended' and not verified`.

use super::rules::Reader;
use super::token::{Cursor, Joined, Token};
use super::{Fault, Vocabulary};
use crate::values::{Id, Span};
use crate::workflow::invariant::{Holds, Proposition};
use crate::workflow::model::{Ballot, Event, Grant, Operator, Procedure};
use crate::workflow::read::nearest;

/// Parentheses and `not` within each other, as in conditions.
const DEEPEST: usize = 8;

const HELP: &str = "It is an event, `GRANT.ATTRIBUTE = 'VALUE'`, `PROCEDURE is STATE`, `BALLOT counted yes >= 2`, \
                    `within 14 days of EVENT`, or `now < INSTANT`";

/// What a proposition may name.
#[derive(Debug, Clone, Copy)]
pub struct Nameable<'m> {
    /// The events.
    pub events: &'m [Event],
    /// The grants.
    pub grants: &'m [Grant],
    /// The procedures.
    pub procedures: &'m [Procedure],
    /// The ballots, each with the classes of its panel's seats.
    pub ballots: &'m [(&'m Ballot, Vec<Id>)],
}

impl Proposition {
    /// Reads a proposition that may use these names.
    pub fn parse(text: &str, names: Nameable<'_>) -> Result<Self, Fault> {
        let mut cursor = Cursor::of_proposition(text)?;
        let holds = joined(&mut cursor, names, 0)?;
        match cursor.peek() {
            None => Ok(Self { holds, text: cursor.since(0) }),
            Some(_) => Err(cursor.fault("the end, `and` or `or`", HELP)),
        }
    }
}

fn joined(cursor: &mut Cursor<'_>, names: Nameable<'_>, depth: usize) -> Result<Holds, Fault> {
    Ok(match cursor.joined(|cursor| single(cursor, names, depth))? {
        Joined::One(part) => part,
        Joined::All(parts) => Holds::All(parts),
        Joined::Any(parts) => Holds::Any(parts),
    })
}

fn single(cursor: &mut Cursor<'_>, names: Nameable<'_>, depth: usize) -> Result<Holds, Fault> {
    if depth == DEEPEST {
        return Err(cursor.fault("something simpler", "It is nested too deep"));
    }
    if cursor.take("not") {
        return Ok(Holds::Not(Box::new(single(cursor, names, depth + 1)?)));
    }
    if cursor.take_token(Token::Open) {
        let inner = joined(cursor, names, depth + 1)?;
        if !cursor.take_token(Token::Close) {
            return Err(cursor.fault("`)`", "Every `(` needs its `)`"));
        }
        return Ok(inner);
    }
    let Some(Token::Word(word)) = cursor.peek() else {
        return Err(cursor.fault("something that can be so", HELP));
    };
    match (word, cursor.peek_second()) {
        ("now", Some(Token::Operator(_))) => now(cursor),
        ("within", Some(Token::Number(_))) => within(cursor, names),
        (_, Some(Token::Dot)) => grant(cursor, names.grants),
        (_, Some(Token::Word("is"))) => in_state(cursor, names.procedures),
        (_, Some(Token::Word("counted"))) => counted(cursor, names),
        _ => event(cursor, names.events).map(Holds::Event),
    }
}

/// The named one of `all`, or what it might have meant.
fn named<'m, T>(
    cursor: &mut Cursor<'_>,
    what: &str,
    all: impl Iterator<Item = &'m T> + Clone,
    name: impl Fn(&'m T) -> &'m Id,
) -> Result<&'m T, Fault> {
    let Some(Token::Word(word)) = cursor.peek() else { return Err(cursor.fault(what, HELP)) };
    if let Some(found) = all.clone().find(|one| *name(one) == word) {
        cursor.advance();
        return Ok(found);
    }
    let known: Vec<&str> = all.map(|one| name(one).as_str()).collect();
    let help = match nearest(word, known.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if known.is_empty() => "None is declared in this file".to_owned(),
        None => format!("There are: {}", known.join(", ")),
    };
    Err(Fault::new(cursor.place(), format!("there is no {what} `{word}`"), help))
}

fn event(cursor: &mut Cursor<'_>, events: &[Event]) -> Result<Id, Fault> {
    named(cursor, "event", events.iter(), |event| &event.name).map(|event| event.name.clone())
}

fn now(cursor: &mut Cursor<'_>) -> Result<Holds, Fault> {
    cursor.advance();
    let Some(Token::Operator(operator)) = cursor.peek() else {
        return Err(cursor.fault("`>`, `>=`, `=`, `<` or `<=`", HELP));
    };
    cursor.advance();
    let Some(Token::Instant(instant)) = cursor.peek() else {
        let help = "Write date, time and offset: now < 2031-01-01T00:00:00-08:00";
        return Err(cursor.fault("an instant", help));
    };
    cursor.advance();
    Ok(Holds::Now(operator, instant))
}

fn within(cursor: &mut Cursor<'_>, names: Nameable<'_>) -> Result<Holds, Fault> {
    cursor.advance();
    let start = cursor.place();
    while cursor.peek().is_some_and(|token| token != Token::Word("of")) {
        cursor.advance();
    }
    let words = cursor.since(start.start);
    let Ok(span) = words.parse::<Span>() else {
        let help = "Write whole days, hours, minutes and seconds: within 14 days of EVENT";
        let at = start.start..start.start + words.len();
        return Err(Fault::new(at, format!("`{words}` is not a length of time"), help));
    };
    cursor.expect("of", "within 14 days of EVENT")?;
    Ok(Holds::Within { span, of: event(cursor, names.events)? })
}

fn grant(cursor: &mut Cursor<'_>, grants: &[Grant]) -> Result<Holds, Fault> {
    const HOW: &str = "GRANT.ATTRIBUTE = 'VALUE'";
    let grant = named(cursor, "grant", grants.iter(), |grant| &grant.name)?;
    cursor.advance();
    let attribute = named(cursor, "attribute", grant.attributes.iter(), |attribute| &attribute.name)?;
    if !cursor.take_token(Token::Operator(Operator::Equal)) {
        return Err(cursor.fault("`=`", HOW));
    }
    let Some(Token::Quoted(value)) = cursor.peek() else {
        return Err(cursor.fault("a value in single quotes", HOW));
    };
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if !attribute.values.iter().any(|known| known.is == value) {
        let known: Vec<String> = attribute.values.iter().map(|value| format!("'{}'", value.is)).collect();
        let message = format!("`{}.{}` never is '{value}'", grant.name, attribute.name);
        return Err(Fault::new(cursor.place(), message, format!("Its values: {}", known.join(", "))));
    }
    cursor.advance();
    Ok(Holds::Grant { grant: grant.name.clone(), attribute: attribute.name.clone(), value })
}

fn in_state(cursor: &mut Cursor<'_>, procedures: &[Procedure]) -> Result<Holds, Fault> {
    let procedure = named(cursor, "procedure", procedures.iter(), |procedure| &procedure.name)?;
    cursor.advance();
    let state = named(cursor, "state", procedure.states.iter(), |state| &state.name)?;
    Ok(Holds::In { procedure: procedure.name.clone(), state: state.name.clone() })
}

fn counted(cursor: &mut Cursor<'_>, names: Nameable<'_>) -> Result<Holds, Fault> {
    let (ballot, classes) = named(cursor, "ballot", names.ballots.iter(), |(ballot, _)| &ballot.name)?;
    cursor.advance();
    let vocabulary = Vocabulary {
        choices: ballot.nameable().cloned().collect(),
        classes: classes.clone(),
        candidates: ballot.candidates(),
        answers: ballot.answer.is_some(),
        ..Vocabulary::default()
    };
    let comparison = Reader { cursor, names: &vocabulary, panel_only: false }.comparison()?;
    Ok(Holds::Counted { ballot: ballot.name.clone(), comparison })
}
