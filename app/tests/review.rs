//! Saved logs in the window, driven by the names that assistive technology sees, judged by what it then shows.

mod recorded;

use std::ops::ControlFlow;
use std::path::Path;

use app::action::Action;
use app::arguments::Arguments;
use app::document::{Document, Then};
use app::review::{Review, Wish};
use app::window::{Purpose, Window};
use clap::Parser as _;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use protocol::{Hash, Seq};

/// Frames until something must have happened; each waits for what runs behind the window.
const FRAMES_MAX: usize = 2_000;

/// A window with a saved log open, in a folder of its own.
struct Opened {
    harness: Harness<'static, Window>,
    folder: tempfile::TempDir,
    /// What the live room was at each entry.
    digests: Vec<(Seq, Hash)>,
}

fn window(state: &Path, files: &[&str]) -> Harness<'static, Window> {
    std::fs::create_dir_all(state).expect("a state folder");
    let mut words =
        vec!["linework", "--no-nearby", "--name", "Dana", "--state-dir", state.to_str().expect("a plain path")];
    words.extend(files);
    let arguments = Arguments::try_parse_from(words).expect("the command line is right");
    let state = state.to_owned();
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(4)
        .wgpu()
        .build_eframe(move |created| Window::new(created, arguments, state).expect("the window opens"))
}

impl Opened {
    fn new() -> Opened {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("cafe.linework");
        let digests = recorded::cafe(&log, true);
        let harness = window(&folder.path().join("state"), &[log.to_str().expect("a plain path")]);
        let mut opened = Opened { harness, folder, digests };
        opened.until("the log is read through", |window| {
            let document = window.document();
            document.is_some_and(|d| d.is_here() && d.picture.scene().is_some())
                && document.and_then(|d| d.review.as_ref()).is_some_and(|review| review.all_read)
        });
        opened
    }

    /// Runs frames until `is` holds.
    #[track_caller]
    fn until(&mut self, what: &str, is: impl Fn(&Window) -> bool) {
        for _ in 0..FRAMES_MAX {
            self.harness.step();
            if is(self.harness.state()) {
                return;
            }
            // What runs behind the window wakes it; here nobody listens, so the thread gives way.
            std::thread::park_timeout(std::time::Duration::from_millis(2));
        }
        panic!("{what}: not so after {FRAMES_MAX} frames; said: {:?}", self.harness.state().message);
    }

    fn document(&self) -> &Document {
        self.harness.state().document().expect("a log is open")
    }

    fn review(&self) -> &Review {
        self.document().review.as_ref().expect("it is looked back at")
    }

    fn click(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.harness.step();
        self.harness.step();
    }

    fn wish(&mut self, wish: Wish) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().perform(&ctx, Action::Review(wish));
    }

    /// Waits until this entry is shown; the drawing there must be what it was in the live room.
    #[track_caller]
    fn arrives(&mut self, seq: u64) {
        self.until("it arrives", |window| {
            let review = window.document().and_then(|document| document.review.as_ref());
            review.is_some_and(|review| review.at == Seq(seq) && review.has_arrived())
        });
    }

    fn head(&self) -> u64 {
        self.digests.len() as u64
    }
}

#[test]
fn a_log_opens_at_its_end_and_is_only_looked_at() {
    let mut opened = Opened::new();
    let head = opened.head();
    opened.arrives(head);
    assert!(!opened.document().may_edit() && !opened.document().is_dirty());
    let names = ["Timeline", "Play", "First entry", "Last entry", "Next entry", "Previous entry", "Next run of work"];
    for name in
        names.into_iter().chain(["Previous run of work", "Speed 16x", "Open a copy from here", "Filter by area"])
    {
        assert!(opened.harness.query_all_by_label(name).next().is_some(), "nothing is called {name}");
    }
    let before = opened.document().drawing().hash();
    opened.wish(Wish::Restore);
    let ctx = opened.harness.ctx.clone();
    opened.harness.state_mut().perform(&ctx, Action::Run(app::command::Command::Line));
    assert!(opened.harness.state().message.as_ref().is_some_and(|message| message.bad));
    opened.harness.state_mut().perform(&ctx, Action::Run(app::command::Command::Save));
    opened.harness.step();
    let offer = opened.harness.state().message.as_ref().and_then(|message| message.offer.clone());
    assert_eq!(offer.map(|(label, _)| label).as_deref(), Some("Open a copy from here"));
    assert_eq!(opened.document().drawing().hash(), before);
}

