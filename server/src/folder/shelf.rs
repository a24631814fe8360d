//! A folder as the place of a host's drawings; what it does is done on blocking threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oplog::Log;
use protocol::{Durability, LogId};

use super::Folder;
use crate::shelf::{Created, Shared, Shelf};
use crate::store::{Pending, SqliteStore, Store, Writers, log_path};
use crate::{HostError, Listing};

/// A folder as a shelf.
#[derive(Debug)]
pub(crate) struct FolderShelf {
    folder: Arc<Folder>,
    /// All logs of the folder are on one disk.
    writers: Arc<Writers>,
}

impl FolderShelf {
    pub(crate) fn new(folder: Folder, writers: Writers) -> FolderShelf {
        FolderShelf { folder: Arc::new(folder), writers: Arc::new(writers) }
    }

    fn with_folder<T: Send + 'static>(
        &self,
        about: &str,
        work: impl FnOnce(&Folder, &str) -> Result<T, HostError> + Send + 'static,
    ) -> Pending<Result<T, HostError>> {
        let (folder, name) = (self.folder.clone(), about.to_owned());
        Box::pin(async move {
            let title = name.clone();
            let ended = |_| HostError::Refused { title, why: "a thread ended early".into() };
            tokio::task::spawn_blocking(move || work(&folder, &name)).await.map_err(ended)?
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

    fn folder(&self) -> Option<&Path> {
        Some(&self.folder.path)
    }

    fn shared(&self) -> Option<&dyn Shared> {
        None
    }

    fn create(&self, title: &str, taken: Vec<String>) -> Pending<Result<Created, HostError>> {
        let writers = self.writers.clone();
        self.with_folder(title, move |folder, title| {
            let (listing, log) = folder.create(title, &taken)?;
            let start = log.position();
            Ok(Created { listing, start, store: Arc::new(SqliteStore::among(log, writers)) })
        })
    }

    fn finish(&self, name: &str) -> Pending<()> {
        let finished = self.with_folder(name, |folder, name| {
            folder.finish(name);
            Ok(())
        });
        Box::pin(async move {
            if let Err(error) = finished.await {
                tracing::warn!(%error, "the next start says that it is finished");
            }
        })
    }

    fn remove_unfinished(&self, name: &str) -> Pending<()> {
        let removed = self.with_folder(name, |folder, name| {
            folder.remove_unfinished(name);
            Ok(())
        });
        Box::pin(async move {
            if let Err(error) = removed.await {
                tracing::warn!(%error, "left behind");
            }
        })
    }

    fn holder_of(&self, log: LogId) -> Pending<Result<Option<String>, HostError>> {
        self.with_folder("the folder", move |folder, _| folder.holder_of(log))
    }

    fn adopt(
        &self,
        log: PathBuf,
        title: &str,
        wanted: String,
        taken: Vec<String>,
    ) -> Pending<Result<Listing, HostError>> {
        self.with_folder(title, move |folder, title| folder.adopt(&log, title, &wanted, &taken))
    }

    fn open(&self, name: &str) -> Pending<Result<Arc<dyn Store>, HostError>> {
        let writers = self.writers.clone();
        self.with_folder(name, move |folder, name| {
            let log = Log::open(log_path(&folder.path, name))?;
            let store: Arc<dyn Store> = Arc::new(SqliteStore::among(log, writers));
            Ok(store)
        })
    }

    fn check(&self) -> Pending<Result<(), HostError>> {
        self.with_folder("the folder", |folder, _| folder.check())
    }

    fn set_archived(&self, name: &str, archived: bool) -> Pending<Result<(), HostError>> {
        self.with_folder(name, move |folder, name| folder.set_archived(name, archived))
    }

    fn renew_secret(&self, name: &str) -> Pending<Result<String, HostError>> {
        self.with_folder(name, |folder, name| folder.renew_secret(name))
    }

    fn let_go(&self) {
        self.folder.let_go();
    }

    fn keep_owner(&self, key: String) -> Pending<Result<(), HostError>> {
        self.with_folder("the owner", move |folder, _| folder.keep_owner(&key))
    }
}
