//! The server is stopped in its tracks, for longer than a heartbeat, a lock's idle time and a grace: nobody is given up for
//! it, and no lock ends.

use std::time::Duration;

use collab::Status;
use drawing::{EntityId, Op, Vec2};
use protocol::{Address, Limits};
use tokio::time::timeout;

use crate::ground::Ground;
use crate::history::Notes;
use crate::person::Person;
use crate::storm::{Storm, judge};
use crate::{limits, rounds};

const PEOPLE: usize = 4;
/// Longer than a grace, by far.
const STOPPED: Duration = Duration::from_millis(4_000);

/// Comes in, and asks for the first line.
async fn come_in_and_lock(address: &Address, notes: &Notes, limits: Limits) -> Person {
    let mut person = Person::new(0, notes, limits);
    person.connect(address).await;
    person.until("a welcome", |session| *session.status() == Status::Live).await;
    let first = person.session.drawing().entities().next().expect("a line").id;
    person.session.lock(vec![first.into()]);
    person.until("a lock", |session| session.is_mine(first.into())).await;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_for_longer_than_a_grace_it_gives_up_nobody_and_no_lock() {
    let ground = Ground::new(limits());
    let server = ground.start();
    let notes = Notes::begin();
    let mut ana = come_in_and_lock(&server.address, &notes, limits()).await;
    let (me, held, stored) = (ana.session.me(), ana.session.locks().next(), ana.stored);
    server.signal("-STOP");
    // She goes on saying that she is there, and nobody hears it.
    let silence = timeout(STOPPED, ana.until("nothing", |_| false)).await;
    assert!(silence.is_err(), "nobody is there");
    server.signal("-CONT");
    if !ana.is_in() {
        ana.connect(&server.address).await;
    }
    let (id, _) = held.expect("she holds it");
    let moved = Op::Translate { ids: vec![EntityId(id.0)], by: Vec2 { x: 1.0, y: 0.0 } };
    ana.session.submit(moved).expect("she holds it");
    ana.until("an answer", |session| session.waiting() == 0).await;
    assert_eq!((ana.session.me(), ana.session.locks().next(), ana.stored), (me, held, stored + 1));
    ana.end();
    server.kill();
    let summary = judge(&notes.records(), &ground.log(), &limits(), 1);
    assert_eq!((summary.lapsed, summary.expired), (0, 0), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_in_a_storm_it_told_nothing_that_is_not_so() {
    let ground = Ground::new(limits());
    let server = ground.start();
    let storm = Storm::begin(PEOPLE, vec![server.address.clone()], limits());
    let rounds = rounds(2, 20);
    for round in 0..rounds {
        storm.until_stored(20).await;
        server.signal("-STOP");
        // Long enough for some to give their connections up, and now and then for all.
        let stopped = Duration::from_millis(if round % 2 == 0 { 4_000 } else { 900 });
        let silence = timeout(stopped, storm.until_stored(u64::MAX / 2)).await;
        assert!(silence.is_err(), "nobody answers");
        server.signal("-CONT");
        storm.until_stored(1).await;
    }
    let records = storm.calm().await;
    server.kill();
    let summary = judge(&records, &ground.log(), &limits(), 1);
    println!("{rounds} rounds: {summary:?}");
    assert!(summary.done == PEOPLE + 1 && summary.promised as u64 > rounds * 20, "{summary:?}");
    assert_eq!(summary.sessions, PEOPLE + 1, "nobody who was there all the while is given up");
}
