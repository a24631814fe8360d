//! What the shell remembers: where it served last.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// The file in the settings folder.
const FILE: &str = "host.json";
/// The port that addresses have unless somebody wants another.
const PORT: u16 = 4848;

/// Where and how the server listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where to listen.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// Whoever is on the network comes in by a click.
    pub open: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), port: PORT, open: false }
    }
}

impl Settings {
    /// Reads them; the usual ones where there are none yet, or none that can be read.
    pub fn load(folder: &Path) -> Settings {
        let path = folder.join(FILE);
        let read = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Settings::default(),
            Err(error) => Err(error.to_string()),
        };
        read.unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), error, "the settings can't be read, the usual ones are taken");
            Settings::default()
        })
    }

    /// Writes them, whole or not at all.
    pub fn save(&self, folder: &Path) -> anyhow::Result<()> {
        let named = || format!("{} can't be written; the server runs all the same", folder.join(FILE).display());
        std::fs::create_dir_all(folder).with_context(named)?;
        let bytes = serde_json::to_vec_pretty(self).context("settings have a JSON form")?;
        let waiting = folder.join(format!("{FILE}.new"));
        std::fs::write(&waiting, bytes).with_context(named)?;
        std::fs::rename(&waiting, folder.join(FILE)).with_context(named)
    }
}

/// The system's folder for the program's settings.
pub fn usual_folder() -> anyhow::Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "linework");
    Ok(folders.context("there is no home folder for settings; name one with --config")?.config_dir().to_owned())
}

/// The system's folder for the drawings of a host: the same that `linework-server` takes.
pub fn usual_data() -> anyhow::Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "linework");
    let folders = folders.context("there is no home folder to keep drawings in; name one with --data")?;
    Ok(folders.data_dir().join("drawings"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_broken_ones_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Settings::load(folder.path()), Settings::default());
        let settings = Settings { port: 5000, open: true, ..Settings::default() };
        settings.save(folder.path()).unwrap();
        assert_eq!(Settings::load(folder.path()), settings);
        std::fs::write(folder.path().join(FILE), b"{\"port\": 70000}").unwrap();
        assert_eq!(Settings::load(folder.path()), Settings::default());
    }
}
