//! Reading rules of ballots.

use super::token::{Cursor, Token};
use super::{ANSWER_WORDS, Fault, Vocabulary};
use crate::workflow::model::{Amount, Bound, Comparison, Counted, Rule, Term};
use crate::workflow::read::nearest;

/// `lesser of` within `lesser of`: deeper than anybody reads, shallow enough for any stack.
const DEEPEST: usize = 8;

/// Above and below the line of a fraction: products with any count stay within 128 bits.
const LARGEST_PART: u64 = 1_000_000;

impl Rule {
    /// Reads a rule that may use these names.
    pub fn parse(text: &str, names: &Vocabulary) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(text)?;
        let mut reader = Reader { cursor: &mut cursor, names, panel_only: false };
        let mut all = vec![reader.comparison()?];
        while reader.cursor.take("and") {
            all.push(reader.comparison()?);
        }
        match cursor.peek() {
            None => Ok(Self { all, text: cursor.since(0) }),
            Some(Token::Word("or")) => Err(cursor.fault(
                "`and` or the end of the rule",
                "There is no `or` in a rule: list the outcome twice, each time with one of the two as its `if`; \
                 a quorum and `early` take one rule",
            )),
            Some(_) => Err(cursor.fault("`and` or the end of the rule", "Comparisons are joined by `and`")),
        }
    }
}

/// Reads comparisons from a cursor. A condition reads them too, over seats only.
pub(super) struct Reader<'c, 't> {
    pub(super) cursor: &'c mut Cursor<'t>,
    pub(super) names: &'c Vocabulary,
    /// Whether only `seats` and `filled` may be counted: no ballot is open.
    pub(super) panel_only: bool,
}

impl Reader<'_, '_> {
    pub(super) fn comparison(&mut self) -> Result<Comparison, Fault> {
        if let Some(Token::Number(_)) = self.cursor.peek() {
            return Err(self
                .cursor
                .fault("what is counted", "The number stands on the right: `participating >= 5`"));
        }
        let amount = self.amount()?;
        let Some(Token::Operator(op)) = self.cursor.peek() else {
            return Err(self.cursor.fault("`>`, `>=`, `=`, `<` or `<=`", "Compare it: `participating >= 5`"));
        };
        self.cursor.advance();
        Ok(Comparison { amount, op, bound: self.bound(0)? })
    }

    fn amount(&mut self) -> Result<Amount, Fault> {
        let mut terms = vec![self.term()?];
        while self.cursor.take_token(Token::Plus) {
            terms.push(self.term()?);
        }
        Ok(terms)
    }

    fn term(&mut self) -> Result<Term, Fault> {
        let heads = self.cursor.take("heads");
        if heads {
            self.cursor.expect("of", "`heads of` counts people instead of their weight: `heads of met`")?;
        }
        let counted = self.counted()?;
        let class = if self.cursor.take("in") { Some(self.class()?) } else { None };
        Ok(Term { counted, heads, class })
    }

    fn counted(&mut self) -> Result<Counted, Fault> {
        let Some(Token::Word(word)) = self.cursor.peek() else {
            return Err(self.cursor.fault("what is counted", self.countable()));
        };
        let counted = match word {
            "seats" => Counted::Seats,
            "filled" => Counted::Filled,
            "votes" | "participating" | "electors" | "leading" if self.panel_only => {
                return Err(self.cursor.fault(
                    "`seats` or `filled`",
                    "No ballot is open here: a condition counts seats, and filled ones",
                ));
            }
            "votes" => Counted::Votes,
            "participating" => Counted::Participating,
            "electors" => Counted::Electors,
            "leading" => Counted::Leading,
            "answers" if self.names.answers => Counted::Answers,
            "agreed" if self.names.answers => Counted::Agreed,
            _ => match self.names.choices.iter().find(|choice| **choice == word) {
                Some(choice) => Counted::Choice(choice.clone()),
                None => return Err(self.unknown(word)),
            },
        };
        self.cursor.advance();
        Ok(counted)
    }

    fn unknown(&self, word: &str) -> Fault {
        let known = self.names.choices.iter().map(crate::values::Id::as_str);
        let help = match nearest(word, known.chain(self.fixed())) {
            _ if let Some(instead) = self.names.instead(word) => instead.to_owned(),
            Some(near) => format!("Did you mean `{near}`?"),
            None => self.countable(),
        };
        Fault::new(self.cursor.place(), format!("`{word}` is nothing that can be counted here"), help)
    }

