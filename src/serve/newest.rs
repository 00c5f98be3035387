//! The licence as it is now, which most people ask for: written once for all who ask in the same second after the same entry.

use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;

use super::desk::Found;
use super::problem::Problem;
use super::read::{When, before, json_text, tag, tagged, unchanged};
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
    tag: String,
    document: Bytes,
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
pub(super) fn licence(found: &Found, now: Instant, headers: &HeaderMap) -> Result<Response, Problem> {
    let Found { feed, published } = found;
    let written = if let Some(written) = feed.licence.of(published.head, now) {
        written
    } else {
        let document = Licence::of(&published.state, published.head, now);
        let document = document.ok_or_else(|| before(&published.state, now))?;
        let tag = tag(found, &published.state, now, &When::default());
        // Nothing that JSON could not write.
        let document = serde_json::to_string(&document).unwrap_or_default().into();
        let written = Written { head: published.head, at: now, tag, document };
        feed.licence.keep(written.clone());
        written
    };
    let whole = || tagged(json_text(written.document.clone()), &written.tag);
    Ok(unchanged(headers, &written.tag).unwrap_or_else(whole))
}
