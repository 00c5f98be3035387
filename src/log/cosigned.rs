//! Which cosignatures a note is kept with: a witness that signs the same head every hour does not make it grow.
//!
//! A cosignature bounds times in both directions: the entries of a head are no later than the first time at which it
//! was cosigned, and what comes after it is no earlier than the last. So the times between say nothing more.

use super::note::{MAX_SIGNATURES, Note, NoteSignature};
use super::{Cosignature, WitnessKey};

/// The most bytes of a note that [`merged`] gives: 32 KiB, room for [`MAX_SIGNATURES`] of 300 bytes each.
pub const MAX_BYTES: usize = 32_768;

/// How many cosignatures of each witness are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The newest: in the note that is published as the log's head. Readers that take one line a key find it.
    Newest,
    /// The first and the newest, in this order: in the note that is kept for a size.
    FirstAndNewest,
}

/// The note with what is kept of its own and of `new` cosignatures by `witnesses`: after the lines by others, which
/// stay as they are, witness for witness in the order given.
///
/// Of `new`, lines by others are left out, and of both those that do not verify. Where there are more than a note can
/// hold, the newest of each come before the first, and the witnesses named first before the others.
pub fn merged<'k>(
    note: &Note,
    witnesses: impl IntoIterator<Item = &'k WitnessKey>,
    new: &[NoteSignature],
    keep: Keep,
) -> Note {
    let witnesses: Vec<&WitnessKey> = witnesses.into_iter().collect();
    let by_others = |line: &&NoteSignature| !witnesses.iter().any(|witness| witness.names(line));
    let others: Vec<NoteSignature> = note.signatures().iter().filter(by_others).cloned().collect();
    let text = note.unverified_text();
    let verified =
        witnesses.iter().map(|witness| witness.verified(text, note.signatures().iter().chain(new)));
    let ends = verified.map(|lines| {
        let first = lines.first_key_value().map(|(time, line)| (*time, *line));
        (first, lines.last_key_value().map(|(time, line)| (*time, *line)))
    });
    let ends: Vec<_> = ends.collect();
    let mut room = Room::in_note(text, &others);
    let newest: Vec<_> = ends.iter().map(|(_, newest)| newest.filter(|it| room.takes(it.1))).collect();
    let firsts = ends.iter().zip(&newest).map(|((first, _), newest)| {
        let other = |first: &End<'_>| newest.is_some_and(|newest| newest.0 != first.0);
        first.filter(|first| keep == Keep::FirstAndNewest && other(first) && room.takes(first.1))
    });
    let firsts: Vec<_> = firsts.collect();
    let kept = firsts.iter().zip(&newest).flat_map(|(first, newest)| [first, newest]);
    let lines = kept.filter_map(|end| end.map(|(_, line)| line.clone()));
    Note::of(text, others.into_iter().chain(lines).collect())
}

/// A cosignature at one end of a witness's times.
type End<'l> = (Cosignature, &'l NoteSignature);

/// What still fits into a note.
struct Room {
    lines: usize,
    bytes: usize,
}

impl Room {
    fn in_note(text: &str, lines: &[NoteSignature]) -> Self {
        let used: usize = lines.iter().map(length).sum();
        Self {
            lines: MAX_SIGNATURES.saturating_sub(lines.len()),
            // An empty line stands between text and signatures.
            bytes: MAX_BYTES.saturating_sub(text.len()).saturating_sub(1).saturating_sub(used),
        }
    }

    fn takes(&mut self, line: &NoteSignature) -> bool {
        let (lines, bytes) = (self.lines.checked_sub(1), self.bytes.checked_sub(length(line)));
        match (lines, bytes) {
            (Some(lines), Some(bytes)) => {
                *self = Self { lines, bytes };
                true
            }
            _ => false,
        }
    }
}

/// The bytes of a line with its newline.
fn length(line: &NoteSignature) -> usize {
    line.to_string().len() + 1
}
