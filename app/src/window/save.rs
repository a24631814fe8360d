//! Saving: what the file was comes out of the log, what changed is patched into it, and the result is written whole.
//! Whatever happened to the room, what one sees can be saved.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use collab::Status;
use drawing::{Drawing, DrawingHash, Op};
use protocol::Hash;

use super::Window;
use super::backstage::{Picked, Purpose, Report};
use super::origin::Origin;
use crate::action::Action;
use crate::dialogs::Dialog;
use crate::document::{Course, Document, Home, Part, Saving, Step, Then};
use crate::file::{self, Stamp};
use crate::review::Wish;
use crate::work::caught;

/// What is said where what would be saved is not what is seen.
const OF_NOW: &str = "You look at the past, and a save writes what is now";
/// What is said of a copy that is written anew, since the file that the drawing came from is not here.
const WRITTEN_ANEW: &str =
    "the file it came from is not here, so it was written anew, without what Linework does not understand";

/// What a save needs, unpacked.
pub struct Prepared {
    source: Option<Vec<u8>>,
    original: Drawing,
    /// Why the file is not a patched one, if it isn't.
    anew: bool,
    /// The drawing as it was when this began, and the handles that it needs.
    frozen: Drawing,
    mint: Option<Op>,
}

/// How a save went.
pub struct Written {
    path: PathBuf,
    /// Which save it was.
    course: Arc<Course>,
    /// What the file holds now, as far as the room knows.
    hash: DrawingHash,
    result: anyhow::Result<Outcome>,
}

/// What became of a file.
enum Outcome {
    /// It was written.
    Done {
        /// What could not be written into it.
        notes: Vec<String>,
        /// What it looks like now.
        stamp: Option<Stamp>,
    },
    /// Something else wrote it meanwhile, so it was left alone.
    Changed,
    /// It was stopped before anything was written.
    Stopped,
}

impl Window {
    /// Where a document is among those that are open.
    pub(super) fn place_of(&self, document: u64) -> Option<usize> {
        self.documents.iter().position(|each| each.id == document)
    }

    /// Saves the document in front to its file, or asks where to.
    pub(super) fn save(&mut self, then: Then) {
        let Some(document) = self.document().filter(|document| document.is_here()) else { return };
        if matches!(document.home, Home::Log(_)) {
            return self.is_read_only("save it");
        }
        if document.is_looking_back() && then == Then::Stay {
            return self.offer(OF_NOW, "Back to now", Action::Review(Wish::Leave));
        }
        let id = document.id;
        match (&document.home, document.file.path.clone()) {
            (Home::Own { .. }, Some(path)) => self.save_to(id, path, then),
            _ => self.pick_to_save(then),
        }
    }

    /// Saves a document to a file, unless that changed on disk since it was read.
    pub(super) fn save_to(&mut self, id: u64, path: PathBuf, then: Then) {
        let Some(at) = self.place_of(id) else {
            return self.warn("The drawing is closed already; nothing was written");
        };
        let document = &mut self.documents[at];
        if !document.is_here() {
            return;
        }
        if let Some(saving) = &mut document.file.saving {
            if then != Then::Stay {
                saving.then = then;
            }
            return self.say("It is being saved already");
        }
        let path = std::path::absolute(&path).unwrap_or(path);
        // What is in a log is nowhere else.
        if super::review::is_log(&path) {
            let name = path.display();
            return self.warn(format!("{name} is an op log or would be taken for one; nothing was written"));
        }
        let document = &mut self.documents[at];
        let own = document.file.path.as_ref() == Some(&path);
        if own && document.file.stamp != Stamp::of(&path) {
            self.dialog = Dialog::ChangedOnDisk { document: id, path, then };
            return;
        }
        document.file.saving = Some(Saving { path, writing: false, told: false, then, course: Arc::default() });
        self.say("Saving...");
        self.go_on_saving(at);
    }

    /// Saves over a file although it changed on disk.
    pub(super) fn save_over(&mut self, id: u64, then: Then) {
        if let Some(at) = self.place_of(id)
            && let Some(path) = self.documents[at].file.path.clone()
        {
            self.documents[at].file.stamp = Stamp::of(&path);
            self.save_to(id, path, then);
        }
    }

