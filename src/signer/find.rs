//! From what a person writes behind `--key` to the key that signs.

use std::env;
use std::path::{Path, PathBuf};

use super::{Agent, AgentKey, Ask, KeyFile, PublicError, Signer, SignerError, public, public_path};
use crate::statement::PublicKey;

/// Where keys are looked for.
#[derive(Debug, Clone)]
pub struct Places {
    /// The folder of keys that are called by their bare names. It need not exist.
    pub keys: PathBuf,
    /// The agent, if there is one.
    pub agent: Option<Agent>,
}

impl Places {
    /// This folder of keys, and the agent that the environment variable `SSH_AUTH_SOCK` names.
    pub fn new(keys: impl Into<PathBuf>) -> Self {
        let socket = env::var_os("SSH_AUTH_SOCK").filter(|socket| !socket.is_empty());
        Self { keys: keys.into(), agent: socket.map(Agent::at) }
    }
}

/// What has been tried, for the error that says so.
type Tried = Vec<String>;

pub(super) fn find(value: &str, places: &Places, ask: &mut Ask<'_>) -> Result<Signer, SignerError> {
    let mut tried = Tried::new();
    let wanted = |key: &AgentKey| key.public().fingerprint() == value;
    if value.starts_with("SHA256:") {
        return match in_agent(places, wanted, &mut tried) {
            Some(key) => Ok(Signer::Agent(key)),
            None => Err(not_found(
                value,
                tried,
                "`ssh-add -l` lists the keys of the agent, `ssh-add FILE` loads one",
            )),
        };
    }
    if public::looks_like_key(value) {
        let text = value.to_owned();
        let line = public::parse(value).map_err(|cause| PublicError::Text { text, cause })?;
        return match in_agent(places, |key| *key.public() == line.key, &mut tried) {
            Some(key) => Ok(Signer::Agent(key)),
            None => {
                Err(not_found(value, tried, "load the private key with `ssh-add FILE`, or name its file"))
            }
        };
    }
    for path in candidates(value, places) {
        let found = path.try_exists().map_err(SignerError::io("open", &path))?;
        if !found {
            tried.push(format!("{} does not exist", path.display()));
        } else if path.extension().is_some_and(|extension| extension == "pub") {
            return by_public(value, &path, places, tried, ask);
        } else {
            return KeyFile::load(&path, ask).map(Signer::File);
        }
    }
    let remedy = "name a private key file, its .pub file, or the `SHA256:…` of a key in the agent; \
                  `ssh-keygen -t ed25519` makes one";
    Err(not_found(value, tried, remedy))
}

/// The files that a value can mean, the first that exists being meant.
fn candidates(value: &str, places: &Places) -> Vec<PathBuf> {
    let mut bases = vec![PathBuf::from(value)];
    if !value.contains('/') {
        bases.insert(0, places.keys.join(value));
    }
    let mut all = Vec::new();
    for base in bases {
        // The public file alone is there for a key that is kept in the agent or in a security key.
        let public = public_path(&base);
        let is_public = base.extension().is_some_and(|extension| extension == "pub");
        all.push(base);
        if !is_public {
            all.push(public);
        }
    }
    all
}

/// The private part of a `.pub` file: in the agent, or in the file beside it.
fn by_public(
    value: &str,
    path: &Path,
    places: &Places,
    mut tried: Tried,
    ask: &mut Ask<'_>,
) -> Result<Signer, SignerError> {
    let key: PublicKey = public::read(path)?.key;
    if let Some(key) = in_agent(places, |held| *held.public() == key, &mut tried) {
        return Ok(Signer::Agent(key));
    }
    let private = path.with_extension("");
    let nowhere =
        |tried| not_found(value, tried, "load the private key with `ssh-add FILE`, or name its file");
    if !private.try_exists().map_err(SignerError::io("open", &private))? {
        tried.push(format!("{} does not exist", private.display()));
        return Err(nowhere(tried));
    }
    match KeyFile::load(&private, ask) {
        Ok(file) if *file.public() == key => Ok(Signer::File(file)),
        Ok(_) => Err(SignerError::NotAPair { private, public: path.to_owned() }),
        // Its owner has done what this error asks for, so why the agent did not have it is the news.
        Err(error @ SignerError::Handle { .. }) => {
            tried.push(error.to_string());
            Err(nowhere(tried))
        }
        Err(error) => Err(error),
    }
}

/// The first key of the agent that is `wanted`. An agent that fails is one more place without the key.
fn in_agent(places: &Places, wanted: impl Fn(&AgentKey) -> bool, tried: &mut Tried) -> Option<AgentKey> {
    let Some(agent) = &places.agent else {
        tried.push("no ssh-agent (SSH_AUTH_SOCK is not set)".to_owned());
        return None;
    };
    match agent.keys() {
        Ok(keys) => {
            let (count, socket) = (keys.len(), agent.socket().display());
            let found = keys.into_iter().find(wanted);
            if found.is_none() {
                tried.push(match count {
                    // OpenSSH's agent does not say that it is locked: it shows nothing.
                    0 => format!("ssh-agent at {socket} shows no Ed25519 key (`ssh-add -X` unlocks it)"),
                    _ => format!("ssh-agent at {socket} has it not among its {count} Ed25519 keys"),
                });
            }
            found
        }
        Err(error) => {
            tried.push(error.to_string());
            None
        }
    }
}

fn not_found(value: &str, tried: Tried, remedy: &'static str) -> SignerError {
    SignerError::NotFound { value: value.to_owned(), tried, remedy }
}
