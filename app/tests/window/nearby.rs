//! Hosts on the network: what is shown of them, what a click on a drawing does, and that nobody looks for them in vain.

use std::net::SocketAddr;
use std::path::Path;

use app::action::Action;
use app::command::Command;
use app::dialogs::Dialog;
use app::nearby::{Answer, Found, NearbyHost};
use app::window::{Report, Window};
use egui_kittest::kittest::Queryable as _;
use server::{Host, HostError, Listed, NearbyDrawing, Options};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{Opened, window, window_with};

/// A window with nothing open.
fn empty() -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    Opened { harness: window(folder.path(), &[]), folder }
}

/// Tells the window what was found, as a lookout does.
fn tell(opened: &mut Opened, found: Found) {
    let state = opened.harness.state();
    state.backstage.reports.send(Report::Nearby(state.nearby.number, found)).expect("the window listens");
    opened.harness.step();
    opened.harness.step();
}

fn drawing(title: &str, secret: Option<&str>, people: Option<u32>) -> NearbyDrawing {
    let name = title.to_lowercase().replace(' ', "-");
    NearbyDrawing { name, title: title.into(), secret: secret.map(str::to_owned), people }
}

fn host(title: &str, at: SocketAddr, drawings: Vec<NearbyDrawing>) -> NearbyHost {
    NearbyHost { title: title.into(), answer: Answer::Listed { at, here: false, drawings, more: 0 } }
}

fn says(opened: &Opened, words: &str) -> bool {
    opened.harness.query_all_by_label_contains(words).next().is_some()
}

fn click(opened: &mut Opened, name: &str) {
    opened.harness.get_by_label(name).click();
    opened.harness.step();
    opened.harness.step();
}

fn has_joined(window: &Window) -> bool {
    window.document().is_some_and(|document| document.may_edit() && document.title == "The plan")
}

/// A server of one drawing, on a runtime of its own.
struct Served {
    at: SocketAddr,
    secret: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), HostError>>,
    runtime: Runtime,
}

impl Served {
    fn start(folder: &Path, title: &str, listed: Listed) -> Served {
        let runtime = Runtime::new().expect("threads");
        let secret = runtime.block_on(async {
            let host = Host::open(Options::new(folder), runtime.handle().clone()).expect("the folder opens");
            let listing = host.add("The plan", None, drawing::Drawing::new()).await.expect("it is added");
            host.close().await;
            listing.secret
        });
        let options = Options { title: title.into(), listed, ..Options::new(folder) };
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let at = listener.local_addr().expect("it is bound");
        let (stop, stopped) = oneshot::channel::<()>();
        // An error says that the test is over.
        let until = async { drop(stopped.await) };
        let serving = runtime.spawn(async move { server::run(listener, options, until).await });
        Served { at, secret, stop, serving, runtime }
    }

    fn stop(self) {
        self.stop.send(()).expect("it serves");
        self.runtime.block_on(self.serving).expect("it ends").expect("in good order");
    }
}

#[test]
fn what_is_found_is_said_as_it_stands() {
    let at = "192.168.1.20:4848".parse().expect("an address");
    let silent = Answer::Silent("192.168.1.20:4848 does not answer".into());
    let cases: [(Found, &[&str]); 5] = [
        (Found::Hosts(Vec::new()), &["On this network", "same network", "UDP port 5353"]),
        (Found::Unavailable("Hosts on this network can't be found".into()), &["can't be found"]),
        (Found::Hosts(vec![NearbyHost { title: "Office".into(), answer: Answer::Awaited }]), &["Office", "Asking"]),
        (Found::Hosts(vec![NearbyHost { title: "Office".into(), answer: silent }]), &["Office", "does not answer"]),
        (
            Found::Hosts(vec![
                host("Office", at, vec![drawing("Plan", Some("s"), Some(2)), drawing("Site", None, Some(0))]),
                host("Yard", at, Vec::new()),
            ]),
            &["192.168.1.20:4848", "Join Plan on Office", "Join Site on Office, by invitation", "lists no drawing"],
        ),
    ];
    let mut opened = empty();
    assert!(!says(&opened, "On this network"), "nobody looks, so nothing is said");
    for dialog in [false, true] {
        if dialog {
            opened.perform(Action::Run(Command::Join));
        }
        for (found, expect) in &cases {
            tell(&mut opened, found.clone());
            for words in *expect {
                assert!(says(&opened, words), "{words:?} of {found:?}");
            }
            let rests = (0..20).any(|_| {
                opened.harness.step();
                !opened.harness.ctx.has_requested_repaint()
            });
            assert!(rests, "what stands still is drawn again and again: {found:?}");
        }
    }
}

