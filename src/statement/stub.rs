use super::*;
use crate::values::Digest;
pub struct Checked {
    d: Digest,
    s: Statement,
    k: Vec<PublicKey>,
}
impl Checked {
    pub fn digest(&self) -> Digest {
        self.d
    }
    pub fn statement(&self) -> &Statement {
        &self.s
    }
    pub fn signers(&self) -> &[PublicKey] {
        &self.k
    }
}
impl Statement {
    pub fn type_name(&self) -> &'static str {
        ""
    }
}
