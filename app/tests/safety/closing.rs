//! Closing and quitting lose nothing that nobody agreed to lose.

use app::action::Action;
use app::command::Command;
use app::dialogs::Dialog;
use app::document::{Document, Then};
use app::window::Purpose;
use egui_kittest::kittest::Queryable as _;

use crate::desk::{Desk, text};

fn ana(folder: &std::path::Path) -> (Desk, std::path::PathBuf) {
    let file = folder.join("plan.dxf");
    std::fs::write(&file, text()).expect("the drawing is written");
    (Desk::with(&folder.join("ana"), "Ana", &file), file)
}

#[test]
fn a_program_that_is_ended_without_a_question_offers_its_work_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut desk, file) = ana(folder.path());
    desk.drew(7.25);
    // The frame broke, or the system ends everything: nobody was asked.
    desk.exit();
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), text());
    let mut desk = Desk::open(&folder.path().join("ana"), "Ana", &[]);
    desk.until("it is offered back", |window| window.dialog == Dialog::Recover);
    desk.perform(Action::Recover);
    desk.is_ready();
    assert_eq!((desk.count(), desk.document().file.path.as_ref()), (3, Some(&file)));
}

#[test]
fn a_program_that_ends_with_nothing_at_stake_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut desk, _) = ana(folder.path());
    desk.drew(7.25);
    desk.run(Command::Save);
    // What is not answered yet might be somebody else's, and would rightly be kept.
    desk.until_document("it is saved and answered", |document| {
        !document.at_stake().is_any() && document.session.waiting() == 0
    });
    let state = desk.state.clone();
    desk.exit();
    assert_eq!(Desk::runs(&state), Vec::<std::path::PathBuf>::new());
}

#[test]
fn saving_to_close_asks_again_where_more_was_changed_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut desk, file) = ana(folder.path());
    desk.drew(7.25);
    let ctx = desk.harness.ctx.clone();
    desk.harness.state_mut().perform(&ctx, Action::SaveThen(Then::Close));
    // Ana doesn't stop drawing, so that something is always newer than what is being written.
    let mut y = 8.5;
    while desk.window().documents.first().is_some_and(|document| document.file.saving.is_some()) {
        desk.draw(y);
        y += 1.0;
    }
    assert!(matches!(desk.window().dialog, Dialog::Unsaved { .. }), "it is saved, and asks for the rest");
    assert!(desk.document().is_dirty());
    let saved = std::fs::read_to_string(&file).expect("the file");
    assert!(saved.contains("7.25"), "{saved}");
    // Once more, and it closes.
    desk.harness.step();
    desk.harness.get_by_label("Save").click();
    desk.until("it is closed", |window| window.documents.is_empty());
    let last = format!("{:?}", y - 1.0);
    assert!(std::fs::read_to_string(&file).expect("the file").contains(&last));
}

#[test]
fn a_new_drawing_that_is_saved_to_close_closes_once_it_has_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(&folder.path().join("ana"), "Ana", &[]);
    desk.run(Command::New);
    desk.until_document("there is a drawing", Document::may_edit);
    desk.until_document("numbers were granted", |document| document.session.waiting() == 0);
    desk.drew(7.25);
    desk.run(Command::CloseDrawing);
    desk.harness.step();
    desk.harness.get_by_label("Save").click();
    desk.until("it asks where to", |window| matches!(window.dialog, Dialog::Path { .. }));
    let Dialog::Path { purpose, .. } = desk.window().dialog.clone() else { unreachable!("just seen") };
    assert!(matches!(purpose, Purpose::Save { then: Then::Close, .. }), "{purpose:?}");
    desk.perform(Action::Picked(purpose, folder.path().join("mine")));
    desk.until("it is closed", |window| window.documents.is_empty());
    assert!(std::fs::read_to_string(folder.path().join("mine.dxf")).expect("it has an ending").contains("7.25"));
}

