//! `linework log`: what happened to a drawing, one entry a line.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use oplog::LogReader;
use protocol::Seq;
use serde::Serialize;

use super::words::Story;

/// Entries read at once.
const ENTRIES_AT_ONCE: usize = 1000;
/// Bytes of payload read at once.
const BYTES_AT_ONCE: usize = 32 << 20;

/// What `linework log` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "For example:\n  linework log plan.linework\n  linework log plan.linework --json | tail -1")]
pub struct Log {
    /// A saved op log.
    #[arg(value_name = "FILE.linework")]
    file: PathBuf,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    time: &'a str,
    author: &'a str,
    kind: &'a str,
    what: &'a str,
}

impl Log {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (log, broken) = LogReader::open(&self.file)?;
        let zone = TimeZone::system();
        let mut story = Story::default();
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let mut from = Seq(0);
        loop {
            let entries = log.read_after(from, ENTRIES_AT_ONCE, BYTES_AT_ONCE)?;
            let Some(last) = entries.last() else { break };
            from = last.seq;
            for stored in entries {
                let seq = stored.seq;
                let entry = protocol::decode_entry(&stored.payload)
                    .with_context(|| format!("{}: entry {seq} could not be read", self.file.display()))?;
                let told = story.tell(seq, &entry);
                let author = if told.who.is_empty() { stored.author } else { told.who };
                let (time, what) = (local(entry.time_ms, &zone), told.what);
                let written = if self.json {
                    let kind = entry.event.kind();
                    let line = Line { seq: seq.0, time: &time, author: &author, kind, what: &what };
                    serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from).and_then(|()| writeln!(out))
                } else {
                    writeln!(out, "{seq:>6}  {time}  {author:<12}  {what}")
                };
                match written {
                    // Whoever reads along has seen enough.
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
                    written => written.context("the list could not be written")?,
                }
            }
        }
        out.flush().context("the list could not be written")?;
        let Some(broken) = broken else { return Ok(ExitCode::SUCCESS) };
        eprintln!("{}: {broken}", self.file.display());
        Ok(ExitCode::FAILURE)
    }
}

/// A time as the clock on the wall showed it here, with its distance from UTC; ISO 8601.
fn local(time_ms: u64, zone: &TimeZone) -> String {
    let time = i64::try_from(time_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    match time {
        Some(time) => time.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        None => format!("{time_ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(local(1_800_000_000_123, &zone), "2027-01-15T10:00:00.123+02:00");
        assert_eq!(local(u64::MAX, &zone), format!("{} ms", u64::MAX));
    }
}
