//! Commands without a window.
//!
//! Results go to standard output, JSON where asked for; findings and errors go to standard error. The status is 0, 1
//! where something in a file is damaged, 2 where the command could not do what was asked.

mod artist;
mod convert;
mod edit;
mod info;
mod input;
mod log;
mod look;
mod output;
mod render;
mod report;
mod verify;

use std::process::ExitCode;

pub use input::is_log;

/// What to do without a window.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Draw a file into a picture.
    Render(render::Render),
    /// Tell what is in a file.
    Info(info::Info),
    /// Change a file: only the tags that an edit touches.
    Edit(edit::Edit),
    /// Make a DXF file of a drawing or of an op log, by way of an op log.
    Convert(convert::Convert),
    /// List what happened to a drawing, or check that its log is whole.
    Log(log::Log),
}

/// Runs one; the status is 0, or 1 where it found something wrong. An error is status 2.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Render(render) => render.run(),
        Command::Info(info) => info.run(),
        Command::Edit(edit) => edit.run(),
        Command::Convert(convert) => convert.run(),
        Command::Log(log) => log.run(),
    }
}