#[test]
fn an_invitation_is_asked_for_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path(), "Office", Listed::Nothing);
    let found = || Found::Hosts(vec![host("Office", served.at, vec![drawing("The plan", None, None)])]);
    let mut opened = empty();
    tell(&mut opened, found());
    click(&mut opened, "Join The plan on Office, by invitation");
    opened.harness.step();
    assert!(says(&opened, "The plan, at Office, is joined by invitation"));
    // The field has the keyboard: what is pasted goes there, and the secret alone will do.
    opened.harness.event(egui::Event::Paste(served.secret.clone()));
    opened.harness.step();
    opened.harness.step();
    opened.harness.key_press(egui::Key::Enter);
    opened.until("one is in", has_joined);
    let state = opened.folder.path().to_owned();
    let kept = || std::fs::read_to_string(state.join("joined.json")).unwrap_or_default();
    opened.until("the invitation is kept", |_| kept().contains(&served.secret));
    drop(opened.harness);
    // The next time, a click is enough.
    let mut opened = Opened { harness: window(&state, &[]), folder: opened.folder };
    tell(&mut opened, found());
    click(&mut opened, "Join The plan on Office");
    assert_eq!(opened.harness.state().dialog, Dialog::None);
    opened.until("one is in", has_joined);
    served.stop();
}

#[test]
fn a_secret_that_is_void_is_asked_for_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path(), "Office", Listed::Nothing);
    let found = || Found::Hosts(vec![host("Office", served.at, vec![drawing("The plan", None, None)])]);
    let mut opened = empty();
    let old = protocol::Address {
        host: "127.0.0.1".into(),
        port: served.at.port(),
        drawing: "the-plan".into(),
        secret: "old".into(),
    };
    let kept = format!("[{{\"title\": \"The plan\", \"address\": \"{old}\"}}]");
    std::fs::write(opened.folder.path().join("joined.json"), kept).expect("written");
    opened = Opened { harness: window(opened.folder.path(), &[]), folder: opened.folder };
    tell(&mut opened, found());
    click(&mut opened, "Join The plan on Office");
    opened.until("one is told that it lets nobody in", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("address is out of date"))
    });
    opened.perform(Action::Close(0));
    tell(&mut opened, found());
    click(&mut opened, "Join The plan on Office, by invitation");
    assert!(matches!(opened.harness.state().dialog, Dialog::Join { wanted: Some(_), .. }));
    served.stop();
}

#[test]
fn a_host_on_the_network_is_found_joined_by_a_click_and_looked_for_no_longer() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path(), "Everybody's office", Listed::Open);
    let state = tempfile::tempdir().expect("a folder");
    let mut opened = Opened { harness: window_with(state.path(), &[]), folder: state };
    opened.harness.step();
    assert!(opened.harness.state().nearby.is_looking());
    assert!(says(&opened, "On this network"));
    let at = served.at;
    opened.until("the host is found", |window| {
        window.neighbours().any(|host| matches!(host.answer, Answer::Listed { at: here, .. } if here == at))
    });
    opened.harness.step();
    let found = opened
        .harness
        .state()
        .neighbours()
        .find(|host| matches!(host.answer, Answer::Listed { at: here, .. } if here == at));
    assert_eq!(found.expect("it is found").title, "Everybody's office");
    click(&mut opened, "Join The plan on Everybody's office");
    opened.until("one is in", has_joined);
    opened.harness.step();
    assert!(!opened.harness.state().nearby.is_looking(), "nobody sees what would be found");
    // The dialog looks again, and its end ends it.
    opened.perform(Action::Run(Command::Join));
    assert!(opened.harness.state().nearby.is_looking());
    opened.until("the dialog lists it", |window| window.neighbours().any(|host| host.title == "Everybody's office"));
    opened.perform(Action::CloseDialog);
    assert!(!opened.harness.state().nearby.is_looking());
    served.stop();
}
