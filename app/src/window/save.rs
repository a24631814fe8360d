//! Saving: what the file was comes out of the log, what changed is patched into it, and the result is written whole.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use drawing::{Drawing, DrawingHash};
use protocol::Hash;

use super::Window;
use super::backstage::{Picked, Purpose, Report};
use crate::action::Action;
use crate::dialogs::Dialog;
use crate::document::{Home, Saving, Then};
use crate::file::{self, Stamp};

/// What a save needs, unpacked.
pub struct Prepared {
    source: Option<Vec<u8>>,
    original: Drawing,
}

/// How a save went.
pub struct Written {
    path: PathBuf,
    /// What the file holds now.
    hash: DrawingHash,
    /// What could not be written; an error where nothing was.
    result: anyhow::Result<Vec<String>>,
}

impl Window {
    /// Saves the document in front to its file, or asks where to.
    pub(super) fn save(&mut self, then: Then) {
        let Some(document) = self.document().filter(|document| document.is_here()) else { return };
        if matches!(document.home, Home::Log(_)) {
            return self.is_read_only("save it");
        }
        match (&document.home, document.file.path.clone()) {
            (Home::Own { .. }, Some(path)) => self.save_to(path, then),
            _ => self.pick_to_save(),
        }
    }

    /// Saves the document in front to a file, unless that changed on disk since it was read.
    pub(super) fn save_to(&mut self, path: PathBuf, then: Then) {
        let Some(document) = self.documents.get_mut(self.active).filter(|document| document.is_here()) else { return };
        if document.file.saving.is_some() {
            return self.say("It is being saved already");
        }
        let path = std::path::absolute(&path).unwrap_or(path);
        let own = document.file.path.as_ref() == Some(&path);
        if own && document.file.stamp != Stamp::of(&path) {
            self.dialog = Dialog::ChangedOnDisk { path };
            return;
        }
        let blobs: BTreeMap<Hash, Option<Vec<u8>>> =
            document.session.source().into_iter().chain(document.session.original()).map(|hash| (hash, None)).collect();
        for hash in blobs.keys() {
            document.session.request_blob(*hash);
        }
        document.file.saving = Some(Saving { path, blobs, writing: false, then });
        self.say("Saving...");
    }

    /// Saves over a file although it changed on disk.
    pub(super) fn save_over(&mut self) {
        if let Some(document) = self.documents.get_mut(self.active)
            && let Some(path) = document.file.path.clone()
        {
            document.file.stamp = Stamp::of(&path);
            self.save_to(path, Then::Stay);
        }
    }

