//! Bringing a saved log into a server, with its whole history. One log is on one server once: a second copy under another
//! name would go on as another branch under the same id, and nobody could tell them apart.

use std::path::{Path, PathBuf};

use oplog::LogReader;
use protocol::{LogId, Position};

use super::{copy_as, verify};
use crate::passing::PassingFile;
use crate::{Host, HostError, Listing, name, secret};

/// A saved log that may be brought in.
struct Checked {
    file: PathBuf,
    position: Position,
    title: String,
    /// A copy of our own goes when it is no longer needed.
    _own: Option<PassingFile>,
}

/// Checks that a log is whole and makes a drawing; where it ends.
///
/// # Errors
/// Why it can't be brought in.
pub fn check_log(file: &Path) -> Result<Position, HostError> {
    let refused = |why: String| HostError::NotAdded { title: file.display().to_string(), why };
    let verified = verify(file, &mut |_, _, _| {})?;
    if verified.in_use {
        return Err(refused("it is in use by another program; take a copy of it by a backup, and add that".into()));
    }
    if let Some(wrong) = verified.wrong.first() {
        return Err(refused(format!("it is damaged: {wrong}")));
    }
    let (reader, _) = LogReader::open(file)?;
    Ok(reader.position())
}

impl Host {
    /// Adds a drawing with its whole history from a saved log. With `as_new` it is another log from here on, which has
    /// the same past; else there may be no other copy of it here.
    ///
    /// # Errors
    /// [`HostError::NotAdded`] with the reason, `Log`; what was here is as it was.
    pub async fn add_log(&self, file: &Path, title: Option<&str>, as_new: bool) -> Result<Listing, HostError> {
        let (host, file, title) = (self.clone(), file.to_owned(), title.map(str::to_owned));
        let about = file.display().to_string();
        let added = self.to_the_end(&about, async move { host.add_log_now(&file, title.as_deref(), as_new).await });
        added.await
    }

    async fn add_log_now(&self, file: &Path, title: Option<&str>, as_new: bool) -> Result<Listing, HostError> {
        let about = file.display().to_string();
        let refused = |why: String| HostError::NotAdded { title: about.clone(), why };
        let passing = self.inner.passing.file()?;
        let from = file.to_owned();
        let checking = tokio::task::spawn_blocking(move || prepare(&from, as_new, passing)).await;
        let checked = checking.map_err(|_| refused("reading it ended early".into()))??;
        let alone = self.inner.adding.lock().await;
        if self.is_closing() {
            return Err(HostError::Closing);
        }
        self.may_add()?;
        if let Some(holder) = self.inner.shelf.holder_of(checked.position.log).await? {
            let why = format!(
                "the same log is here already, as {holder}; open that one, or add this as a drawing of its own with --as-new"
            );
            return Err(refused(why));
        }
        let taken = self.drawings().into_iter().map(|listing| listing.name).collect();
        // Its name in addresses is that of the file, unless it is told another; its title is in its entries.
        let wanted = name::slug(title.unwrap_or(&name::title_of_log(&about)));
        let listing = self.inner.shelf.adopt(checked.file.clone(), &checked.title, wanted, taken).await?;
        self.put_up(listing.clone());
        if let Some(shared) = self.inner.shelf.shared() {
            shared.announce().await;
        }
        drop(alone);
        tracing::info!(drawing = listing.name, entries = checked.position.seq.0, "added with its history");
        match title.filter(|title| *title != listing.title) {
            Some(title) => {
                self.rename(&listing.name, title).await?;
                self.listing(&listing.name)
            }
            None => Ok(listing),
        }
    }
}

/// Checks a log, and makes it another if so wished.
fn prepare(file: &Path, as_new: bool, passing: PassingFile) -> Result<Checked, HostError> {
    let position = check_log(file)?;
    let (reader, _) = LogReader::open(file)?;
    let title = title(&reader).unwrap_or_else(|| name::title_of_log(&file.display().to_string()));
    if !as_new {
        return Ok(Checked { file: file.into(), position, title, _own: None });
    }
    let position = copy_as(&reader, LogId(secret::random()?), position.seq, passing.path(), &mut |_, _, _| {})?;
    Ok(Checked { file: passing.path().into(), position, title, _own: Some(passing) })
}

/// What the drawing of a log is called.
fn title(reader: &LogReader) -> Option<String> {
    let mut replay = collab::Replay::new();
    let mut source = super::source::LogSource { reader, trusting: true };
    let end = reader.position().seq;
    replay.seek(&mut source, end, |_, _, _| std::ops::ControlFlow::Continue(())).ok()?.is_continue().then_some(())?;
    Some(replay.room()?.title().to_owned())
}
