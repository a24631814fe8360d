//! The window without a screen: driven by the names that assistive technology sees, judged by what it then shows.

mod commands;
mod comments;
mod frames;
mod line;
mod nearby;
mod outlines;
mod pasting;
mod people;
mod seeing;
mod thumbnails;
mod together;

use std::path::Path;

use app::action::Action;
use app::arguments::Arguments;
use app::command::Command;
use app::document::Document;
use app::window::Window;
use clap::Parser as _;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

/// Frames until something must have happened; each waits for what runs behind the window.
const FRAMES_MAX: usize = 2_000;

/// A drawing of a red line from (10, 45) to (60, 45) and a green one from (90, 10) to (90, 50), in a frame.
fn drawing() -> String {
    let line = |handle: &str, layer: &str, [x0, y0, x1, y1]: [f64; 4]| {
        format!(" 0\nLINE\n 5\n{handle}\n 8\n{layer}\n 10\n{x0:?}\n 20\n{y0:?}\n 11\n{x1:?}\n 21\n{y1:?}\n")
    };
    let layer = |name: &str, color: u8| format!(" 0\nLAYER\n 2\n{name}\n 70\n0\n 62\n{color}\n 6\nCONTINUOUS\n");
    let mut text = String::from(" 0\nSECTION\n 2\nHEADER\n 9\n$ACADVER\n 1\nAC1009\n 0\nENDSEC\n");
    text += " 0\nSECTION\n 2\nTABLES\n 0\nTABLE\n 2\nLAYER\n 70\n3\n";
    text += &[layer("0", 7), layer("WALL", 1), layer("POST", 3)].concat();
    text += " 0\nENDTAB\n 0\nENDSEC\n 0\nSECTION\n 2\nENTITIES\n";
    text += &line("1A", "WALL", [10.0, 45.0, 60.0, 45.0]);
    text += &line("1B", "POST", [90.0, 10.0, 90.0, 50.0]);
    text += &line("1C", "0", [0.0, 0.0, 100.0, 60.0]);
    text + " 0\nENDSEC\n 0\nEOF\n"
}

/// A window with the drawing open, in a folder of its own.
struct Opened {
    harness: Harness<'static, Window>,
    folder: tempfile::TempDir,
}

impl Opened {
    fn new() -> Opened {
        Opened::of(drawing())
    }

    fn of(drawing: String) -> Opened {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("plan.dxf");
        std::fs::write(&file, drawing).expect("the drawing is written");
        let state = folder.path().join("state");
        std::fs::create_dir_all(&state).expect("a state folder");
        let harness = window(&state, &[file.to_str().expect("a plain path")]);
        let mut opened = Opened { harness, folder };
        opened.until("the drawing is here", |window| {
            window
                .document()
                .is_some_and(|document| document.is_here() && document.picture.scene().is_some() && document.may_edit())
        });
        opened
    }

