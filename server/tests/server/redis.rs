//! A Redis of a test's own: on a free port, in a folder that goes away with it, writing to disk before it answers.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// How it promises to keep everything.
pub const SAFE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
/// A port that is free may be taken a moment later: so often another is tried.
const PORTS: usize = 10;

/// A Redis at work, or killed and waiting to be started again.
pub struct Redis {
    settings: Vec<String>,
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Redis {
    /// Starts one that keeps everything.
    pub fn safe() -> Redis {
        Redis::with(SAFE)
    }

    /// Starts one with these settings.
    pub fn with(settings: &[&str]) -> Redis {
        let settings = settings.iter().map(|each| (*each).to_owned()).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let mut redis = Redis { settings, folder, port: 0, child: None };
        for _ in 0..PORTS {
            let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
            redis.port = free.local_addr().expect("it is bound").port();
            drop(free);
            redis.start();
            if redis.child.is_some() {
                return redis;
            }
        }
        panic!("redis-server does not start; it is in the package redis-server");
    }

    /// Starts it, again perhaps, and waits until it is ready.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--dir"]).arg(self.folder.path());
        command.args(&self.settings).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("redis-server starts; it is in the package redis-server");
        let mut said = BufReader::new(child.stdout.take().expect("it has an output"));
        let mut line = String::new();
        while said.read_line(&mut line).expect("its output is read") > 0 {
            if line.contains("eady to accept connections") {
                // What it says later nobody reads, and it must not wait for that.
                std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
                self.child = Some(child);
                return;
            }
            line.clear();
        }
        child.wait().expect("it ended");
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ended");
        }
    }

    /// Stops it in its tracks, or lets it go on: connections stay, and nobody answers meanwhile.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
