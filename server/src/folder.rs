//! The data folder: `NAME.linework` for each drawing, and beside it `NAME.linework-secret` with what lets one in,
//! `NAME.linework-archived` where it is archived, and `NAME.linework-unfinished` while it is being added. The secret is not in the log, so that whoever is given a copy of the log
//! for reading is not let in by it.

mod shelf;

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use oplog::{Log, LogError};
use protocol::{LogId, Seq};

pub(crate) use shelf::FolderShelf;

use crate::store::{TITLE, log_path};
use crate::{HostError, Listing, name, private, secret, upkeep};

/// The file by which a folder is held as a whole.
const LOCK: &str = "linework-server.lock";
/// The file with what the owner is known by.
const OWNER: &str = "linework-server.owner";
/// A file that is written to find out whether one can be.
const CHECK: &str = "linework-server.check";
/// What the file is called, after the log's name, that is there while a drawing is being added.
const UNFINISHED: &str = "unfinished";
/// How long a secret file may be, in bytes.
const SECRET_BYTES_MAX: u64 = 256;

/// A drawing, and why it can't be opened if it can't.
pub(crate) type Found = (Listing, Option<HostError>);

/// A data folder, held if so wished.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Let go of when the host is closed, and by the system when the process ends, however it ends.
    lock: Mutex<Option<File>>,
}

impl Folder {
    /// Makes the folder if need be, and holds it as a whole if so wished.
    pub(crate) fn open(path: &Path, whole: bool) -> Result<Folder, HostError> {
        make(path).map_err(|source| HostError::Folder { path: path.into(), source })?;
        let lock = if whole { Some(hold(path)?) } else { None };
        Ok(Folder { path: path.into(), lock: Mutex::new(lock) })
    }

