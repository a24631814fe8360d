//! Looking at a machine and a data folder: what is wrong, and what to do about it. Nothing is changed.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::logs_of;
use crate::HostError;

/// Less room than this on the disk is wrong, bytes.
const FREE_BYTES_MIN: u64 = 512 << 20;
/// Less than this is worth a word.
const FREE_BYTES_GOOD: u64 = 4 << 30;
/// Fewer open files than this are too few for hundreds of drawings and thousands of people.
const FILES_GOOD: u64 = 8_192;
/// A write-ahead log above this is not being cut back, bytes.
const WAL_BYTES_MAX: u64 = 256 << 20;
/// Before this no clock can be right: when this was written, milliseconds since 1970.
const NOT_BEFORE_MS: u64 = 1_764_547_200_000;
/// A stored time may be ahead of the clock by this much before it is worth a word, milliseconds.
const AHEAD_MS_MAX: u64 = 5 * 60 * 1_000;
/// Of so many logs it is looked whether each can be opened.
const LOGS_MAX: usize = 100_000;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Good,
    /// Nothing is wrong, and something may be worth doing.
    Note,
    /// Something has to be done.
    Wrong,
}

/// Something that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub what: String,
    /// How it is.
    pub state: State,
    /// That in words.
    pub says: String,
    /// What to do.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    pub(super) fn good(what: &str, says: impl Into<String>) -> Finding {
        Finding { what: what.into(), state: State::Good, says: says.into(), remedy: None }
    }

    pub(super) fn note(what: &str, says: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { what: what.into(), state: State::Note, says: says.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn wrong(what: &str, says: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { what: what.into(), state: State::Wrong, says: says.into(), remedy: Some(remedy.into()) }
    }
}

/// Looks at what every server needs of its machine.
pub fn look_at_machine() -> Vec<Finding> {
    let mut found = Vec::new();
    found.push(match rlimit::getrlimit(rlimit::Resource::NOFILE) {
        Ok((_, hard)) if hard >= FILES_GOOD => Finding::good("open files", format!("up to {hard} may be open")),
        Ok((_, hard)) => Finding::note(
            "open files",
            format!("no more than {hard} files and sockets may be open, so fewer people and drawings can be at work"),
            "raise the limit: LimitNOFILE=65536 in a systemd unit, or ulimit -Hn before starting",
        ),
        Err(error) => Finding::note("open files", format!("the limit can't be read ({error})"), "look at ulimit -Hn"),
    });
    let now_ms = now_ms();
    found.push(if now_ms < NOT_BEFORE_MS {
        Finding::wrong("clock", "it is set to a time long gone", "set it, such as with timedatectl set-ntp true")
    } else {
        Finding::good("clock", format!("{} seconds since 1970", now_ms / 1_000))
    });
    found
}

/// Looks whether a server could listen somewhere.
pub fn look_at_port(address: SocketAddr) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => Finding::good("port", format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Finding::note(
            "port",
            format!("somebody listens at {address}"),
            "nothing if that is this server; else stop it, or choose another with --listen",
        ),
        Err(error) => Finding::wrong(
            "port",
            format!("nobody can listen at {address} ({error})"),
            "choose an address of this machine and a port above 1023 with --listen",
        ),
    }
}

/// Looks at a data folder and everything in it.
///
/// # Errors
/// [`HostError::Folder`] where it can't even be listed.
pub fn look_at_folder(data: &Path) -> Result<Vec<Finding>, HostError> {
    if !data.exists() {
        let says = format!("{} is not there", data.display());
        return Ok(vec![Finding::note(
            "folder",
            says,
            "nothing: a server that starts makes it; or name another with --data",
        )]);
    }
    let failed = |source| HostError::Folder { path: data.into(), source };
    let mut found = vec![access(data), holder(data), room(data)];
    let mut leftovers = Vec::new();
    let mut wals = Vec::new();
    let mut open_secrets = Vec::new();
    for entry in std::fs::read_dir(data).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if file.ends_with("-new") || file.ends_with("-unfinished") || file.starts_with("linework-transfer-") {
            leftovers.push(file.clone());
        }
        let Ok(metadata) = entry.metadata() else { continue };
        if file.ends_with(".linework-wal") && metadata.len() > WAL_BYTES_MAX {
            wals.push(format!("{file} ({} MiB)", metadata.len() >> 20));
        }
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
            && (file.ends_with("-secret") || file == "linework-server.owner")
        {
            open_secrets.push(file);
        }
    }
    let in_use = found.iter().any(|each| each.what == "server" && each.says.contains("in use"));
    found.push(list("leftovers", "nothing half done is there", leftovers, |files| {
        let says = format!("half done or being done: {files}");
        match in_use {
            true => Finding::note("leftovers", says, "nothing while a server is at work; look again later"),
            false => Finding::note("leftovers", says, "start the server once, which finishes or removes what it began"),
        }
    }));
    found.push(list("write-ahead logs", "all are small", wals, |files| {
        let says = format!("some were never cut back: {files}");
        Finding::wrong(
            "write-ahead logs",
            says,
            "restart the server; a program that reads them all the time keeps them from it",
        )
    }));
    found.push(list("secrets", "nobody else reads them", open_secrets, |files| {
        let says = format!("others on this machine can read {files}");
        Finding::wrong(
            "secrets",
            says,
            format!("chmod 600 {}/*-secret {}/linework-server.owner", data.display(), data.display()),
        )
    }));
    found.extend(look_at_logs(data)?);
    Ok(found)
}

