//! The commands beside serving: each reads what it is given, does one thing and says what came of it. Status 0 where all
//! is well, 1 where something is damaged or wrong, 2 where it could not be done.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use protocol::Seq;
use server::upkeep::{self, Copied, Finding, State, Verified};
use server::{Host, Options};

use super::output::{self, Watched};
use super::place::Place;

/// What the program does besides serving.
#[derive(Debug, clap::Subcommand)]
pub enum Work {
    /// Reads logs whole and says whether each is what was stored
    Verify(Verify),
    /// Copies drawings while they are in use, each as one whole file
    Backup(Backup),
    /// Writes a drawing as a file, as it is or as it was
    Export(Export),
    /// Adds a drawing from a file
    Import(Import),
    /// Looks at the machine and the drawings, and says what is wrong and what to do
    Doctor(Doctor),
}

/// `verify`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  linework-server verify --data drawings\n  linework-server verify plan.linework --json\n\n\
                        The chain, the blobs and the file are checked, all entries are followed from the first to the last, and \
                        each checkpoint is compared with what they give. Logs that a server is at work with are read as they \
                        are at that moment.\n\nExit status: 0 if all are whole, 1 if one is damaged, 2 if it could not be done."
)]
pub struct Verify {
    /// Logs; none: all of the data folder
    #[arg(value_name = "FILE.linework", conflicts_with_all = ["data"])]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// One JSON object a log
    #[arg(long)]
    json: bool,
}

/// `backup`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  linework-server backup --data drawings --to /backups/2026-12-01\n  \
                        linework-server backup --redis redis://127.0.0.1:6379 --drawing plan --to /backups/plan\n\n\
                        A server may be at work with them. Each copy is one whole file, and is read again after it was written. \
                        What lets people in is copied too, so that the copy can be served: keep it as private as the drawings. \
                        A file that is there already is never written over: give each backup a folder of its own.\n\n\
                        Exit status: 0 if all copies are whole, 1 if one is damaged as its log is, 2 if it could not be done.")]
pub struct Backup {
    #[command(flatten)]
    place: Place,
    /// Only this drawing, by its name in addresses
    #[arg(long, value_name = "NAME")]
    drawing: Option<String>,
    /// The folder for the copies; made if it isn't there
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// One JSON object a copy
    #[arg(long)]
    json: bool,
}

/// `export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  linework-server export plan --data drawings --to plan.dxf\n  \
                        linework-server export plan --data drawings --at 120 --to then.linework\n\n\
                        A server may be at work with it.\n\nExit status: 0 if it was written, 2 if not.")]
pub struct Export {
    /// The drawing, by its name in addresses
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    place: Place,
    /// As it was after this entry, and not as it is
    #[arg(long, value_name = "SEQ")]
    at: Option<u64>,
    /// The file to write: a drawing, or its log
    #[arg(long, value_name = "FILE.dxf|FILE.linework")]
    to: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// `import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  linework-server import plan.dxf --data drawings\n  \
                        linework-server import plan.linework --redis redis://127.0.0.1:6379 --name \"Ground floor\"\n\n\
                        A log keeps its history. One that is there already, under whatever name, is not added again: with \
                        --as-new it becomes a drawing of its own with the same past. No server may be at work with the folder; \
                        one over a Redis may.\n\nExit status: 0 if it was added, 2 if not; then all is as it was.")]
pub struct Import {
    /// A drawing or a saved log
    #[arg(value_name = "FILE.dxf|FILE.linework")]
    file: PathBuf,
    #[command(flatten)]
    place: Place,
    /// What it is called, and not as its file is
    #[arg(long, value_name = "TITLE")]
    name: Option<String>,
    /// Of a log: as a drawing of its own, also if the same log is there
    #[arg(long)]
    as_new: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// `doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  linework-server doctor --data drawings --listen 0.0.0.0:4848\n\n\
                        Nothing is changed, and a server may be at work.\n\n\
                        Exit status: 0 if nothing is wrong, 1 if something is, 2 if it could not be looked at.")]
pub struct Doctor {
    #[command(flatten)]
    place: Place,
    /// Where a server is to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4848")]
    listen: SocketAddr,
    /// One JSON object a finding
    #[arg(long)]
    json: bool,
}

impl Work {
    /// Does it.
    pub async fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Work::Verify(verify) => verify.run().await,
            Work::Backup(backup) => backup.run().await,
            Work::Export(export) => export.run().await,
            Work::Import(import) => import.run().await,
            Work::Doctor(doctor) => doctor.run().await,
        }
    }
}

