//! Files on disk: written whole or not at all, with the last one kept beside it, and never over what changed since.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// The state of the file as it is now; none where there is none.
    pub fn of(path: &Path) -> Option<Stamp> {
        let facts = fs::metadata(path).ok()?;
        Some(Stamp { len: facts.len(), modified: facts.modified().ok() })
    }
}

/// Writes `bytes` so that a crash leaves either the old file or the new one.
pub fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().context("the path names no file")?.to_string_lossy();
    let waiting = folder.join(format!(".{name}.{:08x}", crate::settings::random() as u32));
    let written = (|| {
        let mut file = File::create(&waiting)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&waiting, path)?;
        // The rename itself is safe only once the folder is.
        File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        // What is half written is of no use; that it can't be removed either changes nothing for the person.
        let _ = fs::remove_file(&waiting);
    }
    written.with_context(|| format!("{} could not be written; it is as it was", path.display()))
}

/// Writes a drawing's file, keeping what was there as `NAME.bak`.
pub fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if path.exists() {
        let before = fs::read(path).with_context(|| format!("{} could not be read to keep it", path.display()))?;
        write_whole(&backup_path(path), &before)?;
    }
    write_whole(path, bytes)
}

/// Where the last state of a file is kept.
pub fn backup_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".bak");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_the_last_one_kept() {
        let folder = std::env::temp_dir().join(format!("linework-file-{:x}", crate::settings::random()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("plan.dxf");
        replace(&path, b"one").unwrap();
        let stamp = Stamp::of(&path);
        assert!(!backup_path(&path).exists());
        replace(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read(backup_path(&path)).unwrap(), b"one");
        assert_ne!(Stamp::of(&path), stamp);
        assert!(write_whole(&folder.join("absent/plan.dxf"), b"x").is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::remove_dir_all(&folder).unwrap();
    }
}
