use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ahead::Ahead;
use super::{FileError, Files, Folder, Site};
use crate::audit::{Checkpoints, Entries, Source, SourceError};
use crate::log::tile::{Bundle, MAX_ENTRY, Tile, WIDTH, bundles_between};
use crate::log::{Checkpoint, Hash};
use crate::net::{NetError, Signs};
use crate::store::MAX_CHECKPOINT_BYTES;
use crate::values::Digest;

/// After so many bundles in a row that are not there, none is looked for: a checkpoint may claim any size.
const MOST_ABSENT: usize = 64;

/// The longest document that is read: twice what the command line files.
const MOST_DOCUMENT: usize = 128 << 20;

/// An exported log as the source of an audit, from its files, wherever they are. It is read as it is: what is missing
/// or damaged is for the audit to tell.
pub struct Reader {
    files: Arc<dyn Files>,
    /// The file `checkpoint`, read once, so that everything is about one head although the log grows.
    checkpoint: String,
    /// The size that it claims.
    size: u64,
    /// The sizes below `checkpoints/`, listed before the checkpoint was read: an export writes the file there last.
    kept: Vec<u64>,
    tiles: Mutex<Option<Leaves>>,
    /// Why bundles that were asked for gave nothing, by the numbers of their first entries.
    missing: Arc<Mutex<BTreeMap<u64, Missing>>>,
}

/// The leaf hashes of one tile, and those after it: an audit asks for leaf after leaf.
struct Leaves {
    index: u64,
    hashes: Hashes,
    next: Ahead<Tile, Result<Hashes, FileError>>,
}

/// The hashes of a tile; or, in words, why it has none.
type Hashes = Result<Vec<Hash>, String>;

impl Leaves {
    /// The first of these tiles, which has this number.
    fn of(index: u64, mut next: Ahead<Tile, Result<Hashes, FileError>>) -> Result<Self, SourceError> {
        let hashes = next.next().transpose()?.unwrap_or_else(|| Err("there is no such tile".to_owned()));
        Ok(Self { index, hashes, next })
    }
}

/// Entries that no bundle gave.
struct Missing {
    end: u64,
    why: String,
}

/// What a bundle gave: its entries with their numbers, or why it gave none.
type Given = Result<Result<Vec<(u64, Vec<u8>)>, String>, FileError>;

