//! `amend`: all parties put another workflow into force, and say what becomes of everything that is under way.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Attachments, CaseRef, RosterLine};
use crate::values::{Digest, Id, ValueError, serde_as_text};

/// `amend`. Nothing in it is retroactive: questions about earlier times are answered by the workflow then in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amend {
    /// Why or on what occasion, in words.
    pub occasion: String,
    /// The digest of the amended contract's text.
    pub contract: Digest,
    /// The whole text of the workflow that is in force from now on.
    pub to: String,
    /// The officers of every party and role whose officers change, all of them; absent where none do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roster: Vec<RosterLine>,
    /// What becomes of every grant of the workflow so far.
    pub grants: BTreeMap<Id, GrantFate>,
    /// What becomes of every case that has not ended; absent where there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cases: BTreeMap<CaseRef, CaseFate>,
    /// The amended contract or a joint statement, if there is a document.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attach: Attachments,
}

/// What becomes of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fate", into = "Fate")]
pub enum GrantFate {
    /// It goes on as a grant of the new workflow.
    Becomes {
        /// That grant, by name.
        grant: Id,
        /// The attributes that the amendment moves by itself, with the value that they then have.
        moves: BTreeMap<Id, String>,
    },
    /// It ends with the amendment, its status being these words from then on.
    Ends(String),
}

/// A [`GrantFate`] as it is written: `{"becomes":"ip"}`, `{"becomes":"ip","moves":{"exclusive":"no"}}`, `{"ends":"over"}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    becomes: Option<Id>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    moves: BTreeMap<Id, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends: Option<String>,
}

impl TryFrom<Fate> for GrantFate {
    type Error = &'static str;

    fn try_from(fate: Fate) -> Result<Self, Self::Error> {
        match fate {
            Fate { becomes: Some(grant), moves, ends: None } => Ok(Self::Becomes { grant, moves }),
            Fate { becomes: None, moves, ends: Some(value) } if moves.is_empty() => Ok(Self::Ends(value)),
            _ => Err("write `becomes`, perhaps with `moves`, or `ends` alone"),
        }
    }
}

impl From<GrantFate> for Fate {
    fn from(fate: GrantFate) -> Self {
        match fate {
            GrantFate::Becomes { grant, moves } => Self { becomes: Some(grant), moves, ends: None },
            GrantFate::Ends(value) => Self { becomes: None, moves: BTreeMap::new(), ends: Some(value) },
        }
    }
}

/// What becomes of a case that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseFate {
    /// It goes on under the workflow under which it runs.
    OldRules,
    /// It enters this state of the new workflow's procedure of the same name.
    Enters(Id),
}

/// How [`CaseFate::OldRules`] is written. No state is named so: a name has no space.
const OLD_RULES: &str = "old rules";

impl FromStr for CaseFate {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text == OLD_RULES {
            return Ok(Self::OldRules);
        }
        let what = "`old rules`, or a state of the new workflow, by its name";
        text.parse().map(Self::Enters).map_err(|_| ValueError::new(text, what))
    }
}

impl fmt::Display for CaseFate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OldRules => OLD_RULES,
            Self::Enters(state) => state.as_str(),
        })
    }
}

serde_as_text!(CaseFate);
