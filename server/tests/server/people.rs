//! Who may do what, who has to go and who is kept out, over real connections and over both stores.

use protocol::{Address, Answer, Encoding, Event, Limits, Refusal, Request, Role, SessionId};
use serde_json::{Value, json};
use server::Invitation;

use crate::client::{Client, End, Person, hello};
use crate::console::{overview, watch};
use crate::http::Asker;
use crate::place::{Place, translate};
use crate::redis::Redis;

/// Comes in by an invite, under a name that is one's own choice.
async fn come(address: &Address, id: u128) -> Result<Person, End> {
    Client::connect(address, Encoding::Json).await.enter(hello(address, id, None), None).await
}

async fn invited(owner: &Asker, wanted: Value) -> Address {
    let answer = owner.json("POST", "/api/drawings/plan/invites", &wanted).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.value()["address"].as_str().expect("an address").parse().expect("an address")
}

fn words(end: &End) -> &str {
    match end {
        End::Bye { why, retry: false } => why,
        other => panic!("it ends with words, for good: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_by_name_says_who_one_is_and_may_make_one_an_owner() {
    let folder = tempfile::tempdir().unwrap();
    let (place, _, ids) = Place::with_lines(folder.path(), Limits::default(), 2).await;
    let owner = Asker::signed_in(place.port(), &place.host.take_owner_secret().unwrap()).await;
    let ana = invited(&owner, json!({ "role": "owner", "name": " Ana Sousa\n", "hours": 1 })).await;
    let mut ana = come(&ana, 1).await.expect("she comes in");
    let me = ana.welcome.people.iter().find(|person| person.session == ana.welcome.session).expect("she is in");
    assert_eq!((me.name.as_str(), me.role), ("Ana Sousa", Role::Owner), "whatever she calls herself");
    let mut ben = come(&place.address(), 2).await.expect("he comes in");
    let token = ben.lock([ids[0]]).await;
    ana.store(Request::Override { token, of: None }).await;
    for (wanted, status) in [
        (json!({ "role": "owner" }), 400),
        (json!({ "role": "owner", "name": " " }), 400),
        (json!({ "role": "viewer", "name": "x".repeat(65), "renew": true }), 400),
        (json!({ "role": "king", "name": "Ana" }), 422),
    ] {
        let answer = owner.json("POST", "/api/drawings/plan/invites", &wanted).await;
        assert_eq!(answer.status, status, "{wanted}: {answer:?}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_lowers_removes_bans_and_lifts_and_everybody_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 2).await;
    let owner = Asker::signed_in(place.port(), &place.host.take_owner_secret().unwrap()).await;
    let mut client = watch(&address, &owner).await;
    let link = invited(&owner, json!({ "role": "editor", "name": "Ana" })).await;
    let mut ana = come(&link, 1).await.expect("she comes in");
    let mut ben = come(&address, 2).await.expect("he comes in");
    let token = ana.lock([ids[0]]).await;
    let (ana_is, ben_is) = (ana.welcome.session, ben.welcome.session);
    let path = |session: SessionId| format!("/api/drawings/plan/people/{session}");
    let lower = json!({ "role": "viewer" });
    assert_eq!(owner.json("PATCH", &path(ana_is), &lower).await.status, 204);
    assert_eq!(owner.json("PATCH", &path(ana_is), &lower).await.status, 409);
    let lowered = |_, event: &Event| match event {
        Event::RoleChanged { session, role: Role::Viewer, .. } => Some(*session),
        _ => None,
    };
    assert_eq!((ana.until_event(lowered).await, ben.until_event(lowered).await), (ana_is, ana_is));
    let edit = ana.edit(translate(ids[0], 3.0), &[token]);
    assert!(matches!(ana.ask(edit).await, Answer::Refused(Refusal::NotAllowed { role: Role::Viewer })));
    ben.lock([ids[0]]).await;
    // By the same invite she may do no more than that, until there is another.
    drop(ana);
    assert_eq!(come(&link, 1).await.expect("she comes in").welcome.role, Role::Viewer);
    let better = invited(&owner, json!({ "role": "editor", "name": "Ana" })).await;
    let mut ana = come(&better, 1).await.expect("she comes in");
    assert_eq!(ana.welcome.role, Role::Editor);

    assert_eq!(owner.json("DELETE", &path(ben_is), &Value::Null).await.status, 204);
    let end = ben.client.end().await;
    assert!(words(&end).starts_with("The host removed you"), "{end:?}");
    let gone = owner.json("DELETE", &path(ben_is), &Value::Null).await;
    assert!(gone.status == 409 && gone.why().contains("left already"), "{gone:?}");
    come(&address, 2).await.expect("he comes in again");

    let ana_is = ana.welcome.session;
    let ban = json!({ "session": ana_is });
    assert_eq!(owner.json("POST", "/api/drawings/plan/bans", &ban).await.status, 204);
    assert!(words(&ana.client.end().await).starts_with("The host banned you"));
    let again = owner.json("POST", "/api/drawings/plan/bans", &ban).await;
    assert!(again.status == 409 && again.why().contains("not in the drawing any more"), "{again:?}");
    let seen = overview(&mut client, |seen| seen.drawings.iter().any(|each| !each.live.bans.is_empty())).await;
    let bans = &seen.drawings[0].live.bans;
    assert_eq!((bans.len(), bans[0].name.as_str(), bans[0].by_name.as_str()), (1, "Ana", "The host"));
    let lift = format!("/api/drawings/plan/bans/{}", bans[0].seq);

    // It is in the log, and so it outlives the server.
    place.close().await;
    let place = Place::open(folder.path(), Limits::default()).await;
    let at = |address: &Address| Address { port: place.port(), ..address.clone() };
    for (who, id, link) in
        [("with her invite", 8, &better), ("with the one before", 8, &link), ("by a link", 1, &address)]
    {
        let end = come(&at(link), id).await.err().unwrap_or_else(|| panic!("she is let in {who}"));
        assert!(words(&end).starts_with("The host banned you"), "{who}: {end:?}");
    }
    let owner = Asker::signed_in(place.port(), &place.host.new_owner_secret().await.unwrap()).await;
    assert_eq!(owner.json("DELETE", &lift, &Value::Null).await.status, 204);
    assert_eq!(owner.json("DELETE", &lift, &Value::Null).await.status, 409);
    come(&at(&better), 1).await.expect("she comes in again");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_owner_says_at_one_server_holds_at_the_other() {
    let redis = Redis::safe();
    let (left, right) = (Place::over(&redis).await, Place::over(&redis).await);
    let (_, ids) = left.add_plan(2).await;
    let wanted = Invitation { role: Role::Owner, name: Some("Olga".into()), hours: None };
    let secret = left.host.invite("plan", &wanted).await.unwrap();
    let mut olga = come(&Address { secret, ..left.address() }, 9).await.expect("the owner comes in");
    let address = Address { port: right.port(), ..left.address() };
    let mut ana = come(&address, 1).await.expect("Ana comes in at the other server");
    let mut ben = come(&address, 2).await.expect("Ben, too");
    ana.lock([ids[0]]).await;
    ben.lock([ids[1]]).await;
    let (ana_is, ben_is) = (ana.welcome.session, ben.welcome.session);
    olga.until_event(|_, event| matches!(event, Event::Locked { session, .. } if *session == ben_is).then_some(()))
        .await;
    olga.store(Request::SetRole { session: ana_is, role: Role::Reviewer }).await;
    ana.until_event(|_, event| matches!(event, Event::RoleChanged { .. }).then_some(())).await;
    assert!(matches!(
        ana.ask(Request::Lock { ids: vec![], wait: false }).await,
        Answer::Refused(Refusal::NotAllowed { .. })
    ));
    // Her lock is to be had at once, at either server.
    olga.lock([ids[0]]).await;
    olga.store(Request::Ban { session: ben_is }).await;
    assert!(words(&ben.client.end().await).starts_with("Olga banned you"));
    olga.lock([ids[1]]).await;
    for place in [&left, &right] {
        let end = come(&Address { port: place.port(), ..address.clone() }, 2).await.err().expect("he is turned away");
        assert!(words(&end).starts_with("Olga banned you"), "{end:?}");
    }
    left.close().await;
    right.close().await;
}
