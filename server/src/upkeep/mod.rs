//! What whoever runs a server does to its drawings besides serving them: checking, copying, taking out, putting in, and
//! looking why something doesn't work. Reading never holds a log and never changes one, so that all but putting in goes
//! on beside a server at work.

mod bringing;
mod copying;
mod doctor;
#[cfg(feature = "redis")]
mod doctor_redis;
mod source;
mod taking;
mod verifying;

use std::path::{Path, PathBuf};

pub use bringing::check_log;
#[cfg(feature = "redis")]
pub use copying::backup_redis;
pub use copying::{Copied, backup_folder};
pub use doctor::{Finding, State, look_at_folder, look_at_machine, look_at_port};
#[cfg(feature = "redis")]
pub use doctor_redis::look_at_redis;
#[cfg(feature = "redis")]
pub use taking::fetch_log;
pub use taking::{Taken, take_dxf, take_log};
pub use verifying::{Verified, verify};

pub(crate) use copying::copy_as;

use crate::{HostError, name};

/// How far something long has come: of what, how much is done, and of how much.
pub type Progress<'a> = &'a mut dyn FnMut(&str, u64, u64);

/// The logs of a folder, by name; none of them is opened.
///
/// # Errors
/// [`HostError::Folder`].
pub fn logs_of(folder: &Path) -> Result<Vec<(String, PathBuf)>, HostError> {
    let failed = |source| HostError::Folder { path: folder.into(), source };
    let mut logs = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|file| file.to_str()?.strip_suffix(".linework"));
        if let Some(name) = name.filter(|name| name::is_name(name)) {
            logs.push((name.to_owned(), path));
        }
    }
    logs.sort();
    Ok(logs)
}
