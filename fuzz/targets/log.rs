//! The log's formats: RFC 6962 proofs, C2SP notes, checkpoints, receipts, tiles, policies.

use std::convert::Infallible;

use quorate::log::tile::{self, Bundle, Tile, TileNodes, Tiles};
use quorate::log::{
    AddCheckpoint, Checkpoint, Hash, Head, LogKey, MemoryTree, Nodes, Note, Policy, Receipt, SeenCheckpoint,
    VerifierKey, WitnessKey, WitnessSigner, tree, verify_consistency, verify_inclusion,
};

fn log_key() -> LogKey {
    LogKey::from_seed("log.example/votes", &[1; 32]).unwrap()
}

fn witness() -> WitnessSigner {
    WitnessSigner::from_seed("wit.example/w1", &[2; 32]).unwrap()
}

/// The number that the first 8 bytes are, and the rest.
fn number(data: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = data.split_first_chunk()?;
    Some((u64::from_be_bytes(*number), rest))
}

fn hashes(data: &[u8]) -> Vec<Hash> {
    data.as_chunks().0.iter().copied().map(Hash).collect()
}

pub fn note(data: &[u8]) {
    let Ok(note) = Note::parse(data) else { return };
    assert_eq!(note.to_string().as_bytes(), data);
    assert!(note.unverified_text().ends_with('\n'));
    assert!((1..=100).contains(&note.signatures().len()));
    for line in note.signatures() {
        assert_eq!(line.to_string().parse().as_ref(), Ok(line));
    }
    let _ = note.open(log_key().verifier());
    let _ = witness().verifier().cosignatures(&note);
    // What a known key signs here opens here, whoever else has signed.
    let signed = log_key().sign(note.unverified_text().to_owned()).unwrap();
    assert_eq!(signed.open(log_key().verifier()), Ok(note.unverified_text()));
}

pub fn checkpoint(data: &[u8]) {
    let _ = Checkpoint::open(data, log_key().verifier());
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(checkpoint) = text.parse::<Checkpoint>() else { return };
    assert_eq!(checkpoint.to_string(), text);
    let signed = checkpoint.sign(&log_key());
    assert_eq!(signed.is_ok(), checkpoint.origin == log_key().name());
    if let Ok(signed) = signed {
        assert_eq!(Checkpoint::open(signed.to_string().as_bytes(), log_key().verifier()), Ok(checkpoint));
    }
}

/// What is read of any log's checkpoint, and that ours are read the same.
pub fn seen_checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (seen, ours) = (text.parse::<SeenCheckpoint>(), text.parse::<Checkpoint>());
    if let Ok(seen) = &seen {
        assert_eq!(seen.to_string(), text);
        assert_eq!(ours.is_ok(), seen.extensions.is_empty());
    }
    if let Ok(ours) = ours {
        let plain = SeenCheckpoint { origin: ours.origin, head: ours.head, extensions: Vec::new() };
        assert_eq!(seen, Ok(plain));
    }
}

/// A request to a witness.
pub fn add_checkpoint(data: &[u8]) {
    let Ok(request) = AddCheckpoint::parse(data) else { return };
    assert_eq!(request.to_bytes(), data);
    assert!(data.len() <= 128 * 1024 && request.proof.len() <= 63 && !request.checkpoint.is_empty());
    let more = AddCheckpoint { proof: vec![Hash([7; 32]); 64], ..request };
    assert!(AddCheckpoint::parse(&more.to_bytes()).is_err());
}

pub fn receipt(data: &[u8]) {
    let Ok(receipt) = Receipt::parse(data) else { return };
    assert_eq!(receipt.to_string().as_bytes(), data);
    assert!(receipt.proof.len() <= 64);
    let leaf = Hash::leaf(receipt.extra.as_deref().unwrap_or_default());
    if let Ok(checkpoint) = receipt.verify(leaf, log_key().verifier()) {
        assert!(receipt.index < checkpoint.head.size);
        assert!(receipt.verify(Hash([7; 32]), log_key().verifier()).is_err());
    }
}

pub fn vkey(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (log, witness) = (text.parse::<VerifierKey>(), text.parse::<WitnessKey>());
    assert!(log.is_err() || witness.is_err(), "a log's key is no witness's");
    if let Ok(key) = log {
        assert_eq!(key.to_string(), text);
        assert_eq!(VerifierKey::new(key.name(), key.raw()), Ok(key));
    }
    if let Ok(key) = witness {
        assert_eq!(key.to_string(), text);
        assert_eq!(WitnessKey::new(key.name(), key.raw()), Ok(key));
    }
    let _ = LogKey::from_seed(text, &[1; 32]);
}

