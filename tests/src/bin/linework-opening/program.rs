//! One start of the program, watched.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::screen::Screen;

/// A picture that stays the same for so long after the program said that it is whole is the last one.
const QUIET: Duration = Duration::from_millis(1000);
/// The screen is looked at this often.
const LOOK: Duration = Duration::from_millis(4);
/// A program that shows nothing by then never will.
const PATIENCE: Duration = Duration::from_secs(120);

/// When a program was seen to be there, and what it did then.
pub struct Showing {
    /// From the start of the process to the last change of the picture.
    pub shown_after: Duration,
    /// From the start of the process to the program's own word that it is there.
    pub said_after: Duration,
    /// Frames that were painted while nothing happened; none where nobody counted.
    pub idle_frames: Option<usize>,
    /// Resident memory of the process at the end.
    pub rss_mib: f64,
}

/// A process that ends with what holds it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the program says in its log, and when.
enum Said {
    Frame,
    Shown(Instant),
}

/// Starts the program with a drawing or none, and watches it until its picture is whole; then counts frames for `idle`.
pub fn show(screen: &Screen, program: &Path, drawing: Option<&Path>, idle: Duration) -> anyhow::Result<Showing> {
    let state = tempfile::tempdir()?;
    let start = Instant::now();
    let child = Command::new(program)
        .args(drawing)
        .arg("--state-dir")
        .arg(state.path())
        .env("DISPLAY", &screen.display)
        .env_remove("WAYLAND_DISPLAY")
        .env("RUST_LOG", "linework::opening=info,linework::frames=debug")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} can't be started", program.display()))?;
    let mut program = Running(child);
    let log = program.0.stderr.take().context("its log is piped")?;
    let word = if drawing.is_some() { "drawing on screen" } else { "window on screen" };
    let (sender, heard) = channel();
    thread::spawn(move || listen(log, word, &sender));
    let (said, last_change) = watch(screen, &heard)?;
    let idle_frames = (!idle.is_zero()).then(|| {
        // What was said until now belongs to the opening.
        heard.try_iter().for_each(drop);
        thread::sleep(idle);
        heard.try_iter().filter(|said| matches!(said, Said::Frame)).count()
    });
    Ok(Showing {
        shown_after: last_change - start,
        said_after: said - start,
        idle_frames,
        rss_mib: rss_mib(program.0.id())?,
    })
}

fn listen(log: ChildStderr, word: &str, sender: &Sender<Said>) {
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        let said = match line {
            line if line.contains(word) => Said::Shown(Instant::now()),
            line if line.contains("linework::frames") => Said::Frame,
            _ => continue,
        };
        if sender.send(said).is_err() {
            return;
        }
    }
}

/// When the program said that it is there, and when the picture last changed.
fn watch(screen: &Screen, heard: &Receiver<Said>) -> anyhow::Result<(Instant, Instant)> {
    let start = Instant::now();
    let (mut picture, mut last_change, mut shown) = (screen.picture()?, start, None);
    loop {
        let now = Instant::now();
        let seen = screen.picture()?;
        if seen != picture {
            (picture, last_change) = (seen, now);
        }
        loop {
            match heard.try_recv() {
                Ok(Said::Shown(at)) => shown = shown.or(Some(at)),
                Ok(Said::Frame) => {}
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => bail!("the program ended by itself"),
            }
        }
        if let Some(at) = shown
            && now - last_change > QUIET
            && now - at > QUIET
        {
            return Ok((at, last_change));
        }
        if now - start > PATIENCE {
            bail!("nothing whole was shown in {PATIENCE:?}");
        }
        thread::sleep(LOOK);
    }
}

/// Resident memory of a process.
fn rss_mib(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
