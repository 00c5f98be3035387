//! SSH signatures over statements, as OpenSSH's `PROTOCOL.sshsig` and `PROTOCOL.u2f` define them.
//!
//! A signature is accepted in exactly one spelling: the file that `ssh-keygen -Y sign` writes, byte for
//! byte, its last newline included. Nothing is normalised, so two auditors can never disagree about one.
//! What is signed is the statement's exact text; a text file that an editor has closed with a newline is
//! another text.
//!
//! This module reads the format itself: a parser that also takes what we refuse (CRLF armour, a non-empty
//! `reserved`, other wrapping) would have to be second-guessed at each of those points.

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256, Sha512};

use super::key::{KeyError, PublicKey};
use super::sshwire::{Reader, put_string};

/// What keeps a signature over a statement from being mistaken for one over anything else.
pub const NAMESPACE: &str = "quorate/statement/v1";

/// What a signature is made for: every text that people sign has a namespace of its own, so that a signature over one
/// kind never passes for one over another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A statement, [`NAMESPACE`].
    Statement,
    /// A reader's answer to a server's challenge, [`request::NAMESPACE`](super::request::NAMESPACE).
    Request,
}

impl Purpose {
    /// The namespace of its signatures (`ssh-keygen -Y sign -n`).
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Statement => NAMESPACE,
            Self::Request => super::request::NAMESPACE,
        }
    }
}

/// The longest armour that is read: a security key's is about 450 bytes; the rest is room for its
/// application.
pub const MAX_ARMOUR: usize = 4_096;

const MAGIC: &[u8; 6] = b"SSHSIG";
const VERSION: u32 = 1;
const HASH: &str = "sha512";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "\n-----END SSH SIGNATURE-----\n";
/// Where OpenSSH breaks lines of base64 (`sshbuf_dtob64`).
const COLUMNS: usize = 70;

/// The flags of a security key's signature (W3C `WebAuthn` §6.1): user present, user verified, backup
/// eligible, backed up.
const USER_PRESENT: u8 = 0x01;
/// User verified, backup eligible and backed up say how the key is kept; they are under the signature and
/// change nothing here. The others are refused: two are reserved, and two announce data that an SSH
/// signature does not carry.
const FLAGS_KNOWN: u8 = USER_PRESENT | 0x04 | 0x08 | 0x10;

/// Why a signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Longer than any signature of these keys.
    #[error("the signature has {bytes} bytes, at most {MAX_ARMOUR} are read")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Windows line ends.
    #[error(
        "the signature has carriage returns; send the file as `ssh-keygen -Y sign` wrote it, lines ending in LF"
    )]
    CarriageReturn,
    /// The lines around the base64 are missing or different.
    #[error(
        "the signature must be `-----BEGIN SSH SIGNATURE-----`, base64 and `-----END SSH SIGNATURE-----`, each on lines of their own, ending in one newline, as `ssh-keygen -Y sign` writes it"
    )]
    Armour,
    /// The last line is not ended.
    #[error(
        "the newline after `-----END SSH SIGNATURE-----` is missing; end the file with one, and with one only"
    )]
    NoFinalNewline,
    /// Base64 that is damaged, wrapped elsewhere, or not the canonical spelling of its bytes.
    #[error(
        "the signature's base64 is not as `ssh-keygen -Y sign` writes it: canonical, in lines of 70 characters"
    )]
    Base64,
    /// A field is missing, cut short, not text where text belongs, or of another length.
    #[error("the signature's field `{0}` is damaged; sign again")]
    Malformed(&'static str),
    /// Bytes after the last field.
    #[error("the signature goes on after its {0}; sign again")]
    Trailing(&'static str),
    /// Another version of SSHSIG.
    #[error("the signature is SSHSIG version {0}; only version 1 is accepted")]
    Version(u32),
    /// Made for another purpose.
    #[error("the signature is for the namespace {found:?}; sign with `ssh-keygen -Y sign -n {wanted}`")]
    Namespace {
        /// What it was made for.
        found: String,
        /// What it is to be made for.
        wanted: &'static str,
    },
    /// `PROTOCOL.sshsig` reserves the field; whatever stands in it would be signed but not understood.
    #[error("the signature's `reserved` field is not empty; sign with `ssh-keygen -Y sign`")]
    Reserved,
    /// Another hash.
    #[error("the signature hashes with {0:?}; sign with SHA-512: leave out `-O hashalg`")]
    Hash(String),
    /// The key is of another type, damaged or weak.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signature claims another algorithm than its key's.
    #[error("a key of type `{key}` cannot make a signature of type {signature:?}; sign again")]
    Algorithm {
        /// The key's type.
        key: &'static str,
        /// The signature's.
        signature: String,
    },
    /// The security key signed without a touch.
    #[error(
        "the security key signed without its owner's touch; use a key made without `-O no-touch-required`"
    )]
    UserPresence,
    /// Flags without a meaning here.
    #[error(
        "the security key set flags {0:#04x}, which an SSH signature cannot carry; known are 0x01, 0x04, 0x08 and 0x10"
    )]
    Flags(u8),
    /// The signature does not hold: another text, another key, or altered.
    #[error(
        "the signature is not this key's over this text; sign exactly the text that is sent, without a newline after it"
    )]
    Wrong,
}

