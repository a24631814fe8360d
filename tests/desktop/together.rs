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

/// One's own selection.
const SELECTED: Colour = Colour(0x4C, 0x9D, 0xFF);

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
    for app in [&ana, &ben] {
        app.sees("the wall", WALL, 100);
        app.fit();
        app.sees("the post", POST, 60);
    }
    let wall = until("Ana sees the wall", || ana.level_line(&[WALL]));
    let wall_at_ben = until("Ben sees the wall", || ben.level_line(&[WALL]));

    // Ana's pointer shows up in Ben's window, in her colour.
    ana.focus();
    ana.point((wall.0, wall.1 + 90.0));
    ana.point((wall.0 + 5.0, wall.1 + 95.0));
    ben.sees("Ana's cursor", ANA, 8);

    // She selects the wall: it is hers, and Ben sees that it is.
    ana.click(wall, 1);
    log.until("the wall is locked for Ana", |entries| (locks_for(entries, ana_id) > 0).then_some(()));
    until("Ben sees the wall outlined in Ana's colour", || ben.level_line(&[ANA]));

    // Ben selects it too, which always works, and can't drag it: he is told who holds it, and nothing moves. Had his
    // click missed, the drag would be a selection window, and nothing would be said.
    assert!(ben.offers().is_none(), "nothing has gone wrong yet");
    ben.focus();
    ben.click(wall_at_ben, 1);
    ben.rests();
    ben.drag(wall_at_ben, below(wall_at_ben));
    until("Ben is told that it can't be moved, and offered to ask Ana", || ben.offers());
    until("the wall is where it was at Ben's", || moved(&ben, wall_at_ben, 0.0));
    ben.key("Escape");

    // Ana drags it down, and Ben sees it arrive.
    ana.focus();
    ana.drag(wall, below(wall));
    log.until("Ana's move is in the log", |entries| (edits_by(entries, ana_id) == 1).then_some(()));
    until("the wall is further down at Ana's", || moved(&ana, wall, DOWN));
    until("the wall is further down at Ben's", || moved(&ben, wall_at_ben, DOWN));

    // She takes it back, and it is home for both.
    ana.key("ctrl+z");
    log.until("Ana's undo is in the log", |entries| (edits_by(entries, ana_id) == 2).then_some(()));
    until("the wall is home at Ana's", || moved(&ana, wall, 0.0));
    until("the wall is home at Ben's", || moved(&ben, wall_at_ben, 0.0));
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
    ben.click(wall_at_ben, 1);
    log.until("the wall is locked for Ben", |entries| (locks_for(entries, ben_id) > 0).then_some(()));
    ben.drag(wall_at_ben, below(wall_at_ben));
    log.until("Ben's move is in the log", |entries| (edits_by(entries, ben_id) == 1).then_some(()));
    until("the wall is further down at Ben's", || moved(&ben, wall_at_ben, DOWN));
}

/// How far the wall is dragged, in pixels.
const DOWN: f64 = 120.0;

fn below(at: (f64, f64)) -> (f64, f64) {
    (at.0, at.1 + DOWN)
}

/// The wall's middle, in whoever's colour it is shown, if it is this far below where it was.
fn moved(app: &App, was: (f64, f64), down: f64) -> Option<(f64, f64)> {
    let now = app.level_line(&[WALL, ANA, SELECTED])?;
    // Snapping may take the end of a drag a few pixels away.
    ((now.1 - was.1 - down).abs() < 12.0).then_some(now)
}

#[test]
fn a_moved_wall_is_saved_with_nothing_else_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.dxf");
    std::fs::write(&file, drawing::text()).expect("the drawing is written");
    let screen = Screen::start(1000, 720);
    let ana = App::start(&screen, folder.path(), "Ana", &[file.to_str().expect("a plain path")]);
    ana.place(0, 0, 980, 700);
    ana.sees("the wall", WALL, 100);
    ana.fit();
    ana.sees("the post", POST, 60);
    let wall = until("Ana sees the wall", || ana.level_line(&[WALL]));
    ana.focus();
    ana.click(wall, 1);
    until("the wall is selected", || ana.level_line(&[SELECTED]));
    // Ortho: straight down, although the drag starts at the wall's midpoint and ends beside it.
    ana.key("F8");
    ana.drag(wall, below(wall));
    until("the wall is further down", || moved(&ana, wall, DOWN));
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
    ana.point((wall.0, wall.1 + 200.0));
    let mut before = ana.cpu_ticks();
    until("the window is idle for a second", || {
        std::thread::park_timeout(std::time::Duration::from_secs(1));
        let now = ana.cpu_ticks();
        let idle = now - before <= 2;
        before = now;
        idle.then_some(())
    });
}
