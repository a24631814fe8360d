//! Opening: a file is read away from the window, put into one's own room, and entered. Also new drawings, joining, and
//! what a crash left behind.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, anyhow};
use drawing::{Drawing, DrawingHash};
use protocol::Address;
use server::{Host, Listing, LocalConnection, Options};

use super::Window;
use super::backstage::{Backstage, Report, work_in};
use crate::dialogs::Dialog;
use crate::document::{Document, FileFacts, Home, Picture};
use crate::file::Stamp;
use crate::link;

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 30;

/// A file that is being opened.
pub struct Opening {
    /// Its number.
    pub number: u64,
    /// What it is called.
    pub title: String,
    pub(super) done: Arc<AtomicU64>,
    pub(super) total: Arc<AtomicU64>,
    pub(super) stop: Arc<AtomicBool>,
}

impl Opening {
    /// Whether it was given up.
    pub(super) fn is_cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// How much of it is read, 0 to 1.
    pub fn progress(&self) -> f32 {
        let total = self.total.load(Ordering::Relaxed).max(1);
        self.done.load(Ordering::Relaxed) as f32 / total as f32
    }
}

/// A drawing in a room of one's own, ready to be entered.
pub struct Opened {
    title: String,
    path: Option<PathBuf>,
    stamp: Option<Stamp>,
    saved: Option<DrawingHash>,
    findings: Vec<String>,
    folder: PathBuf,
    host: Host,
    listing: Listing,
    connection: LocalConnection,
    /// Its picture, where that was begun while the rest went on.
    picture: Option<Picture>,
}

/// The file that a drawing in the work folder came from: beside its log, for the case of a crash.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Origin {
    path: Option<PathBuf>,
    stamp: Option<Stamp>,
}

fn origin_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.origin.json"))
}

