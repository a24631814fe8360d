//! The console over a Redis: what the owner does at one server is so at all of them, and who is in it hears of it
//! wherever they are.

use protocol::{Address, Answer, Encoding, Event, Refusal, Request};
use serde_json::{Value, json};
use server::HostEvent;
use tokio::time::timeout;

use crate::client::{Client, DEADLINE, End, Person, hello};
use crate::console::{overview, watch};
use crate::http::Asker;
use crate::place::{Place, start_x, translate};
use crate::redis::Redis;

/// Two servers, a plan of three lines that was added at the left one, and the owner at both.
struct Studio {
    redis: Redis,
    places: [Place; 2],
    owners: [Asker; 2],
    secret: String,
    ids: Vec<drawing::EntityId>,
}

impl Studio {
    async fn open() -> Studio {
        let redis = Redis::safe();
        let (left, right) = (Place::over(&redis).await, Place::over(&redis).await);
        // Who is first tells the secret, which is good at both.
        let secret = left.host.take_owner_secret().expect("it was just made");
        assert_eq!(right.host.take_owner_secret(), None);
        let owners = [Asker::signed_in(left.port(), &secret).await, Asker::signed_in(right.port(), &secret).await];
        let (_, ids) = left.add_plan(3).await;
        let studio = Studio { redis, places: [left, right], owners, secret, ids };
        studio.until_listed(1, |title, archived| title == "Plan" && !archived).await;
        studio
    }

    /// Waits until a server's console lists the plan so.
    async fn until_listed(&self, at: usize, is: impl Fn(&str, bool) -> bool) {
        let place = &self.places[at];
        let (host, drawing, secret) = ("127.0.0.1".into(), String::new(), String::new());
        let mut client = watch(&Address { host, port: place.port(), drawing, secret }, &self.owners[at]).await;
        overview(&mut client, |seen| {
            seen.drawings.iter().any(|each| each.name == "plan" && is(&each.title, each.archived))
        })
        .await;
    }

    /// Where the plan is at each server, by the secret that is good now.
    fn addresses(&self) -> [Address; 2] {
        [self.places[0].address(), self.places[1].address()]
    }

    async fn close(self) {
        for place in self.places {
            place.close().await;
        }
    }
}

async fn come_in(address: &Address) -> Result<String, End> {
    let client = Client::connect(address, Encoding::Json).await;
    client.enter(hello(address, 7, None), None).await.map(|person| person.welcome.title)
}

