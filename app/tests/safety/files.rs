//! Opening: one file is one drawing, and what can't be opened can be left.

use app::action::Action;
use app::command::Command;
use egui_kittest::kittest::Queryable as _;

use crate::desk::{Desk, text};

#[test]
fn a_double_click_and_a_link_open_a_file_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plan, link) = (folder.path().join("plan.dxf"), folder.path().join("link.dxf"));
    std::fs::write(&plan, text()).expect("written");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&plan, &link).expect("linked");
    #[cfg(not(unix))]
    std::fs::hard_link(&plan, &link).expect("linked");
    let mut desk = Desk::open(&folder.path().join("ana"), "Ana", &[]);
    for path in [&plan, &plan, &link] {
        let ctx = desk.harness.ctx.clone();
        desk.harness.state_mut().perform(&ctx, Action::OpenFile(path.clone()));
    }
    assert_eq!(desk.window().openings.len(), 1);
    desk.is_ready();
    desk.perform(Action::OpenFile(link));
    assert_eq!((desk.window().documents.len(), desk.window().openings.len()), (1, 0));
}

#[test]
fn an_opening_that_is_cancelled_opens_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = folder.path().join("plan.dxf");
    std::fs::write(&plan, text()).expect("written");
    let mut desk = Desk::open(&folder.path().join("ana"), "Ana", &[]);
    let ctx = desk.harness.ctx.clone();
    desk.harness.state_mut().perform(&ctx, Action::OpenFile(plan.clone()));
    let number = desk.window().openings[0].number;
    // The window doesn't look until it is in a room already: too late to stop it on the way.
    let run = Desk::runs(&desk.state).pop().expect("this run's folder");
    let kept =
        || std::fs::read_dir(&run).expect("listed").flatten().any(|file| file.path().ends_with("plan-dxf.origin.json"));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !kept() {
        assert!(std::time::Instant::now() < until, "it is put into a room: {:?}", std::fs::read_dir(&run));
        std::thread::yield_now();
    }
    desk.harness.state_mut().perform(&ctx, Action::CancelOpening(number));
    desk.until("it is given up", |window| window.openings.is_empty());
    assert!(desk.window().documents.is_empty());
    assert_eq!(desk.said(), "Opening was cancelled");
    // It can be opened again.
    desk.perform(Action::OpenFile(plan));
    desk.is_ready();
}

#[test]
fn a_file_that_no_log_could_keep_is_not_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = folder.path().join("site.dxf");
    // It takes no room on the disk: nothing was ever written to it.
    let made = std::fs::File::create(&site).and_then(|file| file.set_len(app::file::FILE_BYTES_MAX + (1 << 20)));
    made.expect("a long file of nothing");
    let mut desk = Desk::open(&folder.path().join("ana"), "Ana", &[]);
    desk.perform(Action::OpenFile(site.clone()));
    desk.until("it is given up", |window| window.openings.is_empty());
    assert!(desk.window().documents.is_empty());
    let expect = format!("{} has 513 MiB; a drawing is kept with its file, of 512 MiB at the most", site.display());
    assert!(desk.said().starts_with(&expect), "{}", desk.said());
}

#[test]
fn a_save_is_named_while_it_goes_on_and_can_be_stopped_and_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = folder.path().join("plan.dxf");
    std::fs::write(&plan, text()).expect("written");
    let mut desk = Desk::with(&folder.path().join("ana"), "Ana", &plan);
    desk.drew(7.25);
    // What the room and the threads say is not looked at before the next frame: it is not written yet.
    let ctx = desk.harness.ctx.clone();
    let saves = |desk: &mut Desk| desk.harness.state_mut().perform(&ctx, Action::Run(Command::Save));
    saves(&mut desk);
    let course = desk.document().file.saving.as_ref().expect("it is being saved").course.clone();
    let number = desk.document().id;
    desk.harness.state_mut().perform(&ctx, Action::StopSaving(number));
    assert_eq!(desk.said(), "Saving was stopped; nothing was written");
    assert!(desk.document().file.saving.is_none() && course.step().is_none());
    // The next save is another: what the stopped one still has to say is none of it.
    saves(&mut desk);
    desk.until_document("it is saved", |document| document.file.saving.is_none());
    assert_eq!(desk.said(), "Saved plan.dxf");
    assert!(std::fs::read_to_string(&plan).expect("it is there").contains("7.25"));
    assert!(!desk.document().is_dirty());
}

#[test]
fn a_save_that_waits_for_the_room_says_so_in_the_status_line_and_stops_by_a_click() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = folder.path().join("plan.dxf");
    std::fs::write(&plan, text()).expect("written");
    let mut desk = Desk::with(&folder.path().join("ana"), "Ana", &plan);
    desk.drew(7.25);
    // As a save stands that nobody answers for.
    let saving = app::document::Saving {
        path: plan.clone(),
        writing: true,
        told: true,
        then: app::document::Then::Stay,
        course: std::sync::Arc::default(),
    };
    desk.harness.state_mut().document_mut().expect("open").file.saving = Some(saving);
    desk.harness.step();
    assert!(desk.harness.query_by_label("Saving plan.dxf: waiting for the file it came from").is_some());
    desk.harness.get_by_label("Stop saving").click();
    desk.harness.step();
    desk.harness.step();
    assert!(desk.document().file.saving.is_none());
    assert_eq!(std::fs::read_to_string(&plan).expect("it is there"), text(), "nothing was written");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_drawing_and_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.dxf");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let mut desk = Desk::open(&folder.path().join("ana"), "Ana", &[pipe.to_str().expect("a plain path")]);
    desk.until("it is said", |window| {
        window.openings.is_empty() && window.message.as_ref().is_some_and(|message| message.bad)
    });
    assert!(desk.said().contains("is no file that can be opened"), "{}", desk.said());
    desk.exit();
}
