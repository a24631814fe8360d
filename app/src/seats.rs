//! One's seats in other people's rooms: what goes on with a session after the program ended, and what one did there that
//! the room has not taken. One private JSON file each in the state folder, held by the window that sits in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::Context as _;
use collab::Ticket;
use protocol::Address;
use serde::{Deserialize, Serialize};

use crate::document::Undone;
use crate::settings::random;

/// The folder in the state folder.
const FOLDER: &str = "seats";
/// Seats in which nothing waits that are kept, the latest; in the others lies somebody's work.
const EMPTY_MAX: usize = 32;

/// What is kept of a seat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The address of the room, secret and all.
    pub address: String,
    /// What the drawing is called.
    pub title: String,
    /// What goes on with the session.
    pub ticket: Ticket,
    /// What the room did not take.
    pub undone: Vec<Undone>,
}

impl Kept {
    /// Changes that are nowhere else.
    pub fn changes(&self) -> usize {
        self.ticket.waiting() + self.undone.len()
    }

    fn is_in(&self, room: &Address) -> bool {
        let there = |at: Address| (at.host, at.port, at.drawing);
        self.address.parse().is_ok_and(|at| there(at) == there(room.clone()))
    }
}

/// A seat that this window has: nobody else sits down in it while this lives.
#[derive(Debug)]
pub struct Seat {
    path: PathBuf,
    /// The number of the state that was written last, so that an older one never replaces it.
    written: Arc<Mutex<u64>>,
    next: u64,
    _held: File,
}

/// A seat with changes that are nowhere else, in which nobody sits.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsent {
    /// Its file.
    pub path: PathBuf,
    /// What is in it.
    pub kept: Kept,
}

/// A state of a seat on its way to the disk.
#[derive(Debug)]
pub struct Writing {
    path: PathBuf,
    written: Arc<Mutex<u64>>,
    number: u64,
    kept: Kept,
}

impl Seat {
    /// A seat that was nobody's.
    ///
    /// # Errors
    /// Where the state folder can't be written to.
    pub fn fresh(state_dir: &Path) -> anyhow::Result<Seat> {
        let folder = state_dir.join(FOLDER);
        fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
        let path = folder.join(format!("{:032x}.json", random()));
        let held = hold(&path).with_context(|| format!("{} can't be held", path.display()))?;
        Ok(Seat { path, written: Arc::default(), next: 0, _held: held })
    }

    /// The seat that one had in a room and that is free: the one with most to go on with, else the latest.
    pub fn back_in(state_dir: &Path, room: &Address) -> Option<(Seat, Kept)> {
        let mut seats: Vec<_> = all(state_dir).into_iter().filter(|(_, kept, _)| kept.is_in(room)).collect();
        seats.sort_by_key(|(_, kept, at)| std::cmp::Reverse((kept.changes(), *at)));
        seats.into_iter().find_map(|(path, _, _)| {
            let held = hold(&path)?;
            // Whoever had it may have changed it until just now, or given it up.
            let kept = read(&path)?;
            Some((Seat { path, written: Arc::default(), next: 0, _held: held }, kept))
        })
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is to be written now, by whoever has the time.
    pub fn write(&mut self, kept: Kept) -> Writing {
        self.next += 1;
        Writing { path: self.path.clone(), written: self.written.clone(), number: self.next, kept }
    }
}

impl Writing {
    /// Writes it, unless something later was written.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn perform(self) -> anyhow::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written >= self.number {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&self.kept).context("a seat has a JSON form")?;
        crate::file::write_private(&self.path, &bytes)?;
        *written = self.number;
        Ok(())
    }
}

/// How many changes, in words.
pub fn changes_words(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

/// The seats with changes that are nowhere else and in which nobody sits; of others, all but the latest are given up.
pub fn look_through(state_dir: &Path) -> Vec<Unsent> {
    let mut seats = all(state_dir);
    seats.sort_by_key(|(_, _, at)| std::cmp::Reverse(*at));
    let mut empty = 0;
    let mut unsent = Vec::new();
    for (path, kept, _) in seats {
        if kept.changes() > 0 {
            if hold(&path).is_some() {
                unsent.push(Unsent { path, kept });
            }
            continue;
        }
        empty += 1;
        if empty > EMPTY_MAX {
            give_up(&path);
        }
    }
    // Of a window that never came into its room.
    for lone in files(state_dir, "held").filter(|path| !path.with_extension("json").exists()) {
        give_up(&lone.with_extension("json"));
    }
    unsent
}

/// Throws a seat away, with what is in it. Whether it was free.
pub fn give_up(path: &Path) -> bool {
    let Some(_held) = hold(path) else { return false };
    for path in [path.to_owned(), holder(path)] {
        // It is offered again where it can't be removed, and nothing worse.
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %path.display(), "a seat stays");
        }
    }
    true
}

