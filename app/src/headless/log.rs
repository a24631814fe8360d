//! `linework log`: what happened to a drawing, one entry a line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use collab::words::{self, Story};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use oplog::{LogReader, StoredEntry};
use protocol::{Hash, Seq};
use serde::Serialize;

use super::output;

/// Entries read at once.
const ENTRIES_AT_ONCE: usize = 1000;
/// Bytes of payload read at once.
const BYTES_AT_ONCE: usize = 32 << 20;

/// What `linework log` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "For example:\n  linework log plan.linework\n  linework log plan.linework --json | tail -1\n  \
                        linework log plan.linework --report session.html\n  \
                        linework log data/plan.linework --save plan.linework\n  \
                        linework log plan.linework --verify --head 7a0ebcac866595bbf484fca072aa35a3792990c092cfda050dd8670a7a4d7671")]
pub struct Log {
    /// A saved op log; with --save, any.
    #[arg(value_name = "FILE.linework")]
    file: PathBuf,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Write a report of the session and list nothing: people, times, what they changed, the drawing before and after, in
    /// one HTML file.
    #[arg(long, value_name = "OUT.html", conflicts_with_all = ["json", "verify"])]
    report: Option<PathBuf>,
    /// Save it as this file and list nothing: one file with everything in it, also of a log that is in use.
    #[arg(long, value_name = "OUT.linework", conflicts_with_all = ["json", "verify", "report"])]
    save: Option<PathBuf>,
    /// Check everything in it and list nothing: status 0 if it is whole, 1 and a sentence if not.
    #[arg(long)]
    verify: bool,
    /// A hash that was noted earlier and must be in its chain: else its history was changed since.
    #[arg(long, value_name = "HASH", requires = "verify")]
    head: Option<Hash>,
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
        if let Some(out) = &self.report {
            return super::report::run(&self.file, out);
        }
        if let Some(out) = &self.save {
            return self.save(out);
        }
        if self.verify {
            return super::verify::run(&self.file, self.head, self.json);
        }
        let (log, broken) = LogReader::open(&self.file)?;
        let zone = TimeZone::system();
        let mut story = Story::default();
        let mut from = Seq(0);
        loop {
            let entries = log.read_after(from, ENTRIES_AT_ONCE, BYTES_AT_ONCE)?;
            let Some(last) = entries.last() else { break };
            from = last.seq;
            let mut lines = String::new();
            let mut unread = None;
            for stored in entries {
                match self.line(&mut story, &zone, stored) {
                    Ok(line) => lines.push_str(&line),
                    Err(error) => {
                        unread = Some(error);
                        break;
                    }
                }
            }
            // What was before it is told whatever comes.
            output::print(|out| out.write_all(lines.as_bytes()))?;
            if let Some(error) = unread {
                return Err(error);
            }
        }
        let Some(broken) = broken else { return Ok(ExitCode::SUCCESS) };
        eprintln!("{}: {broken}", self.file.display());
        Ok(ExitCode::FAILURE)
    }

    /// Saves the log, which may be in use, as one file.
    fn save(&self, out: &Path) -> anyhow::Result<ExitCode> {
        if !out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("linework")) {
            bail!("{} would not be taken for an op log; nothing was written: end its name in .linework", out.display());
        }
        let end = oplog::backup(&self.file, out)?;
        output::print(|to| writeln!(to, "{} holds {} entries, head {}", out.display(), end.seq, end.head))?;
        // What is damaged is copied as it is.
        let (_, broken) = LogReader::open(out)?;
        let Some(broken) = broken else { return Ok(ExitCode::SUCCESS) };
        eprintln!("{}: {broken}", self.file.display());
        Ok(ExitCode::FAILURE)
    }

    /// The line of an entry, with its end.
    fn line(&self, story: &mut Story, zone: &TimeZone, stored: StoredEntry) -> anyhow::Result<String> {
        let seq = stored.seq;
        let entry = protocol::decode_entry(&stored.payload)
            .with_context(|| format!("{}: entry {seq} could not be read", self.file.display()))?;
        let told = story.tell(seq, &entry);
        let author = if told.who.is_empty() { words::name(&stored.author) } else { told.who };
        let (time, what) = (local(entry.time_ms, zone), told.what);
        if !self.json {
            return Ok(format!("{seq:>6}  {time}  {author:<12}  {what}\n"));
        }
        let line = Line { seq: seq.0, time: &time, author: &author, kind: entry.event.kind(), what: &what };
        Ok(serde_json::to_string(&line).context("an entry has no form in JSON")? + "\n")
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
