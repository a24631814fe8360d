//! Performing what a desk wants: sending, storing, reading, keeping checkpoints.

use std::sync::Arc;
use std::time::Duration;

use collab::{ConnId, Effect, Input, Room};
use drawing::Drawing;
use protocol::{Answer, Hash, Refusal, ServerMessage};
use tokio::time::Instant;

use super::run::OpenDrawing;
use crate::HostEvent;
use crate::frame::Frame;
use crate::metrics::Metrics;
use crate::outgoing::Item;
use crate::pieces::{Pieces, What};
use crate::store::{Store, StoreError};

/// How long a packed drawing is kept for the next joiner.
const SNAPSHOT_KEPT: Duration = Duration::from_secs(5);
/// Bytes of entries that a room reads at a time.
const STRETCH_BYTES: usize = 1 << 20;

/// What is for whom, in order.
type Mail = Vec<(ConnId, Item)>;

impl OpenDrawing {
    pub(super) fn perform(&mut self, effects: Vec<Effect>) {
        if effects.iter().any(asks_the_store) {
            self.stored_at = Some(Instant::now());
        }
        let mut mail = Mail::default();
        for effect in effects {
            match effect {
                Effect::Append { after, payloads } => {
                    self.observer.appending(payloads.len());
                    self.append = Some(self.store.append(after, payloads));
                }
                Effect::Read { after } => self.read = Some(self.store.read_after(after, STRETCH_BYTES)),
                Effect::Send { to, message } => {
                    self.observer.sent(self.clock.time_of_day(), &to, &message);
                    self.note_asked(&to, &message);
                    let item = self.item(&to, message);
                    mail.extend(to.iter().map(|conn| (*conn, item.clone())));
                }
                Effect::SendPresence { to, message } => {
                    self.observer.shown();
                    let frame = self.frame(&to, message);
                    let each = to.iter().filter_map(|conn| self.connections.get(conn));
                    let overtaken = each.filter(|each| each.show(frame.clone())).count();
                    self.outside.metrics.presence_sent.inc_by(to.len() as u64);
                    self.outside.metrics.presence_dropped.inc_by(overtaken as u64);
                }
                Effect::SendSnapshot { to, drawing } => {
                    self.outside.metrics.catching_up("snapshot");
                    let pieces = self.snapshot_of(drawing);
                    mail.push((to, Item::Snapshot(pieces)));
                }
                Effect::SendLog { to, after, upto } => {
                    self.outside.metrics.catching_up("log");
                    mail.push((to, Item::Log { after, upto }));
                }
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
                        self.outside.metrics.overflowed.inc();
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

    /// As [`OpenDrawing::frame`], in parts where it is long: those are written elsewhere.
    fn item(&self, to: &[ConnId], message: Arc<ServerMessage>) -> Item {
        let encodings = to.iter().filter_map(|conn| self.connections.get(conn)).filter_map(|each| each.encoding);
        match Frame::whole(message.clone(), encodings) {
            Some(frame) => Item::Frame(Arc::new(frame)),
            None => Item::Snapshot(Arc::new(Pieces::new(What::Message(message)))),
        }
    }

    /// The drawing in pieces: the same for all who join while nobody changes it.
    fn snapshot_of(&mut self, drawing: Drawing) -> Arc<Pieces> {
        let same = |pieces: &&Arc<Pieces>| match &pieces.what {
            What::Drawing(known) => known.hash() == drawing.hash() && known.record_count() == drawing.record_count(),
            What::Blob(_) | What::Message(_) => false,
        };
        let now = Instant::now();
        let pieces = match self.snapshot.take().map(|(pieces, _)| pieces).filter(|pieces| same(&pieces)) {
            Some(pieces) => pieces,
            None => Arc::new(Pieces::new(What::Drawing(drawing))),
        };
        self.snapshot = Some((pieces.clone(), now));
        pieces
    }

    /// Lets go of a snapshot that nobody wanted for a while; whoever is being sent it still has it.
    pub(super) fn forget_snapshot(&mut self) {
        self.snapshot.take_if(|(_, wanted)| wanted.elapsed() > SNAPSHOT_KEPT);
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
        self.saving = Some(Box::pin(save(room, self.store.clone(), self.outside.metrics.clone())));
    }
}

/// Whether something is asked of the store, here or by whoever writes to a connection.
fn asks_the_store(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Append { .. }
            | Effect::Read { .. }
            | Effect::SendLog { .. }
            | Effect::SendBlob { .. }
            | Effect::SaveCheckpoint { .. }
    )
}

async fn save(room: Arc<Room>, store: Arc<dyn Store>, metrics: Arc<Metrics>) -> Result<(), StoreError> {
    let (began, position) = (Instant::now(), room.position());
    let packed = tokio::task::spawn_blocking(move || room.to_checkpoint()).await;
    let state = packed.map_err(|_| StoreError::Failed("packing the room ended early".into()))?;
    let bytes = state.len() as u64;
    store.save_checkpoint(position, state).await?;
    metrics.checkpoints.inc();
    metrics.checkpoint_bytes.inc_by(bytes);
    metrics.checkpoint_s.observe(began.elapsed().as_secs_f64());
    Ok(())
}
