//! `linework-load`: many people at once in drawings of a real server, and what they had to wait for.
//!
//! Loopback only, bounded in people and in time. Each person is a connection of its own that speaks the protocol as
//! `docs/protocol.md` has it; all run in this one process, so that one clock times both ends. It shares the processor
//! with the server, so it decodes what it must and no more; `reader.rs` says what.

mod bare;
mod course;
mod crowd;
mod person;
mod reader;
mod replica;
mod report;
mod run;
mod socket;
mod tally;
mod writer;

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use clap::Parser;
use protocol::Address;
use serde_json::json;

use crate::bare::How;
use crate::course::Crowd;
use crate::run::{Rate, Work};

/// Loads a server on this machine and says how long people waited.
#[derive(Parser)]
#[command(
    after_help = "Examples:\n  linework-load --server 'linework://127.0.0.1:4848/plan#SECRET' --pid PID --people 100 --cursors 30 \
                  --secs 6 --beside-bare\n  linework-load --server 'linework://127.0.0.1:4848/plan#SECRET' --people 50 --cursors 0 --edits \
                  max --in-flight 64"
)]
struct Arguments {
    /// A drawing's address, as the server prints it; people are spread over several. Those of one drawing at several servers share it.
    #[arg(long)]
    server: Vec<Address>,
    /// A file with more addresses, one a line.
    #[arg(long, value_name = "FILE")]
    servers: Option<PathBuf>,
    /// Only the drawing of this name, of those given.
    #[arg(long, value_name = "NAME")]
    drawing: Option<String>,
    /// How many people, 1 to 500 in a drawing.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    people: u32,
    /// Cursor moves a second of each person; 0 for none.
    #[arg(long, default_value_t = 30.0)]
    cursors: f64,
    /// Edits a second of each person, 0 for none; or max, as many as are answered.
    #[arg(long, default_value = "0", value_name = "HZ|max")]
    edits: Rate,
    /// Requests without an answer that one person may have.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=64))]
    in_flight: u32,
    /// Who is told of the edits: all who make them, or one who watches.
    #[arg(long, value_enum, default_value_t = Receivers::All)]
    receivers: Receivers,
    /// How long, 1 to 120 seconds.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=120))]
    secs: u32,
    /// People who read 20 kB a second, besides.
    #[arg(long, default_value_t = 0, value_name = "PEOPLE")]
    slow_readers: u32,
    /// People who come in at the same moment, in the middle of the time.
    #[arg(long, default_value_t = 0, value_name = "PEOPLE")]
    join_storm: u32,
    /// People who lose their connections at the same moment, in the middle of the time, and come back.
    #[arg(long, default_value_t = 0, value_name = "PEOPLE")]
    reconnect_storm: u32,
    /// Instead of all else: so many connections that do nothing, and what each costs the server's memory.
    #[arg(long, value_name = "CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    idle: Option<u32>,
    /// The same cursors over fan-outs without meaning too: each frame at once, and gathered for 16 ms.
    #[arg(long)]
    beside_bare: bool,
    /// Is such a fan-out, at a free port that it prints, until its input ends.
    #[arg(long, value_enum, exclusive = true)]
    bare: Option<How>,
    /// The folder that the server keeps its drawings in, to time an fsync of that disk [default: the system's folder for
    /// temporary files].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The server's process, to read its processor time and its memory from.
    #[arg(long)]
    pid: Option<u32>,
    /// Figures as JSON in one line.
    #[arg(long)]
    json: bool,
}

/// Who is told of the edits.
#[derive(Debug, Clone, Copy, PartialEq, clap::ValueEnum)]
enum Receivers {
    /// All.
    All,
    /// One.
    One,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(how) = arguments.bare {
        return bare::serve(how).await;
    }
    let addresses = addresses(&arguments)?;
    let people = arguments.people as usize;
    let work = Work {
        cursors_hz: arguments.cursors,
        edits: arguments.edits,
        in_flight: arguments.in_flight as usize,
        one_receiver: arguments.receivers == Receivers::One,
        secs: arguments.secs,
    };
    let data = arguments.data.clone().unwrap_or_else(std::env::temp_dir);
    let fsync_us = tally::fsync_us(&data).context("timing an fsync of the disk")?;
    let mut report = if let Some(idle) = arguments.idle {
        course::of_idle(addresses, idle as usize, arguments.secs, arguments.pid).await?
    } else {
        let crowd = Crowd {
            slow: arguments.slow_readers as usize,
            joining: arguments.join_storm as usize,
            returning: arguments.reconnect_storm as usize,
        };
        let mut report = course::of_servers(addresses, work, people, crowd, arguments.pid).await?;
        report.insert("people".into(), json!(people));
        if arguments.beside_bare {
            report.insert("bare_gathered".into(), course::of_bare(How::Gathered, work, people).await?.into());
            report.insert("bare_at_once".into(), course::of_bare(How::AtOnce, work, people).await?.into());
        }
        report
    };
    report.insert("secs".into(), json!(arguments.secs));
    report.insert("fsync_ms".into(), json!(fsync_us / 1000.0));
    let report = serde_json::Value::Object(report);
    if arguments.json {
        println!("{report}");
    } else {
        println!("{report:#}");
    }
    Ok(())
}

fn addresses(arguments: &Arguments) -> anyhow::Result<Vec<Address>> {
    let mut all = arguments.server.clone();
    if let Some(file) = &arguments.servers {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            all.push(line.parse().with_context(|| format!("in {}: {line}", file.display()))?);
        }
    }
    if let Some(name) = &arguments.drawing {
        all.retain(|address| address.drawing == *name);
    }
    ensure!(!all.is_empty(), "no drawing to load; give its address with --server");
    for server in &all {
        if !["127.0.0.1", "localhost", "::1"].contains(&server.host.as_str()) {
            bail!("linework-load only loads this machine (127.0.0.1, localhost, ::1), not {}", server.host);
        }
    }
    Ok(all)
}
