//! Looking back at a drawing that is being worked on, and restoring a moment of it.

use app::action::{Action, Pick};
use app::command::Command;
use app::review::Wish;
use app::window::Purpose;
use egui_kittest::kittest::Queryable as _;
use protocol::Seq;

use crate::opened::{Opened, live, window};

#[test]
fn one_looks_back_in_a_live_session_and_restores_a_moment_that_undo_takes_back() {
    let (mut ana, _) = live();
    let chairs = ana.chairs();
    let before = chairs.iter().map(|id| ana.shape(*id)).collect::<Vec<_>>();
    ana.perform(Action::Select(vec![chairs[0]], Pick::Add));
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
    ana.perform(Action::Run(Command::Undo));
    ana.until("it is taken back", |window| {
        window.document().is_some_and(|d| d.session.drawing().entity_count() == count)
    });
    assert_eq!(ana.shape(chairs[0]), now);
}

#[test]
fn a_moment_restored_twice_is_restored_once() {
    let (mut ana, _) = live();
    ana.perform(Action::NewLayer("SHELVES".into()));
    ana.settle();
    let end = drawing::Point3::flat(90.0, 90.0);
    ana.perform(Action::Draw(vec![drawing::Shape::Line(drawing::Line {
        start: end,
        end: drawing::Point3::flat(0.0, 9.0),
    })]));
    ana.settle();
    let with_it = ana.document().session.position().expect("it is live").seq.0;
    let line = ana.document().session.drawing().entities().map(|entity| entity.id).max().expect("it is drawn");
    ana.perform(Action::EraseOnly(vec![line]));
    ana.settle();
    let restore = |ana: &mut Opened, seq: u64| {
        ana.look_back();
        ana.wish(Wish::Go(Seq(seq)));
        ana.arrives(seq);
        ana.click("Restore this moment");
        ana.settle();
        ana.harness.state().message.clone().expect("it is said").text
    };
    // Before the layer was there, back, and once more.
    assert_eq!(restore(&mut ana, 2), "Restored: 1 object is as then. Undo takes it back");
    assert!(ana.document().session.drawing().layer_named("SHELVES").is_none());
    assert_eq!(restore(&mut ana, with_it), "Restored: 2 objects are as then. Undo takes it back");
    let layer = ana.document().session.drawing().layer_named("SHELVES");
    let count = ana.document().session.drawing().record_count();
    assert!(layer.is_some());
    assert_eq!(restore(&mut ana, with_it), "Can't restore: The drawing is as it was then");
    assert!(ana.document().past().is_some(), "one keeps one's place");
    ana.click("Back to now");
    assert_eq!(ana.document().session.drawing().record_count(), count);
    assert_eq!(ana.document().session.drawing().layer_named("SHELVES"), layer);
}

