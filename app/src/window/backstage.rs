//! What runs behind the window: the runtime, the worker threads, the room of one's own drawings, and what they report.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::Context as _;
use protocol::Seq;
use scene::Fonts;
use server::{Host, Listed, Options};
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinHandle;

use super::open::Opened;
use super::origin::Origin;
use super::save::{Prepared, Written};
use crate::document::{Course, Document, Gpu, Home, Picture, Studio, Then};
use crate::link::Wake;
use crate::nearby::Found;
use crate::review::LogFile;
use crate::seats::{Kept, Seat, Unsent, Writing};
use crate::settings::random;
use crate::work::Pool;

/// Threads that tessellate.
const WORKERS: usize = 2;
/// How long the window may leave out what is only progress: a frame takes time from the work that it shows.
const SOON: Duration = Duration::from_millis(250);
/// The folder for unsaved work inside the state folder; each run has one of its own in it.
const WORK: &str = "work";
/// A log with such a file beside it was closed by its person and is not offered again.
const CLOSED: &str = "closed";
/// The file by which a running program holds its folder; the system lets go of it when the program ends, however.
const RUNNING: &str = "running";
/// How long those who are put out have to hear why.
const FAREWELL_MAX: Duration = Duration::from_secs(3);

/// What happened behind the window.
pub enum Report {
    /// A file was opened, or not.
    Opened(u64, anyhow::Result<Box<Opened>>),
    /// Joining an address may begin: what the drawing is drawn with is ready.
    Joining(u64, protocol::Address, Box<anyhow::Result<(Seat, Option<Kept>)>>, Box<Picture>),
    /// Changes that never got to their rooms.
    Unsent(Vec<Unsent>),
    /// What is kept of a seat could not be written.
    NotKept(anyhow::Error),
    /// A saved log was opened, or not.
    Log(u64, PathBuf, anyhow::Result<Box<LogFile>>),
    /// A file dialog gave this, or nothing; or there is none here.
    Picked(u64, Purpose, Picked),
    /// Serving a folder's drawings began at this port, or failed, or ended.
    Serving(PathBuf, anyhow::Result<u16>),
    /// An invite was made, or why not.
    Invited(server::Invitation, Result<String, String>),
    /// Earlier runs left this.
    Leftovers(Vec<Leftover>),
    /// What a leftover holds was brought back.
    Recovered(Leftover),
    /// A leftover could not be brought back: it can be tried again.
    NotRecovered(Leftover),
    /// The room of a closed document is closed, but somebody changed the drawing at the last moment.
    KeptAfterAll(String),
    /// A part of what a save needs is on the disk.
    Kept(u64, protocol::Hash, PathBuf),
    /// What a save needs was unpacked: which document, the file it came from, and the drawing that was read from it.
    Prepared(u64, Arc<Course>, anyhow::Result<Box<Prepared>>),
    /// The lookout of this number found these hosts on the network.
    Nearby(u64, Found),
    /// A thumbnail was made.
    Thumbnail,
    /// The thumbnails of recent drawings, as far as there are any.
    Thumbnails(Vec<(PathBuf, crate::thumbnail::Faces)>),
    /// A drawing was written, or not.
    Saved(u64, Box<Written>),
    /// A log was saved as this file, up to this entry, or not; and of which document, with what was said in it.
    LogSaved(PathBuf, anyhow::Result<protocol::Seq>, Option<(u64, drawing::DrawingHash)>),
}

/// What a file dialog is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To open.
    Open,
    /// To save a document.
    Save {
        /// Which.
        document: u64,
        /// What follows.
        then: Then,
    },
    /// To save the log of a document.
    SaveLog {
        /// Which.
        document: u64,
    },
}

/// What a file dialog gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// A file.
    File(PathBuf),
    /// The person closed it.
    Nothing,
}

/// A folder with what an earlier run left behind, held so that no other running program offers it too.
#[derive(Debug)]
pub struct Leftover {
    /// The folder.
    pub folder: PathBuf,
    _held: Held,
}

/// A folder is this program's while this lives.
#[derive(Debug)]
struct Held {
    _file: File,
}

/// Drawings of a folder that others can join.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens, once it does.
    pub port: Option<u16>,
    /// Why it doesn't.
    pub trouble: Option<String>,
    /// Ends it when it goes.
    pub stop: Option<oneshot::Sender<()>>,
    /// Over when all who had come in are out.
    pub done: JoinHandle<()>,
}