fn status(well: bool) -> ExitCode {
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Verify {
    async fn run(&self) -> anyhow::Result<ExitCode> {
        // Goes with everything in it at the end.
        let folder = tempfile::tempdir().context("no folder could be made for what is copied on the way")?;
        let mut files = self.files.clone();
        if files.is_empty() {
            files = self.all(folder.path()).await?;
        }
        let (mut well, mut unread) = (true, Ok(()));
        for file in &files {
            let mut watched = Watched::new(file.display().to_string());
            match upkeep::verify(file, &mut |what, done, of| watched.tell(what, done, of)) {
                Ok(verified) => {
                    drop(watched);
                    well &= verified.whole;
                    self.tell(&verified)?;
                }
                // The others are looked at all the same.
                Err(error) => {
                    drop(watched);
                    if let Err(before) = std::mem::replace(&mut unread, Err(anyhow::Error::from(error))) {
                        eprintln!("linework-server: {before:#}");
                    }
                }
            }
        }
        unread?;
        Ok(status(well))
    }

    /// All logs of the place; those of a Redis as they are now, in a folder.
    async fn all(&self, into: &Path) -> anyhow::Result<Vec<PathBuf>> {
        #[cfg(feature = "redis")]
        if let Some(place) = self.place.connected().await? {
            let mut files = Vec::new();
            for listing in place.listed().await? {
                files.push(upkeep::fetch_log(&place, &listing.name, into).await?);
            }
            return Ok(files);
        }
        let _ = into;
        let data = self.place.folder()?;
        Ok(upkeep::logs_of(&data)?.into_iter().map(|(_, path)| path).collect())
    }

    fn tell(&self, verified: &Verified) -> anyhow::Result<()> {
        if self.json {
            return output::json(verified);
        }
        let Verified { file, entries, head, checkpoints, in_use, wrong, .. } = verified;
        let file = file.display();
        for wrong in wrong {
            output::line(&format!("{file}: {wrong}"));
        }
        if wrong.is_empty() {
            let meanwhile = if *in_use { ", in use" } else { "" };
            output::line(&format!(
                "{file} is whole{meanwhile}: {entries} entries, head {head}, {checkpoints} checkpoints"
            ));
        }
        Ok(())
    }
}

impl Backup {
    async fn run(&self) -> anyhow::Result<ExitCode> {
        let mut watched = Watched::new("backup");
        let mut progress = |what: &str, done, of| watched.tell(what, done, of);
        let only = self.drawing.as_deref();
        let copies = match self.place.url() {
            #[cfg(feature = "redis")]
            Some(_) => match self.place.connected().await? {
                Some(place) => upkeep::backup_redis(&place, only, &self.to, &mut progress).await?,
                None => Vec::new(),
            },
            _ => upkeep::backup_folder(&self.place.folder()?, only, &self.to, &mut progress)?,
        };
        drop(watched);
        for copy in &copies {
            if self.json {
                output::json(copy)?;
                continue;
            }
            let Copied { name, file, entries, head, wrong, .. } = copy;
            output::line(&match wrong {
                None => format!("{name}: {entries} entries, head {head}, in {}", file.display()),
                Some(wrong) => format!("{name}: {wrong}; copied as it is, in {}", file.display()),
            });
        }
        if copies.is_empty() && !self.json {
            output::line("There is no drawing to copy.");
        }
        Ok(status(copies.iter().all(|copy| copy.wrong.is_none())))
    }
}

impl Export {
    async fn run(&self) -> anyhow::Result<ExitCode> {
        let folder = tempfile::tempdir().context("no folder could be made for what is copied on the way")?;
        let log = self.log(folder.path()).await?;
        let mut watched = Watched::new(self.name.clone());
        let mut progress = |what: &str, done, of| watched.tell(what, done, of);
        let at = self.at.map(Seq);
        let taken = match ending(&self.to).as_deref() {
            Some("dxf") => upkeep::take_dxf(&log, at, &self.to, &mut progress)?,
            Some("linework") => upkeep::take_log(&log, at, &self.to, &mut progress)?,
            _ => bail!("{} is neither .dxf nor .linework; nothing was written", self.to.display()),
        };
        drop(watched);
        if self.json {
            output::json(&taken)?;
        } else {
            output::line(&format!("{} as it was after entry {}, in {}", self.name, taken.at, taken.file.display()));
            taken.notes.iter().for_each(|note| eprintln!("{}: {note}", self.to.display()));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Its log, or a copy of it.
    async fn log(&self, into: &Path) -> anyhow::Result<PathBuf> {
        #[cfg(feature = "redis")]
        if let Some(place) = self.place.connected().await? {
            return Ok(upkeep::fetch_log(&place, &self.name, into).await?);
        }
        let _ = into;
        let data = self.place.folder()?;
        let found = upkeep::logs_of(&data)?.into_iter().find(|(name, _)| *name == self.name);
        match found {
            Some((_, path)) => Ok(path),
            None => bail!("there is no drawing called {} in {}; nothing was written", self.name, data.display()),
        }
    }
}

impl Import {
    async fn run(&self) -> anyhow::Result<ExitCode> {
        let is_log = match ending(&self.file).as_deref() {
            Some("linework") => true,
            Some("dxf") if self.as_new => bail!("{} is no log, so --as-new makes no sense", self.file.display()),
            Some("dxf") => false,
            _ => bail!("{} is neither .dxf nor .linework; nothing was added", self.file.display()),
        };
        let host = self.open().await?;
        let added = match is_log {
            true => match host.add_log(&self.file, self.name.as_deref(), self.as_new).await {
                Ok(added) => Ok((added, String::new())),
                Err(error) => Err(error.into()),
            },
            false => super::add(&host, &self.file, &self.title()).await,
        };
        host.close().await;
        let (added, findings) = added?;
        if self.json {
            output::json(&serde_json::json!({ "name": added.name, "title": added.title }))?;
        } else {
            output::line(&format!("added {}, as {}{findings}", added.title, added.name));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn title(&self) -> String {
        let stem =
            || self.file.file_stem().map_or_else(|| "drawing".into(), |stem| stem.to_string_lossy().into_owned());
        self.name.clone().unwrap_or_else(stem)
    }

    /// What holds the drawings, with nobody to serve.
    async fn open(&self) -> anyhow::Result<Host> {
        let runtime = tokio::runtime::Handle::current();
        let options = |data: &Path| Options { console: false, ..Options::new(data) };
        #[cfg(feature = "redis")]
        if let Some(redis) = self.place.redis() {
            let host = options(&std::env::temp_dir());
            return Ok(Host::open_redis(server::store::RedisOptions { host, ..redis }, runtime).await?);
        }
        Ok(Host::open(options(&self.place.folder()?), runtime)?)
    }
}

impl Doctor {
    async fn run(&self) -> anyhow::Result<ExitCode> {
        let mut found = upkeep::look_at_machine();
        found.push(upkeep::look_at_port(self.listen));
        match self.place.url() {
            #[cfg(feature = "redis")]
            Some(url) => found.extend(upkeep::look_at_redis(url).await),
            _ => found.extend(upkeep::look_at_folder(&self.place.folder()?)?),
        }
        for Finding { what, state, says, remedy } in &found {
            if self.json {
                output::json(&Finding {
                    what: what.clone(),
                    state: *state,
                    says: says.clone(),
                    remedy: remedy.clone(),
                })?;
                continue;
            }
            let word = match state {
                State::Good => "good ",
                State::Note => "note ",
                State::Wrong => "WRONG",
            };
            let remedy = remedy.as_ref().map_or(String::new(), |remedy| format!("\n       do: {remedy}"));
            output::line(&format!("{word}  {what}: {says}{remedy}"));
        }
        Ok(status(found.iter().all(|finding| finding.state != State::Wrong)))
    }
}

/// How a file's name ends, in small letters.
fn ending(file: &Path) -> Option<String> {
    Some(file.extension()?.to_str()?.to_ascii_lowercase())
}
