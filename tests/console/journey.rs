//! The whole way of whoever hosts: first start, sign in, add, invite, watch, override, download, rename, archive.

use drawing::{EntityId, Record};
use oplog::LogReader;
use protocol::{Answer, Event, Refusal, Request, Role};
use serde_json::Value;

use crate::browser::Browser;
use crate::page::{DESKTOP, Look, PHONE, Page};
use crate::person::Person;
use crate::sample;
use crate::served::Served;

/// Entities of model space that can be moved.
pub fn movable(person: &Person) -> Vec<EntityId> {
    let model = person.drawing.model_space().expect("a drawing has a model space");
    let entities = person.drawing.records().filter_map(|record| match record {
        Record::Entity(entity) if entity.owner == model => Some((entity.id, record.kind())),
        _ => None,
    });
    entities.filter(|(_, kind)| matches!(*kind, "LINE" | "CIRCLE" | "ARC")).map(|(id, _)| id).collect()
}

/// Signs in on the page.
pub async fn sign_in(page: &mut Page<'_>, secret: &str) {
    page.until("document.activeElement?.id === 'secret'").await;
    page.type_text(secret).await;
    page.press("Enter").await;
    page.until("document.querySelector('.status.good') !== null").await;
}

/// A link as the page makes it for this role and time.
pub async fn link(page: &mut Page<'_>, role: &str, hours: &str) -> String {
    page.click("button", "Invite").await;
    page.until("document.querySelector('dialog .qr svg path') !== null").await;
    let choose = |name: &str, value: &str| {
        format!(
            "(() => {{ const it = document.querySelector('dialog select[name={name}]'); const other = it.value !== '{value}';
              it.value = '{value}'; if (other) it.dispatchEvent(new Event('change')); return other; }})()"
        )
    };
    for (name, value) in [("role", role), ("hours", hours)] {
        if page.eval(&choose(name, value)).await == true {
            page.until("document.querySelector('dialog .qr svg path') !== null").await;
        }
    }
    if !(role == "editor" && hours.is_empty()) {
        let wanted = format!("document.getElementById('invite-link').value.includes('v1.{role}.')");
        page.until(&wanted).await;
        if !hours.is_empty() {
            let ends = format!("!document.getElementById('invite-link').value.includes('v1.{role}.0.')");
            page.until(&ends).await;
        }
    }
    page.until("document.getElementById('invite-link').value !== ''").await;
    let link = page.eval("document.getElementById('invite-link').value").await;
    page.shoot(&format!("invite-{role}")).await;
    page.click("dialog button", "Close").await;
    page.until("document.querySelector('dialog') === null").await;
    link.as_str().expect("a link").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hosts_looks_after_a_drawing() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let served = Served::start(&data, 0);
    let secret = served.secret.clone().expect("the first start tells the owner's secret");
    let mut browser = Browser::start(folder.path()).await;
    let mut page = Page::open(&mut browser, &served.url, DESKTOP).await;
    page.until("document.activeElement?.id === 'secret'").await;
    page.shoot("sign-in").await;
    page.type_text("guess").await;
    page.press("Enter").await;
    page.until_text("That is not the owner's secret").await;
    sign_in(&mut page, &secret).await;
    page.until_text("There is no drawing yet").await;
    page.shoot("empty").await;

    page.give_file(&sample()).await;
    page.until("document.querySelector('[data-drawing=sample][aria-current=true]') !== null").await;
    page.until_text("sample was added").await;
    let editor = link(&mut page, "editor", "").await;
    let mut ana = Person::join(&editor, "Ana Ruiz").await.expect("she comes in");
    let mut ben = Person::join(&editor, "Ben Okafor").await.expect("he comes in");
    assert_eq!(ana.welcome.role, Role::Editor);
    page.until("document.querySelectorAll('#people > li').length === 2").await;
    for (file, name) in [("Site plan.dxf", "site-plan"), ("Detail 3.dxf", "detail-3")] {
        let file = folder.path().join(file);
        std::fs::copy(sample(), &file).expect("a copy");
        page.give_file(&file).await;
        page.until(&format!("document.querySelector('[data-drawing={name}][aria-current=true]') !== null")).await;
    }
    page.click(".shelf button", "sample").await;

    let ids = movable(&ana);
    let token = ana.lock(&ids[..3]).await;
    page.until(&format!("document.querySelector('#locks > [data-token=\"{token}\"]') !== null")).await;
    ben.show("MOVE").await;
    let own = ben.lock(&ids[3..5]).await;
    let mark = ben.lock(&ids[8..9]).await;
    for round in 0..6 {
        ana.shift(&ids[..1 + round % 3], &[token]).await;
        ben.shift(&ids[3..5], &[own]).await;
        ben.recolor(ids[8], round as u8 + 1, mark).await;
    }
    page.until("document.getElementById('log').innerText.replace(/\\s+/g, ' ').includes('changed 1 ')").await;
    page.until("document.getElementById('people').innerText.includes('MOVE')").await;
    // The second in which that was stored is drawn once it is over.
    page.until("Number(document.querySelector('.chart figcaption').innerText.match(/peak ([0-9]+)/)?.[1]) > 0").await;
    page.click("[aria-label='Close this message']", "").await;
    shoot_all(&mut page).await;

    // The owner ends Ana's lock; Ben, who waited for it, takes it.
    page.click(&format!("#locks > [data-token=\"{token}\"] button"), "End lock").await;
    page.shoot("override").await;
    page.click("dialog button", "End the lock").await;
    let ended = ana.until_event(|event| matches!(event, Event::Unlocked { .. })).await;
    assert!(matches!(&ended, Event::Unlocked { session, ids, overridden_by: Some(_), .. }
        if *session == ana.welcome.session && ids.len() == 3));
    page.until(&format!("document.querySelector('#locks > [data-token=\"{token}\"]') === null")).await;
    page.until("document.getElementById('log').innerText.replace(/\\s+/g, ' ').includes(\"The host ended Ana Ruiz's lock on 3 objects\")")
        .await;
    ben.lock(&ids[..1]).await;

    downloads_equal_the_drawing(&mut page, &ben, folder.path()).await;

    let viewer = link(&mut page, "viewer", "24").await;
    let mut cleo = Person::join(&viewer, "Cleo").await.expect("she may look");
    let refused = cleo.ask(Request::Lock { ids: vec![ids[6].into()], wait: false }).await;
    assert!(matches!(refused, Answer::Refused(Refusal::NotAllowed { role: Role::Viewer })), "{refused:?}");

    page.click("button[aria-label=Rename]", "").await;
    page.type_text("Café, ground floor").await;
    page.press("Enter").await;
    ben.until_event(|event| matches!(event, Event::Renamed { title, .. } if title == "Café, ground floor")).await;
    page.until("document.querySelector('[data-drawing=sample] .name')?.textContent === 'Café, ground floor'").await;

    archiving(&mut page, &mut ben, &editor).await;

    let port = served.port();
    served.kill();
    page.until("document.querySelector('.status.waiting, .status.broken') !== null").await;
    page.shoot("reconnecting").await;
    let again = Served::start(&data, port);
    assert_eq!(again.secret, None);
    page.until_text("sign in with the owner's secret").await;
    sign_in(&mut page, &secret).await;
    page.until("document.querySelector('[data-drawing=sample] .name')?.textContent === 'Café, ground floor'").await;
    page.click("button", "Sign out").await;
    page.until("document.getElementById('secret') !== null").await;
    page.assert_clean();
}