/// Where a drawing was saved to before a crash; without an answer it is saved as a new one.
fn origin_of(folder: &Path, name: &str) -> Origin {
    let bytes = std::fs::read(origin_path(folder, name)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

impl Window {
    /// Opens a file in the background.
    pub(super) fn open_file(&mut self, path: PathBuf) {
        let path = std::path::absolute(&path).unwrap_or(path);
        let is_it = |document: &Document| match &document.home {
            Home::Log(log) => *log == path,
            _ => document.file.path.as_ref() == Some(&path),
        };
        if let Some(at) = self.documents.iter().position(is_it) {
            self.active = at;
            return;
        }
        if super::review::is_log(&path) {
            return self.open_log(path);
        }
        let number = self.backstage.number();
        let opening = Opening {
            number,
            title: name_of(&path),
            done: Arc::default(),
            total: Arc::default(),
            stop: Arc::default(),
        };
        let (done, total, stop) = (opening.done.clone(), opening.total.clone(), opening.stop.clone());
        self.openings.push(opening);
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        let (cell, folder) = (self.backstage.host.clone(), self.backstage.work_dir.clone());
        let progress_wake = self.backstage.studio.wake_soon.clone();
        let studio = self.backstage.studio.clone();
        self.backstage.runtime.spawn(async move {
            // Nothing of this waits for another part longer than it must: what is drawn with, what is drawn, where it
            // is kept safe.
            let picture = tokio::task::spawn_blocking(move || Picture::new(studio));
            let read = tokio::task::spawn_blocking(move || {
                read_file(&path, &mut |progress| {
                    done.store(progress.done, Ordering::Relaxed);
                    total.store(progress.total, Ordering::Relaxed);
                    progress_wake();
                    if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                })
            });
            let opened = async {
                let file = read.await.context("reading broke off")??;
                let mut picture = picture.await.context("preparing the picture broke off")?;
                picture.begin(&file.drawing);
                let mut opened = enter(cell, folder, file).await?;
                opened.picture = Some(picture);
                anyhow::Ok(opened)
            };
            let opened = opened.await.map(Box::new);
            // Where the window is gone, nobody waits for it.
            let _ = reports.send(Report::Opened(number, opened));
            wake();
        });
    }

    /// Starts an empty drawing.
    pub(super) fn new_drawing(&mut self) {
        let number = self.backstage.number();
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        let (cell, folder) = (self.backstage.host.clone(), self.backstage.work_dir.clone());
        let count = self.documents.iter().filter(|document| document.file.path.is_none()).count();
        self.backstage.runtime.spawn(async move {
            let drawing = Drawing::new();
            let file = ReadFile {
                title: format!("Drawing {}", count + 1),
                path: None,
                stamp: None,
                bytes: None,
                saved: Some(drawing.hash()),
                drawing,
                findings: Vec::new(),
            };
            let opened = enter(cell, folder, file).await.map(Box::new);
            // As above.
            let _ = reports.send(Report::Opened(number, opened));
            wake();
        });
    }

    /// Gives up opening.
    pub(super) fn cancel_opening(&mut self, number: u64) {
        for opening in self.openings.iter().filter(|opening| opening.number == number) {
            opening.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Takes in a drawing that was opened.
    pub(super) fn take_opened(&mut self, number: u64, opened: anyhow::Result<Box<Opened>>) {
        let cancelled = self.openings.iter().any(|o| o.number == number && o.stop.load(Ordering::Relaxed));
        self.openings.retain(|opening| opening.number != number);
        let opened = match opened {
            Ok(opened) => *opened,
            Err(_) if cancelled => return self.say("Opening was cancelled"),
            Err(error) => return self.warn(format!("{error:#}")),
        };
        let Opened { title, path, stamp, saved, findings, folder, host, listing, connection, picture } = opened;
        let link = link::local(self.backstage.runtime.handle(), connection, self.backstage.studio.wake.clone());
        let home = Home::Own { host, name: listing.name, secret: listing.secret, folder };
        let me = (self.settings.client, self.settings.name.clone());
        let picture = picture.unwrap_or_else(|| Picture::new(self.backstage.studio.clone()));
        let mut document = Document::new(number, title, home, link, me, picture);
        if let Some(path) = &path {
            self.settings.opened(path);
            self.keep_settings();
        }
        if !findings.is_empty() {
            let count = if findings.len() == 1 { "1 finding".into() } else { format!("{} findings", findings.len()) };
            self.say(format!("{}: {count}; {}", document.title, findings[0]));
        }
        document.file = FileFacts { path, stamp, saved, saving: None };
        document.findings = findings;
        self.add(document);
    }

    /// Puts a document in front.
    pub(super) fn add(&mut self, document: Document) {
        self.documents.push(document);
        self.active = self.documents.len() - 1;
        self.dialog = match std::mem::take(&mut self.dialog) {
            Dialog::Recover => Dialog::Recover,
            _ => Dialog::None,
        };
    }

    /// Joins the drawing at an address.
    pub(super) fn join(&mut self, text: &str) {
        let address: Address = match text.parse() {
            Ok(address) => address,
            Err(error) => {
                let trouble = Some(crate::document::first_capital(&format!("{error}")));
                self.dialog = Dialog::Join { address: text.to_owned(), trouble };
                return;
            }
        };
        let number = self.backstage.number();
        let link = link::remote(self.backstage.runtime.handle(), address.clone(), self.backstage.studio.wake.clone());
        let me = (self.settings.client, self.settings.name.clone());
        let picture = Picture::new(self.backstage.studio.clone());
        let title = address.drawing.clone();
        self.add(Document::new(number, title, Home::Joined(address), link, me, picture));
    }

    /// Brings back what earlier runs left behind.
    pub(super) fn recover(&mut self) {
        for folder in std::mem::take(&mut self.backstage.leftovers) {
            for name in work_in(&folder) {
                self.recover_one(folder.clone(), name);
            }
        }
    }

    fn recover_one(&mut self, folder: PathBuf, name: String) {
        let number = self.backstage.number();
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        self.backstage.runtime.spawn(async move {
            let opened = async {
                // Whole logs may be in one folder; each is opened by a host of its own, so the folder is not held as one.
                let options = Options { whole_folder: false, ..Options::new(&folder) };
                let host = Host::open(options, tokio::runtime::Handle::current())?;
                let Origin { path, stamp } = origin_of(&folder, &name);
                let listing = host.drawings().into_iter().find(|listing| listing.name == name);
                let listing = listing.ok_or_else(|| anyhow!("{name} is not in {} any more", folder.display()))?;
                let connection = host.connect(&listing.name).await?;
                let title = format!("{} (recovered)", listing.title);
                anyhow::Ok(Opened {
                    title,
                    path,
                    stamp,
                    saved: None,
                    findings: Vec::new(),
                    folder,
                    host,
                    listing,
                    connection,
                    picture: None,
                })
            };
            let opened = opened.await.map(Box::new);
            // As above.
            let _ = reports.send(Report::Opened(number, opened));
            wake();
        });
    }

    /// Throws away what earlier runs left behind.
    pub(super) fn discard(&mut self) {
        for folder in std::mem::take(&mut self.backstage.leftovers) {
            if let Err(error) = std::fs::remove_dir_all(&folder) {
                self.warn(format!("{} could not be removed: {error}", folder.display()));
            }
        }
    }

    /// Looks at what the threads reported.
    pub(super) fn take_backstage(&mut self, ctx: &egui::Context) {
        for report in self.backstage.receive() {
            match report {
                Report::Opened(number, opened) => self.take_opened(number, opened),
                Report::Log(number, path, opened) => self.take_log(number, path, opened),
                Report::Picked(purpose, picked) => self.take_picked(ctx, purpose, picked),
                Report::Serving(port) => self.take_serving(port),
                Report::Prepared(id, prepared) => self.take_prepared(id, prepared),
                Report::Saved(id, written) => self.take_saved(ctx, id, *written),
            }
        }
    }
}

/// A file that was read.
pub(super) struct ReadFile {
    pub title: String,
    pub path: Option<PathBuf>,
    pub stamp: Option<Stamp>,
    pub bytes: Option<Vec<u8>>,
    pub saved: Option<DrawingHash>,
    pub drawing: Drawing,
    pub findings: Vec<String>,
}

fn read_file(path: &Path, progress: &mut dyn FnMut(formats::Progress) -> ControlFlow<()>) -> anyhow::Result<ReadFile> {
    let shown = path.display();
    let stamp = Stamp::of(path);
    let facts = std::fs::metadata(path).with_context(|| format!("{shown} can't be opened"))?;
    if facts.len() > FILE_BYTES_MAX {
        return Err(anyhow!("{shown} is larger than the {} GB that can be opened", FILE_BYTES_MAX >> 30));
    }
    let bytes = std::fs::read(path).with_context(|| format!("{shown} can't be read"))?;
    let reading = formats::read(&bytes, progress).with_context(|| format!("{shown} can't be opened"))?;
    Ok(ReadFile {
        title: name_of(path),
        path: Some(path.to_owned()),
        stamp,
        bytes: Some(bytes),
        saved: Some(reading.drawing.hash()),
        drawing: reading.drawing,
        findings: reading.findings.iter().map(ToString::to_string).collect(),
    })
}

/// Puts a drawing into one's own room, and opens a connection to it.
pub(super) async fn enter(
    cell: Arc<tokio::sync::OnceCell<Host>>,
    folder: PathBuf,
    file: ReadFile,
) -> anyhow::Result<Opened> {
    let host = Backstage::host(cell, folder.clone()).await?;
    let ReadFile { title, path, stamp, bytes, saved, drawing, findings } = file;
    let listing =
        host.add(&title, bytes, drawing).await.with_context(|| format!("{title} can't be kept safe while open"))?;
    let origin = Origin { path: path.clone(), stamp };
    let bytes = serde_json::to_vec(&origin).context("a path that can't be written down")?;
    crate::file::write_whole(&origin_path(&folder, &listing.name), &bytes)?;
    let connection = host.connect(&listing.name).await?;
    Ok(Opened { title, path, stamp, saved, findings, folder, host, listing, connection, picture: None })
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
