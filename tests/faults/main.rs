//! The real server under real faults: killed, stopped, out of disk, cut off, with a clock that jumps, with clients that
//! dawdle. Whatever is done to it, what its clients saw over their sockets must fit the log that is left (`history`).
//!
//! Quick rounds run always; `LINEWORK_SOAK=1` runs the long ones.

mod clock;
mod cuts;
mod disk;
mod ground;
mod history;
mod kill;
mod nodes;
mod pause;
mod person;
mod proxy;
#[path = "../../server/tests/server/redis.rs"]
mod redis;
mod slow;
mod storm;

use std::time::Duration;

use protocol::Limits;

/// Nothing takes longer than this.
const DEADLINE: Duration = Duration::from_secs(30);

/// Bounds that make all clocks run out within a test.
fn limits() -> Limits {
    Limits { heartbeat_ms: 400, grace_ms: 2_500, lock_idle_ms: 1_500, ..Limits::default() }
}

/// How many rounds to go: a few, or many in a long run.
fn rounds(few: u64, many: u64) -> u64 {
    if std::env::var_os("LINEWORK_SOAK").is_some() { many } else { few }
}
