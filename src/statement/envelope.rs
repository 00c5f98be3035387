//! A statement's exact text with its signatures.
//!
//! Checking an envelope needs nothing but the envelope, so an audit does it on every core. Whose keys
//! these are, and whether those people may say this, is the engine's to judge.

use super::body::Statement;
use super::exact::{Exact, FormatError, put_string};
use super::key::{PublicKey, RawKey};
use super::sshsig::{self, SignatureError};
use super::wire::StatementError;
use crate::values::Digest;

/// A statement and its signatures, as sent and as stored. Nothing is checked yet: see [`Envelope::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The exact text that was signed.
    pub statement: String,
    /// Sorted by fingerprint, each once.
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// The fingerprint of the key in the armour: `SHA256:` and 43 characters of base64.
    pub key: String,
    /// The armoured SSHSIG, as [`sshsig`] defines its one form.
    pub sig: String,
}

impl Signature {
    /// Wraps an armour, taking the fingerprint from the key that it names. Nothing is verified.
    pub fn from_armour(sig: String) -> Result<Self, SignatureError> {
        let key = sshsig::claimed_key(&sig)?.fingerprint();
        Ok(Self { key, sig })
    }
}

/// Why an envelope does not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The statement's text.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Nobody signed.
    #[error("the statement is not signed")]
    Unsigned,
    /// The signatures are in another order than that of their fingerprints.
    #[error("the signatures are not sorted by fingerprint: `{after}` stands before `{before}`")]
    Unsorted {
        /// The fingerprint that belongs first.
        before: String,
        /// The one that stands there instead.
        after: String,
    },
    /// One key signs twice.
    #[error("the key `{0}` signs twice; keep one of the signatures")]
    Repeated(String),
    /// One raw key signs as two OpenSSH keys.
    #[error("the keys `{0}` and `{1}` are the same key in two wrappings; keep the one that is on the roster")]
    SameKey(String, String),
    /// A signature is named after another key than the one in its armour.
    #[error("the signature named `{named}` was made by `{found}`; name it after its own key")]
    Fingerprint {
        /// What the envelope says.
        named: String,
        /// What the armour says.
        found: String,
    },
    /// A signature does not hold.
    #[error("the signature of `{key}`: {cause}")]
    Signature {
        /// Its fingerprint, as the envelope names it.
        key: String,
        /// Why.
        cause: SignatureError,
    },
}

impl Envelope {
    /// An envelope with its signatures in order.
    pub fn new(statement: String, mut signatures: Vec<Signature>) -> Self {
        signatures.sort();
        Self { statement, signatures }
    }

    /// Checks everything that an envelope alone can show: the statement is well-formed; every signature is
    /// valid over its exact text, named after its own key, in order, and no key signs twice.
    pub fn check(&self) -> Result<Checked, EnvelopeError> {
        self.clone().into_checked()
    }

    /// [`Envelope::check`] of an envelope that nobody else needs.
    pub fn into_checked(self) -> Result<Checked, EnvelopeError> {
        self.checked_or_back().map_err(|(error, _)| error)
    }

    /// The same, and gives one that does not pass back.
    ///
    /// # Errors
    /// Why it does not, and the envelope.
    pub fn checked_or_back(self) -> Result<Checked, (EnvelopeError, Self)> {
        let read = Statement::parse(&self.statement).map_err(EnvelopeError::from);
        match read.and_then(|statement| Ok((statement, self.check_signatures()?))) {
            Ok((statement, signers)) => Ok(Checked {
                digest: Digest::of(self.statement.as_bytes()),
                statement,
                signers,
                envelope: self,
            }),
            Err(error) => Err((error, self)),
        }
    }

