//! Two people in one drawing.

use protocol::{Ended, Event};

use crate::drawing::{self, POST, WALL};
use crate::log::{Log, edits_by, locks_for};
use crate::picture::Colour;
use crate::screen::{Screen, until};
use crate::served::Served;
use crate::window::App;

/// The first person's colour on dark, as the theme has it.
const ANA: Colour = Colour(0xB4, 0xFF, 0xFF);

#[test]
fn two_people_edit_one_drawing_and_a_killed_one_frees_their_locks() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.dxf");
    std::fs::write(&file, drawing::text()).expect("the drawing is written");
    let data = folder.path().join("data");
    let served = Served::start(&data, &file);
    let screen = Screen::start(1880, 720);
    let ana = App::start(&screen, folder.path(), "Ana", &[&served.address]);
    ana.place(0, 0, 930, 700);
    let log = Log::only(&data);
    let ana_id = log.session_of("Ana");
    let ben = App::start(&screen, folder.path(), "Ben", &[&served.address]);
    ben.place(940, 0, 930, 700);
    let ben_id = log.session_of("Ben");
    let wall = ana.sees("the wall", WALL, 100);
    ana.sees("the post", POST, 100);
    let wall_at_ben = ben.sees("the wall", WALL, 100);

    // Ana's pointer shows up in Ben's window, in her colour.
    let free = (wall.center.0, wall.center.1 + 90.0);
    ana.focus();
    ana.point(free);
    ana.point((free.0 + 5.0, free.1 + 5.0));
    ben.sees("Ana's cursor", ANA, 8);

    // She selects the wall: it is hers, and Ben sees that it is.
    ana.click(wall.center, 1);
    log.until("the wall is locked for Ana", |entries| (locks_for(entries, ana_id) > 0).then_some(()));
    until("Ben sees the wall outlined in Ana's colour", || {
        let outline = ben.look(ANA, 60)?;
        (outline.bounds.2 - outline.bounds.0 > 100).then_some(())
    });

    // Ben can't drag it.
    ben.focus();
    ben.click(wall_at_ben.center, 1);
    ben.drag(wall_at_ben.center, (wall_at_ben.center.0, wall_at_ben.center.1 + 120.0));
    ben.key("Escape");

    // Ana drags it down, and Ben sees it arrive.
    ana.focus();
    ana.drag(wall.center, (wall.center.0, wall.center.1 + 120.0));
    log.until("Ana's move is in the log", |entries| (edits_by(entries, ana_id) == 1).then_some(()));
    let down = |app: &App, home: f64| {
        let found = app.look(WALL, 60)?;
        (found.center.1 > home + 60.0).then_some(found)
    };
    until("the wall is further down at Ana's", || down(&ana, wall.center.1));
    until("the wall is further down at Ben's", || down(&ben, wall_at_ben.center.1));

    // She takes it back, and it is home for both.
    ana.key("ctrl+z");
    log.until("Ana's undo is in the log", |entries| (edits_by(entries, ana_id) == 2).then_some(()));
    let home = |app: &App, home: f64| {
        let found = app.look(WALL, 60)?;
        ((found.center.1 - home).abs() < 4.0).then_some(())
    };
    until("the wall is home at Ana's", || home(&ana, wall.center.1));
    until("the wall is home at Ben's", || home(&ben, wall_at_ben.center.1));
    let entries = log.entries();
    assert_eq!(edits_by(&entries, ben_id), 0, "Ben moved what Ana held");
    assert_eq!(locks_for(&entries, ben_id), 0, "Ben was given what Ana held");

    // Her program dies. The room lets go of what she held, and Ben can have it.
    ana.kill();
    log.until("Ana's session has expired", |entries| {
        let gone =
            |event: &Event| matches!(event, Event::Gone { session, why: Ended::Expired, .. } if *session == ana_id);
        entries.iter().any(|entry| gone(&entry.event)).then_some(())
    });
    ben.key("Escape");
    ben.click(wall_at_ben.center, 1);
    log.until("the wall is locked for Ben", |entries| (locks_for(entries, ben_id) > 0).then_some(()));
    ben.drag(wall_at_ben.center, (wall_at_ben.center.0, wall_at_ben.center.1 + 120.0));
    log.until("Ben's move is in the log", |entries| (edits_by(entries, ben_id) == 1).then_some(()));
    until("the wall is further down at Ben's", || down(&ben, wall_at_ben.center.1));
}

#[test]
fn a_moved_wall_is_saved_with_nothing_else_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.dxf");
    std::fs::write(&file, drawing::text()).expect("the drawing is written");
    let screen = Screen::start(1000, 720);
    let ana = App::start(&screen, folder.path(), "Ana", &[file.to_str().expect("a plain path")]);
    ana.place(0, 0, 980, 700);
    let wall = ana.sees("the wall", WALL, 100);
    ana.focus();
    ana.click(wall.center, 1);
    ana.drag(wall.center, (wall.center.0, wall.center.1 + 100.0));
    until("the wall is further down", || ana.look(WALL, 60).filter(|found| found.center.1 > wall.center.1 + 60.0));
    ana.key("ctrl+s");
    let saved = until("the file has changed", || {
        let text = std::fs::read_to_string(&file).ok()?;
        (text != drawing::text()).then_some(text)
    });
    let before = drawing::text();
    let changed: Vec<_> = before.lines().zip(saved.lines()).enumerate().filter(|(_, (a, b))| a != b).collect();
    assert_eq!(before.lines().count(), saved.lines().count(), "{saved}");
    assert_eq!(changed.len(), 2, "only both y of the wall change: {changed:?}");
    for (line, (was, _)) in &changed {
        assert_eq!(*was, "45.0", "line {line}");
        assert!(["20", "21"].contains(&before.lines().nth(line - 1).expect("a code line").trim()), "line {line}");
    }
    assert!(folder.path().join("plan.dxf.bak").exists() || folder.path().join("plan.bak").exists(), "a backup is kept");

    // An idle window draws nothing: no processor time in a while, but for the odd tick of housekeeping.
    ana.point((wall.center.0, wall.center.1 + 200.0));
    let mut before = ana.cpu_ticks();
    until("the window is idle for a second", || {
        std::thread::park_timeout(std::time::Duration::from_secs(1));
        let now = ana.cpu_ticks();
        let idle = now - before <= 2;
        before = now;
        idle.then_some(())
    });
}
