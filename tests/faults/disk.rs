//! The disk is full in the middle of a storm: whoever asks is told so, nothing that was acknowledged is lost, and when
//! there is room again it goes on.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ground::Ground;
use crate::limits;
use crate::storm::{Storm, judge};

const PEOPLE: usize = 4;
/// Edits that are acknowledged before the disk is full, and after there is room again.
const STORED: u64 = 30;
/// How many refusals for want of room are waited for.
const UNAVAILABLE: u64 = 10;

/// A small file system in memory, where the system lets one be made.
struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    fn mount(at: &Path) -> Option<SmallDisk> {
        std::fs::create_dir(at).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"]).arg(at).output();
        let mounted = mounted.is_ok_and(|done| done.status.success());
        mounted.then(|| SmallDisk { at: at.into() })
    }

    fn filler(&self) -> PathBuf {
        self.at.join("filler")
    }

    /// Fills all that is left.
    fn fill(&self) {
        use std::io::Write as _;
        let mut filler = std::fs::File::create(self.filler()).expect("a file");
        // In ever smaller pieces, until not a byte fits.
        for piece in [1 << 16, 1 << 12, 1 << 6, 1] {
            while filler.write_all(&vec![7; piece]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).expect("it was there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What is still open goes when it is closed.
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_full_disk_it_refuses_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk")) else {
        println!(
            "NOT TRIED: no file system can be mounted here; files that may not grow are, in the test beside this one"
        );
        return;
    };
    let ground = Ground::within(&disk.at, limits());
    let mut server = ground.start();
    let storm = Storm::begin(PEOPLE, vec![server.address.clone()], limits());
    for _ in 0..2 {
        storm.until_stored(STORED).await;
        disk.fill();
        storm.until_unavailable(UNAVAILABLE).await;
        assert!(server.is_running());
        disk.free();
    }
    storm.until_stored(STORED).await;
    let records = storm.calm().await;
    server.kill();
    let summary = judge(&records, &ground.log(), &limits(), 1);
    println!("{summary:?}");
    assert!(summary.promised as u64 >= 3 * STORED && summary.done == PEOPLE + 1, "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_files_that_may_not_grow_it_loses_nothing_that_it_acknowledged() {
    let mut ground = Ground::new(limits());
    // A file may have so many blocks of 512 bytes and no more; the signal that says so is ignored, so that writes fail.
    ground.run_by = ["sh", "-c", "trap '' XFSZ; ulimit -f 700; exec \"$0\" \"$@\""].map(str::to_owned).into();
    let mut server = ground.start();
    let storm = Storm::begin(PEOPLE, vec![server.address.clone()], limits());
    storm.until_stored(STORED).await;
    storm.until_troubled(UNAVAILABLE).await;
    assert!(server.is_running());
    server.kill();
    ground.run_by.clear();
    server = ground.start();
    storm.moved(vec![server.address.clone()]);
    storm.until_stored(STORED).await;
    let records = storm.calm().await;
    server.kill();
    let summary = judge(&records, &ground.log(), &limits(), 1);
    println!("{summary:?}");
    assert!(summary.promised as u64 >= 2 * STORED && summary.done == PEOPLE + 1, "{summary:?}");
}
