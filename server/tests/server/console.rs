//! The console: who may ask, what they may ask, and what those who watch are told.

use protocol::{Address, ClientMessage, Encoding, Event, Limits, Overview, Request, Role, ServerMessage};
use serde_json::{Value, json};
use server::Options;
use tokio::time::timeout;

use crate::client::{Client, DEADLINE, End, Person, hello};
use crate::http::Asker;
use crate::place::{Place, start_x, translate};

const DXF: &[u8] =
    b"0\nSECTION\n2\nENTITIES\n0\nLINE\n5\n10\n8\n0\n10\n0.0\n20\n0.0\n11\n5.0\n21\n0.0\n0\nENDSEC\n0\nEOF\n";

async fn place(data: &std::path::Path) -> (Place, Address, Vec<drawing::EntityId>, Asker) {
    let (place, address, ids) = Place::with_lines(data, Limits::default(), 4).await;
    let secret = place.host.take_owner_secret().expect("it was just made");
    assert_eq!(place.host.take_owner_secret(), None);
    let owner = Asker::signed_in(address.port, &secret).await;
    (place, address, ids, owner)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_on_the_servers_own_page_gets_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _, owner) = place(folder.path()).await;
    let signed_out = Asker { cookie: None, ..owner.clone() };
    let forged = Asker { cookie: owner.cookie.as_ref().map(|cookie| format!("{cookie}x")), ..owner.clone() };
    let foreign = Asker { origin: Some("http://evil.example".into()), ..owner.clone() };
    let other_port = Asker { origin: Some("http://127.0.0.1:1".into()), ..owner.clone() };
    let nowhere = Asker { origin: None, ..owner.clone() };
    let rebound = format!("evil.example:{}", address.port);
    let rebound = Asker { origin: Some(format!("http://{rebound}")), host: rebound, ..owner.clone() };
    let title = json!({ "title": "Mine" });
    for (who, asker, status) in [
        ("signed out", &signed_out, 401),
        ("with a forged cookie", &forged, 401),
        ("from a foreign page", &foreign, 403),
        ("from another port", &other_port, 403),
        ("from no page", &nowhere, 403),
        ("under a foreign name", &rebound, 421),
    ] {
        let answer = asker.json("PATCH", "/api/drawings/plan", &title).await;
        assert_eq!((answer.status, answer.why().ends_with('.')), (status, true), "{who}: {answer:?}");
        let download = asker.get("/api/drawings/plan/drawing.dxf").await;
        let expect = if matches!(status, 403) { 200 } else { status };
        assert_eq!(download.status, expect, "{who} reads: {download:?}");
    }
    assert_eq!(place.host.listing("plan").unwrap().title, "Plan");
    assert_eq!(owner.json("PATCH", "/api/drawings/plan", &title).await.status, 204);
    assert_eq!(place.host.listing("plan").unwrap().title, "Mine");
    assert_eq!(owner.json("DELETE", "/api/session", &Value::Null).await.status, 200);
    assert_eq!(owner.get("/api/drawings/plan/drawing.dxf").await.status, 401);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_counted_tickets_are_good_once_and_a_new_secret_signs_everybody_out() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _, owner) = place(folder.path()).await;
    let own = Asker::own(address.port);
    let sign_in = async |secret: &str| own.json("POST", "/api/session", &json!({ "secret": secret })).await.status;
    let ticket = place.host.ticket().unwrap();
    assert_eq!((sign_in(&ticket).await, sign_in(&ticket).await), (200, 403));
    let secret = place.host.new_owner_secret().await.unwrap();
    assert_eq!(owner.get("/api/drawings/plan/drawing.dxf").await.status, 401);
    assert_eq!(sign_in(&secret).await, 200);
    let mut answers = Vec::new();
    for _ in 0..12 {
        answers.push(sign_in("guess").await);
    }
    assert_eq!((answers[0], answers[11]), (403, 429));
    // Who has the right one is let in, whoever else guesses from the same address.
    assert_eq!((sign_in(&secret).await, sign_in("guess").await), (200, 429));
    let nonsense = own.ask("POST", "/api/session", "application/json", b"{").await;
    assert_eq!(nonsense.status, 400);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_in_bounded_and_go_out_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { upload_bytes_max: 1 << 20, ..Options::new(folder.path()) };
    let place = Place::open_with(options).await;
    let (address, _) = place.add_plan(1).await;
    let owner = Asker::signed_in(address.port, &place.host.take_owner_secret().unwrap()).await;
    let upload = async |file: &str, body: &[u8]| {
        owner.ask("POST", &format!("/api/drawings?file={file}"), "application/octet-stream", body).await
    };
    for (file, name, title) in [
        ("Floor%20Plan.dxf", "floor-plan", "Floor Plan"),
        ("..%2F..%2Fetc%2Fpasswd", "passwd", "passwd"),
        ("C:%5Cplans%5CSite.DXF", "site", "Site"),
        ("Site.dxf", "site-2", "Site"),
        (".dxf", "drawing", "Drawing"),
    ] {
        let answer = upload(file, DXF).await;
        let value = answer.value();
        assert_eq!((answer.status, &value["name"], &value["title"]), (201, &json!(name), &json!(title)), "{file}");
    }
    for (body, status, words) in [
        (&b"PK\x03\x04\x14\0\0\0\x08\0 a ZIP file"[..], 422, "was not added: this is not a DXF file"),
        (b"", 422, "was not added: the file is empty"),
        (b"AC1032\0\0\0", 422, "DWG"),
        (&vec![b'0'; (1 << 20) + 1], 413, "larger than the 1 MiB that a file may have here; nothing was added."),
    ] {
        let answer = upload("odd.dxf", body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.why().contains(words), "{answer:?}");
    }
    // A gigabyte is refused by what it says of itself, and one that breaks off is not added.
    let declared = "/api/drawings?file=huge.dxf";
    assert_eq!(owner.ask_declaring("POST", declared, "", 1 << 30, b"0\n").await.status, 413);
    // One that says nothing of it is refused by what comes.
    let whole = owner.ask_in_chunks("POST", "/api/drawings?file=chunks.dxf", DXF).await;
    assert_eq!(whole.status, 201, "{whole:?}");
    let more = owner.ask_in_chunks("POST", declared, &vec![b'0'; (1 << 20) + 1]).await;
    assert!(more.status == 413 && more.why().contains("nothing was added"), "{more:?}");
    let cut = owner.ask_declaring("POST", declared, "", 100, b"0\n").await;
    assert!(cut.status == 400 && cut.why().contains("did not arrive whole"), "{cut:?}");
    let left = std::fs::read_dir(folder.path()).unwrap().filter_map(Result::ok);
    assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().contains("transfer")).count(), 0);
    assert_eq!(place.host.drawings().len(), 7);

    let dxf = owner.get("/api/drawings/site/drawing.dxf").await;
    assert_eq!((dxf.status, dxf.body.as_slice()), (200, DXF));
    assert_eq!(dxf.header("content-disposition"), Some("attachment; filename=\"site.dxf\""));
    for path in ["/api/drawings/..%2Fsite/drawing.dxf", "/api/drawings/none/log.linework", "/console/x/main.js"] {
        assert_eq!(owner.get(path).await.status, 404, "{path}");
    }
    let page = owner.get("/").await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'") && !policy.contains("unsafe")
    );
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_downloaded_is_whole_while_people_edit() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids, owner) = place(folder.path()).await;
    let mut ana = Person::join(&address, Encoding::Json, 1).await;
    let token = ana.lock([ids[0]]).await;
    ana.store(ana.edit(translate(ids[0], 3.0), &[token])).await;
    let answer = owner.get("/api/drawings/plan/log.linework").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let saved = folder.path().join("saved.linework");
    std::fs::write(&saved, &answer.body).unwrap();
    let (log, broken) = oplog::LogReader::open(&saved).unwrap();
    assert!(broken.is_none());
    assert_eq!(log.position(), ana.at);
    log.verify().unwrap();
    // Nobody had given it handles: the file that is made has them, and the drawing is as it was.
    let dxf = owner.get("/api/drawings/plan/drawing.dxf").await.body;
    let read = formats::read(&dxf, &mut |_| std::ops::ControlFlow::Continue(())).unwrap().drawing;
    assert_eq!(read.entity_count(), 4);
    assert_eq!(start_x(&ana.drawing, ids[0]), 3.0);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invites_are_good_as_made_until_then_or_until_there_is_a_new_link() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _, owner) = place(folder.path()).await;
    let invite = async |wanted: Value| {
        let answer = owner.json("POST", "/api/drawings/plan/invites", &wanted).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let value = answer.value();
        assert!(value["picture"].as_str().is_some_and(|svg| svg.contains("<svg")) && value["only_here"] == true);
        value["address"].as_str().unwrap().parse::<Address>().unwrap()
    };
    let come_in = async |address: &Address| {
        let client = Client::connect(address, Encoding::Json).await;
        client.enter(hello(address, 7, None), None).await.map(|person| person.welcome.role)
    };
    let plain = invite(json!({ "role": "editor" })).await;
    assert_eq!(plain, address);
    let viewer = invite(json!({ "role": "viewer", "hours": 1 })).await;
    assert_eq!(come_in(&viewer).await, Ok(Role::Viewer));
    let with = |secret: String| Address { secret, ..address.clone() };
    let expired = viewer.secret.split('.').collect::<Vec<_>>();
    let altered = with(viewer.secret.replace("viewer", "editor"));
    let longer = with(viewer.secret.replace(expired[2], "4000000000"));
    let wrong = with("0".repeat(32));
    for (address, words) in
        [(&altered, "not as it was made"), (&longer, "not as it was made"), (&wrong, "no such drawing here")]
    {
        match come_in(address).await {
            Err(End::Bye { why, retry: false }) if why.contains(words) => {}
            other => panic!("{address}: {other:?}"),
        }
    }
    let wanted = json!({ "role": "editor", "hours": 0 });
    assert_eq!(owner.json("POST", "/api/drawings/plan/invites", &wanted).await.status, 400);
    let mut ana = Person::join(&address, Encoding::Json, 1).await;
    let renewed = invite(json!({ "role": "editor", "renew": true })).await;
    assert!(matches!(ana.client.end().await, End::Bye { why, retry: true } if why.contains("a new link was made")));
    assert!(matches!(come_in(&plain).await, Err(End::Bye { why, .. }) if why.contains("out of date")));
    assert!(matches!(come_in(&viewer).await, Err(End::Bye { why, .. }) if why.contains("not as it was made")));
    assert_eq!(come_in(&renewed).await, Ok(Role::Editor));
    place.close().await;
    let again = Place::open(folder.path(), Limits::default()).await;
    assert_eq!(again.host.listing("plan").unwrap().secret, renewed.secret);
    again.close().await;
}