    /// A window with these drawings open, each in a file of this name.
    fn with(files: &[(&str, &str)]) -> Opened {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        std::fs::create_dir_all(&state).expect("a state folder");
        let paths: Vec<_> = files
            .iter()
            .map(|(name, text)| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).expect("the drawing is written");
                path.to_str().expect("a plain path").to_owned()
            })
            .collect();
        let harness = window(&state, &paths.iter().map(String::as_str).collect::<Vec<_>>());
        let mut opened = Opened { harness, folder };
        let count = files.len();
        opened.until("the drawings are here", |window| {
            window.documents.len() == count
                && window.documents.iter().all(|document| document.picture.scene().is_some() && document.may_edit())
        });
        opened
    }

    /// Two windows on one drawing: whose it is, and who joined.
    fn shared() -> (Opened, Opened) {
        Opened::shared_of(Opened::new())
    }

    fn shared_of(ana: Opened) -> (Opened, Opened) {
        Opened::shared_with(ana, "Ana")
    }

    /// Ana's window, and that of a guest of this name in her drawing.
    fn shared_with(mut ana: Opened, guest: &str) -> (Opened, Opened) {
        ana.perform(Action::Run(Command::Share));
        ana.until("there is an address", |window| window.shared_address().is_some());
        ana.perform(Action::CloseDialog);
        let address = ana.harness.state().shared_address().expect("an address");
        let mut ben = Opened::joined(guest, &address);
        ben.until("Ben has the drawing", |window| {
            window.document().is_some_and(|document| document.may_edit() && document.picture.scene().is_some())
        });
        ana.until("Ana sees Ben", |window| window.document().is_some_and(|d| d.session.people().count() == 2));
        (ana, ben)
    }

    /// The window of somebody who joins.
    fn joined(name: &str, address: &str) -> Opened {
        let folder = tempfile::tempdir().expect("a folder");
        Opened { harness: window_of(name, folder.path(), &["--no-nearby", address]), folder }
    }

    fn perform(&mut self, action: Action) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().perform(&ctx, action);
        self.harness.step();
        self.harness.step();
    }

    fn document(&self) -> &Document {
        self.harness.state().document().expect("a drawing is open")
    }

    fn said(&self) -> String {
        self.harness.state().message.as_ref().map_or(String::new(), |message| message.text.clone())
    }

    fn key(&mut self, key: egui::Key) {
        self.harness.key_press(key);
        self.harness.step();
    }

    fn ctrl(&mut self, key: egui::Key) {
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
        self.harness.step();
        self.harness.step();
    }

    /// Moves the pointer over a place of the drawing.
    fn point(&mut self, x: f64, y: f64) {
        let at = self.at(x, y);
        self.harness.event(egui::Event::PointerMoved(at));
        self.harness.step();
    }

    /// Runs frames until `is` holds.
    #[track_caller]
    fn until(&mut self, what: &str, is: impl Fn(&Window) -> bool) {
        for _ in 0..FRAMES_MAX {
            self.harness.step();
            if is(self.harness.state()) {
                return;
            }
            std::thread::yield_now();
            // What runs behind the window wakes it; here nobody listens, so the thread gives way.
            std::thread::park_timeout(std::time::Duration::from_millis(2));
        }
        panic!("{what}: not so after {FRAMES_MAX} frames; said: {:?}", self.harness.state().message);
    }

    /// Where a place of the drawing is on the screen.
    fn at(&self, x: f64, y: f64) -> egui::Pos2 {
        let document = self.harness.state().document().expect("a drawing is open");
        document.camera.to_screen(drawing::Point::new(x, y))
    }

    fn press(&mut self, at: egui::Pos2, pressed: bool, modifiers: egui::Modifiers) {
        self.harness.event(egui::Event::PointerMoved(at));
        self.harness.step();
        let button = egui::PointerButton::Primary;
        self.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
        self.harness.step();
    }

    fn click(&mut self, x: f64, y: f64, modifiers: egui::Modifiers) {
        let at = self.at(x, y);
        self.press(at, true, modifiers);
        self.press(at, false, modifiers);
    }

    fn drag(&mut self, from: (f64, f64), to: (f64, f64)) {
        let (from, to) = (self.at(from.0, from.1), self.at(to.0, to.1));
        self.press(from, true, egui::Modifiers::NONE);
        self.harness.event(egui::Event::PointerMoved(from + (to - from) * 0.5));
        self.harness.step();
        self.press(to, false, egui::Modifiers::NONE);
    }

    fn write(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '\n' => self.harness.key_press(egui::Key::Enter),
                letter => self.harness.event(egui::Event::Text(letter.to_string())),
            }
            self.harness.step();
        }
    }

    fn selected(&self) -> usize {
        self.harness.state().document().map_or(0, |document| document.selection.len())
    }

    fn count(&self) -> usize {
        self.harness.state().document().map_or(0, |document| document.drawing().entity_count())
    }

    /// The line with this handle: start and end.
    fn line(&self, handle: u64) -> [f64; 4] {
        let document = self.harness.state().document().expect("a drawing is open");
        let found = document.drawing().entities().find(|e| e.handle == Some(drawing::Handle(handle)));
        match found.map(|entity| &entity.shape) {
            Some(drawing::Shape::Line(line)) => [line.start.x, line.start.y, line.end.x, line.end.y],
            other => panic!("no line: {other:?}"),
        }
    }
}

fn window(state: &Path, files: &[&str]) -> Harness<'static, Window> {
    // Other tests' hosts are on this machine's network too.
    window_with(state, &[&["--no-nearby"], files].concat())
}

fn window_with(state: &Path, more: &[&str]) -> Harness<'static, Window> {
    window_of("Ana", state, more)
}

/// A window of somebody.
fn window_of(name: &str, state: &Path, more: &[&str]) -> Harness<'static, Window> {
    let mut words = vec!["linework", "--name", name, "--state-dir", state.to_str().expect("a plain path")];
    words.extend(more);
    let arguments = Arguments::try_parse_from(words).expect("the command line is right");
    let state = state.to_owned();
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(4)
        .with_step_dt(1.0 / 60.0)
        .wgpu()
        .build_eframe(move |created| Window::new(created, arguments, state).expect("the window opens"))
}

