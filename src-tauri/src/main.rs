//! `linework-host`: a team's drawings served from a desktop. The server runs in this process; the window shows the page
//! that chooses where it listens, then the server's own console.
//!
//! Floor 5. Deliberately absent: rules, drawings, a second console.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod networks;
mod notices;
mod serving;
mod settings;
mod shell;
mod tray;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser as _};
use tracing_subscriber::EnvFilter;

/// Serves a team's drawings from this desktop, with a console to look after them.
#[derive(Debug, Clone, clap::Parser)]
#[command(
    name = "linework-host",
    version,
    after_help = "Example:\n  linework-host --data /srv/drawings\n\nA machine without a desktop runs linework-server \
                  instead; it serves the same console to a browser.\n\nExit status: 0 after an orderly end, 1 if it \
                  could not start, 2 for arguments that make no sense."
)]
struct Arguments {
    /// The folder with the drawings; made if it isn't there [default: the system's place for the program's data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The folder for what the program remembers [default: the system's place for the program's settings]
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
    /// Serve at once where it did last, without showing the window
    #[arg(long)]
    background: bool,
}

fn main() -> std::process::ExitCode {
    if let Some(folder) = manual::wished(std::env::args_os()) {
        return match manual::write(Arguments::command(), &folder) {
            Ok(()) => std::process::ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("linework-host: the manual can't be written: {error}");
                std::process::ExitCode::FAILURE
            }
        };
    }
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match shell::run(&arguments) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linework-host: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
