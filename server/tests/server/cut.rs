//! What is begun is done whole, whether or not whoever asked for it still waits.

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Waker};

use oplog::Log;
use protocol::{Limits, LogId};
use server::store::{RedisOptions, RedisPlace, Store as _};
use server::{Host, Listing, Options};
use tokio::time::timeout;

use crate::client::DEADLINE;
use crate::console::{overview, watch};
use crate::http::Asker;
use crate::place::{Place, lines};
use crate::redis::Redis;

/// A file that takes a while to read.
fn large_dxf() -> Vec<u8> {
    let line = "0\nLINE\n8\n0\n10\n0.0\n20\n0.0\n11\n5.0\n21\n0.0\n";
    format!("0\nSECTION\n2\nENTITIES\n{}0\nENDSEC\n0\nEOF\n", line.repeat(20_000)).into_bytes()
}

/// Begins something, and goes away at once.
fn begin<T>(act: impl Future<Output = T>) {
    let act = pin!(act);
    assert!(act.poll(&mut Context::from_waker(Waker::noop())).is_pending(), "it takes longer than a moment");
}

/// Waits until something is so that says nothing of itself.
async fn until(is: impl Fn() -> bool) {
    let look = async {
        while !is() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, look).await.expect("it is so in time");
}

/// The files of a folder that are not a whole drawing's.
fn odd_files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains("transfer") || name.contains("unfinished")).collect()
}

async fn an_upload_that_is_left_is_added(place: &Place) {
    let owner = Asker::signed_in(place.port(), &place.host.take_owner_secret().unwrap()).await;
    let mut client = watch(&place.address(), &owner).await;
    owner.ask_and_go("POST", "/api/drawings?file=big.dxf", &large_dxf()).await;
    overview(&mut client, |seen| seen.drawings.iter().any(|each| each.name == "big")).await;
    // The same again at once: each has its turn, and none is lost.
    for _ in 0..3 {
        owner.ask_and_go("POST", "/api/drawings?file=big.dxf", &large_dxf()).await;
    }
    overview(&mut client, |seen| seen.drawings.iter().any(|each| each.name == "big-4")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_goes_away_while_its_file_is_read_leaves_a_whole_drawing() {
    let folder = tempfile::tempdir().unwrap();
    let (place, ..) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    an_upload_that_is_left_is_added(&place).await;
    place.close().await;
    let again = Host::open(Options::new(folder.path()), tokio::runtime::Handle::current()).unwrap();
    let names: Vec<_> = again.drawings().into_iter().map(|listing| listing.name).collect();
    assert_eq!(names, ["big", "big-2", "big-3", "big-4", "plan"]);
    assert_eq!(odd_files(folder.path()), [""; 0]);
    again.close().await;

    let redis = Redis::safe();
    let place = Place::over(&redis).await;
    place.add_plan(1).await;
    an_upload_that_is_left_is_added(&place).await;
    place.close().await;
}

/// Begins each act and goes away; what is kept and what is in memory are the same after it.
async fn acts_are_whole(place: &Place) -> Listing {
    let before = place.host.listing("plan").unwrap();
    begin(place.host.renew_link("plan"));
    let of = |is: &dyn Fn(Listing) -> bool| place.host.listing("plan").is_ok_and(is);
    until(|| of(&|now| now.secret != before.secret)).await;
    begin(place.host.archive("plan", true));
    until(|| of(&|now| now.archived)).await;
    begin(place.host.add("Site", None, lines(1).0));
    until(|| place.host.listing("site").is_ok()).await;
    place.host.listing("plan").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_nobody_waits_for_is_done_in_memory_as_on_the_shelf() {
    let folder = tempfile::tempdir().unwrap();
    let (place, ..) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let kept = acts_are_whole(&place).await;
    place.close().await;
    let again = Host::open(Options::new(folder.path()), tokio::runtime::Handle::current()).unwrap();
    assert_eq!(again.listing("plan").unwrap(), kept);
    again.close().await;

    let redis = Redis::safe();
    let place = Place::over(&redis).await;
    place.add_plan(1).await;
    let kept = acts_are_whole(&place).await;
    let other = Place::over(&redis).await;
    assert_eq!(other.host.listing("plan").unwrap(), kept);
    other.close().await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_free_once_its_host_is_closed_whoever_has_a_part_of_it_in_hand() {
    let folder = tempfile::tempdir().unwrap();
    let (place, ..) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let kept = place.host.clone();
    place.close().await;
    let again = Host::open(Options::new(folder.path()), tokio::runtime::Handle::current()).unwrap();
    assert!(again.listing("plan").is_ok());
    assert!(matches!(kept.add("Late", None, lines(1).0).await, Err(server::HostError::Closing)));
    again.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_of_adding_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = |file: &str| folder.path().join(file);
    for name in ["begun", "foreign"] {
        let mut log = Log::create(path(&format!("{name}.linework")), LogId([7; 16])).unwrap();
        log.put_blob(b"a file").unwrap();
        log.close().unwrap();
    }
    for file in ["begun.linework-unfinished", "begun.linework-secret"] {
        std::fs::write(path(file), "").unwrap();
    }
    let (place, ..) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    assert!(!path("begun.linework").exists() && !path("begun.linework-secret").exists());
    assert!(path("foreign.linework").exists(), "half of a copy may be worth something to somebody");
    assert!(!path("begun.linework-unfinished").exists() && !path("plan.linework-unfinished").exists());
    // One that was added, but did not say so any more.
    place.close().await;
    std::fs::write(path("plan.linework-unfinished"), "").unwrap();
    let again = Host::open(Options::new(folder.path()), tokio::runtime::Handle::current()).unwrap();
    assert!(again.listing("plan").is_ok() && !path("plan.linework-unfinished").exists());
    again.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_of_adding_to_a_redis_is_removed_once_nobody_can_be_at_it() {
    let redis = Redis::safe();
    let place = RedisPlace::open(&RedisOptions::new(redis.url())).await.unwrap();
    for name in ["young", "old"] {
        assert!(place.begin(name, "A plan", LogId([7; 16])).await.unwrap().is_some());
        place.store(name).put_blob(b"a file"[..].into()).await.unwrap();
    }
    let client = ::redis::Client::open(redis.url()).unwrap();
    let mut asked = client.get_multiplexed_async_connection().await.unwrap();
    let listed = r#"{"title":"A plan","secret":"x","begun_ms":1}"#;
    ::redis::cmd("HSET").arg(&["linework:drawings", "old", listed]).exec_async(&mut asked).await.unwrap();
    let served = Place::over(&redis).await;
    assert!(served.host.drawings().is_empty());
    served.close().await;
    let left: Vec<String> = ::redis::cmd("KEYS").arg("*{old}*").query_async(&mut asked).await.unwrap();
    assert_eq!(left, [""; 0]);
    for (name, free) in [("old", true), ("young", false)] {
        assert_eq!(place.begin(name, "A plan", LogId([8; 16])).await.unwrap().is_some(), free, "{name}");
    }
}