#[test]
fn clicks_add_shift_removes_and_windows_differ_by_direction() {
    let mut opened = Opened::new();
    let (none, shift) = (egui::Modifiers::NONE, egui::Modifiers::SHIFT);
    opened.click(35.0, 45.0, none);
    assert_eq!(opened.selected(), 1);
    opened.click(90.0, 20.0, none);
    assert_eq!(opened.selected(), 2);
    opened.click(35.0, 45.0, shift);
    assert_eq!(opened.selected(), 1);
    opened.harness.key_press(egui::Key::Escape);
    opened.harness.step();
    assert_eq!(opened.selected(), 0);
    // Left to right takes what lies inside, right to left what is touched.
    opened.drag((5.0, 55.0), (70.0, 40.0));
    assert_eq!(opened.selected(), 1);
    opened.harness.key_press(egui::Key::Escape);
    opened.harness.step();
    opened.drag((50.0, 55.0), (20.0, 40.0));
    assert_eq!(opened.selected(), 1);
    opened.harness.key_press(egui::Key::Escape);
    opened.harness.step();
    opened.drag((30.0, 55.0), (50.0, 40.0));
    assert_eq!(opened.selected(), 0, "nothing lies inside");
}

#[test]
fn only_what_is_selected_is_dragged_and_undo_brings_it_back() {
    let mut opened = Opened::new();
    opened.drag((35.0, 45.0), (35.0, 30.0));
    assert_eq!(opened.line(0x1A), [10.0, 45.0, 60.0, 45.0], "a drag on something not selected draws a window");
    opened.harness.key_press(egui::Key::Escape);
    opened.harness.step();
    opened.click(35.0, 45.0, egui::Modifiers::NONE);
    opened.until("the lock is granted", |window| {
        window.document().is_some_and(|d| d.selection.iter().all(|id| d.session.is_mine((*id).into())))
    });
    opened.drag((30.0, 45.0), (30.0, 33.0));
    let moved = opened.line(0x1A);
    assert!(moved[1] < 40.0 && moved[1] == moved[3], "{moved:?}");
    opened.until("the move is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    opened.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    opened.until("it is back", |window| window.document().is_some_and(|d| !d.is_dirty()));
    assert_eq!(opened.line(0x1A), [10.0, 45.0, 60.0, 45.0]);
}

#[test]
fn what_an_undo_brings_back_is_not_held_for_ever() {
    let mut opened = Opened::new();
    let before = opened.count();
    opened.click(35.0, 45.0, egui::Modifiers::NONE);
    opened.write("E ");
    assert_eq!(opened.count(), before - 1);
    let stored = |window: &Window| window.document().is_some_and(|d| d.session.waiting() == 0);
    opened.until("the deletion is stored", stored);
    opened.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    opened.until("it is back", |window| window.document().is_some_and(|d| d.drawing().entity_count() == before));
    assert_eq!(opened.selected(), 0);
    opened.until("nothing is held", |window| window.document().is_some_and(|d| d.session.locks().next().is_none()));
    // What is selected stays held through that.
    opened.click(35.0, 45.0, egui::Modifiers::NONE);
    let held = |window: &Window| window.document().is_some_and(|d| d.session.locks().count() == 1);
    opened.until("the selection is held", held);
    opened.write("C 50,50 5\n");
    opened.harness.key_press(egui::Key::Escape);
    opened.until("the circle is stored", stored);
    opened.until("what was made is let go of", |window| {
        let settled = |d: &app::document::Document| {
            d.session.locks().all(|(id, _)| d.selection.contains(&drawing::EntityId(id.0)))
        };
        window.document().is_some_and(settled)
    });
}

#[test]
fn commands_are_typed() {
    let mut opened = Opened::new();
    let before = opened.count();
    opened.write("L 0,0 10,0 @0,10 C ");
    assert_eq!(opened.count(), before + 3, "C closes the triangle and ends the command");
    opened.write("C 50,50 5\n");
    assert_eq!(opened.count(), before + 4);
    opened.harness.key_press(egui::Key::Escape);
    opened.harness.step();
    opened.click(35.0, 45.0, egui::Modifiers::NONE);
    opened.write("M 0,0 @5,-5\n");
    assert_eq!(opened.line(0x1A), [15.0, 40.0, 65.0, 40.0]);
    opened.write("E ");
    assert_eq!(opened.count(), before + 3);
}

#[test]
fn a_command_and_its_points_may_come_in_one_frame() {
    let mut opened = Opened::new();
    let before = opened.count();
    opened.harness.event(egui::Event::Text("L 20,20 40,20 40,30 ".into()));
    opened.harness.step();
    assert_eq!(opened.count(), before + 2);
}

#[test]
fn everything_has_a_name_and_panels_hide() {
    let mut opened = Opened::new();
    for name in
        ["Menu", "Search", "Share", "Select", "Line", "Move", "Drawing", "Layer WALL", "Person Ana (you)", "Snap"]
    {
        assert!(opened.harness.query_all_by_label(name).next().is_some(), "nothing is called {name}");
    }
    opened.harness.get_by_label("Properties panel").click();
    opened.harness.step();
    opened.harness.step();
    assert_eq!(opened.harness.state().panel, Some(app::action::Panel::Properties));
    opened.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num0);
    opened.harness.step();
    opened.harness.step();
    assert!(opened.harness.query_by_label("Properties panel").is_none(), "all panels are hidden");
    let ctx = opened.harness.ctx.clone();
    opened.harness.state_mut().perform(&ctx, app::action::Action::Run(Command::Search));
    opened.harness.step();
    opened.write("snap\n");
    opened.harness.step();
    assert!(!opened.harness.state().settings.snap, "the search ran Snap");
}

