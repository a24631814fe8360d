//! What a server counts and says of itself, asked as a program that looks after it asks.

use protocol::{Encoding, Limits, Request};
use server::{MetricsFor, Options};

use crate::client::{Client, Person, hello};
use crate::http::Asker;
use crate::place::{Place, lines, translate};

/// The value of a line of figures.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

async fn figures(port: u16) -> String {
    let answer = Asker { origin: None, ..Asker::own(port) }.get("/metrics").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"), "{answer:?}");
    String::from_utf8(answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_is_counted_and_nobody_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 5).await;
    let before = figures(place.port()).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let mut bo = Person::join(&address, Encoding::Json, 2).await;
    let token = ana.lock([ids[0]]).await;
    ana.store(ana.edit(translate(ids[0], 7.5), &[token])).await;
    bo.ask(Request::Lock { ids: vec![ids[0].into()], wait: false }).await;
    // One who guesses is turned away.
    let mut wrong = hello(&address, 3, None);
    wrong.secret = "wrong".into();
    Client::connect(&address, Encoding::Json).await.enter(wrong, None).await.err().unwrap();
    let after = figures(place.port()).await;
    for (name, less, more) in [
        ("linework_drawings_known", 1.0, 1.0),
        ("linework_drawings_open", 1.0, 1.0),
        ("linework_connections", 2.0, 3.0),
        ("linework_sessions", 2.0, 2.0),
        ("linework_people_connected", 2.0, 2.0),
        ("linework_store_answers_total{answer=\"unknown\"}", 0.0, 0.0),
        ("linework_refusals_total{kind=\"held\"}", 1.0, 1.0),
        ("linework_turned_away_total{why=\"hello\"}", 1.0, 1.0),
        ("linework_request_seconds_count", 3.0, 3.0),
        ("linework_mismatches_total", 0.0, 0.0),
        ("process_resident_memory_bytes", 1e6, 1e12),
        ("process_open_fds", 5.0, 1e6),
    ] {
        let found = value(&after, name);
        assert!((less..=more).contains(&found), "{name} {found}: {after}");
    }
    let grown = |name| value(&after, name) - value(&before, name);
    // Two who joined, a lock, an edit; some of them perhaps in one append.
    assert_eq!(grown("linework_entries_appended_total"), 4.0);
    let appends = grown("linework_append_seconds_count");
    assert!((3.0..=4.0).contains(&appends), "{appends}");
    assert_eq!(grown("linework_store_answers_total{answer=\"stored\"}"), appends);
    assert_eq!(grown("linework_commit_seconds_count"), appends);
    assert!(grown("linework_received_bytes_total") > 500.0 && grown("linework_sent_bytes_total") > 500.0);
    let tmp = folder.path().to_str().unwrap();
    for word in ["Person", "plan", "Plan", &address.secret, tmp] {
        assert!(!after.contains(word), "{word} in {after}");
    }
    drop((ana, bo));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_whom_they_are_meant() {
    for (whom, own, named, proxied) in [
        (MetricsFor::Nobody, 403, 403, 403),
        (MetricsFor::ThisMachine, 200, 403, 403),
        (MetricsFor::Everybody, 200, 200, 200),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::open_with(Options { metrics: whom, ..Options::new(folder.path()) }).await;
        let asker = Asker { origin: None, ..Asker::own(place.port()) };
        assert_eq!(asker.get("/metrics").await.status, own, "{whom:?}");
        // A page of a foreign name that was pointed at this machine.
        let foreign = Asker { host: "evil.example".into(), ..asker.clone() };
        assert_eq!(foreign.get("/metrics").await.status, named, "{whom:?}");
        // Somebody from elsewhere, through a proxy on this machine.
        let host = format!("{}\r\nX-Forwarded-For: 203.0.113.9", asker.host);
        assert_eq!(Asker { host, ..asker }.get("/metrics").await.status, proxied, "{whom:?}");
        place.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_whether_anything_can_be_stored() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let place = Place::open(&data, Limits::default()).await;
    place.host.add("Plan", None, lines(1).0).await.unwrap();
    let asker = Asker::own(place.port());
    let well = asker.get("/health").await;
    assert_eq!((well.status, &well.value()["writable"], &well.value()["drawings"]), (200, &true.into(), &1.into()));
    assert!(!data.join("linework-server.check").exists(), "nothing is left of looking");
    place.close().await;

    let place = Place::open(&data, Limits::default()).await;
    std::fs::rename(&data, folder.path().join("elsewhere")).unwrap();
    let ill = Asker::own(place.port()).get("/health").await;
    assert_eq!((ill.status, &ill.value()["writable"]), (503, &false.into()));
    assert!(ill.value()["wrong"].as_str().unwrap().contains("can't be written"), "{ill:?}");
    assert!(!String::from_utf8_lossy(&ill.body).contains(folder.path().to_str().unwrap()), "{ill:?}");
    std::fs::rename(folder.path().join("elsewhere"), &data).unwrap();
    place.close().await;
}