#[test]
fn one_steps_by_entry_by_run_and_by_key() {
    let mut opened = Opened::new();
    let head = opened.head();
    opened.click("First entry");
    opened.arrives(1);
    opened.click("Next entry");
    opened.arrives(2);
    opened.harness.key_press(egui::Key::ArrowRight);
    opened.arrives(3);
    opened.harness.key_press(egui::Key::ArrowLeft);
    opened.arrives(2);
    opened.harness.key_press(egui::Key::End);
    opened.arrives(head);
    opened.click("Previous entry");
    opened.arrives(head - 1);
    opened.harness.key_press(egui::Key::Home);
    opened.arrives(1);
    // A run ends with somebody else's entry or a rest; all of it is lit up.
    opened.click("Next run of work");
    let (first, last) = opened.review().lit;
    assert!(first == Seq(2) && last >= first, "{first} {last}");
    opened.arrives(last.0);
    for _ in 0..4 {
        opened.click("Next run of work");
    }
    let (first, last) = opened.review().lit;
    assert!(last > first);
    let lines = &opened.review().lines;
    let who = |seq: Seq| lines.get(seq).and_then(|line| line.who);
    assert!((first.0..=last.0).all(|seq| who(Seq(seq)) == who(last)));
    opened.click("Previous run of work");
    assert!(opened.review().lit.1 < first);
}

#[test]
fn it_plays_to_the_end_and_stops() {
    let mut opened = Opened::new();
    let head = opened.head();
    opened.click("Speed 256x");
    assert_eq!(opened.review().speed, 256);
    opened.click("First entry");
    opened.arrives(1);
    opened.harness.key_press(egui::Key::Space);
    opened.harness.step();
    assert!(opened.review().is_playing());
    assert!(opened.harness.query_by_label("Pause").is_some());
    opened.until("it has played to the end", |window| {
        let review = window.document().and_then(|document| document.review.as_ref());
        review.is_some_and(|review| !review.is_playing() && review.at == Seq(head))
    });
    // Space stops it on the way.
    opened.click("First entry");
    opened.arrives(1);
    opened.click("Speed 1x");
    opened.click("Play");
    opened.harness.key_press(egui::Key::Space);
    opened.harness.step();
    assert!(!opened.review().is_playing());
    assert!(opened.review().going < Seq(head));
}

#[test]
fn one_drags_to_any_moment() {
    let mut opened = Opened::new();
    let bar = opened.harness.get_by_label("Timeline").rect();
    for part in [0.1, 0.5, 0.9, 0.3] {
        let at = bar.left_center() + egui::vec2(bar.width() * part, 0.0);
        opened.harness.event(egui::Event::PointerMoved(at));
        opened.harness.step();
        for pressed in [true, false] {
            let button = egui::PointerButton::Primary;
            let modifiers = egui::Modifiers::NONE;
            opened.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
            opened.harness.step();
        }
        let going = opened.review().going;
        opened.arrives(going.0);
        let line = opened.review().lines.get(going).expect("it is listed");
        let place = line.active_ms as f32 / opened.review().lines.active_ms() as f32;
        assert!((place - part).abs() < 0.15, "{part}: {place}");
    }
}

#[test]
fn entries_are_filtered_and_one_jumps_to_them() {
    let mut opened = Opened::new();
    let head = opened.head();
    let all = opened.review().lines.len();
    assert_eq!(all as u64, head);
    let cleo =
        opened.review().lines.names.people.iter().position(|who| who.name == "Cleo Maric").expect("she is in it");
    let mut filter = app::review::Filter { who: Some(cleo as u16), ..Default::default() };
    let kept = |opened: &mut Opened, filter: &app::review::Filter| {
        opened.wish(Wish::Filter(filter.clone()));
        opened.harness.step();
        let review = opened.review();
        (0..review.listed_len()).map(|n| review.listed_at(n)).collect::<Vec<_>>()
    };
    let hers = kept(&mut opened, &filter);
    assert!(hers.len() > 4 && hers.len() < all / 2, "{hers:?}");
    filter.kind = Some(app::review::Kind::TakenBack);
    let [undone] = kept(&mut opened, &filter)[..] else { panic!("she took back once") };
    opened.click(&format!("Entry {undone}: Cleo Maric took back: changed INSERT"));
    opened.arrives(undone.0);
    // By what is selected, and where it was.
    let touched = opened.review().lines.records(undone).to_vec();
    let records = app::review::Filter { records: touched, ..Default::default() };
    let by_record = kept(&mut opened, &records);
    assert!(by_record.contains(&undone) && by_record.len() >= 2 && by_record.len() < all / 2, "{by_record:?}");
    let [x0, y0, x1, y1] = opened.review().lines.get(undone).and_then(|line| line.area).expect("it is somewhere");
    let rect = drawing::Rect::new(x0.into(), y0.into(), x1.into(), y1.into()).inflate(1.0, 1.0);
    opened.click("Clear filters");
    opened.click("Filter by area");
    assert!(opened.review().picking_area);
    opened.wish(Wish::Area(Some(rect)));
    opened.harness.step();
    let there = opened.review().listed_len();
    assert!(there >= 2 && there < all, "{there}");
    opened.click("Clear filters");
    assert_eq!(opened.review().listed_len(), all);
}

