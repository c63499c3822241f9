//! Whole exchanges in memory: the bytes choose what clients, backends and loops do next. No promise
//! is broken, and nothing is left when all is over.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|choices: &[u8]| {
    jk_proxy::sim::run_bytes(choices);
});
