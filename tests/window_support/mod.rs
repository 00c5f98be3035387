//! What is tried in `window_oracle`, and what it must come to.

pub mod ballot;
pub mod simulator;
