//! The console: the real server, its page in a real browser, and people who join over the JSON subprotocol.
//!
//! Needs Chromium, which `./linework test` installs. `LINEWORK_SHOTS=FOLDER` keeps pictures of the page there, seen from the root of
//! the project.

mod acts;
mod bad_input;
mod browser;
mod journey;
mod numbers;
mod page;
mod people;
mod person;
mod served;
mod shots;
mod ticket;

use std::path::PathBuf;
use std::time::Duration;

/// How long anything may take to come about before the test has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The ground floor of a café: what people work on here.
fn sample() -> PathBuf {
    // Chromium takes no file from the program that drives it by a path with `..` in it.
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/sample.dxf"));
    path.canonicalize().expect("the sample is there")
}
