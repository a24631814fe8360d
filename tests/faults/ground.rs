//! Where a server stands: its folder and its drawing, how it is started, ended and stopped, and the log that it leaves.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use collab::StoredPayload;
use oplog::LogReader;
use protocol::{Address, Event, Limits, Seq};

use crate::history::Log;

/// Lines in the drawing, as a drawing program writes them.
const LINES: u64 = 6;

/// A folder with a drawing that servers are started in, one after another.
pub struct Ground {
    /// It goes away with this, unless it is somebody else's.
    _own: Option<tempfile::TempDir>,
    folder: PathBuf,
    limits: Limits,
    /// By what the server is run, with arguments: a wrapper's name, or nothing.
    pub run_by: Vec<String>,
    /// What the server finds in its environment.
    pub environment: Vec<(String, String)>,
}

/// A server at work.
pub struct Server {
    child: Child,
    /// Where its drawing is.
    pub address: Address,
}

impl Ground {
    /// A new folder.
    pub fn new(limits: Limits) -> Ground {
        let own = tempfile::tempdir().expect("a folder");
        Ground { folder: own.path().into(), _own: Some(own), limits, run_by: Vec::new(), environment: Vec::new() }
    }

    /// A folder that is there.
    pub fn within(folder: &Path, limits: Limits) -> Ground {
        Ground { folder: folder.into(), _own: None, limits, run_by: Vec::new(), environment: Vec::new() }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts a server here and waits until it tells where its drawing is.
    pub fn start(&self) -> Server {
        let file = self.folder.join("plan.dxf");
        if !file.exists() {
            std::fs::write(&file, dxf(LINES)).expect("a drawing's file");
        }
        let program = beside_tests("linework-server");
        let mut command = match self.run_by.split_first() {
            None => Command::new(program),
            Some((wrapper, arguments)) => {
                let mut command = Command::new(wrapper);
                command.args(arguments).arg(program);
                command
            }
        };
        command.args(["--listen", "127.0.0.1:0", "--print-secrets", "--nearby", "off", "--data"]).arg(self.data());
        command.arg("--add").arg(&file).args(limit_arguments(&self.limits));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Server::spawn(command)
    }

    /// The log as the server left it; nobody may be serving it.
    pub fn log(&self) -> Log {
        let copy = tempfile::tempdir().expect("a folder for a copy");
        let copy = copy.path().join("copy.linework");
        oplog::backup(self.data().join("plan.linework"), &copy).expect("a copy of the log");
        let (reader, broken) = LogReader::open(&copy).expect("a log");
        assert_eq!(broken, None);
        reader.verify().expect("a whole log");
        let mut entries = Vec::new();
        loop {
            let after = entries.last().map_or(Seq(0), |last: &StoredPayload| last.seq);
            let more = reader.read_after(after, 1_000, 1 << 20).expect("entries");
            if more.is_empty() {
                break;
            }
            entries.extend(more.into_iter().map(|stored| StoredPayload {
                seq: stored.seq,
                hash: stored.hash,
                payload: stored.payload,
            }));
        }
        let first = protocol::decode_entry(&entries[0].payload).expect("an entry");
        let Event::Created { snapshot, .. } = first.event else { panic!("a log starts otherwise: {first:?}") };
        let bytes = reader.blob(&snapshot).expect("blobs are read").expect("the drawing is there");
        let drawing = protocol::decode_drawing(&bytes).expect("a drawing");
        Log { id: reader.position().log, entries, drawing }
    }
}

impl Server {
    /// Runs a command and waits until it tells where its drawing is.
    pub fn spawn(mut command: Command) -> Server {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).env_remove("RUST_LOG");
        let mut child = command.spawn().expect("the server starts");
        let mut said = BufReader::new(child.stdout.take().expect("its output is piped"));
        let address = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).expect("it says something") > 0, "it ended before it told an address");
            if let Some(at) = line.find("linework://") {
                break line[at..].trim().parse().expect("an address");
            }
        };
        // What it says later nobody reads, and it must not wait for that.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Server { child, address }
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ended");
    }

    /// Sends a signal, such as `-STOP` and `-CONT`: stopped, its sockets stay open and nobody is behind them.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }

    /// How much memory it takes by a line of the system's own books, such as `VmHWM`, in KiB.
    pub fn memory_kib(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let found = status.lines().find_map(|each| each.strip_prefix(line)).expect("the system knows");
        found.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number")
    }

    /// Whether it is still at work.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is a child").is_none()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a server is told its bounds.
pub fn limit_arguments(limits: &Limits) -> Vec<String> {
    let each = [
        ("--heartbeat-ms", limits.heartbeat_ms),
        ("--grace-ms", limits.grace_ms),
        ("--lock-idle-ms", limits.lock_idle_ms),
    ];
    each.iter().flat_map(|(name, ms)| [(*name).to_owned(), ms.to_string()]).collect()
}

/// A program of the workspace, as it was built with this test.
pub fn beside_tests(program: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test knows where it is");
    let path = own.ancestors().nth(2).expect("target/PROFILE/deps/test").join(program);
    assert!(path.exists(), "{} is not built: cargo build --workspace --bins", path.display());
    path
}

/// A drawing of so many lines, as a drawing program writes it.
pub fn dxf(lines: u64) -> String {
    let line = |n: u64| format!("0\nLINE\n5\n{:X}\n8\n0\n10\n0.0\n20\n{n}.0\n11\n5.0\n21\n{n}.0\n", 0x10 + n);
    let entities: String = (0..lines).map(line).collect();
    format!("0\nSECTION\n2\nENTITIES\n{entities}0\nENDSEC\n0\nEOF\n")
}
