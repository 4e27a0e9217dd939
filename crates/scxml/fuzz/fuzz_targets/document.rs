//! Any bytes as a document: read or refused, with findings, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringback_scxml::{Options, compile};

fuzz_target!(|bytes: &[u8]| {
    if let Err(refused) = compile("fuzz.scxml", bytes, &Options::default()) {
        assert!(!refused.findings.is_empty());
    }
});