pub fn policy(data: &[u8]) {
    let Ok(policy) = Policy::parse(data) else { return };
    let plain = policy.to_bytes();
    assert_eq!(Policy::parse(&plain).as_ref(), Ok(&policy));
    assert!(plain.len() <= data.len(), "the plain spelling is the shortest");
    let head = Head { size: 0, root: Hash::empty() };
    let note = Checkpoint { origin: log_key().name().to_owned(), head }.sign(&log_key()).unwrap();
    let support = policy.support(&note).unwrap();
    assert_eq!(support.met(), !policy.asks_witnesses(), "nobody has cosigned");
    assert_eq!((support.existed_by(), support.newest_at()), (None, None));
    if let Ok((checkpoint, _)) = policy.open(note.to_string().as_bytes()) {
        assert!(policy.logs().iter().any(|log| log.key.name() == checkpoint.origin));
    }
}

pub fn tile_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (tile, bundle) = (text.parse::<Tile>(), text.parse::<Bundle>());
    assert!(tile.is_err() || bundle.is_err());
    if let Ok(tile) = tile {
        assert_eq!(tile.to_string(), text);
        assert_eq!(Tile::new(tile.level(), tile.index(), tile.width()), Some(tile));
        // The smallest tree that has it has it, and one entry less has not.
        let is_there = |old, size| tile::tiles_between(old, size).any(|other| other == tile);
        assert!(is_there(tile.end() - 1, tile.end()));
    }
    if let Ok(bundle) = bundle {
        assert_eq!(bundle.to_string(), text);
        let end = bundle.entries().end;
        assert!(tile::bundles_between(end - 1, end).eq([bundle]));
    }
}

/// Place (8 bytes) and width (1 byte, less one), then the bundle.
pub fn bundle(data: &[u8]) {
    let Some((index, rest)) = number(data) else { return };
    let Some((width, bytes)) = rest.split_first() else { return };
    let Some(bundle) = Bundle::new(index, u16::from(*width) + 1) else { return };
    let Ok(entries) = bundle.parse(bytes) else { return };
    assert_eq!(entries.len(), usize::from(bundle.width()));
    assert_eq!(bundle.bytes(&entries).as_deref(), Ok(bytes));
    if let Some(wider) = Bundle::new(index, bundle.width() + 1) {
        assert!(wider.parse(bytes).is_err());
    }
}

/// Tiles that all have the same bytes.
struct Same<'d>(&'d [u8]);

impl Tiles for Same<'_> {
    type Error = Infallible;

    fn tile(&self, _: Tile) -> Result<Vec<u8>, Infallible> {
        Ok(self.0.to_vec())
    }
}

/// Size and index (8 bytes each) and level (1 byte), then the bytes of whatever tile is asked for.
pub fn tile(data: &[u8]) {
    let Some((size, rest)) = number(data) else { return };
    let Some((index, rest)) = number(rest) else { return };
    let Some((level, bytes)) = rest.split_first() else { return };
    let nodes = TileNodes::new(size, Same(bytes));
    if nodes.node(*level, index).is_ok() {
        assert!(u128::from(index) < u128::from(size) >> level, "within the tree");
    }
    let _ = tree::root(size, &nodes);
    let _ = tree::inclusion_proof(index, size, &nodes);
    let _ = tree::consistency_proof(index, size, &nodes);
}

/// Old and new size (8 bytes each) and both roots, then the proof's hashes.
pub fn proof(data: &[u8]) {
    let Some((old, rest)) = number(data) else { return };
    let Some((new, rest)) = number(rest) else { return };
    let hashes = hashes(rest);
    let [old_root, new_root, proof @ ..] = hashes.as_slice() else { return };
    let (was, is) = (Head { size: old, root: *old_root }, Head { size: new, root: *new_root });
    if verify_consistency(was, is, proof).is_ok() {
        assert!(old <= new && proof.len() <= 65);
        assert!(old != new || old_root == new_root);
        let more = [proof, &[Hash([7; 32])]].concat();
        assert!(verify_consistency(was, is, &more).is_err());
    }
    if verify_inclusion(*old_root, old, is, proof).is_ok() {
        assert!(old < new && proof.len() <= 64);
        assert!(verify_inclusion(Hash([7; 32]), old, is, proof).is_err());
    }
    // A true tree of these very hashes proves what it should, and no more.
    let tree: MemoryTree = hashes.iter().copied().collect();
    let (size, index) = (tree.size(), old % tree.size());
    let path = tree::inclusion_proof(index, size, &tree).unwrap();
    assert_eq!(verify_inclusion(hashes[usize::try_from(index).unwrap()], index, tree.head(), &path), Ok(()));
    let before = Head { size: index, root: tree.root_at(index).unwrap() };
    let joined = tree::consistency_proof(index, size, &tree).unwrap();
    assert_eq!(verify_consistency(before, tree.head(), &joined), Ok(()));
}
