//! The words and signs of rules and conditions, and a cursor over them.

use std::ops::Range;

use super::Fault;
use crate::values::Instant;
use crate::workflow::model::Operator;

/// A word or sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    Number(u64),
    Operator(Operator),
    Plus,
    Slash,
    Percent,
    Open,
    Close,
    /// Of conditions and propositions only: `.`. Of propositions only: a value in single quotes, an instant with its offset.
    Dot,
    Quoted(&'t str),
    Instant(Instant),
}

/// Parts as they were joined.
pub(super) enum Joined<T> {
    One(T),
    All(Vec<T>),
    Any(Vec<T>),
}

/// Goes through the tokens of a text, which it remembers for excerpts.
pub(super) struct Cursor<'t> {
    text: &'t str,
    tokens: Vec<(Token<'t>, Range<usize>)>,
    next: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Result<Self, Fault> {
        Self::read(text, first)
    }

    /// A cursor over a condition, which also names outcomes of ballots.
    pub(super) fn of_condition(text: &'t str) -> Result<Self, Fault> {
        Self::read(text, first_of_condition)
    }

    /// A cursor over a proposition, which also holds values and instants.
    pub(super) fn of_proposition(text: &'t str) -> Result<Self, Fault> {
        Self::read(text, first_of_proposition)
    }

    fn read(text: &'t str, first: fn(&'t str, usize) -> First<'t>) -> Result<Self, Fault> {
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let (token, length) = first(rest, at)?;
            if let Some(token) = token {
                tokens.push((token, at..at + length));
            }
            at += length;
        }
        Ok(Self { text, tokens, next: 0 })
    }

    pub(super) fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.next).map(|(token, _)| *token)
    }

    pub(super) fn peek_second(&self) -> Option<Token<'t>> {
        self.tokens.get(self.next + 1).map(|(token, _)| *token)
    }

    /// Where the next token stands, or the end of the text.
    pub(super) fn place(&self) -> Range<usize> {
        self.tokens.get(self.next).map_or(self.text.len()..self.text.len(), |(_, at)| at.clone())
    }

    pub(super) fn advance(&mut self) {
        self.next += 1;
    }

    /// Reads parts that are joined by `and`, or by `or`; the two do not mix without parentheses.
    pub(super) fn joined<T>(
        &mut self,
        mut part: impl FnMut(&mut Self) -> Result<T, Fault>,
    ) -> Result<Joined<T>, Fault> {
        let first = part(self)?;
        let (word, other) = match self.peek() {
            Some(Token::Word("and")) => ("and", "or"),
            Some(Token::Word("or")) => ("or", "and"),
            _ => return Ok(Joined::One(first)),
        };
        let mut parts = vec![first];
        while self.take(word) {
            parts.push(part(self)?);
        }
        if self.peek() == Some(Token::Word(other)) {
            return Err(Fault::new(
                self.place(),
                "`and` and `or` side by side can be read in two ways",
                "Put one of them in parentheses: `a and (b or c)`",
            ));
        }
        Ok(if word == "and" { Joined::All(parts) } else { Joined::Any(parts) })
    }

    /// Takes the next token if it is this word.
    pub(super) fn take(&mut self, word: &str) -> bool {
        self.take_token(Token::Word(word))
    }

    /// Takes the next token if it is this one.
    pub(super) fn take_token(&mut self, token: Token<'_>) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    /// Takes this word, or says what was expected.
    pub(super) fn expect(&mut self, word: &str, help: &str) -> Result<(), Fault> {
        if self.take(word) { Ok(()) } else { Err(self.fault(&format!("`{word}`"), help)) }
    }

    /// "expected X, found Y" at the next token.
    pub(super) fn fault(&self, expected: &str, help: impl Into<String>) -> Fault {
        let at = self.place();
        let found = match self.text.get(at.clone()) {
            Some(word) if !word.is_empty() => format!("`{word}`"),
            _ => "the end".to_owned(),
        };
        Fault::new(at, format!("expected {expected}, found {found}"), help)
    }

    /// The words from byte `start` to the last token taken.
    pub(super) fn since(&self, start: usize) -> String {
        let last = self.next.checked_sub(1).and_then(|last| self.tokens.get(last));
        let end = last.map_or(start, |(_, at)| at.end);
        let words = self.text.get(start..end).unwrap_or_default();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A token and its length; no token for space.
type First<'t> = Result<(Option<Token<'t>>, usize), Fault>;

/// As [`first`], with the point between a ballot and its outcome.
fn first_of_condition(rest: &str, at: usize) -> First<'_> {
    if rest.starts_with('.') { Ok((Some(Token::Dot), 1)) } else { first(rest, at) }
}