#[test]
fn a_change_is_saved_into_the_file_and_the_last_state_kept() {
    let mut opened = Opened::new();
    opened.click(35.0, 45.0, egui::Modifiers::NONE);
    opened.write("M 0,0 @5,-5\n");
    opened.until("the drawing is dirty", |window| window.document().is_some_and(app::document::Document::is_dirty));
    opened.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::S);
    opened.until("the drawing is saved", |window| window.document().is_some_and(|document| !document.is_dirty()));
    let saved = std::fs::read_to_string(opened.folder.path().join("plan.dxf")).expect("the file is there");
    assert!(saved.contains("\n40.0\n") && saved.contains("\n15.0\n"), "{saved}");
    let kept = std::fs::read_to_string(opened.folder.path().join("plan.dxf.bak")).expect("a backup is kept");
    assert_eq!(kept, drawing());
    // What changed on disk since is not written over.
    std::fs::write(opened.folder.path().join("plan.dxf"), drawing() + " 999\nsomebody else\n").expect("written");
    opened.write("M 0,0 @1,0\n");
    opened.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::S);
    opened.until("it asks first", |window| matches!(window.dialog, app::dialogs::Dialog::ChangedOnDisk { .. }));
}

#[test]
fn a_shared_drawing_is_joined_and_what_one_holds_the_other_cannot_move() {
    let mut ana = Opened::new();
    let ctx = ana.harness.ctx.clone();
    ana.harness.state_mut().perform(&ctx, app::action::Action::Run(Command::Share));
    ana.until("there is an address", |window| window.shared_address().is_some());
    ana.harness.state_mut().perform(&ctx, app::action::Action::CloseDialog);
    let address = ana.harness.state().shared_address().expect("an address");
    let folder = tempfile::tempdir().expect("a folder");
    let mut ben = Opened { harness: window(folder.path(), &[&address]), folder };
    ben.until("Ben has the drawing", |window| {
        window.document().is_some_and(|document| document.may_edit() && document.picture.scene().is_some())
    });
    ana.click(35.0, 45.0, egui::Modifiers::NONE);
    ana.until("Ana holds the wall", |window| {
        window
            .document()
            .is_some_and(|d| d.selection.len() == 1 && d.selection.iter().all(|id| d.session.is_mine((*id).into())))
    });
    ben.until("Ben sees that she does", |window| window.document().is_some_and(|d| !d.held_by_others().is_empty()));
    ben.click(35.0, 45.0, egui::Modifiers::NONE);
    assert_eq!(ben.selected(), 1, "selecting always succeeds");
    ben.click(90.0, 20.0, egui::Modifiers::NONE);
    ben.write("M 0,0 @0,5\n");
    let message = ben.harness.state().message.clone().expect("Ben is told");
    assert_eq!(message.text, "Can't move: Ana holds 1 of 2");
    assert_eq!(message.offer.map(|(label, _)| label).as_deref(), Some("Move the other 1"));
    ben.harness.step();
    ben.harness.get_by_label("Move the other 1").click();
    ben.harness.step();
    ben.harness.step();
    assert_eq!(ben.line(0x1B), [90.0, 15.0, 90.0, 55.0]);
    assert_eq!(ben.line(0x1A), [10.0, 45.0, 60.0, 45.0]);
    ana.until("Ana sees it arrive", |window| {
        window.document().is_some_and(|d| d.history.rows.iter().any(|row| row.what == "moved 1 object"))
    });
    assert_eq!(ana.line(0x1B), [90.0, 15.0, 90.0, 55.0]);
}

