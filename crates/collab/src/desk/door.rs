//! The door: coming in, coming back, going.

use std::collections::BTreeSet;

use drawing::Drawing;
use protocol::{Came, Epoch, Hello, Millis, Position, Resume, Role, ServerMessage, SessionId, Welcome};

use super::{Conn, Desk, GOES_ON_ELSEWHERE, Work, send};
use crate::effect::{ConnId, Effect};

impl Desk {
    pub(super) fn hello(
        &mut self,
        now: Millis,
        conn: ConnId,
        mut hello: Hello,
        (role, came): (Role, Came),
        effects: &mut Vec<Effect>,
    ) {
        let limits = &self.settings.limits;
        hello.name = hello.name.chars().filter(|c| !c.is_control()).collect::<String>().trim().into();
        let chars = hello.name.chars().count();
        let refused = if hello.version < 1 {
            Some(("this server speaks version 1 of the protocol and later".to_string(), false))
        } else if chars == 0 {
            Some(("a name is needed".to_string(), false))
        } else if chars > limits.name_chars_max as usize {
            Some((format!("a name has at most {} characters, this one has {chars}", limits.name_chars_max), false))
        } else if self.conns.contains_key(&conn) {
            Some(("hello was said twice".to_string(), false))
        } else if self.conns.len() >= 2 * limits.people_max as usize {
            Some(("too many people are at the door".to_string(), true))
        } else {
            None
        };
        if let Some((why, retry)) = refused {
            effects.push(Effect::Close { conn, why, retry });
            return self.closed(conn, effects);
        }
        let conn_of =
            Conn { heard: now, session: None, open: BTreeSet::new(), queued_bytes: 0, leaving: false, hushed: false };
        self.conns.insert(conn, conn_of);
        self.queue.push_back(Work::Hello { conn, hello, role, came });
    }

    /// Lets a session in over a connection, now that this is stored.
    pub(super) fn let_in(
        &mut self,
        now: Millis,
        conn: ConnId,
        (session, epoch): (SessionId, Epoch),
        resume: Option<Resume>,
        carries_on: bool,
        effects: &mut Vec<Effect>,
    ) {
        match self.room.epoch(session) {
            Some(now_in) if now_in == epoch => {}
            // It went on over another connection before it was let in over this one.
            Some(_) => return self.end(conn, GOES_ON_ELSEWHERE.into(), false, effects),
            None => return self.end(conn, "the session ended while it was coming in".into(), true, effects),
        }
        // One whose connection broke meanwhile is absent, and has its grace.
        let Some(known) = self.conns.get_mut(&conn) else { return };
        known.session = Some((session, epoch));
        // What was stored to let them in took its time, which is not their silence.
        known.heard = now;
        self.here.insert(session, conn);
        self.absent.remove(&session);
        self.believed.insert(session);
        self.elsewhere.stir();
        send(effects, self.live(Some(conn)), ServerMessage::Connected { session, connected: true });
        let position = resume.map(|resume| resume.position);
        self.send_welcome(conn, session, position, carries_on, effects);
    }

