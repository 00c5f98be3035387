use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{io, iter};

use super::{Append, Entries, Notes, ReadOnly, Store, StoreError, StoredHead};
use crate::log::Hash;
use crate::values::Digest;

/// What a failing call leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A write failed and was persisted all the same: the hard case, which a retry would make worse.
    Persisted,
    /// A write failed and nothing was persisted.
    NotPersisted,
    /// A write was refused, as by a full disk: nothing was persisted, and the store goes on.
    Refused,
}

/// A store that fails at one call: for tests that make every step fail, persisted and not persisted.
///
/// Calls are counted from 0, reads and writes alike. A failing write answers [`StoreError::Lost`], as does
/// every call after it; a refused one and a failing read answer [`StoreError::Io`] once. To restart, take the store out with
/// [`Faulty::into_inner`] and open whatever is above it again.
#[derive(Debug)]
pub struct Faulty<S> {
    inner: S,
    calls: AtomicU64,
    at: Option<(u64, Fault)>,
    lost: AtomicBool,
}

impl<S: Store> Faulty<S> {
    /// A store that never fails and counts its calls.
    pub fn counting(inner: S) -> Self {
        Self { inner, calls: AtomicU64::new(0), at: None, lost: AtomicBool::new(false) }
    }

    /// A store whose call number `call` fails.
    pub fn failing(inner: S, call: u64, fault: Fault) -> Self {
        Self { at: Some((call, fault)), ..Self::counting(inner) }
    }

    /// The calls so far: the number of steps that can be made to fail.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// The store as the failure left it.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Counts a call, and says whether it is the one to fail.
    fn step(&self) -> Result<Option<Fault>, StoreError> {
        if self.lost.load(Ordering::SeqCst) {
            return Err(lost());
        }
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(self.at.filter(|(at, _)| *at == call).map(|(_, fault)| fault))
    }

    fn read<T>(&self, read: impl FnOnce(&S) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.step()?.is_some() { Err(refused("read")) } else { read(&self.inner) }
    }

    fn write(&self, write: impl FnOnce(&S) -> Result<(), StoreError>) -> Result<(), StoreError> {
        match self.step()? {
            None => return write(&self.inner),
            Some(Fault::Refused) => return Err(refused("write")),
            Some(Fault::Persisted) => write(&self.inner)?,
            Some(Fault::NotPersisted) => {}
        }
        self.lost.store(true, Ordering::SeqCst);
        Err(lost())
    }
}

fn lost() -> StoreError {
    StoreError::Lost { path: PathBuf::from("(injected)"), cause: Arc::from("injected failure") }
}

fn refused(what: &'static str) -> StoreError {
    StoreError::io(what, "(injected)".as_ref())(io::Error::other("injected failure"))
}

impl<S: Store> Store for Faulty<S> {
    fn agreements(&self) -> Result<Vec<Digest>, StoreError> {
        self.read(Store::agreements)
    }

    fn head(&self, anchor: &Digest) -> Result<Option<StoredHead>, StoreError> {
        self.read(|inner| inner.head(anchor))
    }

    fn entry(&self, anchor: &Digest, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|inner| inner.entry(anchor, index))
    }

    fn entries(&self, anchor: &Digest, range: Range<u64>) -> Entries<'_> {
        match self.step() {
            Err(error) => Box::new(iter::once(Err(error))),
            Ok(Some(_)) => Box::new(iter::once(Err(refused("read")))),
            Ok(None) => self.inner.entries(anchor, range),
        }
    }

    fn node(&self, anchor: &Digest, level: u8, index: u64) -> Result<Option<Hash>, StoreError> {
        self.read(|inner| inner.node(anchor, level, index))
    }

    fn find(&self, anchor: &Digest, statement: &Digest) -> Result<Option<u64>, StoreError> {
        self.read(|inner| inner.find(anchor, statement))
    }

    fn append(&self, batch: &[Append]) -> Result<(), StoreError> {
        self.write(|inner| inner.append(batch))
    }

    fn keep_checkpoint(&self, anchor: &Digest, size: u64, note: &str) -> Result<(), StoreError> {
        self.write(|inner| inner.keep_checkpoint(anchor, size, note))
    }

    fn checkpoint_at(&self, anchor: &Digest, size: u64) -> Result<Option<String>, StoreError> {
        self.read(|inner| inner.checkpoint_at(anchor, size))
    }

    fn checkpoints(&self, anchor: &Digest) -> Notes<'_> {
        match self.step() {
            Err(error) => Box::new(iter::once(Err(error))),
            Ok(Some(_)) => Box::new(iter::once(Err(refused("read")))),
            Ok(None) => self.inner.checkpoints(anchor),
        }
    }

    fn read_only(&self, anchor: &Digest) -> Result<Option<ReadOnly>, StoreError> {
        self.read(|inner| inner.read_only(anchor))
    }

    fn set_read_only(&self, anchor: &Digest, why: Option<ReadOnly>) -> Result<(), StoreError> {
        self.write(|inner| inner.set_read_only(anchor, why))
    }

    fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(|inner| inner.put_blob(digest, bytes))
    }

    fn erase_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        self.write(|inner| inner.erase_blob(digest))
    }

    fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|inner| inner.blob(digest))
    }
}
