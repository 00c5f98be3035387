//! A log that somebody names: an agreement of the data folder, an exported folder, or the address of one.

use std::path::Path;

use super::context::Context;
use super::documents::read;
use super::error::CliError;
use super::record::open_store;
use super::remote::Server;
use super::seen::Seen;
use crate::audit::{Certificate, Source, StoreSource};
use crate::export::{Reader, Site};
use crate::statement::AgreementRef;
use crate::store::data::{DataDir, DataError};
use crate::store::{ReadOnly, Store as _};
use crate::values::Digest;

/// A log that was named, to be audited: nothing of it has been believed or checked.
pub struct Opened {
    /// Where it is read from.
    pub source: Box<dyn Source>,
    /// Whether it is an agreement of the data folder.
    pub stored: bool,
    /// Why nothing may be added to it there.
    pub read_only: Option<ReadOnly>,
    /// What is known here of the agreement, where a server was named that keeps it.
    pub served: Option<Served>,
}

/// What is known here of an agreement that a server keeps.
pub struct Served {
    /// Its anchor, as somebody names it now, or as it was when it was first seen.
    pub known: Option<Digest>,
    /// Whether somebody names it now.
    pub given: bool,
    /// What was seen of it.
    pub seen: Seen,
}

/// Opens the log that is named; without a name, the only agreement of the data folder.
///
/// # Errors
/// There is no such log, or it cannot be read at all.
pub fn open(context: &Context, name: Option<&str>) -> Result<Opened, CliError> {
    if let Some(exported) = name.map(|name| exported(context, name)).transpose()?.flatten() {
        return Ok(Opened { source: Box::new(exported), stored: false, read_only: None, served: None });
    }
    if let Some(server) = Server::of(context)? {
        let (agreement, given) = server.named(name)?;
        let seen = Seen::of(&server.data, &agreement.name);
        let known = seen.anchor()?;
        let known = Some(agreement.anchor).filter(|_| given).or(known);
        let source = Box::new(server.log(&agreement.name)?);
        return Ok(Opened {
            source,
            stored: false,
            read_only: None,
            served: Some(Served { known, given, seen }),
        });
    }
    if let (Some(name), Err(DataError::Missing { path })) = (name, DataDir::open(&context.data_path()?)) {
        return Err(CliError::usage(format!(
            "there is no folder `{name}` with an exported log, and no data folder with agreements either: {} is not there; \
             name the folder of an export, the address of one, or the data folder with `--data`",
            path.display()
        )));
    }
    let (store, anchor) = open_store(context, name)?;
    let read_only = store.read_only(&anchor)?;
    let source = Box::new(StoreSource { store: Box::new(store), anchor });
    Ok(Opened { source, stored: true, read_only, served: None })
}

/// The exported log that is named; `None` where the name is one of an agreement.
///
/// # Errors
/// It is named as one, and cannot be read at all.
pub fn exported(context: &Context, name: &str) -> Result<Option<Reader>, CliError> {
    if is_path(name) || Path::new(name).join("checkpoint").exists() {
        Ok(Some(export(context, name)?))
    } else {
        Ok(None)
    }
}

/// The exported log in a folder or at an address, or that of an agreement at the server that the command line names; with
/// the anchor that was named.
///
/// # Errors
/// There is none, or it cannot be read at all.
pub fn copy(context: &Context, name: &str) -> Result<(Reader, Option<Digest>), CliError> {
    match Server::of(context)? {
        Some(server) if !Site::is_address(name) && !is_path(name) => {
            let (agreement, given) = server.named(Some(name))?;
            let reader = server.log(&agreement.name)?;
            Ok((reader, Some(agreement.anchor).filter(|_| given)))
        }
        _ => Ok((export(context, name)?, None)),
    }
}

/// Whether no agreement has such a name, so that a folder is meant, whether there is one or not.
pub fn is_path(name: &str) -> bool {
    name.parse::<AgreementRef>().is_err() && name.contains(['/', '.'])
}

/// The exported log in a folder or at an address.
///
/// # Errors
/// There is none, or it cannot be read at all.
pub fn export(context: &Context, name: &str) -> Result<Reader, CliError> {
    if is_certificate(name)? {
        return Err(CliError::usage(format!(
            "`{name}` is a licence certificate: `quorate check {name}` replays the log in it, and compares its answer"
        )));
    }
    if Site::is_address(name) {
        return Ok(Reader::site(name, context.reads_with())?);
    }
    // Nobody means a folder by that, and there is none in most cases.
    match name.split_once("://") {
        Some((scheme, _)) if !scheme.is_empty() && scheme.bytes().all(is_schemes) => {
            Err(CliError::usage(format!(
                "`{name}` is no address that is asked: a log is read from one that begins with `http://` or `https://`, or \
             from a folder, by its path"
            )))
        }
        _ => Ok(Reader::folder(name)?),
    }
}

/// Whether somebody names a certificate, by a file or by the address at which a server gives one out.
fn is_certificate(name: &str) -> Result<bool, CliError> {
    if Site::is_address(name) {
        let path = name.split(['?', '#']).next().unwrap_or_default();
        return Ok(path.contains("/v1/agreements/") && path.ends_with("/certificate"));
    }
    Ok(Path::new(name).is_file() && Certificate::is_meant(&read(Path::new(name))?))
}

fn is_schemes(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}
