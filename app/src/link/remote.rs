//! A room on a server: a WebSocket in MessagePack, kept up by connecting again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use drawing::RecordId;
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{Address, ClientMessage, DrawingReader, Encoding, Limits, Parts, ServerMessage, SnapshotError};
use serde::Deserialize as _;
use serde::de::value::Error as ValueError;
use serde::de::{IgnoredAny, IntoDeserializer as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::line::{Line, Meter};
use super::pace::Pace;
use super::pieces::Pieces;
use super::{End, Ends, Incoming, Link, REOPENED, Wake};

/// An attempt to connect takes no longer than this.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Bytes of one message that a server may send; what is longer it sends in parts ...
const MESSAGE_BYTES_MAX: usize = 8 << 20;
/// ... which together may have so many.
const PARTS_BYTES_MAX: usize = 512 << 20;
/// Bytes that may wait to go out: a server of before takes a long request whole.
const WRITE_BYTES_MAX: usize = 128 << 20;
/// What has come of a drawing is shown this often.
const SHOW_PAUSE: Duration = Duration::from_millis(60);
/// A goodbye that can't be said within this time is left unsaid.
const FAREWELL_MAX: Duration = Duration::from_secs(1);
/// Heartbeats within which nothing comes, or nothing goes out, until a connection counts as broken.
const MISSED_MAX: u32 = 3;

/// A connection to a server.
type Socket = WebSocketStream<Line<TcpStream>>;

/// A link to the room at `address`, kept up until it is dropped or the server refuses.
pub fn remote(runtime: &tokio::runtime::Handle, address: Address, wake: Wake) -> Link {
    let (link, ends) = Link::pair(wake);
    runtime.spawn(keep_up(address, ends));
    link
}

async fn keep_up(address: Address, mut ends: Ends) {
    let mut pace = Pace::default();
    loop {
        let mut welcomed = None;
        let end = match timeout(CONNECT_MAX, connect(&address)).await {
            Ok(Ok(socket)) => converse(socket, &mut ends, &mut welcomed).await,
            Ok(Err(error)) => End::Lost(format!("{error:#}")),
            Err(_) => End::Lost(format!("{}:{} does not answer", address.host, address.port)),
        };
        if !ends.rest(end, &mut pace, welcomed.map(|at: Instant| at.elapsed())).await {
            return;
        }
    }
}

async fn connect(address: &Address) -> anyhow::Result<Socket> {
    let Address { host, port, .. } = address;
    let stream =
        TcpStream::connect((host.as_str(), *port)).await.with_context(|| format!("{host}:{port} can't be reached"))?;
    // A cursor is worth nothing late; small messages go out at once.
    stream.set_nodelay(true).context("the connection can't be set up")?;
    let shown_host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let mut request = format!("ws://{shown_host}:{port}/ws").into_client_request().context("no address of a server")?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(protocol::SUBPROTOCOL_MSGPACK));
    let bytes_max = MESSAGE_BYTES_MAX;
    let config = WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        .max_write_buffer_size(WRITE_BYTES_MAX)
        .max_message_size(Some(bytes_max))
        .max_frame_size(Some(bytes_max));
    match client_async_with_config(request, Line::new(stream), Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(WsError::Http(response)) => {
            bail!("{host}:{port} answered {}, so it is no Linework server", response.status())
        }
        Err(error) => Err(anyhow!(error).context(format!("{host}:{port} does not speak as a Linework server"))),
    }
}

