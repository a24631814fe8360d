//! A Redis that is away, full, a copy, or emptied: what a node can't know it doesn't say.

use std::process::Command;

use collab::{AppendAnswer, NewPayload};
use protocol::{Position, Seq};
use server::store::{RedisOptions, RedisPlace, Store as _};

use crate::redis::Redis;
use crate::subjects::LOG;

fn new(payload: &str) -> Vec<NewPayload> {
    vec![NewPayload { payload: payload.into(), time_ms: 0, author: "Ana".into(), kind: "edited" }]
}

/// Tells it something, as an administrator does.
fn tell(redis: &Redis, words: &[&str]) {
    let told = Command::new("redis-cli").args(["-e", "-u", &redis.url()]).args(words).output();
    let told = told.expect("redis-cli runs; it comes with redis-server");
    assert!(told.status.success(), "{words:?}: {}", String::from_utf8_lossy(&told.stdout));
}

/// A Redis and an empty log in it.
async fn place() -> (Redis, RedisPlace, Position) {
    let redis = Redis::safe();
    let place = RedisPlace::open(&RedisOptions::new(redis.url())).await.expect("it is there");
    let (_, start) = place.begin("plan", "Plan", LOG).await.expect("it lists it").expect("nobody has that name");
    (redis, place, start)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_nothing_is_known_and_afterwards_the_log_says() {
    let (mut redis, place, start) = place().await;
    let store = place.store("plan");
    let one = start.after(b"one");
    assert_eq!(store.append(start, new("one")).await, AppendAnswer::Stored(one));

    redis.kill();
    assert_eq!(store.append(one, new("two")).await, AppendAnswer::Unknown);
    store.read_after(Seq(0), 100).await.expect_err("nobody answers");
    redis.start();
    assert_eq!(store.read_after(Seq(0), 100).await.expect("it is back").head, one);

    // It hears what is said, and does it when nobody waits for the answer any more.
    redis.signal("-STOP");
    assert_eq!(store.append(one, new("two")).await, AppendAnswer::Unknown);
    redis.signal("-CONT");
    let two = one.after(b"two");
    let again = store.append(one, new("two")).await;
    assert!([AppendAnswer::Stored(two), AppendAnswer::Behind(two)].contains(&again), "{again:?}");
    let stretch = store.read_after(Seq(0), 100).await.expect("it reads");
    assert_eq!((stretch.entries.len(), stretch.head), (2, two));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_turned_away_comes_in_again_when_the_password_is_as_it_was() {
    let (redis, place, start) = place().await;
    let store = place.store("plan");
    // Somebody who may still speak with it.
    tell(&redis, &["ACL", "SETUSER", "admin", "on", "nopass", "~*", "&*", "+@all"]);
    let admin = |words: &[&str]| {
        let url = redis.url().replace("redis://", "redis://admin:any@");
        let told = Command::new("redis-cli").args(["-e", "-u", &url]).args(words).output().expect("redis-cli runs");
        assert!(told.status.success(), "{words:?}: {}", String::from_utf8_lossy(&told.stdout));
    };
    admin(&["CONFIG", "SET", "requirepass", "another"]);
    admin(&["CLIENT", "KILL", "TYPE", "normal"]);
    for _ in 0..2 {
        let answer = store.append(start, new("one")).await;
        assert!(matches!(answer, AppendAnswer::Unknown | AppendAnswer::Failed(_)), "{answer:?}");
    }
    admin(&["CONFIG", "SET", "requirepass", ""]);
    let one = start.after(b"one");
    let mut answers = Vec::new();
    while !answers.contains(&AppendAnswer::Stored(one)) {
        assert!(answers.len() < 20, "{answers:?}");
        answers.push(store.append(start, new("one")).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_be_written_is_refused_with_the_reason() {
    let (redis, place, start) = place().await;
    let store = place.store("plan");
    let mut head = start;
    for (wrong, words, mended) in [
        (&["CONFIG", "SET", "maxmemory", "1"][..], "no memory left", &["CONFIG", "SET", "maxmemory", "0"][..]),
        (&["REPLICAOF", "127.0.0.1", "1"], "a copy that nobody may write to", &["REPLICAOF", "NO", "ONE"]),
        (&["ACL", "SETUSER", "default", "-evalsha"], "may not write", &["ACL", "SETUSER", "default", "+evalsha"]),
    ] {
        tell(&redis, wrong);
        match store.append(head, new("one")).await {
            AppendAnswer::Failed(why) => assert!(why.contains(words), "{why}"),
            other => panic!("{wrong:?}: {other:?}"),
        }
        tell(&redis, mended);
        let after = head.after(b"one");
        assert_eq!(store.append(head, new("one")).await, AppendAnswer::Stored(after));
        head = after;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_gone_is_never_begun_again() {
    let (redis, place, start) = place().await;
    let store = place.store("plan");
    tell(&redis, &["FLUSHALL"]);
    assert_eq!(store.append(start, new("one")).await, AppendAnswer::Unknown);
    let gone = store.read_after(Seq(0), 100).await.expect_err("there is nothing");
    assert!(gone.to_string().contains("gone from Redis"), "{gone}");
}
