//! `--server`: agreements that somebody else's machine keeps. Nothing that it answers is believed.
//!
//! Reading is an audit of the log that the server gives out, held against what this machine has seen of it before; so a
//! command answers from what the parties signed, as it does from a data folder. Of a submission the receipt or the
//! signed refusal is checked with the log's key.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::context::Context;
use super::error::{CliError, file_error, not_replaced};
use super::receipts;
use super::record::{Record, audited_against, choose};
use super::refused;
use crate::engine::{Refusal, State};
use crate::export::Reader;
use crate::log::{Hash, Receipt, VerifierKey};
use crate::net::{Client, Response};
use crate::registry::{Receipted, Submission};
use crate::statement::{AgreementRef, Body, Entry, Refused, Statement};
use crate::store::replace_file;
use crate::values::{Digest, Id, Instant, visible};

/// How long an answer may take: an entry waits for the disk, and documents for the way.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The most bytes of an answer that is no file of the log.
const MOST: usize = 4 << 20;

/// A server of agreements.
pub struct Server {
    address: String,
    client: Client,
    data: PathBuf,
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

/// What a server says of a statement that it took.
#[derive(Deserialize)]
struct Taken {
    known: bool,
    receipt: String,
}

/// A problem document (RFC 9457).
#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    detail: String,
    instead: Option<String>,
    note: Option<String>,
}

impl Server {
    /// The server that the command line names; `None` where it names none.
    ///
    /// # Errors
    /// Nothing says where receipts are to be kept.
    pub fn of(context: &Context) -> Result<Option<Self>, CliError> {
        let Some(address) = &context.server else { return Ok(None) };
        let address = address.trim_end_matches('/').to_owned();
        let (data, now) = (context.data_path()?, context.now());
        Ok(Some(Self { address, client: Client::new(TIMEOUT), data, now }))
    }

    /// The time here.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The agreement that is named, or the only one, audited and held against what was seen of it before.
    ///
    /// # Errors
    /// There is none, it does not pass, or it contradicts what was seen.
    pub fn record(&self, wanted: Option<&str>) -> Result<Record, CliError> {
        let agreement = self.named(wanted)?;
        let seen = Seen::of(&self.data, &agreement.name);
        if let Some(known) = seen.anchor()?.filter(|known| *known != agreement.anchor) {
            return Err(CliError::Faults(format!(
                "{} has the agreement {agreement}, and by this name you have seen {known}: it is another agreement. Where \
                 you mean it all the same, remove {}",
                self.address,
                seen.folder.display()
            )));
        }
        let reader = Reader::site(&format!("{}/a/{}", self.address, agreement.name))?;
        let brought = seen.checkpoints();
        let report = audited_against(&reader, Some(agreement.anchor), &brought)?;
        let record = Record::there(reader, report)?;
        seen.keep(&record)?;
        Ok(record)
    }

    /// The agreement that somebody means, by name, anchor or both. Whoever gives the anchor relies on nobody for it.
    fn named(&self, wanted: Option<&str>) -> Result<AgreementRef, CliError> {
        if let Some(full) = wanted.and_then(|wanted| wanted.parse::<AgreementRef>().ok()) {
            return Ok(full);
        }
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
        let found = listed.agreements.into_iter().find(|it| it.agreement.anchor == anchor);
        found.map(|it| it.agreement).ok_or_else(|| CliError::usage("there is no such agreement"))
    }

    /// Submits, and checks the receipt or the refusal, by the log's key in what was `audited` of the agreement just before.
    ///
    /// # Errors
    /// The statement is refused, or the server does not answer as a log does.
    pub fn submit(&self, submission: &Submission, audited: Option<&State>) -> Result<Receipted, CliError> {
        let statement = Statement::parse(&submission.envelope.statement).map_err(|error| {
            CliError::from(Refusal::new("bad-statement", error.to_string(), "nothing was sent"))
        })?;
        let (anchor, vkey) = match (&statement.body, &statement.header) {
            (Body::Open(open), _) => {
                (Digest::of(submission.envelope.statement.as_bytes()), open.log.vkey.clone())
            }
            (_, Some(header)) => {
                let vkey = match audited.filter(|state| state.agreement == header.agreement) {
                    Some(state) => state.log.vkey.clone(),
                    None => self.record(Some(&header.agreement.to_string()))?.state.log.vkey.clone(),
                };
                (header.agreement.anchor, vkey)
            }
            (_, None) => return Err(CliError::usage("the statement names no agreement")),
        };
        let key: VerifierKey = vkey
            .parse()
            .map_err(|error| CliError::Faults(format!("the log's key `{vkey}` cannot be read: {error}")))?;
        let (kind, body) = parcel(submission)?;
        let url = format!("{}/v1/statements", self.address);
        let answer = self.client.post(&url, &kind, &body, MOST).map_err(|error| {
            CliError::Storage(format!(
                "{error}; whether the statement was taken is not known: submit the same one again, it is taken once"
            ))
        })?;
        match answer.status {
            200 | 201 => receipted(&answer, submission, anchor, &key),
            _ => Err(self.turned_away(&answer, submission, &vkey, &key)),
        }
    }

