//! `linework-server`: serves a folder of drawings to whoever has their addresses.

mod program;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

fn main() -> ExitCode {
    if let Some(folder) = manual::wished(std::env::args_os()) {
        return match manual::write(program::Arguments::command(), &folder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("linework-server: the manual can't be written: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let arguments = program::Arguments::parse();
    match program::run(&arguments) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("linework-server: {error:#}");
            arguments.failed()
        }
    }
}
