//! Exported folders that are kept up to date while agreements are served: for static web servers, and as copies.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::desk::Desk;
use super::feed::Feed;
use super::follow::Followed;
use crate::cosign::Evidence;
use crate::engine::State;
use crate::export::{self, ExportError, Publish};
use crate::store::StoreError;
use crate::values::{Digest, Id, Span};

/// Where, and how often at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The folder in which each agreement that anybody may read has one of its name.
    pub folder: PathBuf,
    /// The folder in which each restricted one has; without it they are not exported.
    pub restricted: Option<PathBuf>,
    /// How long passes at least between two exports of an agreement.
    pub every: Span,
}

impl Export {
    /// The folder of an agreement as it is now, if it is exported at all.
    fn of(&self, state: &State) -> Option<PathBuf> {
        let folder = if state.is_restricted() { self.restricted.as_ref()? } else { &self.folder };
        Some(folder.join(state.agreement.name.as_str()))
    }
}

/// Exports an agreement now, and again after it has grown or was cosigned, as long as it is served.
pub(super) async fn mirror(desk: Weak<Desk>, feed: Arc<Feed>, to: Export, agreement: Id) {
    let anchor = feed.anchor;
    let Some(mut followed) = Followed::new(desk, anchor) else { return };
    let mut cosigned = feed.cosigned.subscribe();
    while let Some((now, _)) = followed.now() {
        cosigned.borrow_and_update();
        let (to_now, exporting) = (to.clone(), now.exporting.clone());
        let exported = exporting.run(move || write(&now, &anchor, &to_now)).await;
        let exported = exported.map_err(|ended| ended.to_string()).and_then(|exported| exported);
        match &exported {
            Ok(Some(size)) => tracing::debug!(%agreement, size, "exported"),
            Ok(None) => tracing::debug!(%agreement, "restricted, and not exported"),
            // Tried again, whether or not there is another entry; meanwhile the folder shows what it had.
            Err(error) => tracing::error!(%agreement, error, "not exported"),
        }
        tokio::time::sleep(Duration::from_secs(to.every.seconds())).await;
        if exported.is_err() {
            continue;
        }
        let more = tokio::select! {
            grown = followed.growth() => grown,
            // The same head, with more cosignatures.
            renewed = cosigned.changed() => renewed.ok(),
        };
        if more.is_none() {
            return;
        }
    }
}

/// Looks whether the folder shows more of an agreement's log, or another history, than the store has: then nothing is
/// added to the agreement here. Comes before the first statement is taken.
pub(super) fn compare(desk: &Desk, to: &Export, anchor: &Digest, agreement: &Id) {
    let Some(published) = desk.registry.agreement(anchor) else { return };
    let Some(folder) = to.of(&published.state) else { return };
    if let Err(error) = export::compare(desk.registry.store(), &published.state, &folder) {
        // Anything else the export itself tells.
        shut(desk, anchor, agreement, &error);
    }
}

/// Adds nothing more to an agreement of which its log has signed what the store does not have.
fn shut(desk: &Desk, anchor: &Digest, agreement: &Id, error: &ExportError) {
    if let ExportError::OtherHistory { history, path, .. } = error {
        tracing::error!(%agreement, %error, "nothing is added to this agreement: it can only be read");
        if let Err(error) = desk.registry.shut(*anchor, *history) {
            tracing::error!(%agreement, %error, "that it can only be read could not be kept: it holds until this process ends");
        }
        if let Err(error) = keep_evidence(desk, anchor, agreement, path) {
            tracing::error!(%agreement, %error, "the signed checkpoints that show it could not be kept");
        }
    }
}

/// Keeps the folder's checkpoint beside that of the store: the folder may change.
fn keep_evidence(desk: &Desk, anchor: &Digest, agreement: &Id, path: &Path) -> Result<(), StoreError> {
    let shown = fs::read_to_string(path).map_err(StoreError::io("read", path))?;
    let Some(stored) = desk.registry.store().head(anchor)? else { return Ok(()) };
    let evidence = Evidence { kept: &stored.checkpoint, shown: &shown };
    evidence.write(&desk.evidence.join(agreement.as_str())).map(drop)
}

fn write(desk: &Arc<Desk>, anchor: &Digest, to: &Export) -> Result<Option<u64>, String> {
    let published = desk.registry.agreement(anchor).ok_or("the agreement is not here any more")?;
    let name = &published.state.agreement.name;
    if published.state.is_restricted() {
        told_when_still_public(name, &to.folder);
    }
    let Some(folder) = to.of(&published.state) else { return Ok(None) };
    let done = export::export(desk.registry.store(), &published.state, &folder, Publish::Newest);
    let done =
        done.inspect_err(|error| shut(desk, anchor, name, error)).map_err(|error| error.to_string())?;
    for missing in &done.missing {
        let (entry, document) = (missing.entry, &missing.name);
        tracing::error!(agreement = %name, entry, name = %document, "a document is lost, and not exported");
    }
    Ok(Some(done.head.size))
}

/// An agreement that has become restricted is still in the folder from when it was not.
fn told_when_still_public(agreement: &Id, public: &Path) {
    let folder = public.join(agreement.as_str());
    if folder.exists() {
        tracing::error!(
            %agreement, folder = %folder.display(),
            "the agreement is restricted now, and what anybody could read of it is still in this folder: take it away"
        );
    }
}
