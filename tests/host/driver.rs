//! The host's window driven by WebDriver: `tauri-driver` in front of WebKit's own driver.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::screen::until;
use crate::shots;

/// Where the driver is looked for, before the places where programs are.
const DRIVER: &str = "LINEWORK_TAURI_DRIVER";
/// How WebDriver names an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A driver, and the session in which it drives one window.
pub struct Driver {
    at: SocketAddr,
    session: String,
    process: Child,
}

impl Driver {
    /// Starts the host's program on a display and takes hold of its window.
    pub async fn start(display: &str, program: &Path, arguments: &[&str]) -> Driver {
        let (at, native) = (free_port(), free_port());
        let tool = std::env::var_os(DRIVER).unwrap_or_else(|| "tauri-driver".into());
        let process = Command::new(tool)
            .args(["--port", &at.port().to_string(), "--native-port", &native.port().to_string()])
            .args(["--native-driver", "/usr/bin/WebKitWebDriver"])
            .env("DISPLAY", display)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tauri-driver starts; `./linework test` installs it");
        let mut driver = Driver { at, session: String::new(), process };
        let listens = move || std::net::TcpStream::connect(at).ok();
        tokio::task::spawn_blocking(move || drop(until("the driver listens", listens)))
            .await
            .expect("it is waited for");
        let options = json!({ "application": program, "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "browserName": "wry", "tauri:options": options } } });
        // It listens before WebKit's own driver behind it does, and hangs up until then.
        let start = std::time::Instant::now();
        let answer = loop {
            match driver.ask(Method::POST, "/session", Some(wanted.clone())).await {
                Ok(answer) => break answer,
                Err(error) if error.contains("closed") && start.elapsed() < crate::PATIENCE => {}
                Err(error) => panic!("no session begins: {error}"),
            }
        };
        driver.session = answer["sessionId"].as_str().expect("a session has a name").into();
        driver
    }

    /// Asks something of the driver as it is; the value of its answer.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let stream = TcpStream::connect(self.at).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        let connection = tokio::spawn(connection);
        let body = body.map_or(String::new(), |body| body.to_string());
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.at.to_string())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        connection.abort();
        let mut answer: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        if status.is_success() { Ok(answer["value"].take()) } else { Err(answer["value"].to_string()) }
    }

    async fn of_session(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        self.ask(method, &format!("/session/{}{path}", self.session), body).await
    }

    /// What a function in the page gives; an error of the page is one.
    pub async fn run(&self, script: &str) -> Result<Value, String> {
        let body = json!({ "script": script, "args": [] });
        self.of_session(Method::POST, "/execute/sync", Some(body)).await
    }

    /// What a promise in the page comes to; where there is none, what is said at once.
    pub async fn settle(&self, promise: &str) -> Result<Value, String> {
        let script =
            format!("const done = arguments[0]; Promise.resolve({promise}).then(done, (why) => done(String(why)))");
        let body = json!({ "script": script, "args": [] });
        self.of_session(Method::POST, "/execute/async", Some(body)).await
    }

    /// Waits until a function in the page gives something that is true, and gives that.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        let start = std::time::Instant::now();
        loop {
            // While the window goes from page to page there is none to ask.
            let found = self.run(script).await.unwrap_or(Value::Null);
            if !matches!(found, Value::Null | Value::Bool(false)) && found != "" {
                return found;
            }
            assert!(start.elapsed() < crate::PATIENCE, "after {:?} still not so: {what}", crate::PATIENCE);
            tokio::task::yield_now().await;
        }
    }

    /// Clicks what a CSS selector finds, as a person would: it has to be seen.
    pub async fn click(&self, selector: &str) {
        self.act(selector, "click", json!({})).await;
    }

    /// Types into a field that a CSS selector finds, in place of what it holds.
    pub async fn fill(&self, selector: &str, text: &str) {
        self.act(selector, "clear", json!({})).await;
        self.act(selector, "value", json!({ "text": text })).await;
    }

    async fn act(&self, selector: &str, what: &str, how: Value) {
        let using = json!({ "using": "css selector", "value": selector });
        let found = self.of_session(Method::POST, "/element", Some(using)).await;
        let found = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        let id = found[ELEMENT].as_str().expect("an element has a name");
        let done = self.of_session(Method::POST, &format!("/element/{id}/{what}"), Some(how)).await;
        done.unwrap_or_else(|error| panic!("{what} {selector}: {error}"));
    }

    /// Keeps a picture of the page where pictures are wanted.
    pub async fn shoot(&self, name: &str) {
        if shots::are_wanted() {
            // What was done last is painted in the frame after the next.
            let painted = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))";
            let wait = json!({ "script": painted, "args": [] });
            self.of_session(Method::POST, "/execute/async", Some(wait)).await.expect("a frame is painted");
            let picture = self.of_session(Method::GET, "/screenshot", None).await.expect("a picture");
            shots::keep(name, picture.as_str().expect("a picture is text"));
        }
    }

    /// Where the window is.
    pub async fn address(&self) -> String {
        let address = self.of_session(Method::GET, "/url", None).await.expect("a window is somewhere");
        address.as_str().expect("an address is text").into()
    }

    /// Lets go of the window, and so ends the program.
    pub async fn end(self) {
        self.of_session(Method::DELETE, "", None).await.expect("the session ends");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that nobody uses just now.
pub fn free_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it is bound")
}