/// Good where a list is empty, else what is said of it.
fn list(what: &str, good: &str, mut files: Vec<String>, else_says: impl FnOnce(String) -> Finding) -> Finding {
    files.sort();
    let more = files.len().saturating_sub(5);
    files.truncate(5);
    let words = files.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() };
    if files.is_empty() { Finding::good(what, good) } else { else_says(words) }
}

/// Whether the folder is ours and nobody else's.
fn access(data: &Path) -> Finding {
    let written = tempfile::Builder::new().prefix("linework-transfer-").tempfile_in(data);
    if let Err(error) = written {
        let says = format!("{} can't be written to ({error})", data.display());
        return Finding::wrong("folder", says, "give it to the user that the server runs as, or free its disk");
    }
    #[cfg(unix)]
    if let Ok(metadata) = data.metadata() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode();
        if mode & 0o077 != 0 {
            let says = format!("{} is open to others on this machine (mode {:03o})", data.display(), mode & 0o777);
            return Finding::note("folder", says, format!("chmod 700 {}", data.display()));
        }
    }
    Finding::good("folder", format!("{} can be written to", data.display()))
}

/// Whether a server is at work in it. Looking takes the lock for a moment, as shared.
fn holder(data: &Path) -> Finding {
    let Ok(mut file) = File::open(data.join("linework-server.lock")) else {
        return Finding::good("server", "none ever ran here");
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut words = String::new();
            // What can't be read doesn't say who it is.
            let _ = (&mut file).take(100).read_to_string(&mut words);
            Finding::good("server", format!("in use by {}", words.trim()))
        }
        Err(TryLockError::Error(error)) => {
            let says = format!("its file system has no locks ({error})");
            Finding::wrong("server", says, "keep the data on a local disk")
        }
        Ok(()) => {
            // The handle's end is the lock's end in any case.
            let _ = file.unlock();
            Finding::good("server", "none is at work here")
        }
    }
}

fn room(data: &Path) -> Finding {
    match fs4::available_space(data) {
        Ok(free) if free < FREE_BYTES_MIN => Finding::wrong(
            "disk",
            format!("only {} MiB are free where the drawings are", free >> 20),
            "free some space: when there is none, edits are refused",
        ),
        Ok(free) if free < FREE_BYTES_GOOD => {
            Finding::note("disk", format!("{} MiB are free", free >> 20), "free some space before it runs short")
        }
        Ok(free) => Finding::good("disk", format!("{} GiB are free", free >> 30)),
        Err(error) => Finding::note("disk", format!("how much is free can't be told ({error})"), "look with df"),
    }
}

/// Whether each log can be opened, and the times in them.
fn look_at_logs(data: &Path) -> Result<Vec<Finding>, HostError> {
    let (logs, now_ms) = (logs_of(data)?, now_ms());
    let (mut broken, mut empty, mut ahead_ms, mut entries) = (Vec::new(), Vec::new(), 0, 0);
    for (name, path) in logs.iter().take(LOGS_MAX) {
        match oplog::glance(path, "") {
            Ok(glance) if glance.position.seq.0 == 0 => empty.push(name.clone()),
            Ok(glance) => {
                entries += glance.position.seq.0;
                ahead_ms = ahead_ms.max(glance.last_time_ms.unwrap_or(0).saturating_sub(now_ms));
            }
            Err(error) => broken.push(format!("{name}: {error}")),
        }
    }
    let mut found = Vec::new();
    let says = format!("{} drawings, {entries} entries; each can be opened", logs.len());
    found.push(list("drawings", &says, broken, |files| {
        let says = format!("some can't be opened: {files}");
        Finding::wrong("drawings", says, "linework-server verify tells more; go back to a backup of them")
    }));
    if !empty.is_empty() {
        found.push(list("empty logs", "", empty, |files| {
            Finding::note("empty logs", format!("nothing is in {files}"), "remove them, if nobody is copying them")
        }));
    }
    if ahead_ms > AHEAD_MS_MAX {
        let says = format!("drawings have entries {} minutes ahead of this machine's clock", ahead_ms / 60_000);
        found.push(Finding::wrong(
            "times",
            says,
            "set the clock: stored times are for people, and these are confusing",
        ));
    }
    Ok(found)
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
