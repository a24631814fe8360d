//! Two servers over one Redis, and each of the three is killed or stopped in the middle of a storm.

use std::process::Command;
use std::time::Duration;

use collab::StoredPayload;
use protocol::{Address, Event, Limits, Seq};
use server::store::{RedisOptions, RedisPlace, Store as _};
use tokio::time::timeout;

use crate::ground::{Server, beside_tests, dxf, limit_arguments};
use crate::history::Log;
use crate::redis::Redis;
use crate::rounds;
use crate::storm::{Storm, judge};

const PEOPLE: usize = 4;
/// Edits that are acknowledged in a round.
const STORED: u64 = 12;

/// A grace that a node needs longer than a second to watch.
fn limits() -> Limits {
    Limits { grace_ms: 5_000, lock_idle_ms: 2_500, ..crate::limits() }
}

fn start(redis: &Redis) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.dxf");
    std::fs::write(&file, dxf(6)).expect("a drawing's file");
    let mut command = Command::new(beside_tests("linework-server"));
    command.args(["--listen", "127.0.0.1:0", "--print-secrets", "--nearby", "off", "--redis", &redis.url(), "--add"]);
    command.arg(&file).args(limit_arguments(&limits()));
    Server::spawn(command)
}

async fn log(redis: &Redis) -> Log {
    let place = RedisPlace::open(&RedisOptions::new(redis.url())).await.expect("Redis will do");
    let store = place.store("plan");
    let mut entries: Vec<StoredPayload> = Vec::new();
    loop {
        let after = entries.last().map_or(Seq(0), |last| last.seq);
        let stretch = store.read_after(after, 1 << 20).await.expect("it reads");
        if !stretch.entries.is_empty() {
            entries.extend(stretch.entries);
            continue;
        }
        let first = protocol::decode_entry(&entries[0].payload).expect("an entry");
        let Event::Created { snapshot, .. } = first.event else { panic!("a log starts otherwise: {first:?}") };
        let bytes = store.blob(snapshot).await.expect("it looks").expect("the drawing is there");
        let drawing = protocol::decode_drawing(&bytes).expect("a drawing");
        return Log { id: stretch.head.log, entries, drawing };
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_and_their_redis_are_killed_and_stopped_and_told_nothing_that_is_not_so() {
    let mut redis = Redis::safe();
    let mut servers = [start(&redis), start(&redis)];
    let addresses =
        |servers: &[Server; 2]| -> Vec<Address> { servers.iter().map(|each| each.address.clone()).collect() };
    let storm = Storm::begin(PEOPLE, addresses(&servers), limits());
    let rounds = rounds(5, 100);
    for round in 0..rounds {
        storm.until_stored(STORED + round * 5 % 20).await;
        match round % 5 {
            at @ (0 | 1) => {
                servers[at as usize] = start(&redis);
                storm.moved(addresses(&servers));
            }
            2 => {
                redis.kill();
                redis.start();
            }
            // Longer than everybody's patience, and than a grace.
            3 => {
                servers[0].signal("-STOP");
                let stopped = timeout(Duration::from_secs(6), storm.until_stored(u64::MAX / 2)).await;
                assert!(stopped.is_err());
                servers[0].signal("-CONT");
            }
            _ => {
                redis.signal("-STOP");
                let stopped = timeout(Duration::from_secs(3), storm.until_stored(u64::MAX / 2)).await;
                assert!(stopped.is_err());
                redis.signal("-CONT");
            }
        }
    }
    storm.until_stored(STORED).await;
    let records = storm.calm().await;
    let log = log(&redis).await;
    let summary = judge(&records, &log, &limits(), 2);
    println!("{rounds} rounds: {summary:?}");
    assert!(summary.promised as u64 > rounds * STORED && summary.refused > 0, "{summary:?}");
    assert!(summary.done == PEOPLE + 1 && summary.comings > PEOPLE + 1, "{summary:?}");
}
