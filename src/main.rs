//! Parses the command line, sets up tracing, maps errors to exit codes; nothing else.

use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // What goes wrong is told by the answer; the log is for whoever asks for it with QUORATE_LOG=debug.
    let filter = EnvFilter::try_from_env("QUORATE_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    ExitCode::from(quorate::cli::Cli::run_line(std::env::args_os()) as u8)
}
