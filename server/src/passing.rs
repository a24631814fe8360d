//! Files on their way in and out of a host, and the folder that they are in meanwhile.

use std::path::{Path, PathBuf};

use crate::{HostError, secret};

/// What such files are called; nothing of that name outlives a start.
const PREFIX: &str = "linework-transfer-";

/// A folder for files that pass through.
#[derive(Debug)]
pub(crate) struct Passing {
    path: PathBuf,
    /// It is for nothing else, and goes with the host.
    #[cfg(feature = "redis")]
    _own: Option<tempfile::TempDir>,
}

impl Passing {
    /// A folder that is there for other things too, which nobody else uses. What a crash left behind is removed.
    pub(crate) fn within(folder: &Path) -> Passing {
        // A folder that can't be read has just been said to be no good by whoever opened it.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX)
                && let Err(error) = std::fs::remove_file(entry.path())
            {
                tracing::warn!(path = %entry.path().display(), %error, "left behind");
            }
        }
        Passing {
            path: folder.into(),
            #[cfg(feature = "redis")]
            _own: None,
        }
    }

    /// A folder of one's own, which nobody else may read, in one that others use too.
    #[cfg(feature = "redis")]
    pub(crate) fn beside_others(folder: &Path) -> Result<Passing, HostError> {
        let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(folder);
        let own = made.map_err(|source| HostError::Folder { path: folder.into(), source })?;
        Ok(Passing { path: own.path().into(), _own: Some(own) })
    }

    /// A name for a file that isn't there yet.
    pub(crate) fn file(&self) -> Result<PassingFile, HostError> {
        let number = u64::from_le_bytes(secret::random()?);
        Ok(PassingFile(self.path.join(format!("{PREFIX}{number:016x}"))))
    }
}

/// A file that goes when it is no longer needed, on every way out.
#[derive(Debug)]
pub(crate) struct PassingFile(PathBuf);

impl PassingFile {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PassingFile {
    fn drop(&mut self) {
        // What can't be removed now is at the next start.
        let _ = std::fs::remove_file(&self.0);
    }
}
