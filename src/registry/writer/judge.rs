//! Judging: a statement is known, refused with a note that the log signs, or admitted into the batch.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Admitted, Batch, Placed, Writer};
use crate::engine::{Refusal, State};
use crate::log::{Hash, LogKey};
use crate::registry::agreement::{Added, Working};
use crate::registry::tree::Tree;
use crate::registry::{Signed, SubmitError, is_entry_of, log_key, pen, unknown};
use crate::statement::{Blob, Body, Checked, Entry, Open, attachments};
use crate::store::NewEntry;
use crate::values::{Digest, Instant};

impl Writer {
    /// Admits a statement into the batch, or finds it known. The flag says whether the answer waits
    /// for the batch.
    pub(super) fn take(&mut self, batch: &mut Batch, signed: Signed) -> Result<(Placed, bool), SubmitError> {
        let checked = &signed.checked;
        let anchor = checked.anchor();
        if let Some(index) = self.store.find(&anchor, &checked.digest())? {
            self.confirm(anchor, index, checked)?;
            return Ok((Placed { anchor, index, added: None }, false));
        }
        let same = |admitted: &&Admitted| {
            admitted.anchor == anchor && admitted.entry.checked.digest() == checked.digest()
        };
        if let Some(index) = batch.admitted.iter().find(same).map(|admitted| admitted.entry.index) {
            return Ok((Placed { anchor, index, added: None }, true));
        }
        if let Some(why) = self.shut.why(&anchor).or(self.store.read_only(&anchor)?) {
            let name = self.working.get(&anchor).map(|working| working.state.agreement.name.clone());
            return Err(SubmitError::ReadOnly { name, why });
        }
        let last = self.working.get(&anchor).map(|working| working.state.last);
        let time = self.pen.time(last, signed.accept_clock_jump)?;
        match self.judge(time, &signed) {
            Ok((index, bytes)) => {
                let entry = Arc::new(Added { index, time, checked: signed.checked });
                batch.admitted.push(Admitted { anchor, entry });
                Ok((Placed { anchor, index, added: Some(bytes) }, true))
            }
            Err(SubmitError::Refused { refusal, .. }) => Err(self.refuse(time, checked, refusal)),
            Err(error) => Err(error),
        }
    }

    /// What opened an agreement, from somebody who may not know of it: refused as another statement would be that is to open
    /// one of this name. Nothing is looked up by what it says, nor signed.
    pub(super) fn refuse_hidden(&self, signed: &Signed) -> Result<Placed, SubmitError> {
        let checked = &signed.checked;
        let anchor = checked.anchor();
        if let Body::Open(open) = &checked.statement().body {
            // As for another: that costs the same.
            self.store.find(&anchor, &checked.digest())?;
            entry_bytes(self.pen.time(None, false)?, &signed.text)?;
            self.may_open(open)?;
        }
        Err(unknown(anchor))
    }

    /// Admits a statement that is new here, at `time`, and gives its index and its entry.
    fn judge(&mut self, time: Instant, signed: &Signed) -> Result<(u64, Vec<u8>), SubmitError> {
        let Signed { checked, text, blobs, .. } = signed;
        self.judge_blobs(checked, blobs)?;
        let bytes = entry_bytes(time, text)?;
        self.keep_blobs(time, checked, blobs)?;
        Ok((self.admit(time, checked, &bytes)?, bytes))
    }

    /// A refusal at `time`, signed where the agreement is kept here. What was not opened here has no head to be
    /// refused after.
    fn refuse(&mut self, time: Instant, checked: &Checked, refusal: Refusal) -> SubmitError {
        let Ok(working) = self.kept_here(checked.anchor()) else { return refusal.into() };
        let (after, Some(key)) = ((&working.state.agreement, working.tree.head()), &working.key) else {
            return refusal.into();
        };
        pen::signed(refusal, checked.envelope(), time, after, key)
    }

    /// The entry that the store finds for a statement is that statement's: a row that points elsewhere would
    /// acknowledge what was never stored.
    fn confirm(&self, anchor: Digest, index: u64, checked: &Checked) -> Result<(), SubmitError> {
        let bytes = self.store.entry(&anchor, index)?.unwrap_or_default();
        if is_entry_of(&bytes, checked) {
            return Ok(());
        }
        let name = self.working.get(&anchor).map(|working| working.state.agreement.name.clone());
        let first = format!(
            "entry {index}: the store's index says that it is the statement {}, and it is not [index]",
            checked.digest()
        );
        Err(SubmitError::Damaged { anchor, name, first })
    }