/// Talks over one connection until it ends.
async fn converse(mut socket: Socket, ends: &mut Ends, welcomed: &mut Option<Instant>) -> End {
    // What was asked of an earlier connection is done.
    ends.reopen.mark_unchanged();
    if !ends.deliver(Incoming::Connected).await {
        return End::Dropped;
    }
    let mut greeted = false;
    let mut coming = Coming::default();
    let meter = socket.get_ref().meter();
    let (mut heard, mut read) = (Instant::now(), meter.read());
    let mut beat = heartbeat(Limits::default().heartbeat_ms);
    let mut in_parts = false;
    loop {
        tokio::select! {
            message = ends.outgoing.recv() => {
                let Some(message) = message else {
                    return leave(socket).await;
                };
                // What was meant for an earlier connection is said again by the session once this one is welcomed.
                greeted |= matches!(message, ClientMessage::Hello(_));
                if greeted && let Err(why) = say(&mut socket, &message, in_parts, beat.period()).await {
                    return End::Lost(why);
                }
            }
            frame = socket.next() => {
                let message = match frame {
                    Some(Ok(Message::Binary(bytes))) => match coming.read(&bytes) {
                        Ok(Some(message)) => message,
                        // The rest of it is yet to come.
                        Ok(None) => {
                            heard = Instant::now();
                            continue;
                        }
                        // A message of a later version: additive evolution says to go on.
                        Err(error) if is_of_a_later_version(&bytes) => {
                            tracing::warn!(%error, "a message that this version does not know was left out");
                            continue;
                        }
                        // Leaving it out would make nonsense of all that follows.
                        Err(error) => return End::Lost(format!("the server sent something unreadable ({error})")),
                    },
                    Some(Ok(Message::Close(frame))) => {
                        let why = frame.map(|f| f.reason.to_string()).filter(|why| !why.is_empty());
                        return End::Lost(why.unwrap_or_else(|| "the server closed the connection".into()));
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => return End::Lost(format!("the connection broke: {error}")),
                    None => return End::Lost("the server closed the connection".into()),
                };
                if let ServerMessage::Welcome(welcome) = &message {
                    beat = heartbeat(welcome.limits.heartbeat_ms);
                    in_parts = welcome.limits.bulk_bytes_max > 0;
                    *welcomed = Some(Instant::now());
                }
                if let Some(end) = hand_on(message, &mut coming, ends).await {
                    return end;
                }
                // Meanwhile nobody listened, so it says nothing that nothing came.
                heard = Instant::now();
            }
            Ok(()) = ends.reopen.changed() => return End::Lost(REOPENED.into()),
            _ = beat.tick() => {
                // A long message is a sign of life all the while that it comes in.
                if std::mem::replace(&mut read, meter.read()) != read {
                    heard = Instant::now();
                }
                if heard.elapsed() > beat.period() * MISSED_MAX {
                    return End::Lost("the server has not been heard of for a while".into());
                }
                if greeted && let Err(why) = say(&mut socket, &ClientMessage::Heartbeat, false, beat.period()).await {
                    return End::Lost(why);
                }
            }
        }
    }
}

fn heartbeat(ms: u32) -> tokio::time::Interval {
    let mut beat = interval(Duration::from_millis(u64::from(ms.max(100))));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat
}

/// Sends a message, whole or in parts, for as long as it goes on: a long one may be on its way for many beats.
async fn say(socket: &mut Socket, message: &ClientMessage, in_parts: bool, beat: Duration) -> Result<(), String> {
    let frames = match in_parts {
        true => message.to_frames(Encoding::MessagePack),
        false => Encoding::MessagePack.encode(message).map(|whole| vec![whole]),
    };
    let meter: Meter = socket.get_ref().meter();
    for bytes in frames.map_err(|error| error.to_string())? {
        match meter.while_it_goes_out(beat * MISSED_MAX, socket.send(Message::Binary(bytes.into()))).await {
            Some(sent) => sent.map_err(|error| format!("the connection broke: {error}"))?,
            None => return Err("the server takes in nothing any more".into()),
        }
    }
    Ok(())
}

/// Says goodbye as well as a connection that may be gone allows.
async fn leave(mut socket: Socket) -> End {
    let farewell = async {
        let _ = say(&mut socket, &ClientMessage::Leave, false, FAREWELL_MAX).await;
        let _ = socket.close(None).await;
    };
    // If it can't be said, the server notices by itself.
    let _ = timeout(FAREWELL_MAX, farewell).await;
    End::Dropped
}

/// Whether bytes are a message of a kind that this version does not know, and not one that is damaged.
fn is_of_a_later_version(bytes: &[u8]) -> bool {
    let kind = match Encoding::MessagePack.decode::<BTreeMap<String, IgnoredAny>>(bytes) {
        Ok(message) if message.len() == 1 => message.into_keys().next(),
        Ok(_) => None,
        Err(_) => Encoding::MessagePack.decode::<String>(bytes).ok(),
    };
    let Some(kind) = kind else { return false };
    let known: Result<ServerMessage, ValueError> = ServerMessage::deserialize(kind.into_deserializer());
    // One with content is known, but is no bare word: another error.
    known.is_err_and(|error| error.to_string().starts_with("unknown variant"))
}

/// What comes in pieces.
#[derive(Default)]
struct Coming {
    snapshot: DrawingReader,
    /// The records of it that the window was not told of yet, and when it was told last.
    come: Vec<RecordId>,
    shown_at: Option<Instant>,
    blobs: Pieces,
    parts: Parts,
}

impl Coming {
    /// Reads a message; none where it is a part of a longer one that isn't all here.
    fn read(&mut self, bytes: &[u8]) -> anyhow::Result<Option<ServerMessage>> {
        match Encoding::MessagePack.decode(bytes)? {
            ServerMessage::Part(part) => match self.parts.take(part, PARTS_BYTES_MAX)? {
                Some(whole) => Ok(Some(Encoding::MessagePack.decode(&whole)?)),
                None => Ok(None),
            },
            message => Ok(Some(message)),
        }
    }

    /// Takes in a piece of a drawing.
    fn take_piece(&mut self, piece: u32, pieces: u32, bytes: &[u8]) -> Result<Option<Incoming>, SnapshotError> {
        if piece == 0 {
            (self.snapshot, self.come, self.shown_at) = Default::default();
        }
        self.come.extend(self.snapshot.push(bytes)?);
        if piece + 1 >= pieces {
            return std::mem::take(&mut self.snapshot).finish().map(|whole| Some(Incoming::Drawing(Box::new(whole))));
        }
        let Some(so_far) = self.snapshot.so_far().filter(|_| self.shown_at.is_none_or(|at| at.elapsed() > SHOW_PAUSE))
        else {
            return Ok(None);
        };
        self.shown_at = Some(Instant::now());
        let (received, so_far) = (piece + 1, Box::new(so_far.clone()));
        Ok(Some(Incoming::Arriving { received, pieces, so_far, come: std::mem::take(&mut self.come) }))
    }
}

/// Gives a message to the window; a drawing in pieces is read here, off the window's thread, as it comes.
async fn hand_on(message: ServerMessage, coming: &mut Coming, ends: &Ends) -> Option<End> {
    let incoming = match message {
        ServerMessage::Heartbeat => return None,
        ServerMessage::Snapshot { piece, pieces, bytes } => match coming.take_piece(piece, pieces, &bytes) {
            Ok(Some(incoming)) => incoming,
            Ok(None) => return None,
            Err(error) => return Some(End::Refused(format!("the drawing that was sent is broken: {error}"))),
        },
        ServerMessage::Blob { hash, piece, pieces, bytes } => match coming.blobs.take(hash, piece, pieces, &bytes) {
            Ok(Some((hash, bytes))) => Incoming::Blob(hash, bytes),
            Ok(None) => return None,
            Err(why) => return Some(End::Lost(why)),
        },
        ServerMessage::Bye { why, retry: false } => return Some(End::Refused(why)),
        message => Incoming::Message(message),
    };
    if ends.deliver(incoming).await { None } else { Some(End::Dropped) }
}
