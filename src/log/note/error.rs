use super::{MAX_SIGNATURES, VerifierKey};

/// Why a note cannot be read, written or relied on. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not text at all.
    #[error("byte {at} of the note is not UTF-8: a note is plain text, fetch or copy it again unchanged")]
    NotUtf8 {
        /// Offset of the first bad byte, from 0.
        at: usize,
    },
    /// A character below U+0020 that is not a newline: a carriage return, a tab.
    #[error(
        "line {line} of the note has the control character U+{:04X}: only newlines may stand in a note, \
         fetch or copy it again unchanged", u32::from(*.character)
    )]
    Control {
        /// The line that holds it.
        line: usize,
        /// The character.
        character: char,
    },
    /// The last line is cut short.
    #[error("the note does not end in a newline: its end was cut off, fetch or copy it again whole")]
    NoFinalNewline,
    /// The signatures cannot be told from the text.
    #[error(
        "the note has no empty line between text and signatures: it is not a signed note, or was cut short"
    )]
    NoEmptyLine,
    /// There are no lines after the text.
    #[error("the note has no signature lines: fetch or copy it again whole")]
    NoSignatures,
    /// More signatures than [`MAX_SIGNATURES`].
    #[error("the note has {count} signatures, more than {MAX_SIGNATURES}: remove those you do not need")]
    TooManySignatures {
        /// How many there are.
        count: usize,
    },
    /// Not a line of the form `— <name> <base64>`.
    #[error("line {line} of the note is no signature, `— NAME BASE64`: {why}")]
    SignatureLine {
        /// The line.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A signature by a known key does not verify.
    #[error(
        "the signature by {key} is not of this text: the text or the signature was altered, reject the note"
    )]
    BadSignature {
        /// The known key.
        key: Box<VerifierKey>,
    },
    /// None of the keys that count has signed.
    #[error("the note is not signed by {expected}: check that the key and the note belong together")]
    NotSigned {
        /// The keys that would have done.
        expected: String,
    },
}

/// Why a text or 32 bytes are not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name cannot stand in a signature line.
    #[error("`{name}` cannot name a key: a name is not empty and has no spaces, control characters or plus")]
    Name {
        /// The name, shortened to 80 characters.
        name: String,
    },
    /// Not three parts joined by plus signs.
    #[error(
        "a verifier key reads NAME+ID+KEY, as in `log.example/votes+fe0831bc+AYqI…`: copy the whole line"
    )]
    Parts,
    /// The last part is not base64.
    #[error("the key after the second plus is not padded, canonical base64: copy the whole line")]
    Base64,
    /// A key that signs something else, or that is not known yet.
    #[error("the key of {name} has type 0x{kind:02x}: {known}")]
    Kind {
        /// The key's name.
        name: String,
        /// The signature type's byte.
        kind: u8,
        /// Which type it should have.
        known: &'static str,
    },
    /// Ed25519 keys have 32 bytes.
    #[error("the key of {name} has {len} bytes after its type, not 32: copy the whole line")]
    Length {
        /// The key's name.
        name: String,
        /// How many bytes there are.
        len: usize,
    },
    /// The 32 bytes are no point, not the one encoding of it, or one that anybody can sign for.
    #[error(
        "the key of {name} is not a sound Ed25519 public key: ask whoever signs with it for the right one"
    )]
    Point {
        /// The key's name.
        name: String,
    },
    /// The ID is not the one that follows from name and key.
    #[error(
        "the key of {name} has the ID {expected}, not `{given}`: name, ID or key was altered, ask for it again"
    )]
    Id {
        /// The key's name.
        name: String,
        /// The ID as it was given, shortened to 80 characters.
        given: String,
        /// The ID that follows from name, type and key.
        expected: String,
    },
}
