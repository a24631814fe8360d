//! What the console's page asks over HTTP, as a browser writes it.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::DEADLINE;

/// Who asks: under which name, from which page, with which cookie.
#[derive(Debug, Clone)]
pub struct Asker {
    pub port: u16,
    pub host: String,
    pub origin: Option<String>,
    pub cookie: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The head, with its lines.
    pub head: String,
    pub body: Vec<u8>,
}

impl Asker {
    /// The server's own page, signed out.
    pub fn own(port: u16) -> Asker {
        let host = format!("127.0.0.1:{port}");
        Asker { port, origin: Some(format!("http://{host}")), host, cookie: None }
    }

    /// The server's own page, signed in.
    pub async fn signed_in(port: u16, secret: &str) -> Asker {
        let own = Asker::own(port);
        let answer = own.json("POST", "/api/session", &serde_json::json!({ "secret": secret })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.header("set-cookie").expect("a cookie");
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"),
            "{cookie}"
        );
        Asker { cookie: cookie.split(';').next().map(str::to_owned), ..own }
    }

    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask(method, path, "application/json", body.to_string().as_bytes()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", b"").await
    }

    pub async fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        self.ask_declaring(method, path, kind, body.len() as u64, body).await
    }

    /// Asks with a body that says it is so long, and may be shorter.
    pub async fn ask_declaring(&self, method: &str, path: &str, kind: &str, len: u64, body: &[u8]) -> Answer {
        let head = self.head(method, path, kind, &format!("Content-Length: {len}"));
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("the server listens");
        let mut heard = Vec::new();
        let talk = async {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body).await?;
            if len != body.len() as u64 {
                stream.shutdown().await?;
            }
            stream.read_to_end(&mut heard).await
        };
        timeout(DEADLINE, talk).await.expect("the server answers in time").expect("the connection holds");
        Answer::read(&heard)
    }

    /// Asks with a body that doesn't say how long it is.
    pub async fn ask_in_chunks(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let head = self.head(method, path, "application/octet-stream", "Transfer-Encoding: chunked");
        let mut said = head.into_bytes();
        for chunk in body.chunks(64 << 10) {
            said.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            said.extend_from_slice(chunk);
            said.extend_from_slice(b"\r\n");
        }
        said.extend_from_slice(b"0\r\n\r\n");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("the server listens");
        let mut heard = Vec::new();
        let talk = async {
            stream.write_all(&said).await?;
            stream.read_to_end(&mut heard).await
        };
        timeout(DEADLINE, talk).await.expect("the server answers in time").expect("the connection holds");
        Answer::read(&heard)
    }

    /// Asks with a body that is all there, and goes away without waiting for the answer.
    pub async fn ask_and_go(&self, method: &str, path: &str, body: &[u8]) {
        let head = self.head(method, path, "application/octet-stream", &format!("Content-Length: {}", body.len()));
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("the server listens");
        stream.write_all(&[head.as_bytes(), body].concat()).await.expect("the connection holds");
    }

    /// The lines before a body.
    pub fn head(&self, method: &str, path: &str, kind: &str, framing: &str) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{framing}\r\n", self.host);
        for (name, value) in [("Origin", &self.origin), ("Cookie", &self.cookie)] {
            if let Some(value) = value {
                head += &format!("{name}: {value}\r\n");
            }
        }
        if !kind.is_empty() {
            head += &format!("Content-Type: {kind}\r\n");
        }
        head + "\r\n"
    }
}

impl Answer {
    /// An answer as it came.
    pub fn read(heard: &[u8]) -> Answer {
        let end = heard.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
        let head = String::from_utf8(heard[..end].to_vec()).expect("a head is text");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let body = heard[end + 4..].to_vec();
        let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        Answer { status, head, body: if chunked { unchunk(&body) } else { body } }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// Why it was refused, in the server's words.
    pub fn why(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["why"].as_str().unwrap_or_default().to_owned()
    }

    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").expect("a chunk has a length");
        let len = std::str::from_utf8(&body[..end]).ok().and_then(|len| usize::from_str_radix(len, 16).ok());
        let len = len.expect("a length is hexadecimal");
        if len == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + len]);
        body = &body[end + 4 + len..];
    }
}
