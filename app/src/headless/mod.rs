//! Commands without a window.

use std::process::ExitCode;

/// What to do without a window.
#[derive(Debug, clap::Subcommand)]
pub enum Command {}

/// Runs one; the status is 0, or 1 where it found something wrong. An error is status 2.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {}
}