#[test]
fn restoring_leaves_alone_what_others_hold_and_says_so() {
    let (mut ana, address) = live();
    let chairs = ana.chairs();
    let before = chairs.iter().map(|id| ana.shape(*id)).collect::<Vec<_>>();
    for id in &chairs {
        ana.perform(Action::Select(vec![*id], Pick::Add));
        ana.perform(Action::Translate(drawing::Vec2::new(500.0, 0.0)));
        ana.settle();
        ana.perform(Action::SelectNone);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let harness = window(&folder.path().join("state"), &[&address]);
    let mut ben = Opened { harness, folder, moments: Vec::new() };
    ben.until("Ben has the drawing", |window| {
        window.document().is_some_and(|d| d.may_edit() && d.picture.scene().is_some())
    });
    ana.perform(Action::Select(vec![chairs[0]], Pick::Add));
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

/// Ana looks at the first entry of her own drawing, in which she moved a chair.
fn in_the_past() -> (Opened, drawing::EntityId) {
    let (mut ana, _) = live();
    let chair = ana.chairs()[0];
    ana.perform(Action::Select(vec![chair], Pick::Add));
    ana.perform(Action::Translate(drawing::Vec2::new(500.0, 0.0)));
    ana.settle();
    ana.perform(Action::SelectNone);
    ana.look_back();
    ana.click("First entry");
    ana.arrives(1);
    (ana, chair)
}

#[test]
fn nothing_is_changed_from_the_past_and_the_way_back_is_offered() {
    let (mut ana, chair) = in_the_past();
    let (now, head) = (ana.shape(chair), ana.document().session.position());
    let layer = ana.document().drawing().layer_named("FURNITURE").expect("a layer of the sample");
    ana.perform(Action::Select(vec![chair], Pick::Add));
    ana.perform(Action::LayerShown(layer, false));
    for action in [
        Action::Run(Command::Undo),
        Action::Run(Command::Redo),
        Action::TakeBack,
        Action::Run(Command::Line),
        Action::Run(Command::ApplyLayers),
        Action::Run(Command::Save),
        Action::Run(Command::SaveAs),
        Action::Erase,
        Action::Translate(drawing::Vec2::new(1.0, 0.0)),
        Action::NewLayer("NEW".into()),
        Action::Run(Command::Paste),
    ] {
        let words = format!("{action:?}");
        if matches!(action, Action::Run(Command::Paste)) {
            ana.perform(Action::Run(Command::Copy));
        }
        ana.perform(Action::Unsay);
        ana.perform(action);
        let message = ana.harness.state().message.clone().expect("it is said");
        assert!(message.text.starts_with("You look at the past"), "{words}: {}", message.text);
        assert_eq!(message.offer.map(|(label, _)| label).as_deref(), Some("Back to now"), "{words}");
        assert!(ana.document().tool.is_none(), "{words}");
    }
    assert_eq!((ana.document().session.waiting(), ana.shape(chair)), (0, now.clone()));
    assert_eq!(ana.document().session.position(), head);
    // What stands there for undo is there still.
    ana.harness.get_all_by_label("Back to now").next().expect("the offer").click();
    ana.harness.step();
    ana.harness.step();
    assert!(ana.document().past().is_none());
    assert_eq!(ana.shape(chair), now);
    ana.perform(Action::Run(Command::Undo));
    ana.settle();
    assert_ne!(ana.shape(chair), now);
}

#[test]
fn what_is_typed_in_the_past_is_entered_and_moves_nothing() {
    let (mut ana, _) = in_the_past();
    ana.harness.event(egui::Event::Text("DI".into()));
    ana.harness.step();
    ana.harness.key_press(egui::Key::Home);
    ana.harness.event(egui::Event::Text(" ".into()));
    ana.harness.key_press(egui::Key::Space);
    ana.harness.step();
    let review = ana.review();
    assert!(!review.is_playing() && review.going == Seq(1));
    let command = ana.document().tool.as_ref().map(|tool| tool.command());
    assert_eq!(command, Some(Command::Distance), "Space entered it");
}

#[test]
fn esc_ends_what_was_begun_last() {
    let (mut ana, _) = in_the_past();
    ana.click("Filter by area");
    assert!(ana.review().picking_area);
    let chair = ana.chairs()[0];
    ana.harness.key_press(egui::Key::Escape);
    ana.harness.step();
    assert!(!ana.review().picking_area && ana.document().past().is_some());
    ana.perform(Action::Select(vec![chair], Pick::Add));
    for (selected, looks) in [(0, true), (0, false)] {
        ana.harness.key_press(egui::Key::Escape);
        ana.harness.step();
        assert_eq!((ana.document().selection.len(), ana.document().past().is_some()), (selected, looks));
    }
}

#[test]
fn esc_gives_up_the_reading_of_a_log() {
    let (mut ana, _) = live();
    ana.perform(Action::Review(Wish::Begin));
    assert!(ana.document().gathering.is_some());
    ana.perform(Action::Unsay);
    // Whether it came meanwhile or not, one is at now.
    ana.harness.key_press(egui::Key::Escape);
    ana.harness.step();
    ana.harness.step();
    assert!(ana.document().gathering.is_none() && ana.document().review.is_none() && ana.document().may_edit());
}

#[test]
fn selection_locks_and_layers_are_those_of_now_after_looking_back() {
    let (mut ana, chair) = in_the_past();
    // Selected in the past, held as soon as one is back.
    ana.perform(Action::Select(vec![chair], Pick::Add));
    assert!(!ana.document().session.is_mine(chair.into()));
    ana.click("Back to now");
    ana.until("it is held", |window| window.document().is_some_and(|d| d.session.is_mine(chair.into())));
    // What the past lacks is let go there.
    ana.perform(Action::SelectNone);
    ana.perform(Action::NewLayer("LATE".into()));
    let end = drawing::Point3::flat(9.0, 9.0);
    ana.perform(Action::Draw(vec![drawing::Shape::Line(drawing::Line {
        start: drawing::Point3::flat(0.0, 0.0),
        end,
    })]));
    ana.settle();
    let line = ana.document().session.drawing().entities().map(|entity| entity.id).max().expect("it is drawn");
    ana.perform(Action::Select(vec![line], Pick::Add));
    ana.until("it is held", |window| window.document().is_some_and(|d| d.session.is_mine(line.into())));
    let names = |ana: &mut Opened| {
        let document = ana.harness.state_mut().document_mut().expect("it is open");
        let layers = document.layers();
        layers.iter().filter_map(|id| document.drawing().layer(*id)).map(|l| l.name.clone()).collect::<Vec<_>>()
    };
    assert!(names(&mut ana).contains(&"LATE".to_owned()));
    ana.look_back();
    ana.click("First entry");
    ana.arrives(1);
    assert!(!names(&mut ana).contains(&"LATE".to_owned()), "it is of another moment");
    assert!(ana.document().selection.is_empty());
    ana.click("Last entry");
    let head = ana.review().head;
    ana.arrives(head.0);
    assert!(names(&mut ana).contains(&"LATE".to_owned()));
    ana.click("Back to now");
    ana.until("nobody holds it", |window| {
        window.document().is_some_and(|d| d.session.locks().next().is_none() && d.session.waiting() == 0)
    });
}

#[test]
fn the_log_of_ones_own_drawing_is_saved_while_one_works_and_opens_again() {
    let (mut ana, address) = live();
    let chair = ana.chairs()[0];
    ana.perform(Action::Select(vec![chair], Pick::Add));
    ana.perform(Action::Translate(drawing::Vec2::new(500.0, 0.0)));
    ana.settle();
    let (hash, entries) = {
        let session = &ana.document().session;
        (session.drawing().hash(), session.position().expect("it is live").seq)
    };
    let path = ana.folder.path().join("kept.linework");
    ana.perform(Action::Run(Command::SaveLog));
    assert!(ana.harness.query_by_label_contains("Save the log as").is_some());
    let purpose = Purpose::SaveLog { document: ana.document().id };
    ana.perform(Action::Picked(purpose, path.with_extension("")));
    let words = format!("The log up to entry {entries} is saved as");
    ana.until("it is saved", |window| window.message.as_ref().is_some_and(|m| m.text.starts_with(&words)));
    // Not over one that is there, and no drawing over a log either.
    ana.perform(Action::Picked(purpose, path.clone()));
    ana.until("it is refused", |window| window.message.as_ref().is_some_and(|m| m.text.contains("was not saved")));
    let before = std::fs::read(&path).expect("it is there");
    let document = ana.document().id;
    ana.perform(Action::Unsay);
    ana.perform(Action::Picked(Purpose::Save { document, then: app::document::Then::Stay }, path.clone()));
    assert!(ana.harness.state().message.as_ref().is_some_and(|m| m.bad && m.text.contains("nothing was written")));
    assert!(std::fs::read(&path).expect("it is there") == before);
    ana.perform(Action::OpenFile(path));
    ana.until("it is looked at", |window| {
        window.documents.len() == 2
            && window.document().and_then(|d| d.review.as_ref()).is_some_and(|review| review.at == entries)
    });
    assert_eq!(ana.document().drawing().hash(), hash);
    // A guest has no log to save.
    let folder = tempfile::tempdir().expect("a folder");
    let harness = window(&folder.path().join("state"), &[&address]);
    let mut ben = Opened { harness, folder, moments: Vec::new() };
    ben.until("Ben has the drawing", |window| window.document().is_some_and(|d| d.may_edit()));
    ben.perform(Action::Run(Command::SaveLog));
    assert!(ben.harness.state().message.as_ref().is_some_and(|m| m.text.starts_with("Whoever shares this drawing")));
}

#[test]
fn one_looks_back_on_after_the_room_is_gone() {
    let (mut ana, address) = live();
    let chair = ana.chairs()[0];
    ana.perform(Action::Select(vec![chair], Pick::Add));
    ana.perform(Action::Translate(drawing::Vec2::new(500.0, 0.0)));
    ana.settle();
    let folder = tempfile::tempdir().expect("a folder");
    let harness = window(&folder.path().join("state"), &[&address]);
    let mut ben = Opened { harness, folder, moments: Vec::new() };
    ben.until("Ben has the drawing", |window| {
        window.document().is_some_and(|d| d.may_edit() && d.picture.scene().is_some())
    });
    ben.look_back();
    ben.click("First entry");
    ben.arrives(1);
    let then = ben.document().drawing().hash();
    let document = ana.document().id;
    ana.perform(Action::CloseNow(document));
    ben.until("the room is over", |window| {
        window.document().is_some_and(|d| matches!(d.session.status(), collab::Status::Ended { .. }))
    });
    // What came of the log is all here.
    assert_eq!(ben.document().drawing().hash(), then);
    ben.click("Next entry");
    ben.arrives(2);
    ben.perform(Action::Unsay);
    ben.click("Restore this moment");
    let said = ben.harness.state().message.clone().expect("it is said").text;
    assert!(said.starts_with("Can't restore: The room is closed"), "{said}");
    ben.click("Back to now");
    assert!(ben.document().past().is_none());
    assert_ne!(ben.document().drawing().hash(), then);
    // And to begin anew there is nobody to ask.
    ben.perform(Action::Unsay);
    ben.perform(Action::Review(Wish::Begin));
    let said = ben.harness.state().message.clone().expect("it is said").text;
    assert!(said.starts_with("Can't look back") && ben.document().gathering.is_none(), "{said}");
}
