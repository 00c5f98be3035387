//! Documents that statements name by digest: 32 bytes of salt, then the content.
//!
//! The salt keeps a short or guessable document from being found by its digest, also after it was erased.

use crate::values::Digest;

/// A salted document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    bytes: Vec<u8>,
    /// Of the bytes: they may be many, and are hashed once.
    digest: Digest,
}

impl Blob {
    /// The length of the salt.
    pub const SALT: usize = 32;

    /// Salts a document.
    ///
    /// # Errors
    /// The machine has no randomness to give.
    pub fn seal(content: &[u8]) -> Result<Self, getrandom::Error> {
        let mut bytes = vec![0; Self::SALT];
        getrandom::fill(&mut bytes)?;
        bytes.extend_from_slice(content);
        let digest = Digest::of(&bytes);
        Ok(Self { bytes, digest })
    }

    /// The document with these bytes, salt first; `None` where they are too few for one.
    pub fn of(bytes: Vec<u8>) -> Option<Self> {
        let digest = Digest::of(&bytes);
        (bytes.len() >= Self::SALT).then_some(Self { bytes, digest })
    }

    /// The same, if their digest is the one that a statement names.
    pub fn open(bytes: Vec<u8>, named: &Digest) -> Option<Self> {
        Self::of(bytes).filter(|blob| blob.digest == *named)
    }

    /// What a statement names: the SHA-256 of salt and content.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Salt and content, as they are stored.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The document without its salt.
    pub fn content(&self) -> &[u8] {
        self.bytes.get(Self::SALT..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_salted_and_opens_only_under_its_own_digest() {
        let sealed = Blob::seal(b"exhibit").expect("randomness");
        let again = Blob::seal(b"exhibit").expect("randomness");
        assert_ne!(sealed.digest(), again.digest());
        assert_eq!(sealed.content(), b"exhibit");
        assert_eq!(Blob::open(sealed.bytes().to_vec(), &sealed.digest()), Some(sealed.clone()));
        assert_eq!(Blob::open(sealed.bytes().to_vec(), &again.digest()), None);
    }
}
