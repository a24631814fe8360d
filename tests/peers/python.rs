//! Python as the tests find it: with the modules of `tests/requirements.txt`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A Python that has `module`; none where there is none, which is said.
pub fn python_with(module: &str) -> Option<String> {
    let python = std::env::var("LINEWORK_PYTHON").unwrap_or_else(|_| "python3".into());
    let probe = Command::new(&python).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    if probe.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    // `./linework test` sets it to one that has: there nothing is left out in silence.
    assert!(std::env::var_os("LINEWORK_PYTHON").is_none(), "LINEWORK_PYTHON is {python}, which has no {module}");
    eprintln!("SKIPPED: {python} has no {module}; `./linework test` installs it, or set LINEWORK_PYTHON");
    None
}

/// The top of the project.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project").to_owned()
}

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a program to its end, without holding up whoever else is to be served meanwhile.
pub async fn run(program: &str, arguments: Vec<String>) -> Said {
    let mut command = Command::new(program);
    command.args(&arguments).current_dir(top()).env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || command.output()).await.expect("nobody ends it early");
    let Output { status, stdout, stderr } = ended.unwrap_or_else(|error| panic!("{program}: {error}"));
    let text = |bytes| String::from_utf8(bytes).expect("it says text");
    Said { status: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
