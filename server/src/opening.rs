//! From a log to a room, and the first entry of a new log.

use bytes::Bytes;
use collab::{Desk, Room};
use drawing::Drawing;
use protocol::{Entry, Event, Hash, Millis, Position, Seq, Told};

use crate::HostError;
use crate::store::{Store, StoreError};

/// Bytes of entries read at a time.
const STRETCH_BYTES: usize = 4 << 20;
/// Bytes of entries that are read for their places in the chain.
const RECENT_BYTES_MAX: usize = 16 << 20;

/// What a desk begins with.
pub(crate) struct Opened {
    /// The room as it was at some position.
    pub room: Room,
    /// Places in the chain before it, ascending.
    pub recent: Vec<(Seq, Hash)>,
}

/// A room that has no past.
impl From<Room> for Opened {
    fn from(room: Room) -> Opened {
        Opened { room, recent: Vec::new() }
    }
}

/// The room at a log's newest checkpoint, or after its first entry. Its desk reads on from there.
pub(crate) async fn open_room(store: &dyn Store, name: &str) -> Result<Opened, HostError> {
    let unread = |error| unread(name, error);
    let checkpoint = store.latest_checkpoint().await.map_err(unread)?;
    let room = match checkpoint {
        None => start(store, name).await?,
        Some(state) => match on_a_thread(name, move || Room::from_checkpoint(&state)).await? {
            Ok(room) => room,
            Err(error) => {
                tracing::warn!(drawing = name, %error, "a checkpoint can't be read; opening takes longer");
                start(store, name).await?
            }
        },
    };
    let recent = places_before(store, room.position().seq).await.map_err(unread)?;
    Ok(Opened { room, recent })
}

/// The places in the chain before an entry, as many as may be come back to; fewer where the entries are large, since
/// who was away for that much is served sooner by a snapshot.
async fn places_before(store: &dyn Store, upto: Seq) -> Result<Vec<(Seq, Hash)>, StoreError> {
    for back in [Desk::RECENT_MAX as u64, 256, 16] {
        let mut places = Vec::new();
        let mut at = Seq(upto.0.saturating_sub(back + 1));
        let mut bytes = 0;
        while at.0 + 1 < upto.0 && bytes < RECENT_BYTES_MAX {
            let stretch = store.read_after(at, STRETCH_BYTES).await?;
            let Some(last) = stretch.entries.last() else { break };
            at = last.seq;
            bytes += stretch.entries.iter().map(|entry| entry.payload.len()).sum::<usize>();
            places.extend(stretch.entries.iter().map(|entry| (entry.seq, entry.hash)).filter(|(seq, _)| *seq < upto));
        }
        if at.0 + 1 >= upto.0 {
            return Ok(places);
        }
    }
    Ok(Vec::new())
}

/// The room after the first entry.
async fn start(store: &dyn Store, name: &str) -> Result<Room, HostError> {
    let broken = |why: String| HostError::Broken { name: name.into(), why };
    let unread = |error| unread(name, error);
    let stretch = store.read_after(Seq(0), 1).await.map_err(unread)?;
    let first = stretch.entries.first().ok_or_else(|| broken("it has no entries".into()))?;
    let entry = protocol::decode_entry(&first.payload).map_err(|error| broken(error.to_string()))?;
    let told = Told { seq: first.seq, hash: first.hash, entry };
    let Event::Created { snapshot, .. } = &told.entry.event else {
        return Err(broken("its first entry does not start a drawing".into()));
    };
    let bytes = store.blob(*snapshot).await.map_err(unread)?;
    let bytes = bytes.ok_or_else(|| broken("the drawing that it starts from is missing".into()))?;
    let log = stretch.head.log;
    on_a_thread(name, move || {
        let drawing = protocol::decode_drawing(&bytes).map_err(|error| error.to_string())?;
        Room::start(log, &told, drawing).map_err(|error| error.to_string())
    })
    .await?
    .map_err(broken)
}

/// Writes the first entry of an empty log; the room that it makes.
pub(crate) async fn found(
    store: &dyn Store,
    log: Position,
    title: &str,
    source: Option<Bytes>,
    drawing: Drawing,
    now: Millis,
) -> Result<Room, HostError> {
    let refused = |why: String| HostError::NotAdded { title: title.into(), why };
    let unwritten = |error: StoreError| refused(error.to_string());
    let frozen = drawing.clone();
    let packed = on_a_thread(title, move || Bytes::from(protocol::encode_drawing(&frozen))).await?;
    let source = match source {
        Some(bytes) => Some(store.put_blob(bytes).await.map_err(unwritten)?),
        None => None,
    };
    let snapshot: Hash = store.put_blob(packed).await.map_err(unwritten)?;
    let event = Event::Created { title: title.into(), source, snapshot, drawing: drawing.hash() };
    let entry = Entry { time_ms: now, author: None, event };
    let payload = protocol::encode_entry(&entry).map_err(|error| refused(error.to_string()))?;
    let first = collab::NewPayload { payload, time_ms: now, author: String::new(), kind: entry.event.kind() };
    match store.append(log, vec![first]).await {
        collab::AppendAnswer::Stored(head) => {
            let told = Told { seq: head.seq, hash: head.head, entry };
            Room::start(log.log, &told, drawing).map_err(|error| refused(error.to_string()))
        }
        collab::AppendAnswer::Failed(why) => Err(refused(why.into())),
        collab::AppendAnswer::Behind(_) | collab::AppendAnswer::Unknown => {
            Err(refused("its first entry could not be written".into()))
        }
    }
}

/// What a store says that could not read.
fn unread(name: &str, error: StoreError) -> HostError {
    match error {
        StoreError::Failed(why) => HostError::Broken { name: name.into(), why },
        StoreError::Away(why) => HostError::Away { name: name.into(), why },
    }
}

/// Computes something where it holds up nobody.
async fn on_a_thread<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HostError> {
    let ended = |_| HostError::Broken { name: name.into(), why: "reading it ended early".into() };
    tokio::task::spawn_blocking(work).await.map_err(ended)
}
