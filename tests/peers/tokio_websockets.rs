//! The courses with the crate `tokio-websockets`.

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{Encoding, ServerMessage};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_websockets::upgrade::Response;
use tokio_websockets::{ClientBuilder, CloseCode, Config, Message, WebSocketStream};

use crate::courses::{Course, Step};
use crate::place::Place;
use crate::visit::DEADLINE;

type Socket = WebSocketStream<TcpStream>;

/// Bytes of a frame, so that every message is in many.
const FRAME_BYTES: usize = 40;

/// Goes through a course.
pub async fn go(place: &Place, course: &Course) -> anyhow::Result<()> {
    let (host, port) = place.at();
    let uri = format!("ws://{host}:{port}/ws").parse().context("a URI")?;
    let name = "Sec-WebSocket-Protocol".parse().context("a header")?;
    let builder = ClientBuilder::from_uri(uri)
        .config(Config::default().frame_size(FRAME_BYTES))
        .add_header(name, course.subprotocol.parse().context("a header")?)?;
    let (mut socket, response): (Socket, Response) =
        builder.connect_on(TcpStream::connect(place.at()).await.context("the server listens")?).await?;
    ensure!(response.headers()["Sec-WebSocket-Protocol"] == course.subprotocol.as_str(), "another subprotocol");
    for step in &course.steps {
        take(&mut socket, step).await.with_context(|| format!("{step:?}"))?;
    }
    Ok(())
}

async fn take(socket: &mut Socket, step: &Step) -> anyhow::Result<()> {
    match step {
        Step::Say(text) => socket.send(Message::text(text.clone())).await?,
        // This library cuts by length alone.
        Step::Fragments(parts) => socket.send(Message::text(parts.concat())).await?,
        Step::Binary(digits) => {
            let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
            socket.send(Message::binary(pairs.collect::<Result<Vec<u8>, _>>()?)).await?;
        }
        Step::Ping(text) => {
            socket.send(Message::ping(text.clone())).await?;
            while !next(socket).await?.is_some_and(|heard| heard.is_pong()) {}
        }
        Step::Hear(kind) => loop {
            let heard = next(socket).await?.context("it ended")?;
            if kind_of(&heard).as_deref() == Some(kind) {
                break;
            }
            ensure!(!heard.is_close(), "it was closed: {heard:?}");
        },
        Step::Close(code) => {
            socket.send(Message::close(Some(CloseCode::try_from(*code)?), "")).await?;
            ensure!(end(socket).await?.0 == *code, "another code");
        }
        Step::Closed(code, words) => {
            let (closed, why) = end(socket).await?;
            ensure!(closed == *code && why.contains(words), "{closed} {why}");
        }
    }
    Ok(())
}

async fn next(socket: &mut Socket) -> anyhow::Result<Option<Message>> {
    Ok(timeout(DEADLINE, socket.next()).await.context("nothing came in time")?.transpose()?)
}

/// What a message is called, in either encoding.
fn kind_of(message: &Message) -> Option<String> {
    let bytes: &[u8] = message.as_payload();
    let encoding = if message.is_text() { Encoding::Json } else { Encoding::MessagePack };
    let said: serde_json::Value = match encoding.decode::<ServerMessage>(bytes) {
        Ok(said) if message.is_text() || message.is_binary() => serde_json::to_value(said).ok()?,
        _ => return None,
    };
    said.as_str().or_else(|| said.as_object()?.keys().next().map(String::as_str)).map(str::to_owned)
}

/// The code that it is closed with, and the last words.
async fn end(socket: &mut Socket) -> anyhow::Result<(u16, String)> {
    let mut why = String::new();
    while let Some(heard) = next(socket).await? {
        if let Some((code, _)) = heard.as_close() {
            return Ok((code.into(), why));
        }
        if let Some(text) = heard.as_text()
            && let Ok(ServerMessage::Bye { why: last, .. }) = serde_json::from_str(text)
        {
            why = last;
        }
    }
    bail!("it ended without a close: {why}")
}
