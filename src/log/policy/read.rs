use std::collections::{BTreeMap, BTreeSet};

use super::{Defined, Group, MAX_POLICY, NONE, Name, Policy, PolicyLog, PolicyWitness, Quorum, Threshold};
use crate::log::{KeyError, VerifierKey, WitnessKey, decimal};

/// Why a text is no policy. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More bytes than a policy may have.
    #[error("the policy has {len} bytes, more than {MAX_POLICY}: take out comments or witnesses")]
    TooLong {
        /// Its bytes.
        len: usize,
    },
    /// A byte that may not stand in a policy: a carriage return, a NUL.
    #[error(
        "line {line} of the policy has the control character 0x{byte:02x}: only tabs and newlines may stand \
         in a policy, save it as plain text with Unix line ends"
    )]
    Control {
        /// The line.
        line: usize,
        /// The byte.
        byte: u8,
    },
    /// The last line is cut short.
    #[error("the policy does not end in a newline: its end was cut off, fetch or copy it again whole")]
    NoFinalNewline,
    /// A line that is none of the four kinds.
    #[error(
        "line {line} of the policy begins with `{word}`: a line is `log`, `witness`, `group`, `quorum`, or a \
         comment after `#`"
    )]
    Word {
        /// The line.
        line: usize,
        /// Its first word, shortened to 80 characters.
        word: String,
    },
    /// Too few or too many words.
    #[error("line {line} of the policy does not read `{form}`: words are missing or left over")]
    Form {
        /// The line.
        line: usize,
        /// What it should look like.
        form: &'static str,
    },
    /// Not a key of a log or a witness.
    #[error("line {line} of the policy: {error}")]
    Key {
        /// The line.
        line: usize,
        /// What is wrong with it.
        error: KeyError,
    },
    /// A key that an earlier line has, under whatever name.
    #[error("line {line} of the policy has the key of line {first} once more: take one of the two out")]
    SameKey {
        /// The line.
        line: usize,
        /// The earlier one.
        first: usize,
    },
    /// A name that cannot be given, or has been.
    #[error(
        "line {line} of the policy gives the name `{name}`, which stands for something already: choose another"
    )]
    NameTaken {
        /// The line.
        line: usize,
        /// The name.
        name: Name,
    },
    /// A name that no line before this one defines.
    #[error(
        "line {line} of the policy names `{name}`, which no line before it defines: check its spelling, and \
         put the witness or group above"
    )]
    Unknown {
        /// The line.
        line: usize,
        /// The name.
        name: Name,
    },
    /// A member that counts already.
    #[error(
        "line {line} of the policy lists `{name}`, which is a member of a group already: each counts in one \
         place only"
    )]
    Member {
        /// The line.
        line: usize,
        /// The name.
        name: Name,
    },
    /// A threshold that is none, or that the group cannot reach.
    #[error(
        "line {line} of the policy asks for `{threshold}` of {members} members: it is `all`, `any`, or a \
         number from 1 to {members} without leading zeros"
    )]
    Threshold {
        /// The line.
        line: usize,
        /// The threshold given.
        threshold: Name,
        /// How many members the group has.
        members: usize,
    },
    /// Two quorum lines.
    #[error("line {line} of the policy is a second quorum: a policy has exactly one")]
    SecondQuorum {
        /// The line.
        line: usize,
    },
    /// No quorum line.
    #[error("the policy has no quorum: end it with `quorum NAME`, or `quorum none` to ask no witness")]
    NoQuorum,
}

impl Policy {
    /// Reads a policy; see the module for where it is narrower than the specification.
    pub fn parse(text: &[u8]) -> Result<Self, PolicyError> {
        if text.len() > MAX_POLICY {
            return Err(PolicyError::TooLong { len: text.len() });
        }
        let mut reader = Reader::default();
        for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
            if let Some(byte) = line.iter().find(|byte| matches!(byte, 0..=8 | 10..=31 | 127)) {
                return Err(PolicyError::Control { line: number, byte: *byte });
            }
        }
        let lines = text.strip_suffix(b"\n").ok_or(PolicyError::NoFinalNewline)?;
        for (line, number) in lines.split(|byte| *byte == b'\n').zip(1..) {
            let words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
            reader.line(number, &words.collect::<Vec<_>>())?;
        }
        let quorum = reader.quorum.ok_or(PolicyError::NoQuorum)?;
        Ok(Self { logs: reader.logs, defined: reader.defined, quorum })
    }
}

/// What the lines so far have said.
#[derive(Default)]
struct Reader {
    logs: Vec<PolicyLog>,
    defined: Vec<Defined>,
    quorum: Option<Quorum>,
    /// Where in `defined` each name stands.
    names: BTreeMap<Name, usize>,
    /// Those that are in a group.
    members: BTreeSet<usize>,
    /// On which line each key stands.
    log_keys: BTreeMap<[u8; 32], usize>,
    witness_keys: BTreeMap<[u8; 32], usize>,
}

