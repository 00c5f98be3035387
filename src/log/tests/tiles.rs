//! Tiles and bundles: the published vector's, growth step by step, and what is read back.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use super::super::tile::{self, Bundle, BundleError, Tile, TileError, TileNodes, Tiles};
use super::super::{Nodes, verify_consistency, verify_inclusion};
use super::sizes::{OneMarked, pair};
use super::*;

/// A folder: the bytes of each tile under its path.
#[derive(Default)]
struct Folder {
    files: BTreeMap<String, Vec<u8>>,
    /// What was asked for, in order.
    asked: RefCell<Vec<Tile>>,
}

impl Folder {
    /// Writes what has to be written when the log grows from `old` to `new`: nothing twice.
    fn grow<N: Nodes<Error: std::fmt::Debug>>(&mut self, old: u64, new: u64, nodes: &N) {
        for tile in tile::tiles_between(old, new) {
            let replaced = self.files.insert(tile.to_string(), tile.bytes(nodes).unwrap());
            assert_eq!(replaced, None, "{tile} was there already");
        }
    }
}

impl Tiles for &Folder {
    type Error = String;

    fn tile(&self, tile: Tile) -> Result<Vec<u8>, String> {
        self.asked.borrow_mut().push(tile);
        let full = || self.files.get(&tile.full()?.to_string());
        self.files.get(&tile.to_string()).or_else(full).cloned().ok_or_else(|| tile.to_string())
    }
}

fn paths(tiles: impl Iterator<Item = Tile>) -> Vec<String> {
    tiles.map(|tile| tile.to_string()).collect()
}

