//! What the commands print: results to the output, how far they are to a terminal that watches.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

/// How far something is is told no more often than this.
const PAUSE: Duration = Duration::from_millis(250);

/// Prints a line. Whoever closed their end doesn't want to hear it.
pub fn line(words: &str) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

/// Prints a value as one line of JSON.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string(value).context("what was found has no form in JSON")?);
    Ok(())
}

/// Tells a person how far something is, if one watches the errors.
pub struct Watched {
    about: String,
    shown: bool,
    next: Instant,
}

impl Watched {
    /// About something, such as a file.
    pub fn new(about: impl Into<String>) -> Watched {
        // What is over before anybody wonders is not told.
        Watched { about: about.into(), shown: false, next: Instant::now() + PAUSE }
    }

    /// So far it is.
    pub fn tell(&mut self, what: &str, done: u64, of: u64) {
        if Instant::now() < self.next || !std::io::stderr().is_terminal() {
            return;
        }
        let far = if of == 0 { String::new() } else { format!(" {done} of {of}") };
        // The line before is written over; what is left of a longer one is cleared.
        let _ = write!(std::io::stderr(), "\r{}: {what}{far}\x1b[K", self.about);
        self.shown = true;
        self.next = Instant::now() + PAUSE;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
