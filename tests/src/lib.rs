//! Shared pieces of the tests that need several crates.

pub mod model;
pub mod random;