/// Threads, sockets, folders.
pub struct Backstage {
    /// The window's context.
    pub ctx: egui::Context,
    /// Where settings and work are kept.
    pub state_dir: PathBuf,
    /// Where this run's drawings are kept.
    pub work_dir: PathBuf,
    /// Where sockets live.
    pub runtime: tokio::runtime::Runtime,
    /// What pictures share.
    pub studio: Studio,
    /// The room of one's own drawings; opened when it is first needed.
    pub host: Arc<OnceCell<Host>>,
    /// The hosts of all drawings that are open or were: this run's, and those of folders that were brought back.
    pub hosts: BTreeMap<PathBuf, Host>,
    /// Where these listen.
    pub serving: BTreeMap<PathBuf, Serving>,
    /// Rooms that are closing.
    parting: Vec<JoinHandle<()>>,
    /// Reports go here.
    pub reports: Sender<Report>,
    received: Receiver<Report>,
    /// Numbers for documents and openings.
    next: u64,
    /// What earlier runs left behind.
    pub leftovers: Vec<Leftover>,
    /// What was brought back of it.
    pub recovered: Vec<Leftover>,
    held: Option<Held>,
}

impl Backstage {
    /// Starts the threads.
    pub fn new(
        ctx: &egui::Context,
        render_state: Option<&egui_wgpu::RenderState>,
        state_dir: PathBuf,
    ) -> anyhow::Result<Backstage> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("the system gives no threads")?;
        let gpu = render_state.map(|state| Gpu {
            device: state.device.clone(),
            queue: state.queue.clone(),
            format: state.target_format,
        });
        let wake_ctx = ctx.clone();
        let wake: Wake = Arc::new(move || wake_ctx.request_repaint());
        let wake_ctx = ctx.clone();
        let wake_soon: Wake = Arc::new(move || wake_ctx.request_repaint_after(SOON));
        let letters: Vec<Vec<u8>> = vec![
            include_bytes!("../../../assets/fonts/Inter-Regular.otf").to_vec(),
            include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf").to_vec(),
        ];
        let fonts = Fonts::new(letters).context("the program's own fonts can't be read")?;
        let pool = Pool::new(WORKERS).context("the system gives no threads")?;
        let (reports, received) = channel();
        let work = state_dir.join(WORK);
        let (work_dir, held) = new_folder(&work)?;
        let (found, found_wake, own) = (reports.clone(), wake.clone(), work_dir.clone());
        // Logs are walked through for this: the first frame doesn't wait.
        pool.give(move || {
            let leftovers = leftovers(&work, &own);
            if !leftovers.is_empty() {
                // Where the window is gone, nobody waits for it.
                let _ = found.send(Report::Leftovers(leftovers));
                found_wake();
            }
        });
        Ok(Backstage {
            ctx: ctx.clone(),
            work_dir,
            state_dir,
            runtime,
            studio: Studio { pool, wake, wake_soon, fonts: Arc::new(fonts), gpu },
            host: Arc::new(OnceCell::new()),
            hosts: BTreeMap::new(),
            serving: BTreeMap::new(),
            parting: Vec::new(),
            reports,
            received,
            next: 0,
            leftovers: Vec::new(),
            recovered: Vec::new(),
            held: Some(held),
        })
    }

    /// A number that none had before.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// What was reported since the last time.
    pub fn receive(&mut self) -> Vec<Report> {
        self.received.try_iter().collect()
    }

    /// The host for this run's drawings, whoever they belong to.
    pub fn own_host(&self, person: &str) -> OwnHost {
        OwnHost { host: self.host.clone(), options: options(&self.work_dir, person) }
    }

    /// Closes a document's room if it is one's own: whoever is in it is told why, and it is not offered back, unless
    /// somebody changed it at the last moment.
    pub fn part(&mut self, mut document: Document, why: String) {
        keep(document.last_writing());
        super::save::remove_parts(&self.work_dir, document.id);
        let Home::Own { host, name, folder, .. } = document.home.clone() else { return };
        let (title, seen) = (document.title.clone(), document.session.position().map(|at| at.seq));
        // Dropping its link leaves the room.
        drop(document);
        self.close_room(host, name, folder, title, seen, why);
    }

    /// Closes a room of one's own, of which everything up to the entry `seen` is known.
    pub(super) fn close_room(
        &mut self,
        host: Host,
        name: String,
        folder: PathBuf,
        title: String,
        seen: Option<Seq>,
        why: String,
    ) {
        let (reports, wake) = (self.reports.clone(), self.studio.wake.clone());
        self.parting.retain(|task| !task.is_finished());
        self.parting.push(self.runtime.spawn(async move {
            host.close_drawing(&name, &why).await;
            let forgotten = tokio::task::spawn_blocking(move || forget(&folder, &name, seen)).await;
            if !forgotten.unwrap_or(false) {
                // As above.
                let _ = reports.send(Report::KeptAfterAll(title));
                wake();
            }
        }));
    }

    /// Has a folder's host stop listening; those who came in there have been told why.
    pub fn stop_serving(&mut self, folder: &Path) -> Option<JoinHandle<()>> {
        let mut serving = self.serving.remove(folder)?;
        // Where it has ended already, nobody listens for this.
        serving.stop.take().map(|stop| stop.send(()));
        Some(serving.done)
    }

    /// Ends everything: rooms are left, logs are closed, and what nobody needs any more is removed. What is at stake
    /// stays in its log, and is offered back at the next start.
    pub fn close(&mut self, documents: impl Iterator<Item = Document>, why: &str) {
        if let Some(host) = self.host.get() {
            self.hosts.insert(self.work_dir.clone(), host.clone());
        }
        let mut done = Vec::new();
        for mut document in documents {
            keep(document.last_writing());
            if let Home::Own { name, folder, .. } = &document.home {
                if document.at_stake().is_any() {
                    tracing::warn!(drawing = name, "it has changes that nobody agreed to lose: it is offered back");
                } else {
                    done.push((folder.clone(), name.clone(), document.session.position().map(|at| at.seq)));
                }
            }
            // Dropping its link leaves its room.
        }
        let hosts = std::mem::take(&mut self.hosts);
        for task in std::mem::take(&mut self.parting) {
            // It says itself what went wrong.
            let _ = self.runtime.block_on(task);
        }
        for host in hosts.values() {
            self.runtime.block_on(host.end(why));
        }
        for folder in self.serving.keys().cloned().collect::<Vec<_>>() {
            if let Some(serving) = self.stop_serving(&folder) {
                // Who does not hear it in time notices by the silence.
                let _ = self.runtime.block_on(async { tokio::time::timeout(FAREWELL_MAX, serving).await });
            }
        }
        for (folder, name, seen) in done {
            forget(&folder, &name, seen);
        }
        self.recovered.clear();
        self.held = None;
        for folder in hosts.into_keys().chain([self.work_dir.clone()]) {
            if needed(&folder).is_empty()
                && let Err(error) = fs::remove_dir_all(&folder)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(%error, "the folder of this run stays");
            }
        }
    }
}

