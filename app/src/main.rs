//! The binary `linework`: the window, or a command without one.

use std::process::ExitCode;

use app::arguments::Arguments;
use clap::{CommandFactory as _, Parser as _};

fn main() -> ExitCode {
    if let Some(folder) = manual::wished(std::env::args_os()) {
        return match manual::write(Arguments::command(), &folder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("linework: the manual can't be written: {error}");
                ExitCode::from(2)
            }
        };
    }
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,wgpu_hal=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match arguments.command {
        Some(command) => app::headless::run(command),
        None => app::window::run(arguments).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("linework: {error:#}");
        ExitCode::from(2)
    })
}