#[test]
fn the_life_of_a_thing_is_told_and_one_jumps_in_it() {
    let mut opened = Opened::new();
    let cleo = opened.review().lines.names.people.iter().position(|who| who.name == "Cleo Maric").map(|at| at as u16);
    let changed = (1..=opened.head()).map(Seq).find(|seq| {
        let line = opened.review().lines.get(*seq).expect("it is listed");
        line.who == cleo && line.kind == app::review::Kind::Changed
    });
    let changed = changed.expect("she changed something");
    let id = drawing::EntityId(opened.review().lines.records(changed)[0].0);
    let ctx = opened.harness.ctx.clone();
    opened.harness.state_mut().perform(&ctx, Action::Select(vec![id], app::action::Pick::Add));
    opened.harness.step();
    opened.click("Life of the selected");
    opened.until("its life is told", |window| {
        let review = window.document().and_then(|document| document.review.as_ref());
        review.and_then(|review| review.life.as_ref()).is_some_and(|(_, steps)| steps.is_some())
    });
    opened.harness.step();
    opened.click(&format!("Entry {changed}: color by layer -> 1"));
    opened.arrives(changed.0);
    opened.click("Back to all entries");
    assert!(opened.review().life.is_none());
}

#[test]
fn a_copy_is_opened_from_a_moment_and_saves_as_the_file_that_it_came_from() {
    let mut opened = Opened::new();
    opened.click("First entry");
    opened.arrives(1);
    let start = opened.document().drawing().entity_count();
    opened.click("Open a copy from here");
    opened.until("the copy is open", |window| {
        window.documents.len() == 2 && window.document().is_some_and(|document| document.may_edit())
    });
    assert_eq!(opened.document().drawing().entity_count(), start);
    assert!(opened.document().title.ends_with("at entry 1") && opened.document().is_dirty());
    let path = opened.folder.path().join("copy.dxf");
    let ctx = opened.harness.ctx.clone();
    let purpose = Purpose::Save { document: opened.document().id, then: Then::Stay };
    opened.harness.state_mut().perform(&ctx, Action::Picked(purpose, path.clone()));
    opened.until("it is saved", |window| window.document().is_some_and(|document| !document.is_dirty()));
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf");
    assert!(std::fs::read(&path).expect("it is there") == std::fs::read(sample).expect("the sample"), "byte for byte");
    // From the end: what was done is in it.
    opened.harness.state_mut().perform(&ctx, Action::Activate(0));
    opened.harness.step();
    opened.click("Last entry");
    let head = opened.head();
    opened.arrives(head);
    let end = opened.document().drawing().entity_count();
    opened.click("Open a copy from here");
    opened.until("the second copy is open", |window| {
        window.documents.len() == 3 && window.document().is_some_and(|document| document.may_edit())
    });
    assert_eq!(opened.document().drawing().entity_count(), end);
}