impl Reader {
    /// The log in a folder on this machine.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn folder(path: impl Into<std::path::PathBuf>) -> Result<Self, SourceError> {
        Self::open(Folder::new(path))
    }

    /// The log below an address on the web, read as anybody or as a reader.
    ///
    /// # Errors
    /// As [`Reader::open`]; or it is no such address.
    pub fn site(address: &str, reader: Option<Arc<dyn Signs>>) -> Result<Self, SourceError> {
        Self::open(Site::new(address, reader).map_err(|error| SourceError::NoLog(error.to_string()))?)
    }

    /// The log in these files, at the head of their `checkpoint`.
    ///
    /// # Errors
    /// They have no checkpoint, or cannot be read.
    pub fn open(files: impl Files + 'static) -> Result<Self, SourceError> {
        let kept = kept(&files)?;
        let place = || files.place("checkpoint");
        let bytes = match files.read("checkpoint", MAX_CHECKPOINT_BYTES) {
            Err(error @ FileError::TooLong { .. }) => return Err(SourceError::Damaged(error.to_string())),
            read => read?,
        };
        let bytes = bytes.ok_or_else(|| {
            SourceError::NoLog(format!(
                "{} is not there, so there is no exported log; give the folder that `quorate export` wrote, or the \
                 address at which it is served",
                place()
            ))
        })?;
        // What is no text is no checkpoint, and the audit says so.
        let checkpoint = String::from_utf8_lossy(&bytes).into_owned();
        let size = Checkpoint::claimed(&bytes).map_or(0, |checkpoint| checkpoint.head.size);
        let (tiles, missing) = (Mutex::default(), Arc::default());
        Ok(Self { files: Arc::new(files), checkpoint, size, kept, tiles, missing })
    }

    /// A document that entries name; `None` where it is not there: erased, never copied, or of a tier that others read. What it is is for whoever
    /// asks to check.
    ///
    /// # Errors
    /// It cannot be read, or is longer than a document can be.
    pub fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, SourceError> {
        match self.files.read(&format!("blobs/{}", digest.hex()), MOST_DOCUMENT) {
            Err(FileError::Net(NetError::Problem { status: 403, .. })) => Ok(None),
            read => Ok(read?),
        }
    }

    fn leaf_of(&self, index: u64) -> Result<Option<Hash>, SourceError> {
        if index >= self.size {
            return Ok(None);
        }
        let (number, place) = (index / u64::from(WIDTH), index % u64::from(WIDTH));
        let mut kept = lock(&self.tiles);
        let leaves = match kept.take() {
            Some(leaves) if leaves.index == number => leaves,
            Some(Leaves { index, next, .. }) if index.checked_add(1) == Some(number) => {
                Leaves::of(number, next)?
            }
            _ => Leaves::of(number, self.tiles_from(number))?,
        };
        let hashes = leaves.hashes.as_ref().ok();
        let hash = hashes.and_then(|it| it.get(usize::try_from(place).unwrap_or(usize::MAX))).copied();
        *kept = Some(leaves);
        Ok(hash)
    }

    /// The hashes of the level-0 tiles from this one on.
    fn tiles_from(&self, number: u64) -> Ahead<Tile, Result<Hashes, FileError>> {
        let files = Arc::clone(&self.files);
        let tiles = from(self.size, number).map(|bundle| bundle.tile());
        Ahead::new(tiles, self.files.at_once(), move |tile| tile_of(&*files, tile))
    }
}

impl Source for Reader {
    fn checkpoint(&self) -> Result<Option<String>, SourceError> {
        Ok(Some(self.checkpoint.clone()))
    }

    fn entries(&self, from_entry: u64, to: u64) -> Entries<'_> {
        let files = Arc::clone(&self.files);
        let wanted = from(self.size, from_entry / u64::from(WIDTH));
        let wanted = wanted.take_while(move |bundle| bundle.entries().start < to);
        let read = Ahead::new(wanted, self.files.at_once(), move |bundle| {
            let given = bundle_of(&*files, bundle);
            (bundle, given)
        });
        let missing = Arc::clone(&self.missing);
        let (mut absent, size) = (0, self.size);
        let given = read.map_while(move |(bundle, given)| {
            if absent >= MOST_ABSENT {
                let why =
                    format!("not looked for, as nothing of the {MOST_ABSENT} bundles before them is there");
                lock(&missing).insert(bundle.entries().start, Missing { end: size, why });
                return None;
            }
            absent = if matches!(given, Ok(Ok(_))) { 0 } else { absent + 1 };
            Some(match given {
                Ok(Ok(entries)) => entries
                    .into_iter()
                    .filter(|(index, _)| (from_entry..to).contains(index))
                    .map(Ok)
                    .collect(),
                Ok(Err(why)) => {
                    let Range { start, end } = bundle.entries();
                    lock(&missing).insert(start, Missing { end, why });
                    Vec::new()
                }
                Err(error) => vec![Err(error.into())],
            })
        });
        Box::new(given.flatten())
    }

    fn checkpoints(&self) -> Checkpoints<'_> {
        Box::new(self.kept.iter().map(|size| {
            let note = self.files.read(&format!("checkpoints/{size}"), MAX_CHECKPOINT_BYTES);
            match note {
                // What is too long or gone is no checkpoint, and the audit says so.
                Err(FileError::TooLong { .. }) | Ok(None) => Ok((*size, Vec::new())),
                read => Ok((*size, read?.unwrap_or_default())),
            }
        }))
    }

    fn leaf(&self, index: u64) -> Result<Option<Hash>, SourceError> {
        self.leaf_of(index)
    }

    fn why_no_leaf(&self, index: u64) -> Option<(u64, String)> {
        let kept = lock(&self.tiles);
        let leaves = kept.as_ref().filter(|leaves| leaves.index == index / u64::from(WIDTH))?;
        let end = leaves.index.saturating_add(1).saturating_mul(u64::from(WIDTH)).min(self.size);
        Some((end, leaves.hashes.as_ref().err()?.clone()))
    }

    fn why_missing(&self, index: u64) -> Option<(u64, String)> {
        let missing = lock(&self.missing);
        let (_, Missing { end, why }) = missing.range(..=index).next_back()?;
        (index < *end).then(|| (*end, why.clone()))
    }
}

