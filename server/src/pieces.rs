//! Drawings, blobs and long messages on their way out, in pieces small enough for others' cursors to pass between. What several people
//! want is read, packed and encoded once, off the runtime's threads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Message;
use bytes::Bytes;
use drawing::Drawing;
use protocol::{CodecError, Encoding, Hash, ServerMessage};
use tokio::sync::{Notify, OnceCell};

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
    /// The chunks of a drawing that are packed so far.
    chunks: Arc<Chunks>,
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
        Pieces { what, whole: OnceCell::new(), chunks: Arc::default(), msgpack: OnceCell::new(), json: OnceCell::new() }
    }

    /// The messages at a place, of which there are several where one is long; none after the last. Those of a drawing go
    /// out while it is being packed.
    pub(crate) async fn at(
        &self,
        place: usize,
        encoding: Encoding,
        store: &dyn Store,
    ) -> Result<Option<Vec<Message>>, StoreError> {
        let What::Drawing(drawing) = &self.what else {
            return Ok(self.to_wire(encoding, store).await?.get(place).map(|message| vec![message.clone()]));
        };
        let pieces = protocol::chunk_count(drawing) as u32;
        let Some(bytes) = self.chunks.at(place, drawing).await? else { return Ok(None) };
        let message = ServerMessage::Snapshot { piece: place as u32, pieces, bytes: bytes.to_vec() };
        Ok(Some(in_parts(message, encoding).await))
    }

    /// The messages of a blob or of one that is long, encoded; whoever asks first does the work for all.
    async fn to_wire(&self, encoding: Encoding, store: &dyn Store) -> Result<Arc<[Message]>, StoreError> {
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

    /// The messages of a blob, not encoded.
    pub(crate) async fn messages(&self, store: &dyn Store) -> Result<Vec<ServerMessage>, StoreError> {
        let whole = self.whole.get_or_try_init(async || match &self.what {
            What::Blob(hash) => store.blob(*hash).await,
            What::Drawing(_) | What::Message(_) => Ok(None),
        });
        Ok(self.cut(whole.await?.as_ref()))
    }

    fn cut(&self, whole: Option<&Bytes>) -> Vec<ServerMessage> {
        let message = |piece, pieces, bytes: Vec<u8>| match &self.what {
            What::Blob(hash) => ServerMessage::Blob { hash: *hash, piece, pieces, bytes },
            What::Drawing(_) => ServerMessage::Snapshot { piece, pieces, bytes },
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

/// The chunks of a drawing, packed one after another on a thread, for all who wait for them.
#[derive(Debug, Default)]
struct Chunks {
    packed: Mutex<Packed>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Packed {
    begun: bool,
    chunks: Vec<Bytes>,
    over: bool,
}

/// Whatever becomes of the thread that packs, nobody waits for it in vain.
struct Packing(Arc<Chunks>);

impl Drop for Packing {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.more.notify_waiters();
    }
}

impl Chunks {
    /// The chunk at a place, as soon as it is packed; none after the last. Whoever asks first begins.
    async fn at(self: &Arc<Self>, place: usize, drawing: &Drawing) -> Result<Option<Bytes>, StoreError> {
        let count = protocol::chunk_count(drawing);
        loop {
            let mut more = std::pin::pin!(self.more.notified());
            // From here on nothing is missed.
            more.as_mut().enable();
            {
                let mut packed = self.lock();
                if let Some(chunk) = packed.chunks.get(place) {
                    return Ok(Some(chunk.clone()));
                }
                if packed.over {
                    let ended = || StoreError::Failed("packing ended early".into());
                    return if place >= count { Ok(None) } else { Err(ended()) };
                }
                if !std::mem::replace(&mut packed.begun, true) {
                    let (drawing, packing) = (drawing.clone(), Packing(self.clone()));
                    tokio::task::spawn_blocking(move || packing.pack(&drawing));
                }
            }
            more.await;
        }
    }

    /// A thread that panicked with the lock left whole chunks behind.
    fn lock(&self) -> MutexGuard<'_, Packed> {
        self.packed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Packing {
    fn pack(self, drawing: &Drawing) {
        for chunk in protocol::encode_chunks(drawing) {
            self.0.lock().chunks.push(chunk.into());
            self.0.more.notify_waiters();
        }
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
