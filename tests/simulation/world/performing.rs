//! What a server does with a desk's effects, and what a store makes of it, good or bad.

use collab::{AppendAnswer, ConnId, Effect, Input, NewPayload, Room, Status};
use protocol::{Ended, Event, Position, ServerMessage};

use super::{Coming, Delivery, Told, World, short};

impl World {
    pub(super) fn perform(&mut self, node: usize, effects: Vec<Effect>) -> Result<(), String> {
        let life = self.nodes[node].life;
        for effect in effects {
            if let Some(mut random) = self.chances.step("crash", node as u64, self.faults.crash) {
                self.note(|_| format!("n{node} crashes before {}", short(&effect)));
                self.crash(node);
                let ms = random.between(10, 3_000);
                self.later(ms, Coming::Start { node });
                return Ok(());
            }
            match effect {
                Effect::Append { after, payloads } => self.begin_append(node, life, after, payloads),
                Effect::Read { after } => {
                    let ms = self.chances.draw("to-read", node as u64).between(0, 10);
                    self.later(ms, Coming::Read { node, life, after });
                }
                Effect::Attend { here } => {
                    let ms = self.chances.draw("to-attend", node as u64).between(0, 15);
                    self.later(ms, Coming::Attend { node, life, here });
                }
                Effect::ShowElsewhere { latest } => {
                    for to in (0..self.nodes.len()).filter(|to| *to != node) {
                        self.signal(node, to, Input::Shown { latest: latest.clone() });
                    }
                }
                Effect::Send { to, message } => {
                    self.check_told(&message)?;
                    for conn in &to {
                        if let ServerMessage::Welcome(welcome) = &*message {
                            self.check_welcome(node, *conn, welcome)?;
                        }
                    }
                    for conn in to {
                        self.send_down(conn, Delivery::Message((*message).clone()));
                    }
                }
                Effect::SendPresence { to, message } => {
                    for conn in to {
                        if !self.chances.draw("presence", node as u64).permille(100) {
                            self.send_down(conn, Delivery::Message((*message).clone()));
                        }
                    }
                }
                Effect::SendSnapshot { to, drawing } => {
                    self.tally.note("snapshots");
                    self.send_snapshot(to, drawing);
                }
                Effect::SendLog { to, after, upto } => {
                    let stored = self.store.after(after, (upto.0 - after.0) as usize);
                    if stored.last().map(|last| last.seq) != Some(upto) {
                        return Err(format!("n{node} sends the log up to {upto}, which is not stored"));
                    }
                    let told: Vec<_> = stored.iter().map(|each| self.store.told(each)).collect();
                    for some in told.chunks(7) {
                        self.send_down(to, Delivery::Message(ServerMessage::Entries(some.to_vec())));
                    }
                }
                Effect::SendBlob { to, hash } => {
                    let none = ServerMessage::Blob { hash, piece: 0, pieces: 0, bytes: Vec::new() };
                    self.send_down(to, Delivery::Message(none));
                }
                Effect::SaveCheckpoint { room } => self.keep(&room),
                Effect::Close { conn, why, retry } => {
                    let was_in = self.welcomed.remove(&conn).is_some();
                    if why.contains("said later") {
                        self.tally.note("stale hellos");
                    }
                    if why.contains("banned you") && !was_in {
                        self.tally.note("turned away");
                    }
                    self.send_down(conn, Delivery::Message(ServerMessage::Bye { why, retry }));
                    if let Some(wire) = self.wires.get(&conn) {
                        let (person, ms) = (wire.person, wire.down_at.saturating_sub(self.now) + 1);
                        self.later(ms, Coming::Lost { person, conn });
                    }
                }
            }
        }
        // Now and then a checkpoint is kept as a server would keep one, sooner than the desk asks for it.
        if self.chances.draw("keep", node as u64).permille(10)
            && let Some(desk) = &self.nodes[node].desk
        {
            let room = desk.room().clone();
            self.keep(&room);
        }
        Ok(())
    }

    fn keep(&mut self, room: &Room) {
        self.store.save_checkpoint(room.position(), room.to_checkpoint());
    }

    fn begin_append(&mut self, node: usize, life: u32, after: Position, payloads: Vec<NewPayload>) {
        let of = node as u64;
        let ms = self.chances.draw("to-append", of).between(0, 30);
        let answer = |answer| Coming::Answer { node, life, input: Input::Appended(answer) };
        if self.chances.step("fail", of, self.faults.fail).is_some() {
            return self.later(ms, answer(AppendAnswer::Failed("the disk is full")));
        }
        let unknown = self.chances.step("unknown", of, self.faults.unknown);
        let cut_off = self.is_cut_off(node).then(|| self.chances.draw("cut-off-append", of));
        let Some(mut random) = unknown.or(cut_off) else {
            return self.later(ms, Coming::Append { node, life, after, payloads, answer: Told::Truth });
        };
        match random.between(0, 2) {
            // Stored, but nobody hears of it.
            0 => self.later(ms, Coming::Append { node, life, after, payloads, answer: Told::Unknown }),
            // Never.
            1 => self.later(ms, answer(AppendAnswer::Unknown)),
            // Later than the answer.
            _ => {
                self.later(ms, answer(AppendAnswer::Unknown));
                let ms = ms + random.between(0, 200);
                self.later(ms, Coming::Append { node, life, after, payloads, answer: Told::Nothing });
            }
        }
    }

    /// Nothing is told before it is stored, where a power cut leaves it.
    fn check_told(&self, message: &ServerMessage) -> Result<(), String> {
        let has = |seq, hash| seq <= self.synced && self.store.has(seq, hash);
        let stored = match message {
            ServerMessage::Entries(entries) => entries.iter().all(|told| has(told.seq, told.hash)),
            ServerMessage::Answer { answer: protocol::Answer::Stored { seq, .. }, .. } => *seq <= self.synced,
            ServerMessage::Welcome(welcome) => has(welcome.position.seq, welcome.position.head),
            _ => true,
        };
        if stored { Ok(()) } else { Err(format!("told before it was stored: {message:?}")) }
    }

    /// Nobody's session expires while they are connected.
    pub(super) fn check_expiries(&self, last: usize) -> Result<(), String> {
        let grace_ms = u64::from(self.settings.limits.grace_ms);
        for stored in &self.store.log[self.store.log.len() - last..] {
            let Event::Gone { session, why: Ended::Expired, .. } = self.store.told(stored).entry.event else {
                continue;
            };
            let connected = self.people.iter().any(|person| {
                let wire = person.conn.and_then(|conn| self.wires.get(&conn));
                let long = wire.is_some_and(|wire| wire.open && wire.opened_at + grace_ms < self.now);
                long && person.session.me() == Some(session) && *person.session.status() == Status::Live
            });
            if self.steady && connected {
                return Err(format!("session {session} expires while its connection is open"));
            }
        }
        Ok(())
    }

    fn send_snapshot(&mut self, to: ConnId, drawing: drawing::Drawing) {
        if self.chances.draw("whole", to.0).permille(500) {
            return self.send_down(to, Delivery::Drawing(Box::new(drawing)));
        }
        let bytes = protocol::encode_drawing(&drawing);
        let chunks: Vec<_> = bytes.chunks(400).collect();
        for (piece, bytes) in chunks.iter().enumerate() {
            let (piece, pieces) = (piece as u32, chunks.len() as u32);
            let message = ServerMessage::Snapshot { piece, pieces, bytes: bytes.to_vec() };
            self.send_down(to, Delivery::Message(message));
        }
    }
}