fn all(state_dir: &Path) -> Vec<(PathBuf, Kept, SystemTime)> {
    let seat = |path: PathBuf| {
        let at = fs::metadata(&path).and_then(|facts| facts.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let kept = read(&path)?;
        Some((path, kept, at))
    };
    files(state_dir, "json").filter_map(seat).collect()
}

fn files(state_dir: &Path, extension: &'static str) -> impl Iterator<Item = PathBuf> {
    let files = fs::read_dir(state_dir.join(FOLDER)).into_iter().flatten().flatten().map(|file| file.path());
    files.filter(move |path| path.extension().is_some_and(|each| each == extension))
}

/// What is in a seat; what can't be read stays where it is, for a program that can.
fn read(path: &Path) -> Option<Kept> {
    let read = fs::read(path).map_err(anyhow::Error::from);
    match read.and_then(|bytes| Ok(serde_json::from_slice(&bytes)?)) {
        Ok(kept) => Some(kept),
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "what is kept of a room can't be read");
            None
        }
    }
}

/// The file by which a seat is held; what is kept in it is replaced whole each time, and so can't be.
fn holder(path: &Path) -> PathBuf {
    path.with_extension("held")
}

fn hold(path: &Path) -> Option<File> {
    let file = File::options().read(true).write(true).create(true).truncate(false).open(holder(path)).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a session would write it.
    fn kept(address: &str, waiting: usize) -> Kept {
        let edit = r#"{"client_seq":"7","what":{"edit":{"op":{"Remove":["9"]},"seen":"3","under":[]}}}"#;
        let waiting = vec![edit; waiting].join(",");
        let ticket = format!(
            r#"{{"log":"{}","key":"{}","session":"2","epoch":1,"next":"8","waiting":[{waiting}]}}"#,
            "01".repeat(16),
            "0".repeat(32)
        );
        let ticket = serde_json::from_str(&ticket).expect("a ticket");
        Kept { address: address.into(), title: "Plan".into(), ticket, undone: Vec::new() }
    }

    #[test]
    fn a_seat_is_found_again_by_its_room_and_by_one_window_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        let room = |text: &str| text.parse::<Address>().expect("an address");
        for (address, waiting) in
            [("linework://a:1/plan#old", 0), ("linework://a:1/plan#old", 2), ("linework://b:1/plan#x", 1)]
        {
            let mut seat = Seat::fresh(at).expect("a seat");
            seat.write(kept(address, waiting)).perform().expect("it is written");
        }
        let unsent = look_through(at);
        assert_eq!(unsent.len(), 2);
        // A new secret leads to the same room; the seat with most in it is taken first.
        let (mut first, found) = Seat::back_in(at, &room("linework://a:1/plan#new")).expect("a seat");
        assert_eq!(found.changes(), 2);
        let (_second, found) = Seat::back_in(at, &room("linework://a:1/plan#new")).expect("another seat");
        assert_eq!(found.changes(), 0);
        assert!(Seat::back_in(at, &room("linework://a:1/plan#new")).is_none(), "both are taken");
        assert!(Seat::back_in(at, &room("linework://a:1/site#x")).is_none());
        assert_eq!(look_through(at).len(), 1, "what somebody sits in is not offered");
        assert!(!give_up(&first.path));
        // An older state that comes late does not replace a newer one.
        let (older, newer) =
            (first.write(kept("linework://a:1/plan#new", 1)), first.write(kept("linework://a:1/plan#new", 3)));
        newer.perform().expect("it is written");
        older.perform().expect("it is left out");
        assert_eq!(read(&first.path).map(|kept| kept.changes()), Some(3));
        let path = first.path.clone();
        drop(first);
        assert!(give_up(&path) && !path.exists());
    }

    #[test]
    fn empty_seats_are_not_kept_for_ever_and_broken_ones_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        for _ in 0..EMPTY_MAX + 3 {
            let mut seat = Seat::fresh(folder.path()).expect("a seat");
            seat.write(kept("linework://a:1/plan#s", 0)).perform().expect("it is written");
        }
        let broken = folder.path().join(FOLDER).join("broken.json");
        fs::write(&broken, b"{").expect("written");
        assert!(look_through(folder.path()).is_empty());
        assert_eq!(all(folder.path()).len(), EMPTY_MAX);
        assert!(broken.exists());
    }
}
