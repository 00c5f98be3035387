//! From a statement to its entry: who speaks, with which keys, and then submitted or written to a file.

use std::path::PathBuf;

use clap::Args;

use super::answer::Answer;
use super::context::Context;
use super::documents::Documents;
use super::error::CliError;
use super::keyring::signers;
use super::record::Record;
use super::session::{Live, Session};
use super::{parcel, taken};
use crate::engine::{Refusal, State};
use crate::registry::Submission;
use crate::signer::Signer;
use crate::statement::{Body, By, Envelope, HolderRef, Signature, Statement};
use crate::values::{Id, Instant};
use crate::workflow::model::Nature;

/// The options of every command that signs.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Signing")]
pub struct Signing {
    /// Sign with this key; several times for several signatures
    ///
    /// A private key file; a .pub file whose key the ssh-agent holds; the name of a key in the data folder; or
    /// the fingerprint of a key in the agent. Without it, the only key in the data folder signs.
    #[arg(long = "key", value_name = "KEY")]
    pub keys: Vec<String>,
    /// Speak as this party, role or seat instead of whomever the keys speak for
    #[arg(long = "as", value_name = "ACTOR")]
    pub speaker: Option<String>,
    /// Write the statement and its signatures beside FILE instead of submitting; without --key it stays unsigned
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The agreement, by name or anchor; may be left out where there is only one
    #[arg(long, value_name = "AGREEMENT")]
    pub agreement: Option<String>,
    /// Take the entry though the clock is far ahead of the last one
    #[arg(long)]
    pub accept_clock_jump: bool,
}

impl Signing {
    /// The keys that sign. A file may be written without.
    ///
    /// # Errors
    /// There is no such key, or it stays locked.
    pub fn signers(&self, context: &Context) -> Result<Vec<Signer>, CliError> {
        signers(context, &self.keys, self.out.is_none())
    }
}

/// Where a statement is written: an agreement as it is now, the keys at hand, and the way to submit.
pub struct Desk {
    /// The agreement.
    pub live: Live,
    /// The keys that sign.
    pub signers: Vec<Signer>,
    /// The time now.
    pub now: Instant,
    session: Option<Session>,
}

impl Desk {
    /// Opens the data folder and finds the keys.
    ///
    /// # Errors
    /// There is no such agreement or key.
    pub fn open(context: &Context, signing: &Signing) -> Result<Self, CliError> {
        let signers = signing.signers(context)?;
        let context = &context.reading_as_signed(&signing.keys);
        let wanted = signing.agreement.as_deref();
        let now = context.now();
        if signing.out.is_some() {
            // Writing a file needs neither the log's key nor the right to append.
            let Record { state, head, .. } = Record::load(context, wanted)?;
            let state = state.at(now).into_owned();
            return Ok(Self { live: Live { state, head }, signers, now, session: None });
        }
        let session = Session::open(context)?;
        Ok(Self { live: session.agreement(wanted)?, signers, now, session: Some(session) })
    }

    /// The state in which the statement is made.
    pub fn state(&self) -> &State {
        &self.live.state
    }

    /// The holders for whom the keys speak.
    pub fn holders(&self) -> Vec<&HolderRef> {
        let holder = |signer: &Signer| self.state().holders.speaks_for(signer.public().raw());
        self.signers.iter().filter_map(holder).collect()
    }

    /// In whose name a statement speaks: as asked, else as the keys do, else `otherwise`.
    ///
    /// # Errors
    /// Nothing says in whose name.
    pub fn speaker(&self, signing: &Signing, otherwise: Option<By>) -> Result<By, CliError> {
        if let Some(wanted) = &signing.speaker {
            let names: Result<Vec<Id>, _> = wanted.split(',').map(str::parse).collect();
            return names.map(By::of).map_err(|error| CliError::usage(format!("--as: {error}")));
        }
        let actors: Vec<Id> =
            self.holders().into_iter().map(|holder| self.state().speaks_as(holder).clone()).collect();
        match (actors.is_empty(), otherwise) {
            (false, _) => Ok(By::of(actors)),
            (true, Some(by)) => Ok(by),
            (true, None) if self.signers.is_empty() => {
                Err(CliError::usage("say in whose name with --as ACTOR, or sign with --key KEY"))
            }
            (true, None) => {
                let key = self.signers.first().map(|signer| signer.public().fingerprint());
                let why = format!("the key {} speaks for nobody in this agreement", key.unwrap_or_default());
                let instead = "sign with the key that the roster or the nomination names";
                Err(Refusal::new("unknown-key", why, instead).into())
            }
        }
    }