const LOG: &str = "log VKEY [URL]";
const WITNESS: &str = "witness NAME VKEY [URL]";
const GROUP: &str = "group NAME all|any|NUMBER MEMBER…";
const QUORUM: &str = "quorum NAME";

impl Reader {
    fn line(&mut self, line: usize, words: &[&[u8]]) -> Result<(), PolicyError> {
        let Some((word, rest)) = words.split_first().filter(|(word, _)| !word.starts_with(b"#")) else {
            return Ok(());
        };
        match *word {
            b"log" => self.log(line, rest),
            b"witness" => self.witness(line, rest),
            b"group" => self.group(line, rest),
            b"quorum" => self.quorum(line, rest),
            word => {
                let word = String::from_utf8_lossy(word).chars().take(80).collect();
                Err(PolicyError::Word { line, word })
            }
        }
    }

    fn log(&mut self, line: usize, words: &[&[u8]]) -> Result<(), PolicyError> {
        let (key, url) = match words {
            [key] => (key, None),
            [key, url] => (key, Some(name(url))),
            _ => return Err(PolicyError::Form { line, form: LOG }),
        };
        let key: VerifierKey = vkey(line, key)?;
        once(&mut self.log_keys, line, key.raw())?;
        self.logs.push(PolicyLog { key, url });
        Ok(())
    }

    fn witness(&mut self, line: usize, words: &[&[u8]]) -> Result<(), PolicyError> {
        let (called, key, url) = match words {
            [called, key] => (name(called), key, None),
            [called, key, url] => (name(called), key, Some(name(url))),
            _ => return Err(PolicyError::Form { line, form: WITNESS }),
        };
        let key: WitnessKey = vkey(line, key)?;
        once(&mut self.witness_keys, line, key.raw())?;
        self.define(
            line,
            called.clone(),
            Defined::Witness(Box::new(PolicyWitness { name: called, key, url })),
        )
    }

    fn group(&mut self, line: usize, words: &[&[u8]]) -> Result<(), PolicyError> {
        let [called, wanted, listed @ ..] = words else {
            return Err(PolicyError::Form { line, form: GROUP });
        };
        if listed.is_empty() {
            return Err(PolicyError::Form { line, form: GROUP });
        }
        let mut members = Vec::new();
        for member in listed {
            let place = self.place(line, member)?;
            if !self.members.insert(place) {
                return Err(PolicyError::Member { line, name: name(member) });
            }
            members.push(place);
        }
        let threshold = match *wanted {
            b"all" => Some(Threshold::All),
            b"any" => Some(Threshold::Any),
            number => std::str::from_utf8(number)
                .ok()
                .and_then(decimal)
                .filter(|number| *number >= 1 && usize::try_from(*number).is_ok_and(|n| n <= members.len()))
                .map(Threshold::Number),
        };
        let threshold = threshold.ok_or_else(|| PolicyError::Threshold {
            line,
            threshold: name(wanted),
            members: members.len(),
        })?;
        let called = name(called);
        self.define(line, called.clone(), Defined::Group(Group { name: called, threshold, members }))
    }

    fn quorum(&mut self, line: usize, words: &[&[u8]]) -> Result<(), PolicyError> {
        let [called] = words else { return Err(PolicyError::Form { line, form: QUORUM }) };
        if self.quorum.is_some() {
            return Err(PolicyError::SecondQuorum { line });
        }
        let none = *called == NONE.as_bytes();
        self.quorum = Some(if none { Quorum::None } else { Quorum::Of(self.place(line, called)?) });
        Ok(())
    }

    /// Where a witness or group of this name stands.
    fn place(&self, line: usize, called: &[u8]) -> Result<usize, PolicyError> {
        let called = name(called);
        self.names.get(&called).copied().ok_or(PolicyError::Unknown { line, name: called })
    }

    fn define(&mut self, line: usize, called: Name, defined: Defined) -> Result<(), PolicyError> {
        if called.0 == NONE.as_bytes() || self.names.contains_key(&called) {
            return Err(PolicyError::NameTaken { line, name: called });
        }
        self.names.insert(called, self.defined.len());
        self.defined.push(defined);
        Ok(())
    }
}

fn name(word: &[u8]) -> Name {
    Name(word.to_vec())
}

fn vkey<K: std::str::FromStr<Err = KeyError>>(line: usize, word: &[u8]) -> Result<K, PolicyError> {
    // Bytes that are no text are no base64, and no name of a key.
    let text = std::str::from_utf8(word).map_err(|_| PolicyError::Key { line, error: KeyError::Parts })?;
    text.parse().map_err(|error| PolicyError::Key { line, error })
}

/// Remembers on which line a key stands; refuses one that an earlier line has.
fn once(keys: &mut BTreeMap<[u8; 32], usize>, line: usize, key: [u8; 32]) -> Result<(), PolicyError> {
    match keys.insert(key, line) {
        Some(first) => Err(PolicyError::SameKey { line, first }),
        None => Ok(()),
    }
}
