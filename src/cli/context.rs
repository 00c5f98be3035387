//! What every command is given: where the data is, what time it is, how to answer.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::error::CliError;
use super::show::time;
use crate::registry::{Clock, SimulatedClock, SystemClock};
use crate::store::data::{DataDir, default_data_dir};
use crate::values::Instant;

/// The options of every command.
#[derive(Debug, Clone, Args)]
pub struct Context {
    /// The data folder [default: quorate in the XDG data folder, ~/.local/share/quorate]
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "DIR",
        env = "QUORATE_DATA",
        hide_env_values = true
    )]
    pub data: Option<PathBuf>,
    /// Ask the server at this address instead of the data folder; what it answers is checked here
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "URL",
        env = "QUORATE_SERVER",
        hide_env_values = true
    )]
    pub server: Option<String>,
    /// Read restricted agreements with this key, named as behind --key; without it, with the key that signs
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "KEY",
        env = "QUORATE_READER",
        hide_env_values = true
    )]
    pub reader: Option<String>,
    /// Answer with one JSON document
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// Stand at this time instead of the machine's; only specimens take entries then
    #[arg(
        long,
        global = true,
        help_heading = "Everywhere",
        value_name = "TIME",
        env = "QUORATE_CLOCK",
        value_parser = time::parse,
        hide_env_values = true
    )]
    pub clock: Option<Instant>,
}

impl Context {
    /// Where the data folder is, whether it is there or not.
    ///
    /// # Errors
    /// Nothing says where.
    pub fn data_path(&self) -> Result<PathBuf, CliError> {
        let unknown =
            || CliError::usage("neither --data, QUORATE_DATA nor HOME says where the data folder is");
        self.data.clone().or_else(default_data_dir).ok_or_else(unknown)
    }

    /// The data folder.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn data(&self) -> Result<DataDir, CliError> {
        if let Some(server) = &self.server {
            return Err(CliError::usage(format!(
                "this works on a data folder itself and not through the server {server}: leave out --server and \
                 QUORATE_SERVER"
            )));
        }
        Ok(DataDir::open(&self.data_path()?)?)
    }

    /// The data folder, for what serves it. `QUORATE_SERVER` says whom the user's other commands ask, so it means nothing
    /// here; that it was heeded nobody is to think, so it is told.
    ///
    /// # Errors
    /// As [`Context::data`]; and --server is given, with which nothing can be meant.
    pub fn data_to_serve(&self) -> Result<DataDir, CliError> {
        let Some(server) = &self.server else { return self.data() };
        if std::env::var("QUORATE_SERVER").is_ok_and(|usual| usual == *server) {
            tracing::info!(%server, "QUORATE_SERVER is not looked at by what serves a data folder itself");
            return Self { server: None, ..self.clone() }.data();
        }
        Err(CliError::usage(format!(
            "this serves a data folder itself, and asks no other server: leave out --server {server}; where to listen \
             --listen says"
        )))
    }

    /// The clock that stamps entries.
    pub fn clock(&self) -> Arc<dyn Clock> {
        match self.clock {
            Some(at) => Arc::new(SimulatedClock::at(at)),
            None => Arc::new(SystemClock),
        }
    }

    /// The time now.
    pub fn now(&self) -> Instant {
        self.clock().now()
    }
}
