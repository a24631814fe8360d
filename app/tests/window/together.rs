//! Several people in one drawing: following, pointers on sheets, locks that are lost.

use app::action::{Action, Pick};
use app::command::Command;
use drawing::EntityId;
use egui_kittest::kittest::Queryable as _;
use protocol::{ServerMessage, SessionId};

use crate::Opened;

fn me(opened: &Opened) -> SessionId {
    opened.document().session.me().expect("one is in the room")
}

fn entity(opened: &Opened, handle: u64) -> EntityId {
    let mut entities = opened.document().drawing().entities();
    entities.find(|entity| entity.handle == Some(drawing::Handle(handle))).expect("it is there").id
}

#[test]
fn following_shows_what_somebody_sees_and_two_dont_chase_each_other() {
    let (mut ana, mut ben) = Opened::shared();
    let (who, guest) = (me(&ana), me(&ben));
    ben.perform(Action::Follow(Some(who)));
    ana.perform(Action::ZoomTo(drawing::Rect::new(10.0, 10.0, 30.0, 20.0)));
    let view = ana.document().camera.view();
    for _ in 0..200 {
        ana.harness.step();
        ben.harness.step();
        if ben.document().camera.view() == view {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
    assert_eq!(ben.document().camera.view().center, view.center);
    ana.until("Ana knows that Ben follows", |window| window.document().is_some_and(|d| d.follows_me(guest)));
    ana.perform(Action::Follow(Some(guest)));
    assert_eq!(ana.document().following, None);
    assert!(ana.said().contains("follows you"), "{}", ana.said());
    // Any move of one's own ends it.
    ben.point(20.0, 20.0);
    let wheel = egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: egui::vec2(0.0, 1.0),
        source: egui::MouseWheelSource::Wheel,
        phase: egui::TouchPhase::Move,
        modifiers: egui::Modifiers::NONE,
    };
    ben.harness.event(wheel);
    ben.harness.step();
    assert_eq!(ben.document().following, None);
}

#[test]
fn a_pointer_on_a_sheet_is_not_shown_in_model_space_and_one_who_follows_goes_along() {
    let sample = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/sample.dxf")).expect("a file");
    let (mut ana, mut ben) = Opened::shared_of(Opened::with(&[("sample.dxf", &sample)]));
    let who = me(&ana);
    let sheet = ana.document().drawing().layouts().find(|layout| layout.tab_order > 0).expect("a sheet").block;
    ana.point(10.0, 10.0);
    ben.until("Ben sees Ana's pointer", |window| {
        window.document().is_some_and(|d| d.presence_here(who).is_some_and(|p| p.cursor.is_some()))
    });
    ben.until("and it is drawn", |window| window.document().is_some_and(|d| d.people.glides.contains_key(&who)));
    ana.perform(Action::Space(sheet));
    ana.point(20.0, 20.0);
    ben.until("Ana is on a sheet", |window| window.document().is_some_and(|d| d.presence_here(who).is_none()));
    ben.until("her pointer is gone", |window| window.document().is_some_and(|d| d.people.glides.is_empty()));
    ben.perform(Action::Follow(Some(who)));
    ben.until("Ben is on the sheet", |window| window.document().is_some_and(|d| d.space == Some(sheet)));
    // Another drawing in front: nobody sees a pointer that stands still for ever.
    ana.perform(Action::Run(Command::New));
    ana.until("a new drawing is in front", |window| window.documents.len() == 2 && window.active == 1);
    ben.until("Ana points nowhere", |window| {
        window.document().is_some_and(|d| d.session.presence_of(who).is_some_and(|p| p.cursor.is_none()))
    });
}

#[test]
fn a_moving_pointer_of_somebody_else_makes_nothing_anew() {
    let (mut ana, mut ben) = Opened::shared();
    let who = me(&ana);
    let wall = entity(&ben, 0x1A);
    ben.perform(Action::Select(vec![wall], Pick::Add));
    ben.until("Ben holds it", |window| window.document().is_some_and(|d| d.session.is_mine(wall.into())));
    ana.until("Ana sees it", |window| window.document().is_some_and(|d| !d.held_by_others().is_empty()));
    ben.until("all is drawn", |window| window.document().is_some_and(|d| !d.picture.is_busy()));
    ben.harness.step();
    let (revision, made) = (ben.document().revision, ben.document().picture.overlays_made());
    let mut seen = std::collections::BTreeSet::new();
    let mut at = 0.0;
    for _ in 0..20_000 {
        at += 0.1;
        ana.point(5.0 + at % 80.0, 20.0);
        ben.harness.step();
        let cursor = ben.document().session.presence_of(who).and_then(|presence| presence.cursor);
        seen.extend(cursor.map(|cursor| cursor.x.to_bits()));
        if seen.len() >= 100 {
            break;
        }
    }
    assert!(seen.len() >= 100, "Ben saw {} places", seen.len());
    assert_eq!((ben.document().revision, ben.document().picture.overlays_made()), (revision, made));
}

#[test]
fn many_edits_that_arrive_together_are_tessellated_once() {
    const EDITS: usize = 60;
    let (mut ana, mut ben) = Opened::shared();
    ben.until("all is drawn", |window| window.document().is_some_and(|d| !d.picture.is_busy()));
    let before = ben.document().picture.chunks_given;
    let count = ben.count();
    let ctx = ana.harness.ctx.clone();
    for at in 0..EDITS {
        let to = drawing::Point3::flat(at as f64, 60.0);
        let line = drawing::Shape::Line(drawing::Line { start: drawing::Point3::flat(at as f64, 0.0), end: to });
        ana.harness.state_mut().perform(&ctx, Action::Draw(vec![line]));
    }
    ana.until("all is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    let waits = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let mut frames = 0;
    while ben.count() < count + EDITS {
        assert!(std::time::Instant::now() < waits, "Ben never got them");
        ben.harness.step();
        frames += 1;
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    let given = ben.document().picture.chunks_given - before;
    assert!(given <= 6 * frames + 6, "{given} chunks in {frames} frames for {EDITS} edits");
}

#[test]
fn a_lapsed_lock_marks_what_it_was_on_until_it_is_asked_for_again() {
    let mut opened = Opened::new();
    let wall = entity(&opened, 0x1A);
    opened.perform(Action::Select(vec![wall], Pick::Add));
    opened.until("it is held", |window| window.document().is_some_and(|d| d.session.is_mine(wall.into())));
    let document = opened.harness.state_mut().document_mut().expect("a drawing");
    assert_eq!(document.note_lapsed(&[wall.into()]), 1);
    assert_eq!(*document.facts().lapsed, [wall]);
    opened.perform(Action::LockSelection);
    let document = opened.harness.state_mut().document_mut().expect("a drawing");
    assert!(document.facts().lapsed.is_empty() && document.selection.contains(&wall));
}

#[test]
fn one_who_was_too_late_for_a_part_gets_the_rest() {
    let (mut ana, mut ben) = Opened::shared();
    let (wall, post) = (entity(&ben, 0x1A), entity(&ben, 0x1B));
    // Both in the same moment: Ben's request goes out before he knows of Ana's.
    ana.perform(Action::Select(vec![wall], Pick::Add));
    ana.until("Ana holds the wall", |window| window.document().is_some_and(|d| d.session.is_mine(wall.into())));
    let ctx = ben.harness.ctx.clone();
    assert!(!ben.document().is_others(wall.into()), "Ben has not heard of it");
    ben.harness.state_mut().perform(&ctx, Action::Select(vec![wall, post], Pick::Add));
    ben.until("Ben holds the post", |window| window.document().is_some_and(|d| d.session.is_mine(post.into())));
    assert!(!ben.document().session.is_mine(wall.into()));
}

#[test]
fn turning_and_restyling_offer_the_rest_where_others_hold_a_part() {
    let (mut ana, mut ben) = Opened::shared();
    let (wall, post) = (entity(&ben, 0x1A), entity(&ben, 0x1B));
    ana.perform(Action::Select(vec![wall], Pick::Add));
    ben.until("Ben sees that Ana holds the wall", |window| window.document().is_some_and(|d| d.is_others(wall.into())));
    ben.perform(Action::Select(vec![wall, post], Pick::Add));
    let offer = |ben: &Opened| ben.harness.state().message.clone().and_then(|message| message.offer).expect("an offer");
    let center = drawing::Point::new(90.0, 30.0);
    ben.perform(Action::Rotate { center, radians: std::f64::consts::FRAC_PI_2 });
    let (label, action) = offer(&ben);
    assert_eq!(label, "Rotate the other 1");
    ben.perform(action);
    let turned = ben.line(0x1B);
    assert!((turned[1] - 30.0).abs() < 1e-9 && (turned[3] - 30.0).abs() < 1e-9, "{turned:?}");
    ben.perform(Action::Restyle(app::action::Restyle::Color(drawing::Color::Index(2))));
    let (label, action) = offer(&ben);
    assert_eq!(label, "Change the other 1");
    ben.perform(action);
    let color = |id| ben.document().drawing().entity(id).map(|entity| entity.style.color);
    assert_eq!(color(post), Some(drawing::Color::Index(2)));
    assert_eq!(color(wall), Some(drawing::Color::ByLayer));
}

#[test]
fn a_ghost_of_what_others_hold_is_not_shown_to_anybody() {
    let (mut ana, mut ben) = Opened::shared();
    let (wall, post, guest) = (entity(&ben, 0x1A), entity(&ben, 0x1B), me(&ben));
    ana.perform(Action::Select(vec![wall], Pick::Add));
    ben.until("Ben sees that Ana holds the wall", |window| window.document().is_some_and(|d| d.is_others(wall.into())));
    let ghost = |ana: &Opened| ana.document().session.presence_of(guest).and_then(|presence| presence.ghost.clone());
    let selection = |window: &app::window::Window, count: usize| {
        let presence = window.document().and_then(|d| d.session.presence_of(guest).cloned());
        presence.is_some_and(|p| p.selection.len() == count && p.tool.as_deref() == Some("MOVE"))
    };
    ben.perform(Action::Select(vec![wall, post], Pick::Add));
    ben.write("M 0,0 ");
    ben.point(30.0, 30.0);
    for _ in 0..50 {
        ben.harness.step();
    }
    ana.until("Ana sees Ben in MOVE", |window| selection(window, 2));
    assert_eq!(ghost(&ana), None);
    ben.harness.key_press(egui::Key::Escape);
    ben.harness.step();
    ben.perform(Action::Select(vec![wall], Pick::Remove));
    ben.write("M 0,0 ");
    ben.point(31.0, 30.0);
    let mut shown = None;
    for _ in 0..500 {
        ben.harness.step();
        ana.harness.step();
        shown = ghost(&ana);
        if shown.is_some() {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
    assert_eq!(shown.map(|ghost| ghost.ids), Some(vec![post.into()]));
}

#[test]
fn that_saving_is_paused_is_said_with_what_waits_until_it_goes_on() {
    let (_ana, mut ben) = Opened::shared();
    let saving = |opened: &mut Opened, paused: bool| {
        let why = if paused { "the server's store does not answer" } else { "" };
        let message = ServerMessage::Saving { paused, why: why.into() };
        let document = opened.harness.state_mut().document_mut().expect("a drawing");
        document.session.receive(0, message).expect("it is understood");
    };
    let dot = |opened: &Opened, words: &str| {
        opened.harness.query_by_label(&format!("Connection: {words}")).is_some()
            && (opened.harness.query_by_label(words).is_some() == words.starts_with("Saving"))
    };
    ben.until("all is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    ben.harness.step();
    assert!(dot(&ben, "Connected; everything is stored"));
    saving(&mut ben, true);
    // What is new on the screen has its size in the first frame and is seen in the next.
    ben.harness.run_steps(2);
    assert!(dot(&ben, "Saving is paused: the server's store does not answer; nothing of yours waits"));
    // What is done meanwhile is kept and counted. Nothing is sent before the window's next turn.
    let ctx = ben.harness.ctx.clone();
    let line = drawing::Shape::Line(drawing::Line {
        start: drawing::Point3::flat(0.0, 0.0),
        end: drawing::Point3::flat(5.0, 5.0),
    });
    for count in ["1 change waits", "2 changes wait"] {
        ben.harness.state_mut().perform(&ctx, Action::Draw(vec![line.clone()]));
        let words = ben.document().connection_words().expect("saving is paused");
        assert!(words.ends_with(&format!("does not answer; {count}, nothing is lost")), "{words}");
    }
    saving(&mut ben, false);
    ben.until("all is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    ben.harness.step();
    assert!(dot(&ben, "Connected; everything is stored"));
}
