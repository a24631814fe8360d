//! The picture that the README opens with: two people in the sample drawing. `LINEWORK_SHOTS` names a folder for it.

use std::path::Path;

use crate::log::{Log, locks_for};
use crate::picture::Colour;
use crate::screen::{Screen, until};
use crate::served::Served;
use crate::window::App;

/// The top of the project.
const TOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// The second person's colour on dark.
const BEN: Colour = Colour(0xFF, 0xA5, 0x1E);
/// One's own selection.
const SELECTED: Colour = Colour(0x4C, 0x9D, 0xFF);
/// A window in pixels.
const SIZE: (u32, u32) = (1440, 860);

/// Draws a window around a place, left to right: what lies inside is selected.
fn around(app: &App<'_>, at: (f64, f64)) {
    app.drag((at.0 - 34.0, at.1 - 34.0), (at.0 + 34.0, at.1 + 34.0));
}

#[test]
fn two_people_are_seen_in_the_sample() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cafe-linde.dxf");
    std::fs::copy(Path::new(TOP).join("assets/sample.dxf"), &file).expect("the sample is copied");
    let data = folder.path().join("data");
    let served = Served::start(&data, &file);
    let log = Log::only(&data);
    // Two desks: each has a pointer of its own.
    let [desk, other_desk] = [(); 2].map(|()| Screen::start(SIZE.0 + 20, SIZE.1 + 20));
    let ana = App::start(&desk, folder.path(), "Ana", &[&served.address]);
    ana.place(0, 0, SIZE.0, SIZE.1);
    let ana_id = log.session_of("Ana");
    let ben = App::start(&other_desk, folder.path(), "Ben", &[&served.address]);
    ben.place(0, 0, SIZE.0, SIZE.1);
    let ben_id = log.session_of("Ben");
    for app in [&ana, &ben] {
        app.rests();
        app.fit();
        app.rests();
    }
    // Tables of the guest room, where both windows show them.
    for table in [(451.0, 400.0), (569.0, 400.0), (511.0, 521.0)] {
        around(&ben, table);
    }
    around(&ana, (502.0, 461.0));
    log.until("both hold what they selected", |entries| {
        (locks_for(entries, ben_id) >= 3 && locks_for(entries, ana_id) >= 1).then_some(())
    });
    ana.sees("what Ben holds", BEN, 400);
    ana.sees("what Ana selected", SELECTED, 100);
    // The pointer over what Ben holds says so.
    ana.point((598.0, 400.0));
    ana.point((596.0, 400.0));
    ana.rests();
    // His name stands beside his pointer for as long as it moves and a moment more.
    ben.point((560.0, 478.0));
    ben.point((568.0, 486.0));
    let picture = until("Ana sees Ben's pointer and his name", || {
        let picture = ana.picture();
        picture.find(BEN, (560, 478, 640, 540), 350).map(|_| picture)
    });
    if let Some(folder) = std::env::var_os("LINEWORK_SHOTS") {
        let folder = Path::new(TOP).join(folder);
        std::fs::create_dir_all(&folder).expect("the folder for pictures is made");
        picture.0.save(folder.join("screenshot.png")).expect("the picture is kept");
    }
}
