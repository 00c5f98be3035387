//! What the commands that serve have in common: how they tell that they listen, and how they end.

use std::future::Future;

use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use super::context::Context;
use super::error::CliError;

/// Ends on SIGTERM and Ctrl-C.
///
/// # Errors
/// Signals cannot be waited for.
pub fn shutdown() -> Result<impl Future<Output = ()>, CliError> {
    let cannot = |error| CliError::Storage(format!("signals cannot be waited for: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("ending");
    })
}

/// Tells where it listens while it serves, since the answer of a command comes at its end.
///
/// # Errors
/// Standard output cannot be written.
pub fn announce(context: &Context, json: &Value, line: &str) -> Result<(), CliError> {
    let text = if context.json { super::pretty(json) } else { format!("{line}\n") };
    super::write(&text)
        .map_err(|error| CliError::Storage(format!("standard output cannot be written: {error}")))
}