#[test]
fn both_themes_show_the_drawing() {
    let mut opened = Opened::new();
    let mut canvases = Vec::new();
    for theme in ["dark", "light"] {
        let mut shown = None;
        for _ in 0..200 {
            opened.until("all is tessellated", |window| window.document().is_some_and(|d| !d.picture.is_busy()));
            let picture = opened.harness.render().expect("a picture");
            let at = opened.at(35.0, 45.0);
            let is_red = |dy: &i64| {
                let pixel = picture.get_pixel(at.x as u32, (at.y as i64 + dy) as u32);
                pixel[0] > 150 && pixel[1] < 110 && pixel[2] < 110
            };
            if (-4..=4).any(|dy| is_red(&dy)) {
                shown = Some(picture);
                break;
            }
            opened.harness.step();
        }
        let picture = shown.unwrap_or_else(|| panic!("the red wall is not drawn in the {theme} theme"));
        canvases.push(picture.get_pixel(400, 690).0);
        let ctx = opened.harness.ctx.clone();
        opened.harness.state_mut().perform(&ctx, app::action::Action::Run(Command::SwitchTheme));
        opened.harness.step();
    }
    assert_ne!(canvases[0], canvases[1], "the canvas has another colour");
}

/// A drawing with a red square from (100, 100) to (110, 110) in model space, and a sheet with nothing but a frame from
/// (0, 0) to (20, 20) that shows the square in its middle.
fn sheet() -> String {
    let text = include_str!("../../../crates/formats/tests/data/line_on_sheet_crlf.dxf").replace('\r', "");
    let (before, rest) = text.split_once("ENTITIES\n").expect("a section of entities");
    let (_, after) = rest.split_once("  0\nENDSEC\n").expect("its end");
    let solid = "  0\nSOLID\n  5\n31\n330\n9\n100\nAcDbEntity\n  8\nWalls\n100\nAcDbTrace\n \
        10\n100.0\n 20\n100.0\n 11\n110.0\n 21\n100.0\n 12\n100.0\n 22\n110.0\n 13\n110.0\n 23\n110.0\n";
    let frame = "  0\nVIEWPORT\n  5\n32\n330\nA\n100\nAcDbEntity\n 67\n1\n  8\n0\n100\nAcDbViewport\n \
        10\n10.0\n 20\n10.0\n 40\n20.0\n 41\n20.0\n 68\n2\n 69\n2\n 12\n105.0\n 22\n105.0\n 45\n20.0\n";
    format!("{before}ENTITIES\n{solid}{frame}  0\nENDSEC\n{after}")
}

#[test]
fn a_sheet_shows_model_space_in_its_frame() {
    let mut opened = Opened::of(sheet());
    let paper = opened.harness.state().document().and_then(|document| {
        let model = document.drawing().model_space();
        document.drawing().layouts().map(|layout| layout.block).find(|block| Some(*block) != model)
    });
    opened.harness.state_mut().document_mut().expect("open").show_space(paper.expect("a sheet"));
    opened.until("the sheet is fitted", |window| window.document().is_some_and(|document| document.placed));
    // The frame alone is what there is to see.
    let seen = opened.harness.state().document().expect("open").camera.seen();
    assert!((seen.center() - drawing::Point::new(10.0, 10.0)).hypot() < 0.1 && seen.height() < 30.0, "{seen:?}");
    let red = |opened: &mut Opened| {
        opened.until("all is made", |window| window.document().is_some_and(|document| !document.picture.is_busy()));
        let mut picture = opened.harness.render().expect("a picture");
        for _ in 0..10 {
            opened.harness.step();
            picture = opened.harness.render().expect("a picture");
        }
        let ends = [opened.at(5.5, 14.5), opened.at(14.5, 5.5), opened.at(4.5, 10.0), opened.at(10.0, 16.0)];
        ends.map(|at| picture.get_pixel(at.x as u32, at.y as u32).0[..3] == [255, 0, 0])
    };
    assert_eq!(red(&mut opened), [true, true, false, false]);
    // It follows model space, and a layer that one hides is hidden in it.
    let walls = opened.harness.state().document().and_then(|d| d.drawing().layer_named("Walls")).expect("a layer");
    let document = opened.harness.state_mut().document_mut().expect("open");
    document.visibility.layers.insert(walls, false);
    document.picture.repaint();
    assert_eq!(red(&mut opened), [false; 4]);
    let document = opened.harness.state_mut().document_mut().expect("open");
    document.visibility.layers.clear();
    document.picture.repaint();
    // With its right half out of sight, the left half is where it belongs.
    document.camera.pan(egui::vec2(document.camera.area.width() * 0.45, 0.0));
    assert_eq!(red(&mut opened)[..1], [true]);
}