/// The bytes that a signature over `text` signs: `SSHSIG`, then namespace, reserved, hash algorithm and
/// SHA-512 of the text as SSH strings (`PROTOCOL.sshsig` §3).
pub fn signed_data(text: &[u8]) -> Vec<u8> {
    signed_data_for(Purpose::Statement, text)
}

/// [`signed_data`] of a text of another kind.
pub fn signed_data_for(purpose: Purpose, text: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(128);
    data.extend_from_slice(MAGIC);
    put_string(&mut data, purpose.namespace().as_bytes());
    put_string(&mut data, b"");
    put_string(&mut data, HASH.as_bytes());
    put_string(&mut data, &Sha512::digest(text));
    data
}

/// The armoured signature of `key`. `signature` is the blob of RFC 8709 §6 or `PROTOCOL.u2f`, as an agent
/// returns it: algorithm and 64 bytes as strings, and for a security key the flags and counter.
pub fn armour(key: &PublicKey, signature: &[u8]) -> String {
    armour_for(Purpose::Statement, key, signature)
}

/// [`armour`] of a signature over a text of another kind.
pub fn armour_for(purpose: Purpose, key: &PublicKey, signature: &[u8]) -> String {
    let mut blob = Vec::with_capacity(256);
    blob.extend_from_slice(MAGIC);
    blob.extend_from_slice(&VERSION.to_be_bytes());
    put_string(&mut blob, &key.blob());
    put_string(&mut blob, purpose.namespace().as_bytes());
    put_string(&mut blob, b"");
    put_string(&mut blob, HASH.as_bytes());
    put_string(&mut blob, signature);
    wrap(&blob)
}

/// The signature blob of a plain key: algorithm and 64 bytes (RFC 8709 §6).
pub fn plain_blob(signature: &[u8; 64]) -> Vec<u8> {
    let mut blob = Vec::with_capacity(83);
    put_string(&mut blob, b"ssh-ed25519");
    put_string(&mut blob, signature);
    blob
}

/// Verifies an armoured signature of a statement over the exact bytes of its text, and returns the key that made it.
pub fn verify(armour: &str, text: &[u8]) -> Result<PublicKey, SignatureError> {
    verify_for(Purpose::Statement, armour, text)
}

/// [`verify`] of a text of another kind.
pub fn verify_for(purpose: Purpose, armour: &str, text: &[u8]) -> Result<PublicKey, SignatureError> {
    let blob = unwrap(armour)?;
    let (key, signature) = split(purpose, &blob)?;
    verify_blob(purpose, &key, signature, text)?;
    Ok(key)
}

/// The key that an armoured signature of a statement names. Nothing is verified.
pub fn claimed_key(armour: &str) -> Result<PublicKey, SignatureError> {
    split(Purpose::Statement, &unwrap(armour)?).map(|(key, _)| key)
}

/// Bytes in the armour of `ssh-keygen`.
fn wrap(blob: &[u8]) -> String {
    let base64 = Base64::encode_string(blob);
    let mut armour = String::with_capacity(base64.len() + base64.len() / COLUMNS + 64);
    armour.push_str(BEGIN);
    let mut rest = base64.as_str();
    while let Some((line, after)) = rest.split_at_checked(COLUMNS).filter(|(_, after)| !after.is_empty()) {
        armour.push_str(line);
        armour.push('\n');
        rest = after;
    }
    armour.push_str(rest);
    armour.push_str(END);
    armour
}

/// The bytes in an armour that is exactly as [`wrap`] would have written it.
fn unwrap(armour: &str) -> Result<Vec<u8>, SignatureError> {
    if armour.len() > MAX_ARMOUR {
        return Err(SignatureError::TooLong { bytes: armour.len() });
    }
    if armour.contains('\r') {
        return Err(SignatureError::CarriageReturn);
    }
    if armour.ends_with(END.trim_end()) {
        return Err(SignatureError::NoFinalNewline);
    }
    let body =
        armour.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).ok_or(SignatureError::Armour)?;
    let mut base64 = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((line, after)) = rest.split_once('\n') {
        if line.len() != COLUMNS || after.is_empty() {
            return Err(SignatureError::Base64);
        }
        base64.push_str(line);
        rest = after;
    }
    if rest.len() > COLUMNS {
        return Err(SignatureError::Base64);
    }
    base64.push_str(rest);
    // It takes each text of base64 only as it would be written.
    Base64::decode_vec(&base64).map_err(|_| SignatureError::Base64)
}

