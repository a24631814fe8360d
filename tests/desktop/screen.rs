//! A screen in memory with a window manager on it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::PATIENCE;

/// A process that ends with the test, however the test ends.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server without a monitor, and openbox on it, which gives windows the keyboard.
pub struct Screen {
    /// What goes into `DISPLAY`.
    pub display: String,
    // Fields drop in order: the window manager before the server.
    _manager: Running,
    _server: Running,
}

impl Screen {
    /// A screen of that size on a free number.
    pub fn start(width: u32, height: u32) -> Screen {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts; `./linework test` installs it");
        let out = server.stdout.take().expect("its output is piped");
        let server = Running(server);
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("Xvfb says which display it is");
        let display = format!(":{}", line.trim());
        let manager = Command::new("openbox")
            .env("DISPLAY", &display)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openbox starts; `./linework test` installs it");
        let screen = Screen { display, _manager: Running(manager), _server: server };
        screen.until("the window manager runs", || {
            let answer = screen.ask("xprop", &["-root", "_NET_SUPPORTING_WM_CHECK"])?;
            answer.contains("window id").then_some(())
        });
        screen
    }

    /// Runs a program on this screen; its output, or none if it failed.
    pub fn ask(&self, program: &str, args: &[&str]) -> Option<String> {
        let output = Command::new(program).args(args).env("DISPLAY", &self.display).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}; `./linework test` installs it"));
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Waits until `look` finds something: what is on a screen sends no events to a test, so it looks again and again.
    #[track_caller]
    pub fn until<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        until(what, look)
    }
}

/// Looks again and again, until `look` finds something or patience ends.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "after {PATIENCE:?} still not so: {what}");
        std::thread::park_timeout(std::time::Duration::from_millis(30));
    }
}
