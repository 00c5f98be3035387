use crate::values::Digest;
#[derive(Debug,Clone)] pub struct Blob(Vec<u8>);
impl Blob { pub fn digest(&self)->Digest{Digest::of(&self.0)} pub fn bytes(&self)->&[u8]{&self.0} }
