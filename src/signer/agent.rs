//! A client of ssh-agent, for the two requests that signing needs (draft-ietf-sshm-ssh-agent §3.5, §3.6).
//!
//! An agent is another program: whatever it answers, or does not, ends in a key, a signature or an error.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::SignerError;
use crate::statement::PublicKey;
use crate::statement::sshwire::{Reader, put_string};
use crate::values::is_hidden;

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// The longest answer that is read, in bytes: what OpenSSH's own client takes (`authfd.c`, `MAX_AGENT_REPLY_LEN`).
const MAX_ANSWER: usize = 256 * 1_024;

/// Why an agent could not help.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Nobody is at the socket.
    #[error("cannot connect ({0}): start one with `eval $(ssh-agent)`")]
    Connect(io::Error),
    /// The connection failed in the middle.
    #[error("the connection broke ({0}): try again")]
    Broken(io::Error),
    /// It closed the connection instead of answering.
    #[error("it closed the connection without an answer: try again, or restart it")]
    Closed,
    /// No answer in time.
    #[error(
        "no answer within {} seconds: touch the security key or confirm the request when asked, and try again",
        .0.as_secs()
    )]
    Timeout(Duration),
    /// Its answer is longer than any can be.
    #[error(
        "it announces an answer of {0} bytes, at most {MAX_ANSWER} are read: it is no ssh-agent, or faulty"
    )]
    TooLong(u32),
    /// Its answer is not in the agent's protocol.
    #[error("its answer cannot be read: it is no ssh-agent, or faulty")]
    Malformed,
    /// It will not list its keys.
    #[error("it does not list its keys: unlock it with `ssh-add -X`")]
    NotListed,
    /// It will not sign.
    #[error(
        "it refuses to sign: see with `ssh-add -l` that it holds the key, and touch the security key or confirm the \
         request when asked"
    )]
    Refused,
}

/// How long to wait for an answer.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For what needs no person.
    list: Duration,
    /// For a touch, a PIN or a confirmation.
    sign: Duration,
}

const PATIENCE: Patience = Patience { list: Duration::from_secs(10), sign: Duration::from_secs(180) };

/// An agent, by its socket. Each request is a connection of its own.
#[derive(Debug, Clone)]
pub struct Agent {
    socket: PathBuf,
    patience: Patience,
}

/// A private key that an agent holds.
#[derive(Debug, Clone)]
pub struct AgentKey {
    agent: Agent,
    public: PublicKey,
    comment: String,
}

impl AgentKey {
    /// The public key.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// What the agent calls it: mostly its owner's comment, without hidden characters.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// The signature blob over `data`, as the agent gave it: unchecked.
    pub(super) fn sign(&self, data: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.agent.sign(&self.public, data).map_err(|cause| self.agent.error(cause))
    }
}

impl Agent {
    /// The agent at this socket, mostly the value of `SSH_AUTH_SOCK`. Nothing is connected yet.
    pub fn at(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into(), patience: PATIENCE }
    }

    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The keys that it holds and that can sign statements; it may hold others.
    pub fn keys(&self) -> Result<Vec<AgentKey>, SignerError> {
        self.list().map_err(|cause| self.error(cause))
    }

    fn error(&self, cause: AgentError) -> SignerError {
        SignerError::Agent { socket: self.socket.clone(), cause }
    }

    fn list(&self) -> Result<Vec<AgentKey>, AgentError> {
        let answer = self.ask(&[REQUEST_IDENTITIES], self.patience.list)?;
        let mut reader = Reader::new(&answer);
        match reader.byte() {
            Some(IDENTITIES_ANSWER) => {}
            Some(FAILURE) => return Err(AgentError::NotListed),
            _ => return Err(AgentError::Malformed),
        }
        let count = reader.uint32().ok_or(AgentError::Malformed)?;
        let mut keys = Vec::new();
        for _ in 0..count {
            let blob = reader.string().ok_or(AgentError::Malformed)?;
            let comment = reader.string().ok_or(AgentError::Malformed)?;
            // RSA keys, certificates and whatever else it holds are not ours to complain about.
            if let Ok(public) = PublicKey::from_blob(blob) {
                let comment = String::from_utf8_lossy(comment).chars().filter(|c| !is_hidden(*c)).collect();
                keys.push(AgentKey { agent: self.clone(), public, comment });
            }
        }
        if reader.is_at_end() { Ok(keys) } else { Err(AgentError::Malformed) }
    }

    fn sign(&self, key: &PublicKey, data: &[u8]) -> Result<Vec<u8>, AgentError> {
        let mut request = vec![SIGN_REQUEST];
        put_string(&mut request, &key.blob());
        put_string(&mut request, data);
        // No flags: they choose hashes for RSA.
        request.extend_from_slice(&0_u32.to_be_bytes());
        let answer = self.ask(&request, self.patience.sign)?;
        let mut reader = Reader::new(&answer);
        match reader.byte() {
            Some(SIGN_RESPONSE) => {}
            Some(FAILURE) => return Err(AgentError::Refused),
            _ => return Err(AgentError::Malformed),
        }
        let signature = reader.string().ok_or(AgentError::Malformed)?.to_vec();
        if reader.is_at_end() { Ok(signature) } else { Err(AgentError::Malformed) }
    }

    /// Sends one message and reads its answer: each a length of four bytes, then the message.
    fn ask(&self, request: &[u8], patience: Duration) -> Result<Vec<u8>, AgentError> {
        let mut stream = UnixStream::connect(&self.socket).map_err(AgentError::Connect)?;
        let until = Instant::now() + patience;
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => {
                AgentError::Closed
            }
            ErrorKind::WouldBlock | ErrorKind::TimedOut => AgentError::Timeout(patience),
            _ => AgentError::Broken(error),
        };
        let mut message = Vec::with_capacity(request.len() + 4);
        put_string(&mut message, request);
        stream.set_write_timeout(Some(patience)).and_then(|()| stream.write_all(&message)).map_err(failed)?;
        let mut length = [0; 4];
        fill(&mut stream, &mut length, until).map_err(failed)?;
        let announced = u32::from_be_bytes(length);
        let length = usize::try_from(announced).unwrap_or(usize::MAX);
        if length > MAX_ANSWER {
            return Err(AgentError::TooLong(announced));
        }
        let mut answer = vec![0; length];
        fill(&mut stream, &mut answer, until).map_err(failed)?;
        Ok(answer)
    }
}

/// Fills the buffer before `until`. A socket's own timeout begins anew with every byte that trickles in.
fn fill(stream: &mut UnixStream, mut buffer: &mut [u8], until: Instant) -> io::Result<()> {
    while !buffer.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
