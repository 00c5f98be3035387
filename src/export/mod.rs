//! Exported folders: an agreement's log as files that any static web server can serve and anybody can audit.
//!
//! ```text
//! checkpoint               the newest signed head (C2SP tlog-checkpoint), replaced once all it promises is there
//! checkpoints/SIZE         every head that was exported or cosigned, with its cosignatures, written after `checkpoint`
//! tile/L/N, tile/L/N.p/W   the tree's hashes (C2SP tlog-tiles)
//! tile/entries/…           the entries
//! log.vkey, policy, allowed_signers, blobs/HEX   hints: the log itself is the authority
//! ```
//!
//! [`export`] adds and never rewrites a tile, and of the files below `checkpoints/` those that gain cosignatures;
//! [`Reader`] is the source that audits read, from a [`Folder`] on this machine or from a [`Site`] on the web. Nothing
//! here judges what it carries.

mod ahead;
mod error;
mod files;
mod hints;
mod place;
mod reader;
mod site;
mod write;

pub use error::ExportError;
pub use files::{FileError, Files, Folder};
pub use hints::Signers;
pub use place::{apart, writable};
pub use reader::Reader;
pub use site::Site;
pub use write::{Exported, Missing, Publish, compare, export};

#[cfg(test)]
mod tests;
