//! The tree and its entries as files that never change: C2SP tlog-tiles.
//!
//! A [`Tile`] holds up to 256 consecutive hashes of one level, a [`Bundle`] up to 256 consecutive entries; both
//! know their path, make their bytes and read them back. [`tiles_between`] and [`bundles_between`] say which are
//! new when a log has grown, and [`TileNodes`] is a tree whose hashes come from tiles.
//!
//! It reads and writes no files, asks no server, and trusts no tile: hashes read back are what somebody wrote
//! there, until a root or a proof made from them agrees with a signed checkpoint.
//!
//! Narrower than the specification in one thing: tiles that no tree of less than 2^64 entries can have (levels 8
//! to 63, numbers beyond the last) have no name here, so that nothing done with a tile can overflow.

mod bundle;
mod nodes;
mod path;

pub use bundle::{Bundle, BundleError, MAX_ENTRY};
pub use nodes::{TileError, TileNodes, Tiles};
pub use path::TilePathError;

use super::{Hash, Nodes};

/// How many hashes a full tile has, and how many entries a full bundle: 2^8.
pub const WIDTH: u16 = 256;

/// The levels of the tree that one level of tiles spans: log2 of [`WIDTH`].
const HEIGHT: u8 = 8;

/// The highest level of tiles: its hashes are over 256^7 = 2^56 entries each; those of level 8 would be over 2^64.
const MAX_LEVEL: u8 = 7;

/// Up to 256 consecutive hashes of one level: which ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// The first `width` hashes of tile number `index` of `level`; `None` where no tree has such a tile.
    ///
    /// Hash i of it is over the 256^`level` entries from (`index` × 256 + i) × 256^`level` on.
    pub fn new(level: u8, index: u64, width: u16) -> Option<Self> {
        if level > MAX_LEVEL || !(1..=WIDTH).contains(&width) {
            return None;
        }
        let hashes = index.checked_mul(WIDTH.into())?.checked_add(width.into())?;
        // Each is over 2^(8 × level) entries; a size is below 2^64.
        (hashes <= u64::MAX >> (level * HEIGHT)).then_some(Self { level, index, width })
    }

    /// The level: 0 holds the hashes of leaves; in each further one a hash is that of a full tile below it.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// The tile's number within its level, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes it has: 1 to 256. With less than 256 it is partial.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// The length of its bytes: 32 for each hash.
    pub fn len(&self) -> usize {
        usize::from(self.width) * 32
    }

    /// Never: a tile of no hashes does not exist.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The full tile of this place, into which this one grows; `None` where no tree is large enough.
    pub fn full(&self) -> Option<Self> {
        Self::new(self.level, self.index, WIDTH)
    }

    /// The size of the smallest tree that has this tile, in entries.
    pub fn end(&self) -> u64 {
        (self.index * u64::from(WIDTH) + u64::from(self.width)) << (self.level * HEIGHT)
    }

    /// The tile's bytes: its hashes, one after the other. The tree of `nodes` has at least [`end`](Self::end)
    /// entries; the only error is one of `nodes`.
    pub fn bytes<N: Nodes + ?Sized>(&self, nodes: &N) -> Result<Vec<u8>, N::Error> {
        let mut bytes = Vec::with_capacity(self.len());
        let first = self.index * u64::from(WIDTH);
        for index in first..first + u64::from(self.width) {
            bytes.extend(nodes.node(self.level * HEIGHT, index)?.0);
        }
        Ok(bytes)
    }

    /// The hashes that the tile's bytes are; `None` where their number is not the tile's width.
    pub fn hashes(&self, bytes: &[u8]) -> Option<Vec<Hash>> {
        let (hashes, []) = bytes.as_chunks() else { return None };
        (bytes.len() == self.len()).then(|| hashes.iter().copied().map(Hash).collect())
    }
}

/// All tiles of the tree of `size` entries, from the leaves up, each level from left to right.
pub fn tiles(size: u64) -> impl Iterator<Item = Tile> {
    tiles_between(0, size)
}

/// The tiles of the tree of `new` entries that the tree of `old` ones has not: those to write when a log grows.
///
/// A partial tile that has grown is among them under its new width; the narrower one, whose path is another, is
/// left as it is. From the leaves up, each level from left to right; none where the log has not grown.
pub fn tiles_between(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    (0..=MAX_LEVEL).flat_map(move |level| {
        let hashes = |size: u64| size >> (level * HEIGHT);
        places(hashes(old), hashes(new)).map(move |(index, width)| Tile { level, index, width })
    })
}

/// All entry bundles of the tree of `size` entries, from left to right.
pub fn bundles(size: u64) -> impl Iterator<Item = Bundle> {
    bundles_between(0, size)
}

/// The entry bundles of the tree of `new` entries that the tree of `old` ones has not; see [`tiles_between`].
pub fn bundles_between(old: u64, new: u64) -> impl Iterator<Item = Bundle> {
    places(old, new).map(|(index, width)| Bundle::at(index, width))
}

/// Number and width of the rows of 256 that change when something grows from `old` to `new` in a row.
fn places(old: u64, new: u64) -> impl Iterator<Item = (u64, u16)> {
    let row = u64::from(WIDTH);
    let last = if new > old { new.div_ceil(row) } else { 0 };
    (old / row..last).map(move |index| {
        let width = (new - index * row).min(row);
        (index, u16::try_from(width).unwrap_or(WIDTH))
    })
}