fn is_bye(end: &End, words: &str, again: bool) -> bool {
    matches!(end, End::Bye { why, retry } if why.contains(words) && *retry == again)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_names_and_logs_are_the_same_at_every_console() {
    let studio = Studio::open().await;
    let (addresses, ids) = (studio.addresses(), &studio.ids);
    let mut events = studio.places[1].host.events();
    let mut ana = Person::join(&addresses[0], Encoding::MessagePack, 1).await;
    let mut ben = Person::join(&addresses[1], Encoding::Json, 2).await;
    let token = ana.lock([ids[0]]).await;
    let moved = ana.store(ana.edit(translate(ids[0], 3.0), &[token])).await;
    ben.until_event(|seq, _| (seq == moved).then_some(())).await;

    // Ana is at the left server, and on the right one's console with what she holds.
    let mut client = watch(&addresses[1], &studio.owners[1]).await;
    let seen = overview(&mut client, |seen| {
        let live = seen.drawings.iter().find(|each| each.name == "plan").map(|each| &each.live);
        live.is_some_and(|live| live.people.iter().filter(|person| person.connected).count() == 2)
    });
    let seen = seen.await;
    let people = &seen.drawings[0].live.people;
    assert_eq!((people[0].name.as_str(), people[0].holds), ("Person 1", 1));
    // Somebody is refused what another holds: the host hears of it, wherever the other is.
    let refused = ben.ask(Request::Lock { ids: vec![ids[0].into()], wait: false }).await;
    assert!(matches!(refused, Answer::Refused(Refusal::Held { .. })), "{refused:?}");
    let asked = timeout(DEADLINE, events.recv()).await.expect("it is told in time").expect("it is told");
    assert!(
        matches!(&asked, HostEvent::LockAskedFor { asker, holder, .. } if asker == "Person 2" && holder == "Person 1"),
        "{asked:?}"
    );
    // Her lock is ended at the server that she isn't at.
    let path = format!("/api/drawings/plan/locks/{token}");
    assert_eq!(studio.owners[1].json("DELETE", &path, &Value::Null).await.status, 204);
    ana.until_event(|_, event| matches!(event, Event::Unlocked { overridden_by: Some(_), .. }).then_some(())).await;

    let title = json!({ "title": "Ground floor" });
    assert_eq!(studio.owners[1].json("PATCH", "/api/drawings/plan", &title).await.status, 204);
    ana.until_event(|_, event| matches!(event, Event::Renamed { title, .. } if title == "Ground floor").then_some(()))
        .await;
    studio.until_listed(0, |title, _| title == "Ground floor").await;
    let near: Value = Asker::own(addresses[0].port).get("/nearby").await.value();
    assert_eq!(near[0]["title"], "Ground floor");

    // The whole log as one file, from either server.
    ana.client.say(&protocol::ClientMessage::Leave).await.expect("it is heard");
    drop(ben);
    for owner in &studio.owners {
        let answer = owner.get("/api/drawings/plan/log.linework").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let folder = tempfile::tempdir().expect("a folder");
        let saved = folder.path().join("saved.linework");
        std::fs::write(&saved, &answer.body).expect("it is written");
        let (log, broken) = oplog::LogReader::open(&saved).expect("it is a log");
        assert!(broken.is_none() && log.position().seq > moved);
        log.verify().expect("it is whole");
        assert_eq!(log.meta("title").expect("it reads").as_deref(), Some("Ground floor"));
        assert_eq!(owner.get("/api/drawings/plan/drawing.dxf").await.status, 200);
    }
    assert_eq!(start_x(&ana.drawing, ids[0]), 3.0);
    let third = Place::over(&studio.redis).await;
    assert_eq!(third.host.listing("plan").expect("it is there").title, "Ground floor");
    third.close().await;
    studio.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_link_and_an_archive_send_people_off_wherever_they_are() {
    let studio = Studio::open().await;
    let old = studio.addresses();
    let ana = Person::join(&old[0], Encoding::MessagePack, 1).await;
    let ben = Person::join(&old[1], Encoding::Json, 2).await;
    let wanted = json!({ "role": "editor", "renew": true });
    let answer = studio.owners[0].json("POST", "/api/drawings/plan/invites", &wanted).await;
    let renewed: Address = answer.value()["address"].as_str().expect("an address").parse().expect("it is one");
    for mut person in [ana, ben] {
        let end = person.client.end().await;
        assert!(is_bye(&end, "a new link was made", true), "{end:?}");
    }
    // At once, whether or not the other server has heard of it.
    for place in &studio.places {
        let with = |secret: &str| Address { port: place.port(), secret: secret.into(), ..renewed.clone() };
        let refused = come_in(&with(&old[0].secret)).await.expect_err("the old link is void");
        assert!(is_bye(&refused, "out of date", false), "{refused:?}");
        assert_eq!(come_in(&with(&renewed.secret)).await, Ok("Plan".into()));
    }

    let addresses = studio.places.each_ref().map(|place| Address { port: place.port(), ..renewed.clone() });
    let mut ana = Person::join(&addresses[0], Encoding::MessagePack, 1).await;
    ana.lock([studio.ids[0]]).await;
    let archive = async |at: usize, archived: bool| {
        let change = json!({ "archived": archived });
        assert_eq!(studio.owners[at].json("PATCH", "/api/drawings/plan", &change).await.status, 204);
    };
    archive(1, true).await;
    let end = ana.client.end().await;
    assert!(is_bye(&end, "archived by the host", false), "{end:?}");
    for address in &addresses {
        let refused = come_in(address).await.expect_err("it is archived");
        assert!(is_bye(&refused, "Plan is archived", false), "{refused:?}");
    }
    studio.until_listed(0, |_, archived| archived).await;
    assert_eq!(studio.owners[0].get("/api/drawings/plan/drawing.dxf").await.status, 200);
    archive(0, false).await;
    for address in &addresses {
        assert_eq!(come_in(address).await, Ok("Plan".into()));
    }
    let third = Place::over(&studio.redis).await;
    let listing = third.host.listing("plan").expect("it is there");
    assert_eq!((listing.archived, listing.secret), (false, renewed.secret.clone()));
    third.close().await;
    studio.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_owner_and_another_secret_signs_everybody_out() {
    let studio = Studio::open().await;
    let addresses = studio.addresses();
    let mut client = watch(&addresses[1], &studio.owners[1]).await;
    overview(&mut client, |_| true).await;
    let secret = studio.places[0].host.new_owner_secret().await.expect("it is made");
    let end = client.end().await;
    assert!(is_bye(&end, "signed out", false), "{end:?}");
    for (place, owner) in studio.places.iter().zip(&studio.owners) {
        assert_eq!(owner.get("/api/drawings/plan/drawing.dxf").await.status, 401);
        let sign_in = async |secret: &str| {
            Asker::own(place.port()).json("POST", "/api/session", &json!({ "secret": secret })).await.status
        };
        assert_eq!((sign_in(&studio.secret).await, sign_in(&secret).await), (403, 200));
    }
    studio.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_the_console_says_so_and_nothing_is_half_done() {
    let mut studio = Studio::open().await;
    let before = studio.places[0].host.listing("plan").expect("it is there");
    studio.redis.kill();
    for (method, path, body) in [
        ("PATCH", "/api/drawings/plan", json!({ "archived": true })),
        ("POST", "/api/drawings/plan/invites", json!({ "role": "editor", "renew": true })),
        ("PATCH", "/api/drawings/plan", json!({ "title": "Other" })),
    ] {
        let answer = studio.owners[0].json(method, path, &body).await;
        assert_eq!(answer.status, 503, "{method} {path}: {answer:?}");
        assert!(answer.why().contains("try again in a moment"), "{answer:?}");
    }
    let refused = come_in(&studio.addresses()[0]).await.expect_err("nobody knows the secret now");
    assert!(is_bye(&refused, "can't be read now", true), "{refused:?}");
    studio.redis.start();
    assert_eq!(studio.places[0].host.listing("plan").expect("it is there"), before);
    assert_eq!(come_in(&studio.addresses()[1]).await, Ok("Plan".into()));
    studio.close().await;
}
