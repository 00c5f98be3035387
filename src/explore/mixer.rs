//! A digest of a state, fast and of 128 bits: among ten million states two different ones share one with a
//! probability below 10^-24. It stays in memory and is compared with nothing outside.

use std::hash::{BuildHasherDefault, Hasher};

use crate::values::Id;

/// The mixing of `MurmurHash3` for 128 bits (Austin Appleby, public domain), fed words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Mixer {
    a: u64,
    b: u64,
}

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

impl Mixer {
    pub(super) fn put(&mut self, word: u64) {
        self.a ^= word.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2);
        self.a = self.a.rotate_left(27).wrapping_add(self.b).wrapping_mul(5).wrapping_add(0x52dc_e729);
        self.b ^= word.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1);
        self.b = self.b.rotate_left(31).wrapping_add(self.a).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }

    pub(super) fn put_text(&mut self, text: &str) {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.put(u64::from_le_bytes(*word));
        }
        let rest = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.put(rest);
        self.put(u64::try_from(text.len()).unwrap_or(u64::MAX));
    }

    pub(super) fn put_id(&mut self, id: &Id) {
        self.put_text(id.as_str());
    }

    pub(super) fn put_mixer(&mut self, other: Self) {
        self.put(other.a);
        self.put(other.b);
    }

    pub(super) fn finish(self) -> u128 {
        let (a, b) = (self.a.wrapping_add(self.b), self.b.wrapping_add(self.a.wrapping_mul(2)));
        u128::from(avalanche(a)) << 64 | u128::from(avalanche(b))
    }
}

fn avalanche(mut word: u64) -> u64 {
    word = (word ^ (word >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    word = (word ^ (word >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

/// So that other tables need no slower hash: nobody chooses what is put into them.
impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        avalanche(self.a)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.put(u64::from_le_bytes(*word));
        }
        let rest = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.put(rest);
    }
}

/// A table by keys that are digests already.
pub(super) type ByKey = std::collections::HashSet<u128, BuildHasherDefault<Itself>>;

/// Takes the low half of a key for its hash.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut word = [0; 8];
        word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.0 = u64::from_le_bytes(word);
    }
}
