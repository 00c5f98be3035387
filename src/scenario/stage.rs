use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use tokio::runtime::Runtime;

use super::meant;
use crate::engine::{Refusal, State};
use crate::registry::{Receipted, Registry, Settings, SimulatedClock, Submission, SubmitError, log_key};
use crate::statement::{
    Blob, Body, By, CaseRef, Checked, Envelope, HolderRef, LogIdentity, Open, PublicKey, RawKey, RosterLine,
    Signature, Statement, sshsig,
};
use crate::store::Store;
use crate::values::{Digest, Id, Instant, Span};
use crate::workflow::Workflow;

/// The name of every stage's log.
pub const LOG_NAME: &str = "stage.example";

/// An agreement with everybody's keys, which are made from their names: the same play gives the same log.
///
/// Its methods block; they must not be called from inside a tokio runtime.
pub struct Stage {
    runtime: Runtime,
    registry: Registry,
    clock: Arc<SimulatedClock>,
    anchor: Digest,
    /// How often each holder's key was made anew; absent is 0.
    generations: BTreeMap<HolderRef, u32>,
    /// The choices and answers behind the commitments that were made here.
    committed: Mutex<BTreeMap<Digest, Id>>,
}

/// Why there is no stage.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The machine gives no threads.
    #[error("cannot start the threads that a play needs: {0}")]
    Runtime(io::Error),
    /// The agreement cannot be opened.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

impl Stage {
    /// Opens an agreement called `name` at `at`, signed by as many officers of each party as are needed.
    /// The workflow may be unsound; it is then refused as it would be anywhere.
    ///
    /// # Errors
    /// The workflow or the agreement is refused, or the store fails.
    pub fn open(workflow: &str, name: &Id, at: Instant, store: Arc<dyn Store>) -> Result<Self, StageError> {
        Self::open_with(workflow, name, at, store, |_| {})
    }

    /// As [`Stage::open`], with something in the lines of the roster changed.
    ///
    /// # Errors
    /// As [`Stage::open`].
    pub fn open_with(
        workflow: &str,
        name: &Id,
        at: Instant,
        store: Arc<dyn Store>,
        change: impl Fn(&mut RosterLine),
    ) -> Result<Self, StageError> {
        let mut stage = Self::resume(Digest([0; 32]), at, store)?;
        let mut opening = opening(workflow, name)?;
        if let Body::Open(open) = &mut opening.body {
            open.roster.iter_mut().for_each(change);
        }
        let signers = Workflow::parse(workflow).map_or_else(
            |_| vec![office_holder(name, 1)],
            |workflow| {
                workflow.parties.iter().flat_map(|party| officers(&party.name, party.needed)).collect()
            },
        );
        let envelope = stage.sign(&opening.to_text(), &signers);
        stage.anchor = stage.submit(envelope, Vec::new())?.anchor;
        Ok(stage)
    }

    /// Goes on at `at` with an agreement that was opened on a stage over the same store, in this process or
    /// an earlier one. Whoever was given a second key has the first one again on this stage.
    ///
    /// # Errors
    /// The store fails, or what it holds does not pass an audit.
    pub fn resume(anchor: Digest, at: Instant, store: Arc<dyn Store>) -> Result<Self, StageError> {
        let clock = Arc::new(SimulatedClock::at(at));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
        let runtime = runtime.map_err(StageError::Runtime)?;
        let settings = Settings { longest_silence: Span::MAX, ..Settings::new(LOG_NAME) };
        let registry = {
            let _entered = runtime.enter();
            Registry::open(store, log_seed(), settings, clock.clone())?
        };
        let (generations, committed) = ([].into(), Mutex::default());
        Ok(Self { runtime, registry, clock, anchor, generations, committed })
    }

    /// The agreement's anchor.
    pub fn anchor(&self) -> Digest {
        self.anchor
    }

    /// The clock that stamps entries.
    pub fn clock(&self) -> &SimulatedClock {
        &self.clock
    }

    /// The registry that is played on.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The state now, with everything that time alone has brought about.
    ///
    /// # Errors
    /// The registry has lost the agreement.
    pub fn state(&self) -> Result<State, SubmitError> {
        let published = self.registry.agreement(&self.anchor).ok_or(SubmitError::Stopped)?;
        Ok(published.state.at(self.registry.now()).into_owned())
    }

