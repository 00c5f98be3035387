//! How many random cases a test tries, and which.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

/// The same cases every time, unless the environment asks for others: `PROPTEST_CASES=5000 PROPTEST_RNG_SEED=7`.
pub fn config(cases: u32) -> ProptestConfig {
    let given = ProptestConfig::default();
    let asks = |name: &str| std::env::var_os(name).is_some();
    ProptestConfig {
        cases: if asks("PROPTEST_CASES") { given.cases } else { cases },
        rng_seed: if asks("PROPTEST_RNG_SEED") { given.rng_seed } else { RngSeed::Fixed(2026) },
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..given
    }
}