/// Watches as the console's page does.
pub async fn watch(address: &Address, asker: &Asker) -> Client {
    let mut client = Client::connect_as(address, Encoding::Json, asker).await;
    client.say(&ClientMessage::Watch {}).await.unwrap();
    client
}

pub async fn overview(client: &mut Client, interesting: impl Fn(&Overview) -> bool) -> Overview {
    let until = async {
        loop {
            match client.hear().await.expect("it may watch") {
                ServerMessage::Overview(overview) if interesting(&overview) => return *overview,
                _ => {}
            }
        }
    };
    timeout(DEADLINE, until).await.expect("the board says so in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_sees_people_locks_and_entries_and_ends_a_lock() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids, owner) = place(folder.path()).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let early = ana.lock([ids[1]]).await;
    let mut client = watch(&address, &owner).await;
    let first = overview(&mut client, |_| true).await;
    assert_eq!(first.server.map(|server| server.upload_bytes_max), Some(256 << 20));
    let lines = |overview: &Overview| overview.drawings[0].live.lines.iter().map(|line| line.seq).collect::<Vec<_>>();
    let is_all = |overview: &Overview| !overview.drawings.is_empty() && !lines(overview).is_empty();
    let all = if is_all(&first_again(&first.drawings)) {
        first_again(&first.drawings)
    } else {
        overview(&mut client, is_all).await
    };
    assert_eq!(lines(&all).last(), Some(&early));
    let token = ana.lock([ids[0], ids[2]]).await;
    let held = overview(&mut client, |overview| {
        overview.drawings.iter().any(|drawing| drawing.live.locks.iter().any(|lock| lock.token == token))
    });
    let held = held.await;
    let live = &held.drawings[0].live;
    let lock = live.locks.iter().find(|lock| lock.token == token).unwrap();
    assert_eq!((lock.session, lock.count, lock.kinds.as_str()), (ana.welcome.session, 2, "2 LINE"));
    assert_eq!((live.people[0].name.as_str(), live.people[0].holds, live.people[0].connected), ("Person 1", 3, true));
    assert!(lines(&held).iter().all(|seq| *seq > early), "each line is told once");

    let path = format!("/api/drawings/plan/locks/{token}");
    assert_eq!(owner.json("DELETE", &path, &Value::Null).await.status, 204);
    let ended = ana.until_event(|_, event| match event {
        Event::Unlocked { ids, overridden_by: Some(_), .. } => Some(ids.len()),
        _ => None,
    });
    assert_eq!(ended.await, 2);
    overview(&mut client, |overview| {
        overview.drawings.iter().any(|drawing| drawing.live.lines.iter().any(|line| line.kind == "overridden"))
    })
    .await;
    let again = owner.json("DELETE", &path, &Value::Null).await;
    assert!(again.status == 409 && again.why().contains("has ended already"), "{again:?}");

    assert_eq!(owner.json("DELETE", "/api/session", &Value::Null).await.status, 200);
    assert!(matches!(client.end().await, End::Bye { why, retry: false } if why.contains("signed out")));
    place.close().await;
}

fn first_again(drawings: &[protocol::DrawingFacts]) -> Overview {
    Overview { now_ms: 0, server: None, drawings: drawings.to_vec() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_drawing_is_told_at_a_bounded_rate_and_each_entry_once() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids, owner) = place(folder.path()).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let mut client = watch(&address, &owner).await;
    let began = std::time::Instant::now();
    let mut last = ana.lock([ids[0]]).await;
    for _ in 0..60 {
        ana.store(Request::Unlock { ids: vec![ids[0].into()] }).await;
        last = ana.lock([ids[0]]).await;
    }
    let (mut told, mut seqs) = (0, Vec::new());
    while seqs.last() != Some(&last) {
        let overview = overview(&mut client, |_| true).await;
        told += 1;
        seqs.extend(overview.drawings.iter().flat_map(|drawing| &drawing.live.lines).map(|line| line.seq));
    }
    let at_most = 3 + began.elapsed().as_millis() / 50;
    assert!(told <= at_most, "{told} overviews, at most {at_most}");
    assert!(seqs.is_sorted_by(|one, other| one < other), "{seqs:?}");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_watches() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _, owner) = place(folder.path()).await;
    let foreign = Asker { origin: Some("http://evil.example".into()), ..owner.clone() };
    let nowhere = Asker { origin: None, ..owner.clone() };
    let signed_out = Asker { cookie: None, ..owner.clone() };
    let rebound = Asker { host: "evil.example".into(), origin: Some("http://evil.example".into()), ..owner.clone() };
    for (asker, words) in [
        (&foreign, "only the server's own page"),
        (&nowhere, "only the server's own page"),
        (&rebound, "only the server's own page"),
        (&signed_out, "sign in with the owner's secret"),
    ] {
        let mut client = watch(&address, asker).await;
        match client.end().await {
            End::Bye { why, retry: false } if why.contains(words) => {}
            other => panic!("{asker:?}: {other:?}"),
        }
    }
    let mut ana = Person::join(&address, Encoding::Json, 1).await;
    ana.client.say(&ClientMessage::Watch {}).await.unwrap();
    assert!(matches!(ana.client.end().await, End::Bye { why, .. } if why.contains("is in no drawing")));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_that_cant_be_opened_is_on_the_board_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids, _) = place(folder.path()).await;
    let secret = place.host.new_owner_secret().await.unwrap();
    let mut ana = Person::join(&address, Encoding::Json, 1).await;
    ana.lock([ids[0]]).await;
    place.close().await;
    let log = folder.path().join("plan.linework");
    let whole = std::fs::read(&log).unwrap();
    let half = &whole[..whole.len() / 2];
    for (file, bytes) in [("empty", &b""[..]), ("garbage", b"no log at all"), ("half", half)] {
        std::fs::write(folder.path().join(format!("{file}.linework")), bytes).unwrap();
    }
    let place = Place::open(folder.path(), Limits::default()).await;
    let owner = Asker::signed_in(place.port(), &secret).await;
    let mut client = watch(&place.address(), &owner).await;
    let seen = overview(&mut client, |seen| !seen.drawings.is_empty()).await;
    let broken = |name: &str| {
        let drawing = seen.drawings.iter().find(|each| each.name == name).unwrap_or_else(|| panic!("{name} is there"));
        drawing.live.broken.clone()
    };
    assert_eq!(broken("plan"), None);
    for name in ["empty", "garbage", "half"] {
        let why = broken(name).unwrap_or_else(|| panic!("{name} is broken"));
        assert!(why.contains(name) && why.len() > 40, "{name}: {why}");
        let log = folder.path().join(format!("{name}.linework"));
        assert!(log.exists() && !log.with_extension("linework-secret").exists(), "{name} is left as it is");
    }
    // And its name is nobody else's.
    let listing = place.host.add("Garbage", None, drawing::Drawing::new()).await.unwrap();
    assert_eq!(listing.name, "garbage-2");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_is_downloaded_whole_while_it_is_put_away_and_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let (place, _, _, owner) = place(folder.path()).await;
    let uploaded = owner.ask("POST", "/api/drawings?file=site.dxf", "application/octet-stream", DXF).await;
    assert_eq!(uploaded.status, 201);
    for round in 0..40 {
        let change = json!({ "archived": round % 2 == 0 });
        let (dxf, changed) = tokio::join!(
            owner.get("/api/drawings/site/drawing.dxf"),
            owner.json("PATCH", "/api/drawings/site", &change),
        );
        assert_eq!((dxf.status, changed.status), (200, 204), "{round}: {dxf:?}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_drawing_is_kept_and_joined_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids, owner) = place(folder.path()).await;
    let mut ana = Person::join(&address, Encoding::Json, 1).await;
    ana.lock([ids[0]]).await;
    let archive =
        async |archived: bool| owner.json("PATCH", "/api/drawings/plan", &json!({ "archived": archived })).await.status;
    assert_eq!(archive(true).await, 204);
    assert!(matches!(ana.client.end().await, End::Bye { why, retry: false } if why.contains("archived by the host")));
    let come_in = async || {
        let client = Client::connect(&address, Encoding::Json).await;
        client.enter(hello(&address, 2, None), None).await.map(|person| person.welcome.title)
    };
    assert!(matches!(come_in().await, Err(End::Bye { why, retry: false }) if why.contains("Plan is archived")));
    let renamed = owner.json("PATCH", "/api/drawings/plan", &json!({ "title": "Old" })).await;
    assert!(renamed.status == 409 && renamed.why().contains("is archived"), "{renamed:?}");
    assert_eq!(owner.get("/api/drawings/plan/drawing.dxf").await.status, 200);
    place.close().await;

    let again = Place::open(folder.path(), Limits::default()).await;
    assert!(again.host.listing("plan").unwrap().archived);
    again.host.archive("plan", false).await.unwrap();
    again.host.rename("plan", "Site").await.unwrap();
    let address = again.address();
    let client = Client::connect(&address, Encoding::Json).await;
    let person = client.enter(hello(&address, 2, None), None).await.unwrap();
    assert_eq!(person.welcome.title, "Site");
    again.close().await;
    let third = Place::open(folder.path(), Limits::default()).await;
    let listing = third.host.listing("plan").unwrap();
    assert_eq!((listing.title.as_str(), listing.archived), ("Site", false));
    third.close().await;
}

/// An invite, signed as the server signs with a drawing's secret.
fn signed(secret: &str, what: &str, drawing: &str) -> String {
    let key = blake3::derive_key("linework 2026-11 invite to a drawing", secret.as_bytes());
    let mac = blake3::keyed_hash(&key, format!("v1.{what}.{drawing}").as_bytes());
    let letters = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits: Vec<u8> =
        mac.as_bytes()[..20].iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let mac: String =
        bits.chunks(5).map(|five| letters[five.iter().fold(0, |n, bit| n << 1 | bit) as usize] as char).collect();
    format!("v1.{what}.{mac}")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_with_an_expired_invite_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids, _) = place(folder.path()).await;
    // Over a time long past.
    let expired = Address { secret: signed(&address.secret, "editor.1000", "plan"), ..address.clone() };
    let client = Client::connect(&expired, Encoding::Json).await;
    let refused = client.enter(hello(&expired, 1, None), None).await;
    assert!(matches!(refused, Err(End::Bye { why, retry: false }) if why.contains("this invite has expired")));
    // A name that isn't there is not told from one that is: not by an invite that is signed for it with what a server
    // compares with instead, either.
    for what in ["editor.0", "editor.1000"] {
        let mut heard = Vec::new();
        for drawing in ["plan", "nowhere"] {
            let secret = signed(&"0".repeat(32), what, drawing);
            let guessed = Address { drawing: drawing.into(), secret, ..address.clone() };
            let client = Client::connect(&guessed, Encoding::Json).await;
            heard.push(client.enter(hello(&guessed, 1, None), None).await.err());
        }
        assert!(heard[0] == heard[1] && matches!(heard[0], Some(End::Bye { .. })), "{what}: {heard:?}");
    }
    // The one who is in by the secret is not an owner, whatever they ask for.
    let mut ana = Person::join(&address, Encoding::Json, 1).await;
    let token = ana.lock([ids[0]]).await;
    let refused = ana.ask(Request::Override { token, of: None }).await;
    assert!(matches!(refused, protocol::Answer::Refused(protocol::Refusal::NotAllowed { .. })), "{refused:?}");
    place.close().await;
}
