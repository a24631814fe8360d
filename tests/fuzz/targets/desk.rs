//! libFuzzer on [`fuzz::desk`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::desk::try_bytes(bytes));
