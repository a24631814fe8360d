//! The server is killed in the middle of a storm, again and again. A kill leaves what the system has in memory; that a
//! commit waits for the disk is asserted beside `oplog::Log`.

use crate::ground::Ground;
use crate::storm::{Storm, judge};
use crate::{limits, rounds};

const PEOPLE: usize = 4;
/// Edits that are acknowledged in a round, at the least.
const STORED: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_storm_it_told_nothing_that_is_not_so() {
    let ground = Ground::new(limits());
    let mut server = ground.start();
    let storm = Storm::begin(PEOPLE, vec![server.address.clone()], limits());
    let rounds = rounds(6, 200);
    for round in 0..rounds {
        // Each round ends elsewhere in the storm.
        storm.until_stored(STORED + round * 7 % 30).await;
        server.kill();
        server = ground.start();
        storm.moved(vec![server.address.clone()]);
    }
    let records = storm.calm().await;
    server.kill();
    let summary = judge(&records, &ground.log(), &limits(), 1);
    println!("{rounds} rounds: {summary:?}");
    assert!(summary.promised as u64 > rounds * STORED && summary.holdings as u64 > rounds, "{summary:?}");
    assert!(summary.refused > 0 && summary.done == PEOPLE + 1 && summary.expired > 0, "{summary:?}");
}
