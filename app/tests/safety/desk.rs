//! A window without a screen, and what a person does with it.

use std::path::{Path, PathBuf};

use app::action::Action;
use app::arguments::Arguments;
use app::command::Command;
use app::document::{Document, Then};
use app::window::{Purpose, Window};
use clap::Parser as _;
use drawing::{Line, Point3, Shape};
use egui_kittest::Harness;

/// Frames until something must have happened; each waits for what runs behind the window.
const FRAMES_MAX: usize = 10_000;

/// A drawing of a line from (10, 45) to (60, 45), handle 1A, and one from (90, 10) to (90, 50), handle 1B.
pub fn text() -> String {
    let line = |handle: &str, [x0, y0, x1, y1]: [f64; 4]| {
        format!(" 0\nLINE\n 5\n{handle}\n 8\n0\n 10\n{x0:?}\n 20\n{y0:?}\n 11\n{x1:?}\n 21\n{y1:?}\n")
    };
    let mut text =
        String::from("999\nsomebody's own words\n 0\nSECTION\n 2\nHEADER\n 9\n$ACADVER\n 1\nAC1009\n 0\nENDSEC\n");
    text += " 0\nSECTION\n 2\nENTITIES\n";
    text += &line("1A", [10.0, 45.0, 60.0, 45.0]);
    text += &line("1B", [90.0, 10.0, 90.0, 50.0]);
    text + " 0\nENDSEC\n 0\nEOF\n"
}

/// Somebody's window.
pub struct Desk {
    pub harness: Harness<'static, Window>,
    pub state: PathBuf,
}

impl Desk {
    /// A window of `name` whose state is kept in this folder, with these open.
    pub fn open(state: &Path, name: &str, what: &[&str]) -> Desk {
        std::fs::create_dir_all(state).expect("a state folder");
        let mut words =
            vec!["linework", "--no-nearby", "--name", name, "--state-dir", state.to_str().expect("a plain path")];
        words.extend(what);
        let arguments = Arguments::try_parse_from(words).expect("the command line is right");
        let folder = state.to_owned();
        let harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .with_max_steps(4)
            .wgpu()
            .build_eframe(move |created| Window::new(created, arguments, folder).expect("the window opens"));
        Desk { harness, state: state.to_owned() }
    }

    /// A window with a file open, ready to be edited.
    pub fn with(state: &Path, name: &str, file: &Path) -> Desk {
        let mut desk = Desk::open(state, name, &[file.to_str().expect("a plain path")]);
        desk.is_ready();
        desk
    }

    /// The drawing in front can be edited.
    #[track_caller]
    pub fn is_ready(&mut self) {
        self.until("the drawing is here", |window| {
            window.document().is_some_and(|document| document.may_edit() && document.picture.scene().is_some())
        });
    }

    /// Runs frames until `is` holds.
    #[track_caller]
    pub fn until(&mut self, what: &str, is: impl Fn(&Window) -> bool) {
        for _ in 0..FRAMES_MAX {
            self.harness.step();
            if is(self.harness.state()) {
                return;
            }
            // What runs behind the window wakes it; here nobody listens, so the thread gives way.
            std::thread::park_timeout(std::time::Duration::from_millis(2));
        }
        panic!("{what}: not so after {FRAMES_MAX} frames; said: {:?}", self.said());
    }

    #[track_caller]
    pub fn until_document(&mut self, what: &str, is: impl Fn(&Document) -> bool) {
        self.until(what, |window| window.document().is_some_and(&is));
    }

    pub fn perform(&mut self, action: Action) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().perform(&ctx, action);
        self.harness.step();
    }

    pub fn run(&mut self, command: Command) {
        self.perform(Action::Run(command));
    }

    pub fn window(&self) -> &Window {
        self.harness.state()
    }

    #[track_caller]
    pub fn document(&self) -> &Document {
        self.window().document().expect("a drawing is open")
    }

    pub fn said(&self) -> String {
        self.window().message.as_ref().map(|message| message.text.clone()).unwrap_or_default()
    }

    pub fn count(&self) -> usize {
        self.document().drawing().entity_count()
    }

    /// Draws a line, and doesn't wait until it is stored.
    pub fn draw(&mut self, y: f64) {
        let [start, end] = [0.0, 7.0].map(|x| Point3::flat(x, y));
        self.perform(Action::Draw(vec![Shape::Line(Line { start, end })]));
    }

    /// Draws a line, and waits until it is stored.
    #[track_caller]
    pub fn drew(&mut self, y: f64) {
        let before = self.count();
        self.draw(y);
        assert_eq!(self.count(), before + 1, "drawn: {}", self.said());
        self.until_document("it is stored", |document| document.session.waiting() == 0);
    }

    /// Saves the drawing in front to this file.
    pub fn save_to(&mut self, path: &Path, then: Then) {
        let document = self.document().id;
        self.perform(Action::Picked(Purpose::Save { document, then }, path.to_owned()));
    }

    /// Shares the drawing in front; gives the address.
    #[track_caller]
    pub fn share(&mut self) -> String {
        self.run(Command::Share);
        self.until("there is an address", |window| window.shared_address().is_some());
        self.perform(Action::CloseDialog);
        self.window().shared_address().expect("an address")
    }

    /// Ends the program as its frame does.
    pub fn exit(mut self) {
        eframe::App::on_exit(self.harness.state_mut());
    }

    /// The state folder as it would be found if the program were cut off now.
    pub fn crashed(&self, copy: &Path) {
        copy_all(&self.state, copy);
    }

    /// The folders of runs in the state folder.
    pub fn runs(state: &Path) -> Vec<PathBuf> {
        let folders = std::fs::read_dir(state.join("work")).expect("a folder for work");
        folders.map(|folder| folder.expect("listed").path()).collect()
    }
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder for the copy");
    for entry in std::fs::read_dir(from).expect("a folder to copy") {
        let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type().expect("a kind"))).expect("listed");
        let target = to.join(path.file_name().expect("a name"));
        if kind.is_dir() {
            copy_all(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}
