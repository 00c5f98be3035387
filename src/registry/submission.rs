//! What is submitted: an envelope and the documents that it names.

use std::collections::BTreeSet;

use crate::engine::Refusal;
use crate::statement::{
    AgreementRef, Blob, Body, Checked, Envelope, PublicKey, RawKey, Statement, attachments,
};
use crate::values::Digest;

/// What is submitted.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The statement with its signatures.
    pub envelope: Envelope,
    /// The documents that the statement names and that are not stored here yet.
    pub blobs: Vec<Blob>,
    /// The operator's word that the clock is right though it is far ahead of the last entry.
    pub accept_clock_jump: bool,
}

/// A submission whose form and signatures have passed.
#[derive(Debug)]
pub struct Signed {
    pub(super) checked: Checked,
    /// The envelope as its entry will hold it: written before the writer's turn.
    pub(super) text: String,
    pub(super) blobs: Vec<Blob>,
    pub(super) accept_clock_jump: bool,
    /// Whether whoever signed it is not to learn that its agreement is kept here.
    pub(super) hidden: bool,
}

impl Signed {
    /// Documents that came after it. What its statement does not name is left out.
    pub fn brings(&mut self, blobs: Vec<Blob>) {
        let named: BTreeSet<Digest> = attachments(&self.checked.statement().body).into_values().collect();
        self.blobs.extend(blobs.into_iter().filter(|blob| named.contains(&blob.digest())));
    }

    /// Of whom nobody may read the agreement: it is answered as one of an agreement that is not kept here, and does as
    /// little. What opened the agreement is answered as what would open another one of the same name.
    pub fn hide(&mut self) {
        self.hidden = true;
    }

    /// The agreement of which it is; `None` where it opens one.
    pub fn agreement(&self) -> Option<&AgreementRef> {
        self.checked.statement().header.as_ref().map(|header| &header.agreement)
    }

    /// The agreement that it opens, or has opened; `None` where it is of one that is open.
    pub fn opens(&self) -> Option<AgreementRef> {
        match &self.statement().body {
            Body::Open(open) => Some(AgreementRef { name: open.name.clone(), anchor: self.checked.anchor() }),
            _ => None,
        }
    }

    /// What it says.
    pub fn statement(&self) -> &Statement {
        self.checked.statement()
    }

    /// The keys that signed; none is there twice.
    pub fn keys(&self) -> impl Iterator<Item = RawKey> {
        self.checked.signers().iter().map(PublicKey::raw)
    }
}

/// What was refused by its form or its signatures.
pub(super) struct Unfit {
    pub(super) envelope: Envelope,
    pub(super) accept_clock_jump: bool,
}

impl Submission {
    /// A statement without documents.
    pub fn of(envelope: Envelope) -> Self {
        Self { envelope, blobs: Vec::new(), accept_clock_jump: false }
    }

    /// Checks form and signatures, and that every document brought along is one that the statement names.
    pub(super) fn check(self) -> Result<Signed, (Refusal, Unfit)> {
        let Self { envelope, blobs, accept_clock_jump } = self;
        let checked = envelope.checked_or_back().map_err(|(error, envelope)| {
            let refusal =
                Refusal::new("bad-envelope", error.to_string(), "mend the statement or sign it again");
            (refusal, Unfit { envelope, accept_clock_jump })
        })?;
        let named: BTreeSet<Digest> = attachments(&checked.statement().body).values().copied().collect();
        if let Some(blob) = blobs.iter().find(|blob| !named.contains(&blob.digest())) {
            let why = format!("the document {} is not named by the statement", blob.digest());
            let refusal = Refusal::new("needless-document", why, "submit only the documents that it names");
            return Err((refusal, Unfit { envelope: checked.envelope().clone(), accept_clock_jump }));
        }
        let text = checked.envelope().to_text();
        Ok(Signed { checked, text, blobs, accept_clock_jump, hidden: false })
    }
}
