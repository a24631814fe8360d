//! Sharing: one click at one desk, one address pasted at the other.

use protocol::Event;

use crate::drawing::{self, POST, WALL};
use crate::log::Log;
use crate::picture::Colour;
use crate::screen::{Screen, until};
use crate::window::App;

/// What asks to be pressed: the theme's accent.
const BUTTON: Colour = Colour(0x4C, 0x9D, 0xFF);
/// The second person's colour.
const BEN: Colour = Colour(0xFF, 0xA5, 0x1E);

#[test]
fn a_drawing_is_shared_by_a_click_and_joined_by_its_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.dxf");
    std::fs::write(&file, drawing::text()).expect("the drawing is written");
    let screen = Screen::start(1880, 720);
    let ana = App::start(&screen, folder.path(), "Ana", &[file.to_str().expect("a plain path")]);
    ana.place(0, 0, 930, 700);
    ana.sees("the wall", WALL, 100);
    ana.fit();
    ana.sees("the post", POST, 60);

    // Share stands in the top right corner. The dialog offers the address with one blue button beside it.
    ana.focus();
    ana.click((895.0, 20.0), 1);
    ana.rests();
    let copy = until("the address can be copied", || ana.picture().find(BUTTON, (200, 80, 760, 320), 200));
    ana.click(copy.center, 1);
    ana.rests();
    ana.key("Escape");

    // Ben starts with nothing open, and pastes the address where one joins.
    // What is found on the network would come or not come into the dialog while it is looked at.
    let ben = App::start(&screen, folder.path(), "Ben", &["--no-nearby"]);
    ben.place(940, 0, 930, 700);
    until("Ben's window is there", || ben.picture().find(BUTTON, (0, 40, 930, 660), 50));
    ben.rests();
    ben.key("ctrl+k");
    ben.rests();
    ben.write("join");
    ben.rests();
    ben.key("Return");
    until("the dialog to join is open", || ben.picture().find(BUTTON, (200, 80, 760, 320), 50));
    ben.rests();
    ben.key("ctrl+v");
    ben.rests();
    ben.key("Return");
    ben.sees("the wall", WALL, 100);
    ben.fit();
    ben.sees("the post", POST, 60);
    ben.point((300.0, 500.0));
    ben.point((310.0, 510.0));
    ana.sees("Ben's cursor", BEN, 8);

    // It is all in the log that Ana's program keeps.
    let log = Log::only(&ana.work_folder());
    let who = log.until("both have joined", |entries| {
        let names = entries.iter().filter_map(|entry| match &entry.event {
            Event::Joined { name, .. } => Some(name.clone()),
            _ => None,
        });
        let names: Vec<_> = names.collect();
        (names.len() == 2).then_some(names)
    });
    assert_eq!(who, ["Ana", "Ben"]);
}
