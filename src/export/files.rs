use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::net::NetError;

/// The files of an exported log, by their names in the folder (`tile/0/000`), wherever they are.
pub trait Files: Send + Sync {
    /// A file's bytes; `None` where there is no such file. A file of its kind has at most `most` bytes.
    ///
    /// # Errors
    /// It cannot be read, or is longer.
    fn read(&self, name: &str, most: usize) -> Result<Option<Vec<u8>>, FileError>;

    /// The names of the files in a folder, in no order; `None` where such files cannot be listed.
    ///
    /// # Errors
    /// The folder cannot be read. One that is not there has no names.
    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, FileError>;

    /// Where a file is, for people: its path or address.
    fn place(&self, name: &str) -> String;

    /// How many files are worth reading at once.
    fn at_once(&self) -> usize;
}

/// Why a file of an exported log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is a pipe, a device or a folder. Opening one may wait for ever.
    #[error("{place} is no regular file, and the files of an exported log are: put the file itself there")]
    NoFile {
        /// Its path.
        place: String,
    },
    /// It is longer than a file of its kind can be.
    #[error("{place} is longer than the {most} bytes that it can have")]
    TooLong {
        /// Its path or address.
        place: String,
        /// The most bytes that it can have.
        most: usize,
    },
    /// It cannot be fetched.
    #[error(transparent)]
    Net(NetError),
}

/// Files in a folder on this machine.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at a path, whether it is there or not.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Files for Folder {
    fn read(&self, name: &str, most: usize) -> Result<Option<Vec<u8>>, FileError> {
        let path = self.path.join(name);
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        match fs::metadata(&path) {
            Ok(found) if !found.is_file() => return Err(FileError::NoFile { place: self.place(name) }),
            // What cannot be looked at cannot be opened either, and that tells why.
            _ => {}
        }
        match File::open(&path).and_then(|file| bytes(&file, limit)) {
            Ok(bytes) if bytes.len() > most => Err(FileError::TooLong { place: self.place(name), most }),
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(source) => Err(FileError::Io { path, source }),
        }
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, FileError> {
        let path = self.path.join(folder);
        let names = |path: &Path| -> io::Result<Vec<String>> {
            let files =
                fs::read_dir(path)?.filter(|file| file.as_ref().map_or(true, |file| file.path().is_file()));
            // A name that is no text is not of an exported log.
            files
                .filter_map(|file| file.map(|file| file.file_name().into_string().ok()).transpose())
                .collect()
        };
        match names(&path) {
            Ok(names) => Ok(Some(names)),
            Err(error) if is_absent(&error) => Ok(Some(Vec::new())),
            Err(source) => Err(FileError::Io { path, source }),
        }
    }

    fn place(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }

    fn at_once(&self) -> usize {
        // A disk answers before a thread has started, and on a machine whose cores are busy it starts late.
        1
    }
}

/// The first `limit` bytes of a file; the room for them is made at once.
fn bytes(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len().min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
