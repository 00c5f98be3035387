use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::checkpoints;
use crate::audit::{Checkpoints, Source, SourceError};
use crate::log::tile::{Bundle, Tile, bundles};
use crate::log::{Checkpoint, Hash, Note};
use crate::store::{Entries, StoreError};
use crate::values::Digest;

/// An exported folder as the source of an audit. It is read as it is: whatever is missing or damaged is for the audit
/// to tell.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The size that the folder's checkpoint claims.
    size: u64,
    /// The sizes below `checkpoints/`, as they were before the checkpoint was read: an export under way writes a file
    /// there after the checkpoint.
    kept: Vec<u64>,
    /// The level-0 tile read last: an audit asks for leaf after leaf.
    tile: Mutex<Option<(Tile, Vec<Hash>)>>,
}

impl Folder {
    /// The folder at a path, which has at least a `checkpoint`.
    ///
    /// # Errors
    /// It has none.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let kept = checkpoints::sizes(path)?;
        let checkpoint = path.join("checkpoint");
        let bytes = fs::read(&checkpoint).map_err(|source| StoreError::Io {
            what: "read",
            path: checkpoint,
            source,
        })?;
        let text = Note::parse(&bytes).ok().map(|note| note.unverified_text().to_owned());
        let claimed: Option<Checkpoint> = text.and_then(|text| text.parse().ok());
        let size = claimed.map_or(0, |checkpoint| checkpoint.head.size);
        Ok(Self { path: path.to_owned(), size, kept, tile: Mutex::new(None) })
    }

    /// A document that entries name; `None` where it is not there: erased, or never copied. What it is is for whoever
    /// asks to check.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.read(&format!("blobs/{}", digest.hex()))?)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { what: "read", path, source }),
        }
    }

    /// The entries of a bundle; none where it is not there or cannot be read as one.
    fn bundle(&self, bundle: &Bundle) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let full = bundle.full().filter(|full| full.width() != bundle.width());
        for candidate in [Some(*bundle), full].into_iter().flatten() {
            let Some(bytes) = self.read(&candidate.to_string())? else { continue };
            let Ok(entries) = candidate.parse(&bytes) else { continue };
            let numbered = candidate.entries().zip(entries.into_iter().map(<[u8]>::to_vec));
            return Ok(numbered.take(usize::from(bundle.width())).collect());
        }
        Ok(Vec::new())
    }

    fn leaf_of(&self, index: u64) -> Result<Option<Hash>, StoreError> {
        let left = self.size.saturating_sub(index / 256 * 256).min(256);
        let Some(tile) = Tile::new(0, index / 256, u16::try_from(left).unwrap_or(256)) else {
            return Ok(None);
        };
        let mut kept = self.tile.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if kept.as_ref().is_none_or(|(known, _)| *known != tile) {
            let bytes = self.read(&tile.to_string())?.unwrap_or_default();
            *kept = Some((tile, tile.hashes(&bytes).unwrap_or_default()));
        }
        let place = usize::try_from(index % 256).unwrap_or(usize::MAX);
        Ok(kept.as_ref().and_then(|(_, hashes)| hashes.get(place).copied()))
    }
}

impl Source for Folder {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        let bytes = self.read("checkpoint")?;
        // What is no text is no checkpoint, and the audit says so.
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn entries(&self, from: u64, to: u64) -> Entries<'_> {
        let size = self.size.min(to);
        let first = usize::try_from(from / 256).unwrap_or(usize::MAX);
        let read = bundles(size).skip(first).flat_map(move |bundle| {
            let entries: Vec<_> = match self.bundle(&bundle) {
                Ok(entries) => entries.into_iter().filter(|(index, _)| *index >= from).map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            entries
        });
        Box::new(read)
    }

    fn checkpoints(&self) -> Checkpoints<'_> {
        Box::new(self.kept.iter().map(|size| Ok((*size, checkpoints::note(&self.path, *size)?))))
    }

    fn leaf(&self, index: u64) -> Result<Option<Hash>, SourceError> {
        Ok(self.leaf_of(index)?)
    }
}