    /// A part of what a save needs is here.
    pub(super) fn take_blob(&mut self, at: usize, hash: Hash, bytes: Option<Vec<u8>>) {
        let document = &mut self.documents[at];
        let Some(saving) = &mut document.file.saving else { return };
        let Some(place) = saving.blobs.get_mut(&hash) else { return };
        let Some(bytes) = bytes else {
            document.file.saving = None;
            return self.warn("The file that this drawing came from is not in its log any more. Nothing was written");
        };
        *place = Some(bytes);
        if saving.blobs.values().any(Option::is_none) || saving.writing {
            return;
        }
        saving.writing = true;
        let mut blobs = std::mem::take(&mut saving.blobs);
        let source = document.session.source().and_then(|hash| blobs.remove(&hash).flatten());
        let original = document.session.original().and_then(|hash| blobs.remove(&hash).flatten());
        let (id, reports, wake) = (document.id, self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        self.backstage.studio.pool.give(move || {
            let prepared = original
                .ok_or_else(|| anyhow!("the drawing as it was opened is not in its log any more"))
                .and_then(|bytes| {
                    protocol::decode_drawing(&bytes).context("the drawing as it was opened can't be read")
                })
                .map(|original| Box::new(Prepared { source, original }));
            // Where the window is gone, nobody waits for it.
            let _ = reports.send(Report::Prepared(id, prepared));
            wake();
        });
    }

    /// Mints handles for what has none, and has the file made and written.
    pub(super) fn take_prepared(&mut self, id: u64, prepared: anyhow::Result<Box<Prepared>>) {
        let Some(document) = self.documents.iter_mut().find(|document| document.id == id) else { return };
        let Some(path) = document.file.saving.as_ref().map(|saving| saving.path.clone()) else { return };
        let minted = prepared.and_then(|prepared| {
            let Prepared { source, original } = &*prepared;
            if let Some(op) = formats::mint(source.as_deref(), original, document.session.drawing()) {
                let changes = document.session.submit(op).context("new things could not be given handles")?;
                document.take_changes(changes);
            }
            Ok(prepared)
        });
        let prepared = match minted {
            Ok(prepared) => *prepared,
            Err(error) => {
                document.file.saving = None;
                return self.warn(format!("Not saved: {error:#}. The file is as it was"));
            }
        };
        let current = document.session.drawing().clone();
        let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        self.backstage.studio.pool.give(move || {
            let hash = current.hash();
            let result = write(&path, &prepared, &current);
            // As above.
            let _ = reports.send(Report::Saved(id, Box::new(Written { path, hash, result })));
            wake();
        });
    }

    /// A drawing was written, or not.
    pub(super) fn take_saved(&mut self, ctx: &egui::Context, id: u64, written: Written) {
        let Some(at) = self.documents.iter().position(|document| document.id == id) else { return };
        let document = &mut self.documents[at];
        let then = document.file.saving.take().map_or(Then::Stay, |saving| saving.then);
        let Written { path, hash, result } = written;
        let notes = match result {
            Ok(notes) => notes,
            Err(error) => return self.warn(format!("Not saved: {error:#}")),
        };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if matches!(document.home, Home::Own { .. }) {
            document.title.clone_from(&name);
            document.file.stamp = Stamp::of(&path);
            document.file.saved = Some(hash);
            document.file.path = Some(path.clone());
        }
        document.touched();
        self.settings.opened(&path);
        self.keep_settings();
        match notes.first() {
            None => self.say(format!("Saved {name}")),
            Some(note) => self.say(format!("Saved {name}; {} notes: {note}", notes.len())),
        }
        match then {
            Then::Stay => {}
            Then::Close => self.close_now(at),
            Then::Quit => {
                self.close_now(at);
                self.perform(ctx, Action::Run(crate::command::Command::Quit));
            }
        }
    }

    /// Asks for a file to open: with the system's dialog, or where there is none with a field.
    pub(super) fn pick_to_open(&mut self) {
        self.dialog = Dialog::Path { purpose: Purpose::Open, path: String::new() };
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Open drawing")
            .add_filter("Drawings and saved logs", &["dxf", "DXF", "linework"]);
        self.ask(Purpose::Open, async move { dialog.pick_file().await });
    }

    /// Asks for a file to save to.
    pub(super) fn pick_to_save(&mut self) {
        let Some(document) = self.document().filter(|document| document.is_here()) else { return };
        if matches!(document.home, Home::Log(_)) {
            return self.is_read_only("save it");
        }
        let name = match &document.file.path {
            Some(path) => path.display().to_string(),
            None if document.title.to_lowercase().ends_with(".dxf") => document.title.clone(),
            None => format!("{}.dxf", document.title),
        };
        self.dialog = Dialog::Path { purpose: Purpose::Save, path: name.clone() };
        let dialog = rfd::AsyncFileDialog::new().set_title("Save drawing as").set_file_name(name);
        self.ask(Purpose::Save, async move { dialog.save_file().await });
    }

    /// The field is there at once; where a portal answers, its dialog lies over it and its answer counts.
    fn ask(&mut self, purpose: Purpose, answer: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static) {
        let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        self.backstage.runtime.spawn(async move {
            let picked = answer.await.map_or(Picked::Nothing, |file| Picked::File(file.path().to_owned()));
            // As above.
            let _ = reports.send(Report::Picked(purpose, picked));
            wake();
        });
    }

    pub(super) fn take_picked(&mut self, ctx: &egui::Context, purpose: Purpose, picked: Picked) {
        // No portal and a closed dialog look alike: the field stays for both.
        let Picked::File(path) = picked else { return };
        if !matches!(&self.dialog, Dialog::Path { purpose: shown, .. } if *shown == purpose) {
            return;
        }
        self.dialog = Dialog::None;
        self.perform(ctx, if purpose == Purpose::Open { Action::OpenFile(path) } else { Action::SaveTo(path) });
    }
}

fn write(path: &std::path::Path, prepared: &Prepared, current: &Drawing) -> anyhow::Result<Vec<String>> {
    let saved = formats::save(prepared.source.as_deref(), &prepared.original, current)
        .context("the file could not be made; the drawing stays in its log")?;
    let there = path.exists() && std::fs::read(path).is_ok_and(|bytes| bytes == saved.bytes);
    if !there {
        file::replace(path, &saved.bytes)?;
    }
    Ok(saved.notes)
}
