//! libFuzzer on [`fuzz::codec`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::codec::try_bytes(bytes));
