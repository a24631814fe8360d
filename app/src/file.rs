//! Files on disk: written whole or not at all, with the last one kept beside it, and never over what changed since.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;

/// The largest file that is opened: a log keeps the file that its drawing came from, and holds no more.
pub const FILE_BYTES_MAX: u64 = oplog::MAX_BLOB_BYTES as u64;

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

    /// The state in a word, for the name of what was made of it.
    pub fn word(&self) -> String {
        let since = |time: SystemTime| match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(passed) => format!("{:x}", passed.as_nanos()),
            Err(before) => format!("b{:x}", before.duration().as_nanos()),
        };
        format!("{:x}-{}", self.len, self.modified.map_or_else(|| "0".into(), since))
    }
}

/// Writes `bytes` so that a crash leaves either the old file or the new one. A link stays one: the file it leads to is
/// replaced, and keeps who may read it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_noting(path, bytes, path).map(drop)
}

/// As [`write_whole`], to be read by nobody but its person, from the first byte on.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        // What is written takes its mode from what is there.
        let there = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        let private = there.and_then(|file| file.set_permissions(fs::Permissions::from_mode(0o600)));
        private.with_context(|| format!("{} could not be made", path.display()))?;
    }
    write_whole(path, bytes)
}

/// As [`write_whole`], to be read by those who may read `like`; a file that is written, but not surely safe from a power
/// cut, comes with a note.
fn write_noting(path: &Path, bytes: &[u8], like: &Path) -> anyhow::Result<Option<String>> {
    // Of a file that isn't there yet, the path is its own.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().context("the path names no file")?.to_string_lossy();
    let waiting = folder.join(format!(".{name}.{:08x}", crate::settings::random() as u32));
    let written = (|| {
        let mut file = create_as(&waiting, like)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&waiting, &path)
    })();
    if written.is_err() {
        // What is half written is of no use; that it can't be removed either changes nothing for the person.
        let _ = fs::remove_file(&waiting);
    }
    written.with_context(|| format!("{} could not be written; it is as it was", path.display()))?;
    Ok(sync_folder(folder).err().map(|error| {
        tracing::warn!(%error, folder = %folder.display(), "a folder could not be brought to the disk");
        format!("written, but {} could not be brought to the disk ({error}); don't cut the power now", folder.display())
    }))
}

/// Makes `waiting` for those who may read `like` and, as far as the system lets one, owned as that is.
fn create_as(waiting: &Path, like: &Path) -> std::io::Result<File> {
    let before = fs::metadata(like).ok();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if before.is_some() {
        // Nobody who may not read the file may read it while it is written.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let file = options.open(waiting)?;
    if let Some(before) = before {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let made = file.metadata()?;
            if (made.uid(), made.gid()) != (before.uid(), before.gid())
                && let Err(error) = std::os::unix::fs::fchown(&file, Some(before.uid()), Some(before.gid()))
            {
                // Only the system's owner may give files away; one who may write here may go on.
                tracing::debug!(%error, path = %like.display(), "it will be owned by who saved it");
            }
        }
        file.set_permissions(before.permissions())?;
    }
    Ok(file)
}

/// A rename is safe only once its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some network folders know no such thing.
        Err(error) if matches!(error.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::Unsupported) => {
            Ok(())
        }
        synced => synced,
    }
}

/// Elsewhere a folder can't be opened like this, and need not be.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Writes a drawing's file, keeping what was there as `NAME.bak`. Gives a note where it is written, but perhaps not
/// safe from a power cut.
pub fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<Option<String>> {
    if path.exists() {
        let before = fs::read(path).with_context(|| format!("{} could not be read to keep it", path.display()))?;
        write_noting(&backup_path(path), &before, path)?;
    }
    write_noting(path, bytes, path)
}

/// A path as a person typed it: `~` is their home.
pub fn typed(text: &str) -> PathBuf {
    let text = text.trim();
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(text),
    }
}

/// A path to save to: without an ending it gets `.dxf`.
pub fn with_ending(path: PathBuf) -> PathBuf {
    if path.extension().is_some() { path } else { path.with_extension("dxf") }
}

/// A path to save a log to: with the ending that logs have.
pub fn with_log_ending(path: PathBuf) -> PathBuf {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("linework")) {
        return path;
    }
    let mut name = path.into_os_string();
    name.push(".linework");
    PathBuf::from(name)
}

/// Whether two paths lead to one file, whatever links lie between.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    one == other || matches!((whole(one), whole(other)), (Ok(one), Ok(other)) if one == other)
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
        assert_eq!(replace(&path, b"one").unwrap(), None);
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

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_private_file_stays_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("linework-file-{:x}", crate::settings::random()));
        fs::create_dir_all(folder.join("real")).unwrap();
        let (real, link) = (folder.join("real/plan.dxf"), folder.join("plan.dxf"));
        fs::write(&real, b"one").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"second").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"second");
        for path in [&real, &backup_path(&link)] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
        assert!(is_same(&real, &link) && !is_same(&real, &backup_path(&link)));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_not_said_to_have_failed_when_its_folder_cannot_be_synced() {
        // A folder that may be written and searched but not read can't be opened to be synced; the owner of the system
        // may read it all the same.
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("linework-file-{:x}", crate::settings::random()));
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o300)).unwrap();
        let path = folder.join("plan.dxf");
        let note = replace(&path, b"one").expect("it is written");
        assert_eq!(note.is_some(), sync_folder(&folder).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn typed_paths_have_a_home_and_an_ending() {
        let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE")).map(PathBuf::from);
        if let Some(home) = home {
            assert_eq!(typed(" ~/plan.dxf "), home.join("plan.dxf"));
        }
        assert_eq!(with_ending(typed("/a/plan")), PathBuf::from("/a/plan.dxf"));
        assert_eq!(with_ending(typed("/a/plan.DXF")), PathBuf::from("/a/plan.DXF"));
        assert_eq!(with_log_ending(typed("/a/plan.2")), PathBuf::from("/a/plan.2.linework"));
        assert_eq!(with_log_ending(typed("/a/plan.Linework")), PathBuf::from("/a/plan.Linework"));
    }
}