async fn shoot_all(page: &mut Page<'_>) {
    for (name, look) in [("desktop", DESKTOP), ("phone", PHONE)] {
        for dark in [true, false] {
            page.look(Look { dark, ..look }).await;
            let shade = if dark { "dark" } else { "light" };
            page.shoot(&format!("{name}-{shade}")).await;
            let wide = page.eval("document.documentElement.scrollWidth - innerWidth").await;
            assert!(wide.as_i64().is_some_and(|more| more <= 0), "{name}: the page is {wide} px too wide");
        }
    }
    page.click("button", "Drawings").await;
    page.shoot("phone-shelf").await;
    page.click(".shelf button", "sample").await;
    page.look(DESKTOP).await;
}

async fn downloads_equal_the_drawing(page: &mut Page<'_>, person: &Person, folder: &std::path::Path) {
    let source = std::fs::read(sample()).expect("the sample is there");
    let original = formats::read(&source, &mut |_| std::ops::ControlFlow::Continue(())).expect("it is read").drawing;
    let dxf = page.download("DXF", folder).await;
    assert_eq!(dxf.file_name().and_then(|name| name.to_str()), Some("sample.dxf"));
    let bytes = std::fs::read(dxf).expect("it is there");
    let expect = formats::export(Some(&source), &original, person.drawing.clone()).expect("it is written");
    assert!(bytes == expect.bytes && bytes != source, "the file is the drawing as it is now");
    let read = formats::read(&bytes, &mut |_| std::ops::ControlFlow::Continue(())).expect("it is read").drawing;
    assert_eq!(read.entity_count(), person.drawing.entity_count());

    let log = page.download("Log", folder).await;
    assert_eq!(log.file_name().and_then(|name| name.to_str()), Some("sample.linework"));
    let (reader, broken) = LogReader::open(&log).expect("it is a log");
    assert!(broken.is_none() && reader.verify().is_ok());
    let mut drawing = None;
    for stored in reader.read_after(protocol::Seq(0), 10_000, 1 << 30).expect("it is read") {
        match protocol::decode_entry(&stored.payload).expect("an entry").event {
            Event::Created { snapshot, .. } => {
                let blob = reader.blob(&snapshot).expect("it is read").expect("it is there");
                drawing = Some(protocol::decode_drawing(&blob).expect("a drawing"));
            }
            Event::Edited { op, .. } => {
                drawing.as_mut().expect("a log starts with its drawing").apply(&op).expect("it follows");
            }
            _ => {}
        }
    }
    assert_eq!(drawing.expect("a log has a drawing").hash(), person.drawing.hash());
}

async fn archiving(page: &mut Page<'_>, ben: &mut Person, link: &str) {
    page.click("button", "Archive").await;
    page.click("dialog button.primary", "Archive").await;
    let why = ben.end().await;
    assert!(why.contains("was archived by the host") && why.contains("kept"), "{why}");
    page.until("document.querySelector('.shelf summary')?.textContent === 'Archived (1)'").await;
    let why = Person::join(link, "Ben Okafor").await.err().expect("nobody comes in");
    assert!(why.contains("Café, ground floor is archived"), "{why}");
    page.shoot("archived").await;
    page.click("button", "Bring back").await;
    page.until("document.querySelector('.shelf details').hidden").await;
    let here: Value = page.eval("document.querySelectorAll('#drawings > li').length").await;
    assert_eq!(here, 3);
    Person::join(link, "Ben Okafor").await.expect("he comes in again");
}
