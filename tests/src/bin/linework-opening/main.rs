//! `linework-opening`: how long the program takes until its window, or a drawing in it, is on the screen.
//!
//! Each run starts the program on a screen in memory of its own and looks at the screen's pixels, so that what is timed
//! is what a person would see: from the start of the process to the last change of the picture. An empty window is
//! timed in the same run as each drawing, since most of its time is the system's: the difference is what opening costs.

mod program;
mod screen;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use serde_json::json;

use crate::program::{Showing, show};
use crate::screen::Screen;

/// Times the opening of the window and of drawings.
#[derive(Parser)]
#[command(after_help = "Example:\n  linework-opening --runs 5 assets/sample.dxf")]
struct Arguments {
    /// The drawings to open.
    #[arg(required = true)]
    drawings: Vec<PathBuf>,
    /// The program; else the `linework` beside this one.
    #[arg(long)]
    program: Option<PathBuf>,
    /// How often each is opened, 1 to 50.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    runs: u32,
    /// How long the drawing then lies idle while frames are counted, 0 to 60 seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=60))]
    idle_secs: u32,
    /// Figures as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let program = match &arguments.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("linework"),
    };
    if !program.is_file() {
        bail!("there is no program {}; `cargo build --release -p app` makes it", program.display());
    }
    let drawings: Vec<_> = arguments
        .drawings
        .iter()
        .map(|path| path.canonicalize().with_context(|| format!("{} can't be opened", path.display())))
        .collect::<Result<_, _>>()?;
    let screen = Screen::start()?;
    let idle = Duration::from_secs(arguments.idle_secs.into());
    let mut empty = Vec::new();
    let mut opened: Vec<Vec<Showing>> = drawings.iter().map(|_| Vec::new()).collect();
    // In turns, so that what else the machine does falls on all alike.
    for run in 0..arguments.runs {
        let idle = if run == 0 { idle } else { Duration::ZERO };
        empty.push(show(&screen, &program, None, idle)?);
        for (drawing, showings) in drawings.iter().zip(&mut opened) {
            showings.push(show(&screen, &program, Some(drawing), idle)?);
        }
    }
    let window = figures(&empty);
    let base_ms = median_ms(&empty);
    let opened = drawings.iter().zip(&opened).map(|(drawing, showings)| {
        let mut figures = figures(showings);
        figures["drawing"] = json!(drawing.file_name().map(|name| name.to_string_lossy()));
        figures["beyond_empty_ms"] = json!((median_ms(showings) - base_ms).round());
        figures
    });
    let report = json!({"empty": window, "drawings": opened.collect::<Vec<_>>()});
    if arguments.json {
        println!("{report}");
    } else {
        println!("{report:#}");
    }
    Ok(())
}

fn figures(showings: &[Showing]) -> serde_json::Value {
    let ms: Vec<_> = showings.iter().map(|showing| (showing.shown_after.as_secs_f64() * 1e3).round()).collect();
    let said: Vec<_> = showings.iter().map(|showing| (showing.said_after.as_secs_f64() * 1e3).round()).collect();
    json!({
        "median_ms": median_ms(showings).round(),
        "runs_ms": ms,
        "said_ms": said,
        "idle_frames": showings[0].idle_frames,
        "rss_mib": showings[0].rss_mib.round(),
    })
}

fn median_ms(showings: &[Showing]) -> f64 {
    let mut ms: Vec<f64> = showings.iter().map(|showing| showing.shown_after.as_secs_f64() * 1e3).collect();
    ms.sort_by(f64::total_cmp);
    ms[ms.len() / 2]
}
