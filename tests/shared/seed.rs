//! Random instants that can be had again.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // helpers of tests

/// The seed of a test's random instants: from the environment, or a new one; always printed.
pub fn seed() -> u64 {
    let seed = std::env::var("QUORATE_TEST_SEED").ok().map_or_else(
        || {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).unwrap();
            u64::from_be_bytes(bytes)
        },
        |seed| seed.parse().unwrap(),
    );
    println!("QUORATE_TEST_SEED={seed}");
    seed
}
