//! `linework-load`: many people at once in one drawing of a real server, and what they had to wait for.
//!
//! Loopback only, bounded in people and in time. Each person is a connection of its own that speaks the protocol as
//! `docs/protocol.md` has it; all run in this one process, so that one clock times both ends.

mod person;
mod tally;

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use protocol::Address;
use serde_json::json;

use crate::person::{Run, Work};
use crate::tally::Tally;

/// Loads a server on this machine and says how long people waited.
#[derive(Parser)]
#[command(
    after_help = "Example:\n  linework-load --server 'linework://127.0.0.1:4848/plan#SECRET' --people 10 --cursors 30 --secs 6"
)]
struct Arguments {
    /// The drawing's address, as the server prints it; several of one drawing share the people among them.
    #[arg(long, required = true)]
    server: Vec<Address>,
    /// How many people, 1 to 500.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=500))]
    people: u32,
    /// Cursor moves a second of each person; 0 for none.
    #[arg(long, default_value_t = 30.0)]
    cursors: f64,
    /// Edits a second of each person, one at a time; 0 for none.
    #[arg(long, default_value_t = 0.0)]
    edits: f64,
    /// How long, 1 to 120 seconds.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=120))]
    secs: u32,
    /// The folder that the server keeps its drawings in, to time an fsync of that disk [default: the system's folder for
    /// temporary files].
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
    /// The server's process, to read its processor time from.
    #[arg(long)]
    pid: Option<u32>,
    /// Figures as JSON.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    for server in &arguments.server {
        if !["127.0.0.1", "localhost", "::1"].contains(&server.host.as_str()) {
            bail!("linework-load only loads this machine (127.0.0.1, localhost, ::1), not {}", server.host);
        }
    }
    let work = Work { cursors_hz: arguments.cursors, edits_hz: arguments.edits, secs: arguments.secs };
    let run = Run::new(arguments.server, work, arguments.people as usize);
    let data = arguments.data.unwrap_or_else(std::env::temp_dir);
    let fsync_us = tally::fsync_us(&data).context("timing an fsync of the disk")?;
    let cpu_before = arguments.pid.map(tally::cpu_seconds).transpose()?;
    let mut people = tokio::task::JoinSet::new();
    for index in 0..arguments.people as usize {
        people.spawn(person::live(run.clone(), index));
    }
    let limit = Duration::from_secs(u64::from(arguments.secs) + 60);
    let mut whole = Tally::default();
    tokio::time::timeout(limit, async {
        while let Some(tally) = people.join_next().await {
            whole.add(tally.context("a person's task ended badly")??);
        }
        anyhow::Ok(())
    })
    .await
    .context("people did not finish within a minute after the end")??;
    let cpu_s = match (arguments.pid, cpu_before) {
        (Some(pid), Some(before)) => Some(tally::cpu_seconds(pid)? - before),
        _ => None,
    };
    let report = json!({
        "people": arguments.people,
        "secs": arguments.secs,
        "delivered": whole.delivered(),
        "cursor_ms": whole.cursors.quantiles_ms(),
        "edit_ack_ms": whole.acks.quantiles_ms(),
        "edit_seen_ms": whole.seen.quantiles_ms(),
        "edits_per_s": whole.acks.len() as f64 / f64::from(arguments.secs),
        "fsync_ms": fsync_us / 1000.0,
        "server_cpu_us_per_delivery": cpu_s.map(|s| s * 1e6 / whole.cursors.len().max(1) as f64),
        "server_rss_mib": arguments.pid.and_then(|pid| tally::rss_mib(pid).ok()),
    });
    if arguments.json {
        println!("{report}");
    } else {
        println!("{report:#}");
    }
    Ok(())
}
