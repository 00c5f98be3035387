//! Committing: one flush for the batch, then readers see it, then whoever waits is answered, and then those who follow are told.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::{Admitted, Batch, Writer};
use crate::registry::SubmitError;
use crate::registry::agreement::{Published, Shown};
use crate::registry::erase::erase;
use crate::statement::Body;
use crate::store::Append;
use crate::values::Digest;

impl Writer {
    /// Makes the batch durable, then shows it to readers, then answers, and tells those who follow, whose work comes after the
    /// answers.
    ///
    /// After any failure memory is ahead of the disk, whatever the disk has: `false`, and only a new start
    /// brings them together. The first who waits is told the cause, everybody else [`SubmitError::Stopped`].
    pub(super) fn commit(&mut self, batch: Batch) -> bool {
        let begun = Instant::now();
        self.flushing(Some(begun));
        let appended = self.append(&batch.heads);
        self.flushing(None);
        if let Err(error) = appended {
            tracing::error!(%error, "the store failed; nothing more is written");
            let error =
                if error.is_fatal() { error } else { SubmitError::NotAppended { cause: Box::new(error) } };
            let mut waiting = batch.waiting.into_iter();
            if let Some((answer, _)) = waiting.next() {
                let _ = answer.send(Err(error));
            }
            return false;
        }
        if let (Some(told), false) = (self.flushes.told.get(), batch.admitted.is_empty()) {
            told(u32::try_from(batch.admitted.len()).unwrap_or(u32::MAX), begun.elapsed());
        }
        self.publish(&batch);
        self.erase_struck(&batch.admitted);
        for (answer, told) in batch.waiting {
            let _ = answer.send(told);
        }
        if let Ok(all) = self.published.read() {
            batch.heads.iter().filter_map(|anchor| all.get(anchor)).for_each(Shown::tell);
        }
        true
    }

    /// Says since when a flush takes that is not over.
    fn flushing(&self, since: Option<Instant>) {
        *self.flushes.begun.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn append(&mut self, touched: &BTreeSet<Digest>) -> Result<(), SubmitError> {
        let mut appends = Vec::new();
        for anchor in touched {
            let Some(working) = self.working.get_mut(anchor) else { continue };
            working.appended = working.checkpoint()?;
            appends.push(Append {
                anchor: *anchor,
                first: working.first(),
                nodes: working.closed_nodes(),
                head: working.tree.head(),
                checkpoint: working.appended.clone(),
                entries: std::mem::take(&mut working.added),
            });
        }
        if !appends.is_empty() {
            self.store.append(&appends)?;
        }
        Ok(())
    }

    /// Erases what the entries struck, now that they are durable. What a crash or an error leaves is erased when the
    /// registry is opened again.
    fn erase_struck(&self, admitted: &[Admitted]) {
        let struck = admitted.iter().filter_map(|entry| match &entry.entry.checked.statement().body {
            Body::Act(act) => act.strike,
            _ => None,
        });
        let states = self.working.values().map(|working| &working.state);
        if let Err(error) = erase(&*self.store, struck.collect(), &states) {
            tracing::error!(%error, "a document was struck and is not erased yet: open the store again");
        }
    }

    /// Shows what is now durable to readers. The state is shared as far as it is the same; what readers hold stays as
    /// it is.
    fn publish(&self, batch: &Batch) {
        for anchor in &batch.heads {
            let Some(working) = self.working.get(anchor) else { continue };
            let (state, head) = (working.state.clone(), working.tree.head());
            let checkpoint = working.appended.clone();
            let published = Published { state, head, checkpoint };
            let Ok(mut all) = self.published.write() else { continue };
            match all.get_mut(anchor) {
                Some(shown) => {
                    let its = batch.admitted.iter().filter(|admitted| admitted.anchor == *anchor);
                    shown.replace(published, its.map(|admitted| Arc::clone(&admitted.entry)));
                }
                None => drop(all.insert(*anchor, Shown::new(published, working.tree.clone()))),
            }
        }
    }
}