    /// Why a statement was not taken: by the log's signed word where there is one, else by the server's.
    fn turned_away(
        &self,
        answer: &Response,
        submission: &Submission,
        vkey: &str,
        key: &VerifierKey,
    ) -> CliError {
        let Ok(problem) = serde_json::from_slice::<Problem>(&answer.body) else {
            return CliError::Storage(format!("{} answers with the status {}", self.address, answer.status));
        };
        let note = problem.note.as_deref();
        let signed = note.and_then(|note| {
            let refused = Refused::open(note.as_bytes(), key).ok()?;
            refused.is_of(&submission.envelope).then_some((note, refused))
        });
        if let Some((note, refused)) = signed {
            let kept = refused::keep(&self.data, note, &submission.envelope, vkey);
            let rule = named(refused.rule.as_str());
            let refusal = Refusal { rule, why: refused.why, instead: refused.instead };
            return CliError::Refused { refusal, note: Some(Box::new(kept)) };
        }
        let words = visible(&problem.detail).into_owned();
        let rule = problem.kind.rsplit(':').next().and_then(|rule| rule.parse::<Id>().ok());
        match (answer.status, rule) {
            (422, Some(rule)) => {
                let instead = problem.instead.map(|it| visible(&it).into_owned()).unwrap_or_default();
                Refusal { rule: named(rule.as_str()), why: words, instead }.into()
            }
            (status, _) => CliError::Storage(format!("{} did not take it ({status}): {words}", self.address)),
        }
    }
}

/// A rule's name that came over the network. A process hears of one, so that it is kept for ever costs nothing.
fn named(rule: &str) -> &'static str {
    Box::leak(rule.to_owned().into_boxed_str())
}

/// The envelope alone, or with its documents.
fn parcel(submission: &Submission) -> Result<(String, Vec<u8>), CliError> {
    let text = submission.envelope.to_text();
    if submission.blobs.is_empty() {
        return Ok(("application/json".to_owned(), text.into_bytes()));
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| CliError::Storage(format!("no random numbers: {error}")))?;
    // Not to be found in any document by chance, nor by design.
    let boundary = format!("{:032x}", u128::from_be_bytes(random));
    let mut body = Vec::new();
    let mut part = |name: &str, bytes: &[u8]| {
        let head = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    };
    part("envelope", text.as_bytes());
    for blob in &submission.blobs {
        part("document", blob.bytes());
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), body))
}

/// The receipt, if it proves that the log has this very statement.
fn receipted(
    answer: &Response,
    submission: &Submission,
    anchor: Digest,
    key: &VerifierKey,
) -> Result<Receipted, CliError> {
    let lies = |why: String| {
        CliError::Faults(format!(
            "the server says that it took the statement, and its receipt does not prove it: {why}; submit the same \
             statement again, and tell the parties"
        ))
    };
    let taken: Taken = serde_json::from_slice(&answer.body).map_err(|error| lies(error.to_string()))?;
    let receipt = Receipt::parse(taken.receipt.as_bytes()).map_err(|error| lies(error.to_string()))?;
    let bytes = receipt.extra.as_deref().unwrap_or_default();
    receipt.verify(Hash::leaf(bytes), key).map_err(|error| lies(error.to_string()))?;
    let entry = Entry::parse(bytes).map_err(|error| lies(error.to_string()))?;
    if entry.envelope.statement != submission.envelope.statement {
        return Err(lies("it is of another statement".to_owned()));
    }
    Ok(Receipted { anchor, index: receipt.index, known: taken.known, receipt })
}

/// What this machine has seen of an agreement by a server: `seen/NAME/` in the data folder.
struct Seen {
    folder: PathBuf,
    receipts: PathBuf,
}

impl Seen {
    fn of(data: &Path, agreement: &Id) -> Self {
        let folder = data.join("seen").join(agreement.as_str());
        Self { folder, receipts: receipts::folder(data, agreement) }
    }

    /// The anchor by which the name was first seen.
    fn anchor(&self) -> Result<Option<Digest>, CliError> {
        let path = self.folder.join("anchor");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let anchor = text.trim_end().parse();
                anchor.map(Some).map_err(|error| CliError::usage(format!("{}: {error}", path.display())))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_error("read", &path)(error)),
        }
    }

    /// The newest head that was seen, and that of the newest receipt: an audit holds the log against them.
    fn checkpoints(&self) -> Vec<String> {
        let seen = fs::read_to_string(self.folder.join("checkpoint")).ok();
        let key = fs::read_to_string(self.receipts.join("log.vkey")).ok();
        let key: Option<VerifierKey> = key.and_then(|key| key.trim_end().parse().ok());
        let receipt =
            key.and_then(|key| receipts::newest(&self.receipts, &key)).map(|(_, checkpoint, _)| checkpoint);
        seen.into_iter().chain(receipt).collect()
    }

    fn keep(&self, record: &Record) -> Result<(), CliError> {
        fs::create_dir_all(&self.folder).map_err(file_error("create", &self.folder))?;
        let anchor = format!("{}\n", record.state.agreement.anchor);
        replace_file(&self.folder.join("anchor"), anchor.as_bytes()).map_err(not_replaced)?;
        replace_file(&self.folder.join("checkpoint"), record.checkpoint.as_bytes()).map_err(not_replaced)
    }
}
