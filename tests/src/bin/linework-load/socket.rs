//! Connections: joining as `docs/protocol.md` has it, saying something, and what comes as bytes.

use anyhow::{Context, bail};
use bytes::Bytes;
use drawing::Drawing;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use protocol::{
    Address, ClientId, ClientMessage, Encoding, Hello, Resume, ResumeKey, SUBPROTOCOL_MSGPACK, ServerMessage, Welcome,
    decode_drawing,
};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// What is read or written at once ...
pub const BUFFER_BYTES: usize = 64 << 10;
/// ... and by those of whom there are thousands.
const SMALL_BUFFER_BYTES: usize = 4 << 10;

/// A connection.
pub struct Socket {
    inner: WebSocketStream<TcpStream>,
    /// Frames as they came, for one who looks at them later.
    pub kept: Option<Vec<Bytes>>,
}

/// Who somebody is, and stays over several connections.
#[derive(Clone)]
pub struct Identity {
    client: ClientId,
    key: ResumeKey,
    name: String,
    buffer_bytes: usize,
}

/// One who is in.
pub struct Joined {
    /// The connection.
    pub socket: Socket,
    /// What they were told first.
    pub welcome: Welcome,
    /// The bytes of the drawing, if they came.
    pub snapshot: Vec<u8>,
}

impl Identity {
    /// A new one.
    pub fn new(name: String) -> anyhow::Result<Identity> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
        let (client, key) = bytes.split_at(16);
        let number = |bytes: &[u8]| bytes.iter().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        let (client, key) = (ClientId(number(client)), ResumeKey(number(key)));
        Ok(Identity { client, key, name, buffer_bytes: BUFFER_BYTES })
    }

    /// The same, one of thousands who hear little.
    pub fn with_small_buffers(self) -> Identity {
        Identity { buffer_bytes: SMALL_BUFFER_BYTES, ..self }
    }

    /// The installation.
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// What proves that a session is one's own.
    pub fn key(&self) -> ResumeKey {
        self.key
    }

    /// Connects and comes in, or goes on with a session.
    pub async fn join(&self, address: &Address, resume: Option<Resume>, keeps: bool) -> anyhow::Result<Joined> {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await.context("connecting")?;
        self.join_over(stream, address, resume, keeps).await
    }

    /// The same over a connection that is there.
    pub async fn join_over(
        &self,
        stream: TcpStream,
        address: &Address,
        resume: Option<Resume>,
        keeps: bool,
    ) -> anyhow::Result<Joined> {
        let mut socket = Socket::over(stream, "/ws", Some(SUBPROTOCOL_MSGPACK), self.buffer_bytes).await?;
        socket.kept = keeps.then(Vec::new);
        let hello = Hello {
            version: protocol::VERSION,
            client: self.client,
            name: self.name.clone(),
            drawing: address.drawing.clone(),
            secret: address.secret.clone(),
            resume_key: Some(self.key),
            resume,
        };
        socket.say(&ClientMessage::Hello(hello)).await?;
        let welcome = loop {
            match socket.hear().await? {
                ServerMessage::Welcome(welcome) => break *welcome,
                ServerMessage::Bye { why, .. } => bail!(why),
                _ => {}
            }
        };
        let (mut snapshot, mut whole) = (Vec::new(), false);
        while welcome.snapshot && !whole {
            match socket.hear().await? {
                ServerMessage::Snapshot { piece, pieces, bytes } => {
                    snapshot.extend(bytes);
                    whole = piece + 1 == pieces;
                }
                ServerMessage::Bye { why, .. } => bail!(why),
                _ => {}
            }
        }
        Ok(Joined { socket, welcome, snapshot })
    }
}

impl Joined {
    /// The drawing that came with the welcome.
    pub fn drawing(&self) -> anyhow::Result<Drawing> {
        Ok(decode_drawing(&self.snapshot)?)
    }
}

impl Socket {
    /// A WebSocket over a connection.
    pub async fn over(
        stream: TcpStream,
        path: &str,
        subprotocol: Option<&str>,
        buffer_bytes: usize,
    ) -> anyhow::Result<Socket> {
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{}{path}", stream.peer_addr()?).into_client_request()?;
        if let Some(subprotocol) = subprotocol {
            request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol.parse()?);
        }
        let config = WebSocketConfig::default().read_buffer_size(buffer_bytes).write_buffer_size(buffer_bytes);
        let (inner, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        Ok(Socket { inner, kept: None })
    }

    /// Says something, at once.
    pub async fn say(&mut self, message: &ClientMessage) -> anyhow::Result<()> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Says something with the next flush.
    pub async fn feed(&mut self, message: &ClientMessage) -> anyhow::Result<()> {
        let bytes = Encoding::MessagePack.encode(message)?;
        Ok(self.inner.feed(Message::Binary(bytes.into())).await?)
    }

    /// Sends what was fed.
    pub async fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.inner.flush().await?)
    }

    /// The next message, decoded.
    pub async fn hear(&mut self) -> anyhow::Result<ServerMessage> {
        let frame = self.frame().await?;
        Ok(Encoding::MessagePack.decode(&frame)?)
    }

    /// The next message as it is.
    pub async fn frame(&mut self) -> anyhow::Result<Bytes> {
        loop {
            let message = self.inner.next().await;
            if let Some(frame) = self.take(message)? {
                return Ok(frame);
            }
        }
    }

    /// The next message as it is, if it is there already.
    pub fn frame_now(&mut self) -> anyhow::Result<Option<Bytes>> {
        while let Some(message) = self.inner.next().now_or_never() {
            if let Some(frame) = self.take(message)? {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// The connection below, for one who doesn't care for messages.
    pub fn into_stream(self) -> TcpStream {
        self.inner.into_inner()
    }

    fn take(
        &mut self,
        message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    ) -> anyhow::Result<Option<Bytes>> {
        match message.context("the server closed the connection")?? {
            Message::Binary(bytes) => {
                if let Some(kept) = &mut self.kept {
                    kept.push(bytes.clone());
                }
                Ok(Some(bytes))
            }
            Message::Close(_) => bail!("the server closed the connection"),
            _ => Ok(None),
        }
    }
}
