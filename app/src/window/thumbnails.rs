//! Thumbnails in the window: asked for when a drawing was shown whole or saved, read when nothing is open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use egui::{Context, TextureHandle, TextureOptions};

use super::Window;
use super::backstage::Report;
use crate::thumbnail::{self, Faces};

/// The thumbnails of recent drawings that are here.
#[derive(Default)]
pub struct Thumbnails {
    /// For the dark theme and for the light one.
    shown: BTreeMap<PathBuf, [TextureHandle; 2]>,
    /// Whose were asked for, while nothing has changed since.
    asked: Option<Vec<PathBuf>>,
    /// How often they were read.
    reads: u64,
    /// How many of these answers came.
    taken: u64,
    /// How many were made.
    made: u64,
}

impl Thumbnails {
    /// The thumbnail of a file for a theme, if there is one.
    pub fn of(&self, path: &Path, dark: bool) -> Option<&TextureHandle> {
        let [on_dark, on_light] = self.shown.get(path)?;
        Some(if dark { on_dark } else { on_light })
    }

    /// How often they were read since the program started: what a window at rest must not do.
    pub fn reads(&self) -> u64 {
        self.reads
    }

    /// Whether those that were asked for are here.
    pub fn is_settled(&self) -> bool {
        self.asked.is_some() && self.taken == self.reads
    }

    /// How many were made since the program started.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// One was made.
    pub(super) fn come(&mut self) {
        self.made += 1;
        self.asked = None;
    }

    /// Takes in what was read.
    pub(super) fn take(&mut self, ctx: &Context, faces: Vec<(PathBuf, Faces)>) {
        let texture = |name, image| ctx.load_texture(name, image, TextureOptions::LINEAR);
        let both =
            |faces: Faces| [texture("thumbnail on dark", faces.dark), texture("thumbnail on light", faces.light)];
        self.taken += 1;
        self.shown = faces.into_iter().map(|(path, faces)| (path, both(faces))).collect();
    }
}

impl Window {
    /// Has thumbnails made that are due, and read those of the recent drawings where these are shown.
    pub(super) fn look_after_thumbnails(&mut self) {
        for at in 0..self.documents.len() {
            self.ask_for_thumbnail(at);
        }
        let is_empty = self.documents.is_empty() && self.openings.is_empty();
        if !is_empty {
            // Files change while one is elsewhere.
            self.thumbnails.asked = None;
        } else if self.thumbnails.asked.as_ref() != Some(&self.settings.recent) {
            let paths = self.settings.recent.clone();
            self.thumbnails.asked = Some(paths.clone());
            self.thumbnails.reads += 1;
            let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
            let state_dir = self.backstage.state_dir.clone();
            self.backstage.studio.pool.give(move || {
                let faces = thumbnail::load(&state_dir, &paths);
                // Where the window is gone, nobody waits for it.
                let _ = reports.send(Report::Thumbnails(faces));
                wake();
            });
        }
    }

    fn ask_for_thumbnail(&mut self, at: usize) {
        let document = &mut self.documents[at];
        let due = document.due_thumbnail().filter(|(path, _)| self.settings.recent.contains(path));
        let Some((path, stamp)) = due else { return };
        let Some(sitting) = document.sit() else { return };
        let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        let state_dir = self.backstage.state_dir.clone();
        self.backstage.studio.pool.give(move || {
            if let Err(error) = sitting.keep(&state_dir, &path, stamp) {
                return tracing::warn!(error = %format!("{error:#}"), "the drawing goes without a thumbnail");
            }
            // As above.
            let _ = reports.send(Report::Thumbnail);
            wake();
        });
    }
}
