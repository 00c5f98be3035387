//! HTTP, both ways: [`Client`] asks other machines, [`listen`] takes connections. It knows nothing of logs.

mod client;
mod error;
pub mod listen;

pub use client::{Client, Response, address};
pub use error::NetError;

#[cfg(test)]
mod tests;