#[test]
fn bad_logs_are_told_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("cafe.linework");
    let head = recorded::cafe(&log, false).len() as u64;
    let copy = |name: &str| {
        let path = folder.path().join(name);
        std::fs::copy(&log, &path).expect("a copy");
        path
    };
    let sql = |path: &Path, sql: &str| {
        rusqlite::Connection::open(path).expect("it opens").execute_batch(sql).expect("it is harmed");
    };
    let newer = copy("newer.linework");
    sql(&newer, "PRAGMA user_version = 9");
    let empty = folder.path().join("empty.linework");
    std::fs::write(&empty, b"").expect("written");
    let other = folder.path().join("other.linework");
    std::fs::write(&other, b"something else").expect("written");
    let live = copy("live.linework");
    let held = oplog::Log::open(&live).expect("it is live");
    let check = |path: &Path, words: &str| {
        let harness = window(&folder.path().join("state"), &[path.to_str().expect("a plain path")]);
        let mut opened = Opened { harness, folder: tempfile::tempdir().expect("a folder"), digests: Vec::new() };
        opened.until(words, |window| window.message.as_ref().is_some_and(|m| m.bad && m.text.contains(words)));
        assert!(opened.harness.state().documents.is_empty());
    };
    check(&newer, "version 9");
    check(&empty, "is empty");
    check(&other, "is not an op log");
    check(&live, "in use by");
    drop(held);
    // One that is damaged opens up to there, and says so over the canvas.
    let flipped = copy("flipped.linework");
    sql(&flipped, &format!("UPDATE entry SET payload = x'0011' WHERE seq = {}", head - 3));
    let harness = window(&folder.path().join("state"), &[flipped.to_str().expect("a plain path")]);
    let mut opened = Opened { harness, folder: tempfile::tempdir().expect("a folder"), digests: Vec::new() };
    opened.until("what is intact is here", |window| window.document().is_some_and(|document| document.is_here()));
    opened.arrives(head - 4);
    let told = format!("This log is damaged: entry {} is not what was stored", head - 3);
    assert!(opened.harness.query_by_label_contains(&told).is_some());
}

/// Ana's drawing, shared, and a window that opens whatever `join` gives.
fn live() -> (Opened, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.dxf");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf"), &file).expect("a copy");
    let harness = window(&folder.path().join("state"), &[file.to_str().expect("a plain path")]);
    let mut ana = Opened { harness, folder, digests: Vec::new() };
    ana.until("the drawing is here", |window| {
        window.document().is_some_and(|d| d.may_edit() && d.picture.scene().is_some())
    });
    let ctx = ana.harness.ctx.clone();
    ana.harness.state_mut().perform(&ctx, Action::Run(app::command::Command::Share));
    ana.until("there is an address", |window| window.shared_address().is_some());
    ana.harness.state_mut().perform(&ctx, Action::CloseDialog);
    ana.harness.step();
    let address = ana.harness.state().shared_address().expect("an address");
    (ana, address)
}

