//! `--server`: agreements that somebody else's machine keeps. Nothing that it answers is believed.
//!
//! Reading is an audit of the log that the server gives out, held against what this machine has seen of it before; so a
//! command answers from what the parties signed, as it does from a data folder. How a statement is sent is in
//! `send.rs`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::context::Context;
use super::demo::word;
use super::error::CliError;
use super::record::{Record, audited_against, choose};
use super::seen::{Kept, Seen};
use crate::audit::SourceError;
use crate::export::{Reader, Site};
use crate::net::{self, Client, Signs};
use crate::statement::AgreementRef;
use crate::values::{Digest, Id, Instant};

/// How long an answer may take: an entry waits for the disk, and documents for the way.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The most bytes of an answer that is no file of the log.
pub const MOST: usize = 4 << 20;

/// A server of agreements.
pub struct Server {
    /// Its address, without a slash at the end.
    pub address: String,
    /// By which it is asked.
    pub client: Client,
    /// The key with which restricted agreements are read.
    reader: Option<Arc<dyn Signs>>,
    /// The folder here, for receipts and what was seen.
    pub data: PathBuf,
    now: Instant,
}

#[derive(Deserialize)]
struct Listed {
    agreements: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    agreement: AgreementRef,
}

impl Server {
    /// The server that the command line names; `None` where it names none.
    ///
    /// # Errors
    /// It is no address, or nothing says where receipts are to be kept.
    pub fn of(context: &Context) -> Result<Option<Self>, CliError> {
        let Some(address) = &context.server else { return Ok(None) };
        let address = address.trim_end_matches('/').to_owned();
        let named = |error| CliError::usage(format!("--server or QUORATE_SERVER: {error}"));
        net::address(&address).map_err(named)?;
        let (data, now, reader) = (context.data_path()?, context.now(), context.reads_with());
        Ok(Some(Self {
            address,
            client: Client::new(TIMEOUT).reading_with(reader.clone()),
            reader,
            data,
            now,
        }))
    }

    /// The time here.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Where the log of the agreement of this name is, as C2SP tlog-tiles.
    pub fn address_of(&self, agreement: &Id) -> String {
        format!("{}/a/{agreement}", self.address)
    }

    /// The files of that log.
    ///
    /// # Errors
    /// The server's address is none of a web site.
    pub fn site(&self, agreement: &Id) -> Result<Site, CliError> {
        let site = Site::new(&self.address_of(agreement), self.reader.clone());
        site.map_err(|error| CliError::usage(error.to_string()))
    }

    /// That log at its newest checkpoint, of which nothing has been believed or checked.
    ///
    /// # Errors
    /// There is none, or the server cannot be reached.
    pub fn log(&self, agreement: &Id) -> Result<Reader, CliError> {
        let reader = Reader::open(self.site(agreement)?);
        reader.map_err(|error| match error {
            // A server says the same of what it does not keep and of what it does not show.
            SourceError::NoLog(_) => {
                let whom = if self.reader.is_some() { "the key with which you read" } else { "everybody" };
                self.perhaps_restricted(CliError::usage(format!(
                    "the server {} has no agreement {agreement}, or does not show it to {whom}; check the name and the address",
                    self.address
                )))
            }
            error => error.into(),
        })
    }

    /// The agreement that is named, or the only one, audited and held against what was seen of it before.
    ///
    /// # Errors
    /// There is none, it does not pass, or it contradicts what was seen.
    pub fn record(&self, wanted: Option<&str>) -> Result<Record, CliError> {
        self.record_held(wanted, None)
    }

