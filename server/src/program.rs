//! The whole life of the program: arguments, log, folder, listener, signals, end. What it does besides serving is in
//! commands of their own.

mod output;
mod place;
mod work;

use std::io::{IsTerminal as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use protocol::Limits;
#[cfg(feature = "redis")]
use server::store::{RedisOptions, Weaker};
use server::{Host, Listed, Listing, MetricsFor, Options, reachable_as};
use tracing_subscriber::EnvFilter;

/// The file in the data folder with the owner's first secret, where there was nobody at a terminal to be told.
const FIRST_SECRET: &str = "linework-server.first-secret";

/// Serves a folder of drawings, so that several people can look at and edit them together.
#[derive(Debug, clap::Parser)]
#[command(
    name = "linework-server",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_help_heading = "Commands beside serving",
    after_help = "Example:\n  linework-server --listen 0.0.0.0:4848 --data drawings --add floorplan.dxf\n\n\
                  prints the address to join, linework://HOST:PORT/floorplan#SECRET. Who has it can edit. Open it in \
                  Linework, or: linework ADDRESS\nIn a log, where others may read it, secrets are not printed.\n\nExit status: 0 after an orderly end, 1 if something failed, 2 for \
                  arguments that make no sense."
)]
pub struct Arguments {
    /// What to do instead of serving
    #[command(subcommand)]
    work: Option<work::Work>,
    /// Where to listen for WebSocket and HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4848")]
    listen: SocketAddr,
    /// The folder with the drawings; made if it isn't there [default: the system's place for the program's data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep the drawings in a Redis (7.0 or later), which several servers may share, and not in a folder
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    redis: Option<String>,
    /// Start even if that Redis may lose edits that were acknowledged: the last second of them, or all that is in memory
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "HOW", value_enum, requires = "redis")]
    accept_durability: Option<Accepted>,
    /// Add a drawing from a DXF file, unless one of that name is there already; may be repeated
    #[arg(long, value_name = "FILE.dxf")]
    add: Vec<PathBuf>,
    /// A name by which the server is reached, besides addresses and names of the local network; may be repeated
    #[arg(long, value_name = "HOST")]
    name: Vec<String>,
    /// Make a new owner's secret, print it and end; the old one signs nobody in any more
    #[arg(long)]
    new_owner_secret: bool,
    /// Print the drawings' addresses and a new owner's secret even where the output is no terminal, such as into a log
    #[arg(long)]
    print_secrets: bool,
    /// What whoever is on the network is told without a secret: nothing, the drawings' titles, or how to come in too
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Nearby::Titles)]
    nearby: Nearby,
    /// Milliseconds between two signs of life of a connection; one that gives none for three times that is closed
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(100..=600_000), default_value_t = Limits::default().heartbeat_ms)]
    heartbeat_ms: u32,
    /// Milliseconds for which somebody whose connection is gone keeps their place and what they hold
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(100..), default_value_t = Limits::default().grace_ms)]
    grace_ms: u32,
    /// Milliseconds after which a lock that nothing is done under ends
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(100..), default_value_t = Limits::default().lock_idle_ms)]
    lock_idle_ms: u32,
    /// Who may read what the server counts, at /metrics: nobody, programs of this machine, or everybody
    #[arg(long, value_enum, value_name = "WHOM", default_value_t = Metrics::Here)]
    metrics: Metrics,
    /// Drawings that the server may have
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    drawings_max: usize,
    /// Drawings that may be at work at a time; one that nobody is in makes room for another
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    open_max: usize,
    /// Memory for drawings at work, by estimate; beyond it no other is opened [default: half of what the machine has]
    #[arg(long, value_name = "MIB")]
    open_memory_max: Option<u64>,
    /// Connections at a time
    #[arg(long, value_name = "N", default_value_t = 16_384)]
    connections_max: usize,
    /// Connections from one address that have not said hello yet
    #[arg(long, value_name = "N", default_value_t = 1_024)]
    callers_max: usize,
    /// Requests a second over one connection
    #[arg(long, value_name = "N", default_value_t = protocol::Limits::default().requests_hz_max)]
    requests_hz_max: u32,
    /// People in one drawing
    #[arg(long, value_name = "N", default_value_t = protocol::Limits::default().people_max)]
    people_max: u32,
    /// Write the log as JSON, one event a line; RUST_LOG says how much of it
    #[arg(long)]
    json_logs: bool,
}

impl Arguments {
    /// The status where something could not be done: a command has another for what it found.
    pub fn failed(&self) -> ExitCode {
        if self.work.is_some() { ExitCode::from(2) } else { ExitCode::FAILURE }
    }
}

/// What is enough where Redis doesn't write to its disk before it answers.
#[cfg(feature = "redis")]
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Accepted {
    /// A power cut may take the last second of acknowledged edits
    EverySecond,
    /// A restart of Redis may take everything
    Memory,
}

