//! WebSocket by hand: frames that no library sends, and what comes back, byte by byte.

use protocol::ServerMessage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::place::Place;
use crate::visit::DEADLINE;

/// Text, and the last frame of it.
pub const TEXT: u8 = 0x81;
/// Binary, and the last frame of it.
pub const BINARY: u8 = 0x82;
/// Text of which more follows.
pub const TEXT_BEGINS: u8 = 0x01;
/// More of what began, and more to follow.
pub const GOES_ON: u8 = 0x00;
/// The last of what began.
pub const ENDS: u8 = 0x80;
/// The end.
pub const CLOSE: u8 = 0x88;
/// Are you there?
pub const PING: u8 = 0x89;
/// I am.
pub const PONG: u8 = 0x8A;

/// A connection.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A frame that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Its first byte.
    pub first: u8,
    /// What it holds.
    pub payload: Vec<u8>,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct End {
    /// The last words, and whether coming back may help.
    pub bye: Option<(String, bool)>,
    /// The code of the close; 1005 for one without.
    pub code: Option<u16>,
    /// What pongs held.
    pub pongs: Vec<Vec<u8>>,
}

/// A frame of a client: masked, with a mask that changes every byte.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x5A, 0xA5, 0x3C, 0xC3];
    let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    let mut bytes = head(first, payload.len() as u64, 0x80);
    bytes.extend(mask);
    bytes.extend(masked);
    bytes
}

/// A frame as a server writes it, without a mask.
pub fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    [head(first, payload.len() as u64, 0), payload.to_vec()].concat()
}

/// The head of a frame that says how long it is, whatever follows.
pub fn head(first: u8, len: u64, masked: u8) -> Vec<u8> {
    let mut bytes = vec![first];
    match len {
        0..126 => bytes.push(masked | len as u8),
        126..65_536 => bytes.extend([&[masked | 126], &(len as u16).to_be_bytes()[..]].concat()),
        _ => bytes.extend([&[masked | 127], &len.to_be_bytes()[..]].concat()),
    }
    bytes
}

/// What a close holds.
pub fn closing(code: u16) -> Vec<u8> {
    code.to_be_bytes().to_vec()
}

impl Wire {
    /// Asks for a WebSocket with these headers besides those that it takes; the head of the answer.
    pub async fn ask(place: &Place, headers: &str) -> (Wire, String) {
        let mut stream = TcpStream::connect(place.at()).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("it is asked");
        let mut wire = Wire { stream, buffer: Vec::new() };
        let end = loop {
            if let Some(at) = wire.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(wire.read().await, "an answer comes");
        };
        let head = String::from_utf8(wire.buffer.drain(..end).collect()).expect("a head is text");
        (wire, head)
    }

    /// A WebSocket of the JSON subprotocol; nothing is said yet.
    pub async fn open(place: &Place) -> Wire {
        let (wire, head) = Wire::ask(place, "Sec-WebSocket-Protocol: linework.v1.json\r\n").await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        wire
    }

    /// Comes in, up to the check that follows the drawing; the welcome.
    pub async fn enter(&mut self, hello: &str) -> protocol::Welcome {
        self.send(&frame(TEXT, hello.as_bytes())).await;
        let mut welcome = None;
        loop {
            match self.message().await {
                ServerMessage::Welcome(is) => welcome = Some(*is),
                ServerMessage::Check { .. } => return welcome.expect("a welcome comes before a check"),
                _ => {}
            }
        }
    }

    /// Writes bytes as they are. Whoever is cut while they write finds out by reading.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Says that no more will be said.
    pub async fn half_close(&mut self) {
        self.stream.shutdown().await.expect("a socket");
    }

    /// Reads some more; false at the end.
    async fn read(&mut self) -> bool {
        let mut some = [0; 16 << 10];
        let read = timeout(DEADLINE, self.stream.read(&mut some)).await.expect("the server does something in time");
        // One that is cut with something unread in it ends in an error, which is an end too.
        let read = read.unwrap_or(0);
        self.buffer.extend_from_slice(&some[..read]);
        read > 0
    }

    /// The next frame; none at the end.
    pub async fn hear(&mut self) -> Option<Heard> {
        loop {
            if let Some((heard, len)) = parse(&self.buffer) {
                self.buffer.drain(..len);
                return Some(heard);
            }
            if !self.read().await {
                return None;
            }
        }
    }

    /// The next message.
    pub async fn message(&mut self) -> ServerMessage {
        loop {
            let heard = self.hear().await.expect("the connection holds");
            if heard.first == TEXT {
                return serde_json::from_slice(&heard.payload).expect("a server's message is read");
            }
        }
    }

    /// Listens to the end.
    pub async fn end(&mut self) -> End {
        let mut end = End::default();
        while let Some(Heard { first, payload }) = self.hear().await {
            match first {
                TEXT => {
                    if let Ok(ServerMessage::Bye { why, retry }) = serde_json::from_slice(&payload) {
                        end.bye = Some((why, retry));
                    }
                }
                CLOSE => {
                    end.code = Some(payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code)));
                    // The side that closed waits for this, and no longer than it must.
                    self.send(&frame(CLOSE, &payload)).await;
                }
                PONG => end.pongs.push(payload),
                PING => {}
                _ => panic!("a frame that begins with {first:#04x}"),
            }
        }
        end
    }
}

/// The first frame of some bytes, if it is whole, and how long it is.
fn parse(bytes: &[u8]) -> Option<(Heard, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    assert_eq!(second & 0x80, 0, "a server's frame is not masked");
    let (len, start) = match second {
        126 => (usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
        127 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?) as usize, 10),
        len => (usize::from(len), 2),
    };
    let payload = bytes.get(start..start + len)?.to_vec();
    Some((Heard { first, payload }, start + len))
}
