//! What `check` is given: a file, what an address gives out, or the certificate of an agreement that a server keeps.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::context::Context;
use super::documents::{LONGEST, read};
use super::error::CliError;
use super::remote::Server;
use super::seen::Seen;
use super::source::{Served, is_path};
use crate::export::Site;
use crate::net::Client;

/// How long an address may take to give out a certificate.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What is to be checked. Nothing of it has been believed.
pub struct Given {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The file in which they are, beside which there may be more.
    pub file: Option<PathBuf>,
    /// What is known here of the agreement, where it was asked for by its name: these are a certificate, then.
    pub served: Option<Served>,
}

impl Given {
    /// Reads a file, or fetches what an address gives out. With `--server`, an agreement's certificate by the agreement's
    /// name, where there is no file that is called so.
    ///
    /// # Errors
    /// It cannot be read, or there is none.
    pub fn of(context: &Context, path: &Path) -> Result<Self, CliError> {
        let name = path.to_str().unwrap_or_default();
        if Site::is_address(name) {
            let client = Client::new(TIMEOUT).reading_with(context.reads_with());
            return Ok(Self { bytes: fetched(&client, name)?, file: None, served: None });
        }
        // Whoever names a file asks nobody.
        if name.is_empty() || path.exists() || is_path(name) || context.server.is_none() {
            return Ok(Self { bytes: read(path)?, file: Some(path.to_owned()), served: None });
        }
        let server = Server::of(context)?.ok_or_else(|| CliError::usage("no server is named"))?;
        let (agreement, given) = server.named(Some(name))?;
        let seen = Seen::of(&server.data, &agreement.name);
        let known = Some(agreement.anchor).filter(|_| given).or(seen.anchor()?);
        let url = format!("{}/v1/agreements/{}/certificate", server.address, agreement.name);
        let bytes = fetched(&server.client, &url)?;
        Ok(Self { bytes, file: None, served: Some(Served { known, given, seen }) })
    }

    /// A file that is called otherwise than this one, in its folder; `None` where there is no such folder.
    pub fn beside(&self, name: &str) -> Option<PathBuf> {
        let folder = self.file.as_deref()?.parent().unwrap_or(Path::new(""));
        Some(folder.join(name))
    }
}

fn fetched(client: &Client, url: &str) -> Result<Vec<u8>, CliError> {
    let most = usize::try_from(LONGEST).unwrap_or(usize::MAX);
    let bytes = client.get(url, most).map_err(|error| CliError::Storage(error.to_string()))?;
    bytes.ok_or_else(|| {
        CliError::usage(format!(
            "{url} is not there, or not shown to everybody: check the address; what belongs to a restricted agreement is \
             shown to those who can sign in it, so name your key with --reader KEY"
        ))
    })
}
