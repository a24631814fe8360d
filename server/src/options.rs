//! How a host is set up.

use std::path::PathBuf;

use protocol::Limits;

/// What a host that is served tells whoever is on its network, without being given a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Listed {
    /// Nothing, and not that it is there either.
    Nothing,
    /// That it is there, and the titles of its drawings; to come in one needs an invitation.
    #[default]
    Titles,
    /// As `Titles`, but only of the drawings that [`Host::list`](crate::Host::list) was called for.
    Chosen,
    /// Their secrets too: whoever is on the network comes in by a click.
    Open,
}

/// Who may read what is counted of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MetricsFor {
    /// Nobody.
    Nobody,
    /// Programs of the same machine, if no program in front of the host speaks for somebody else.
    #[default]
    ThisMachine,
    /// Whoever reaches the host.
    Everybody,
}

/// How a host is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with the drawings, one `NAME.linework` each; made if it isn't there. Over a Redis, where files that are
    /// added or downloaded pass through.
    pub data: PathBuf,
    /// What clients are held to.
    pub limits: Limits,
    /// Bytes that may wait to be sent over one connection before it counts as too slow.
    pub queue_bytes_max: usize,
    /// Hold the folder as a whole, so that no other process serves any drawing of it. Else each drawing is held while
    /// it is open, and those that somebody else holds are passed over.
    pub whole_folder: bool,
    /// Serve the console, the page by which the host is looked after, to whoever has the owner's secret.
    pub console: bool,
    /// Names by which the host is reached, besides addresses and names that only a local network knows. The console
    /// answers to no other, so that no foreign page can reach it under a name of its own.
    pub names: Vec<String>,
    /// The largest file that can be added over the console, bytes.
    pub upload_bytes_max: u64,
    /// What the host is called by those who find it on their network.
    pub title: String,
    /// What it tells them.
    pub listed: Listed,
    /// Who may read what is counted of it.
    pub metrics: MetricsFor,
    /// Drawings that it may have.
    pub drawings_max: usize,
    /// Drawings that may be at work at a time; fewer where the system lets few files be open.
    pub open_max: usize,
    /// What those may take of the memory together, by estimate, bytes: beyond it no other is opened.
    pub open_bytes_max: u64,
    /// Connections that stay at one listener at a time; fewer where the system lets few files be open.
    pub connections_max: usize,
    /// Connections from one address that have not said hello yet.
    pub callers_max: usize,
}

/// A part of the machine's memory, where it says how much it has.
fn memory_part(part: u64) -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib = line.trim().trim_end_matches(" kB").parse::<u64>().ok()?;
    Some((kib << 10) / part)
}

impl Options {
    /// The defaults, for drawings in `data`: usual limits, the whole folder held, the console served.
    pub fn new(data: impl Into<PathBuf>) -> Options {
        Options {
            data: data.into(),
            limits: Limits::default(),
            queue_bytes_max: 8 << 20,
            whole_folder: true,
            console: true,
            names: Vec::new(),
            upload_bytes_max: 256 << 20,
            title: format!("Linework on {}", gethostname::gethostname().to_string_lossy()),
            listed: Listed::default(),
            metrics: MetricsFor::default(),
            drawings_max: 100_000,
            open_max: 1_000,
            open_bytes_max: memory_part(2).unwrap_or(4 << 30),
            connections_max: 16_384,
            callers_max: 1_024,
        }
    }
}
