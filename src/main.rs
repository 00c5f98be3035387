//! Parses the command line, sets up tracing, maps errors to exit codes; nothing else.
fn main() {}
