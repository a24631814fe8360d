//! libFuzzer on [`fuzz::log`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::log::try_bytes(bytes));
