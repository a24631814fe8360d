//! What the fuzzers found worth keeping is tried again, each time and without a fuzzer: `tests/fuzz` has the targets, and
//! the corpora that they are tried on.

#[path = "../fuzz/src/codec.rs"]
mod codec;
#[path = "../fuzz/src/desk.rs"]
mod desk;
#[path = "../fuzz/src/log.rs"]
mod log;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tests::model;

fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    files
}

/// Tries a target on all that is kept for it; at least so many files are.
fn check(target: &str, least: usize, try_bytes: fn(&[u8])) {
    let files = corpus(target);
    assert!(files.len() >= least, "{target}: {} files", files.len());
    for file in files {
        let bytes = std::fs::read(&file).expect("a file is read");
        let tried = catch_unwind(AssertUnwindSafe(|| try_bytes(&bytes)));
        assert!(tried.is_ok(), "{target}: {} fails", file.display());
    }
}

#[test]
fn what_was_tried_on_the_codec_still_holds() {
    check("codec", 100, codec::try_bytes);
}

#[test]
fn what_was_tried_on_logs_still_holds() {
    check("log", 10, log::try_bytes);
}

#[test]
fn what_was_tried_on_desks_still_holds() {
    check("desk", 10, desk::try_bytes);
}

/// Courses by chance, the same every time: some of what a fuzzer would begin with.
#[test]
fn a_desk_holds_whatever_happens_to_it() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    };
    for round in 0..150 {
        let course: Vec<u8> = (0..40 + round).flat_map(|_| next()).collect();
        let tried = catch_unwind(AssertUnwindSafe(|| desk::try_bytes(&course)));
        assert!(tried.is_ok(), "round {round}");
    }
}
