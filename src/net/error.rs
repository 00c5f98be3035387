use std::fmt::Display;

/// Why an address gave nothing that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// It is no address of the web.
    #[error("`{url}` is no address that can be asked: give one that begins with https:// or http://")]
    Address {
        /// The address.
        url: String,
    },
    /// No answer.
    #[error("{url} does not answer: {cause}; check the address and the connection, and try again")]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        cause: String,
    },
    /// The answer ended before its end.
    #[error("the answer of {url} broke off: {cause}; try again")]
    CutOff {
        /// The address.
        url: String,
        /// Why.
        cause: String,
    },
    /// Another status than expected.
    #[error("{url} answers with the status {status}; check the address, or ask whoever keeps it")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// Another status than expected, and words that say why.
    #[error(
        "{url} answers with the status {status}: {}",
        told(.detail.as_deref(), *.retry_after)
    )]
    Problem {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What its problem document (RFC 9457) says, cut where that is long.
        detail: Option<String>,
        /// After how many seconds it may be asked again (`Retry-After`).
        retry_after: Option<u64>,
    },
    /// It was not shown who asks.
    #[error("{url} cannot be shown whose key asks: {why}")]
    SignIn {
        /// The server's address.
        url: String,
        /// Why.
        why: String,
    },
    /// It points elsewhere.
    #[error(
        "{url} points to {}, and redirects are not followed; give that address yourself if you mean it",
        .to.as_deref().unwrap_or("another address")
    )]
    Redirect {
        /// The address.
        url: String,
        /// Where it points, as it was sent.
        to: Option<String>,
    },
    /// More bytes than a file of this kind has.
    #[error("{url} sends more than the {most} bytes that it can have; check the address")]
    TooLong {
        /// The address.
        url: String,
        /// The most bytes that were asked for.
        most: usize,
    },
}

fn told(detail: Option<&str>, retry_after: Option<u64>) -> String {
    let later = retry_after.map(|seconds| format!("try again in {seconds} s"));
    let parts: Vec<&str> = detail.into_iter().chain(later.as_deref()).collect();
    parts.join("; ")
}

impl NetError {
    pub(crate) fn unreachable(url: &str, cause: &dyn Display) -> Self {
        Self::Unreachable { url: url.to_owned(), cause: cause.to_string() }
    }

    pub(crate) fn cut_off(url: &str, cause: &dyn Display) -> Self {
        Self::CutOff { url: url.to_owned(), cause: cause.to_string() }
    }
}
