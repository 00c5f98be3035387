//! The tamper-evident log: RFC 6962 tree, C2SP notes, checkpoints and proofs. Nothing of ours.

mod hash;

pub use hash::{Hash, Head};
pub struct VerifierKey;
impl std::str::FromStr for VerifierKey {
    type Err = crate::values::ValueError;
    fn from_str(_: &str) -> Result<Self, Self::Err> {
        Ok(Self)
    }
}
