//! Exported folders that are kept up to date while agreements are served: for static web servers, and as copies.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::desk::Desk;
use crate::export::{self, ExportError, Publish};
use crate::values::{Digest, Id, Span};

/// Where, and how often at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The folder in which each agreement has one of its name.
    pub folder: PathBuf,
    /// How long passes at least between two exports of an agreement.
    pub every: Span,
}

/// Exports an agreement now, and again after it has grown, as long as it is served.
pub(super) async fn mirror(desk: Weak<Desk>, to: Export, anchor: Digest, agreement: Id) {
    let Some(mut growth) = desk.upgrade().and_then(|desk| desk.registry.growth(&anchor)) else { return };
    let folder = to.folder.join(agreement.as_str());
    loop {
        let Some(now) = desk.upgrade() else { return };
        growth.borrow_and_update();
        let folder = folder.clone();
        let exported = tokio::task::spawn_blocking(move || write(&now, &anchor, &folder)).await;
        match exported.map_err(|ended| ended.to_string()).and_then(|exported| exported) {
            Ok(size) => tracing::debug!(%agreement, size, "exported"),
            // Tried again after the next entry; meanwhile the folder shows what it had.
            Err(error) => tracing::error!(%agreement, error, "not exported"),
        }
        tokio::time::sleep(Duration::from_secs(to.every.seconds())).await;
        if growth.changed().await.is_err() {
            return;
        }
    }
}

/// Looks whether the folder shows more of an agreement's log, or another history, than the store has: then nothing is
/// added to the agreement here. Comes before the first statement is taken.
pub(super) fn compare(desk: &Desk, to: &Export, anchor: &Digest, agreement: &Id) {
    let Some(published) = desk.registry.agreement(anchor) else { return };
    let folder = to.folder.join(agreement.as_str());
    if let Err(error) = export::compare(desk.registry.store(), &published.state, &folder) {
        // Anything else the export itself tells.
        shut(desk, anchor, agreement, &error);
    }
}

/// Adds nothing more to an agreement of which its log has signed what the store does not have.
fn shut(desk: &Desk, anchor: &Digest, agreement: &Id, error: &ExportError) {
    if let ExportError::OtherHistory { history, .. } = error {
        desk.registry.shut(*anchor, *history);
        tracing::error!(%agreement, %error, "nothing is added to this agreement: it can only be read");
    }
}

fn write(desk: &Arc<Desk>, anchor: &Digest, folder: &Path) -> Result<u64, String> {
    let published = desk.registry.agreement(anchor).ok_or("the agreement is not here any more")?;
    let name = &published.state.agreement.name;
    let done = export::export(desk.registry.store(), &published.state, folder, Publish::Newest);
    let done =
        done.inspect_err(|error| shut(desk, anchor, name, error)).map_err(|error| error.to_string())?;
    for missing in &done.missing {
        let (entry, document) = (missing.entry, &missing.name);
        tracing::error!(agreement = %name, entry, name = %document, "a document is lost, and not exported");
    }
    Ok(done.head.size)
}
