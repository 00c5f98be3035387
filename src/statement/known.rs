//! Keys that have passed, ready to verify with. Few keys sign most of a log: finding the point behind one takes a seventh as long
//! as verifying with it, and a table of its multiples saves the doublings of each verification.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use curve25519_dalek::edwards::{EdwardsBasepointTable, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::BasepointTable as _;
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha512};

use super::key::{KeyError, RawKey};

/// How many keys a thread remembers: about 250 bytes each.
const MOST_KNOWN: usize = 1_024;

/// How many keys have a table at a time: 30 KiB each.
const MOST_TABLES: usize = 512;

/// After how many signatures that hold a key gets one: making it takes as long as verifying twice.
const OFTEN: u32 = 8;

/// After how many signatures of keys for which there was no room the tables are given to others.
const TURN: u32 = 65_536;

thread_local! {
    static KNOWN: RefCell<HashMap<RawKey, Known>> = RefCell::default();
}

/// The tables, which threads share: those who sign most have one, and nobody can have them made again and again.
static TABLES: LazyLock<RwLock<Tables>> = LazyLock::new(RwLock::default);

#[derive(Default)]
struct Tables {
    of: HashMap<RawKey, Arc<EdwardsBasepointTable>>,
    /// How often there was no room.
    missed: u32,
}

/// A key that has passed.
#[derive(Clone, Copy)]
pub(super) struct Known {
    key: VerifyingKey,
    /// How many signatures have held in this thread, as far as that is counted.
    held: u32,
}

impl Known {
    /// The key behind these 32 bytes: a canonically encoded point of large order, or the reason why not.
    pub(super) fn of(raw: &RawKey) -> Result<Self, KeyError> {
        if let Some(known) = KNOWN.with_borrow(|known| known.get(raw).copied()) {
            return Ok(known);
        }
        let known = Self { key: raw.point()?, held: 0 };
        known.remember();
        Ok(known)
    }

    /// A key of which no signature has held yet.
    #[cfg(test)]
    pub(super) fn new(raw: &RawKey) -> Self {
        Self { key: raw.point().unwrap(), held: 0 }
    }

    /// One that signs often.
    #[cfg(test)]
    pub(super) fn often(raw: &RawKey) -> Self {
        Self { held: OFTEN, ..Self::new(raw) }
    }

    pub(super) fn key(&self) -> VerifyingKey {
        self.key
    }

    /// Whether `verify` says that a signature holds.
    pub(super) fn verify(mut self, message: &[u8], signature: &Signature) -> bool {
        let table = if self.held < OFTEN { None } else { table_of(&self.key) };
        let Some(table) = table else {
            let holds = self.key.verify(message, signature).is_ok();
            if holds && self.held < OFTEN {
                self.held += 1;
                self.remember();
            }
            return holds;
        };
        // As RFC 8032 §5.1.7 and dalek's `verify` have it: R = s·B − k·A, by its bytes.
        let Some(s) = Option::<Scalar>::from(Scalar::from_canonical_bytes(*signature.s_bytes())) else {
            return false;
        };
        let hash = Sha512::new().chain_update(signature.r_bytes()).chain_update(self.key.as_bytes());
        let k = Scalar::from_bytes_mod_order_wide(&hash.chain_update(message).finalize().into());
        let point = EdwardsPoint::mul_base(&s) - &*table * &k;
        point.compress().as_bytes() == signature.r_bytes()
    }

    fn remember(&self) {
        KNOWN.with_borrow_mut(|known| {
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(RawKey(self.key.to_bytes()), *self);
        });
    }
}

/// The table of a key that signs often; `None` where others have all that there are.
fn table_of(key: &VerifyingKey) -> Option<Arc<EdwardsBasepointTable>> {
    let raw = RawKey(key.to_bytes());
    if let Some(table) = TABLES.read().unwrap_or_else(PoisonError::into_inner).of.get(&raw) {
        return Some(Arc::clone(table));
    }
    let mut tables = TABLES.write().unwrap_or_else(PoisonError::into_inner);
    if tables.of.len() >= MOST_TABLES {
        tables.missed += 1;
        if tables.missed < TURN {
            return None;
        }
        *tables = Tables::default();
    }
    let made = || Arc::new(EdwardsBasepointTable::create(&key.to_edwards()));
    Some(Arc::clone(tables.of.entry(raw).or_insert_with(made)))
}

#[cfg(test)]
mod tests {
    use sha2::Sha256;

    use super::*;

    #[test]
    fn a_remembered_key_is_the_same_key_and_a_weak_one_is_never_remembered() {
        let weak = RawKey([0; 32]);
        for number in 0..MOST_KNOWN + 2 {
            let secret = ed25519_dalek::SigningKey::from_bytes(&Sha256::digest(number.to_be_bytes()).into());
            let key = RawKey(secret.verifying_key().to_bytes());
            for _ in 0..2 {
                assert_eq!(key.verifying(), Ok(secret.verifying_key()));
                assert_eq!(weak.verifying(), Err(KeyError::SmallOrder));
            }
            assert!(KNOWN.with_borrow(HashMap::len) <= MOST_KNOWN);
        }
    }
}
