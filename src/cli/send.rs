//! A statement sent to a server, and what is believed of the answer: what the log has signed, and nothing else.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::demo::word;
use super::error::{CliError, file_error};
use super::receipts;
use super::record::Record;
use super::refused;
use super::remote::{MOST, Server};
use super::seen::{Kept, Seen, damaged};
use super::session::{Live, Submitted};
use super::show::entries;
use super::unsure::Unsure;
use crate::engine::Refusal;
use crate::log::{Checkpoint, Hash, Head, Receipt, VerifierKey};
use crate::net::Response;
use crate::registry::{Receipted, Submission};
use crate::statement::{AgreementRef, Body, Entry, Refused, Statement};
use crate::values::{Digest, Id, visible};

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

/// The log for which a statement is, as far as it is known before anything is sent.
struct Log {
    agreement: AgreementRef,
    vkey: String,
    key: VerifierKey,
    /// The head that was audited just before; `None` where the statement opens the agreement.
    audited: Option<Head>,
}

impl Server {
    /// Submits, and checks the receipt or the refusal by the log's key, which is in what was `audited` of the agreement
    /// just before. Then the log is audited anew, held against this very receipt. What is sent is kept until the log's
    /// word for it is here, and holds.
    ///
    /// # Errors
    /// The statement is refused; nothing that the log has signed says what has become of it; or what it has signed is of
    /// another history than it shows.
    pub fn submit(&self, submission: &Submission, audited: Option<&Live>) -> Result<Submitted, CliError> {
        let log = self.log_of(submission, audited)?;
        let (kind, body) = parcel(submission)?;
        let unsure = Unsure::keep(&self.data, submission)?;
        let url = format!("{}/v1/statements", self.address);
        let answer = match self.client.post(&url, &kind, &body, MOST) {
            Ok(answer) => answer,
            Err(error) => return Err(self.not_known(error.to_string(), &unsure)),
        };
        if !matches!(answer.status, 200 | 201) {
            return Err(self.turned_away(&answer, submission, &log, unsure));
        }
        match receipted(&answer, submission, &log) {
            Ok((receipted, head)) => self.held(receipted, head, &log, unsure),
            Err(why) => Err(self.unproven(&why, &unsure)),
        }
    }

    /// Holds the log against a receipt: whoever keeps it can sign one in a history of its own, which nobody else is
    /// shown. Where the log has its root at its size, the entry is there as well.
    fn held(
        &self,
        receipted: Receipted,
        head: Head,
        log: &Log,
        unsure: Unsure,
    ) -> Result<Submitted, CliError> {
        let goes_on = log.goes_on(head);
        // Before anything else is asked of the server. Where it fails, whoever tells of the entry tries again.
        let keep = || receipts::keep_with_key(&self.data, &log.agreement.name, &log.vkey, &receipted).ok();
        let kept = goes_on.is_ok().then(keep).flatten();
        // Of an entry that was taken before, a receipt is kept already, and this one says something else of the log.
        let is_this = |path: &PathBuf| {
            fs::read(path).is_ok_and(|there| there == receipted.receipt.to_string().as_bytes())
        };
        let path = kept.clone().filter(is_this);
        let path = path.map_or_else(|| unsure.keep_receipt(&receipted.receipt), Ok)?;
        let note = receipted.receipt.checkpoint.clone();
        let shown = Kept { path: path.clone(), note };
        let after = match self.record_held(Some(&log.agreement.to_string()), Some(shown)) {
            Err(CliError::Faults(what)) => {
                return Err(CliError::Faults(format!(
                    "{} says that it took the statement, by a receipt of entry {}, {}, which the log has signed, and its log, \
                     held against that, is another: {what}; tell the parties. The statement is kept, to be submitted again: \
                     {}",
                    self.address,
                    receipted.index,
                    path.display(),
                    self.again(&unsure)
                )));
            }
            after => after,
        };
        if let Err(why) = goes_on {
            return Err(self.unproven(&format!("{why}; it is kept, {}", path.display()), &unsure));
        }
        let record = match after {
            Ok(record) => record,
            // Whoever may not read any more has the receipt alone, and keeps what was sent: nobody has shown them the log.
            Err(error @ CliError::Usage(_)) => return Ok(Submitted { receipted, after: Err(error) }),
            Err(error) => {
                let again = self.again(&unsure);
                let words = format!(
                    "{error}\nThe statement is kept until the log shows it, and is taken once: {again}"
                );
                return Ok(Submitted { receipted, after: Err(CliError::Storage(words)) });
            }
        };
        if kept.is_some() {
            let told = self.told_before(&unsure, &record, log);
            unsure.forget();
            told?;
        }
        Ok(Submitted { receipted, after: Ok(Live::of(&record, self.now())) })
    }

