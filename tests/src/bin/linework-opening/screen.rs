//! A screen in memory whose pixels are a file.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use tempfile::TempDir;

/// Width and height in pixels.
const SIZE_PX: (usize, usize) = (1440, 900);
/// Every so many rows one is looked at: no two pictures of a drawing are alike in all of those.
const ROW_STEP: usize = 6;

/// An X server without a monitor.
pub struct Screen {
    /// What goes into `DISPLAY`.
    pub display: String,
    pixels: File,
    server: Child,
    _folder: TempDir,
}

impl Screen {
    /// A screen on a free number.
    pub fn start() -> anyhow::Result<Screen> {
        let folder = tempfile::tempdir()?;
        let (width, height) = SIZE_PX;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset"])
            .arg("-fbdir")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb can't be started")?;
        let out = server.stdout.take().context("its output is piped")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let pixels = File::open(folder.path().join("Xvfb_screen0")).context("Xvfb shows its pixels in no file")?;
        Ok(Screen { display: format!(":{}", line.trim()), pixels, server, _folder: folder })
    }

    /// A number that is another one when the picture is.
    pub fn picture(&self) -> anyhow::Result<u64> {
        let (width, height) = SIZE_PX;
        let mut row = vec![0; width * 4];
        let mut hasher = DefaultHasher::new();
        // The file begins with a header of less than a row, so each read takes the end of one row and most of the next.
        for y in (0..height).step_by(ROW_STEP) {
            let start = (y * row.len()) as u64;
            self.pixels.read_exact_at(&mut row, start)?;
            hasher.write(&row);
        }
        Ok(hasher.finish())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
