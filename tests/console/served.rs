//! The real server as a process of its own, in a folder that was never used before.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server.
pub struct Served {
    /// Where its page is.
    pub url: String,
    /// The owner's secret; only the first start tells it.
    pub secret: Option<String>,
    process: Child,
}

impl Served {
    /// Serves a data folder, on a free port or on this one.
    pub fn start(data: &Path, port: u16) -> Served {
        let log = std::fs::File::create(data.with_extension("server.log")).expect("a log file for the server");
        let mut process = Command::new(beside_tests("linework-server"))
            .args(["--listen", &format!("127.0.0.1:{port}"), "--print-secrets", "--data"])
            .arg(data)
            .env("RUST_LOG", "info")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let out = process.stdout.take().expect("its output is piped");
        let (mut url, mut secret) = (None, None);
        for line in BufReader::new(out).lines().map(|line| line.expect("the server says something")) {
            let last = line.rsplit(' ').next().unwrap_or_default().to_owned();
            if line.starts_with("Linework serves at") {
                url = Some(last);
            } else if line.contains("owner's secret") {
                secret = Some(last);
            } else if line.contains("no drawing yet") || line.contains("linework://") {
                break;
            }
        }
        Served { url: url.expect("the server says where it is"), secret, process }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a URL with a port")
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of the workspace, as it was built with this test.
fn beside_tests(program: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test knows where it is");
    let folder = own.ancestors().nth(2).expect("target/PROFILE/deps/test");
    let path = folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is not built: cargo build --workspace", path.display());
    path
}
