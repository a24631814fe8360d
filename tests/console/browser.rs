//! Debian's Chromium without a screen, driven by the protocol that its developer tools speak.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::PATIENCE;

/// Pictures come as one message.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// A browser with a profile of its own.
pub struct Browser {
    socket: WebSocketStream<TcpStream>,
    next: u64,
    /// What happened and nobody waited for yet.
    events: Vec<Value>,
    process: Child,
}

impl Browser {
    /// Starts one that keeps everything in `folder`.
    pub async fn start(folder: &Path) -> Browser {
        let mut process = Command::new("chromium")
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-dev-shm-usage", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", folder.join("chromium").display()))
            .env("HOME", folder)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Chromium starts; `./linework test` installs it");
        let said = process.stderr.take().expect("its errors are piped");
        let mut lines = BufReader::new(said).lines().map(|line| line.expect("Chromium says something"));
        let address = lines.find_map(|line| line.strip_prefix("DevTools listening on ").map(str::to_owned));
        let address = address.expect("Chromium says where its tools are");
        // What it complains about later goes nowhere, and must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let host = address.trim_start_matches("ws://").split('/').next().expect("an address has a host").to_owned();
        let stream = TcpStream::connect(&host).await.expect("its tools listen");
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let (socket, _) = tokio_tungstenite::client_async_with_config(&address, stream, Some(config))
            .await
            .expect("its tools answer");
        Browser { socket, next: 1, events: Vec::new(), process }
    }

    /// Asks for something, of a page or of the browser itself, and waits for the answer.
    pub async fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<Value, String> {
        let id = self.next;
        self.next += 1;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.socket.send(Message::Text(message.to_string().into())).await.expect("Chromium is there");
        loop {
            let mut heard = self.hear(method).await;
            if heard["id"] == id {
                return match heard.get("error") {
                    Some(error) => Err(error.to_string()),
                    None => Ok(heard["result"].take()),
                };
            }
            self.events.push(heard);
        }
    }

    /// Waits until something of interest has happened, be it that it has already.
    pub async fn event(&mut self, method: &str, interesting: impl Fn(&Value) -> bool) -> Value {
        let wanted = |event: &Value| event["method"] == method && interesting(&event["params"]);
        if let Some(at) = self.events.iter().position(wanted) {
            return self.events.remove(at)["params"].take();
        }
        loop {
            let mut heard = self.hear(method).await;
            if wanted(&heard) {
                return heard["params"].take();
            }
            self.events.push(heard);
        }
    }

    /// What happened of this kind so far, for a judgement at the end.
    pub fn happened(&self, method: &str) -> Vec<&Value> {
        self.events.iter().filter(|event| event["method"] == method).map(|event| &event["params"]).collect()
    }

    async fn hear(&mut self, waiting_for: &str) -> Value {
        loop {
            let frame = timeout(PATIENCE, self.socket.next()).await;
            let frame = frame.unwrap_or_else(|_| panic!("Chromium says nothing; waiting for {waiting_for}"));
            match frame.expect("Chromium is there").expect("Chromium speaks WebSocket") {
                Message::Text(text) => return serde_json::from_str(&text).expect("Chromium speaks JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("Chromium said {other:?}; waiting for {waiting_for}"),
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
