//! The machine's clock jumps, forward and back, by hours and days, in the middle of a storm: nobody's lock or place ends
//! sooner for it, or lives for ever. `faketime` plays the jumps: it is asked for the time of day at each look.

use std::path::Path;

use protocol::Limits;

use crate::ground::Ground;
use crate::storm::{Storm, judge};
use crate::{limits, rounds};

const PEOPLE: usize = 4;
/// Edits that are acknowledged between two jumps.
const STORED: u64 = 15;
/// Of each time for which every clock stood still, so much counts: two in a row may take it from what one has left.
const STILL_MS: u32 = 1_000;
/// Where Debian's package faketime puts it, below the folder of libraries.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// Where it is on this machine.
fn library() -> String {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let found = folders.iter().map(|folder| format!("{folder}/{LIBRARY}")).find(|path| Path::new(path).exists());
    found.expect("the package faketime is installed; `./linework test` does that")
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_clock_that_jumps_nothing_ends_early_or_lives_for_ever() {
    // The time of day alone, as whoever sets a clock changes it; and every clock of the machine, as one sees who was put
    // to sleep with it.
    for (jumps, dont_fake_steady) in
        [(&["+3h", "-5h", "+40d", "-1d", "+0"][..], "1"), (&["+2h", "+9h", "+40d"][..], "0")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let time = folder.path().join("time");
        let set = |jump: &str| {
            // A whole file at once: it may be read at any moment.
            let new = folder.path().join("new-time");
            std::fs::write(&new, format!("{jump}\n")).expect("a file");
            std::fs::rename(&new, &time).expect("it is moved");
        };
        set("+0");
        let rounds = rounds(1, 10);
        let still_ms = if dont_fake_steady == "0" { STILL_MS * (rounds as u32 * jumps.len() as u32) } else { 0 };
        let least = limits();
        let grace_ms = least.grace_ms + still_ms;
        let limits = Limits { grace_ms, lock_idle_ms: least.lock_idle_ms + still_ms, ..least };
        let mut ground = Ground::new(limits);
        let time = time.to_string_lossy().into_owned();
        let environment = [
            ("LD_PRELOAD", library()),
            ("FAKETIME_TIMESTAMP_FILE", time),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", dont_fake_steady.into()),
            ("DONT_FAKE_MONOTONIC", dont_fake_steady.into()),
        ];
        ground.environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        let server = ground.start();
        let storm = Storm::begin(PEOPLE, vec![server.address.clone()], limits);
        for jump in (0..rounds).flat_map(|_| jumps) {
            storm.until_stored(STORED).await;
            set(jump);
        }
        storm.until_stored(STORED).await;
        let records = storm.calm().await;
        server.kill();
        let log = ground.log();
        let summary = judge(&records, &log, &least, 1);
        println!("{rounds} rounds of {jumps:?}: {summary:?}");
        assert!(summary.done == PEOPLE + 1 && summary.expired > 0, "{summary:?}");
        assert_eq!(summary.sessions, PEOPLE + 1, "nobody who was there all the while is given up");
        // It did jump: the log says so, for people to read.
        let times = log.times();
        let spread_ms = times.iter().max().zip(times.iter().min()).map_or(0, |(last, first)| last - first);
        assert!(spread_ms > 24 * 3_600_000, "{spread_ms} ms");
    }
}
