//! What the data folder says of a drawing besides its log: whether it is archived, and a new secret for it.

use std::io::ErrorKind;
use std::path::PathBuf;

use crate::folder::Folder;
use crate::{HostError, private, secret};

impl Folder {
    /// Whether a drawing is archived: whether `NAME.linework-archived` is there.
    pub(crate) fn is_archived(&self, name: &str) -> Result<bool, HostError> {
        let path = self.beside(name, "archived");
        path.try_exists().map_err(|source| HostError::Folder { path, source })
    }

    /// Archives a drawing or brings it back. Its log stays where and as it is.
    pub(crate) fn set_archived(&self, name: &str, archived: bool) -> Result<(), HostError> {
        let path = self.beside(name, "archived");
        let set = if archived {
            private::write(&path, "")
        } else {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                removed => removed,
            }
        };
        set.map_err(|source| HostError::Folder { path, source })
    }

    /// Gives a drawing a new secret: what let people in before does no longer.
    pub(crate) fn renew_secret(&self, name: &str) -> Result<String, HostError> {
        let path = self.beside(name, "secret");
        let secret = secret::new_secret()?;
        match private::write(&path, &format!("{secret}\n")) {
            Ok(()) => Ok(secret),
            Err(source) => Err(HostError::Folder { path, source }),
        }
    }

    fn beside(&self, name: &str, what: &str) -> PathBuf {
        self.path.join(format!("{name}.linework-{what}"))
    }
}
