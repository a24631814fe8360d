//! `linework log --verify`: whether a log is whole, and whether it is the one that somebody noted.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use oplog::LogReader;
use protocol::Hash;
use serde::Serialize;

use super::output;

/// What was found.
#[derive(Serialize)]
struct Report {
    /// Whether all of it is whole.
    whole: bool,
    /// The last entry that is intact.
    entries: u64,
    /// The hash of that entry.
    head: String,
    /// Where the hash that was noted is; none if it is nowhere, or none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    noted_at: Option<u64>,
    /// What is wrong, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<String>,
}

/// Reads everything in a log and says what it found.
pub(super) fn run(path: &Path, noted: Option<Hash>, json: bool) -> anyhow::Result<ExitCode> {
    let (log, _) = LogReader::open(path)?;
    let verified = log.verify();
    let position = verified.as_ref().map_or_else(|broken| broken.intact, |verified| verified.position);
    let noted_at = match noted {
        Some(hash) => log.seq_of(&hash)?.filter(|seq| *seq <= position.seq),
        None => None,
    };
    let wrong = match (&verified, noted, noted_at) {
        (Err(broken), ..) => Some(broken.to_string()),
        (Ok(_), Some(hash), None) => Some(format!(
            "{hash} is no hash in its chain: its history was changed since that was noted, or it is another log"
        )),
        (Ok(_), ..) => None,
    };
    let whole = wrong.is_none();
    let report = Report {
        whole,
        entries: position.seq.0,
        head: position.head.to_string(),
        noted_at: noted_at.map(|seq| seq.0),
        wrong,
    };
    let told = if json {
        serde_json::to_string(&report).context("the report has no form in JSON")? + "\n"
    } else {
        in_words(path, &report)
    };
    output::print(|out| out.write_all(told.as_bytes()))?;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn in_words(path: &Path, report: &Report) -> String {
    let Report { entries, head, noted_at, wrong, .. } = report;
    let path = path.display();
    match (wrong, noted_at) {
        (Some(wrong), _) => format!("{path}: {wrong}\n"),
        (None, None) => format!("{path} is whole: {entries} entries, head {head}\n"),
        (None, Some(at)) if at == entries => {
            format!("{path} is whole: {entries} entries, and ends where you noted it\n")
        }
        (None, Some(at)) => {
            format!("{path} is whole: {entries} entries, head {head}; {} came after the hash you noted\n", entries - at)
        }
    }
}
