//! The program itself: what it prints, how it ends, what it says when it can't start.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use protocol::{Address, Encoding};
use server::{Host, Options};

use crate::client::Person;
use crate::http::Asker;
use crate::redis::{Redis, SAFE};

/// Two lines as a drawing program writes them.
pub const DXF: &str = "0\nSECTION\n2\nENTITIES\n0\nLINE\n5\n10\n8\n0\n10\n0.0\n20\n0.0\n11\n5.0\n21\n0.0\n\
                   0\nLINE\n5\n11\n8\n0\n10\n0.0\n20\n1.0\n11\n5.0\n21\n1.0\n0\nENDSEC\n0\nEOF\n";

/// The program at work.
pub struct Program {
    pub child: Child,
    pub address: Address,
    stdout: BufReader<ChildStdout>,
}

fn command(data: &Path) -> Command {
    let mut command = bare();
    command.arg("--data").arg(data);
    command
}

fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linework-server"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env_remove("RUST_LOG");
    command
}

impl Program {
    /// Starts it on a free port and waits until it tells the address of its one drawing.
    pub fn start(data: &Path, arguments: &[&str]) -> Program {
        let mut child =
            command(data).args(["--listen", "127.0.0.1:0", "--print-secrets"]).args(arguments).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended before it told an address");
            if let Some(at) = line.find("linework://") {
                break line[at..].trim().parse().unwrap();
            }
        };
        Program { child, address, stdout }
    }

    /// Starts it over a Redis, whether or not there is a drawing; the port that it serves at.
    pub fn on_redis(url: &str, arguments: &[&str]) -> (Child, u16) {
        let mut child = bare().args(["--listen", "127.0.0.1:0", "--redis", url]).args(arguments).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("serves at http://") {
            line.clear();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended before it served");
        }
        let port = line.trim().rsplit_once(':').unwrap().1.parse().unwrap();
        // What it says later nobody reads, and it must not wait for that.
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        (child, port)
    }

    /// Asks it to end, as a system does, and waits for it.
    fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        status.code()
    }
}

fn fail(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.stderr(Stdio::piped()).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_added_once_and_served_again_after_an_orderly_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Floor plan.dxf");
    std::fs::write(&file, DXF).unwrap();
    let data = folder.path().join("data");
    let arguments = ["--add", file.to_str().unwrap()];
    let program = Program::start(&data, &arguments);
    let address = program.address.clone();
    assert_eq!(address.drawing, "floor-plan");
    let ana = Person::join(&address, Encoding::MessagePack, 1).await;
    assert_eq!((ana.welcome.title.as_str(), ana.drawing.entity_count()), ("Floor plan", 2));
    assert!(ana.welcome.source.is_some());
    assert_eq!(program.terminate(), Some(0));

    let again = Program::start(&data, &arguments);
    assert_eq!((&again.address.drawing, &again.address.secret), (&address.drawing, &address.secret));
    assert_eq!(again.terminate(), Some(0));
    // It is the same drawing whatever it is called by now.
    let host = Host::open(Options::new(&data), tokio::runtime::Handle::current()).unwrap();
    host.rename("floor-plan", "Ground floor").await.unwrap();
    host.close().await;
    let renamed = Program::start(&data, &arguments);
    assert_eq!(renamed.address.drawing, "floor-plan");
    assert_eq!(renamed.terminate(), Some(0));
    let logs = std::fs::read_dir(&data).unwrap().filter(|entry| {
        entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|extension| extension == "linework"))
    });
    assert_eq!(logs.count(), 1);
}

