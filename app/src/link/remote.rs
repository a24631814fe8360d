//! A room on a server: a WebSocket in MessagePack, kept up by connecting again and again.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{Address, ClientMessage, Encoding, Limits, ServerMessage};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::{Ends, Incoming, Link, Wake};

/// An attempt to connect takes no longer than this.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Seconds between attempts; the last one is repeated.
const PAUSES_S: [u64; 6] = [0, 1, 2, 4, 8, 10];
/// Compressed bytes of a drawing that a server may send.
const SNAPSHOT_BYTES_MAX: usize = 2 << 30;
/// Heartbeats missed until a connection counts as broken.
const MISSED_MAX: u32 = 3;

/// How a connection went.
enum End {
    /// It broke; trying again may help.
    Lost(String),
    /// The server said not to come back.
    Refused(String),
    /// The window let go.
    Dropped,
}

/// A link to the room at `address`, kept up until it is dropped or the server refuses.
pub fn remote(runtime: &tokio::runtime::Handle, address: Address, wake: Wake) -> Link {
    let (link, ends) = Link::pair(wake);
    runtime.spawn(keep_up(address, ends));
    link
}

async fn keep_up(address: Address, mut ends: Ends) {
    let mut attempt = 0;
    loop {
        let end = match timeout(CONNECT_MAX, connect(&address)).await {
            Ok(Ok(socket)) => {
                attempt = 0;
                converse(socket, &mut ends).await
            }
            Ok(Err(error)) => End::Lost(format!("{error:#}")),
            Err(_) => End::Lost(format!("{}:{} does not answer", address.host, address.port)),
        };
        let again_s = PAUSES_S[attempt.min(PAUSES_S.len() - 1)];
        let kept = match end {
            End::Lost(why) => ends.deliver(Incoming::Lost { why, again_s }).await,
            End::Refused(why) => {
                ends.deliver(Incoming::Ended { why }).await;
                return;
            }
            End::Dropped => return,
        };
        if !kept {
            return;
        }
        attempt += 1;
        tokio::time::sleep(Duration::from_secs(again_s)).await;
    }
}

async fn connect(address: &Address) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let Address { host, port, .. } = address;
    let stream =
        TcpStream::connect((host.as_str(), *port)).await.with_context(|| format!("{host}:{port} can't be reached"))?;
    // A cursor is worth nothing late; small messages go out at once.
    stream.set_nodelay(true).context("the connection can't be set up")?;
    let shown_host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let mut request = format!("ws://{shown_host}:{port}/ws").into_client_request().context("no address of a server")?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(protocol::SUBPROTOCOL_MSGPACK));
    let bytes_max = Limits::default().message_bytes_max as usize;
    let config = WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        .max_write_buffer_size(2 * bytes_max)
        .max_message_size(Some(bytes_max))
        .max_frame_size(Some(bytes_max));
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(WsError::Http(response)) => {
            bail!("{host}:{port} answered {}, so it is no Linework server", response.status())
        }
        Err(error) => Err(anyhow!(error).context(format!("{host}:{port} does not speak as a Linework server"))),
    }
}

/// Talks over one connection until it ends.
async fn converse(mut socket: WebSocketStream<TcpStream>, ends: &mut Ends) -> End {
    if !ends.deliver(Incoming::Connected).await {
        return End::Dropped;
    }
    let mut greeted = false;
    let mut snapshot = Vec::new();
    let mut heard = Instant::now();
    let mut beat = heartbeat(Limits::default().heartbeat_ms);
    loop {
        tokio::select! {
            message = ends.outgoing.recv() => {
                let Some(message) = message else {
                    return leave(socket).await;
                };
                // What was meant for an earlier connection is said again by the session once this one is welcomed.
                greeted |= matches!(message, ClientMessage::Hello(_));
                if greeted && let Err(why) = say(&mut socket, &message).await {
                    return End::Lost(why);
                }
            }
            frame = socket.next() => {
                heard = Instant::now();
                let message = match frame {
                    Some(Ok(Message::Binary(bytes))) => match Encoding::MessagePack.decode::<ServerMessage>(&bytes) {
                        Ok(message) => message,
                        // A message of a later version: additive evolution says to go on.
                        Err(error) => {
                            tracing::warn!(%error, "a message that this version does not know was left out");
                            continue;
                        }
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
                }
                if let Some(end) = hand_on(message, &mut snapshot, ends).await {
                    return end;
                }
            }
            _ = beat.tick() => {
                if heard.elapsed() > beat.period() * MISSED_MAX {
                    return End::Lost("the server has not been heard of for a while".into());
                }
                if greeted && let Err(why) = say(&mut socket, &ClientMessage::Heartbeat).await {
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

async fn say(socket: &mut WebSocketStream<TcpStream>, message: &ClientMessage) -> Result<(), String> {
    let bytes = Encoding::MessagePack.encode(message).map_err(|error| error.to_string())?;
    socket.send(Message::Binary(bytes.into())).await.map_err(|error| format!("the connection broke: {error}"))
}

/// Says goodbye as well as a connection that may be gone allows.
async fn leave(mut socket: WebSocketStream<TcpStream>) -> End {
    let farewell = async {
        let _ = say(&mut socket, &ClientMessage::Leave).await;
        let _ = socket.close(None).await;
    };
    // If it can't be said, the server notices by itself.
    let _ = timeout(Duration::from_secs(1), farewell).await;
    End::Dropped
}

/// Gives a message to the window; a drawing in pieces is put together and read here, off the window's thread.
async fn hand_on(message: ServerMessage, snapshot: &mut Vec<u8>, ends: &Ends) -> Option<End> {
    let incoming = match message {
        ServerMessage::Heartbeat => return None,
        ServerMessage::Snapshot { piece, pieces, bytes } => {
            if piece == 0 {
                snapshot.clear();
            }
            snapshot.extend(bytes);
            if snapshot.len() > SNAPSHOT_BYTES_MAX {
                return Some(End::Refused("the drawing is too large to be sent".into()));
            }
            if piece + 1 < pieces {
                Incoming::Loading(piece + 1, pieces)
            } else {
                let bytes = std::mem::take(snapshot);
                match tokio::task::spawn_blocking(move || protocol::decode_drawing(&bytes)).await {
                    Ok(Ok(drawing)) => Incoming::Drawing(Box::new(drawing)),
                    Ok(Err(error)) => {
                        return Some(End::Refused(format!("the drawing that was sent is broken: {error}")));
                    }
                    Err(_) => return Some(End::Dropped),
                }
            }
        }
        ServerMessage::Bye { why, retry: false } => return Some(End::Refused(why)),
        message => Incoming::Message(message),
    };
    if ends.deliver(incoming).await { None } else { Some(End::Dropped) }
}
