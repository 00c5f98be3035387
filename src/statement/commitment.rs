//! What a `commit` is the digest of: a vote on a sealed ballot before anybody may know it.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding as _};

use super::{AgreementRef, BallotRef};
use crate::values::{Digest, Id, ValueError, serde_as_text};

/// Everything that a commitment binds. A digest of less could be opened elsewhere, or by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// The agreement.
    pub agreement: AgreementRef,
    /// The ballot.
    pub ballot: BallotRef,
    /// The SHA-256 of the ballot paper.
    pub question: Digest,
    /// The seat that votes, as a statement's `by` names it.
    pub seat: Id,
    /// The choice.
    pub choice: Id,
    /// What keeps the few choices from being tried one after the other.
    pub salt: Salt,
}

impl Commitment {
    /// The exact text: seven lines, each ended by a newline. No value has a space or a newline in it, so that two
    /// different commitments never have one text.
    pub fn text(&self) -> String {
        let Self { agreement, ballot, question, seat, choice, salt } = self;
        format!(
            "quorate/commitment/v1\nagreement {agreement}\nballot {ballot}\nquestion {question}\nseat {seat}\n\
             choice {choice}\nsalt {salt}\n"
        )
    }

    /// One line of the text, after its name.
    fn line<T: FromStr<Err = ValueError>>(line: Option<&str>, name: &str) -> Result<T, ValueError> {
        let none = || ValueError::new(line.unwrap_or_default(), EXPECTED);
        line.and_then(|line| line.strip_prefix(name)?.strip_prefix(' ')).ok_or_else(none)?.parse()
    }

    /// The SHA-256 of the text: what a `commit` carries.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }
}

/// Of a text that is no commitment's.
const EXPECTED: &str = "an opening: the seven lines of a commitment, exactly as `quorate vote` wrote them";

impl FromStr for Commitment {
    type Err = ValueError;

    /// Reads exactly the texts that [`Commitment::text`] writes.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let mut lines = text.split('\n').skip(1);
        let commitment = Self {
            agreement: Self::line(lines.next(), "agreement")?,
            ballot: Self::line(lines.next(), "ballot")?,
            question: Self::line(lines.next(), "question")?,
            seat: Self::line(lines.next(), "seat")?,
            choice: Self::line(lines.next(), "choice")?,
            salt: Self::line(lines.next(), "salt")?,
        };
        if commitment.text() == text { Ok(commitment) } else { Err(ValueError::new("", EXPECTED)) }
    }
}

/// 32 random bytes, in base64 (RFC 4648 §4, padded): 44 characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl Salt {
    /// A new one.
    ///
    /// # Errors
    /// The machine has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl FromStr for Salt {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let mut bytes = [0; 32];
        match Base64::decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == 32 => Ok(Self(bytes)),
            _ => Err(ValueError::new(text, "a salt: 32 bytes in base64 (44 characters)")),
        }
    }
}

impl fmt::Display for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&Base64::encode_string(&self.0))
    }
}

/// A salt is a secret until it is revealed: no log and no message shows it by accident.
impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

serde_as_text!(Salt);

#[cfg(test)]
mod tests {
    use super::*;

    fn commitment() -> Commitment {
        Commitment {
            agreement: format!("bridge@{}", Digest::of(b"open")).parse().unwrap(),
            ballot: "acceptance#1/finding#1".parse().unwrap(),
            question: Digest::of(b"paper"),
            seat: "s1".parse().unwrap(),
            choice: "yes".parse().unwrap(),
            salt: Salt([7; 32]),
        }
    }

    #[test]
    fn the_text_is_what_anybody_can_write_by_hand() {
        let text = format!(
            "quorate/commitment/v1\nagreement bridge@{}\nballot acceptance#1/finding#1\nquestion {}\nseat s1\n\
             choice yes\nsalt BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
            Digest::of(b"open"),
            Digest::of(b"paper")
        );
        assert_eq!(commitment().text(), text);
        assert_eq!(commitment().digest(), Digest::of(text.as_bytes()));
    }

    #[test]
    fn an_opening_is_read_in_its_one_spelling() {
        let text = commitment().text();
        assert_eq!(text.parse(), Ok(commitment()));
        let others = [
            text.trim_end().to_owned(),
            format!("{text}\n"),
            text.replace("/v1", "/v2"),
            text.replace("seat s1", "seat  s1"),
            text.replace("choice yes\n", ""),
            text.replace('\n', "\r\n"),
            String::new(),
        ];
        for other in others {
            assert!(other.parse::<Commitment>().is_err(), "{other:?}");
        }
    }

    #[test]
    fn every_part_is_bound() {
        let whole = commitment();
        let others = [
            Commitment {
                agreement: format!("bridge@{}", Digest::of(b"other")).parse().unwrap(),
                ..commitment()
            },
            Commitment { ballot: "acceptance#1/finding#2".parse().unwrap(), ..commitment() },
            Commitment { question: Digest::of(b"other"), ..commitment() },
            Commitment { seat: "s2".parse().unwrap(), ..commitment() },
            Commitment { choice: "no".parse().unwrap(), ..commitment() },
            Commitment { salt: Salt([8; 32]), ..commitment() },
        ];
        for other in others {
            assert_ne!(other.digest(), whole.digest(), "{}", other.text());
        }
    }

    #[test]
    fn a_salt_has_one_spelling() {
        let text = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        assert_eq!(text.parse(), Ok(Salt([7; 32])));
        assert_eq!(Salt([7; 32]).to_string(), text);
        for other in
            [&text[..43], "", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwd=", &text.replace('B', "-")]
        {
            assert!(other.parse::<Salt>().is_err(), "{other}");
        }
    }
}
