//! `linework-server`: serves a folder of drawings to whoever has their addresses.

mod program;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = program::Arguments::parse();
    match program::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linework-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}
