//! Cloudflare's `signed_note` and `tlog_tiles` on what the log writes: they accept it, and refuse it altered.

#![cfg(test)]

use std::cell::RefCell;

use quorate::log::tile;
use quorate::log::{Checkpoint, Hash, Head, LogKey, MemoryTree, WitnessSigner, tree};
use quorate::values::Instant;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Tile, TileHashReader, TileReader};

fn votes(size: u64) -> MemoryTree {
    (0..size).map(|index| Hash::leaf(format!("vote {index}").as_bytes())).collect()
}

fn log_key() -> LogKey {
    LogKey::from_seed("log.example/votes", &[1; 32]).unwrap()
}

fn theirs(hash: Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash.0)
}

#[test]
fn signed_note_reads_our_checkpoints() {
    let head = votes(1_000).head();
    let note = Checkpoint { origin: log_key().name().to_owned(), head }.sign(&log_key()).unwrap();
    let witness = WitnessSigner::from_seed("wit.example/w1", &[2; 32]).unwrap();
    let line = witness.cosign(&note, Instant::from_unix(1_767_000_000)).unwrap();
    let text = note.with([line]).unwrap().to_string();

    let known = || {
        let verifier = StandardVerifier::new(&log_key().verifier().to_string()).unwrap();
        VerifierList::new(vec![Box::new(verifier)])
    };
    let read = Note::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(read.to_bytes(), text.as_bytes());
    let (verified, unverified) = read.verify(&known()).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 1));
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap();
    assert_eq!(checkpoint.origin(), "log.example/votes");
    assert_eq!((checkpoint.size(), checkpoint.hash().0), (1_000, head.root.0));

    let altered = Note::from_bytes(text.replacen("\n1000\n", "\n1001\n", 1).as_bytes()).unwrap();
    assert!(altered.verify(&known()).is_err());
}

/// Its tiles carry their height in the path, C2SP's do not.
fn ours(tile: &Tile) -> tile::Tile {
    let width = u16::try_from(tile.width()).unwrap();
    let ours = tile::Tile::new(tile.level(), tile.level_index(), width).unwrap();
    assert_eq!(tile.path(), ours.to_string().replacen("tile/", "tile/8/", 1));
    ours
}

#[test]
fn tlog_tiles_asks_for_the_tiles_that_we_write() {
    let sizes = [0, 1, 255, 256, 257, 511, 512, 1_000, 65_535, 65_536, 65_537, 70_000, 131_072, 16_777_217];
    for old in sizes {
        for new in sizes.into_iter().filter(|new| *new >= old && *new - old < 200_000) {
            let asked: Vec<tile::Tile> = Tile::new_tiles(8, old, new).iter().map(ours).collect();
            assert_eq!(asked, tile::tiles_between(old, new).collect::<Vec<_>>(), "{old} to {new}");
        }
    }
}

/// Our tiles of one tree.
struct Served {
    tree: MemoryTree,
    /// Added to the first byte of every tile.
    damage: u8,
    count: RefCell<usize>,
}

impl TileReader for Served {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        *self.count.borrow_mut() += tiles.len();
        let read = tiles.iter().map(|tile| {
            let mut bytes = ours(tile).bytes(&self.tree).unwrap();
            bytes[0] = bytes[0].wrapping_add(self.damage);
            bytes
        });
        Ok(read.collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

#[test]
fn tlog_tiles_proves_from_our_tiles_what_we_prove() {
    for size in [1_u64, 2, 255, 256, 257, 1_000, 70_000] {
        let served = Served { tree: votes(size), damage: 0, count: RefCell::default() };
        let Head { root, .. } = served.tree.head();
        let reader = TileHashReader::new(size, theirs(root), &served);
        assert_eq!(tlog_tiles::tree_hash(size, &reader).unwrap().0, root.0);
        for index in [0, 1, size / 3, size - 1].into_iter().filter(|index| *index < size) {
            let proof = tlog_tiles::prove_record(size, index, &reader).unwrap();
            let path = tree::inclusion_proof(index, size, &served.tree).unwrap();
            assert_eq!(
                proof.iter().map(|hash| hash.0).collect::<Vec<_>>(),
                path.iter().map(|hash| hash.0).collect::<Vec<_>>()
            );
            if index > 0 {
                let proof = tlog_tiles::prove_tree(size, index, &reader).unwrap();
                let joined = tree::consistency_proof(index, size, &served.tree).unwrap();
                let joined: Vec<tlog_tiles::Hash> = joined.into_iter().map(theirs).collect();
                let old = theirs(served.tree.root_at(index).unwrap());
                assert!(tlog_tiles::check_tree(&joined, size, theirs(root), index, old).is_ok());
                assert!(tlog_tiles::check_tree(&proof, size, theirs(root), index, old).is_ok());
            }
        }
        assert!(*served.count.borrow() > 0);
        let damaged = Served { damage: 1, ..served };
        let reader = TileHashReader::new(size, theirs(root), &damaged);
        assert!(tlog_tiles::prove_record(size, 0, &reader).is_err() || size == 1);
    }
}
