//! The desktop: the real program in real windows on a screen of its own, driven by a mouse and a keyboard, judged by
//! what the windows show and what the logs hold.
//!
//! Needs Xvfb, openbox, xdotool and ImageMagick, which `./linework test` installs.

mod drawing;
mod log;
mod picture;
mod readme;
mod screen;
mod served;
mod share;
mod together;
mod window;

use std::time::Duration;

/// How long anything on the screen may take to come about before the test has failed. A dead program's locks take 30 s.
const PATIENCE: Duration = Duration::from_secs(75);
