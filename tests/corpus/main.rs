//! Real drawings through the commands without a window: into a log and out of it again, edited, and judged by an
//! outside reader.
//!
//! The drawings are those of the folder `LINEWORK_DRAWINGS`, or of `shared/drawings` beside the checkout. Without them
//! the tests say so and check nothing.

mod audit;
mod drawings;
mod edits;
mod gone;
mod identity;
mod tags;

use clap::Parser as _;

/// Runs `linework` with these arguments, in this process.
fn linework(arguments: &[&str]) -> anyhow::Result<()> {
    let arguments = app::arguments::Arguments::try_parse_from([&["linework"], arguments].concat())?;
    let command = arguments.command.expect("a command without a window");
    app::headless::run(command).map(|_| ())
}
