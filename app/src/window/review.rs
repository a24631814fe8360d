//! Looking back: opening saved logs, moving in them, and taking a moment out of them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::Context as _;
use drawing::BlockId;

use super::Window;
use super::backstage::{Purpose, Report, log_path};
use super::open::{Opening, ReadFile, enter, name_of};
use crate::action::{Action, Panel};
use crate::document::{Document, Home, Picture};
use crate::link::Link;
use crate::review::{Copied, Filter, LogFile, Review, Wish};
use crate::work::caught;

/// Whether a path names a saved log: by what it is called, or by its first bytes.
pub(super) fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("linework"))
        || crate::headless::is_log(path).unwrap_or(false)
}

impl Window {
    /// Opens a saved log in the background.
    pub(super) fn open_log(&mut self, path: PathBuf) {
        let number = self.backstage.number();
        let opening = Opening {
            number,
            title: name_of(&path),
            path: path.clone(),
            done: Default::default(),
            total: Default::default(),
            stop: Default::default(),
        };
        let (done, total, stop) = (opening.done.clone(), opening.total.clone(), opening.stop.clone());
        self.openings.push(opening);
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        let progress_wake = self.backstage.studio.wake_soon.clone();
        self.backstage.runtime.spawn_blocking(move || {
            let opened = LogFile::open_watched(&path, &mut |walked, all| {
                done.store(walked, Ordering::Relaxed);
                total.store(all, Ordering::Relaxed);
                progress_wake();
                if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let opened = opened.map_err(anyhow::Error::new).and_then(|log| log.context("Opening was cancelled"));
            let opened = opened.map(Box::new);
            // Where the window is gone, nobody waits for it.
            let _ = reports.send(Report::Log(number, path, opened));
            wake();
        });
    }

    /// Takes in a saved log that was opened.
    pub(super) fn take_log(&mut self, number: u64, path: PathBuf, opened: anyhow::Result<Box<LogFile>>) {
        let cancelled = self.openings.iter().any(|o| o.number == number && o.is_stopped());
        self.openings.retain(|opening| opening.number != number);
        let log = match opened {
            _ if cancelled => return self.say("Opening was cancelled"),
            Ok(log) => log,
            Err(error) => return self.warn(format!("{error:#}")),
        };
        if log.reader.position().seq.0 == 0 {
            let why = log.broken.as_ref().map_or("it holds no entry".into(), |broken| broken.to_string());
            return self.warn(format!("{} can't be shown: {why}", path.display()));
        }
        let broken = log.broken.as_ref().map(ToString::to_string);
        let review = match Review::begin(log, broken, self.backstage.studio.wake.clone()) {
            Ok(review) => review,
            Err(error) => return self.warn(format!("{} can't be shown: {error}", path.display())),
        };
        self.settings.opened(&path);
        self.keep_settings();
        let me = (self.settings.client, self.settings.name.clone());
        let picture = Picture::new(self.backstage.studio.clone());
        let mut document = Document::new(number, name_of(&path), Home::Log(path), Link::none(), me, picture);
        document.review = Some(review);
        self.add(document);
        self.panel = Some(Panel::History);
    }

    /// Asks where the log of the document in front is to be saved: all that ever happened to it, in one file.
    pub(super) fn pick_to_save_log(&mut self) {
        let Some(document) = self.document().filter(|document| document.is_here()) else {
            return self.say("Open a drawing first");
        };
        if log_of(document).is_none() {
            return self.warn("Whoever shares this drawing has its log: it is saved there, or from the host's console");
        }
        let stem = document.title.trim_end_matches(".linework").trim_end_matches(".dxf").trim_end_matches(".DXF");
        let name = format!("{stem}.linework");
        let dialog = rfd::AsyncFileDialog::new().set_title("Save the log as").set_file_name(name.clone());
        let purpose = Purpose::SaveLog { document: document.id };
        self.ask(purpose, name, async move { dialog.save_file().await });
    }

    /// Saves the log of a document in the background, while it goes on.
    pub(super) fn save_log(&mut self, id: u64, path: PathBuf) {
        let Some(from) = self.place_of(id).and_then(|at| log_of(&self.documents[at])) else {
            return self.warn("The drawing is closed already; nothing was written");
        };
        let said = self.place_of(id).map(|at| self.documents[at].session.confirmed().said_hash());
        let path = std::path::absolute(&path).unwrap_or(path);
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        self.say("Saving the log...");
        self.backstage.runtime.spawn_blocking(move || {
            let saved = caught("saving the log", || Ok(oplog::backup(&from, &path)?.seq));
            let said = said.map(|said| (id, said));
            // Where the window is gone, nobody waits for it.
            let _ = reports.send(Report::LogSaved(path, saved, said));
            wake();
        });
    }

    /// The log of a document is saved, or not.
    pub(super) fn take_log_saved(
        &mut self,
        path: &Path,
        saved: anyhow::Result<protocol::Seq>,
        said: Option<(u64, drawing::DrawingHash)>,
    ) {
        if let (Ok(_), Some((id, said))) = (&saved, said)
            && let Some(at) = self.place_of(id)
        {
            self.documents[at].talk.kept = Some(said);
        }
        match saved {
            Ok(seq) => self.say(format!("The log up to entry {seq} is saved as {}", path.display())),
            Err(error) => self.warn(format!("The log was not saved: {error:#}")),
        }
    }

    /// Says that a saved log can't be changed, and offers what can.
    pub(super) fn is_read_only(&mut self, what: &str) {
        let text = format!("A saved log is only looked at: you can't {what}");
        self.offer(text, "Open a copy from here", Action::Review(Wish::OpenCopy));
    }

    /// Whether the document in front shows the past, where nothing can be changed: if so, says it, with the way out.
    pub(super) fn refused_in_the_past(&mut self, what: &str) -> bool {
        let Some(document) = self.document().filter(|document| document.is_looking_back()) else { return false };
        if matches!(document.home, Home::Log(_)) {
            self.is_read_only(what);
        } else {
            let text = format!("You look at the past: you can't {what}");
            self.offer(text, "Back to now", Action::Review(Wish::Leave));
        }
        true
    }

    /// Carries out what the timeline and the history panel want.
    pub(super) fn review(&mut self, wish: Wish) {
        match wish {
            Wish::OpenCopy => self.ask_copy(),
            Wish::Begin => self.look_back(),
            Wish::Restore => self.restore(),
            Wish::Leave => {
                if let Some(document) = self.document_mut().filter(|d| !matches!(d.home, Home::Log(_))) {
                    document.stop_looking_back();
                }
            }
            wish => {
                if let Some(document) = self.documents.get_mut(self.active)
                    && let Some(review) = &mut document.review
                {
                    move_in(review, wish, document.space);
                    document.touched();
                }
            }
        }
    }

    fn look_back(&mut self) {
        let now = self.now();
        let Some(document) = self.document_mut().filter(|document| document.is_here()) else {
            return self.say("Open a drawing first");
        };
        let begun = document.look_back(now);
        self.panel = Some(Panel::History);
        match begun {
            Ok(()) => self.say("Reading the log..."),
            Err(why) => self.warn(format!("Can't look back: {why}")),
        }
    }

    fn restore(&mut self) {
        let Some(document) = self.document_mut().filter(|document| document.review.is_some()) else { return };
        if matches!(document.home, Home::Log(_)) {
            return self.is_read_only("change it");
        }
        if !document.session.role().may_edit() {
            return self.warn("You may look at this drawing, not change it");
        }
        match document.restore() {
            Ok(said) => self.say(said),
            Err(hindrance) => self.hindered("restore", hindrance, None),
        }
    }

    fn ask_copy(&mut self) {
        self.message = None;
        let Some(review) = self.document_mut().and_then(|document| document.review.as_mut()) else { return };
        review.pause();
        review.ask_copy();
        self.say("Opening a copy...");
    }

    /// Opens what a moment of a log holds as a drawing of its own: as a file of it would be opened.
    pub(super) fn take_copied(&mut self, at: usize, copied: Result<Box<Copied>, String>) {
        let Some(document) = self.documents.get(at) else { return };
        let Some(review) = &document.review else { return };
        let stem = document.title.trim_end_matches(".linework").trim_end_matches(".dxf").to_owned();
        let title = format!("{stem} at entry {}", review.at);
        let number = self.backstage.number();
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        let own = self.backstage.own_host(&self.settings.name);
        self.backstage.runtime.spawn(async move {
            let opened = async {
                let copied = copied.map_err(anyhow::Error::msg)?;
                let file = tokio::task::spawn_blocking(move || file_of(*copied, title)).await;
                enter(&own, file.context("making the copy broke off")??).await
            };
            let opened = opened.await.context("No copy could be opened").map(Box::new);
            // Where the window is gone, nobody waits for it.
            let _ = reports.send(Report::Opened(number, opened));
            wake();
        });
    }
}

/// Where the log of a document is, if it is here.
fn log_of(document: &Document) -> Option<PathBuf> {
    match &document.home {
        Home::Own { name, folder, .. } => Some(log_path(folder, name)),
        Home::Log(path) => Some(path.clone()),
        Home::Joined(_) => None,
    }
}

/// The file that saving the drawing at a moment would give, read: what nobody edited stays byte for byte.
fn file_of(copied: Copied, title: String) -> anyhow::Result<ReadFile> {
    let Copied { mut drawing, source, original } = copied;
    if let Some(op) = formats::mint(source.as_deref(), &original, &drawing) {
        drawing.apply(&op)?;
    }
    let saved = formats::save(source.as_deref(), &original, &drawing)?;
    let reading = formats::read(&saved.bytes, &mut |_| std::ops::ControlFlow::Continue(()))?;
    Ok(ReadFile {
        title,
        path: None,
        stamp: None,
        bytes: Some(saved.bytes),
        saved: None,
        drawing: reading.drawing,
        findings: saved.notes,
    })
}

fn move_in(review: &mut Review, wish: Wish, space: Option<BlockId>) {
    if !matches!(wish, Wish::Play | Wish::Speed(_) | Wish::Filter(_) | Wish::Life(_)) {
        review.pause();
    }
    match wish {
        Wish::Go(seq) => review.go(seq),
        Wish::Step(on) => review.step(on),
        Wish::Burst(on) => review.step_burst(on),
        Wish::End(true) => review.go(review.head),
        Wish::End(false) => review.go(protocol::Seq(1)),
        Wish::Play => review.play(),
        Wish::Speed(speed) => review.speed = speed,
        Wish::Filter(filter) => review.set_filter(filter),
        Wish::PickArea => review.picking_area = true,
        Wish::NoArea => review.picking_area = false,
        Wish::Area(area) => {
            review.picking_area = false;
            review.set_filter(Filter { area: space.zip(area), ..review.filter.clone() });
        }
        Wish::Life(id) => review.ask_life(id),
        Wish::OpenCopy | Wish::Begin | Wish::Restore | Wish::Leave => {}
    }
}
