//! The real server as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::screen::Running;
use crate::window::beside_tests;

/// A running server with one drawing.
pub struct Served {
    /// Where the drawing is, with its secret.
    pub address: String,
    _process: Running,
}

impl Served {
    /// Serves this file from a data folder, on a free port.
    pub fn start(data: &Path, file: &Path) -> Served {
        let log = std::fs::File::create(data.with_extension("server.log")).expect("a log file for the server");
        let mut child = Command::new(beside_tests("linework-server"))
            .args(["--listen", "127.0.0.1:0", "--print-secrets", "--data"])
            .arg(data)
            .arg("--add")
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let out = child.stdout.take().expect("its output is piped");
        let process = Running(child);
        let mut lines = BufReader::new(out).lines().map(|line| line.expect("the server says something"));
        let address = lines.find_map(|line| {
            let start = line.find("linework://")?;
            line[start..].split_whitespace().next().map(str::to_owned)
        });
        Served { address: address.expect("the server says where the drawing is"), _process: process }
    }
}