/// As [`first`], with what only propositions have.
fn first_of_proposition(rest: &str, at: usize) -> First<'_> {
    match rest.chars().next() {
        Some('.') => Ok((Some(Token::Dot), 1)),
        Some('\'') => quoted(rest, at),
        Some('0'..='9') if rest.get(4..5) == Some("-") => instant(rest, at),
        _ => first(rest, at),
    }
}

fn quoted(rest: &str, at: usize) -> First<'_> {
    match rest.get(1..).and_then(|rest| rest.split_once('\'')) {
        Some((value, _)) => Ok((Some(Token::Quoted(value)), value.len() + 2)),
        None => Err(Fault::new(at..at + 1, "this quote is never closed", "Every `'` needs its `'`")),
    }
}

fn instant(rest: &str, at: usize) -> First<'_> {
    let length = rest.find(|c: char| !in_word(c) && c != ':' && c != '+').unwrap_or(rest.len());
    let written = rest.get(..length).unwrap_or_default();
    let refuse = || {
        let help = "Write date, time and offset in whole seconds: 2031-01-01T00:00:00-08:00";
        Fault::new(at..at + length, format!("`{written}` is not an instant"), help)
    };
    let parsed: jiff::Timestamp = written.parse().map_err(|_| refuse())?;
    let instant = Instant::from_unix(parsed.as_second());
    if instant.unix() != parsed.as_second() {
        return Err(refuse());
    }
    Ok((Some(Token::Instant(instant)), length))
}

/// The first token of `rest`, which is not empty and stands at byte `at`, and its length; none for space.
fn first(rest: &str, at: usize) -> First<'_> {
    let sign = |token, length| Ok((Some(token), length));
    let head = rest.chars().next().unwrap_or(' ');
    let wide = at..at + head.len_utf8();
    match head {
        '=' if rest.starts_with("==") => Err(Fault::new(at..at + 2, "`==` is not an operator", "Write `=`")),
        '=' if rest.starts_with("=>") => Err(Fault::new(at..at + 2, "`=>` is not an operator", "Write `>=`")),
        '=' if rest.starts_with("=<") => Err(Fault::new(at..at + 2, "`=<` is not an operator", "Write `<=`")),
        '>' if rest.starts_with(">=") => sign(Token::Operator(Operator::AtLeast), 2),
        '<' if rest.starts_with("<=") => sign(Token::Operator(Operator::AtMost), 2),
        '>' => sign(Token::Operator(Operator::Above), 1),
        '<' => sign(Token::Operator(Operator::Below), 1),
        '=' => sign(Token::Operator(Operator::Equal), 1),
        '+' => sign(Token::Plus, 1),
        '/' => sign(Token::Slash, 1),
        '%' => sign(Token::Percent, 1),
        '(' => sign(Token::Open, 1),
        ')' => sign(Token::Close, 1),
        '≥' => Err(Fault::new(wide, "`≥` is not an operator", "Write `>=`")),
        '≤' => Err(Fault::new(wide, "`≤` is not an operator", "Write `<=`")),
        _ if head.is_whitespace() => Ok((None, head.len_utf8())),
        _ if in_word(head) => word(rest, at),
        _ => Err(Fault::new(
            wide,
            format!("`{}` has no meaning here", head.escape_debug()),
            "A rule is words, numbers and the signs > >= = < <= + / % ( )",
        )),
    }
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

fn word(rest: &str, at: usize) -> Result<(Option<Token<'_>>, usize), Fault> {
    let length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
    let word = rest.get(..length).unwrap_or_default();
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok((Some(Token::Word(word)), length));
    }
    let number = word.parse().ok().filter(|number| *number <= LARGEST).ok_or_else(|| {
        Fault::new(
            at..at + length,
            format!("{word} is too large"),
            format!("Numbers in rules go up to {LARGEST}"),
        )
    })?;
    Ok((Some(Token::Number(number)), length))
}

/// A million seats of weight one million: no count can be larger.
const LARGEST: u64 = 1_000_000 * 1_000_000;