/// The key and the signature blob of an SSHSIG blob (`PROTOCOL.sshsig` §2), everything else checked.
fn split(purpose: Purpose, blob: &[u8]) -> Result<(PublicKey, &[u8]), SignatureError> {
    use SignatureError::Malformed;
    let mut reader = Reader::new(blob);
    if reader.array() != Some(*MAGIC) {
        return Err(Malformed("magic"));
    }
    let version = reader.uint32().ok_or(Malformed("version"))?;
    if version != VERSION {
        return Err(SignatureError::Version(version));
    }
    let key = PublicKey::from_blob(reader.string().ok_or(Malformed("public key"))?)?;
    let namespace = reader.text().ok_or(Malformed("namespace"))?;
    if namespace != purpose.namespace() {
        let found = namespace.chars().take(80).collect();
        return Err(SignatureError::Namespace { found, wanted: purpose.namespace() });
    }
    if !reader.string().ok_or(Malformed("reserved"))?.is_empty() {
        return Err(SignatureError::Reserved);
    }
    let hash = reader.text().ok_or(Malformed("hash algorithm"))?;
    if hash != HASH {
        return Err(SignatureError::Hash(hash.chars().take(80).collect()));
    }
    let signature = reader.string().ok_or(Malformed("signature"))?;
    if reader.is_at_end() { Ok((key, signature)) } else { Err(SignatureError::Trailing("last field")) }
}

/// Verifies one signature blob, always alone: batch verification accepts signatures that a single one
/// refuses.
fn verify_blob(
    purpose: Purpose,
    key: &PublicKey,
    signature: &[u8],
    text: &[u8],
) -> Result<(), SignatureError> {
    use SignatureError::Malformed;
    let mut reader = Reader::new(signature);
    let algorithm = reader.text().ok_or(Malformed("signature algorithm"))?;
    if algorithm != key.algorithm() {
        let signature = algorithm.chars().take(80).collect();
        return Err(SignatureError::Algorithm { key: key.algorithm(), signature });
    }
    let bytes: &[u8; 64] =
        reader.string().and_then(|bytes| bytes.try_into().ok()).ok_or(Malformed("signature bytes"))?;
    let mut message = signed_data_for(purpose, text);
    if let Some(application) = key.application() {
        let flags = reader.byte().ok_or(Malformed("flags"))?;
        let counter = reader.uint32().ok_or(Malformed("counter"))?;
        check_flags(flags)?;
        message = security_data(application, flags, counter, &message);
    }
    if !reader.is_at_end() {
        return Err(SignatureError::Trailing("signature"));
    }
    let verifying = key.raw().verifying()?;
    if holds(&verifying, &message, &Signature::from_bytes(bytes)) {
        Ok(())
    } else {
        Err(SignatureError::Wrong)
    }
}

/// The eight points of small order, each in its one canonical encoding: of order 1, 2, 4, 4 and 8 four times.
const SMALL_ORDER: [[u8; 32]; 8] = {
    const ONE: [u8; 32] = first(0x01);
    const MINUS_ONE: [u8; 32] = {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xec, 0x7f);
        bytes
    };
    const fn first(byte: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[0] = byte;
        bytes
    }
    /// The point of the same y with the other x.
    const fn other(mut bytes: [u8; 32]) -> [u8; 32] {
        bytes[31] ^= 0x80;
        bytes
    }
    const EIGHTH: [u8; 32] = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ];
    const OTHER_EIGHTH: [u8; 32] = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ];
    [ONE, MINUS_ONE, first(0), other(first(0)), EIGHTH, other(EIGHTH), OTHER_EIGHTH, other(OTHER_EIGHTH)]
};

/// Whether a signature holds: dalek's `verify_strict`, without a fifth of its work.
///
/// Beside the equation `verify_strict` asks that neither the key nor the signature's point R is of small order. The
/// key's order [`RawKey::verifying`](super::RawKey::verifying) has already looked at. And to know that of R it finds
/// the point behind its bytes, which is not needed: `verify` compares these bytes with the canonical encoding of
/// the point that the equation gives, so where they are equal R is small exactly if its bytes are one of eight.
fn holds(key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
    !SMALL_ORDER.contains(signature.r_bytes()) && key.verify(message, signature).is_ok()
}

fn check_flags(flags: u8) -> Result<(), SignatureError> {
    if flags & USER_PRESENT == 0 {
        return Err(SignatureError::UserPresence);
    }
    if flags & !FLAGS_KNOWN != 0 {
        return Err(SignatureError::Flags(flags & !FLAGS_KNOWN));
    }
    Ok(())
}

/// What a security key signs: SHA-256 of the application, flags, counter, SHA-256 of the data
/// (`PROTOCOL.u2f`, "SSH U2F signatures").
fn security_data(application: &str, flags: u8, counter: u32, data: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(69);
    message.extend_from_slice(&Sha256::digest(application.as_bytes()));
    message.push(flags);
    message.extend_from_slice(&counter.to_be_bytes());
    message.extend_from_slice(&Sha256::digest(data));
    message
}

#[cfg(test)]
mod tests;