    /// Holds the log, which shows the statement, against all receipts that came for it. Where it shows what they say they are
    /// not needed any more.
    ///
    /// # Errors
    /// One of them is of another history: all of them stay.
    fn told_before(&self, unsure: &Unsure, record: &Record, log: &Log) -> Result<(), CliError> {
        let paths = unsure.receipts();
        for path in &paths {
            let receipt = Receipt::parse(&fs::read(path).map_err(file_error("read", path))?);
            let receipt = receipt.map_err(|error| damaged(path, &error))?;
            let signed = Checkpoint::open(receipt.checkpoint.as_bytes(), &log.key);
            let head = signed.map_err(|error| damaged(path, &error))?.head;
            if record.root(head.size)? != Some(head.root) {
                let seen = Seen::of(&self.data, &log.agreement.name);
                return Err(CliError::Faults(format!(
                    "the statement is in the log of {}, and a receipt that came for it, {}, which that log has signed as well, is \
                     of {} under a root that it does not have: another history; tell the parties{}",
                    self.address,
                    path.display(),
                    entries(head.size),
                    seen.proof(&receipt.checkpoint, &record.checkpoint)
                )));
            }
        }
        for path in paths {
            fs::remove_file(&path).map_err(file_error("remove", &path))?;
        }
        Ok(())
    }

    fn unproven(&self, why: &str, unsure: &Unsure) -> CliError {
        CliError::Faults(format!(
            "{} says that it took the statement, and its receipt does not prove it: {why}; tell the parties, and submit the \
             same again: {}",
            self.address,
            self.again(unsure)
        ))
    }

    fn log_of(&self, submission: &Submission, audited: Option<&Live>) -> Result<Log, CliError> {
        let statement = Statement::parse(&submission.envelope.statement).map_err(|error| {
            CliError::from(Refusal::new("bad-statement", error.to_string(), "nothing was sent"))
        })?;
        let (agreement, vkey, audited) = match (&statement.body, statement.header) {
            (Body::Open(open), _) => {
                let anchor = Digest::of(submission.envelope.statement.as_bytes());
                (AgreementRef { name: open.name.clone(), anchor }, open.log.vkey.clone(), None)
            }
            (_, Some(header)) => {
                let known = audited.filter(|live| live.state.agreement == header.agreement);
                let (vkey, head) = if let Some(live) = known {
                    (live.state.log.vkey.clone(), live.head)
                } else {
                    let record = self.record(Some(&header.agreement.to_string()))?;
                    (record.state.log.vkey.clone(), record.head)
                };
                (header.agreement, vkey, Some(head))
            }
            (_, None) => return Err(CliError::usage("the statement names no agreement")),
        };
        let key = vkey
            .parse()
            .map_err(|error| CliError::Faults(format!("the log's key `{vkey}` cannot be read: {error}")))?;
        Ok(Log { agreement, vkey, key, audited })
    }

