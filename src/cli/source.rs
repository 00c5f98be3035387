//! A log that somebody names.
use super::context::Context;
use super::error::CliError;
use crate::audit::Source;
use crate::export::Folder;
use std::path::Path;
/// Opens.
///
/// # Errors
/// It is not there.
pub fn open(_context: &Context, name: &str) -> Result<Box<dyn Source>, CliError> {
    Ok(Box::new(Folder::open(Path::new(name))?))
}