impl From<FileError> for SourceError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::TooLong { .. } | FileError::NoFile { .. } => Self::Damaged(error.to_string()),
            FileError::Net(NetError::Address { .. }) => Self::NoLog(error.to_string()),
            FileError::Io { .. } | FileError::Net(_) => Self::Unreadable(error.to_string()),
        }
    }
}

/// The bundles of a log of this size, from this one on.
fn from(size: u64, number: u64) -> impl Iterator<Item = Bundle> + Send + 'static {
    // None where the log ends before it.
    bundles_between(number.saturating_mul(u64::from(WIDTH)), size)
}

/// The sizes for which there are checkpoints, in ascending order. A file with any other name is none.
fn kept(files: &dyn Files) -> Result<Vec<u64>, FileError> {
    let names = files.list("checkpoints")?.unwrap_or_default();
    let size = |name: &String| name.parse().ok().filter(|size: &u64| size.to_string() == *name);
    let mut sizes: Vec<u64> = names.iter().filter_map(size).collect();
    sizes.sort_unstable();
    Ok(sizes)
}

/// Reads a bundle. Where it is partial and gone, or not whole, the full one of its place begins with the same
/// entries: the log has grown (C2SP tlog-tiles, "Partial Tiles").
fn bundle_of(files: &dyn Files, bundle: Bundle) -> Given {
    let full = bundle.full().filter(|full| full.width() != bundle.width());
    let mut why = None;
    for candidate in [Some(bundle), full].into_iter().flatten() {
        let name = candidate.to_string();
        let longest = usize::from(candidate.width()) * (2 + MAX_ENTRY);
        let found = match files.read(&name, longest) {
            Ok(Some(bytes)) => candidate
                .parse(&bytes)
                .map_err(|error| format!("{}: {error}", files.place(&name)))
                .map(|entries| {
                    let numbered = bundle.entries().zip(entries.into_iter().map(<[u8]>::to_vec));
                    numbered.collect()
                }),
            Ok(None) => Err(format!("{} is not there", files.place(&name))),
            Err(error @ FileError::TooLong { .. }) => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        match found {
            Ok(entries) => return Ok(Ok(entries)),
            Err(fault) => why = why.or(Some(fault)),
        }
    }
    Ok(Err(why.unwrap_or_default()))
}

/// Reads a tile, or the full one of its place.
fn tile_of(files: &dyn Files, tile: Tile) -> Result<Hashes, FileError> {
    let full = tile.full().filter(|full| full.width() != tile.width());
    let mut why = None;
    for candidate in [Some(tile), full].into_iter().flatten() {
        let name = candidate.to_string();
        let fault = match files.read(&name, candidate.len()) {
            Ok(Some(bytes)) => match candidate.hashes(&bytes) {
                Some(mut hashes) => {
                    hashes.truncate(usize::from(tile.width()));
                    return Ok(Ok(hashes));
                }
                None => format!(
                    "{} has {} bytes, and its hashes have {}",
                    files.place(&name),
                    bytes.len(),
                    candidate.len()
                ),
            },
            Ok(None) => format!("{} is not there", files.place(&name)),
            Err(error @ FileError::TooLong { .. }) => error.to_string(),
            Err(error) => return Err(error),
        };
        why = why.or(Some(fault));
    }
    Ok(Err(why.unwrap_or_default()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
