//! Without a connection, and after the program ended: what one did is kept, sent when one is back, or looked at.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use app::action::{Action, Pick};
use collab::Status;
use drawing::{EntityId, Vec2};
use egui_kittest::kittest::Queryable as _;
use protocol::Address;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::desk::{Desk, text};

/// A way to a server that can be cut and mended.
struct Wire {
    port: u16,
    whole: Arc<watch::Sender<bool>>,
    _runtime: tokio::runtime::Runtime,
}

impl Wire {
    fn to(server: SocketAddr) -> Wire {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let whole = Arc::new(watch::Sender::new(true));
        let watched = whole.clone();
        runtime.spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut whole = watched.subscribe();
                if !*whole.borrow() {
                    continue;
                }
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = whole.wait_for(|whole| !whole) => {}
                    }
                });
            }
        });
        Wire { port, whole, _runtime: runtime }
    }

    fn is_whole(&self, whole: bool) {
        self.whole.send_replace(whole);
    }
}

/// Ana with a shared drawing, and Ben in it over a wire, by this address.
fn two(folder: &Path) -> (Desk, Desk, Wire, String) {
    let file = folder.join("plan.dxf");
    std::fs::write(&file, text()).expect("the drawing is written");
    let mut ana = Desk::with(&folder.join("ana"), "Ana", &file);
    let address: Address = ana.share().parse().expect("an address");
    let wire = Wire::to(SocketAddr::from(([127, 0, 0, 1], address.port)));
    let address = Address { host: "127.0.0.1".into(), port: wire.port, ..address }.to_string();
    let mut ben = Desk::open(&folder.join("ben"), "Ben", &[&address]);
    ben.is_ready();
    (ana, ben, wire, address)
}

fn ids(desk: &Desk) -> Vec<EntityId> {
    desk.document().drawing().entities().map(|entity| entity.id).collect()
}

fn start(desk: &Desk, id: EntityId) -> (f64, f64) {
    match &desk.document().drawing().entity(id).expect("it is there").shape {
        drawing::Shape::Line(line) => (line.start.x, line.start.y),
        other => panic!("{other:?}"),
    }
}

/// Changes that wait in the seats of a state folder.
fn waiting_on_disk(state: &Path) -> usize {
    let Ok(files) = std::fs::read_dir(state.join("seats")) else { return 0 };
    let texts = files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
    texts.map(|text| text.matches("client_seq").count()).sum()
}

#[test]
fn what_one_did_without_a_connection_goes_on_in_another_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ana, mut ben, wire, _) = two(folder.path());
    let [held, free] = ids(&ben)[..] else { panic!("two lines") };
    ben.perform(Action::Select(vec![held], Pick::Add));
    ben.until_document("Ben holds one", |document| document.session.is_mine(held.into()));
    wire.is_whole(false);
    ben.until_document("Ben knows", |document| *document.session.status() == Status::Reconnecting);
    ben.perform(Action::Translate(Vec2::new(5.0, 0.0)));
    ben.draw(7.25);
    assert_eq!((ben.document().session.waiting(), ben.count()), (2, 3), "{}", ben.said());
    ben.perform(Action::EraseOnly(vec![free]));
    assert!(ben.said().contains("no connection"), "{}", ben.said());
    assert_eq!(ben.count(), 3, "what he doesn't hold he can't change now");
    let state = ben.state.clone();
    ben.until("both are on the disk", |_| waiting_on_disk(&state) == 2);

    // The program is killed. Its next run offers to go on.
    let again = folder.path().join("again");
    ben.crashed(&again);
    drop(ben);
    wire.is_whole(true);
    let mut ben = Desk::open(&again, "Ben", &[]);
    ben.until("it is offered", |window| window.unsent.len() == 1);
    ben.harness.step();
    ben.harness.get_by_label("Join plan.dxf again").click();
    ben.is_ready();
    ben.until_document("all is with the others", |document| document.session.waiting() == 0);
    assert!(ben.window().unsent.is_empty() && ben.document().drafts.is_empty());
    ana.until_document("Ana sees both", |document| document.drawing().entity_count() == 3);
    assert_eq!((start(&ana, held), start(&ben, held)), ((15.0, 45.0), (15.0, 45.0)));
    // What the earlier run did can be taken back in this one.
    ben.perform(Action::TakeBack);
    ben.until_document("the line is gone again", |document| document.drawing().entity_count() == 2);
    ben.perform(Action::TakeBack);
    ana.until_document("so is the move", |document| {
        let line = document.drawing().entity(held).map(|entity| entity.shape.clone());
        matches!(line, Some(drawing::Shape::Line(line)) if line.start.x == 10.0)
    });
    ben.until("nothing waits on the disk", |_| waiting_on_disk(&again) == 0);
}

#[test]
fn what_was_not_done_outlives_the_program_and_is_applied_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ana, mut ben, _wire, address) = two(folder.path());
    let lines = ids(&ben);
    ana.perform(Action::Select(lines.clone(), Pick::Add));
    ana.perform(Action::Translate(Vec2::new(0.0, 1.0)));
    ana.perform(Action::SelectNone);
    ana.until_document("Ana's move is stored, and she holds nothing", |document| {
        document.session.waiting() == 0 && document.session.locks().count() == 0
    });
    let ctx = ben.harness.ctx.clone();
    ben.harness.state_mut().perform(&ctx, Action::TranslateOnly(vec![lines[0]], Vec2::new(5.0, 0.0)));
    ben.harness.state_mut().perform(&ctx, Action::EraseOnly(vec![lines[1]]));
    ben.until_document("both are refused", |document| document.drafts.len() == 2);
    ben.exit();

    let mut ben = Desk::open(&folder.path().join("ben"), "Ben", &[&address]);
    ben.is_ready();
    assert_eq!(ben.document().drafts.len(), 2);
    ben.harness.step();
    let drafted = ben.harness.state_mut().document_mut().expect("open").drafted();
    assert_eq!(drafted.put.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [lines[0]]);
    assert_eq!(drafted.gone.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [lines[1]]);
    assert_eq!((start(&ben, lines[0]), ben.count()), ((10.0, 46.0), 2), "nothing is done until it is said");

    ben.harness.get_by_label("Show: Moved 1 object").click();
    ben.harness.step();
    assert!(ben.document().camera.seen().contains(drawing::Point::new(40.0, 46.0)));
    ben.harness.get_by_label("Apply: Moved 1 object").click();
    ben.until_document("it is done", |document| document.drafts.len() == 1 && document.session.waiting() == 0);
    assert_eq!(start(&ben, lines[0]), (15.0, 46.0));
    ben.harness.step();
    ben.harness.get_by_label("Discard: Erased 1 object").click();
    ben.until_document("it is dropped", |document| document.drafts.is_empty());
    assert_eq!(ben.count(), 2);
    let state = ben.state.clone();
    ben.until("and on the disk", |_| {
        let undone = |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.contains("\"why\""));
        !std::fs::read_dir(state.join("seats")).expect("seats").any(|file| undone(&file.expect("listed").path()))
    });
}
