//! The witnesses on whom the parties rely: the policy of an opening statement.

use crate::engine::Refusal;
use crate::log::{Policy, PolicyError};
use crate::statement::{Open, RawKey};
use crate::values::visible;

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
        if let Some(url) = witness.url.as_ref().map(ToString::to_string).filter(|url| !can_be_asked(url)) {
            return Err(bad(format!(
                "the witness `{}` has the address `{}`, which nobody can ask: write `http://` or `https://`, a host, and a \
                 path without `?`, `#` and spaces, or no address",
                witness.name,
                visible(&url)
            )));
        }
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

/// Whether requests can go to an address, with a path put after it (RFC 3986): the opening that has it stands for ever.
fn can_be_asked(url: &str) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let (start, rest) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let Some(rest) = rest else { return false };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // A host in brackets is an address of IPv6, with colons of its own.
    let (host, port, literal) = match authority.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((host, "")) => (host, None, true),
        Some((host, after)) => (host, Some(after.strip_prefix(':').unwrap_or("")), true),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port), false),
            None => (authority, None, false),
        },
    };
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let host = if literal {
        host.parse::<std::net::Ipv6Addr>().is_ok()
    } else {
        !host.is_empty() && host.chars().all(named)
    };
    let digits = |port: &str| port.bytes().all(|it| it.is_ascii_digit());
    let port = port.is_none_or(|port| digits(port) && port.parse::<u16>().is_ok_and(|port| port > 0));
    host && port && path.chars().all(|c| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(c))
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

#[cfg(test)]
mod tests {
    use super::can_be_asked;

    #[test]
    fn an_address_can_be_asked_or_is_none() {
        for url in [
            "http://127.0.0.1:7380",
            "https://wit.example/w1",
            "HTTPS://wit.example:443/a/b%20c/",
            "http://[::1]:8080/w",
            "http://[::1]",
        ] {
            assert!(can_be_asked(url), "{url}");
        }
        for url in [
            "file:///etc/passwd",
            "ftp://wit.example",
            "wit.example",
            "http://",
            "http:///w1",
            "http://:80/",
            "http://h:0/",
            "http://h:/",
            "http://h:+1/",
            "http://h:65536/",
            "http://me:word@h/",
            "http://[::1/",
            "http://[h]/",
            "http://[::1]x/",
            "http://h:1/?y",
            "http://h:1/#x?y",
            "http://h/a b",
            "http://h/\u{9b}",
            "http://h/\t",
            "http://é/",
        ] {
            assert!(!can_be_asked(url), "{url}");
        }
    }
}