    /// Gives up a save, as long as nothing is written yet.
    pub(super) fn stop_saving(&mut self, id: u64) {
        let Some(at) = self.place_of(id) else { return };
        let saving = &mut self.documents[at].file.saving;
        if saving.take_if(|saving| saving.course.stop()).is_some() {
            self.say("Saving was stopped; nothing was written");
        } else if saving.is_some() {
            self.say("It is being written already");
        }
    }

    /// A part of what a save needs is here: it is kept on the disk, so that nobody has to answer for it again.
    pub(super) fn take_part(&mut self, at: usize, hash: Hash, bytes: Option<Vec<u8>>) {
        let (folder, pool) = (self.backstage.work_dir.clone(), self.backstage.studio.pool.clone());
        let document = &mut self.documents[at];
        let id = document.id;
        let Some(bytes) = bytes else {
            document.parts.insert(hash, Part::Absent);
            return self.go_on_saving(at);
        };
        let bytes = Arc::new(bytes);
        document.parts.insert(hash, Part::Here(bytes.clone()));
        let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        pool.give(move || {
            let path = parts_folder(&folder, id).join(hash.to_string());
            let kept = std::fs::create_dir_all(parts_folder(&folder, id))
                .context("a folder for it can't be made")
                .and_then(|()| file::write_whole(&path, &bytes));
            match kept {
                // Where the window is gone, nobody waits for it.
                Ok(()) => drop(reports.send(Report::Kept(id, hash, path))),
                // It stays in memory.
                Err(error) => tracing::warn!(%error, "what a save needs could not be kept on the disk"),
            }
            wake();
        });
        self.go_on_saving(at);
    }

    /// A part is on the disk, and need not be in memory.
    pub(super) fn take_kept(&mut self, id: u64, hash: Hash, path: PathBuf) {
        match self.place_of(id) {
            Some(at) => drop(self.documents[at].parts.insert(hash, Part::Kept(path))),
            None => remove_parts(&self.backstage.work_dir, id),
        }
    }

    /// Saves that wait for the room: on with those that need wait no longer.
    pub(super) fn look_after_saves(&mut self) {
        for at in 0..self.documents.len() {
            if self.documents[at].file.saving.as_ref().is_some_and(|saving| !saving.writing) {
                self.go_on_saving(at);
            }
            self.note_saved(at);
        }
    }

