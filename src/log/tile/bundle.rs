use std::ops::Range;

use super::{Tile, WIDTH};

/// The longest entry that a bundle can hold, in bytes: its length is written in 16 bits.
pub const MAX_ENTRY: usize = u16::MAX as usize;

/// Up to 256 consecutive entries: which ones. Its bytes are, for each, the length (16 bits, big-endian) and the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bundle {
    index: u64,
    width: u16,
}

/// Why entries are no bundle, or bytes not this one. Entries are numbered as in the log, from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry is longer than its length can say.
    #[error("entry {entry} has {len} bytes, more than the {MAX_ENTRY} that a bundle can hold")]
    TooLong {
        /// The entry.
        entry: u64,
        /// Its bytes.
        len: usize,
    },
    /// Fewer or more entries than the bundle has.
    #[error("{bundle} holds {} entries, and {given} were given", .bundle.width())]
    Entries {
        /// The bundle.
        bundle: Bundle,
        /// How many there were.
        given: usize,
    },
    /// The bytes end before the last entry does.
    #[error("{bundle} is cut off in entry {entry}: fetch or export it again whole")]
    CutOff {
        /// The bundle.
        bundle: Bundle,
        /// The first entry that is not whole.
        entry: u64,
    },
    /// There are bytes after the last entry.
    #[error("{bundle} goes on for {extra} bytes after its last entry: it is not the bundle of that name")]
    Longer {
        /// The bundle.
        bundle: Bundle,
        /// How many there are.
        extra: usize,
    },
}

impl Bundle {
    /// The first `width` entries of bundle number `index`; `None` where no log has such a bundle.
    pub fn new(index: u64, width: u16) -> Option<Self> {
        Tile::new(0, index, width).map(|_| Self { index, width })
    }

    /// A bundle whose place has been counted from a size.
    pub(super) fn at(index: u64, width: u16) -> Self {
        Self { index, width }
    }

    /// The bundle's number, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many entries it has: 1 to 256. With less than 256 it is partial.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// The full bundle of this place, into which this one grows; `None` where no log is large enough.
    pub fn full(&self) -> Option<Self> {
        Self::new(self.index, WIDTH)
    }

    /// The numbers of its entries in the log.
    pub fn entries(&self) -> Range<u64> {
        let first = self.index * u64::from(WIDTH);
        first..first + u64::from(self.width)
    }

    /// The tile of the hashes of these very entries.
    pub fn tile(&self) -> Tile {
        Tile { level: 0, index: self.index, width: self.width }
    }

    /// The bundle's bytes. `entries` are exactly those of [`entries`](Self::entries), in order.
    pub fn bytes<E: AsRef<[u8]>>(
        &self,
        entries: impl IntoIterator<Item = E>,
    ) -> Result<Vec<u8>, BundleError> {
        let (mut bytes, mut given) = (Vec::new(), 0);
        for (entry, number) in entries.into_iter().zip(self.index * u64::from(WIDTH)..) {
            let entry = entry.as_ref();
            let length = u16::try_from(entry.len());
            let length = length.map_err(|_| BundleError::TooLong { entry: number, len: entry.len() })?;
            bytes.extend(length.to_be_bytes());
            bytes.extend(entry);
            given += 1;
        }
        if given == usize::from(self.width) {
            Ok(bytes)
        } else {
            Err(BundleError::Entries { bundle: *self, given })
        }
    }

    /// Reads the bundle's bytes: exactly its entries, in order, and nothing after them.
    pub fn parse<'b>(&self, bytes: &'b [u8]) -> Result<Vec<&'b [u8]>, BundleError> {
        let mut read = Vec::with_capacity(usize::from(self.width));
        let mut rest = bytes;
        for entry in self.entries() {
            let cut_off = BundleError::CutOff { bundle: *self, entry };
            let Some((length, after)) = rest.split_first_chunk() else { return Err(cut_off) };
            let length = usize::from(u16::from_be_bytes(*length));
            let Some((bytes, after)) = after.split_at_checked(length) else { return Err(cut_off) };
            read.push(bytes);
            rest = after;
        }
        if rest.is_empty() { Ok(read) } else { Err(BundleError::Longer { bundle: *self, extra: rest.len() }) }
    }
}
