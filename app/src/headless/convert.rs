//! `linework convert`: a drawing into an op log and out of it again, or out of one that there is.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use oplog::{Appended, Log, NewEntry};
use protocol::{Entry, Event, LogId};
use scene::TextMode;

use super::input::{Input, is_log};
use super::look::Look;
use super::output;

/// How a picture looks that nobody said more of; `linework render` asks for more.
const PICTURE: Look = Look { text: TextMode::Drawn, dark: false, ink: false, size: [1600, 1000], view: None };

/// What `linework convert` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "For example:\n  linework convert plan.linework plan.dxf\n  \
                        linework convert plan.dxf copy.dxf --log plan.linework\n  \
                        linework convert plan.linework then.dxf --at 120\n  \
                        linework convert plan.linework then.png --at 120")]
pub struct Convert {
    /// A DXF file, or a saved op log: then the drawing as it was at its end.
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// The DXF file that is written; of an op log, a picture if the name ends in .png.
    #[arg(value_name = "OUT.dxf|OUT.png")]
    to: PathBuf,
    /// Of an op log: the drawing as it was after this entry, and not at the end.
    #[arg(long, value_name = "SEQ")]
    at: Option<u64>,
    /// Where the op log that a DXF file goes through is kept; it is thrown away if not given.
    #[arg(long, value_name = "FILE.linework")]
    log: Option<PathBuf>,
}

impl Convert {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        output::spare_logs(&self.to)?;
        if is_log(&self.from)? {
            if self.log.is_some() {
                bail!("{} is an op log already, so --log makes no sense", self.from.display());
            }
            return self.export(&self.from);
        }
        if self.at.is_some() {
            bail!("{} is not an op log, so --at makes no sense", self.from.display());
        }
        if self.is_picture() {
            bail!(
                "a picture of a DXF file is made by: linework render {} --out {}",
                self.from.display(),
                self.to.display()
            );
        }
        match &self.log {
            Some(log) => {
                self.import(log)?;
                self.export(log)
            }
            None => {
                // A folder of its own goes with all that the log keeps beside itself, on every way out.
                let folder =
                    tempfile::tempdir().context("no folder could be made for the log that this goes through")?;
                let log = folder.path().join("passing.linework");
                self.import(&log)?;
                self.export(&log)
            }
        }
    }

    /// Starts a log from the DXF file.
    fn import(&self, path: &Path) -> anyhow::Result<()> {
        let input = Input::read_drawing(&self.from)?;
        input.tell_findings(&self.from);
        let mut log = Log::create(path, LogId(crate::settings::random().to_le_bytes()))?;
        let source = match input.origin.as_ref().and_then(|origin| origin.source.as_ref()) {
            Some(bytes) => Some(log.put_blob(bytes)?),
            None => None,
        };
        let snapshot = log.put_blob(&protocol::encode_drawing(&input.drawing))?;
        let title = self.from.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let event = Event::Created { title, source, snapshot, drawing: input.drawing.hash() };
        let kind = event.kind().to_owned();
        let time_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let payload = protocol::encode_entry(&Entry { time_ms, author: None, event })?;
        let start = log.position();
        match log.append(&start, &[NewEntry { payload, time_ms, author: String::new(), kind }])? {
            Appended::Stored(_) => {}
            Appended::Behind(at) => bail!("{} has {} entries already", path.display(), at.seq),
        }
        log.close()?;
        Ok(())
    }

    fn is_picture(&self) -> bool {
        self.to.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
    }

    /// Writes the drawing as it was at the entry asked for, or at the end of a log.
    fn export(&self, log: &Path) -> anyhow::Result<ExitCode> {
        let input = Input::read_log(log, self.at, !self.is_picture())?;
        input.tell_findings(log);
        if self.is_picture() {
            let space = input.drawing.model_space().context("the drawing has no model space")?;
            for words in PICTURE.save(&input.drawing, space, &self.to)? {
                eprintln!("{}: {words}", self.from.display());
            }
        } else {
            let bytes = output::export(&input, input.drawing.clone())?;
            output::write(&self.from, &self.to, &bytes)?;
        }
        Ok(if input.broken.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
