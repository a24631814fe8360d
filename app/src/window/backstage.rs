//! What runs behind the window: the runtime, the worker threads, the room of one's own drawings, and what they report.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::Context as _;
use scene::Fonts;
use server::{Host, Options};
use tokio::sync::OnceCell;

use super::open::Opened;
use super::save::{Prepared, Written};
use crate::document::{Document, Gpu, Home, Studio};
use crate::link::Wake;
use crate::review::LogFile;
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

/// What happened behind the window.
pub enum Report {
    /// A file was opened, or not.
    Opened(u64, anyhow::Result<Box<Opened>>),
    /// A saved log was opened, or not.
    Log(u64, PathBuf, anyhow::Result<Box<LogFile>>),
    /// A file dialog gave this, or nothing; or there is none here.
    Picked(Purpose, Picked),
    /// Serving began at this port, or not.
    Serving(anyhow::Result<u16>),
    /// What a save needs was unpacked: which document, the file it came from, and the drawing that was read from it.
    Prepared(u64, anyhow::Result<Box<Prepared>>),
    /// A drawing was written, or not.
    Saved(u64, Box<Written>),
}

/// What a file dialog is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To open.
    Open,
    /// To save the active document.
    Save,
}

/// What a file dialog gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// A file.
    File(PathBuf),
    /// The person closed it.
    Nothing,
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
    /// Where this host listens, once it does.
    pub port: Option<u16>,
    /// Reports go here.
    pub reports: Sender<Report>,
    received: Receiver<Report>,
    /// Numbers for documents and openings.
    next: u64,
    /// Folders that earlier runs left behind.
    pub leftovers: Vec<PathBuf>,
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
        let leftovers = leftovers(&work);
        let work_dir = work.join(format!("{:016x}", random() as u64));
        Ok(Backstage {
            ctx: ctx.clone(),
            work_dir,
            state_dir,
            runtime,
            studio: Studio { pool, wake, wake_soon, fonts: Arc::new(fonts), gpu },
            host: Arc::new(OnceCell::new()),
            port: None,
            reports,
            received,
            next: 0,
            leftovers,
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

    /// Whether an earlier run left work behind.
    pub fn has_leftovers(&self) -> bool {
        !self.leftovers.is_empty()
    }

    /// Opens the host for this run's drawings in the background, or gives the one that is open.
    pub async fn host(cell: Arc<OnceCell<Host>>, folder: PathBuf) -> anyhow::Result<Host> {
        let handle = tokio::runtime::Handle::current();
        let open = || async {
            fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
            anyhow::Ok(Host::open(Options::new(&folder), handle)?)
        };
        cell.get_or_try_init(open).await.cloned()
    }

    /// Notes that a document was closed by its person: it is not offered back.
    pub fn forget(&self, document: &Document) {
        if let Home::Own { name, folder, .. } = &document.home {
            let mark = folder.join(format!("{name}.{CLOSED}"));
            if let Err(error) = fs::write(&mark, b"") {
                tracing::warn!(%error, "a closed drawing may be offered back at the next start");
            }
        }
    }

    /// Ends everything: rooms are left, logs are closed, and what nobody needs any more is removed.
    pub fn close(&mut self, documents: impl Iterator<Item = Document>) {
        let mut hosts: BTreeMap<PathBuf, Host> = BTreeMap::new();
        if let Some(host) = self.host.get() {
            hosts.insert(self.work_dir.clone(), host.clone());
        }
        for document in documents {
            self.forget(&document);
            if let Home::Own { host, folder, .. } = &document.home {
                hosts.insert(folder.clone(), host.clone());
            }
            // Dropping its link leaves its room.
        }
        for (folder, host) in hosts {
            self.runtime.block_on(host.close());
            if needed(&folder).is_empty()
                && let Err(error) = fs::remove_dir_all(&folder)
            {
                tracing::warn!(%error, "the folder of this run stays");
            }
        }
    }
}

/// Folders of earlier runs with drawings in them that were changed and not closed. What else earlier runs left, and no
/// running program holds, is removed.
fn leftovers(work: &Path) -> Vec<PathBuf> {
    let Ok(folders) = fs::read_dir(work) else { return Vec::new() };
    let mut found = Vec::new();
    for folder in folders.flatten().map(|folder| folder.path()) {
        let logs = logs_in(&folder);
        let states: Vec<_> = needed(&folder).iter().map(|name| state_of(&log_path(&folder, name))).collect();
        if states.contains(&State::Changed) {
            found.push(folder);
        } else if !logs.is_empty() && logs.iter().all(|name| state_of(&log_path(&folder, name)) != State::Held) {
            // It stays where it can't be removed, and does no harm there.
            let _ = fs::remove_dir_all(&folder);
        }
    }
    found.sort();
    found
}

/// The names of the drawings in a folder that were changed and not closed, and that no running program holds.
pub(super) fn work_in(folder: &Path) -> Vec<String> {
    let mut names = needed(folder);
    names.retain(|name| state_of(&log_path(folder, name)) == State::Changed);
    names
}

fn log_path(folder: &Path, name: &str) -> PathBuf {
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

fn state_of(log: &Path) -> State {
    const ENTRIES: usize = 256;
    const BYTES: usize = 4 << 20;
    let reader = match oplog::LogReader::open(log) {
        Ok((reader, _)) => reader,
        Err(oplog::LogError::Held { .. }) => return State::Held,
        Err(_) => return State::Changed,
    };
    let mut after = protocol::Seq(0);
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
