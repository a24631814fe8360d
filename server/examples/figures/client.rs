//! A real `Session` over a WebSocket.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use collab::{Session, Status};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{
    Address, ClientId, ClientMessage, ClientSeq, Encoding, Parts, ResumeKey, SUBPROTOCOL_MSGPACK, Seq, ServerMessage,
};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// Nobody waits longer for anything.
const DEADLINE: Duration = Duration::from_secs(60);

/// One who came in.
pub struct Person {
    /// The connection.
    pub socket: WebSocketStream<TcpStream>,
    /// From connecting until something of the drawing could be shown.
    pub shown: Duration,
    /// From connecting until the drawing was whole and had the hash that the server says.
    pub joined: Duration,
    /// Bytes of all messages until then.
    pub bytes: usize,
}

/// Comes in, as person `id`.
pub async fn join(address: &Address, id: u128) -> anyhow::Result<Person> {
    let began = Instant::now();
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{}:{}/ws", address.host, address.port).into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL_MSGPACK.parse()?);
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
    let mut session = Session::new(ClientId(id), ResumeKey(id), format!("Person {id}"), ClientSeq(Seq(1)));
    let hello = ClientMessage::Hello(session.hello(&address.drawing, &address.secret));
    socket.send(Message::Binary(Encoding::MessagePack.encode(&hello)?.into())).await?;
    let (mut parts, mut bytes, mut shown) = (Parts::default(), 0, None);
    loop {
        let frame = tokio::time::timeout(DEADLINE, socket.next()).await.context("in time")?;
        let Message::Binary(frame) = frame.context("it goes on")?? else { continue };
        bytes += frame.len();
        let mut message: ServerMessage = Encoding::MessagePack.decode(&frame)?;
        if let ServerMessage::Part(part) = message {
            let Some(whole) = parts.take(part, usize::MAX)? else { continue };
            message = Encoding::MessagePack.decode(&whole)?;
        }
        if let ServerMessage::Bye { why, .. } = &message {
            bail!("turned away: {why}");
        }
        if let ServerMessage::Check { seq, drawing } = &message {
            let here = session.position().map(|position| position.seq);
            if *session.status() == Status::Live && here == Some(*seq) {
                anyhow::ensure!(session.confirmed().hash() == *drawing, "another hash than the server's");
                let joined = began.elapsed();
                return Ok(Person { socket, shown: shown.unwrap_or(joined), joined, bytes });
            }
        }
        session.receive(began.elapsed().as_millis() as u64, message)?;
        if shown.is_none() && session.drawing().entity_count() > 0 {
            shown = Some(began.elapsed());
        }
    }
}
