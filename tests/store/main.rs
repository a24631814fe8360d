//! One suite for everything that keeps a log: a file, a Redis that the test starts, and the model that the simulation
//! plays on. Each case runs on each, with the same words.

mod away;
mod cases;
mod neighbours;
#[path = "../../server/tests/server/redis.rs"]
mod redis;
mod subjects;

use subjects::{Subject, all};

/// Runs a case on every store.
async fn check(case: impl AsyncFn(&mut Subject)) {
    for mut subject in all().await {
        eprintln!("on {}", subject.kind());
        case(&mut subject).await;
    }
}
