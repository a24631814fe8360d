//! What is on the wire and in the log today, byte by byte, so that another program can be held to it, and so that
//! tomorrow's program still reads it.
//!
//! `LINEWORK_CAPTURE=1` writes the bytes anew; what a person wrote of a vector, its name and its JSON, stays.

mod names;
mod page;
mod vectors;

use std::path::{Path, PathBuf};

/// The top of the project.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project").to_owned()
}