    fn countable(&self) -> String {
        if self.panel_only {
            return "A condition counts `seats`, and `filled` ones".to_owned();
        }
        let choices: Vec<String> = self.names.choices.iter().map(|choice| format!("`{choice}`")).collect();
        let choices = if choices.is_empty() { "a choice".to_owned() } else { choices.join(", ") };
        let fixed: Vec<String> = self.fixed().iter().map(|word| format!("`{word}`")).collect();
        format!("What can be counted: {choices}, {}", fixed.join(", "))
    }

    /// What can be counted besides choices: answers only where there are any.
    fn fixed(&self) -> Vec<&str> {
        let always = ["votes", "participating", "electors", "seats", "filled", "leading"];
        let answers = ANSWER_WORDS.into_iter().filter(|_| self.names.answers);
        always.into_iter().chain(answers).collect()
    }

    fn class(&mut self) -> Result<crate::values::Id, Fault> {
        let known = &self.names.classes;
        let Some(Token::Word(word)) = self.cursor.peek() else {
            return Err(self.cursor.fault("a class", "`in` is followed by a class of seats"));
        };
        let Some(class) = known.iter().find(|class| **class == word) else {
            let help = match nearest(word, known.iter().map(crate::values::Id::as_str)) {
                Some(near) => format!("Did you mean `{near}`?"),
                None if known.is_empty() => {
                    "No seat of the panel has a class: give it one with `class = \"…\"`".to_owned()
                }
                None => {
                    let known: Vec<&str> = known.iter().map(crate::values::Id::as_str).collect();
                    format!("The classes that count here: {}", known.join(", "))
                }
            };
            return Err(Fault::new(
                self.cursor.place(),
                format!("no seat that counts here is of class `{word}`"),
                help,
            ));
        };
        self.cursor.advance();
        Ok(class.clone())
    }

    fn bound(&mut self, depth: usize) -> Result<Bound, Fault> {
        if self.cursor.peek() == Some(Token::Word("lesser")) {
            if depth == DEEPEST {
                return Err(self.cursor.fault("a simpler bound", "`lesser of` is nested too deep"));
            }
            self.cursor.advance();
            self.cursor.expect("of", "`lesser of A and B`")?;
            let left = self.bound(depth + 1)?;
            self.cursor.expect("and", "`lesser of A and B`")?;
            return Ok(Bound::Lesser(Box::new(left), Box::new(self.bound(depth + 1)?)));
        }
        let Some(Token::Number(number)) = self.cursor.peek() else {
            return Ok(Bound::Times { times: 1, of: self.amount()? });
        };
        let at = self.cursor.place();
        self.cursor.advance();
        self.share(number, at)
    }

    /// What follows the number at `at`: nothing, `/ D of`, `% of` or `times`.
    fn share(&mut self, numerator: u64, at: std::ops::Range<usize>) -> Result<Bound, Fault> {
        const HELP: &str = "A share is written `2/3 of electors`, `80% of votes` or `2 times against`";
        let denominator = if self.cursor.take_token(Token::Slash) {
            let at = self.cursor.place();
            let Some(Token::Number(denominator)) = self.cursor.peek() else {
                return Err(self.cursor.fault("a number below the line", HELP));
            };
            self.cursor.advance();
            part(denominator, at)?;
            self.cursor.expect("of", HELP)?;
            denominator
        } else if self.cursor.take_token(Token::Percent) {
            self.cursor.expect("of", HELP)?;
            100
        } else if self.cursor.take("times") {
            part(numerator, at)?;
            return Ok(Bound::Times { times: numerator, of: self.amount()? });
        } else if self.cursor.peek() == Some(Token::Word("of")) {
            return Err(self.cursor.fault("a fraction before `of`", HELP));
        } else {
            return Ok(Bound::Number(numerator));
        };
        part(numerator, at)?;
        Ok(Bound::Share { numerator, denominator, of: self.amount()? })
    }
}

/// No part is 0: none of something is a bound that says nothing.
fn part(number: u64, at: std::ops::Range<usize>) -> Result<(), Fault> {
    if (1..=LARGEST_PART).contains(&number) {
        return Ok(());
    }
    let message = format!("{number} can be no part of a fraction, and no multiple");
    Err(Fault::new(at, message, format!("Above and below the line, and before `times`: 1 to {LARGEST_PART}")))
}