#[test]
fn what_keeps_it_from_starting_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.dxf");
    std::fs::write(&file, DXF).unwrap();
    let data = folder.path().join("data");
    let mut running = Program::start(&data, &["--add", file.to_str().unwrap()]);
    let taken = format!("127.0.0.1:{}", running.address.port);
    let elsewhere = folder.path().join("elsewhere");
    let no_folder = folder.path().join("plan.dxf/data");
    let empty = folder.path().join("empty.dxf");
    std::fs::write(&empty, "").unwrap();
    for (mut command, code, words) in [
        (with(&elsewhere, &["--listen", &taken]), 1, "is in use by another program"),
        (with(&data, &["--listen", "127.0.0.1:0"]), 1, "is in use by process"),
        (with(&no_folder, &["--listen", "127.0.0.1:0"]), 1, "can't be used"),
        (with(&elsewhere, &["--listen", "127.0.0.1:0", "--add", empty.to_str().unwrap()]), 1, "can't be added"),
        (with(&elsewhere, &["--listen", "127.0.0.1:0", "--add", "nowhere.dxf"]), 1, "can't be added"),
        (with(&elsewhere, &["--listen", "nonsense"]), 2, "--listen"),
    ] {
        command.env("RUST_LOG", "off");
        let (found, said) = fail(&mut command);
        assert_eq!(found, Some(code), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(code == 2 || said.trim().lines().count() == 1, "{said}");
    }
    running.child.kill().unwrap();
    running.child.wait().unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_goes_into_a_log() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.dxf");
    std::fs::write(&file, DXF).unwrap();
    let data = folder.path().join("data");
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let mut server = with(&data, &["--listen", "127.0.0.1:0", "--add", file.to_str().unwrap()]);
    let mut server = server.stderr(log).env("RUST_LOG", "debug").spawn().unwrap();
    let mut stdout = BufReader::new(server.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("--print-secrets") {
        assert!(stdout.read_line(&mut said).unwrap() > 0, "{said}");
    }
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let first = data.join("linework-server.first-secret");
    assert_eq!((mode(&data), mode(&first)), (0o700, 0o600));
    assert!(said.contains(first.to_str().unwrap()), "{said}");
    let secret = std::fs::read_to_string(&first).unwrap();
    let port = said.lines().find_map(|line| line.strip_prefix("Linework serves at http://127.0.0.1:")).unwrap();
    Asker::signed_in(port.parse().unwrap(), secret.trim()).await;
    server.kill().unwrap();
    server.wait().unwrap();
    let plan = std::fs::read_to_string(data.join("plan.linework-secret")).unwrap();
    let told = said + &std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!told.contains(secret.trim()) && !told.contains(plan.trim()) && !told.contains("linework://"), "{told}");
    // Whoever asks for another is told it.
    let renewed = with(&data, &["--new-owner-secret"]).output().unwrap();
    assert!(String::from_utf8(renewed.stdout).unwrap().starts_with("The new owner's secret: ") && !first.exists());
}

fn with(data: &Path, arguments: &[&str]) -> Command {
    let mut command = command(data);
    command.args(arguments);
    command
}

#[test]
fn a_redis_that_will_not_do_is_one_sentence() {
    let safe = Redis::safe();
    let second = Redis::with(&["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]);
    let none = Redis::with(&["--save", ""]);
    let drops = [SAFE, &["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]].concat();
    let drops = Redis::with(&drops);
    let locked = Redis::with(&[SAFE, &["--requirepass", "right"]].concat());
    let wrong = locked.url().replace("//", "//:wrong@");
    let nobody = Redis::safe().url();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = format!("redis://127.0.0.1:{port}");
    for (arguments, code, words) in [
        (&["--redis", "plan.dxf"][..], 1, "one looks like redis://127.0.0.1:6379"),
        (&["--redis", &nobody], 1, "nobody listens there"),
        (&["--redis", &silent], 1, "nobody answers there"),
        (&["--redis", &locked.url()], 1, "does not take this password"),
        (&["--redis", &wrong], 1, "does not take this password"),
        (&["--redis", &second.url()], 1, "accept it with --accept-durability every-second"),
        (&["--redis", &none.url()], 1, "appendonly no"),
        (&["--redis", &none.url(), "--accept-durability", "every-second"], 1, "--accept-durability memory"),
        (&["--redis", &drops.url()], 1, "maxmemory-policy allkeys-lru"),
        (&["--redis", &safe.url(), "--data", "folder"], 2, "cannot be used with"),
        (&["--accept-durability", "memory"], 2, "--redis"),
    ] {
        let (found, said) = fail(bare().args(["--listen", "127.0.0.1:0"]).args(arguments).env("RUST_LOG", "off"));
        assert_eq!(found, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(code == 2 || said.trim().lines().count() == 1, "{said}");
        assert!(!said.contains("wrong@") && !said.contains("right"), "no password is told: {said}");
    }
}

#[test]
fn help_has_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let help = String::from_utf8(with(folder.path(), &["--help"]).output().unwrap().stdout).unwrap();
    assert!(help.contains("Example:") && help.contains("--listen") && help.contains("Exit status"), "{help}");
}