    /// Begins to make the file once all that it needs is here, or nobody can give it any more.
    fn go_on_saving(&mut self, at: usize) {
        let document = &mut self.documents[at];
        if document.file.saving.as_ref().is_none_or(|saving| saving.writing) {
            return;
        }
        let own = match &document.home {
            Home::Own { name, folder, .. } => Some(folder.join(format!("{name}.linework"))),
            Home::Joined(_) | Home::Log(_) => None,
        };
        let over = matches!(document.session.status(), Status::Ended { .. });
        let (source, original) = (document.session.source(), document.session.original());
        let wanted = source.into_iter().chain(original);
        let missing: Vec<_> = wanted.filter(|hash| !document.parts.contains_key(hash)).collect();
        if !missing.is_empty() && !over {
            missing.iter().for_each(|hash| document.session.request_blob(*hash));
            let waits = !matches!(document.session.status(), Status::Live | Status::Joining { .. });
            let (id, title) = (document.id, document.title.clone());
            if let Some(saving) = document.file.saving.as_mut().filter(|saving| waits && !saving.told) {
                saving.told = true;
                let words = format!("Saving {title} waits for the connection: the file it came from is not here yet");
                self.offer(words, "Stop waiting", Action::StopSaving(id));
            }
            return;
        }
        let part = |hash: Option<Hash>| hash.map(|hash| (hash, document.parts.get(&hash).cloned()));
        let (source, original) = (part(source), part(original));
        let frozen = document.session.drawing().clone();
        let Some(saving) = &mut document.file.saving else { return };
        saving.writing = true;
        let course = saving.course.clone();
        let (id, reports, wake) = (document.id, self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        self.backstage.studio.pool.give(move || {
            if !course.enter(Step::Reads) {
                return;
            }
            let prepared = caught("preparing the file", || prepare(own.as_deref(), source, original, frozen));
            // As above.
            let _ = reports.send(Report::Prepared(id, course, prepared.map(Box::new)));
            wake();
        });
    }

    /// Gives handles to what has none, and has the file made and written.
    pub(super) fn take_prepared(&mut self, id: u64, course: &Arc<Course>, prepared: anyhow::Result<Box<Prepared>>) {
        let Some(at) = self.place_of(id) else { return };
        let document = &mut self.documents[at];
        // One that was stopped has nothing to say; the next is another.
        let Some(saving) = document.file.saving.as_ref().filter(|saving| Arc::ptr_eq(&saving.course, course)) else {
            return;
        };
        let (path, course) = (saving.path.clone(), course.clone());
        let prepared = prepared.and_then(|prepared| {
            let (current, hash) = minted(document, &prepared)?;
            Ok((prepared, current, hash))
        });
        let (prepared, current, hash) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                document.file.saving = None;
                return self.warn(format!("Not saved: {error:#}. The file is as it was"));
            }
        };
        let own = document.file.path.as_ref() == Some(&path);
        let expected = own.then_some(document.file.stamp);
        let noted = document.file.noted.0;
        let beside = match &document.home {
            Home::Own { name, folder, .. } => Some((folder.clone(), name.clone())),
            Home::Joined(_) | Home::Log(_) => None,
        };
        let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        let wake_soon = self.backstage.studio.wake_soon.clone();
        self.backstage.studio.pool.give(move || {
            let enter = |step| {
                wake_soon();
                course.enter(step)
            };
            let result = caught("writing the file", || write(&path, expected, &prepared, &current, &enter));
            if let (Ok(Outcome::Done { stamp, .. }), Some((folder, name))) = (&result, &beside) {
                // At once: after a crash, this is where the drawing belongs.
                let origin = Origin { path: Some(path.clone()), stamp: *stamp, saved: Some(hash), noted };
                if let Err(error) = origin.write(folder, name) {
                    tracing::warn!(%error, "where the drawing is saved was not noted beside its log");
                }
            }
            // As above.
            let _ = reports.send(Report::Saved(id, Box::new(Written { path, course, hash, result })));
            wake();
        });
    }

    /// A drawing was written, or not.
    pub(super) fn take_saved(&mut self, ctx: &egui::Context, id: u64, written: Written) {
        let Some(at) = self.place_of(id) else { return };
        let document = &mut self.documents[at];
        let Written { path, course, hash, result } = written;
        // As above.
        let Some(saving) = document.file.saving.take_if(|saving| Arc::ptr_eq(&saving.course, &course)) else { return };
        let then = saving.then;
        let (notes, stamp) = match result {
            Ok(Outcome::Done { notes, stamp }) => (notes, stamp),
            Ok(Outcome::Stopped) => return,
            Ok(Outcome::Changed) => {
                self.active = at;
                self.dialog = Dialog::ChangedOnDisk { document: id, path, then };
                return;
            }
            Err(error) => return self.warn(format!("Not saved: {error:#}")),
        };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        document.file.saved = Some(hash);
        document.unnoted = true;
        if matches!(document.home, Home::Own { .. }) {
            document.title.clone_from(&name);
            document.file.stamp = stamp;
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
            // Asks again where more was changed since.
            Then::Close => self.close(at),
            Then::Quit => {
                self.close(at);
                if self.place_of(id).is_none() {
                    self.perform(ctx, Action::Run(crate::command::Command::Quit));
                } else if let Dialog::Unsaved { then_quit, .. } = &mut self.dialog {
                    *then_quit = true;
                }
            }
        }
    }

    /// Notes beside the log up to where the file has everything, once the log has it all.
    fn note_saved(&mut self, at: usize) {
        let document = &mut self.documents[at];
        let (Home::Own { name, folder, .. }, Some(position)) = (&document.home, document.session.position()) else {
            return;
        };
        let same = document.file.saved == Some(document.session.drawing().drawn_hash());
        if !same || document.session.waiting() > 0 || document.file.path.is_none() || document.file.saving.is_some() {
            return;
        }
        // Whoever comes and goes adds entries too; they are of no interest.
        if !document.unnoted {
            return;
        }
        document.unnoted = false;
        document.file.noted = position.seq;
        let file = &document.file;
        let (path, stamp, saved) = (file.path.clone(), file.stamp, file.saved);
        if let Err(error) = (Origin { path, stamp, saved, noted: position.seq.0 }).write(folder, name) {
            tracing::warn!(%error, "what is saved was not noted beside the log");
        }
    }

    /// Asks for a file to open: with the system's dialog, or where there is none with a field.
    pub(super) fn pick_to_open(&mut self) {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Open drawing")
            .add_filter("Drawings and saved logs", &["dxf", "DXF", "linework"]);
        self.ask(Purpose::Open, String::new(), async move { dialog.pick_file().await });
    }

    /// Asks for a file to save the document in front to.
    pub(super) fn pick_to_save(&mut self, then: Then) {
        let Some(document) = self.document().filter(|document| document.is_here()) else { return };
        if matches!(document.home, Home::Log(_)) {
            return self.is_read_only("save it");
        }
        if document.is_looking_back() && then == Then::Stay {
            return self.offer(OF_NOW, "Back to now", Action::Review(Wish::Leave));
        }
        let id = document.id;
        let name = if document.title.to_lowercase().ends_with(".dxf") {
            document.title.clone()
        } else {
            format!("{}.dxf", document.title)
        };
        let folder = document.file.path.as_ref().and_then(|path| path.parent()).map(Path::to_owned);
        let shown = document.file.path.as_ref().map_or(name.clone(), |path| path.display().to_string());
        let mut dialog = rfd::AsyncFileDialog::new().set_title("Save drawing as").set_file_name(name);
        if let Some(folder) = folder {
            dialog = dialog.set_directory(folder);
        }
        self.ask(Purpose::Save { document: id, then }, shown, async move { dialog.save_file().await });
    }

    /// The field is there at once; where a portal answers, its dialog lies over it and its answer counts.
    pub(super) fn ask(
        &mut self,
        purpose: Purpose,
        path: String,
        answer: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static,
    ) {
        let request = self.backstage.number();
        self.asked = Some(request);
        self.dialog = Dialog::path(purpose, path);
        let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        self.backstage.runtime.spawn(async move {
            let picked = answer.await.map_or(Picked::Nothing, |file| Picked::File(file.path().to_owned()));
            // As above.
            let _ = reports.send(Report::Picked(request, purpose, picked));
            wake();
        });
    }

    /// The system's dialog was answered: for what it was asked for, whatever is in front by now.
    pub(super) fn take_picked(&mut self, ctx: &egui::Context, request: u64, purpose: Purpose, picked: Picked) {
        // No portal and a closed dialog look alike: the field stays for both.
        let Picked::File(path) = picked else { return };
        if self.asked != Some(request) {
            let name = path.display();
            return self
                .warn(format!("{name} was not used: the question it answers was answered in the window already"));
        }
        if matches!(&self.dialog, Dialog::Path { purpose: shown, .. } if *shown == purpose) {
            self.dialog = Dialog::None;
        }
        self.picked(ctx, purpose, path);
    }

    /// A file was picked, by whichever dialog.
    pub(super) fn picked(&mut self, ctx: &egui::Context, purpose: Purpose, path: PathBuf) {
        self.asked = None;
        match purpose {
            Purpose::Open => self.perform(ctx, Action::OpenFile(path)),
            Purpose::Save { document, then } => self.save_to(document, file::with_ending(path), then),
            Purpose::SaveLog { document } => self.save_log(document, file::with_log_ending(path)),
        }
    }
}