#[test]
fn closing_while_it_is_being_saved_waits_for_that() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut desk, file) = ana(folder.path());
    desk.drew(7.25);
    let ctx = desk.harness.ctx.clone();
    desk.harness.state_mut().perform(&ctx, Action::Run(Command::Save));
    assert!(desk.document().at_stake().saving);
    desk.harness.state_mut().perform(&ctx, Action::Run(Command::CloseDrawing));
    assert!(matches!(desk.window().dialog, Dialog::Unsaved { .. }), "it doesn't close over the save");
    desk.harness.state_mut().perform(&ctx, Action::SaveThen(Then::Close));
    desk.until("it is closed", |window| window.documents.is_empty());
    assert!(std::fs::read_to_string(&file).expect("the file").contains("7.25"));
}

#[test]
fn a_file_that_is_picked_is_for_the_drawing_it_was_picked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut desk, _) = ana(folder.path());
    desk.drew(7.25);
    let first = desk.document().id;
    desk.run(Command::SaveAs);
    desk.until("it asks where to", |window| matches!(window.dialog, Dialog::Path { .. }));
    let Dialog::Path { purpose, .. } = desk.window().dialog.clone() else { unreachable!("just seen") };
    // Another drawing comes to the front while the system's dialog is open; the question stays.
    let other = folder.path().join("other.dxf");
    std::fs::write(&other, text()).expect("written");
    desk.perform(Action::OpenFile(other.clone()));
    desk.until("the other is in front", |window| window.documents.len() == 2 && window.active == 1);
    assert!(matches!(desk.window().dialog, Dialog::Path { .. }), "the question stays");
    let copy = folder.path().join("copy.dxf");
    desk.perform(Action::Picked(purpose, copy.clone()));
    desk.until("the first is saved", |window| {
        window.documents.iter().any(|document| document.id == first && !document.is_dirty())
    });
    assert!(std::fs::read_to_string(&copy).expect("the copy").contains("7.25"));
    assert_eq!(desk.document().file.path, Some(other));
}

#[test]
fn save_as_and_redo_have_keys_that_are_not_saves_and_undos() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut desk, file) = ana(folder.path());
    desk.drew(7.25);
    let both = egui::Modifiers::COMMAND | egui::Modifiers::SHIFT;
    desk.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    desk.until_document("it is undone", |document| document.drawing().entity_count() == 2);
    desk.until_document("that is stored", |document| document.session.waiting() == 0);
    desk.harness.key_press_modifiers(both, egui::Key::Z);
    desk.until_document("it is redone", |document| document.drawing().entity_count() == 3);
    desk.harness.key_press_modifiers(both, egui::Key::S);
    desk.until("it asks where to", |window| matches!(window.dialog, Dialog::Path { .. }));
    assert!(desk.document().file.saving.is_none());
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), text());
}

#[test]
fn a_name_that_is_cleared_and_cancelled_is_still_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut desk = Desk::open(&folder.path().join("ana"), "Ana", &[]);
    desk.run(Command::Join);
    if let Dialog::Join { name, .. } = &mut desk.harness.state_mut().dialog {
        name.clear();
    }
    desk.harness.step();
    desk.harness.get_by_label("Cancel").click();
    desk.harness.step();
    desk.harness.step();
    assert_eq!((desk.window().dialog.is_open(), desk.window().settings.name.as_str()), (false, "Ana"));
    desk.perform(Action::Name("  ".into()));
    assert_eq!(desk.window().settings.name, "Ana");
}

#[test]
fn the_key_that_opens_a_question_does_not_answer_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut desk, file) = ana(folder.path());
    desk.drew(7.25);
    for letter in "CLOSE".chars() {
        desk.harness.event(egui::Event::Text(letter.to_string()));
    }
    desk.harness.key_press(egui::Key::Enter);
    desk.harness.step();
    desk.harness.step();
    assert!(matches!(desk.window().dialog, Dialog::Unsaved { .. }), "it asks");
    assert!(desk.document().file.saving.is_none(), "and nothing was answered");
    // The next Enter answers with what is named first.
    desk.harness.key_press(egui::Key::Enter);
    desk.until("it is saved and closed", |window| window.documents.is_empty());
    assert!(std::fs::read_to_string(&file).expect("the file").contains("7.25"));
}
