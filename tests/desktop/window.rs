//! The program in a window, and what a person does with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::picture::{Colour, Found, Picture};
use crate::screen::{Running, Screen, until};

/// A warning, on dark.
const WARN: Colour = Colour(0xE0, 0xA9, 0x3B);

/// A running program with its window.
pub struct App<'s> {
    screen: &'s Screen,
    process: Running,
    window: String,
    name: String,
    state: PathBuf,
}

impl<'s> App<'s> {
    /// Starts the program as `name` with these arguments, and waits for its window.
    pub fn start(screen: &'s Screen, folder: &Path, name: &str, args: &[&str]) -> App<'s> {
        let state = folder.join(format!("state-{name}"));
        let log = std::fs::File::create(folder.join(format!("{name}.log"))).expect("a log file for the program");
        let child = Command::new(beside_tests("linework"))
            .args(args)
            .arg("--name")
            .arg(name)
            .arg("--state-dir")
            .arg(&state)
            .env("DISPLAY", &screen.display)
            .env_remove("WAYLAND_DISPLAY")
            .env("HOME", folder)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let mut process = Running(child);
        let pid = process.0.id().to_string();
        let window = until("the program has a window", || {
            if let Ok(Some(status)) = process.0.try_wait() {
                let log = std::fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default();
                panic!("the program ended with {status}: {log}");
            }
            let found = screen.ask("xdotool", &["search", "--onlyvisible", "--pid", &pid])?;
            found.lines().last().map(str::to_owned)
        });
        App { screen, process, window, name: name.to_owned(), state }
    }

    /// Puts the window somewhere at a size.
    pub fn place(&self, x: i32, y: i32, width: u32, height: u32) {
        let [x, y] = [x, y].map(|v| v.to_string());
        let [width, height] = [width, height].map(|v| v.to_string());
        self.screen.xdotool(&["windowsize", "--sync", &self.window, &width, &height]);
        self.screen.xdotool(&["windowmove", "--sync", &self.window, &x, &y]);
    }

    /// What the window shows now.
    pub fn picture(&self) -> Picture {
        let output = Command::new("import")
            .args(["-window", &self.window, "png:-"])
            .env("DISPLAY", &self.screen.display)
            .output()
            .expect("ImageMagick's import runs; `./linework test` installs it");
        let image = image::load_from_memory_with_format(&output.stdout, image::ImageFormat::Png);
        Picture(image.unwrap_or_else(|error| panic!("no picture of {}'s window: {error}", self.name)).to_rgb8())
    }

    /// Waits until the window has answered all it was told: it shows the same in three looks. Nothing in it blinks.
    pub fn rests(&self) {
        let (mut last, mut same) = (self.picture(), 0);
        until(&format!("{}'s window rests", self.name), || {
            let now = self.picture();
            same = if now.0 == last.0 { same + 1 } else { 0 };
            last = now;
            (same == 2).then_some(())
        });
    }

    /// Waits until the window shows this colour in its drawing area.
    #[track_caller]
    pub fn sees(&self, what: &str, colour: Colour, least: u32) -> Found {
        until(&format!("{} sees {what}", self.name), || self.look(colour, least))
    }

    /// Where this colour is in the drawing area, if it is.
    pub fn look(&self, colour: Colour, least: u32) -> Option<Found> {
        let picture = self.picture();
        picture.find(colour, drawing_area(&picture), least)
    }

    /// Whether a card over the line at the bottom says what went wrong and offers what can be done about it: its frame is in the colour
    /// of a warning.
    pub fn offers(&self) -> Option<Found> {
        let picture = self.picture();
        let (width, height) = picture.0.dimensions();
        picture.find(WARN, (0, height.saturating_sub(160), width, height.saturating_sub(60)), 300)
    }

    /// The middle of the longest level line in any of these colours, if there is one of at least 100 px.
    pub fn level_line(&self, colours: &[Colour]) -> Option<(f64, f64)> {
        let picture = self.picture();
        picture.level_line(colours, drawing_area(&picture), 100)
    }

    /// Shows the whole drawing: a double click of the middle button.
    pub fn fit(&self) {
        self.point((300.0, 400.0));
        self.screen.xdotool(&["click", "--repeat", "2", "--delay", "80", "2"]);
    }

    /// Gives the window the keyboard.
    pub fn focus(&self) {
        self.screen.xdotool(&["windowactivate", "--sync", &self.window]);
    }

    /// Moves the pointer to a place in the window.
    pub fn point(&self, at: (f64, f64)) {
        let [x, y] = [at.0, at.1].map(|v| (v.round() as i64).to_string());
        self.screen.xdotool(&["mousemove", "--window", &self.window, &x, &y]);
    }

    /// Clicks somewhere in the window with a button: 1 left, 2 middle, 3 right.
    pub fn click(&self, at: (f64, f64), button: u8) {
        self.point(at);
        self.screen.xdotool(&["click", &button.to_string()]);
    }

    /// Drags with the left button, by way of a few places between as a hand does.
    pub fn drag(&self, from: (f64, f64), to: (f64, f64)) {
        self.hold(from, to);
        self.screen.xdotool(&["mouseup", "1"]);
    }

    /// Drags with the left button and doesn't let go.
    pub fn hold(&self, from: (f64, f64), to: (f64, f64)) {
        self.point(from);
        self.screen.xdotool(&["mousedown", "1"]);
        for step in 1..=5 {
            let share = f64::from(step) / 5.0;
            self.point((from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share));
        }
    }

    /// Types a text; a line's end is the Return key.
    pub fn write(&self, text: &str) {
        self.focus();
        self.screen.xdotool(&["type", "--delay", "20", text]);
    }

    /// The folder with the logs of what is open: the only one in `work` of the state folder.
    pub fn work_folder(&self) -> PathBuf {
        let mut folders = std::fs::read_dir(self.state.join("work")).expect("the program keeps logs");
        let folder = folders.next().expect("a folder of this run").expect("listed").path();
        assert!(folders.next().is_none(), "there was one run");
        folder
    }

    /// Presses a key, such as `Escape` or `ctrl+z`.
    pub fn key(&self, key: &str) {
        self.focus();
        self.screen.xdotool(&["key", key]);
    }

    /// Ends the program with SIGKILL: it gets no chance to say anything.
    pub fn kill(mut self) {
        self.process.0.kill().expect("the program can be killed");
        self.process.0.wait().expect("the program ends");
    }

    /// The processor time it has used, in ticks of 1/100 s.
    pub fn cpu_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.0.id())).expect("it runs");
        let fields = stat.rsplit_once(')').expect("a stat line has a name").1;
        fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum()
    }
}

/// Left of the panels, below the top bar, above the prompt: chrome has colours of its own.
fn drawing_area(picture: &Picture) -> (u32, u32, u32, u32) {
    let (width, height) = picture.0.dimensions();
    (60, 90, width.saturating_sub(310), height.saturating_sub(70))
}

/// One of the workspace's programs, as it was built beside the tests.
pub fn beside_tests(program: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test knows where it is");
    let folder = own.ancestors().nth(2).expect("target/PROFILE/deps/test");
    let path = folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is not built: cargo build --workspace", path.display());
    path
}

impl Screen {
    /// Runs xdotool on this screen.
    pub fn xdotool(&self, args: &[&str]) -> String {
        self.ask("xdotool", args).unwrap_or_else(|| panic!("xdotool {args:?} failed"))
    }
}
