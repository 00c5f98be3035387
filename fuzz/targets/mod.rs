//! What the fuzzer throws bytes at: one function a parser. None may panic, whatever the bytes.
//!
//! Each checks what the parser promises, not only that it returns: what is accepted is written back to the very
//! bytes, limits hold, and what was changed does not pass. `fuzz/main.rs` runs them under libFuzzer,
//! `tests/fuzz_corpora.rs` replays the committed corpora as ordinary tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failed check is a finding

mod log;
mod statement;
mod workflow;

/// A target: bytes from anywhere.
pub type Target = fn(&[u8]);

/// Every target under the name of its corpus, `fuzz/corpus/NAME`.
pub const TARGETS: [(&str, Target); 22] = [
    ("add-checkpoint", log::add_checkpoint),
    ("bundle", log::bundle),
    ("checkpoint", log::checkpoint),
    ("commitment", statement::commitment),
    ("entry", statement::entry),
    ("envelope", statement::envelope),
    ("key", statement::key),
    ("note", log::note),
    ("paper", workflow::paper),
    ("policy", log::policy),
    ("proof", log::proof),
    ("receipt", log::receipt),
    ("references", statement::references),
    ("refusal", statement::refusal),
    ("scenario", workflow::scenario),
    ("seen-checkpoint", log::seen_checkpoint),
    ("signature", statement::signature),
    ("statement", statement::statement),
    ("tile", log::tile),
    ("tile-path", log::tile_path),
    ("vkey", log::vkey),
    ("workflow", workflow::workflow),
];

/// The target of this name.
pub fn named(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}
