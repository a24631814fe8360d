//! The data folder: `NAME.linework` for each drawing, and beside it `NAME.linework-secret` with what lets one in. The
//! secret is not in the log, so that whoever is given a copy of the log for reading is not let in by it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oplog::{Log, LogError};
use protocol::{Durability, Seq};

use crate::shelf::{Created, Shelf};
use crate::store::{Pending, SqliteStore, Store, log_path};
use crate::{HostError, Listing, name, secret};

/// The key of the title among a log's texts.
const TITLE: &str = "title";
/// The file by which a folder is held as a whole.
const LOCK: &str = "linework-server.lock";
/// How long a secret file may be, in bytes.
const SECRET_BYTES_MAX: u64 = 256;

/// A data folder, held if so wished.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Let go of by the system when the process ends, however it ends.
    _lock: Option<File>,
}

impl Folder {
    /// Makes the folder if need be, and holds it as a whole if so wished.
    pub(crate) fn open(path: &Path, whole: bool) -> Result<Folder, HostError> {
        std::fs::create_dir_all(path).map_err(|source| HostError::Folder { path: path.into(), source })?;
        let lock = if whole { Some(hold(path)?) } else { None };
        Ok(Folder { path: path.into(), _lock: lock })
    }

    /// Every drawing of the folder that can be served, by name. What can't is left as it is and told.
    pub(crate) fn drawings(&self) -> Result<Vec<Listing>, HostError> {
        let failed = |source| HostError::Folder { path: self.path.clone(), source };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(failed)? {
            let file = entry.map_err(failed)?.file_name();
            match file.to_str().and_then(|file| file.strip_suffix(".linework")) {
                Some(name) if name::is_name(name) => names.push(name.to_owned()),
                Some(name) => tracing::warn!(name, "passed over: an address can't name it"),
                None => {}
            }
        }
        names.sort_unstable();
        let mut drawings = Vec::new();
        for name in names {
            match title(&log_path(&self.path, &name)) {
                Ok(Some(title)) => {
                    let secret = self.secret(&name)?;
                    drawings.push(Listing { title: title.unwrap_or_else(|| name.clone()), name, secret });
                }
                Ok(None) => tracing::warn!(name, "passed over: adding it was never finished"),
                Err(error) => tracing::warn!(name, %error, "passed over"),
            }
        }
        Ok(drawings)
    }

    /// Makes the log of a new drawing under the first free name.
    fn create(&self, title: &str, taken: &[String]) -> Result<(Listing, Log), HostError> {
        let wanted = name::slug(title);
        let mut passed_over = Vec::<String>::new();
        loop {
            let name = name::first_free(&wanted, |name| taken.iter().chain(&passed_over).any(|each| each == name));
            match Log::create(log_path(&self.path, &name), protocol::LogId(secret::random()?)) {
                // Somebody else who uses this folder was first.
                Err(LogError::Exists { .. } | LogError::Held { .. }) => passed_over.push(name),
                Err(error) => return Err(error.into()),
                Ok(mut log) => {
                    let secret = match log.set_meta(TITLE, title).map_err(HostError::from) {
                        Ok(()) => self.secret(&name),
                        Err(error) => Err(error),
                    };
                    match secret {
                        Ok(secret) => return Ok((Listing { name, title: title.into(), secret }, log)),
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

    /// Takes away what is left of a drawing that was not added after all; but not its lock file, which others may be
    /// about to take.
    fn remove_unfinished(&self, name: &str) {
        let log = log_path(&self.path, name);
        for suffix in ["", "-wal", "-shm", "-journal", "-secret"] {
            let mut path = log.clone().into_os_string();
            path.push(suffix);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(path = %Path::new(&path).display(), %error, "left behind");
                }
                _ => {}
            }
        }
    }

    /// The drawing's secret; a new one where there is none yet.
    fn secret(&self, name: &str) -> Result<String, HostError> {
        let path = self.path.join(format!("{name}.linework-secret"));
        let failed = |source| HostError::Folder { path: path.clone(), source };
        match File::open(&path) {
            Ok(file) => {
                let mut text = String::new();
                file.take(SECRET_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
                if !text.trim().is_empty() {
                    return Ok(text.trim().into());
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let secret = secret::new_secret()?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(failed)?;
        writeln!(file, "{secret}").and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(secret)
    }
}

/// A folder as the place of a host's drawings; what it does is done on blocking threads.
#[derive(Debug)]
pub(crate) struct FolderShelf(pub Arc<Folder>);

impl FolderShelf {
    fn with_folder<T: Send + 'static>(
        &self,
        about: &str,
        work: impl FnOnce(&Folder) -> Result<T, HostError> + Send + 'static,
    ) -> Pending<Result<T, HostError>> {
        let (folder, name) = (self.0.clone(), about.to_owned());
        Box::pin(async move {
            let ended = |_| HostError::Broken { name, why: "a thread ended early".into() };
            tokio::task::spawn_blocking(move || work(&folder)).await.map_err(ended)?
        })
    }
}

impl Shelf for FolderShelf {
    fn kind(&self) -> &'static str {
        SqliteStore::KIND
    }

    fn durability(&self) -> Durability {
        SqliteStore::DURABILITY
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn find(&self, _name: &str) -> Pending<Result<Option<Listing>, HostError>> {
        Box::pin(async { Ok(None) })
    }

    fn create(&self, title: &str, taken: Vec<String>) -> Pending<Result<Created, HostError>> {
        let owned = title.to_owned();
        self.with_folder(title, move |folder| {
            let (listing, log) = folder.create(&owned, &taken)?;
            let start = log.position();
            Ok(Created { listing, start, store: Arc::new(SqliteStore::new(log)) })
        })
    }

    fn remove_unfinished(&self, name: &str) -> Pending<()> {
        let owned = name.to_owned();
        let removed = self.with_folder(name, move |folder| {
            folder.remove_unfinished(&owned);
            Ok(())
        });
        Box::pin(async move {
            if let Err(error) = removed.await {
                tracing::warn!(%error, "left behind");
            }
        })
    }

    fn open(&self, name: &str) -> Pending<Result<Arc<dyn Store>, HostError>> {
        let owned = name.to_owned();
        self.with_folder(name, move |folder| {
            let store: Arc<dyn Store> = Arc::new(SqliteStore::new(Log::open(log_path(&folder.path, &owned))?));
            Ok(store)
        })
    }
}

/// The title in a log, if it has one; none at all if the log has no entry yet.
fn title(path: &Path) -> Result<Option<Option<String>>, LogError> {
    let log = Log::open(path)?;
    let started = log.position().seq > Seq(0);
    let title = if started { Some(log.meta(TITLE)?) } else { None };
    log.close()?;
    Ok(title)
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
