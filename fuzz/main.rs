//! One program for all targets: `QUORATE_FUZZ` says which. `fuzz/run` builds and runs it.

#![no_main]

use std::sync::LazyLock;

mod targets;

static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    let name = std::env::var("QUORATE_FUZZ").unwrap_or_default();
    targets::named(&name).unwrap_or_else(|| panic!("QUORATE_FUZZ=`{name}` is no target: see fuzz/corpus"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