    /// The key with which a holder signs now.
    pub fn key(&self, holder: &HolderRef) -> SigningKey {
        key_of_generation(holder, self.generations.get(holder).copied().unwrap_or(0))
    }

    /// The key that the holder will be given next: by another nomination or a replacement.
    pub fn next_key(&self, holder: &HolderRef) -> SigningKey {
        key_of_generation(holder, self.generations.get(holder).map_or(1, |generation| generation + 1))
    }

    /// Which person will be nominated next for a seat that somebody was nominated for, counted from 1.
    pub(super) fn next_person(&self, holder: &HolderRef) -> u32 {
        self.generations.get(holder).map_or(1, |generation| generation + 2)
    }

    /// Remembers what a commitment stands for.
    pub(super) fn keep(&self, commitment: Digest, choice: &Id) {
        let mut committed = self.committed.lock().unwrap_or_else(PoisonError::into_inner);
        committed.insert(commitment, choice.clone());
    }

    /// What a commitment that was made here stands for.
    pub(super) fn kept(&self, commitment: Digest) -> Option<Id> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner).get(&commitment).cloned()
    }

    /// Makes the holder's next key the current one.
    pub(super) fn turn_key(&mut self, holder: &HolderRef) {
        *self.generations.entry(holder.clone()).or_default() += 1;
    }

    /// Whether somebody has been nominated under this name, or its key was made anew.
    pub(super) fn was_given_a_key(&self, holder: &HolderRef) -> bool {
        self.generations.contains_key(holder)
    }

    /// Remembers that somebody signs under this name with its first key.
    pub(super) fn give_key(&mut self, holder: &HolderRef) {
        self.generations.entry(holder.clone()).or_default();
    }

    /// The officers and seats that sign for `by`: as many officers as the office needs. Seats are those of
    /// `case`, or of a standing panel.
    ///
    /// # Errors
    /// The registry has lost the agreement.
    pub fn signers(&self, by: &By, case: Option<&CaseRef>) -> Result<Vec<HolderRef>, SubmitError> {
        self.signers_about(by, case, None)
    }

    /// As [`Stage::signers`], of a statement that names a seat: it may open a case before the panel of that seat.
    pub(super) fn signers_about(
        &self,
        by: &By,
        case: Option<&CaseRef>,
        about: Option<&HolderRef>,
    ) -> Result<Vec<HolderRef>, SubmitError> {
        let state = self.state()?;
        let of_actor = |actor: &Id| match (state.office(actor), case) {
            (Some(office), _) => officers(actor, office.needed),
            (None, Some(case)) => vec![meant::holder(&state, case, actor, about)],
            (None, None) => Vec::new(),
        };
        Ok(by.actors().iter().flat_map(of_actor).collect())
    }

    /// The text of a statement that comes after everything so far.
    ///
    /// # Errors
    /// The registry has lost the agreement.
    pub fn draft(&self, by: By, body: Body) -> Result<String, SubmitError> {
        let head = self.registry.store().head(&self.anchor)?.ok_or(SubmitError::Stopped)?.head;
        let header = Some(self.state()?.header_of(&body, head));
        Ok(Statement { by, header, body }.to_text())
    }

    /// An envelope of a text with these holders' signatures.
    pub fn sign(&self, text: &str, signers: &[HolderRef]) -> Envelope {
        let keys: Vec<SigningKey> = signers.iter().map(|holder| self.key(holder)).collect();
        sign_with(text, &keys)
    }

    /// Submits as anybody would.
    ///
    /// # Errors
    /// As [`Registry::submit`].
    pub fn submit(&self, envelope: Envelope, blobs: Vec<Blob>) -> Result<Receipted, SubmitError> {
        self.runtime.block_on(self.registry.submit(Submission { envelope, blobs, accept_clock_jump: false }))
    }

    /// Drafts, signs and submits.
    ///
    /// # Errors
    /// As [`Registry::submit`].
    pub fn say(
        &self,
        by: By,
        body: Body,
        signers: &[HolderRef],
        blobs: Vec<Blob>,
    ) -> Result<Receipted, SubmitError> {
        let text = self.draft(by, body)?;
        self.submit(self.sign(&text, signers), blobs)
    }
}

