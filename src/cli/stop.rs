//! A long command that a signal ends, and that tells first how far it came.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use super::error::{CliError, Code};

/// Whether, and by which signal, a command was asked to end.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    code: Arc<AtomicU8>,
}

impl Stop {
    /// Waits from now on for SIGINT and SIGTERM beside whatever else goes on. A second one ends the process at once, as the
    /// first does where nobody waits.
    ///
    /// # Errors
    /// Signals cannot be waited for.
    pub fn on_signals() -> Result<Self, CliError> {
        let cannot = |error| CliError::Storage(format!("signals cannot be waited for: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
        let within = runtime.enter();
        let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
        drop(within);
        let stop = Self::default();
        let Self { asked, code } = stop.clone();
        std::thread::spawn(move || {
            runtime.block_on(async {
                loop {
                    let by = tokio::select! {
                        _ = terminate.recv() => Code::Terminated,
                        _ = interrupt.recv() => Code::Interrupted,
                    };
                    code.store(by as u8, Ordering::Relaxed);
                    if asked.swap(true, Ordering::Relaxed) {
                        std::process::exit(i32::from(by as u8));
                    }
                }
            });
        });
        Ok(stop)
    }

    /// Set once it was asked to end.
    pub fn asked(&self) -> &AtomicBool {
        &self.asked
    }

    /// Whether it was asked to end.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// The exit code that says so.
    pub fn code(&self) -> Code {
        if self.code.load(Ordering::Relaxed) == Code::Interrupted as u8 {
            Code::Interrupted
        } else {
            Code::Terminated
        }
    }
}