/// Who may read what is counted.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Metrics {
    /// Nobody
    Off,
    /// Programs of this machine
    Here,
    /// Whoever reaches the server; there are no names in it
    Everybody,
}

impl From<Metrics> for MetricsFor {
    fn from(metrics: Metrics) -> MetricsFor {
        match metrics {
            Metrics::Off => MetricsFor::Nobody,
            Metrics::Here => MetricsFor::ThisMachine,
            Metrics::Everybody => MetricsFor::Everybody,
        }
    }
}

/// What whoever is on the network is told.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Nearby {
    /// Nothing, and not that the server is there either
    Off,
    /// That it is there, and the titles of its drawings; to come in one needs an address
    Titles,
    /// Everything: whoever is on the network can edit
    Open,
}

impl From<Nearby> for Listed {
    fn from(nearby: Nearby) -> Listed {
        match nearby {
            Nearby::Off => Listed::Nothing,
            Nearby::Titles => Listed::Titles,
            Nearby::Open => Listed::Open,
        }
    }
}

/// Serves until a signal ends it, or does what else it is told to.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    start_log(arguments.json_logs, if arguments.work.is_some() { "warn" } else { "info" });
    // Logs and connections want more files than a shell gives a program; the system says how many there may be.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::debug!(%error, "no more files may be open than before");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the system gives no threads to serve with; nothing was started")?;
    match &arguments.work {
        Some(work) => runtime.block_on(work.run()),
        None => runtime.block_on(serve(arguments)).map(|()| ExitCode::SUCCESS),
    }
}

fn start_log(json: bool, usual: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
}

async fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    // Signals are caught from here on, so that one that comes while a file is added ends things in good order too.
    let stopped = stop_signal()?;
    if arguments.new_owner_secret {
        let host = open(arguments).await?;
        let renewed = host.new_owner_secret().await;
        host.close().await;
        say(format!("The new owner's secret: {}", renewed?));
        // The first one is good no longer.
        return remove_first_secret(arguments);
    }
    // The port first: it costs nothing to find out that it is taken.
    let listener = server::listen(arguments.listen).await?;
    let port = listener.local_addr().context("the listener has no address")?.port();
    let host = open(arguments).await?;
    // Before anything else can fail: it is told once, and never again.
    if let Some(secret) = host.take_owner_secret() {
        tell_first_secret(arguments, &secret);
    }
    let added = add_all(&host, &arguments.add).await;
    let served = match added {
        Ok(()) => {
            print_addresses(&host, arguments.listen.ip(), port, shows_secrets(arguments));
            tracing::info!(address = %arguments.listen.ip(), port, durability = ?host.health().durability, "serving");
            host.serve(listener, stopped).await.map_err(anyhow::Error::from)
        }
        Err(error) => Err(error),
    };
    host.close().await;
    tracing::info!("closed; everything that was acknowledged is kept");
    served
}

/// Opens what holds the drawings: a Redis or a folder.
async fn open(arguments: &Arguments) -> anyhow::Result<Host> {
    let runtime = tokio::runtime::Handle::current();
    let Arguments { name, nearby, metrics, heartbeat_ms, grace_ms, lock_idle_ms, .. } = arguments;
    let limits = Limits {
        heartbeat_ms: *heartbeat_ms,
        grace_ms: *grace_ms,
        lock_idle_ms: *lock_idle_ms,
        requests_hz_max: arguments.requests_hz_max,
        people_max: arguments.people_max,
        ..Limits::default()
    };
    let options = |data: &Path| Options {
        names: name.clone(),
        listed: (*nearby).into(),
        metrics: (*metrics).into(),
        drawings_max: arguments.drawings_max,
        open_max: arguments.open_max,
        connections_max: arguments.connections_max,
        callers_max: arguments.callers_max,
        limits,
        ..Options::new(data)
    };
    let options = |data: &Path| match arguments.open_memory_max {
        Some(mib) => Options { open_bytes_max: mib << 20, ..options(data) },
        None => options(data),
    };
    #[cfg(feature = "redis")]
    if let Some(url) = &arguments.redis {
        let accept = arguments.accept_durability.map(|accepted| match accepted {
            Accepted::EverySecond => Weaker::EverySecond,
            Accepted::Memory => Weaker::Memory,
        });
        let host = options(&std::env::temp_dir());
        return Ok(Host::open_redis(RedisOptions { accept, host, ..RedisOptions::new(url) }, runtime).await?);
    }
    let data = data(arguments)?;
    tracing::info!(data = %data.display(), "opening");
    Ok(Host::open(options(&data), runtime)?)
}

/// The data folder.
fn data(arguments: &Arguments) -> anyhow::Result<PathBuf> {
    if let Some(data) = &arguments.data {
        return Ok(data.clone());
    }
    match directories::ProjectDirs::from("", "", "linework") {
        Some(folders) => Ok(folders.data_dir().join("drawings")),
        None => bail!("there is no home folder to keep drawings in; name a folder with --data"),
    }
}

