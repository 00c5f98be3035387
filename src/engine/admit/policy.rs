//! The witnesses on whom the parties rely: the policy of an opening statement.

use crate::engine::Refusal;
use crate::log::{Policy, PolicyError};
use crate::statement::{Open, RawKey};

use super::super::holders::Holders;

/// The most witnesses that a policy may name: a note carries [`MAX_SIGNATURES`](crate::log::note::MAX_SIGNATURES),
/// 100, of which one is the log's and two a witness's, the first it gave and the newest.
const MOST_WITNESSES: usize = 48;

/// The most bytes of a witness's name, which stands in every cosignature: two lines of each of the witnesses fit on a
/// note, which has at most 32,768 bytes, with 3,000 left for the log's own part.
const LONGEST_NAME: usize = 200;

/// The policy of an opening statement, if it has one: a C2SP tlog-policy that can be applied to this very log, and
/// whose witnesses are nobody who speaks in the agreement already.
///
/// Lines `log` may be left out, since the statement carries the log's own key.
pub(super) fn judge_policy(open: &Open, holders: &Holders) -> Result<Option<Policy>, Refusal> {
    let Some(text) = &open.policy else { return Ok(None) };
    let bad =
        |why: String| Refusal::new("bad-policy", why, "mend the policy, and have the parties sign again");
    let policy = Policy::parse(text.as_bytes()).map_err(|error| bad(words(&error)))?;
    let logs = policy.logs();
    if !logs.is_empty() && !logs.iter().any(|log| log.key.to_string() == open.log.vkey) {
        return Err(bad(format!(
            "the policy names logs, and not this one: name the key `{}` in a line `log`, or no log at all",
            open.log.vkey
        )));
    }
    let count = policy.witnesses().count();
    if count > MOST_WITNESSES {
        return Err(bad(format!(
            "the policy names {count} witnesses, more than the {MOST_WITNESSES} whose cosignatures fit on a checkpoint"
        )));
    }
    let own = open.log.vkey.parse().map(|key: crate::log::VerifierKey| key.raw());
    for witness in policy.witnesses() {
        let long = witness.key.name().len();
        if long > LONGEST_NAME {
            return Err(bad(format!(
                "the key name of the witness `{}` has {long} bytes, more than the {LONGEST_NAME} that fit on a checkpoint",
                witness.name
            )));
        }
        let raw = witness.key.raw();
        if own.as_ref() == Ok(&raw) {
            return Err(bad(format!(
                "the witness `{}` has the log's own key: a log is no witness of itself",
                witness.name
            )));
        }
        if let Some(holder) = holders.speaks_for(RawKey(raw)) {
            let why = format!("the policy gives the witness `{}` the key of {holder}", witness.name);
            return Err(Refusal::new(
                "key-in-use",
                why,
                "one key speaks for one holder: give each their own",
            ));
        }
    }
    Ok(Some(policy))
}

/// The error without the words of a line that is none of a policy's: it may be anything, a secret too.
fn words(error: &PolicyError) -> String {
    match error {
        PolicyError::Word { line, .. } => format!(
            "line {line} of the policy begins with none of `log`, `witness`, `group`, `quorum` and `#`, as the lines of \
             a C2SP tlog-policy do"
        ),
        error => error.to_string(),
    }
}
