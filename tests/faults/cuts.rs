//! Connections that are cut, half closed, swallowed and slowed in the middle of a storm.

use crate::ground::Ground;
use crate::proxy::{Fate, Proxy};
use crate::storm::{Storm, judge};
use crate::{limits, rounds};

const PEOPLE: usize = 5;
/// Edits that are acknowledged in a round.
const STORED: u64 = 25;

#[tokio::test(flavor = "multi_thread")]
async fn over_a_network_that_can_not_be_trusted_it_told_nothing_that_is_not_so() {
    let ground = Ground::new(limits());
    let server = ground.start();
    let proxy = Proxy::start(&server.address, 1).await;
    let storm = Storm::begin(PEOPLE, vec![proxy.address.clone()], limits());
    let rounds = rounds(5, 100);
    for _ in 0..rounds {
        storm.until_stored(STORED).await;
    }
    // Whoever comes back from here on has a network.
    proxy.decree(Fate::Passes);
    let records = storm.calm().await;
    server.kill();
    let summary = judge(&records, &ground.log(), &limits(), 1);
    println!("{rounds} rounds: {summary:?}");
    assert!(summary.promised as u64 > rounds * STORED && summary.refused > 0, "{summary:?}");
    assert!(summary.comings > PEOPLE + 1 && summary.done == PEOPLE + 1, "{summary:?}");
}
