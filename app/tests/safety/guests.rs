//! Those who joined somebody else's drawing, and what becomes of it when its host goes.

use app::action::{Action, Pick};
use app::command::Command;
use app::dialogs::Dialog;
use app::document::{Document, Then};
use app::window::Purpose;
use collab::Status;
use drawing::{EntityId, Vec2};
use egui_kittest::kittest::Queryable as _;

use crate::desk::{Desk, text};

fn is_over(document: &Document) -> bool {
    matches!(document.session.status(), Status::Ended { retry: false, .. })
}

/// Ana with a shared drawing, and Ben in it.
fn two(folder: &std::path::Path) -> (Desk, Desk) {
    let file = folder.join("plan.dxf");
    std::fs::write(&file, text()).expect("the drawing is written");
    let mut ana = Desk::with(&folder.join("ana"), "Ana", &file);
    let address = ana.share();
    let mut ben = Desk::open(&folder.join("ben"), "Ben", &[&address]);
    ben.is_ready();
    (ana, ben)
}

#[test]
fn a_guest_whose_host_quit_is_told_saves_a_copy_and_is_asked_before_closing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ana, mut ben) = two(folder.path());
    ben.drew(7.25);
    ben.until_document("all that saving needs is here", |document| document.parts.len() == 2);
    ana.until_document("Ana sees it", |document| document.drawing().entity_count() == 3);
    ana.exit();
    ben.until_document("Ben knows that the room is over", is_over);
    assert!(ben.said().contains("Ana closed Linework") && ben.said().contains("save a copy"), "{}", ben.said());
    assert!(!ben.document().may_edit());
    ben.harness.step();
    let words = "Ana closed Linework. What you see stays here; save a copy to keep it";
    assert!(ben.harness.query_by_label(words).is_some(), "it is in sight as long as it is so");
    ben.draw(9.0);
    assert_eq!(ben.count(), 3, "nothing is drawn into the void");

    // What Ben sees may be nowhere else: closing asks, and so does quitting.
    for command in [Command::CloseDrawing, Command::Quit] {
        ben.run(command);
        ben.harness.step();
        assert!(matches!(ben.window().dialog, Dialog::Unsaved { .. }), "{command:?} asks");
        assert!(ben.harness.query_by_label("Save a copy...").is_some());
        ben.perform(Action::CloseDialog);
    }
    let copy = folder.path().join("copy.dxf");
    ben.save_to(&copy, Then::Stay);
    ben.until_document("the copy is saved", |document| !document.at_stake().is_any());
    let saved = std::fs::read_to_string(&copy).expect("the copy is there");
    assert!(saved.contains("7.25") && saved.contains("60.0"), "{saved}");
    assert!(saved.contains("somebody's own words"), "what nobody touched is as it was: {saved}");
    ben.run(Command::CloseDrawing);
    assert!(ben.window().documents.is_empty(), "now it just closes");
}

#[test]
fn a_guest_is_told_when_the_shared_tab_is_closed_and_when_sharing_stops() {
    for stop in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut ana, mut ben) = two(folder.path());
        if stop {
            ana.perform(Action::StopSharing);
        } else {
            ana.until("Ana sees Ben", |window| window.document().is_some_and(Document::has_guests));
            ana.run(Command::CloseDrawing);
            assert!(matches!(ana.window().dialog, Dialog::Unsaved { .. }), "Ben would be put out");
            let id = ana.document().id;
            ana.perform(Action::CloseNow(id));
        }
        ben.until_document("Ben knows that the room is over", is_over);
        let why = if stop { "Ana stopped sharing" } else { "Ana closed the drawing" };
        let words = ben.document().connection_words().expect("something is said of it");
        assert!(words.starts_with(why), "{words}");
        if stop {
            assert!(ana.document().may_edit(), "Ana goes on");
            ana.drew(3.0);
            assert_eq!(ana.window().shared_address(), None);
        }
    }
}

#[test]
fn what_a_guest_changed_as_the_tab_was_closed_is_kept_and_offered_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ana, mut ben) = two(folder.path());
    // Ana's window doesn't come to look at it, but her room has stored it.
    ben.drew(7.25);
    let id = ana.document().id;
    let ctx = ana.harness.ctx.clone();
    ana.harness.state_mut().perform(&ctx, Action::CloseNow(id));
    ana.until("Ana is told", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("changed by somebody as you closed it"))
    });
    ana.exit();
    let mut ana = Desk::open(&folder.path().join("ana"), "Ana", &[]);
    ana.until("it is offered back", |window| window.dialog == Dialog::Recover);
    ana.perform(Action::Recover);
    ana.is_ready();
    assert_eq!(ana.count(), 3);
    assert!(ana.document().is_dirty());
}