async fn add_all(host: &Host, files: &[PathBuf]) -> anyhow::Result<()> {
    for file in files {
        let title = file.file_stem().map_or_else(|| "drawing".into(), |stem| stem.to_string_lossy().into_owned());
        if let Some(known) = host.added_as(&title) {
            say(format!("{title} is here already, as {}: {} was not read again", known.name, file.display()));
            continue;
        }
        let (_, findings) = add(host, file, &title).await?;
        say(format!("added {title}{findings}"));
    }
    Ok(())
}

async fn add(host: &Host, file: &Path, title: &str) -> anyhow::Result<(Listing, String)> {
    let named = || format!("{} can't be added, the drawings that were here are as they were", file.display());
    let path = file.to_owned();
    let read = move || -> anyhow::Result<_> {
        let bytes = std::fs::read(&path)?;
        let reading = formats::read(&bytes, &mut |_| ControlFlow::Continue(()))?;
        Ok((bytes, reading))
    };
    let (bytes, reading) = tokio::task::spawn_blocking(read).await.with_context(named)?.with_context(named)?;
    for finding in &reading.findings {
        tracing::debug!(file = %file.display(), %finding, "a finding");
    }
    let findings = reading.findings.len();
    let added = host.add(title, Some(bytes), reading.drawing).await?;
    Ok((added, if findings == 0 { String::new() } else { format!(", with {findings} findings") }))
}

/// Tells whoever started the program something.
fn say(line: String) {
    // One who closed their end doesn't want to hear it, and the drawings are served all the same.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Whether secrets may go to the output: whoever reads a log must not be let in by it.
fn shows_secrets(arguments: &Arguments) -> bool {
    arguments.print_secrets || std::io::stdout().is_terminal()
}

/// Tells the owner's secret that was just made: to the person at the terminal, else in a file that nobody else reads.
fn tell_first_secret(arguments: &Arguments, secret: &str) {
    if shows_secrets(arguments) {
        return say(format!("The owner's secret, to sign in on the server's page; it is shown this once: {secret}"));
    }
    #[cfg(feature = "redis")]
    if arguments.redis.is_some() {
        return say(
            "An owner's secret was made, and is not shown where others may read it: linework-server --redis URL \
                    --new-owner-secret makes another at a terminal, while this goes on"
                .into(),
        );
    }
    let kept = data(arguments).and_then(|data| {
        let path = data.join(FIRST_SECRET);
        write_private(&path, &format!("{secret}\n")).with_context(|| format!("{} can't be written", path.display()))?;
        Ok(path)
    });
    match kept {
        Ok(path) => say(format!(
            "The owner's secret, to sign in on the server's page, is in {}; keep it somewhere else, and remove the file",
            path.display()
        )),
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "the owner's secret is told nowhere");
            say("The owner's secret could not be kept: linework-server --new-owner-secret makes another, while this \
                 doesn't run"
                .into());
        }
    }
}

/// A file that only its owner may read; one that was there is replaced.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    remove_if_there(path)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn remove_first_secret(arguments: &Arguments) -> anyhow::Result<()> {
    #[cfg(feature = "redis")]
    if arguments.redis.is_some() {
        return Ok(());
    }
    let path = data(arguments)?.join(FIRST_SECRET);
    remove_if_there(&path).with_context(|| format!("{} can't be removed; what is in it is void", path.display()))
}

/// Tells whoever started the program how others get in; by which addresses, only where secrets may be shown.
fn print_addresses(host: &Host, ip: IpAddr, port: u16, secrets: bool) {
    let reachable = reachable_as(ip);
    let shown = if reachable.is_ipv6() { format!("[{reachable}]") } else { reachable.to_string() };
    say(format!("Linework serves at http://{shown}:{port}"));
    let drawings = host.drawings();
    if drawings.is_empty() {
        say("There is no drawing yet; add one on that page, or start with --add FILE.dxf.".into());
    }
    if !secrets && !drawings.is_empty() {
        say("Invite people to drawings on that page; with --print-secrets their addresses are printed here.".into());
        return;
    }
    for listing in drawings {
        if let Some(address) = host.address(&listing.name, &reachable.to_string(), port) {
            say(format!("  {}: {address}", listing.title));
        }
    }
}

/// Resolves when the system or the person at the terminal asks for the end.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let catch = |kind| signal(kind).context("signals can't be caught; nothing was started");
    let (mut interrupt, mut terminate) = (catch(SignalKind::interrupt())?, catch(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves when the person at the terminal asks for the end.
#[cfg(not(unix))]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            // No such signal can come here; the program ends with its process.
            std::future::pending::<()>().await;
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn its_manual_is_of_the_name_that_it_is_installed_under() {
        assert_eq!(Arguments::command().get_name(), "linework-server");
    }
}
