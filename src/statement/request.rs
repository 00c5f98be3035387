//! What a reader signs, so that a server knows whose key asks: a text that names the server, made by it for this one
//! time. It is no statement, and has a namespace of its own, so that neither signature passes for the other.

use crate::values::Instant;

/// The namespace of its signatures, and its first line.
pub const NAMESPACE: &str = "quorate/request/v1";

/// What a server asks a reader to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The server's address, without a path: `https://log.example.org`.
    pub server: String,
    /// What the server has made up for this one time, in base64.
    pub nonce: String,
    /// Until when it takes the signature.
    pub expires: Instant,
}

impl Challenge {
    /// The longest text that is read, in bytes.
    pub const MAX_BYTES: usize = 1_024;

    /// The text that is signed, its last newline included.
    pub fn to_text(&self) -> String {
        let Self { server, nonce, expires } = self;
        format!("{NAMESPACE}\nserver: {server}\nnonce: {nonce}\nexpires: {expires}\n")
    }

    /// Reads a text, exactly as [`Challenge::to_text`] writes it; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::MAX_BYTES {
            return None;
        }
        let mut lines = text.lines().skip(1);
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned);
        let (server, nonce, expires) = (field("server")?, field("nonce")?, field("expires")?.parse().ok()?);
        let challenge = Self { server, nonce, expires };
        (challenge.to_text() == text).then_some(challenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_has_one_spelling() {
        let text = "quorate/request/v1\nserver: https://log.example.org\nnonce: AAAA\nexpires: 2026-03-01T12:00:00Z\n";
        assert_eq!(Challenge::parse(text).map(|read| read.to_text()).as_deref(), Some(text));
        let others = [
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
            format!("{text}\n"),
            text.replace("v1", "v2"),
            text.replace("server: ", "server:"),
            text.replace('Z', "+00:00"),
            text.replace("log.", &"l".repeat(2_000)),
            String::new(),
        ];
        for other in others {
            assert_eq!(Challenge::parse(&other), None, "{other:?}");
        }
    }
}
