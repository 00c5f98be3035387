//! HTTP, both ways: [`Client`] asks other machines, [`listen`] takes connections. It knows nothing of logs.

mod client;
mod error;
pub mod listen;
pub mod share;
mod sign_in;
mod stalled;

pub use client::{Client, Lines, Response, address, origin, split_origin};
pub use error::NetError;
pub use sign_in::Signs;

#[cfg(test)]
mod tests;
