//! Asking other machines: logs as static files, witnesses, and servers of agreements.
//!
//! A [`Client`] keeps connections and bounds everything that the other side decides: how long an answer takes, and how
//! many bytes it has. It follows no redirects, since what was asked of one address is believed of that address. It
//! knows nothing of logs; what came is checked by whoever asked.
//!
//! Addresses are `http://` or `https://`; certificates are checked against Mozilla's roots. Proxies are taken from the
//! environment (`HTTPS_PROXY` and its like).

use std::io::{BufRead as _, BufReader, Read as _};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::NetError;
use super::sign_in::{Key, Signs};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the other side may be silent once it has been asked, also in the middle of its answer.
const SILENCE: Duration = Duration::from_secs(20);

/// A client with its kept connections. Cheap to clone; clones share the connections.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    /// With which it shows servers who asks, where they say that there is nothing.
    key: Option<Key>,
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
        Self::bounded(timeout, SILENCE)
    }

    /// The same, which does not wait for the next bytes of an answer for longer than `silence`.
    pub(super) fn bounded(timeout: Duration, silence: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .timeout_connect(Some(CONNECT.min(timeout)))
            .timeout_recv_response(Some(silence.min(timeout)))
            .timeout_per_read(Some(silence.min(timeout)))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("quorate/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), key: None }
    }

    /// The same client, which asks again as whoever this is where a server says that there is nothing.
    #[must_use]
    pub fn reading_with(self, signs: Option<Arc<dyn Signs>>) -> Self {
        Self { key: signs.map(Key::new), ..self }
    }

    /// Shows the server at an address who asks, where it has not been shown yet. Whether it knows now.
    ///
    /// # Errors
    /// It cannot be asked, or does not take the signature.
    pub fn sign_in(&self, url: &str) -> Result<bool, NetError> {
        let Some(key) = &self.key else { return Ok(false) };
        let new = key.token(url).is_none();
        Ok(new && key.another(self, url, None)?.is_some())
    }

    /// Fetches a file; `None` where the server says that there is none (404, or 410).
    ///
    /// # Errors
    /// No answer, another status than 200, or more than `most` bytes.
    pub fn get(&self, url: &str, most: usize) -> Result<Option<Vec<u8>>, NetError> {
        let url = address(url)?;
        let response =
            self.as_reader(&url, |token| self.ask(&url, token, most), |response| response.status)?;
        match response.status {
            200 => Ok(Some(response.body)),
            404 | 410 => Ok(None),
            _ => Err(problem(url, &response)),
        }
    }

    /// Asks, and once more as the reader where the answer's status may be for want of a token.
    fn as_reader<A>(
        &self,
        url: &str,
        ask: impl Fn(Option<&str>) -> Result<A, NetError>,
        status: impl Fn(&A) -> u16,
    ) -> Result<A, NetError> {
        let token = self.key.as_ref().and_then(|key| key.token(url));
        let answer = ask(token.as_deref())?;
        // What may not be read is answered as what is not there; and a token is over some time.
        let unknown = matches!(status(&answer), 404 | 410) && token.is_none();
        if let Some(key) = self.key.as_ref().filter(|_| unknown || status(&answer) == 401)
            && let Some(token) = key.another(self, url, token.as_deref())?
        {
            return ask(Some(&token));
        }
        Ok(answer)
    }

    /// Asks once, with a token or without.
    pub(super) fn ask(&self, url: &str, token: Option<&str>, most: usize) -> Result<Response, NetError> {
        let mut request = self.agent.get(url);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.call().map_err(|cause| NetError::unreachable(url, &cause))?;
        read(url, answer, most)
    }

    /// Asks for what goes on, with these headers. The other side may be silent for `silence` at most.
    ///
    /// # Errors
    /// No answer, or another status than 200.
    pub fn lines(&self, url: &str, headers: &[(&str, &str)], silence: Duration) -> Result<Lines, NetError> {
        let url = address(url)?;
        let begin = |token: Option<&str>| self.begin(&url, headers, token, silence);
        let answer = self.as_reader(&url, begin, |answer| answer.status().as_u16())?;
        if answer.status().as_u16() != 200 {
            let response = read(&url, answer, MOST_PROBLEM)?;
            return Err(problem(url, &response));
        }
        let from = BufReader::new(answer.into_body().into_reader());
        Ok(Lines { url, from })
    }

    fn begin(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        token: Option<&str>,
        silence: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, NetError> {
        let mut request =
            headers.iter().fold(self.agent.get(url), |request, (name, value)| request.header(*name, *value));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.config().timeout_global(None).timeout_per_read(Some(silence)).build();
        request.call().map_err(|cause| NetError::unreachable(url, &cause))
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

/// An answer that goes on, line by line, until the other side ends it.
pub struct Lines {
    url: String,
    from: BufReader<ureq::BodyReader<'static>>,
}

impl Lines {
    /// The next line, without its end; `None` where there is none any more.
    ///
    /// # Errors
    /// The other side is silent for too long, breaks off, or sends a line of more than `most` bytes.
    pub fn next(&mut self, most: usize) -> Result<Option<Vec<u8>>, NetError> {
        let mut line = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let mut limited = (&mut self.from).take(limit);
        limited.read_until(b'\n', &mut line).map_err(|cause| NetError::cut_off(&self.url, &cause))?;
        match line.pop() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(line)),
            Some(_) if line.len() < most => Ok(None),
            Some(_) => Err(NetError::TooLong { url: self.url.clone(), most }),
        }
    }
}

/// The most bytes of an answer that says what is wrong.
const MOST_PROBLEM: usize = 64 * 1024;

/// The longest words of a problem document that are told, in characters.
const MOST_WORDS: usize = 500;

/// The part of a problem document (RFC 9457) that people read.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

/// An answer that is not what was asked for, in its own words where it has any.
pub(super) fn problem(url: String, answer: &Response) -> NetError {
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

/// The scheme, host and port of an address: two addresses that have the same are one server's. `None` where it is none, or
/// is more than that.
pub fn origin(url: &str) -> Option<String> {
    let (origin, rest) = split_origin(url)?;
    rest.trim_end_matches('/').is_empty().then_some(origin)
}

/// The origin of an address, in small letters and without the port that goes without saying, and what follows it.
pub fn split_origin(url: &str) -> Option<(String, &str)> {
    let (scheme, after) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let usual = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let (host, rest) = after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len()));
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(usual).unwrap_or(&host);
    // Nobody's name and password belong into what is signed.
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    (!host.is_empty() && host.chars().all(fits)).then(|| (format!("{scheme}://{host}"), rest))
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
