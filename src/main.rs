//! Parses the command line, sets up tracing, maps errors to exit codes; nothing else.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use mimalloc::MiMalloc;
use quorate::cli::Cli;
use tracing_subscriber::EnvFilter;

/// Memory that one core asks for and another gives back, as in an audit, must not stop both (`docs/performance.md`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    // What goes wrong is told by the answer; the log is for servers, and for whoever asks with QUORATE_LOG=debug.
    let level = if Cli::serves(&words) { "quorate=info" } else { "off" };
    let asked = std::env::var("QUORATE_LOG").ok().filter(|asked| !asked.is_empty());
    let filter = asked.and_then(|asked| EnvFilter::try_new(asked).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(level));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
    ExitCode::from(Cli::run_line(words) as u8)
}
