//! Where private keys are and how they sign: OpenSSH key files, and ssh-agent for keys that stay where they
//! are (security keys among them).
//!
//! A [`Signer`] makes the same signature as `ssh-keygen -Y sign -n quorate/statement/v1` over a statement's
//! exact text, and hands it out only after [`sshsig::verify`] has passed it.
//!
//! This room is not a key store: it finds keys that people hold already, and makes new ones on request. It
//! does not ask for passphrases (the caller's [`Ask`] does, at the terminal), does not know whose key it
//! holds, and does not read what it signs. The logs' own keys, which sign checkpoints, are elsewhere.

pub mod agent;
mod error;
pub mod file;
mod find;
mod make;
pub mod public;

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

pub use agent::{Agent, AgentError, AgentKey};
pub use error::SignerError;
pub use file::KeyFile;
pub use find::Places;
pub use make::{generate, public_path};
pub use public::PublicError;

use crate::statement::request::Challenge;
use crate::statement::sshsig::{self, Purpose};
use crate::statement::{PublicKey, Signature};

/// Asks a person for the passphrase of the key file at the path. Called anew after a wrong one, at most
/// [`file::TRIES`] times; an error ends the attempt.
pub type Ask<'a> = dyn FnMut(&Path) -> io::Result<Zeroizing<String>> + 'a;

/// A private key that can sign: in memory, or with an agent.
#[derive(Debug)]
pub enum Signer {
    /// Read from a file and unlocked.
    File(KeyFile),
    /// Held by an agent.
    Agent(AgentKey),
}

impl Signer {
    /// Finds the key that a person has named, and unlocks it where that is needed. `value` is
    /// - `SHA256:…`, the fingerprint of a key in the agent;
    /// - a public key as text, `ssh-ed25519 AAAA…`, whose private part is in the agent;
    /// - the path of a private key file;
    /// - the path of a `.pub` file, whose private part is in the agent or in the file beside it;
    /// - a name without `/`: one of these files in the folder of keys, or else in the current folder.
    ///
    /// # Errors
    /// [`SignerError::NotFound`] lists what was tried; the others say what is wrong with what was found.
    pub fn find(value: &str, places: &Places, ask: &mut Ask<'_>) -> Result<Self, SignerError> {
        find::find(value, places, ask)
    }

    /// The public key.
    pub fn public(&self) -> &PublicKey {
        match self {
            Self::File(key) => key.public(),
            Self::Agent(key) => key.public(),
        }
    }

    /// Signs the exact text of a statement. Blocks while a security key waits for its touch.
    ///
    /// # Errors
    /// The agent does not sign, or what it or the key gives is no signature.
    pub fn sign(&self, text: &str) -> Result<Signature, SignerError> {
        self.sign_for(Purpose::Statement, text)
    }

    /// Signs the exact text of a server's challenge, which is no statement and passes for none.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    pub fn sign_request(&self, challenge: &Challenge) -> Result<Signature, SignerError> {
        self.sign_for(Purpose::Request, &challenge.to_text())
    }

    fn sign_for(&self, purpose: Purpose, text: &str) -> Result<Signature, SignerError> {
        let data = sshsig::signed_data_for(purpose, text.as_bytes());
        let blob = match self {
            Self::File(key) => key.sign(&data),
            Self::Agent(key) => key.sign(&data)?,
        };
        let sig = sshsig::armour_for(purpose, self.public(), &blob);
        let key = self.public().fingerprint();
        // A faulty agent, a touchless security key or a bit that flipped while signing must not leave here:
        // two signatures of which one is faulty can give the private key away.
        match sshsig::verify_for(purpose, &sig, text.as_bytes()) {
            Ok(_) => Ok(Signature { key, sig }),
            Err(cause) => Err(SignerError::Faulty { key, cause }),
        }
    }
}
