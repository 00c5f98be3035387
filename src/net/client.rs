//! Asking other machines: logs as static files, witnesses, and servers of agreements.
//!
//! A [`Client`] keeps connections and bounds everything that the other side decides: how long an answer takes, and how
//! many bytes it has. It follows no redirects, since what was asked of one address is believed of that address. It
//! knows nothing of logs; what came is checked by whoever asked.
//!
//! Addresses are `http://` or `https://`; certificates are checked against Mozilla's roots. Proxies are taken from the
//! environment (`HTTPS_PROXY` and its like).

use std::io::Read as _;
use std::time::Duration;

use serde::Deserialize;

use super::NetError;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the other side may be silent once it has been asked.
const SILENCE: Duration = Duration::from_secs(20);

/// A client with its kept connections. Cheap to clone; clones share the connections.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
}

/// What the other side answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status: 200, 404, ….
    pub status: u16,
    /// The `Content-Type` as it was sent, if it is text.
    pub content_type: Option<String>,
    /// After how many seconds it may be asked again (`Retry-After`).
    pub retry_after: Option<u64>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Client {
    /// A client each of whose requests, from connecting to the last byte, takes at most `timeout`.
    pub fn new(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .timeout_connect(Some(CONNECT.min(timeout)))
            .timeout_recv_response(Some(SILENCE.min(timeout)))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("quorate/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into() }
    }

    /// Fetches a file; `None` where the server says that there is none (404, or 410).
    ///
    /// # Errors
    /// No answer, another status than 200, or more than `most` bytes.
    pub fn get(&self, url: &str, most: usize) -> Result<Option<Vec<u8>>, NetError> {
        let url = address(url)?;
        let answer = self.agent.get(&url).call().map_err(|cause| NetError::unreachable(&url, &cause))?;
        let response = read(&url, answer, most)?;
        match response.status {
            200 => Ok(Some(response.body)),
            404 | 410 => Ok(None),
            _ => Err(problem(url, &response)),
        }
    }

    /// Sends a body of this `Content-Type` and gives the answer, whatever its status.
    ///
    /// # Errors
    /// No answer, or one of more than `most` bytes.
    pub fn post(&self, url: &str, kind: &str, body: &[u8], most: usize) -> Result<Response, NetError> {
        self.post_with(url, &[("content-type", kind)], body, most)
    }

    /// As [`Client::post`], with these headers.
    ///
    /// # Errors
    /// As there.
    pub fn post_with(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        most: usize,
    ) -> Result<Response, NetError> {
        let url = address(url)?;
        let request = headers
            .iter()
            .fold(self.agent.post(&url), |request, (name, value)| request.header(*name, *value));
        let answer = request.send(body).map_err(|cause| NetError::unreachable(&url, &cause))?;
        read(&url, answer, most)
    }
}

/// The longest words of a problem document that are told, in characters.
const MOST_WORDS: usize = 500;

/// The part of a problem document (RFC 9457) that people read.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

/// An answer that is not what was asked for, in its own words where it has any.
fn problem(url: String, answer: &Response) -> NetError {
    let (status, retry_after) = (answer.status, answer.retry_after);
    let words = serde_json::from_slice::<Problem>(&answer.body).ok().map(|problem| problem.detail);
    let shown = |words: String| {
        words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_WORDS).collect()
    };
    let detail: Option<String> = words.map(shown);
    if detail.is_none() && retry_after.is_none() {
        return NetError::Status { url, status };
    }
    NetError::Problem { url, status, detail, retry_after }
}

/// The address, if it is one that can be asked.
///
/// # Errors
/// It is none.
pub fn address(url: &str) -> Result<String, NetError> {
    let host = ["https://", "http://"].iter().find_map(|scheme| {
        let (start, host) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(host)
    });
    match host {
        Some(host) if !host.is_empty() && !host.starts_with('/') => Ok(url.to_owned()),
        _ => Err(NetError::Address { url: url.to_owned() }),
    }
}

fn read(url: &str, mut answer: ureq::http::Response<ureq::Body>, most: usize) -> Result<Response, NetError> {
    let status = answer.status().as_u16();
    if answer.status().is_redirection() {
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
        return Err(NetError::Redirect { url: url.to_owned(), to });
    }
    let content_type = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let content_type = content_type.map(str::to_owned);
    let retry_after = answer.headers().get("retry-after").and_then(|after| after.to_str().ok());
    let retry_after = retry_after.and_then(|after| after.parse().ok());
    let mut body = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut limited = answer.body_mut().as_reader().take(limit);
    limited.read_to_end(&mut body).map_err(|cause| NetError::cut_off(url, &cause))?;
    if body.len() > most {
        return Err(NetError::TooLong { url: url.to_owned(), most });
    }
    Ok(Response { status, content_type, retry_after, body })
}