    /// Lets go of the folder, whoever may have a part of the host in hand still.
    fn let_go(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Every drawing of the folder, by name; those that can't be opened with the reason, left as they are. Passed over is
    /// what another program holds, where the folder isn't held as a whole, and what was never added.
    pub(crate) fn drawings(&self) -> Result<Vec<Found>, HostError> {
        let failed = |source| HostError::Folder { path: self.path.clone(), source };
        let (mut names, mut beside) = (Vec::new(), HashSet::new());
        for entry in std::fs::read_dir(&self.path).map_err(failed)? {
            let file = entry.map_err(failed)?.file_name();
            if let Some(file) = file.to_str().filter(|file| file.ends_with("-archived") || file.ends_with(UNFINISHED)) {
                beside.insert(file.to_owned());
            }
            match file.to_str().and_then(|file| file.strip_suffix(".linework")) {
                Some(name) if name::is_name(name) => names.push(name.to_owned()),
                Some(name) => tracing::warn!(name, "passed over: an address can't name it"),
                None => {}
            }
        }
        names.sort_unstable();
        // Of a drawing that was never added, or half of a copy, there may be no log yet.
        for name in beside.iter().filter_map(|file| file.strip_suffix(UNFINISHED)?.strip_suffix(".linework-")) {
            if self.is_held() && names.binary_search_by(|each| each.as_str().cmp(name)).is_err() {
                tracing::warn!(name, "removed: adding it was never finished");
                remove(&self.beside(name, "new"));
                self.remove_unfinished(name);
            }
        }
        let mut drawings = Vec::new();
        for name in names {
            match self.title(&log_path(&self.path, &name)) {
                Ok(Some(title)) => {
                    // It was added, and the program ended before it could say so.
                    if beside.contains(&format!("{name}.linework-{UNFINISHED}")) {
                        self.finish(&name);
                    }
                    let archived = beside.contains(&format!("{name}.linework-archived"));
                    // One drawing that nobody can come into is no reason to serve none.
                    match self.secret(&name) {
                        Ok(secret) => {
                            let title = title.unwrap_or_else(|| name.clone());
                            drawings.push((Listing { title, name, secret, archived }, None));
                        }
                        Err(error) => drawings.push(self.broken(name, error)?),
                    }
                }
                // A log without an entry that nobody here began may be half of a copy: it is left alone.
                Ok(None) if self.is_unfinished(&name) => {
                    tracing::warn!(name, "removed: adding it was never finished");
                    self.remove_unfinished(&name);
                }
                Ok(None) => tracing::warn!(name, "passed over: nothing is in its log"),
                Err(LogError::Held { .. }) if !self.is_held() => tracing::warn!(name, "passed over: somebody holds it"),
                Err(error) => drawings.push(self.broken(name, error.into())?),
            }
        }
        Ok(drawings)
    }

    /// A drawing that is there and can't be opened: whoever looks after the folder sees it, and why.
    fn broken(&self, name: String, error: HostError) -> Result<Found, HostError> {
        tracing::error!(name, %error, "it can't be opened");
        // What lets one in counts again once it can be opened. Where that can't be read, nobody knows what does: never
        // nothing, by which everybody would be.
        let kept = self.read(&self.beside(&name, "secret")).ok().flatten().filter(|secret| !secret.is_empty());
        let secret = kept.map_or_else(secret::new_secret, Ok)?;
        let archived = self.is_archived(&name).unwrap_or(false);
        Ok((Listing { title: name.clone(), name, secret, archived }, Some(error)))
    }

    fn is_held(&self) -> bool {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Makes the log of a new drawing under the first free name.
    fn create(&self, title: &str, taken: &[String]) -> Result<(Listing, Log), HostError> {
        let wanted = name::slug(title);
        let mut passed_over = Vec::<String>::new();
        loop {
            let name = name::first_free(&wanted, |name| taken.iter().chain(&passed_over).any(|each| each == name));
            let path = log_path(&self.path, &name);
            if path.exists() {
                passed_over.push(name);
                continue;
            }
            self.write(&self.beside(&name, UNFINISHED), "")?;
            match Log::create(path, LogId(secret::random()?)) {
                // Somebody else who uses this folder was first.
                Err(LogError::Exists { .. } | LogError::Held { .. }) => passed_over.push(name),
                Err(error) => {
                    self.finish(&name);
                    return Err(error.into());
                }
                Ok(mut log) => {
                    let secret = match log.set_meta(TITLE, title).map_err(HostError::from) {
                        Ok(()) => self.secret(&name),
                        Err(error) => Err(error),
                    };
                    match secret {
                        Ok(secret) => return Ok((Listing { name, title: title.into(), secret, archived: false }, log)),
                        Err(error) => {
                            drop(log);
                            self.remove_unfinished(&name);
                            return Err(error);
                        }
                    }
                }
            }
        }
    }

    /// The drawing whose log has this id, if one has.
    fn holder_of(&self, log: LogId) -> Result<Option<String>, HostError> {
        for (name, path) in upkeep::logs_of(&self.path)? {
            match oplog::glance(&path, TITLE) {
                Ok(glance) if glance.position.log == log => return Ok(Some(name)),
                Ok(_) => {}
                // One that can't be read is nobody's copy.
                Err(error) => tracing::debug!(name, %error, "passed over"),
            }
        }
        Ok(None)
    }

    /// Adds a copy of a whole log under the first free name like the one that is wanted.
    fn adopt(&self, log: &Path, title: &str, wanted: &str, taken: &[String]) -> Result<Listing, HostError> {
        let mut passed_over = Vec::<String>::new();
        loop {
            let name = name::first_free(wanted, |name| taken.iter().chain(&passed_over).any(|each| each == name));
            let path = log_path(&self.path, &name);
            if path.exists() {
                passed_over.push(name);
                continue;
            }
            self.write(&self.beside(&name, UNFINISHED), "")?;
            // Its name stands for a whole log or for none; what a crash leaves the next start finishes or removes.
            match oplog::backup(log, &path) {
                Err(LogError::Exists { .. }) => passed_over.push(name),
                Err(error) => {
                    self.remove_unfinished(&name);
                    return Err(error.into());
                }
                Ok(_) => {
                    let titled = Log::open(&path).and_then(|mut log| {
                        log.set_meta(TITLE, title)?;
                        log.close()
                    });
                    return match titled.map_err(HostError::from).and_then(|()| self.secret(&name)) {
                        Ok(secret) => {
                            self.finish(&name);
                            Ok(Listing { name, title: title.into(), secret, archived: false })
                        }
                        Err(error) => {
                            self.remove_unfinished(&name);
                            Err(error)
                        }
                    };
                }
            }
        }
    }

    /// The title in a log, if it has one; none at all if the log has no entry yet.
    fn title(&self, path: &Path) -> Result<Option<Option<String>>, LogError> {
        let mut glance = oplog::glance(path, TITLE)?;
        if glance.held {
            // By whom, the log itself says best; or it was let go of just now.
            Log::open(path).and_then(Log::close)?;
            glance = oplog::glance(path, TITLE)?;
        }
        Ok((glance.position.seq > Seq(0)).then_some(glance.meta))
    }

    /// Takes away what is left of a drawing that was not added after all; but not its lock file, which others may be
    /// about to take.
    fn remove_unfinished(&self, name: &str) {
        let log = log_path(&self.path, name);
        // What says that it is unfinished goes last, so that a crash in between is made good at the next start.
        for suffix in ["", "-wal", "-shm", "-journal", "-secret", "-archived"] {
            let mut path = log.clone().into_os_string();
            path.push(suffix);
            remove(Path::new(&path));
        }
        self.finish(name);
    }

    /// A drawing is added, or nothing is left of it.
    fn finish(&self, name: &str) {
        remove(&self.beside(name, UNFINISHED));
    }

    fn is_unfinished(&self, name: &str) -> bool {
        self.beside(name, UNFINISHED).exists()
    }

    /// The drawing's secret; a new one where there is none yet.
    fn secret(&self, name: &str) -> Result<String, HostError> {
        match self.read(&self.beside(name, "secret"))? {
            Some(secret) if !secret.is_empty() => Ok(secret),
            _ => self.renew_secret(name),
        }
    }

    /// Gives a drawing a new secret.
    fn renew_secret(&self, name: &str) -> Result<String, HostError> {
        let secret = secret::new_secret()?;
        self.write(&self.beside(name, "secret"), &format!("{secret}\n"))?;
        Ok(secret)
    }

    /// Whether a drawing is archived: whether `NAME.linework-archived` is there.
    fn is_archived(&self, name: &str) -> Result<bool, HostError> {
        let path = self.beside(name, "archived");
        path.try_exists().map_err(|source| HostError::Folder { path, source })
    }

    fn set_archived(&self, name: &str, archived: bool) -> Result<(), HostError> {
        let path = self.beside(name, "archived");
        if archived {
            return self.write(&path, "");
        }
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(HostError::Folder { path, source }),
            _ => Ok(()),
        }
    }

    /// Writes something to the disk and takes it away again.
    fn check(&self) -> Result<(), HostError> {
        let path = self.path.join(CHECK);
        let failed = |source| HostError::Folder { path: path.clone(), source };
        let written = File::create(&path).and_then(|mut file| file.write_all(b"here\n").and_then(|()| file.sync_all()));
        let removed = std::fs::remove_file(&path);
        written.map_err(failed)?;
        removed.map_err(failed)
    }

    /// What the owner is known by, if somebody is.
    pub(crate) fn owner(&self) -> Result<Option<String>, HostError> {
        self.read(&self.path.join(OWNER))
    }

    /// Keeps what the owner is known by.
    pub(crate) fn keep_owner(&self, key: &str) -> Result<(), HostError> {
        self.write(&self.path.join(OWNER), &format!("{key}\n"))
    }

    fn beside(&self, name: &str, what: &str) -> PathBuf {
        self.path.join(format!("{name}.linework-{what}"))
    }

    /// What is in a small file; none if it isn't there.
    fn read(&self, path: &Path) -> Result<Option<String>, HostError> {
        let failed = |source| HostError::Folder { path: path.into(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut text = String::new();
        file.take(SECRET_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        Ok(Some(text.trim().into()))
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), HostError> {
        private::write(path, text).map_err(|source| HostError::Folder { path: path.into(), source })
    }
}

/// Makes a folder if need be: one in which nobody else on the machine reads drawings whose secrets they don't have.
pub(crate) fn make(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // Somebody else was first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Removes a file if it is there.
fn remove(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "left behind");
        }
        _ => {}
    }
}

/// Holds a folder, or says who does.
fn hold(folder: &Path) -> Result<File, HostError> {
    let path = folder.join(LOCK);
    let failed = |source| HostError::Folder { path: path.clone(), source };
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(source)) => return Err(failed(source)),
        Err(TryLockError::WouldBlock) => {
            let mut words = String::new();
            // What can't be read doesn't say who it is.
            let read = (&mut file).take(100).read_to_string(&mut words).is_ok();
            let known = read && !words.trim().is_empty();
            let holder = if known { words.trim().to_owned() } else { "another program".to_owned() };
            return Err(HostError::Held { path: folder.into(), holder });
        }
    }
    let words = format!("process {}\n", std::process::id());
    file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(words.as_bytes())).map_err(failed)?;
    Ok(file)
}
