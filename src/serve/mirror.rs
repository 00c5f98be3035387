//! Exported folders that are kept up to date while agreements are served: for static web servers, and as copies.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::desk::Desk;
use crate::export::{Publish, export};
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

fn write(desk: &Arc<Desk>, anchor: &Digest, folder: &std::path::Path) -> Result<u64, String> {
    let published = desk.registry.agreement(anchor).ok_or("the agreement is not here any more")?;
    let done = export(desk.registry.store(), &published.state, folder, Publish::Newest);
    let done = done.map_err(|error| error.to_string())?;
    for missing in &done.missing {
        let (entry, name) = (missing.entry, &missing.name);
        tracing::error!(agreement = %published.state.agreement.name, entry, %name, "a document is lost, and not exported");
    }
    Ok(done.head.size)
}
