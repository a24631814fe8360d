//! What the program remembers from one start to the next: who one is, what was opened, how it looks. One JSON file in
//! the state folder; broken or absent, the program starts with its defaults and says so.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use protocol::ClientId;
use serde::{Deserialize, Serialize};

/// The file's name in the state folder.
const FILE: &str = "settings.json";
/// How many recent drawings are kept.
const RECENT_MAX: usize = 12;
/// How long a person's name may be: what a server takes.
const NAME_CHARS_MAX: usize = 64;

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// This installation.
    pub client: ClientId,
    /// What the person calls themselves.
    pub name: String,
    /// Files that were opened, the latest first.
    pub recent: Vec<PathBuf>,
    /// The dark theme.
    pub dark: bool,
    /// Scale of the interface, 0.8 to 2.
    pub zoom: f32,
    /// Points snap to the drawing.
    pub snap: bool,
    /// Lines are kept level or upright.
    pub ortho: bool,
    /// A grid behind the drawing.
    pub grid: bool,
    /// Lines are drawn to multiples of 45 degrees when they are near.
    pub polar: bool,
    /// What a command asks and what is typed are shown beside the pointer.
    pub cursor_input: bool,
    /// A click adds to the selection; else it selects alone, and Shift+click adds.
    pub click_adds: bool,
    /// What scrolling does on the canvas.
    pub scrolling: Scrolling,
    /// Colours that the background swallows are lifted on the screen.
    pub lift_colors: bool,
    /// Nothing glides or fades.
    pub less_motion: bool,
}

/// What scrolling does on the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Scrolling {
    /// A wheel zooms, two fingers pan, as far as the system tells them apart.
    #[default]
    ByDevice,
    /// It zooms.
    Zooms,
    /// It pans.
    Pans,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            client: ClientId::default(),
            name: String::new(),
            recent: Vec::new(),
            dark: true,
            zoom: 1.0,
            snap: true,
            ortho: false,
            grid: true,
            polar: false,
            cursor_input: true,
            click_adds: true,
            scrolling: Scrolling::ByDevice,
            lift_colors: true,
            less_motion: false,
        }
    }
}

impl Settings {
    /// What the state folder holds, and in words what was wrong with it.
    pub fn load(state_dir: &Path) -> (Settings, Option<String>) {
        let path = state_dir.join(FILE);
        let (mut settings, trouble) = match std::fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice::<Settings>(&bytes) {
                Ok(settings) => (settings, None),
                Err(error) => (Settings::default(), Some(format!("{} could not be read: {error}", path.display()))),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Settings::default(), None),
            Err(error) => (Settings::default(), Some(format!("{} could not be read: {error}", path.display()))),
        };
        if settings.client == ClientId::default() {
            settings.client = ClientId(random());
        }
        let name = std::mem::take(&mut settings.name);
        settings.call(&name);
        settings.zoom = settings.zoom.clamp(0.8, 2.0);
        (settings, trouble)
    }

    /// Takes a name for what the person calls themselves: trimmed, no longer than a server takes, and never none.
    pub fn call(&mut self, name: &str) {
        let shown: String = name.trim().chars().filter(|letter| !letter.is_control()).take(NAME_CHARS_MAX).collect();
        let shown = shown.trim();
        if !shown.is_empty() {
            self.name = shown.to_owned();
        } else if self.name.trim().is_empty() {
            self.name = login_name();
        }
    }

    /// Writes them to the state folder, whole or not at all.
    pub fn save(&self, state_dir: &Path) -> anyhow::Result<()> {
        let bytes = serde_json::to_vec_pretty(self).context("settings have a JSON form")?;
        crate::file::write_whole(&state_dir.join(FILE), &bytes)
    }

    /// Puts a file in front of the recent ones.
    pub fn opened(&mut self, path: &Path) {
        self.recent.retain(|each| each != path);
        self.recent.insert(0, path.to_owned());
        self.recent.truncate(RECENT_MAX);
    }
}

/// 128 random bits from the system.
pub fn random() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    u128::from_le_bytes(bytes)
}

/// What the system calls the person, with a capital.
fn login_name() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default();
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "Someone".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_broken_ones_are_named() {
        let folder = std::env::temp_dir().join(format!("linework-settings-{:x}", random()));
        std::fs::create_dir_all(&folder).unwrap();
        let (mut settings, trouble) = Settings::load(&folder);
        assert_eq!(trouble, None);
        settings.opened(Path::new("/a.dxf"));
        settings.opened(Path::new("/b.dxf"));
        settings.opened(Path::new("/a.dxf"));
        assert_eq!(settings.recent, [PathBuf::from("/a.dxf"), PathBuf::from("/b.dxf")]);
        settings.save(&folder).unwrap();
        assert_eq!(Settings::load(&folder).0, settings);
        std::fs::write(folder.join(FILE), b"{").unwrap();
        assert!(Settings::load(&folder).1.is_some());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_name_is_one_that_a_server_takes() {
        let long = "é".repeat(64);
        for (typed, name) in
            [("  Ana ", "Ana"), ("   ", "Ben"), ("", "Ben"), ("A\nna", "Ana"), (&format!("{long}e"), &long)]
        {
            let mut settings = Settings { name: "Ben".into(), ..Settings::default() };
            settings.call(typed);
            assert_eq!(settings.name, name, "{typed:?}");
        }
        let mut settings = Settings::default();
        settings.call("  ");
        assert!(!settings.name.trim().is_empty());
    }
}