/// Brings to the disk what is kept of a seat, before the program lets go of it.
fn keep(writing: Option<Writing>) {
    if let Some(Err(error)) = writing.map(Writing::perform) {
        tracing::error!(%error, "what waited for a connection could not be written down");
    }
}

/// The host for this run's drawings, open or not.
pub struct OwnHost {
    host: Arc<OnceCell<Host>>,
    options: Options,
}

impl OwnHost {
    /// Opens it, or gives the one that is open.
    pub async fn open(&self) -> anyhow::Result<Host> {
        let handle = tokio::runtime::Handle::current();
        let open = || async {
            let folder = self.folder();
            fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
            anyhow::Ok(Host::open(self.options.clone(), handle)?)
        };
        self.host.get_or_try_init(open).await.cloned()
    }

    /// The folder with its drawings.
    pub fn folder(&self) -> &Path {
        &self.options.data
    }
}

/// How the drawings of a folder are served: without a console, and whoever is on the network is told only of what is
/// shared, and by whom.
pub(super) fn options(folder: &Path, person: &str) -> Options {
    let title = format!("{person}'s drawings");
    Options { console: false, title, listed: Listed::Chosen, ..Options::new(folder) }
}

/// A folder for this run, held as long as it runs.
fn new_folder(work: &Path) -> anyhow::Result<(PathBuf, Held)> {
    const TRIES: usize = 8;
    for _ in 0..TRIES {
        let folder = work.join(format!("{:016x}", random() as u64));
        fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
        // Another program that starts now may take an empty folder for an abandoned one.
        if let Some(held) = hold(&folder) {
            return Ok((folder, held));
        }
    }
    anyhow::bail!("{} can't be used: no folder in it can be held", work.display())
}

/// Holds a folder, unless a running program does.
fn hold(folder: &Path) -> Option<Held> {
    let path = folder.join(RUNNING);
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path).ok()?;
    file.try_lock().ok()?;
    Some(Held { _file: file })
}

