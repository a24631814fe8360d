//! The file that a drawing in the work folder belongs to: noted beside its log, for the case of a crash.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use drawing::DrawingHash;
use protocol::Seq;

use crate::file::{self, Stamp};

/// The file that a drawing in the work folder belongs to.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Origin {
    /// Where it is; none for a drawing that was never saved.
    pub path: Option<PathBuf>,
    /// What it looked like when it was last read or written.
    pub stamp: Option<Stamp>,
    /// The drawing as the file has it.
    pub saved: Option<DrawingHash>,
    /// The entry of the log up to which the file surely has everything.
    pub noted: u64,
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.origin.json"))
}

impl Origin {
    /// What was noted; without a note the drawing is saved as a new one.
    pub fn read(folder: &Path, name: &str) -> Origin {
        let bytes = std::fs::read(path_of(folder, name)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Notes it.
    pub fn write(&self, folder: &Path, name: &str) -> anyhow::Result<()> {
        let bytes = serde_json::to_vec(self).context("a path that can't be written down")?;
        file::write_whole(&path_of(folder, name), &bytes)
    }

    /// The entry of the log up to which the file surely has everything.
    pub fn noted(&self) -> Seq {
        Seq(self.noted)
    }
}