impl Opened {
    fn perform(&mut self, action: Action) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().perform(&ctx, action);
        self.harness.step();
    }

    /// Two chairs of the café.
    fn chairs(&self) -> Vec<drawing::EntityId> {
        let drawing = self.document().session.drawing();
        let furniture = drawing.layer_named("FURNITURE").expect("a layer of the sample");
        let is = |e: &&drawing::Entity| e.style.layer == furniture && matches!(e.shape, drawing::Shape::Insert(_));
        let model = drawing.model_space().expect("a model space");
        drawing.entities_of(model).filter(is).take(2).map(|entity| entity.id).collect()
    }

    fn shape(&self, id: drawing::EntityId) -> Option<drawing::Shape> {
        self.document().session.drawing().entity(id).map(|entity| entity.shape.clone())
    }

    fn settle(&mut self) {
        self.until("all is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    }

    fn look_back(&mut self) {
        self.harness.state_mut().panel = Some(app::action::Panel::History);
        self.harness.step();
        self.click("Look back");
        self.until("the past is shown", |window| {
            let document = window.document();
            document.is_some_and(|d| d.past().is_some() && d.review.as_ref().is_some_and(|review| review.all_read))
        });
        self.harness.step();
    }
}

#[test]
fn one_looks_back_in_a_live_session_and_restores_a_moment_that_undo_takes_back() {
    let (mut ana, _) = live();
    let chairs = ana.chairs();
    let before = chairs.iter().map(|id| ana.shape(*id)).collect::<Vec<_>>();
    ana.perform(Action::Select(vec![chairs[0]], app::action::Pick::Add));
    ana.perform(Action::Translate(drawing::Vec2::new(500.0, 0.0)));
    ana.settle();
    ana.perform(Action::SelectNone);
    ana.perform(Action::EraseOnly(vec![chairs[1]]));
    ana.settle();
    let count = ana.document().session.drawing().entity_count();
    let now = ana.shape(chairs[0]);
    assert_ne!(now, before[0]);
    ana.look_back();
    assert!(!ana.document().may_edit());
    ana.click("First entry");
    ana.arrives(1);
    assert!(ana.harness.query_by_label_contains("Looking at").is_some());
    let then = ana.document().past().expect("the past");
    assert_eq!(then.entity(chairs[0]).map(|entity| entity.shape.clone()), before[0]);
    assert_eq!(ana.shape(chairs[0]), now, "the drawing itself is as it was");
    // Back to now, and once more.
    ana.click("Back to now");
    assert!(ana.document().past().is_none() && ana.document().may_edit());
    ana.look_back();
    ana.click("First entry");
    ana.arrives(1);
    ana.click("Restore this moment");
    ana.settle();
    assert!(ana.document().past().is_none());
    assert_eq!(ana.shape(chairs[0]), before[0]);
    assert_eq!(ana.document().session.drawing().entity_count(), count + 1, "what was erased is there again");
    let said = ana.harness.state().message.clone().expect("it is said").text;
    assert_eq!(said, "Restored: 2 objects are as then. Undo takes it back");
    ana.perform(Action::Run(app::command::Command::Undo));
    ana.until("it is taken back", |window| {
        window.document().is_some_and(|d| d.session.drawing().entity_count() == count)
    });
    assert_eq!(ana.shape(chairs[0]), now);
}

#[test]
fn restoring_leaves_alone_what_others_hold_and_says_so() {
    let (mut ana, address) = live();
    let chairs = ana.chairs();
    let before = chairs.iter().map(|id| ana.shape(*id)).collect::<Vec<_>>();
    for id in &chairs {
        ana.perform(Action::Select(vec![*id], app::action::Pick::Add));
        ana.perform(Action::Translate(drawing::Vec2::new(500.0, 0.0)));
        ana.settle();
        ana.perform(Action::SelectNone);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let harness = window(&folder.path().join("state"), &[&address]);
    let mut ben = Opened { harness, folder, digests: Vec::new() };
    ben.until("Ben has the drawing", |window| {
        window.document().is_some_and(|d| d.may_edit() && d.picture.scene().is_some())
    });
    ana.perform(Action::Select(vec![chairs[0]], app::action::Pick::Add));
    ana.until("Ana holds a chair", |window| {
        window.document().is_some_and(|d| d.selection.iter().all(|id| d.session.is_mine((*id).into())))
    });
    ben.until("Ben sees that she does", |window| window.document().is_some_and(|d| !d.held_by_others().is_empty()));
    // Over the network, too, one looks back to before one came.
    ben.look_back();
    ben.click("First entry");
    ben.arrives(1);
    ben.click("Restore this moment");
    ben.settle();
    assert_eq!(ben.shape(chairs[1]), before[1]);
    assert_ne!(ben.shape(chairs[0]), before[0], "Ana holds it");
    let said = ben.harness.state().message.clone().expect("it is said").text;
    assert!(said.starts_with("Restored: 1 object is as then; Dana holds it, which stays as it is"), "{said}");
    ben.look_back();
    ben.click("First entry");
    ben.arrives(1);
    ben.click("Restore this moment");
    let said = ben.harness.state().message.clone().expect("it is said").text;
    assert_eq!(said, "Can't restore: Dana holds it");
}

#[test]
fn a_checkpoint_that_is_not_what_the_entries_give_is_found_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cafe.linework");
    let head = recorded::cafe(&path, true).len() as u64;
    let mut log = app::review::LogFile::open(&path).expect("the log opens");
    let mut at = |seq: u64| {
        let mut replay = collab::Replay::new();
        let went = replay.seek(&mut app::review::FromStart(&mut log), Seq(seq), |_, _, _| ControlFlow::Continue(()));
        assert!(went.is_ok_and(|went| went.is_continue()));
        replay.room().expect("it stands there").clone()
    };
    let (start, end) = (at(1), at(head));
    // The room at the end, but with the drawing of the start, and all its own hashes right.
    let state = end.to_checkpoint();
    let (books, _) = state.split_at(state.len() - protocol::encode_drawing(end.drawing()).len());
    let (right, wrong) = (end.drawing().hash().to_string(), start.drawing().hash().to_string());
    let place = books.windows(right.len()).position(|bytes| bytes == right.as_bytes()).expect("it names its drawing");
    let mut forged = books.to_vec();
    forged[place..place + wrong.len()].copy_from_slice(wrong.as_bytes());
    forged.extend(protocol::encode_drawing(start.drawing()));
    drop(log);
    let changed = rusqlite::Connection::open(&path)
        .and_then(|db| db.execute("UPDATE checkpoint SET state = ?1, state_hash = ?2", (&forged, Hash::of(&forged).0)));
    assert_eq!(changed, Ok(1));

    let harness = window(&folder.path().join("state"), &[path.to_str().expect("a plain path")]);
    let mut opened = Opened { harness, folder, digests: Vec::new() };
    opened.until("it is said", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("not what its entries give"))
    });
    opened.arrives(head);
    assert_eq!(opened.document().drawing().hash(), end.drawing().hash());
}