/// Notes that a drawing was closed by its person, so that it is not offered back; its room is closed. Not so where
/// somebody changed it after the entry that the person saw last, or where that can't be told.
fn forget(folder: &Path, name: &str, seen: Option<Seq>) -> bool {
    if state_of(&log_path(folder, name), seen.unwrap_or_default()) != State::Untouched {
        tracing::warn!(drawing = name, "it was changed as it was closed, and is kept");
        return false;
    }
    match fs::write(folder.join(format!("{name}.{CLOSED}")), b"") {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "a closed drawing may be offered back at the next start");
            true
        }
    }
}

/// Folders of earlier runs with drawings in them that were changed and not closed. What else earlier runs left, and no
/// running program holds, is removed.
fn leftovers(work: &Path, own: &Path) -> Vec<Leftover> {
    let Ok(folders) = fs::read_dir(work) else { return Vec::new() };
    let mut found = Vec::new();
    for folder in folders.flatten().map(|folder| folder.path()).filter(|folder| folder != own && folder.is_dir()) {
        // Another window's, which is at work in it.
        let Some(held) = hold(&folder) else { continue };
        let names = logs_in(&folder);
        let state = |name: &String| state_of(&log_path(&folder, name), Origin::read(&folder, name).noted());
        if needed(&folder).iter().any(|name| state(name) == State::Changed) {
            found.push(Leftover { folder, _held: held });
        } else if names.iter().all(|name| state(name) != State::Held) {
            // It stays where it can't be removed, and does no harm there.
            drop(held);
            let _ = fs::remove_dir_all(&folder);
        }
    }
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    found
}

/// The names of the drawings in a folder that were changed and not closed, and that no running program holds.
pub(super) fn work_in(folder: &Path) -> Vec<String> {
    let mut names = needed(folder);
    names.retain(|name| state_of(&log_path(folder, name), Origin::read(folder, name).noted()) == State::Changed);
    names
}

/// Where the log of a drawing in a folder is.
pub(super) fn log_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.linework"))
}

/// How a log stands that an earlier run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Somebody has it open.
    Held,
    /// There is an edit in it, or there may be: it can't be read.
    Changed,
    /// Nothing was done to the drawing.
    Untouched,
}

/// How a log stands, looked at from the entry after `after` on.
fn state_of(log: &Path, after: Seq) -> State {
    const ENTRIES: usize = 256;
    const BYTES: usize = 4 << 20;
    let reader = match oplog::LogReader::open(log) {
        Ok((reader, _)) => reader,
        Err(oplog::LogError::Held { .. }) => return State::Held,
        Err(_) => return State::Changed,
    };
    let mut after = after;
    loop {
        let Ok(entries) = reader.read_after(after, ENTRIES, BYTES) else { return State::Changed };
        if entries.iter().any(|entry| ["edited", "undone"].contains(&entry.kind.as_str())) {
            return State::Changed;
        }
        match entries.last() {
            Some(last) => after = last.seq,
            None => return State::Untouched,
        }
    }
}

/// The names of the drawings in a folder that their person did not close.
fn needed(folder: &Path) -> Vec<String> {
    let mut names = logs_in(folder);
    names.retain(|name| !folder.join(format!("{name}.{CLOSED}")).exists());
    names
}

/// The names of the drawings in a folder.
fn logs_in(folder: &Path) -> Vec<String> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = files
        .flatten()
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "linework"))
        .filter_map(|path| path.file_stem().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_a_running_program_is_left_alone_and_an_abandoned_one_is_not() {
        let work = tempfile::tempdir().expect("a folder");
        let (own, _own_held) = new_folder(work.path()).expect("a folder of this run");
        let (other, held) = new_folder(work.path()).expect("a folder of another run");
        // Nothing was ever done there, or all of it was closed: only its holder says that it is in use.
        fs::write(other.join("plan.closed"), b"").expect("written");
        assert!(leftovers(work.path(), &own).is_empty());
        assert!(own.exists() && other.exists());
        drop(held);
        assert!(leftovers(work.path(), &own).is_empty());
        assert!(own.exists() && !other.exists());
    }

    #[test]
    fn what_cannot_be_read_is_offered_and_not_forgotten() {
        let work = tempfile::tempdir().expect("a folder");
        let (own, _own_held) = new_folder(work.path()).expect("a folder of this run");
        let (other, held) = new_folder(work.path()).expect("a folder of another run");
        fs::write(log_path(&other, "plan"), b"no log at all").expect("written");
        assert!(!forget(&other, "plan", None), "who knows what is in it");
        drop(held);
        let found = leftovers(work.path(), &own);
        assert_eq!(found.len(), 1);
        // While it is offered here, it is not offered elsewhere.
        assert!(leftovers(work.path(), &own).is_empty() && other.exists());
    }
}
