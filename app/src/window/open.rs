//! Opening: a file is read away from the window, put into one's own room, and entered. Also new drawings, joining, and
//! what a crash left behind.

use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, anyhow};
use drawing::{Drawing, DrawingHash};
use protocol::{Address, Seq};
use server::{Host, Listing, LocalConnection};

use super::Window;
use super::backstage::{Backstage, Leftover, OwnHost, Report, options, work_in};
use super::origin::Origin;
use crate::dialogs::Dialog;
use crate::document::{Document, FileFacts, Home, Picture, Studio};
use crate::file::{self, FILE_BYTES_MAX, Stamp};
use crate::link;
use crate::seats::{self, Kept, Seat, changes_words};

/// A file that is being opened.
pub struct Opening {
    /// Its number.
    pub number: u64,
    /// What it is called.
    pub title: String,
    /// Where it is.
    pub(super) path: PathBuf,
    pub(super) done: Arc<AtomicU64>,
    pub(super) total: Arc<AtomicU64>,
    pub(super) stop: Arc<AtomicBool>,
}

impl Opening {
    /// Whether it was cancelled.
    pub(super) fn is_stopped(&self) -> bool {
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
    noted: Seq,
    findings: Vec<String>,
    folder: PathBuf,
    host: Host,
    listing: Listing,
    connection: LocalConnection,
    /// Its picture, where that was begun while the rest went on.
    picture: Option<Picture>,
}

impl Backstage {
    /// Takes back a drawing that was put into one's own room and is not wanted.
    fn give_back(&mut self, opened: Opened) {
        let Opened { host, listing, folder, connection, .. } = opened;
        drop(connection);
        self.close_room(host, listing.name, folder, listing.title, None, String::new());
    }
}

impl Window {
    /// Opens a file in the background.
    pub(super) fn open_file(&mut self, path: PathBuf) {
        let path = std::path::absolute(&path).unwrap_or(path);
        let open = |document: &Document| match &document.home {
            Home::Log(log) => file::is_same(log, &path),
            _ => document.file.path.as_ref().is_some_and(|open| file::is_same(open, &path)),
        };
        if let Some(at) = self.documents.iter().position(open) {
            self.active = at;
            return;
        }
        // A double click is one wish.
        if self.openings.iter().any(|opening| !opening.is_stopped() && file::is_same(&opening.path, &path)) {
            return;
        }
        if super::review::is_log(&path) {
            return self.open_log(path);
        }
        let number = self.backstage.number();
        let opening = Opening {
            number,
            title: name_of(&path),
            path: path.clone(),
            done: Arc::default(),
            total: Arc::default(),
            stop: Arc::default(),
        };
        let (done, total, stop) = (opening.done.clone(), opening.total.clone(), opening.stop.clone());
        self.openings.push(opening);
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        let own = self.backstage.own_host(&self.settings.name);
        let progress_wake = self.backstage.studio.wake_soon.clone();
        let studio = self.backstage.studio.clone();
        self.backstage.runtime.spawn(async move {
            // Nothing of this waits for another part longer than it must: what is drawn with, what is drawn, where it
            // is kept safe.
            let picture = tokio::task::spawn_blocking(move || Picture::new(studio));
            let stopped = stop.clone();
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
                if stopped.load(Ordering::Relaxed) {
                    return Err(anyhow!("opening was cancelled"));
                }
                picture.begin(&file.drawing);
                let mut opened = enter(&own, file).await?;
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
        let own = self.backstage.own_host(&self.settings.name);
        let count = self.documents.iter().filter(|document| document.file.path.is_none()).count();
        let studio = self.backstage.studio.clone();
        self.backstage.runtime.spawn(async move {
            let picture = tokio::task::spawn_blocking(move || Picture::new(studio));
            let drawing = Drawing::new();
            let file = ReadFile {
                title: format!("Drawing {}", count + 1),
                path: None,
                stamp: None,
                bytes: None,
                saved: Some(drawing.drawn_hash()),
                drawing,
                findings: Vec::new(),
            };
            let opened = async {
                let mut opened = enter(&own, file).await?;
                opened.picture = Some(picture.await.context("preparing the picture broke off")?);
                anyhow::Ok(Box::new(opened))
            };
            let opened = opened.await;
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
        let cancelled = self.openings.iter().any(|opening| opening.number == number && opening.is_stopped());
        self.openings.retain(|opening| opening.number != number);
        let opened = match opened {
            Ok(opened) if cancelled => {
                self.backstage.give_back(*opened);
                return self.say("Opening was cancelled");
            }
            Ok(opened) => *opened,
            Err(_) if cancelled => return self.say("Opening was cancelled"),
            Err(error) => return self.warn(format!("{error:#}")),
        };
        let Opened { title, path, stamp, saved, noted, findings, folder, host, listing, connection, picture } = opened;
        self.backstage.hosts.insert(folder.clone(), host.clone());
        let room = (host.clone(), listing.name.clone());
        let link = link::local(self.backstage.runtime.handle(), room, connection, self.backstage.studio.wake.clone());
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
        document.file = FileFacts { path, stamp, saved, noted, saving: None };
        document.findings = findings;
        self.add(document);
    }

    /// Puts a document in front.
    pub(super) fn add(&mut self, document: Document) {
        self.documents.push(document);
        self.active = self.documents.len() - 1;
    }

    /// Joins the drawing at an address.
    pub(super) fn join(&mut self, text: &str) {
        let address: Address = match text.parse() {
            Ok(address) => address,
            Err(error) => {
                let wrong = Some(crate::document::first_capital(&format!("{error}")));
                match &mut self.dialog {
                    Dialog::Join { trouble, .. } => *trouble = wrong,
                    dialog => *dialog = Dialog::join(text.to_owned(), wrong, self.settings.name.clone()),
                }
                return;
            }
        };
        self.dialog = Dialog::None;
        let number = self.backstage.number();
        let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        let (studio, state_dir) = (self.backstage.studio.clone(), self.backstage.state_dir.clone());
        self.backstage.studio.pool.give(move || {
            let seat = match Seat::back_in(&state_dir, &address) {
                Some((seat, kept)) => Ok((seat, Some(kept))),
                None => Seat::fresh(&state_dir).map(|seat| (seat, None)),
            };
            let picture = Box::new(Picture::new(studio));
            // As above.
            let _ = reports.send(Report::Joining(number, address, Box::new(seat), picture));
            wake();
        });
    }

    fn take_joining(
        &mut self,
        number: u64,
        address: Address,
        seat: anyhow::Result<(Seat, Option<Kept>)>,
        picture: Picture,
    ) {
        let link = link::remote(self.backstage.runtime.handle(), address.clone(), self.backstage.studio.wake.clone());
        let me = (self.settings.client, self.settings.name.clone());
        let title = address.drawing.clone();
        let (client, name) = me.clone();
        let mut document = Document::new(number, title, Home::Joined(address), link, me, picture);
        match seat {
            Ok((seat, kept)) => {
                let back = kept.as_ref().map(Kept::changes).filter(|changes| *changes > 0);
                document.sit_down(seat, kept, client, name);
                if let Some(changes) = back {
                    self.unsent.retain(|unsent| !document.sits_in(&unsent.path));
                    self.say(format!("{} from before go on here", changes_words(changes)));
                }
            }
            // One can work without; what waits when the program ends is lost then.
            Err(error) => self.warn(format!("What you change here is not kept when the program ends: {error:#}")),
        }
        self.add(document);
    }

    /// Has what is kept of one's seats in others' rooms written, elsewhere.
    pub(super) fn look_after_seats(&mut self, ctx: &egui::Context) {
        let now = self.now();
        for document in &mut self.documents {
            let (writing, again_ms) = document.due_writing(now);
            if let Some(ms) = again_ms {
                ctx.request_repaint_after(std::time::Duration::from_millis(ms));
            }
            let Some(writing) = writing else { continue };
            let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
            self.backstage.studio.pool.give(move || {
                if let Err(error) = writing.perform() {
                    // As above.
                    let _ = reports.send(Report::NotKept(error));
                    wake();
                }
            });
        }
    }

    /// Finds out, elsewhere, which changes never got to their rooms.
    pub(super) fn look_for_unsent(&self) {
        let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        let state_dir = self.backstage.state_dir.clone();
        self.backstage.studio.pool.give(move || {
            // As above.
            let _ = reports.send(Report::Unsent(seats::look_through(&state_dir)));
            wake();
        });
    }

    /// Throws away what was kept of a room.
    pub(super) fn give_up_seat(&mut self, path: &Path) {
        if seats::give_up(path) {
            self.unsent.retain(|unsent| unsent.path != path);
        } else {
            self.say("Another window is at work with it");
            self.look_for_unsent();
        }
    }

    /// Brings back what earlier runs left behind: each folder by one host, its drawings one after the other.
    pub(super) fn recover(&mut self) {
        for leftover in std::mem::take(&mut self.backstage.leftovers) {
            self.recover_folder(leftover);
        }
    }

    fn recover_folder(&mut self, leftover: Leftover) {
        let names = work_in(&leftover.folder);
        let numbers: Vec<_> = names.iter().map(|_| self.backstage.number()).collect();
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        let (studio, person) = (self.backstage.studio.clone(), self.settings.name.clone());
        self.backstage.runtime.spawn(async move {
            let folder = leftover.folder.clone();
            let host = match Host::open(options(&folder, &person), tokio::runtime::Handle::current()) {
                Ok(host) => host,
                Err(error) => {
                    // Where the window is gone, nobody waits for it.
                    let _ = reports.send(Report::Opened(0, Err(error.into())));
                    let _ = reports.send(Report::NotRecovered(leftover));
                    return wake();
                }
            };
            let mut failed = false;
            for (number, name) in numbers.into_iter().zip(names) {
                let opened = recover_one(&host, &folder, &name, studio.clone()).await.map(Box::new);
                failed |= opened.is_err();
                // As above.
                let _ = reports.send(Report::Opened(number, opened));
                wake();
            }
            // What could not be brought back now stays where it is, and is offered again at the next start.
            if failed {
                tracing::warn!(folder = %folder.display(), "not everything in it was brought back");
            }
            let _ = reports.send(Report::Recovered(leftover));
        });
    }

    /// Throws away what earlier runs left behind.
    pub(super) fn discard(&mut self) {
        for leftover in std::mem::take(&mut self.backstage.leftovers) {
            if let Err(error) = std::fs::remove_dir_all(&leftover.folder) {
                self.warn(format!("{} could not be removed: {error}", leftover.folder.display()));
            }
        }
    }

    /// Looks at what the threads reported.
    pub(super) fn take_backstage(&mut self, ctx: &egui::Context) {
        for report in self.backstage.receive() {
            match report {
                Report::Opened(number, opened) => self.take_opened(number, opened),
                Report::Log(number, path, opened) => self.take_log(number, path, opened),
                Report::Joining(number, address, seat, picture) => self.take_joining(number, address, *seat, *picture),
                Report::Unsent(unsent) => self.unsent = unsent,
                Report::NotKept(error) => self.warn(format!(
                    "What waits for the connection is only in this window, since it could not be written down: {error:#}"
                )),
                Report::Picked(request, purpose, picked) => self.take_picked(ctx, request, purpose, picked),
                Report::Serving(folder, port) => self.take_serving(&folder, port),
                Report::Invited(wanted, made) => self.take_invited(wanted, made),
                Report::Leftovers(leftovers) => self.backstage.leftovers.extend(leftovers),
                Report::NotRecovered(leftover) => self.backstage.leftovers.push(leftover),
                Report::Recovered(leftover) => self.backstage.recovered.push(leftover),
                Report::KeptAfterAll(title) => self.warn(format!(
                    "{title} was changed by somebody as you closed it: it is kept, and offered back at the next start"
                )),
                Report::Nearby(number, found) => self.take_nearby(number, found),
                Report::Kept(id, hash, path) => self.take_kept(id, hash, path),
                Report::Prepared(id, course, prepared) => self.take_prepared(id, &course, prepared),
                Report::LogSaved(path, saved, said) => self.take_log_saved(&path, saved, said),
                Report::Thumbnail => self.thumbnails.come(),
                Report::Thumbnails(faces) => self.thumbnails.take(ctx, faces),
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
        return Err(anyhow!(
            "{shown} has {} MiB; a drawing is kept with its file, of {} MiB at the most, so it was not opened",
            facts.len() >> 20,
            FILE_BYTES_MAX >> 20
        ));
    }
    // A pipe or a device has no end, and waiting for it could not be cancelled.
    if !facts.is_file() {
        return Err(anyhow!("{shown} is no file that can be opened"));
    }
    let bytes = read_bytes(path, facts.len(), progress).with_context(|| format!("{shown} can't be read"))?;
    let reading = formats::read(&bytes, progress).with_context(|| format!("{shown} can't be opened"))?;
    Ok(ReadFile {
        title: name_of(path),
        path: Some(path.to_owned()),
        stamp,
        bytes: Some(bytes),
        saved: Some(reading.drawing.drawn_hash()),
        drawing: reading.drawing,
        findings: reading.findings.iter().map(ToString::to_string).collect(),
    })
}

/// The bytes of a file, read in pieces so that it can be cancelled.
fn read_bytes(
    path: &Path,
    len: u64,
    progress: &mut dyn FnMut(formats::Progress) -> ControlFlow<()>,
) -> anyhow::Result<Vec<u8>> {
    const PIECE: u64 = 4 << 20;
    let mut file = std::fs::File::open(path)?;
    let mut bytes = Vec::with_capacity(len as usize);
    loop {
        let read = (&mut file).take(PIECE).read_to_end(&mut bytes)?;
        if read == 0 {
            return Ok(bytes);
        }
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(anyhow!("it grows while it is read"));
        }
        if progress(formats::Progress { done: 0, total: len }).is_break() {
            return Err(anyhow!("opening was cancelled"));
        }
    }
}

/// Enters a drawing that an earlier run left behind.
async fn recover_one(host: &Host, folder: &Path, name: &str, studio: Studio) -> anyhow::Result<Opened> {
    let picture = tokio::task::spawn_blocking(move || Picture::new(studio));
    let origin = Origin::read(folder, name);
    let noted = origin.noted();
    let Origin { path, stamp, saved, .. } = origin;
    let listing = host.drawings().into_iter().find(|listing| listing.name == name);
    let listing = listing.ok_or_else(|| anyhow!("{name} in {} can't be brought back", folder.display()))?;
    let connection = host.connect(name).await.with_context(|| format!("{} can't be brought back", listing.title))?;
    Ok(Opened {
        title: format!("{} (recovered)", listing.title),
        path,
        stamp,
        saved,
        noted,
        findings: Vec::new(),
        folder: folder.to_owned(),
        host: host.clone(),
        listing,
        connection,
        picture: Some(picture.await.context("preparing the picture broke off")?),
    })
}

/// Puts a drawing into one's own room, and opens a connection to it.
pub(super) async fn enter(own: &OwnHost, file: ReadFile) -> anyhow::Result<Opened> {
    let (host, folder) = (own.open().await?, own.folder().to_owned());
    let ReadFile { title, path, stamp, bytes, saved, drawing, findings } = file;
    let listing =
        host.add(&title, bytes, drawing).await.with_context(|| format!("{title} can't be kept safe while open"))?;
    let origin = Origin { path: path.clone(), stamp, saved, noted: 0 };
    origin.write(&folder, &listing.name)?;
    let connection = host.connect(&listing.name).await?;
    let noted = Seq::default();
    Ok(Opened { title, path, stamp, saved, noted, findings, folder, host, listing, connection, picture: None })
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