    /// Why a statement was not taken: by the log's signed word, else nobody knows whether it was.
    fn turned_away(&self, answer: &Response, submission: &Submission, log: &Log, unsure: Unsure) -> CliError {
        let Ok(problem) = serde_json::from_slice::<Problem>(&answer.body) else {
            let why = format!("{} answers with the status {}", self.address, answer.status);
            return self.not_known(why, &unsure);
        };
        let unfit = match problem.note.as_deref().map(|note| (note, log.refused(note, submission))) {
            Some((note, Ok(refused))) => {
                let kept = refused::keep(&self.data, note, &submission.envelope, &log.vkey);
                if kept.is_ok() {
                    unsure.forget();
                }
                let rule = named(refused.rule.as_str());
                let refusal = Refusal { rule, why: refused.why, instead: refused.instead };
                return CliError::Refused { refusal, note: Some(Box::new(kept)) };
            }
            Some((_, Err(why))) => {
                format!(", and the note that came with it is not the log's present refusal: {why}")
            }
            None => String::new(),
        };
        let rule = problem.kind.rsplit(':').next().and_then(|rule| rule.parse::<Id>().ok());
        let rule = rule.map(|rule| format!(" [{rule}]")).unwrap_or_default();
        let instead = problem.instead.map(|it| format!("; {}", visible(&it))).unwrap_or_default();
        let later =
            answer.retry_after.map(|seconds| format!("; try again in {seconds} s")).unwrap_or_default();
        let why = format!(
            "{} says that it did not take the statement ({}){rule}: {}{instead}{later}\nThat is the server's word, not signed \
             by the log{unfit}",
            self.address,
            answer.status,
            visible(&problem.detail)
        );
        self.not_known(why, &unsure)
    }

    fn not_known(&self, why: String, unsure: &Unsure) -> CliError {
        let (kept, again) = (unsure.file().to_owned(), self.again(unsure));
        CliError::Unsure { why, kept, again }
    }

    /// The command that submits the very same.
    fn again(&self, unsure: &Unsure) -> String {
        let file = word(&unsure.file().to_string_lossy());
        format!("`quorate submit {file} --server {}`", word(&self.address))
    }
}

impl Log {
    /// The log's refusal of this very submission, after no earlier head than was audited; else why the note is none.
    fn refused(&self, note: &str, submission: &Submission) -> Result<Refused, String> {
        let refused = Refused::open(note.as_bytes(), &self.key).map_err(|error| error.to_string())?;
        if !refused.is_of(&submission.envelope) {
            return Err(if refused.statement == Digest::of(submission.envelope.statement.as_bytes()) {
                "it is of this statement with other signatures".to_owned()
            } else {
                format!("it is of another statement, {}", refused.statement)
            });
        }
        if refused.agreement != self.agreement {
            return Err(format!("it is of another agreement, {}", refused.agreement));
        }
        self.goes_on(refused.head).map(|()| refused)
    }

    /// That what the log has signed since may go on from the head that was audited before; else why it does not.
    fn goes_on(&self, signed: Head) -> Result<(), String> {
        match self.audited {
            Some(audited) if signed.size < audited.size => Err(format!(
                "it was signed after {}, and the log had {} before this was sent",
                entries(signed.size),
                entries(audited.size)
            )),
            Some(audited) if signed.size == audited.size && signed.root != audited.root => Err(format!(
                "it names the root {} at {}, and the log that was audited just before has {}: two histories; tell the \
                 parties",
                signed.root,
                entries(audited.size),
                audited.root
            )),
            _ => Ok(()),
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

/// The receipt, with its head, if it proves that a log under that key has this very statement; else why it does not.
fn receipted(answer: &Response, submission: &Submission, log: &Log) -> Result<(Receipted, Head), String> {
    let taken: Taken = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    let receipt = Receipt::parse(taken.receipt.as_bytes()).map_err(|error| error.to_string())?;
    let bytes = receipt.extra.as_deref().unwrap_or_default();
    let head = receipt.verify(Hash::leaf(bytes), &log.key).map_err(|error| error.to_string())?.head;
    let entry = Entry::parse(bytes).map_err(|error| error.to_string())?;
    if entry.envelope.statement != submission.envelope.statement {
        return Err("it is of another statement".to_owned());
    }
    Ok((Receipted { anchor: log.agreement.anchor, index: receipt.index, known: taken.known, receipt }, head))
}