#[test]
fn a_change_that_came_too_late_is_kept_until_it_is_applied_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ana, mut ben) = two(folder.path());
    let ids: Vec<EntityId> = ben.document().drawing().entities().map(|entity| entity.id).collect();
    ana.perform(Action::Select(ids.clone(), Pick::Add));
    ana.perform(Action::Translate(Vec2::new(0.0, 1.0)));
    ana.perform(Action::SelectNone);
    ana.until_document("Ana's move is stored, and she holds nothing", |document| {
        document.session.waiting() == 0 && document.session.locks().count() == 0
    });
    // Ben's window has not seen them, and his changes are refused.
    for id in &ids {
        let ctx = ben.harness.ctx.clone();
        ben.harness.state_mut().perform(&ctx, Action::TranslateOnly(vec![*id], Vec2::new(5.0, 0.0)));
    }
    ben.until_document("both are refused", |document| document.drafts.len() == 2);
    ben.harness.step();
    assert!(ben.harness.query_by_label("2 changes were not done").is_some());
    let drafts = &ben.document().drafts;
    assert!(
        drafts.iter().all(|draft| draft.what == "moved 1 object" && draft.why.contains("others changed it")),
        "{drafts:?}"
    );

    ben.run(Command::CloseDrawing);
    ben.harness.step();
    assert!(matches!(ben.window().dialog, Dialog::Unsaved { .. }), "closing says that they are kept");
    ben.perform(Action::CloseDialog);
    ben.harness.get_by_label("Apply all again").click();
    ben.until_document("both are done", |document| document.drafts.is_empty() && document.session.waiting() == 0);
    let start = |id: &EntityId| match &ben.document().drawing().entity(*id).expect("it is there").shape {
        drawing::Shape::Line(line) => (line.start.x, line.start.y),
        other => panic!("{other:?}"),
    };
    assert_eq!([start(&ids[0]), start(&ids[1])], [(15.0, 46.0), (95.0, 11.0)]);
    ben.run(Command::CloseDrawing);
    assert!(ben.window().documents.is_empty());
}

#[test]
fn a_server_that_talks_nonsense_is_given_up_for_a_new_connection() {
    use futures_util::{SinkExt as _, StreamExt as _};
    use protocol::{Encoding, ServerMessage};
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    let (hellos, heard) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            #[expect(clippy::result_large_err, reason = "the library's own type")]
            let choose = |request: &Request, mut response: Response| {
                let wanted = request.headers().get("Sec-WebSocket-Protocol").cloned().expect("a subprotocol");
                response.headers_mut().insert("Sec-WebSocket-Protocol", wanted);
                Ok(response)
            };
            let mut socket = tokio_tungstenite::accept_hdr_async(stream, choose).await.expect("a handshake");
            hellos.send(socket.next().await).expect("the test listens");
            // Nobody was welcomed: no drawing is due.
            let bytes = protocol::encode_drawing(&drawing::Drawing::new());
            let odd = ServerMessage::Snapshot { piece: 0, pieces: 1, bytes };
            let bytes = Encoding::MessagePack.encode(&odd).expect("written");
            socket.send(Message::Binary(bytes.into())).await.expect("sent");
            // Until the other side lets go.
            while let Some(Ok(_)) = socket.next().await {}
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let mut ben = Desk::open(folder.path(), "Ben", &[&format!("linework://127.0.0.1:{port}/plan#s")]);
    let came = std::cell::Cell::new(0);
    ben.until("Ben comes back twice", |_| {
        came.set(came.get() + heard.try_iter().count());
        came.get() >= 3
    });
    assert!(ben.said().contains("said something that can't be") && ben.said().contains("anew"), "{}", ben.said());
    assert!(!ben.document().may_edit() && !is_over(ben.document()));
}

#[test]
fn a_change_that_never_reached_the_others_is_named_before_closing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ana, mut ben) = two(folder.path());
    let line = drawing::Line { start: drawing::Point3::flat(0.0, 0.0), end: drawing::Point3::flat(0.0, 7.25) };
    let ctx = ben.harness.ctx.clone();
    ben.harness.state_mut().perform(&ctx, Action::Draw(vec![drawing::Shape::Line(line)]));
    ana.exit();
    ben.until_document("Ben knows that the room is over", is_over);
    assert_eq!((ben.document().session.waiting(), ben.count()), (1, 3), "it is still there to be seen");
    ben.run(Command::CloseDrawing);
    ben.harness.step();
    assert!(ben.harness.query_by_label_contains("1 change of yours has not reached the others").is_some());
    // A copy has it.
    let Dialog::Unsaved { document, .. } = ben.window().dialog else { panic!("it asks") };
    let copy = folder.path().join("copy.dxf");
    ben.perform(Action::Picked(Purpose::Save { document, then: Then::Stay }, copy.clone()));
    ben.until_document("the copy is saved", |document| !document.at_stake().is_any());
    assert!(std::fs::read_to_string(&copy).expect("the copy").contains("7.25"), "{}", ben.said());
}
