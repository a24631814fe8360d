//! Small pictures of recent drawings: when they are made, of what, and when they are not shown.

use std::path::{Path, PathBuf};

use app::action::Action;
use app::command::Command;
use app::file::Stamp;
use app::thumbnail;
use egui_kittest::kittest::Queryable as _;

use crate::{Opened, drawing, window};

fn state(folder: &Path) -> PathBuf {
    folder.join("state")
}

/// The thumbnail of the file as it is now.
fn kept(opened: &Opened, name: &str) -> PathBuf {
    let path = opened.folder.path().join(name);
    thumbnail::place(&state(opened.folder.path()), &path, Stamp::of(&path).expect("the file is there"))
}

/// All that is kept of thumbnails.
fn all_kept(opened: &Opened) -> Vec<PathBuf> {
    let folder = state(opened.folder.path()).join("thumbnails");
    std::fs::read_dir(folder).expect("there is a folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// Paints, as a window does, until so many were made.
#[track_caller]
fn until_made(opened: &mut Opened, count: u64) {
    paint_whole(opened);
    opened.until("a thumbnail is made", |window| window.thumbnails.made() >= count);
}

/// Paints the document in front whole.
#[track_caller]
fn paint_whole(opened: &mut Opened) {
    opened.until("all of it can be painted", |window| {
        window.document().is_some_and(|d| d.picture.scene().is_some() && !d.picture.is_busy())
    });
    for _ in 0..10 {
        opened.harness.render().expect("a picture of the window");
        opened.harness.step();
        if opened.document().picture.is_shown_whole() {
            return;
        }
    }
    panic!("it is not painted whole after ten frames");
}

/// Closes the program and starts it again, with nothing open.
fn again(opened: Opened) -> Opened {
    let Opened { mut harness, folder } = opened;
    eframe::App::on_exit(harness.state_mut());
    drop(harness);
    let mut opened = Opened { harness: window(&state(folder.path()), &[]), folder };
    opened.until("thumbnails were read", |window| window.thumbnails.reads() == 1);
    opened.until("nothing is on its way", |window| window.thumbnails.is_settled());
    opened
}

fn shows(opened: &Opened, name: &str) -> bool {
    let path = opened.folder.path().join(name);
    let thumbnails = &opened.harness.state().thumbnails;
    assert_eq!(thumbnails.of(&path, true).is_some(), thumbnails.of(&path, false).is_some(), "for both themes");
    thumbnails.of(&path, true).is_some()
}

/// How much ink is in each face.
fn ink(path: &Path) -> [usize; 2] {
    let image = image::open(path).expect("a picture").into_rgba8();
    let half = image.as_raw().len() / 2;
    let count = |face: &[u8]| face.chunks_exact(4).filter(|pixel| pixel[3] > 128).count();
    [count(&image.as_raw()[..half]), count(&image.as_raw()[half..])]
}

#[test]
fn a_thumbnail_is_made_after_opening_and_shown_at_the_next_start() {
    let mut opened = Opened::new();
    until_made(&mut opened, 1);
    let picture = kept(&opened, "plan.dxf");
    let counts = ink(&picture);
    assert!(counts.iter().all(|count| (100..10_000).contains(count)), "lines, and no background: {counts:?}");
    // Colour 7 is white on dark and black on light; the background is transparent.
    let image = image::open(&picture).expect("a picture").into_rgba8();
    let half = image.height() / 2;
    let has = |from: u32, is: fn(&[u8]) -> bool| {
        let pixels = (from..from + half).flat_map(|y| (0..image.width()).map(move |x| (x, y)));
        pixels.map(|(x, y)| image.get_pixel(x, y).0).any(|pixel| pixel[3] > 100 && is(&pixel[..3]))
    };
    let white = |rgb: &[u8]| rgb.iter().all(|channel| *channel > 250);
    let black = |rgb: &[u8]| rgb.iter().all(|channel| *channel < 5);
    assert!(has(0, white) && !has(0, black), "the dark face");
    assert!(has(half, black) && !has(half, white), "the light face");
    for _ in 0..20 {
        opened.harness.step();
    }
    assert_eq!(opened.harness.state().thumbnails.made(), 1, "once for a state of the file");

    let mut opened = again(opened);
    assert!(shows(&opened, "plan.dxf"));
    assert!(opened.harness.query_by_label("Open plan.dxf").is_some(), "its name stays");
    let mut frames = 0;
    while opened.harness.ctx.has_requested_repaint() {
        opened.harness.step();
        frames += 1;
        assert!(frames < 200, "it does not come to rest");
    }
    assert_eq!(opened.harness.state().thumbnails.reads(), 1);
}

#[test]
fn what_is_selected_held_or_hidden_for_oneself_is_in_no_thumbnail() {
    let mut opened = Opened::new();
    until_made(&mut opened, 1);
    let plain = std::fs::read(kept(&opened, "plan.dxf")).expect("a picture");
    let file = opened.folder.path().join("plan.dxf");
    // The same again, with everything selected and a layer hidden before it can be made.
    let second = opened.folder.path().join("second.dxf");
    std::fs::copy(&file, &second).expect("a copy");
    opened.perform(Action::OpenFile(second));
    opened.until("it is here", |window| window.documents.len() == 2 && window.document().is_some_and(|d| d.is_here()));
    let wall = opened.document().drawing().layer_named("WALL").expect("a layer");
    opened.perform(Action::LayerShown(wall, false));
    opened.perform(Action::Run(Command::SelectAll));
    until_made(&mut opened, 2);
    let decorated = std::fs::read(kept(&opened, "second.dxf")).expect("a picture");
    assert!(plain == decorated, "both drawings are the same");
}

#[test]
fn a_thumbnail_is_made_anew_when_the_file_changed() {
    let mut opened = Opened::new();
    until_made(&mut opened, 1);
    let first = kept(&opened, "plan.dxf");
    let before = ink(&first);
    // Saved here.
    opened.write("C 50,30 25\n");
    opened.harness.key_press(egui::Key::Escape);
    opened.until("the circle is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    assert_eq!(opened.harness.state().thumbnails.made(), 1, "what is not saved is in no file");
    opened.ctrl(egui::Key::S);
    opened.until("it is saved", |window| window.document().is_some_and(|d| !d.is_dirty()));
    until_made(&mut opened, 2);
    let second = kept(&opened, "plan.dxf");
    assert_ne!(first, second);
    assert_eq!(all_kept(&opened), std::slice::from_ref(&second), "the old one is gone");
    assert!(ink(&second)[0] > before[0] + 100, "the circle is in it");
    // Changed elsewhere: an old picture would not be the truth.
    let file = opened.folder.path().join("plan.dxf");
    std::fs::write(&file, drawing() + "\n").expect("the drawing is written");
    let mut opened = again(opened);
    assert!(!shows(&opened, "plan.dxf"));
    assert!(!second.exists());
    opened.harness.get_by_label("Open plan.dxf").click();
    until_made(&mut opened, 1);
    assert!(kept(&opened, "plan.dxf").exists());
    assert!(shows(&again(opened), "plan.dxf"));
}

#[test]
fn a_thumbnail_goes_with_its_entry_and_a_broken_one_is_none() {
    let (one, two) = (drawing(), drawing());
    let mut opened = Opened::with(&[("one.dxf", &one), ("two.dxf", &two)]);
    opened.perform(Action::Activate(0));
    paint_whole(&mut opened);
    opened.perform(Action::Activate(1));
    until_made(&mut opened, 2);
    let (first, second) = (kept(&opened, "one.dxf"), kept(&opened, "two.dxf"));
    assert!(first.exists() && second.exists());
    let path = opened.folder.path().join("one.dxf");
    opened.harness.state_mut().settings.recent.retain(|recent| *recent != path);
    std::fs::write(&second, b"\x89PNG\r\n\x1a\nand no more").expect("it is broken");
    let mut opened = again(opened);
    assert!(!first.exists(), "it went with the entry");
    assert!(!shows(&opened, "two.dxf") && !second.exists(), "a broken one is none");
    let card = opened.harness.get_by_label("Open two.dxf").rect();
    opened.harness.get_by_label("Open two.dxf").click();
    until_made(&mut opened, 1);
    let opened = again(opened);
    assert!(shows(&opened, "two.dxf"));
    assert_eq!(opened.harness.get_by_label("Open two.dxf").rect(), card, "nothing jumps");
}

#[test]
fn a_drawing_that_was_joined_has_no_thumbnail() {
    let (ana, mut ben) = Opened::shared();
    paint_whole(&mut ben);
    for _ in 0..20 {
        ben.harness.step();
    }
    assert_eq!(ben.harness.state().thumbnails.made(), 0);
    assert!(!ben.folder.path().join("thumbnails").exists());
    drop(ana);
}
