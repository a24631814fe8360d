//! Figures: waits and their quantiles, and what the operating system says of a process and a disk.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Context;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// The longest wait that is told apart from longer ones, in microseconds.
const LONGEST_US: u64 = 300_000_000;

/// Waits of one kind, in microseconds; kept within one in a hundred, since there are millions of them and the counts
/// of each person should stay in the processor's cache.
pub struct Waits(Histogram<u32>);

impl Default for Waits {
    fn default() -> Waits {
        // These are bounds that it takes.
        Waits(Histogram::new_with_bounds(1, LONGEST_US, 2).expect("a histogram from 1 us to five minutes"))
    }
}

impl Waits {
    /// One more.
    pub fn push_us(&mut self, wait_us: u64) {
        self.0.saturating_record(wait_us.max(1));
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Adds another's.
    pub fn add(&mut self, other: &Waits) {
        // Both have the same bounds.
        self.0.add(&other.0).expect("waits add up");
    }

    /// So many of a hundred waited no longer than this, in milliseconds; none where nobody waited.
    pub fn ms_at(&self, share: f64) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.value_at_quantile(share) as f64 / 1e3)
    }

    /// Half, all but one in a hundred, all but one in a thousand waited no longer than this; and the longest.
    pub fn quantiles_ms(&self) -> Value {
        let at = |share| self.ms_at(share);
        json!({"p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": at(1.0), "count": self.len()})
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
    let mut waits: Vec<Duration> = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[7; 200])?;
        file.sync_data()?;
        waits.push(start.elapsed());
    }
    waits.sort_unstable();
    Ok(waits[100].as_secs_f64() * 1e6)
}