    /// The seat meant: named, or the one for which a key speaks. A short name will do where it is unique.
    ///
    /// # Errors
    /// There is no such seat, or nothing names one.
    pub fn seat(&self, wanted: Option<&str>) -> Result<HolderRef, CliError> {
        let seats = self.state().seats();
        let Some(wanted) = wanted else {
            let own = self.holders().into_iter().find(|holder| seats.contains(holder));
            return own.cloned().ok_or_else(|| {
                CliError::usage("name the seat with --seat, or sign with the key that fills it")
            });
        };
        if let Ok(full) = wanted.parse() {
            return Ok(full);
        }
        let short: Vec<&HolderRef> = seats.iter().filter(|seat| seat.name() == wanted).collect();
        match short.as_slice() {
            [only] => Ok((*only).clone()),
            [] => Err(CliError::usage(format!(
                "there is no seat `{wanted}`; there are {}",
                listed(seats.iter())
            ))),
            several => Err(CliError::usage(format!("name one of {}", listed(several.iter().copied())))),
        }
    }

    /// Signs, and submits or writes to a file.
    ///
    /// # Errors
    /// The statement is malformed or refused, or the file is there already.
    pub fn finish(
        self,
        context: &Context,
        signing: &Signing,
        by: By,
        body: Body,
        documents: Documents,
    ) -> Result<Answer, CliError> {
        let header = Some(self.live.state.header_of(&body, self.live.head));
        let nature = self.live.state.workflow.nature;
        let lacking = self.lacking(&by, &body);
        let text = text_of(&Statement { by, header, body })?;
        let signatures = sign(&self.signers, &text)?;
        match &signing.out {
            Some(out) => parcel::write(out, &text, &signatures, documents, nature, &lacking),
            None => submit(context, signing, (text, signatures), documents, self.session).map_err(by_others),
        }
    }

    /// Whose signatures it takes besides those of the keys at hand, in words, party by party and role by role.
    fn lacking(&self, by: &By, body: &Body) -> Vec<String> {
        if matches!(body, Body::ReplaceKey(_)) {
            // A rotation is signed by the old key and the new one, whatever the office says.
            return Vec::new();
        }
        let state = self.state();
        let signers = self.holders().into_iter().cloned().collect();
        let offices = by.actors().iter().filter_map(|actor| state.office(actor));
        let lacking = offices.map(|office| (&office.name, state.lacking(office, &signers)));
        lacking.filter(|(_, it)| it.more > 0).map(|(name, it)| format!("{name}: {it}")).collect()
    }
}

/// Where the keys at hand are too few: how the others sign, who are seldom at the same machine.
fn by_others(error: CliError) -> CliError {
    match error {
        CliError::Refused { mut refusal, note } if refusal.rule == "too-few-signatures" => {
            refusal
                .instead
                .push_str("; write it with --out FILE, let them run `quorate sign FILE`, and submit it then");
            CliError::Refused { refusal, note }
        }
        other => other,
    }
}

/// Signs a statement, and submits it, to an open session or a new one, or writes it to a file.
///
/// # Errors
/// The statement is malformed or refused, or the file is there already.
pub fn finish(
    context: &Context,
    signing: &Signing,
    signers: &[Signer],
    statement: &Statement,
    nature: Nature,
    documents: Documents,
    session: Option<Session>,
) -> Result<Answer, CliError> {
    let text = text_of(statement)?;
    let signatures = sign(signers, &text)?;
    match &signing.out {
        Some(out) => parcel::write(out, &text, &signatures, documents, nature, &[]),
        None => submit(context, signing, (text, signatures), documents, session),
    }
}

/// Submits a signed text, to an open session or a new one.
fn submit(
    context: &Context,
    signing: &Signing,
    (text, signatures): (String, Vec<Signature>),
    documents: Documents,
    session: Option<Session>,
) -> Result<Answer, CliError> {
    let session = session.map_or_else(|| Session::open(context), Ok)?;
    let submission = Submission {
        envelope: Envelope::new(text, signatures),
        blobs: documents.into_blobs(),
        accept_clock_jump: signing.accept_clock_jump,
    };
    taken::submit(context, &session, submission)
}

/// The statement's text, if it is one that can be read again: words from the command line may be unfit.
///
/// # Errors
/// Which field is unfit, and why.
fn text_of(statement: &Statement) -> Result<String, CliError> {
    let text = statement.to_text();
    match Statement::parse(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Refusal::new("bad-statement", error.to_string(), "nothing was signed").into()),
    }
}

/// Each signer's signature over the exact text.
///
/// # Errors
/// A key cannot sign.
pub fn sign(signers: &[Signer], text: &str) -> Result<Vec<Signature>, CliError> {
    signers.iter().map(|signer| Ok(signer.sign(text)?)).collect()
}

fn listed<'a>(seats: impl Iterator<Item = &'a HolderRef>) -> String {
    let names: Vec<String> = seats.map(|seat| format!("`{seat}`")).collect();
    if names.is_empty() { "none: no panel sits".to_owned() } else { names.join(", ") }
}
