//! Performing what a desk wants: sending, storing, reading, keeping checkpoints.

use std::sync::Arc;

use collab::{ConnId, Effect, Input, Room};
use drawing::Drawing;
use protocol::{Answer, Hash, Refusal, ServerMessage};

use super::run::OpenDrawing;
use crate::HostEvent;
use crate::frame::Frame;
use crate::outgoing::Item;
use crate::pieces::{Pieces, What};
use crate::store::{Store, StoreError};

/// Bytes of entries that a room reads at a time.
const STRETCH_BYTES: usize = 1 << 20;

/// What is for whom, in order.
type Mail = Vec<(ConnId, Item)>;

impl OpenDrawing {
    pub(super) fn perform(&mut self, effects: Vec<Effect>) {
        let mut mail = Mail::default();
        for effect in effects {
            match effect {
                Effect::Append { after, payloads } => self.append = Some(self.store.append(after, payloads)),
                Effect::Read { after } => self.read = Some(self.store.read_after(after, STRETCH_BYTES)),
                Effect::Send { to, message } => {
                    self.observer.sent(self.clock.time_of_day(), &to, &message);
                    self.note_asked(&to, &message);
                    let frame = self.frame(&to, message);
                    mail.extend(to.iter().map(|conn| (*conn, Item::Frame(frame.clone()))));
                }
                Effect::SendPresence { to, message } => {
                    self.observer.shown();
                    let frame = self.frame(&to, message);
                    to.iter().filter_map(|conn| self.connections.get(conn)).for_each(|each| each.show(frame.clone()));
                }
                Effect::SendSnapshot { to, drawing } => {
                    let pieces = self.snapshot_of(drawing);
                    mail.push((to, Item::Snapshot(pieces)));
                }
                Effect::SendLog { to, after, upto } => mail.push((to, Item::Log { after, upto })),
                Effect::SendBlob { to, hash } => {
                    let pieces = self.blob_of(hash);
                    mail.push((to, Item::Blob(pieces)));
                }
                Effect::Attend { here } => self.attending = self.neighbours.as_ref().map(|others| others.attend(here)),
                Effect::ShowElsewhere { latest } => {
                    if let Some(others) = &self.neighbours {
                        others.show(latest);
                    }
                }
                Effect::SaveCheckpoint { room } => {
                    self.to_save = Some(room);
                    if self.saving.is_none() {
                        self.save_next();
                    }
                }
                Effect::Close { conn, why, retry } => {
                    self.deliver(std::mem::take(&mut mail));
                    if let Some(outgoing) = self.connections.remove(&conn) {
                        tracing::info!(drawing = self.name, conn = conn.0, why, retry, "a connection is ended");
                        outgoing.end(why, retry);
                    }
                }
            }
        }
        self.deliver(mail);
    }

    /// Puts to each connection's queue what is for it, in order and at once.
    fn deliver(&mut self, mut mail: Mail) {
        // Stable: what is for one connection stays in order.
        mail.sort_by_key(|(conn, _)| *conn);
        let mut mail = mail.into_iter().peekable();
        while let Some((conn, _)) = mail.peek() {
            let conn = *conn;
            let items = std::iter::from_fn(|| mail.next_if(|(to, _)| *to == conn).map(|(_, item)| item));
            // Not there: it ended, and the desk hears of it soon.
            match self.connections.get(&conn) {
                Some(outgoing) => {
                    let items: Vec<_> = items.collect();
                    if outgoing.push_all(items).is_err() {
                        self.inputs.push_back(Input::Overflowed { conn });
                    }
                }
                None => items.for_each(drop),
            }
        }
    }

    /// The owner hears of it when somebody is refused what another holds.
    fn note_asked(&self, to: &[ConnId], message: &ServerMessage) {
        let ServerMessage::Answer { answer: Answer::Refused(Refusal::Held { by, .. }), .. } = message else { return };
        let [asker] = to else { return };
        let name = |session| self.desk.room().shared().members.get(&session).map(|member| member.name.clone());
        let holder = by.iter().max_by_key(|held| held.ids.len()).and_then(|held| name(held.session));
        if let (Some(asker), Some(holder)) = (self.desk.session_of(*asker).and_then(name), holder) {
            let records = by.iter().map(|held| held.ids.len()).sum();
            let drawing = self.desk.room().title().to_owned();
            // Nobody has to listen.
            let _ = self.outside.events.send(HostEvent::LockAskedFor { drawing, asker, holder, records });
        }
    }

    /// One message for all of these, encoded as they want it.
    fn frame(&self, to: &[ConnId], message: Arc<ServerMessage>) -> Arc<Frame> {
        let encodings = to.iter().filter_map(|conn| self.connections.get(conn)).filter_map(|each| each.encoding);
        Arc::new(Frame::new(message, encodings))
    }

    /// The drawing in pieces: the same for all who join while nobody changes it.
    fn snapshot_of(&mut self, drawing: Drawing) -> Arc<Pieces> {
        let same = |pieces: &&Arc<Pieces>| match &pieces.what {
            What::Drawing(known) => known.hash() == drawing.hash() && known.record_count() == drawing.record_count(),
            What::Blob(_) => false,
        };
        if let Some(pieces) = self.snapshot.as_ref().filter(same) {
            return pieces.clone();
        }
        self.snapshot.insert(Arc::new(Pieces::new(What::Drawing(drawing)))).clone()
    }

    /// A blob in pieces: read once for all who want it at the same time.
    fn blob_of(&mut self, hash: Hash) -> Arc<Pieces> {
        let same = |pieces: &Arc<Pieces>| matches!(pieces.what, What::Blob(known) if known == hash);
        if let Some(pieces) = self.blob.upgrade().filter(same) {
            return pieces;
        }
        let pieces = Arc::new(Pieces::new(What::Blob(hash)));
        self.blob = Arc::downgrade(&pieces);
        pieces
    }

    /// Starts to keep the newest checkpoint that waits, if one does.
    pub(super) fn save_next(&mut self) {
        let Some(room) = self.to_save.take() else { return };
        self.saving = Some(Box::pin(save(room, self.store.clone())));
    }
}

async fn save(room: Arc<Room>, store: Arc<dyn Store>) -> Result<(), StoreError> {
    let position = room.position();
    let packed = tokio::task::spawn_blocking(move || room.to_checkpoint()).await;
    let state = packed.map_err(|_| StoreError::Failed("packing the room ended early".into()))?;
    store.save_checkpoint(position, state).await
}
