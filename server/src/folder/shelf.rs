//! A folder as the place of a host's drawings; what it does is done on blocking threads.

use std::path::Path;
use std::sync::Arc;

use oplog::Log;
use protocol::Durability;

use super::Folder;
use crate::HostError;
use crate::shelf::{Created, Shared, Shelf};
use crate::store::{Pending, SqliteStore, Store, log_path};

/// A folder as a shelf.
#[derive(Debug)]
pub(crate) struct FolderShelf(pub Arc<Folder>);

impl FolderShelf {
    fn with_folder<T: Send + 'static>(
        &self,
        about: &str,
        work: impl FnOnce(&Folder, &str) -> Result<T, HostError> + Send + 'static,
    ) -> Pending<Result<T, HostError>> {
        let (folder, name) = (self.0.clone(), about.to_owned());
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
        Some(&self.0.path)
    }

    fn shared(&self) -> Option<&dyn Shared> {
        None
    }

    fn create(&self, title: &str, taken: Vec<String>) -> Pending<Result<Created, HostError>> {
        self.with_folder(title, move |folder, title| {
            let (listing, log) = folder.create(title, &taken)?;
            let start = log.position();
            Ok(Created { listing, start, store: Arc::new(SqliteStore::new(log)) })
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

    fn open(&self, name: &str) -> Pending<Result<Arc<dyn Store>, HostError>> {
        self.with_folder(name, |folder, name| {
            let store: Arc<dyn Store> = Arc::new(SqliteStore::new(Log::open(log_path(&folder.path, name))?));
            Ok(store)
        })
    }

    fn set_archived(&self, name: &str, archived: bool) -> Pending<Result<(), HostError>> {
        self.with_folder(name, move |folder, name| folder.set_archived(name, archived))
    }

    fn renew_secret(&self, name: &str) -> Pending<Result<String, HostError>> {
        self.with_folder(name, |folder, name| folder.renew_secret(name))
    }

    fn let_go(&self) {
        self.0.let_go();
    }

    fn keep_owner(&self, key: String) -> Pending<Result<(), HostError>> {
        self.with_folder("the owner", move |folder, _| folder.keep_owner(&key))
    }
}
