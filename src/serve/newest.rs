//! The licence as it is now, which most people ask for: written once for all who ask in the same second after the same entry.

use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::response::Response;

use super::again::{tagged, written};
use super::desk::Found;
use super::problem::Problem;
use super::read::{before, json_text};
use crate::log::Head;
use crate::values::Instant;
use crate::view::document::Licence;

/// The newest answer.
#[derive(Default)]
pub(super) struct Newest(Mutex<Option<Written>>);

/// An answer, and of which record at which instant it is: nothing else goes into it.
#[derive(Clone)]
struct Written {
    head: Head,
    at: Instant,
    document: Bytes,
    tag: String,
}

impl Newest {
    /// The answer, where it is of this record at this instant.
    fn of(&self, head: Head, at: Instant) -> Option<Written> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|written| written.head == head && written.at == at).cloned()
    }

    fn keep(&self, written: Written) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(written);
    }
}

/// The licence as it is now. Whether whoever asks may know of the agreement was looked at before.
pub(super) fn licence(found: &Found, now: Instant) -> Result<Response, Problem> {
    let Found { feed, published } = found;
    let newest = if let Some(newest) = feed.licence.of(published.head, now) {
        newest
    } else {
        let licence = Licence::of(&published.state, published.head, now);
        let licence = licence.ok_or_else(|| before(&published.state, now))?;
        let (document, tag) = written(licence, |it| &mut it.facts);
        let newest = Written { head: published.head, at: now, document, tag };
        feed.licence.keep(newest.clone());
        newest
    };
    Ok(tagged(json_text(newest.document), &newest.tag))
}
