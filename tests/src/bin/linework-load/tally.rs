//! Figures: waits and their quantiles, and what the operating system says of a process and a disk.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::{Value, json};

/// Waits of one kind.
#[derive(Default)]
pub struct Waits(Vec<Duration>);

impl Waits {
    /// One more.
    pub fn push(&mut self, wait: Duration) {
        self.0.push(wait);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Half, all but one in a hundred, all but one in a thousand waited no longer than this; and the longest.
    pub fn quantiles_ms(&mut self) -> Value {
        self.0.sort_unstable();
        let at = |share: f64| {
            let index = ((self.0.len() as f64 * share).ceil() as usize).saturating_sub(1);
            self.0.get(index).map(|wait| (wait.as_secs_f64() * 1e6).round() / 1e3)
        };
        json!({"p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": at(1.0), "count": self.0.len()})
    }
}

/// What one person, or all, waited for.
#[derive(Default)]
pub struct Tally {
    /// From the sending of a cursor's place until a receiver holds it or a newer one of the same person.
    pub cursors: Waits,
    /// Cursor places that should have been received.
    pub cursors_due: usize,
    /// From asking for an edit until its durable acknowledgement.
    pub acks: Waits,
    /// From asking for an edit until another person was told it.
    pub seen: Waits,
}

impl Tally {
    /// Adds another's.
    pub fn add(&mut self, other: Tally) {
        self.cursors.0.extend(other.cursors.0);
        self.cursors_due += other.cursors_due;
        self.acks.0.extend(other.acks.0);
        self.seen.0.extend(other.seen.0);
    }

    /// The share of cursor places that arrived, 0 to 1.
    pub fn delivered(&self) -> f64 {
        if self.cursors_due == 0 { 1.0 } else { self.cursors.len() as f64 / self.cursors_due as f64 }
    }
}

/// Processor seconds of a process so far, user and system: fields 14 and 15 of /proc/PID/stat, in ticks of 1/100 s.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("reading the server's processor time")?;
    let after_name = stat.rsplit_once(')').context("an odd /proc stat line")?.1;
    let ticks: Vec<f64> =
        after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

/// Resident memory of a process.
pub fn rss_mib(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// The middle time of 200 small writes with fsync in a folder: the server's, if it is to say something of the server.
pub fn fsync_us(folder: &std::path::Path) -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut waits = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[7; 200])?;
        file.sync_data()?;
        waits.push(start.elapsed());
    }
    waits.sort_unstable();
    Ok(waits[100].as_secs_f64() * 1e6)
}
