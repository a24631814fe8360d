//! Drawings, blobs and long messages on their way out, in pieces small enough for others' cursors to pass between. What several people
//! want is read, packed and encoded once, off the runtime's threads.

use std::sync::Arc;

use axum::extract::ws::Message;
use bytes::Bytes;
use drawing::Drawing;
use protocol::{CodecError, Encoding, Hash, ServerMessage};
use tokio::sync::OnceCell;

use crate::frame;
use crate::store::{Store, StoreError};

/// Bytes in one piece.
pub(crate) const PIECE_BYTES: usize = 256 << 10;

/// Something large that goes out in pieces.
#[derive(Debug)]
pub(crate) struct Pieces {
    /// What it is.
    pub what: What,
    /// The bytes as a whole; none if there is no such blob.
    whole: OnceCell<Option<Bytes>>,
    msgpack: OnceCell<Arc<[Message]>>,
    json: OnceCell<Arc<[Message]>>,
}

/// What goes out in pieces.
#[derive(Debug)]
pub(crate) enum What {
    /// A frozen drawing, as [`ServerMessage::Snapshot`].
    Drawing(Drawing),
    /// A blob of the log, as [`ServerMessage::Blob`].
    Blob(Hash),
    /// A message that is too long to go whole, as [`ServerMessage::Part`].
    Message(Arc<ServerMessage>),
}

impl Pieces {
    pub(crate) fn new(what: What) -> Pieces {
        Pieces { what, whole: OnceCell::new(), msgpack: OnceCell::new(), json: OnceCell::new() }
    }

    /// The messages, encoded; whoever asks first does the work for all.
    pub(crate) async fn to_wire(&self, encoding: Encoding, store: &dyn Store) -> Result<Arc<[Message]>, StoreError> {
        let cell = match encoding {
            Encoding::MessagePack => &self.msgpack,
            Encoding::Json => &self.json,
        };
        let encoded = cell.get_or_try_init(async || {
            if let What::Message(message) = &self.what {
                return parts_elsewhere(message.clone(), encoding).await.map(Arc::from);
            }
            let messages = self.messages(store).await?;
            let encode_all = move || messages.iter().map(|message| frame::encode(message, encoding)).collect();
            let encoded: Result<Vec<Message>, _> = on_a_thread(encode_all).await?;
            encoded.map(Arc::from).map_err(|error| StoreError::Failed(error.to_string()))
        });
        encoded.await.cloned()
    }

    /// The messages of a drawing or a blob, not encoded.
    pub(crate) async fn messages(&self, store: &dyn Store) -> Result<Vec<ServerMessage>, StoreError> {
        let whole = self.whole.get_or_try_init(async || match &self.what {
            What::Drawing(drawing) => {
                let drawing = drawing.clone();
                on_a_thread(move || Some(Bytes::from(protocol::encode_drawing(&drawing)))).await
            }
            What::Blob(hash) => store.blob(*hash).await,
            What::Message(_) => Ok(None),
        });
        Ok(self.cut(whole.await?.as_ref()))
    }

    fn cut(&self, whole: Option<&Bytes>) -> Vec<ServerMessage> {
        let message = |piece, pieces, bytes: Vec<u8>| match &self.what {
            What::Drawing(_) => ServerMessage::Snapshot { piece, pieces, bytes },
            What::Blob(hash) => ServerMessage::Blob { hash: *hash, piece, pieces, bytes },
            What::Message(message) => ServerMessage::clone(message),
        };
        let Some(whole) = whole else {
            return vec![message(0, 0, Vec::new())];
        };
        // An empty blob is one empty piece, so that it differs from one that isn't there.
        let pieces = whole.len().div_ceil(PIECE_BYTES).max(1);
        let piece = |at: usize| {
            let from = (at * PIECE_BYTES).min(whole.len());
            let to = (from + PIECE_BYTES).min(whole.len());
            message(at as u32, pieces as u32, whole[from..to].to_vec())
        };
        (0..pieces).map(piece).collect()
    }
}

/// A message as it goes over a socket, whole or in parts; nothing if it can't be written.
pub(crate) async fn in_parts(message: ServerMessage, encoding: Encoding) -> Vec<Message> {
    match encoding.encode_within(&message, protocol::WHOLE_BYTES_MAX) {
        Ok(Some(bytes)) => vec![frame::to_message(bytes, encoding)],
        Ok(None) => parts_elsewhere(Arc::new(message), encoding).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// A long message in parts, written where it holds up nobody.
async fn parts_elsewhere(message: Arc<ServerMessage>, encoding: Encoding) -> Result<Vec<Message>, StoreError> {
    let write = move || -> Result<Vec<Message>, CodecError> {
        Ok(message.to_frames(encoding)?.into_iter().map(|bytes| frame::to_message(bytes, encoding)).collect())
    };
    on_a_thread(write).await?.map_err(|error| StoreError::Failed(error.to_string()))
}

/// Computes something where it holds up nobody.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Failed("packing ended early".into()))
}
