//! What a crash left behind comes back to where it belongs.

use app::action::Action;
use app::command::Command;
use app::dialogs::Dialog;
use app::document::Then;

use crate::desk::{Desk, text};

#[test]
fn after_a_crash_all_drawings_come_back_to_their_files_and_can_be_shared() {
    let folder = tempfile::tempdir().expect("a folder");
    let [plan, site, other] = ["plan.dxf", "site.dxf", "other.dxf"].map(|name| folder.path().join(name));
    for file in [&plan, &site] {
        std::fs::write(file, text()).expect("written");
    }
    let mut desk = Desk::with(&folder.path().join("ana"), "Ana", &plan);
    desk.drew(7.25);
    desk.save_to(&other, Then::Stay);
    desk.until_document("it is saved", |document| !document.at_stake().is_any());
    desk.drew(8.5);
    desk.perform(Action::OpenFile(site.clone()));
    desk.until("the second is open", |window| window.documents.len() == 2);
    desk.is_ready();
    desk.drew(9.75);
    let copy = folder.path().join("found");
    desk.crashed(&copy);

    let mut desk = Desk::open(&copy, "Ana", &[]);
    desk.until("they are offered back", |window| window.dialog == Dialog::Recover);
    desk.perform(Action::Recover);
    desk.until("both are back", |window| {
        window.documents.len() == 2 && window.documents.iter().all(|document| document.may_edit())
    });
    let mut paths: Vec<_> = desk.window().documents.iter().map(|document| document.file.path.clone()).collect();
    paths.sort();
    assert_eq!(paths, [Some(other.clone()), Some(site.clone())]);
    assert!(desk.window().documents.iter().all(|document| document.is_dirty()));

    // Saving goes to where it was saved last, not to where it was opened from.
    let at = desk.window().documents.iter().position(|document| document.file.path.as_ref() == Some(&other));
    desk.perform(Action::Activate(at.expect("just seen")));
    desk.run(Command::Save);
    desk.until_document("it is saved", |document| !document.at_stake().is_any());
    assert!(std::fs::read_to_string(&other).expect("there").contains("8.5"));
    assert_eq!(std::fs::read_to_string(&plan).expect("there"), text());

    // What came back can be shared like anything else.
    let address = desk.share();
    let mut ben = Desk::open(&folder.path().join("ben"), "Ben", &[&address]);
    ben.is_ready();
    assert_eq!(ben.count(), 4);
}

#[test]
fn what_was_saved_before_a_crash_is_not_offered_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = folder.path().join("plan.dxf");
    std::fs::write(&plan, text()).expect("written");
    let mut desk = Desk::with(&folder.path().join("ana"), "Ana", &plan);
    desk.drew(7.25);
    desk.run(Command::Save);
    desk.until_document("it is saved, and that is noted", |document| {
        !document.at_stake().is_any() && !document.unnoted
    });
    let copy = folder.path().join("found");
    desk.crashed(&copy);
    let left = Desk::runs(&copy);
    assert_eq!(left.len(), 1);
    let mut desk = Desk::open(&copy, "Ana", &[]);
    desk.until("what is of no use is removed", |_| !left[0].exists());
    assert!(!desk.window().dialog.is_open());
}

#[test]
fn throwing_away_removes_it_and_later_keeps_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = folder.path().join("plan.dxf");
    std::fs::write(&plan, text()).expect("written");
    let mut desk = Desk::with(&folder.path().join("ana"), "Ana", &plan);
    desk.drew(7.25);
    let copy = folder.path().join("found");
    desk.crashed(&copy);
    let left = Desk::runs(&copy);
    let mut later = Desk::open(&copy, "Ana", &[]);
    later.until("it is offered back", |window| window.dialog == Dialog::Recover);
    // Two windows don't offer the same.
    let mut second = Desk::open(&copy, "Ana", &[]);
    second.run(Command::New);
    second.until_document("the second window works", |document| document.is_here());
    assert!(!second.window().dialog.is_open());
    later.perform(Action::CloseDialog);
    later.exit();
    assert!(left[0].exists());
    second.exit();
    let mut desk = Desk::open(&copy, "Ana", &[]);
    desk.until("it is offered back", |window| window.dialog == Dialog::Recover);
    desk.perform(Action::Discard);
    desk.until("it is removed", |_| !left[0].exists());
}
