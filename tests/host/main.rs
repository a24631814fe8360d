//! The host's desktop program in its real window, under a screen in memory: where it serves is chosen, the secret is
//! shown once, the console is the server's own, somebody joins, and what goes wrong is a sentence.

mod driver;
#[path = "../desktop/screen.rs"]
mod screen;
#[path = "../console/shots.rs"]
mod shots;

use std::path::PathBuf;
use std::time::Duration;

use driver::{Driver, free_port};
use screen::Screen;

/// How long something may take that takes a moment.
const PATIENCE: Duration = Duration::from_secs(40);

/// The program, where the build put it.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a program");
    let built = test.ancestors().nth(2).expect("tests lie in a folder of the build");
    built.join("linework-host")
}

/// Chooses this machine only and a port, and starts to serve.
async fn serve(driver: &Driver, port: u16) {
    driver.until("the networks are listed", "return document.querySelectorAll('#networks input').length > 0").await;
    // The last choice is this machine only.
    driver.click("#networks label:last-child input").await;
    driver.fill("#port", &port.to_string()).await;
    driver.click("#start").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_where_it_is_told_and_shows_the_console_signed_in() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (folder.path().join("drawings"), folder.path().join("config"));
    let screen = Screen::start(1280, 900);
    let arguments = ["--data", data.to_str().unwrap(), "--config", config.to_str().unwrap()];
    let driver = Driver::start(&screen.display, &program(), &arguments).await;
    let port = free_port().port();

    assert_eq!(
        driver.run("return document.getElementById('secret').offsetHeight").await.unwrap(),
        0,
        "nothing to show yet"
    );
    serve(&driver, port).await;
    let secret = driver.until("the secret is shown", "return document.getElementById('secret-text').textContent").await;
    assert_eq!(secret.as_str().map(str::len), Some(32));
    let plain = driver.run("return document.getElementById('plain').textContent").await.unwrap();
    assert!(plain.as_str().is_some_and(|plain| plain.contains(&format!("127.0.0.1:{port}"))), "{plain}");

    driver.shoot("host-start").await;

    driver.click("#console").await;
    driver
        .until(
            "the console is signed in",
            "return document.body.innerText.includes('Live') && location.protocol === 'http:'",
        )
        .await;
    assert!(driver.address().await.starts_with(&format!("http://127.0.0.1:{port}/")));
    driver.shoot("host-console").await;
    // Pages that the server serves can call nothing of the shell: the server goes on.
    let refused = driver.settle("window.__TAURI_INTERNALS__?.invoke('stop') ?? 'it can ask nothing'").await.unwrap();
    let refused = refused.as_str().expect("no status of a server that was stopped").to_lowercase();
    assert!(refused.contains("not allowed") || refused.contains("it can ask nothing"), "{refused}");
    let health = server::ask(format!("127.0.0.1:{port}").parse().unwrap()).await.expect("it goes on serving");
    assert!(health.is_empty(), "no drawing yet");
    driver.end().await;
    assert!(std::fs::read_to_string(config.join("host.json")).unwrap().contains(&port.to_string()), "it is remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_it_from_serving_is_a_sentence_in_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (folder.path().join("drawings"), folder.path().join("config"));
    let screen = Screen::start(1280, 900);
    let arguments = ["--data", data.to_str().unwrap(), "--config", config.to_str().unwrap()];
    let driver = Driver::start(&screen.display, &program(), &arguments).await;
    let trouble =
        "return document.getElementById('trouble').hidden ? '' : document.getElementById('trouble').textContent";

    // The port is somebody else's.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    serve(&driver, port).await;
    let said = driver.until("the taken port is told", trouble).await;
    assert!(said.as_str().is_some_and(|said| said.contains("in use by another program")), "{said}");
    drop(taken);

    // The folder is another host's.
    let other = server::Host::open(server::Options::new(&data), tokio::runtime::Handle::current()).unwrap();
    serve(&driver, free_port().port()).await;
    let held = format!("const said = (() => {{ {trouble} }})(); return said.includes('in use by process') ? said : ''");
    driver.until("the held folder is told", &held).await;
    other.close().await;
    driver.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_leaves_the_server_that_runs_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (folder.path().join("drawings"), folder.path().join("config"));
    let screen = Screen::start(1280, 900);
    let arguments = ["--data", data.to_str().unwrap(), "--config", config.to_str().unwrap()];
    let driver = Driver::start(&screen.display, &program(), &arguments).await;
    let port = free_port().port();
    serve(&driver, port).await;
    let secret_is = "return document.getElementById('secret-text').textContent";
    let first = driver.until("the secret is shown", secret_is).await;

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    serve(&driver, taken.local_addr().unwrap().port()).await;
    let trouble =
        "return document.getElementById('trouble').hidden ? '' : document.getElementById('trouble').textContent";
    let said = driver.until("the taken port is told", trouble).await;
    assert!(said.as_str().is_some_and(|said| said.contains("in use by another program")), "{said}");
    let state = driver.run("return document.getElementById('state').textContent").await.unwrap();
    assert!(state.as_str().is_some_and(|state| state.contains(&format!("127.0.0.1:{port}"))), "{state}");
    let here = format!("127.0.0.1:{port}").parse().unwrap();
    server::ask(here).await.expect("it goes on serving");

    // The secret is shown once, and another can be made.
    driver.run("location.reload()").await.unwrap();
    let reloaded = "return document.getElementById('state').textContent.startsWith('Serving') &&
        document.getElementById('secret').hidden && !document.getElementById('renew').disabled";
    driver.until("the page is there again", reloaded).await;
    driver.click("#renew").await;
    let second = driver.until("another secret is shown", secret_is).await;
    assert!(second != first && second.as_str().is_some_and(|second| second.len() == 32), "{second}");

    // Elsewhere it may serve; the old place is given up.
    let other = free_port().port();
    serve(&driver, other).await;
    driver.until("the console is shown", "return location.protocol === 'http:'").await;
    server::ask(format!("127.0.0.1:{other}").parse().unwrap()).await.expect("it serves there");
    assert!(server::ask(here).await.is_err());
    driver.end().await;
}

#[test]
fn the_end_of_a_session_ends_it_in_good_order() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (folder.path().join("drawings"), folder.path().join("config"));
    std::fs::create_dir(&config).unwrap();
    let at = free_port();
    let settings = format!("{{\"address\":\"127.0.0.1\",\"port\":{}}}", at.port());
    std::fs::write(config.join("host.json"), settings).unwrap();
    let screen = Screen::start(800, 600);
    let mut program = std::process::Command::new(program())
        .args(["--background", "--data", data.to_str().unwrap(), "--config", config.to_str().unwrap()])
        .env("DISPLAY", &screen.display)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    screen::until("it serves where it did last", || std::net::TcpStream::connect(at).ok());
    let pid = program.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let status = screen::until("it ends", || program.try_wait().unwrap());
    assert_eq!(status.code(), Some(0), "by itself, not by the signal");
}
