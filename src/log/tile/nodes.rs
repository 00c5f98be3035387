use super::{HEIGHT, Hash, MAX_LEVEL, Nodes, Tile, WIDTH};

/// Where the bytes of tiles come from: a folder, a server, a cache before either.
pub trait Tiles {
    /// Why a tile cannot be had.
    type Error;

    /// The bytes of this tile. Where it is partial and there is no such file any more, those of the full tile
    /// of its place do as well (C2SP tlog-tiles, "Partial Tiles").
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Self::Error>;
}

/// The tree of `size` entries, read from its tiles. Each hash asked for reads one tile: a source that is slow
/// keeps what it has read.
///
/// The hashes are not verified: what is made from them (a root, a proof) is checked against a signed head.
#[derive(Debug, Clone)]
pub struct TileNodes<T> {
    size: u64,
    tiles: T,
}

/// Why a hash cannot be read from tiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The tile could not be had.
    #[error(transparent)]
    Source(E),
    /// The tile has not the length that it should.
    #[error("{tile} has {len} bytes instead of {}: fetch or export it again whole", .tile.len())]
    Length {
        /// The tile.
        tile: Tile,
        /// Its bytes.
        len: usize,
    },
    /// A subtree was asked for that is not complete in this tree.
    #[error(
        "the tree of {size} entries has no complete subtree {index} at level {level}: ask for a size within the tree"
    )]
    Beyond {
        /// Height above the leaves.
        level: u8,
        /// Position from the left within the level, from 0.
        index: u64,
        /// The tree's entries.
        size: u64,
    },
}

impl<T: Tiles> TileNodes<T> {
    /// The tree of `size` entries whose tiles `tiles` has.
    pub fn new(size: u64, tiles: T) -> Self {
        Self { size, tiles }
    }

    /// The tree's entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tile in which the subtree's root is, or lies above; and its first hash below that root.
    fn place(&self, level: u8, index: u64) -> Option<(Tile, usize, usize)> {
        let (row, within) = (level / HEIGHT, level % HEIGHT);
        if row > MAX_LEVEL {
            return None;
        }
        let count = 1_u64 << within;
        let first = index.checked_mul(count)?;
        let hashes = self.size >> (row * HEIGHT);
        if first.checked_add(count)? > hashes {
            return None;
        }
        let width = u64::from(WIDTH);
        let widest = (hashes - first / width * width).min(width);
        let tile = Tile::new(row, first / width, u16::try_from(widest).ok()?)?;
        Some((tile, usize::try_from(first % width).ok()?, usize::try_from(count).ok()?))
    }
}

impl<T: Tiles> Nodes for TileNodes<T> {
    type Error = TileError<T::Error>;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        let beyond = TileError::Beyond { level, index, size: self.size };
        let Some((tile, first, count)) = self.place(level, index) else { return Err(beyond) };
        let bytes = self.tiles.tile(tile).map_err(TileError::Source)?;
        let length = TileError::Length { tile, len: bytes.len() };
        let Some(hashes) = tile.hashes(&bytes).or_else(|| tile.full()?.hashes(&bytes)) else {
            return Err(length);
        };
        let below = hashes.into_iter().skip(first).take(count).collect();
        join(below).ok_or(beyond)
    }
}

/// The root of the complete subtree over these hashes, of which there are a power of two.
fn join(mut row: Vec<Hash>) -> Option<Hash> {
    while row.len() > 1 {
        let (pairs, _) = row.as_chunks();
        row = pairs.iter().map(|[left, right]| Hash::node(*left, *right)).collect();
    }
    row.first().copied()
}
