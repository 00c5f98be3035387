//! A log that somebody names: an agreement of the data folder, an exported folder, or the address of one.

use std::path::Path;

use super::context::Context;
use super::error::CliError;
use super::record::open_store;
use crate::audit::{Source, StoreSource};
use crate::export::{Reader, Site};
use crate::store::{ReadOnly, Store as _};

/// A log that was named, to be audited: nothing of it has been believed or checked.
pub struct Opened {
    /// Where it is read from.
    pub source: Box<dyn Source>,
    /// Whether it is an agreement of the data folder.
    pub stored: bool,
    /// Why nothing may be added to it there.
    pub read_only: Option<ReadOnly>,
}

/// Opens the log that is named; without a name, the only agreement of the data folder.
///
/// # Errors
/// There is no such log, or it cannot be read at all.
pub fn open(context: &Context, name: Option<&str>) -> Result<Opened, CliError> {
    if let Some(exported) = name.map(exported).transpose()?.flatten() {
        return Ok(Opened { source: Box::new(exported), stored: false, read_only: None });
    }
    let (store, anchor) = open_store(context, name)?;
    let read_only = store.read_only(&anchor)?;
    let source = Box::new(StoreSource { store: Box::new(store), anchor });
    Ok(Opened { source, stored: true, read_only })
}

/// The exported log that is named; `None` where the name is one of an agreement.
fn exported(name: &str) -> Result<Option<Reader>, CliError> {
    // No agreement has such a name, so a folder is meant, whether there is one or not.
    let path = name.contains(['/', '.']);
    if path || Path::new(name).join("checkpoint").exists() { Ok(Some(export(name)?)) } else { Ok(None) }
}

/// The exported log in a folder or at an address.
///
/// # Errors
/// There is none, or it cannot be read at all.
pub fn export(name: &str) -> Result<Reader, CliError> {
    Ok(if Site::is_address(name) { Reader::site(name)? } else { Reader::folder(name)? })
}