    /// The same, held against something else that its log has signed, too.
    ///
    /// # Errors
    /// As there.
    pub fn record_held(&self, wanted: Option<&str>, also: Option<Kept>) -> Result<Record, CliError> {
        let (agreement, given) = self.named(wanted)?;
        let seen = Seen::of(&self.data, &agreement.name);
        if let Some(known) = seen.anchor()?.filter(|known| *known != agreement.anchor) {
            let said = if given {
                format!("you name the agreement {agreement}")
            } else {
                format!("{} says that it has the agreement {agreement}", self.address)
            };
            return Err(CliError::Faults(format!(
                "{said}, and by this name this machine has seen {known}: it is another agreement; {}",
                seen.anew()
            )));
        }
        let (log, reader) = (self.address_of(&agreement.name), self.log(&agreement.name)?);
        let mut kept = seen.checkpoints()?;
        kept.extend(also);
        let brought: Vec<String> = kept.iter().map(|kept| kept.note.clone()).collect();
        let report = audited_against(&reader, Some(agreement.anchor), &brought)?;
        if let Some(found) = report.anchor.filter(|found| *found != agreement.anchor) {
            let by = if given { "which you name" } else { "which the server lists" };
            return Err(CliError::Faults(format!(
                "{log} is another agreement, {found}, and not {}, {by}; nothing is read off it. Ask the parties for the \
                 anchor of theirs and where it is served",
                agreement.anchor
            )));
        }
        Seen::signed(&kept, &report)?;
        let proof = seen.convict(&kept, &report);
        let record = Record::there(reader, report, &audit(&log, agreement.anchor, &kept));
        let record = record.map_err(|error| match error {
            CliError::Faults(what) => CliError::Faults(what + &proof),
            other => other,
        })?;
        let shown = |size| record.root(size).ok().flatten();
        seen.keep(record.state.agreement.anchor, &record.checkpoint, &shown, &kept)?;
        Ok(record)
    }

    /// The agreement that somebody means, by name, anchor or both. Whoever gives the anchor relies on nobody for it;
    /// whether they have is told.
    ///
    /// # Errors
    /// There is none, or the server cannot be reached.
    pub fn named(&self, wanted: Option<&str>) -> Result<(AgreementRef, bool), CliError> {
        if let Some(full) = wanted.and_then(|wanted| wanted.parse::<AgreementRef>().ok()) {
            return Ok((full, true));
        }
        match self.listed(wanted) {
            // A list says nothing of agreements that one may not read.
            Err(CliError::Usage(_)) if self.signed_in()? => self.listed(wanted),
            listed => listed,
        }
        .map_err(|error| self.perhaps_restricted(error))
    }

    /// Whether the server knows from now on whose key asks.
    fn signed_in(&self) -> Result<bool, CliError> {
        self.client.sign_in(&self.address).map_err(|error| CliError::Storage(error.to_string()))
    }

    /// What to do where somebody may have to show who they are.
    fn perhaps_restricted(&self, error: CliError) -> CliError {
        match error {
            CliError::Usage(what) if self.reader.is_none() => CliError::Usage(format!(
                "{what}; an agreement that is restricted is shown to those who can sign in it: name your key with --reader KEY"
            )),
            other => other,
        }
    }

    fn listed(&self, wanted: Option<&str>) -> Result<(AgreementRef, bool), CliError> {
        let url = format!("{}/v1/agreements", self.address);
        let bytes = self.client.get(&url, MOST).map_err(|error| CliError::Storage(error.to_string()))?;
        let listed: Option<Listed> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let listed = listed
            .ok_or_else(|| CliError::usage(format!("{url} is no list of agreements; check the address")))?;
        let known: Vec<(Digest, Option<Id>)> = listed
            .agreements
            .iter()
            .map(|it| (it.agreement.anchor, Some(it.agreement.name.clone())))
            .collect();
        let anchor = choose(&known, wanted, Path::new(&self.address))?;
        let given = wanted.is_some_and(|wanted| wanted.parse() == Ok(anchor));
        let found = listed.agreements.into_iter().find(|it| it.agreement.anchor == anchor);
        found.map(|it| (it.agreement, given)).ok_or_else(|| CliError::usage("there is no such agreement"))
    }
}

/// The command that tells all that is wrong with a log there, by what is known of it here.
fn audit(log: &str, anchor: Digest, kept: &[Kept]) -> String {
    let against = kept.iter().map(|kept| format!(" --against {}", word(&kept.path.to_string_lossy())));
    format!("quorate audit {} --anchor {anchor}{}", word(log), against.collect::<String>())
}