    /// Sends a welcome and what brings the client here from `from`: a stretch of the log, or a snapshot.
    pub(super) fn send_welcome(
        &mut self,
        conn: ConnId,
        session: SessionId,
        from: Option<Position>,
        carries_on: bool,
        effects: &mut Vec<Effect>,
    ) {
        let shared = self.room.shared();
        let Some(member) = shared.members.get(&session) else { return };
        let position = shared.position;
        let from = from.filter(|from| from.log == position.log && self.is_recent(from));
        let (stored, floor) = self.room.stored_requests(session);
        let (undoable, redoable) = self.room.undoable(session);
        let welcome = Welcome {
            version: protocol::VERSION,
            session,
            epoch: member.epoch,
            role: member.role,
            title: self.room.title().into(),
            source: self.room.source(),
            original: self.room.original(),
            position,
            snapshot: from.is_none(),
            people: shared.people(|session| self.believed.contains(&session)),
            locks: shared.held(),
            waits: shared.claims.line().cloned().collect(),
            countdowns: shared.claims.countdowns().cloned().collect(),
            ids: self.room.ids_of(session),
            carries_on,
            stored,
            floor,
            undoable,
            redoable,
            bans: self.room.bans().cloned().collect(),
            durability: self.settings.durability,
            limits: self.settings.limits,
        };
        let drawing: Drawing = shared.drawing.clone();
        let check = ServerMessage::Check { seq: position.seq, drawing: drawing.hash() };
        send(effects, vec![conn], ServerMessage::Welcome(Box::new(welcome)));
        match from {
            None => effects.push(Effect::SendSnapshot { to: conn, drawing }),
            Some(from) if from.seq < position.seq => {
                effects.push(Effect::SendLog { to: conn, after: from.seq, upto: position.seq });
            }
            Some(_) => {}
        }
        send(effects, vec![conn], check);
        if let Some(trouble) = self.saving_trouble() {
            send(effects, vec![conn], trouble);
        }
        self.show_all(conn, session, effects);
    }

    fn is_recent(&self, position: &Position) -> bool {
        let at = self.recent.binary_search_by_key(&position.seq, |(seq, _)| *seq);
        at.is_ok_and(|at| self.recent[at].1 == position.head)
    }

    /// Closes a connection.
    pub(super) fn end(&mut self, conn: ConnId, why: String, retry: bool, effects: &mut Vec<Effect>) {
        if self.conns.contains_key(&conn) {
            effects.push(Effect::Close { conn, why, retry });
            self.closed(conn, effects);
        }
    }

    /// A connection is closed. Its session's grace runs, unless the session is here over another one.
    pub(super) fn closed(&mut self, conn: ConnId, effects: &mut Vec<Effect>) {
        let Some(Conn { session, heard, .. }) = self.conns.remove(&conn) else { return };
        let Some((session, _)) = session else {
            // While nothing can be stored, people may come to the door again and again.
            self.decide_without(conn);
            return self.queue.retain(|work| !matches!(work, Work::Hello { conn: of, .. } if *of == conn));
        };
        if self.here.get(&session) != Some(&conn) {
            return;
        }
        self.here.remove(&session);
        self.shown.forget(session);
        self.elsewhere.stir();
        // One who went on at another node is connected there.
        if self.room.epoch(session).is_some() && !self.elsewhere.has(session) {
            // The grace runs from the last sign of life, so that silence costs the same whether a connection ends with
            // it or only long after.
            self.absent.insert(session, heard);
            self.believed.remove(&session);
            self.tell(ServerMessage::Connected { session, connected: false }, effects);
        }
    }

    /// A session ended or went on elsewhere: its connection here, if it has one, is of no more use.
    pub(super) fn dismiss(&mut self, session: SessionId, why: &str, retry: bool, effects: &mut Vec<Effect>) {
        self.shown.forget(session);
        if let Some(conn) = self.here.remove(&session) {
            self.conns.remove(&conn);
            self.elsewhere.stir();
            effects.push(Effect::Close { conn, why: why.into(), retry });
        }
    }

    /// Closes everything: the log can't be followed.
    pub(super) fn break_off(&mut self, error: crate::FoldError, effects: &mut Vec<Effect>) {
        self.phase = super::Phase::Broken(error);
        self.queue.clear();
        self.batch = None;
        self.next = None;
        self.here.clear();
        for (conn, _) in std::mem::take(&mut self.conns) {
            effects.push(self.goodbye_broken(conn));
        }
    }

    pub(super) fn goodbye_broken(&self, conn: ConnId) -> Effect {
        let why = self.broken().map_or(String::new(), |error| format!("this drawing's log can't be followed: {error}"));
        Effect::Close { conn, why, retry: false }
    }
}