    /// Every document that the statement names comes along, or an entry of its agreement names it already. That it is
    /// stored here is not enough: it may be another agreement's, which this one's readers are not to read.
    fn judge_blobs(&self, checked: &Checked, blobs: &[Blob]) -> Result<(), SubmitError> {
        let brought: BTreeSet<Digest> = blobs.iter().map(Blob::digest).collect();
        let working = self.working.get(&checked.anchor());
        let named =
            |digest: &Digest| working.is_some_and(|working| working.state.documents.is_needed(digest));
        for (name, digest) in attachments(&checked.statement().body) {
            let there = named(&digest) && self.store.blob_size(&digest)?.is_some();
            if !brought.contains(&digest) && !there {
                let why = format!(
                    "its document `{name}`, {digest}, was not submitted with it, and no entry of this agreement names it"
                );
                return Err(Refusal::new(
                    "document-absent",
                    why,
                    "submit the document together with the statement",
                )
                .into());
            }
        }
        Ok(())
    }

    /// Makes the documents durable, before anything counts on them: an entry never names one that a crash
    /// could have taken, and where a disk has no room for one, memory is not ahead of it. The statement is
    /// judged first, so that a refused one leaves none behind.
    fn keep_blobs(&mut self, time: Instant, checked: &Checked, blobs: &[Blob]) -> Result<(), SubmitError> {
        if blobs.is_empty() {
            return Ok(());
        }
        let working = self.kept_here(checked.anchor())?;
        working.state.would_admit(time, checked, &working.tree)?;
        for blob in blobs {
            self.store.put_blob(&blob.digest(), blob.bytes())?;
        }
        Ok(())
    }

    /// Has the engine admit the entry, and puts it into the agreement's part of the batch.
    fn admit(&mut self, time: Instant, checked: &Checked, bytes: &[u8]) -> Result<u64, SubmitError> {
        let anchor = checked.anchor();
        let working = match &checked.statement().body {
            Body::Open(open) => self.open(anchor, time, checked, open)?,
            _ => self.go_on(anchor, time, checked)?,
        };
        let index = working.tree.size();
        working.tree.push(Hash::leaf(bytes));
        working.added.push(NewEntry { bytes: bytes.to_vec(), statement: checked.digest() });
        Ok(index)
    }

    /// A statement of an agreement that is open here.
    fn go_on(
        &mut self,
        anchor: Digest,
        time: Instant,
        checked: &Checked,
    ) -> Result<&mut Working, SubmitError> {
        let working = self.kept_here(anchor)?;
        working.state.admit(time, checked, &working.tree)?;
        Ok(working)
    }

    /// An agreement that is open here, with its log's key.
    fn kept_here(&mut self, anchor: Digest) -> Result<&mut Working, SubmitError> {
        let Some(working) = self.working.get_mut(&anchor) else {
            return Err(unknown(anchor));
        };
        if working.key.is_none() {
            let state = &working.state;
            working.key = Some(self.pen.key(&state.agreement.name, &state.log.vkey)?);
        }
        Ok(working)
    }

    fn open(
        &mut self,
        anchor: Digest,
        time: Instant,
        checked: &Checked,
        open: &Open,
    ) -> Result<&mut Working, SubmitError> {
        let key = self.may_open(open)?;
        let state = State::open(time, checked)?;
        let mut working = Working::new(state, Tree::default());
        working.key = Some(key);
        Ok(self.working.entry(anchor).or_insert(working))
    }

    /// An opening statement must be written for this log and have a name of its own. The log's key for it.
    fn may_open(&self, open: &Open) -> Result<LogKey, SubmitError> {
        let key = log_key(&self.pen.settings.log_name, &open.name, &self.pen.seed)?;
        if open.log.vkey != key.verifier().to_string() {
            let why = format!("it names the log key `{}`, this log's is `{}`", open.log.vkey, key.verifier());
            let instead = "open it with this log's key, or submit it to that log";
            return Err(Refusal::new("other-log", why, instead).into());
        }
        // One origin, one log: a second agreement of this name would have the same origin and key.
        if self.working.values().any(|working| working.state.agreement.name == open.name) {
            let why = format!("an agreement named {} is already kept here", open.name);
            let instead = "choose another name: it is part of the log's origin";
            return Err(Refusal::new("name-taken", why, instead).into());
        }
        Ok(key)
    }
}

/// A statement as an entry, unless it is too long for one.
fn entry_bytes(time: Instant, envelope: &str) -> Result<Vec<u8>, Refusal> {
    Entry::bytes_of(time, envelope).map_err(|long| {
        let why =
            format!("as an entry it would take {} bytes, and an entry has at most {}", long.bytes, long.most);
        Refusal::new("too-long", why, "shorten it; long documents are attached, not quoted")
    })
}