/// The folder for what saving a document needs.
fn parts_folder(work_dir: &Path, document: u64) -> PathBuf {
    work_dir.join(format!("parts-{document}"))
}

/// Removes what saving a document would have needed.
pub(super) fn remove_parts(work_dir: &Path, document: u64) {
    match std::fs::remove_dir_all(parts_folder(work_dir, document)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "what a closed drawing left behind goes with the folder of this run");
        }
        _ => {}
    }
}

/// The drawing to be written, and what the room takes it for. Handles go to the room where it answers; where it
/// doesn't, the file has them and the room hasn't.
fn minted(document: &mut Document, prepared: &Prepared) -> anyhow::Result<(Drawing, DrawingHash)> {
    let shown = document.session.drawing().clone();
    let op = if shown.hash() == prepared.frozen.hash() {
        prepared.mint.clone()
    } else {
        formats::mint(prepared.source.as_deref(), &prepared.original, &shown)
    };
    let Some(op) = op else {
        let hash = shown.drawn_hash();
        return Ok((shown, hash));
    };
    if *document.session.status() == Status::Live && document.may_edit() && !prepared.anew {
        match document.session.submit(op.clone()) {
            Ok(changes) => {
                document.take_changes(changes);
                let current = document.session.drawing().clone();
                let hash = current.drawn_hash();
                return Ok((current, hash));
            }
            Err(error) => tracing::warn!(%error, "handles are in the file only"),
        }
    }
    let mut current = shown.clone();
    current.apply(&op).context("new things could not be given handles")?;
    Ok((current, shown.drawn_hash()))
}