    fn check_signatures(&self) -> Result<Vec<PublicKey>, EnvelopeError> {
        if self.signatures.is_empty() {
            return Err(EnvelopeError::Unsigned);
        }
        for (one, next) in self.signatures.iter().zip(self.signatures.iter().skip(1)) {
            if one.key == next.key {
                return Err(EnvelopeError::Repeated(one.key.clone()));
            }
            if one.key > next.key {
                return Err(EnvelopeError::Unsorted { before: next.key.clone(), after: one.key.clone() });
            }
        }
        let mut signers: Vec<PublicKey> = Vec::with_capacity(self.signatures.len());
        for Signature { key: named, sig } in &self.signatures {
            let signer = sshsig::verify(sig, self.statement.as_bytes())
                .map_err(|cause| EnvelopeError::Signature { key: named.clone(), cause })?;
            let found = signer.fingerprint();
            if *named != found {
                return Err(EnvelopeError::Fingerprint { named: named.clone(), found });
            }
            if let Some(other) = signers.iter().find(|other| other.raw() == signer.raw()) {
                return Err(EnvelopeError::SameKey(other.fingerprint(), found));
            }
            signers.push(signer);
        }
        Ok(signers)
    }

    /// Reads `{"statement":"…","signatures":[{"key":"SHA256:…","sig":"…"}]}`, exactly as
    /// [`Envelope::to_text`] writes it. Nothing inside is checked.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let mut exact = Exact::new(text);
        let envelope = Self::read(&mut exact)?;
        exact.end()?;
        Ok(envelope)
    }

    /// The JSON of this envelope.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.statement.len() + 512 * (self.signatures.len() + 1));
        self.write(&mut text);
        text
    }

    /// The SHA-256 of the JSON: of the statement with these very signatures.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_text().as_bytes())
    }

    pub(super) fn read(exact: &mut Exact<'_>) -> Result<Self, FormatError> {
        exact.literal("{\"statement\":")?;
        let statement = exact.string("statement")?;
        exact.literal(",\"signatures\":[")?;
        let mut signatures = Vec::new();
        while signatures.is_empty() || exact.takes(",") {
            exact.literal("{\"key\":")?;
            let key = exact.string("key")?;
            exact.literal(",\"sig\":")?;
            let sig = exact.string("sig")?;
            exact.literal("}")?;
            signatures.push(Signature { key, sig });
        }
        exact.literal("]}")?;
        Ok(Self { statement, signatures })
    }

    pub(super) fn write(&self, out: &mut String) {
        out.push_str("{\"statement\":");
        put_string(out, &self.statement);
        out.push_str(",\"signatures\":[");
        for (index, Signature { key, sig }) in self.signatures.iter().enumerate() {
            out.push_str(if index == 0 { "{\"key\":" } else { ",{\"key\":" });
            put_string(out, key);
            out.push_str(",\"sig\":");
            put_string(out, sig);
            out.push('}');
        }
        out.push_str("]}");
    }
}

/// An envelope that passed [`Envelope::check`], which alone can make one; or a supposition
/// (`supposed`), which no log takes, as it has no text and no signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    digest: Digest,
    statement: Statement,
    signers: Vec<PublicKey>,
    envelope: Envelope,
}

impl Checked {
    /// As if these keys had signed the statement: for asking the engine what would follow. It has no text, so
    /// nothing can be written of it.
    pub(crate) fn supposed(statement: Statement, signers: Vec<PublicKey>) -> Self {
        let envelope = Envelope { statement: String::new(), signatures: Vec::new() };
        Self { digest: Digest([0; 32]), statement, signers, envelope }
    }

    /// The SHA-256 of the statement's text: its identity, whoever signed it. For `open`, the anchor.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The anchor of its agreement; an opening statement is its own.
    pub fn anchor(&self) -> Digest {
        self.statement.header.as_ref().map_or(self.digest, |header| header.agreement.anchor)
    }

    /// The exact text that was signed.
    pub fn text(&self) -> &str {
        &self.envelope.statement
    }

    /// What it says.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The keys that signed, in the order of their fingerprints; their raw keys differ.
    pub fn signers(&self) -> &[PublicKey] {
        &self.signers
    }

    /// Whether this raw key signed, whatever wraps it.
    pub fn is_signed_by(&self, key: RawKey) -> bool {
        self.signers.iter().any(|signer| signer.raw() == key)
    }

    /// The envelope itself.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

#[cfg(test)]
mod tests;
