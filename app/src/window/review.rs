//! Looking back: opening saved logs, moving in them, and taking a moment out of them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use drawing::BlockId;

use super::Window;
use super::backstage::Report;
use super::open::{Opening, ReadFile, enter, name_of};
use crate::action::{Action, Panel};
use crate::document::{Document, Home, Picture};
use crate::link::Link;
use crate::review::{Copied, Filter, LogFile, Review, Wish};

/// Whether a path names a saved log: by what it is called, or by its first bytes.
pub(super) fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("linework"))
        || crate::headless::is_log(path).unwrap_or(false)
}

impl Window {
    /// Opens a saved log in the background.
    pub(super) fn open_log(&mut self, path: PathBuf) {
        let number = self.backstage.number();
        let (title, done, total, stop) = (name_of(&path), Default::default(), Default::default(), Default::default());
        self.openings.push(Opening { number, title, path: path.clone(), done, total, stop });
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        self.backstage.runtime.spawn_blocking(move || {
            let opened = LogFile::open(&path).map(Box::new).map_err(anyhow::Error::new);
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
        let (cell, folder) = (self.backstage.host.clone(), self.backstage.work_dir.clone());
        self.backstage.runtime.spawn(async move {
            let opened = async {
                let copied = copied.map_err(anyhow::Error::msg)?;
                let file = tokio::task::spawn_blocking(move || file_of(*copied, title)).await;
                enter(cell, folder, file.context("making the copy broke off")??).await
            };
            let opened = opened.await.context("No copy could be opened").map(Box::new);
            // Where the window is gone, nobody waits for it.
            let _ = reports.send(Report::Opened(number, opened));
            wake();
        });
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