/// An envelope of a text signed with these keys, as plain Ed25519 keys.
pub fn sign_with(text: &str, keys: &[SigningKey]) -> Envelope {
    let armour = |key: &SigningKey| {
        let signature = key.sign(&sshsig::signed_data(text.as_bytes())).to_bytes();
        let sig = sshsig::armour(&public(key), &sshsig::plain_blob(&signature));
        Signature { key: public(key).fingerprint(), sig }
    };
    Envelope::new(text.to_owned(), keys.iter().map(armour).collect())
}

/// A function of the name alone: no stage holds a secret.
fn key_of_generation(holder: &HolderRef, generation: u32) -> SigningKey {
    SigningKey::from_bytes(&Digest::of(format!("stage key {generation} of {holder}").as_bytes()).0)
}

/// The opening statement of an agreement in which everybody has their first key.
fn opening(text: &str, name: &Id) -> Result<Statement, SubmitError> {
    let key = log_key(LOG_NAME, name, &log_seed())?;
    let workflow = Workflow::parse(text).ok();
    let offices = workflow.iter().flat_map(Workflow::offices);
    let line = |holder: HolderRef| RosterLine {
        person: format!("Officer {holder}"),
        key: public(&key_of_generation(&holder, 0)),
        holder,
        from: None,
        until: None,
    };
    let roster = offices.flat_map(|office| officers(&office.name, office.of)).map(line).collect();
    // An unsound workflow has no parties to speak for; somebody must, for it to be refused as unsound.
    let parties = workflow.as_ref().map_or_else(|| vec![name.clone()], Workflow::party_names);
    let open = Open {
        name: name.clone(),
        log: LogIdentity { origin: key.name().to_owned(), vkey: key.verifier().to_string() },
        policy: None,
        contract: workflow.as_ref().map_or(Digest([0; 32]), |workflow| workflow.contract.digest),
        workflow: text.to_owned(),
        roster,
        nonce: Base64::encode_string(&Digest::of(name.as_str().as_bytes()).0),
    };
    let by = By::of(parties);
    Ok(Statement { by, header: None, body: Body::Open(Box::new(open)) })
}

/// An agreement as a stage would open it, supposed: nobody has signed.
///
/// # Errors
/// The workflow or the agreement is refused.
pub fn supposed_agreement(workflow: &str, at: Instant) -> Result<State, Refusal> {
    let name = Id::constant("scenario");
    let refused =
        |error: SubmitError| Refusal::new("bad-log-identity", error.to_string(), "use another name");
    let opening = opening(workflow, &name).map_err(refused)?;
    let parties = Workflow::parse(workflow).map(|workflow| workflow.parties).unwrap_or_default();
    let signers = parties.iter().flat_map(|party| officers(&party.name, party.needed));
    let keys = signers.map(|officer| plain_key(&officer)).collect();
    State::open(at, &Checked::supposed(opening, keys))
}

/// The first key of a holder on every stage.
pub fn plain_key(holder: &HolderRef) -> PublicKey {
    public(&key_of_generation(holder, 0))
}

/// The public half as statements carry it.
pub fn public(key: &SigningKey) -> PublicKey {
    PublicKey::plain(RawKey(key.verifying_key().to_bytes()))
}

/// A document whose salt is made from its content, so that the same play gives the same log.
pub(super) fn document(content: &str) -> Option<Blob> {
    let mut bytes = Digest::of(format!("salt of {content}").as_bytes()).0.to_vec();
    bytes.extend_from_slice(content.as_bytes());
    let digest = Digest::of(&bytes);
    Blob::open(bytes, &digest)
}

/// The first `count` officers of an office: `openai/officer-1`, `openai/officer-2`, …
pub(super) fn officers(office: &Id, count: u32) -> Vec<HolderRef> {
    (1..=count).map(|number| office_holder(office, number)).collect()
}

pub(super) fn office_holder(office: &Id, number: u32) -> HolderRef {
    let name = format!("officer-{number}").parse().unwrap_or_else(|_| office.clone());
    HolderRef::Office { body: office.clone(), name }
}

/// The secret of every stage's log, which is no secret.
pub fn log_seed() -> [u8; 32] {
    Digest::of(b"stage log").0
}