/// Unpacks what a save needs. Of somebody else's drawing a copy is written in any case; a file of one's own is not
/// replaced by less than it was.
fn prepare(
    own_log: Option<&Path>,
    source: Option<(Hash, Option<Part>)>,
    original: Option<(Hash, Option<Part>)>,
    frozen: Drawing,
) -> anyhow::Result<Prepared> {
    let joined = own_log.is_none();
    let unpacked = || {
        let source = source.map(|(hash, part)| bytes_of(own_log, hash, part)).transpose();
        let source = source.context("the file that this drawing came from")?;
        let (hash, part) = original.context("the drawing was never here")?;
        let original = bytes_of(own_log, hash, part).context("the drawing as it was opened")?;
        let original = protocol::decode_drawing(&original).context("the drawing as it was opened can't be read")?;
        anyhow::Ok((source, original))
    };
    let (source, original, anew) = match unpacked() {
        Ok((source, original)) => (source, original, false),
        Err(error) if joined => {
            tracing::warn!(%error, "a copy is written anew");
            (None, Drawing::new(), true)
        }
        Err(error) => return Err(error),
    };
    let mint = formats::mint(source.as_deref(), &original, &frozen);
    Ok(Prepared { source, original, anew, frozen, mint })
}

fn bytes_of(own_log: Option<&Path>, hash: Hash, part: Option<Part>) -> anyhow::Result<Vec<u8>> {
    let bytes = match part {
        Some(Part::Here(bytes)) => bytes.to_vec(),
        Some(Part::Kept(path)) => std::fs::read(&path).with_context(|| format!("{} can't be read", path.display()))?,
        Some(Part::Absent) => anyhow::bail!("is not in its log any more"),
        // The room is over, so its log is free to be read.
        None => {
            let log = own_log.context("had not arrived when the connection ended")?;
            let (reader, _) = oplog::LogReader::open(log)?;
            reader.blob(&hash)?.context("is not in its log any more")?
        }
    };
    anyhow::ensure!(Hash::of(&bytes) == hash, "is damaged");
    Ok(bytes)
}

fn write(
    path: &Path,
    expected: Option<Option<Stamp>>,
    prepared: &Prepared,
    current: &Drawing,
    enter: &dyn Fn(Step) -> bool,
) -> anyhow::Result<Outcome> {
    if !enter(Step::Makes) {
        return Ok(Outcome::Stopped);
    }
    let saved = formats::save(prepared.source.as_deref(), &prepared.original, current)
        .context("the file could not be made; the drawing stays in its log")?;
    // Right before it is replaced: making it takes a while.
    if expected.is_some_and(|expected| expected != Stamp::of(path)) {
        return Ok(Outcome::Changed);
    }
    let mut notes = saved.notes;
    if prepared.anew {
        notes.insert(0, WRITTEN_ANEW.into());
    }
    if !enter(Step::Writes) {
        return Ok(Outcome::Stopped);
    }
    let there = path.exists() && std::fs::read(path).is_ok_and(|bytes| bytes == saved.bytes);
    if !there && let Some(note) = file::replace(path, &saved.bytes)? {
        notes.push(note);
    }
    Ok(Outcome::Done { notes, stamp: Stamp::of(path) })
}