/// DESIGN's log of 70,000 votes, and C2SP tlog-tiles' own example.
#[test]
fn the_vectors_tiles() {
    let tree = votes(70_000);
    let mut folder = Folder::default();
    folder.grow(0, 70_000, &tree);
    let mut expected: Vec<String> = (0..273).map(|index| format!("tile/0/{index:03}")).collect();
    expected
        .extend(["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"].map(str::to_owned));
    assert_eq!(paths(tile::tiles(70_000)), expected);

    let file = |path: &str| folder.files[path].as_slice();
    assert_eq!(file("tile/0/000").len(), 8_192);
    assert_eq!(file("tile/0/273.p/112").len(), 112 * 32);
    assert_eq!(&file("tile/0/001")[32 * 3..32 * 4], vote(256 + 3).0);
    // The hash at level 1 is that of a full tile below: of votes 256 to 511.
    let second = (256..512).map(vote).collect::<MemoryTree>().root();
    assert_eq!(&file("tile/1/000")[32..64], second.0);
    assert_eq!(file("tile/2/000.p/1"), tree.root_at(65_536).unwrap().0);

    let read = TileNodes::new(70_000, &folder);
    assert_eq!(
        tree::root(70_000, &read).unwrap().to_string(),
        "1SCqnSgeNIT0AqOGVpMm/2A6SY+Ceem9sscDI12Szmg="
    );
    assert_eq!(tree::root(1_000, &read).unwrap().to_string(), "rw4Ge4Lb8Vuep6fHp1SlMvj5NpNOFUDPlJHDhTbTDVE=");
    let bundles: Vec<String> = tile::bundles(70_000).map(|bundle| bundle.to_string()).collect();
    assert_eq!(bundles.len(), 274);
    assert_eq!(bundles[273], "tile/entries/273.p/112");
    assert_eq!(paths(tile::tiles(256)), ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(paths(tile::tiles(0)), [""; 0]);
}

#[test]
fn a_growing_log_writes_what_is_new() {
    assert_eq!(paths(tile::tiles_between(255, 257)), ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
    assert_eq!(paths(tile::tiles_between(257, 258)), ["tile/0/001.p/2"]);
    assert_eq!(paths(tile::tiles_between(255, 256)), ["tile/0/000", "tile/1/000.p/1"]);
    for (old, new) in [(0, 0), (256, 256), (300, 300), (300, 299), (u64::MAX, 0)] {
        assert_eq!(tile::tiles_between(old, new).count(), 0, "{old} to {new}");
        assert_eq!(tile::bundles_between(old, new).count(), 0, "{old} to {new}");
    }
}

#[test]
fn paths_have_one_spelling() {
    for (level, index, width, path) in [
        (0, 0, 256, "tile/0/000"),
        (0, 999, 1, "tile/0/999.p/1"),
        (1, 1_000, 255, "tile/1/x001/000.p/255"),
        (2, 1_234_067, 256, "tile/2/x001/x234/067"),
        (7, 0, 255, "tile/7/000.p/255"),
        (0, (1 << 56) - 1, 255, "tile/0/x072/x057/x594/x037/x927/935.p/255"),
    ] {
        let tile = Tile::new(level, index, width).unwrap();
        assert_eq!(tile.to_string(), path);
        assert_eq!(path.parse(), Ok(tile));
    }
    let bundle = Bundle::new(1_234_067, 9).unwrap();
    assert_eq!(bundle.to_string(), "tile/entries/x001/x234/067.p/9");
    assert_eq!(bundle.to_string().parse(), Ok(bundle));

    let places = [
        "",
        "0",
        "00",
        "0000",
        "x000",
        "x001",
        "001/000",
        "x000/001",
        "x000/x001/000",
        "x001/x000",
        "X001/000",
        "x1/000",
        "x001/00",
        "x001//000",
        "/000",
        "000/",
        "x001/000/",
        "-01",
        "+01",
        " 00",
        "00a",
        "٠٠٠",
        "000.p",
        "000.p/",
        "000.p/0",
        "000.p/256",
        "000.p/01",
        "000.p/+1",
        "000.p/1/",
        "000.p/1.p/1",
        "000.P/1",
        "000.p/65537",
        "x018/x446/x744/x073/x709/x551/616",
        "x072/x057/x594/x037/x927/936",
        "000\n",
        "000?",
    ];
    for place in places {
        for path in [format!("tile/0/{place}"), format!("tile/entries/{place}")] {
            assert!(path.parse::<Tile>().is_err(), "{path}");
            assert!(path.parse::<Bundle>().is_err(), "{path}");
        }
    }
    for path in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile//000",
        "/tile/0/000",
        "tile/00/000",
        "tile/64/000",
        "tile/8/000",
        "tile/7/000",
        "tile/7/001.p/1",
        "tile/-1/000",
        "tile/8/0/000",
        "tile/data/000",
        "Tile/0/000",
        "tile/256/000",
    ] {
        assert!(path.parse::<Tile>().is_err(), "{path}");
        assert!(path.parse::<Bundle>().is_err(), "{path}");
    }
    let refused = "tile/0/1234".parse::<Tile>().unwrap_err().to_string();
    assert!(
        refused.contains("`tile/0/1234` is no path of a tile") && refused.contains("x001/x234/067"),
        "{refused}"
    );
}

#[test]
fn no_tile_is_wider_or_further_than_a_tree() {
    for (level, index, width) in [
        (0, 0, 0),
        (0, 0, 257),
        (8, 0, 1),
        (7, 0, 256),
        (7, 1, 1),
        (0, 1 << 56, 1),
        (0, u64::MAX, 1),
        (7, u64::MAX, 256),
        (255, 0, 1),
    ] {
        assert_eq!(Tile::new(level, index, width), None, "{level} {index} {width}");
    }
    assert_eq!(Tile::new(0, (1 << 56) - 1, 255).map(|tile| tile.end()), Some(u64::MAX));
    assert_eq!(Tile::new(0, (1 << 56) - 1, 255).unwrap().full(), None);
    assert_eq!(Tile::new(2, 3, 4).map(|tile| tile.end()), Some((3 * 256 + 4) << 16));
    let last = tile::tiles_between(u64::MAX - 1, u64::MAX).collect::<Vec<_>>();
    assert_eq!(last, [Tile::new(0, (1 << 56) - 1, 255).unwrap()]);
}

#[test]
fn a_bundle_is_lengths_and_entries() {
    let bundle = Bundle::new(2, 3).unwrap();
    let entries = [b"a".as_slice(), b"", &[7; 65_535]];
    let bytes = bundle.bytes(entries).unwrap();
    assert_eq!(&bytes[..7], b"\0\x01a\0\0\xff\xff");
    assert_eq!(bytes.len(), 7 + 65_535);
    assert_eq!(bundle.parse(&bytes), Ok(entries.to_vec()));
    assert_eq!(bundle.entries(), 512..515);
    assert_eq!(bundle.tile(), Tile::new(0, 2, 3).unwrap());

    let cut = |entry| Err(BundleError::CutOff { bundle, entry });
    assert_eq!(bundle.parse(b""), cut(512));
    assert_eq!(bundle.parse(b"\0"), cut(512));
    assert_eq!(bundle.parse(b"\0\x02a"), cut(512));
    assert_eq!(bundle.parse(&bytes[..3]), cut(513));
    assert_eq!(bundle.parse(&bytes[..bytes.len() - 1]), cut(514));
    let longer = [&bytes[..], b"\0\0"].concat();
    assert_eq!(bundle.parse(&longer), Err(BundleError::Longer { bundle, extra: 2 }));
    let long = vec![0; 65_536];
    let refused = bundle.bytes([b"a".as_slice(), &long]);
    assert_eq!(refused, Err(BundleError::TooLong { entry: 513, len: 65_536 }));
    for given in [0, 2, 4] {
        assert_eq!(bundle.bytes(vec![b"a"; given]), Err(BundleError::Entries { bundle, given }));
    }
}

#[test]
fn what_tiles_do_not_hold_is_refused() {
    let mut folder = Folder::default();
    folder.grow(0, 300, &votes(300));
    let nodes = TileNodes::new(300, &folder);
    for (level, index) in
        [(0, 300), (1, 150), (8, 1), (9, 0), (63, 0), (64, 0), (255, 0), (0, u64::MAX), (7, u64::MAX)]
    {
        assert_eq!(nodes.node(level, index), Err(TileError::Beyond { level, index, size: 300 }));
    }
    assert_eq!(*folder.asked.borrow(), [], "nothing is asked for that the tree has not");
    let missing = TileNodes::new(301, &folder).node(0, 299);
    assert_eq!(missing, Err(TileError::Source("tile/0/001.p/45".to_owned())));
    // The partial tile is gone, the full one of a later head is there.
    assert_eq!(TileNodes::new(200, &folder).node(0, 199), Ok(vote(199)));

    let tile = Tile::new(0, 1, 44).unwrap();
    for len in [0, 44 * 32 - 1, 44 * 32 + 1, 43 * 32, 45 * 32] {
        folder.files.insert(tile.to_string(), vec![0; len]);
        assert_eq!(TileNodes::new(300, &folder).node(0, 299), Err(TileError::Length { tile, len }));
    }
}

/// Tiles of a virtual tree, made when they are asked for.
struct Virtual(OneMarked);

impl Tiles for Virtual {
    type Error = Infallible;

    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Infallible> {
        tile.bytes(&self.0)
    }
}

/// Sizes of a log as it grows, up to a few full tiles of level 1.
fn growth() -> impl Strategy<Value = Vec<u64>> {
    let step = prop_oneof![4 => 0..600_u64, 2 => Just(1), 2 => Just(256), 1 => 60_000..70_000_u64];
    proptest::collection::vec(step, 1..7).prop_map(|steps| {
        steps
            .into_iter()
            .scan(0, |size, step| {
                *size += step;
                Some(*size)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Growing step by step writes, for its last size, the files that exporting at once writes, and those of
    /// every size on the way can be read.
    #[test]
    fn growing_writes_what_writing_at_once_does(sizes in growth()) {
        let largest = *sizes.last().unwrap();
        let nodes = OneMarked::new(largest / 2);
        let (mut grown, mut size) = (Folder::default(), 0);
        for next in &sizes {
            grown.grow(size, *next, &nodes);
            size = *next;
        }
        let mut at_once = Folder::default();
        at_once.grow(0, largest, &nodes);
        for (path, bytes) in &at_once.files {
            prop_assert_eq!(grown.files.get(path), Some(bytes), "{}", path);
        }
        for size in sizes {
            prop_assert_eq!(tree::root(size, &TileNodes::new(size, &grown)), Ok(nodes.head(size).root));
        }
        // Nothing but earlier heads' partial tiles is left over.
        for path in grown.files.keys().filter(|path| !at_once.files.contains_key(*path)) {
            prop_assert!(path.contains(".p/"), "{}", path);
        }
        let bundles: Vec<Bundle> = tile::bundles(largest).collect();
        let numbers: Vec<u64> = bundles.iter().flat_map(Bundle::entries).collect();
        prop_assert!(numbers.into_iter().eq(0..largest));
    }

    /// What tlog-tiles says of a tile's hashes, for trees of any size.
    #[test]
    fn tiles_are_as_the_specification_defines_them((old, new) in pair()) {
        // At most a few hundred tiles to look at.
        let old = old.max(new.saturating_sub(40_000));
        let row = u128::from(tile::WIDTH);
        for tile in tile::tiles_between(old, new) {
            let span = row.pow(tile.level().into());
            let last = u128::from(tile.index()) * row + u128::from(tile.width());
            prop_assert_eq!(last * span, u128::from(tile.end()));
            prop_assert!(tile.end() <= new && tile.end() > old);
            if tile.width() < tile::WIDTH {
                prop_assert_eq!(u128::from(tile.width()), u128::from(new) / span % row);
            }
            prop_assert_eq!(tile.to_string().parse(), Ok(tile));
        }
        for level in 0..8_u8 {
            let partial = u128::from(new) / row.pow(level.into()) % row;
            let grown = u128::from(old) / row.pow(level.into()) < u128::from(new) / row.pow(level.into());
            let found = tile::tiles_between(old, new)
                .filter(|tile| tile.level() == level && u128::from(tile.width()) == partial)
                .count();
            prop_assert_eq!(found, usize::from(partial > 0 && grown));
        }
    }

    /// Proofs made from the tiles alone, of trees larger than any disk.
    #[test]
    fn proofs_from_tiles_verify((old, new) in pair(), index: u64) {
        let index = index % old;
        let marked = OneMarked::new(index);
        let (old, new) = (marked.head(old), marked.head(new));
        let nodes = TileNodes::new(new.size, Virtual(marked));
        let joined = tree::consistency_proof(old.size, new.size, &nodes).unwrap();
        prop_assert_eq!(verify_consistency(old, new, &joined), Ok(()));
        let path = tree::inclusion_proof(index, new.size, &nodes).unwrap();
        prop_assert_eq!(verify_inclusion(vote(1), index, new, &path), Ok(()));
    }
}
