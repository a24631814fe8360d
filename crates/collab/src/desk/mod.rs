//! The desk: the loop around a room on a server, as a value. Inputs go in, effects come out; whoever performs them is
//! a server or a simulation.
//!
//! One append is under way at a time. What is asked meanwhile is decided on top of it, one on top of another, on a clone
//! of the room, and appended together when that is stored. Nothing is told before it is stored.

mod aging;
mod batch;
mod bounds;
mod door;
mod elsewhere;
mod overriding;
mod presence;
mod reading;
mod saving;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use protocol::{
    Answer, Came, ClientMessage, ClientSeq, Durability, Epoch, Hash, Hello, Limits, Millis, Presence, Refusal, Request,
    Role, Seq, ServerMessage, SessionId, Token,
};

use crate::effect::{ConnId, Effect, Input};
use crate::room::{Room, request_size};
use crate::shared::FoldError;
use batch::Batch;
use elsewhere::Elsewhere;
use overriding::Countdowns;
use presence::Shown;
use reading::Reading;
use saving::Saving;

/// How many requests are decided together at most.
const BATCH_MAX: usize = 1_024;
/// How many bytes of entries are appended together, unless one alone is more.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// How many requests may wait, those of connections that are gone too.
const QUEUED_WORKS_MAX: usize = 1 << 16;
/// How many records the requests that wait may name in all.
const QUEUED_RECORDS_MAX: usize = 2_000_000;
/// How many bytes the requests that wait may have in all, unless one alone has more ...
const QUEUED_BYTES_MAX: usize = 256 << 20;
/// ... and those of one connection.
const QUEUED_BYTES_OF_ONE_MAX: usize = 80 << 20;
/// How many entries of the past are sent to one who asks for them, at once.
const LOG_STRETCH_MAX: u64 = 2_000;
/// A checkpoint is saved after so many entries, which are replayed in less than a tenth of a second ...
const CHECKPOINT_ENTRIES: usize = 10_000;
/// ... or so many bytes of them.
const CHECKPOINT_BYTES: usize = 8 << 20;
/// The drawing's hash is sent after so many entries.
const CHECK_ENTRIES: u64 = 256;

/// How long presence is gathered where it is busy.
const GATHER_MS: u32 = 16;

/// What is said over a connection that another one took the place of.
const GOES_ON_ELSEWHERE: &str = "the session goes on over another connection";

/// What a server says about itself to a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Bounds for clients.
    pub limits: Limits,
    /// How safe the store keeps what it answers `Stored` to.
    pub durability: Durability,
    /// Whether other nodes may serve this log at the same time.
    pub shared: bool,
}

/// The loop around a room.
#[derive(Debug)]
pub struct Desk {
    settings: Settings,
    room: Room,
    phase: Phase,
    reading: Reading,
    /// The last entry that is known to be in the log: reading goes on until the room is there.
    known_head: Seq,
    /// What is being appended.
    batch: Option<Batch>,
    /// What is decided on top of that, to be appended when it is stored.
    next: Option<Batch>,
    /// What waits to be decided.
    queue: VecDeque<Work>,
    queued_records: usize,
    queued_bytes: usize,
    conns: BTreeMap<ConnId, Conn>,
    /// Over which connection a session is here.
    here: BTreeMap<SessionId, ConnId>,
    /// Whom everybody takes to be connected, here or elsewhere.
    believed: BTreeSet<SessionId>,
    elsewhere: Elsewhere,
    saving: Saving,
    /// Since when a session that lives has no connection, here or elsewhere.
    absent: BTreeMap<SessionId, Millis>,
    /// Sessions whose end waits to be stored.
    expiring: BTreeSet<SessionId>,
    /// When a lock was last used.
    used: BTreeMap<(SessionId, Token), Millis>,
    countdowns: Countdowns,
    /// The room's own acts wait until then, after the store could not write.
    own_acts_at: Millis,
    /// The latest positions, oldest first.
    recent: VecDeque<(Seq, Hash)>,
    unsaved_entries: usize,
    unsaved_bytes: usize,
    shown: Shown,
    time_of_day: Option<Millis>,
    /// When something was last taken in.
    awake_at: Option<Millis>,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    /// Reading the log up to its head.
    Opening,
    /// At the head.
    Serving,
    /// The log doesn't follow its own rules; nothing is served any more.
    Broken(FoldError),
}

/// An open connection that said hello.
#[derive(Debug)]
struct Conn {
    heard: Millis,
    /// Whose it is, once welcomed, and in which epoch: what is said over it is said in that one.
    session: Option<(SessionId, Epoch)>,
    /// Requests without an answer. One that is asked again meanwhile has its answer still to come.
    open: BTreeSet<ClientSeq>,
    /// Bytes of requests that wait to be decided.
    queued_bytes: usize,
    /// They said that they leave; once is enough.
    leaving: bool,
    /// They want to be told nothing but answers.
    hushed: bool,
}

/// Something to be decided. What is said over a connection is said by a session in the epoch of that connection, and
/// void once the session goes on over another: what is stored of it by then the next welcome names, and what isn't is
/// asked again.
#[derive(Debug, Clone)]
enum Work {
    Hello {
        conn: ConnId,
        hello: Hello,
        role: Role,
        came: Came,
    },
    Ask {
        conn: ConnId,
        by: (SessionId, Epoch),
        client_seq: ClientSeq,
        floor: ClientSeq,
        request: Request,
        bytes: usize,
    },
    Leave {
        conn: ConnId,
        by: (SessionId, Epoch),
    },
    Expire {
        session: SessionId,
        epoch: Epoch,
    },
    Lapse {
        session: SessionId,
        token: Token,
    },
    /// The countdown that began with the entry `at` is over.
    Override {
        session: SessionId,
        token: Token,
        at: Seq,
    },
}

impl Desk {
    /// How many entries back a resume finds its place in the chain; one from before that gets a snapshot.
    pub const RECENT_MAX: usize = 4_096;

    /// Opens a room as it was at some position of its log, and reads on from there.
    pub fn open(settings: Settings, room: Room) -> (Desk, Vec<Effect>) {
        let position = room.position();
        let desk = Desk {
            settings,
            room,
            phase: Phase::Opening,
            reading: Reading::Asked,
            known_head: position.seq,
            batch: None,
            next: None,
            queue: VecDeque::new(),
            queued_records: 0,
            queued_bytes: 0,
            conns: BTreeMap::new(),
            here: BTreeMap::new(),
            believed: BTreeSet::new(),
            elsewhere: Elsewhere::default(),
            saving: Saving::default(),
            absent: BTreeMap::new(),
            expiring: BTreeSet::new(),
            used: BTreeMap::new(),
            countdowns: Countdowns::default(),
            own_acts_at: 0,
            recent: VecDeque::from([(position.seq, position.head)]),
            unsaved_entries: 0,
            unsaved_bytes: 0,
            shown: Shown::default(),
            time_of_day: None,
            awake_at: None,
        };
        (desk, vec![Effect::Read { after: position.seq }])
    }

    /// Before anything happens: the places in the chain just before the room, ascending, so that whoever was there
    /// comes back without a snapshot.
    pub fn remember(&mut self, places: impl IntoIterator<Item = (Seq, Hash)>) {
        let first = self.recent.front().map_or(self.room.position().seq, |(seq, _)| *seq);
        let before: Vec<_> = places.into_iter().filter(|(seq, _)| *seq < first).collect();
        let kept = before.len().saturating_sub(Desk::RECENT_MAX.saturating_sub(self.recent.len()));
        before[kept..].iter().rev().for_each(|place| self.recent.push_front(*place));
    }

    /// What entries are stamped with from here on, milliseconds since 1970; it may go back, since it is for people to
    /// read. Before it is told, that is `now`.
    pub fn set_time_of_day(&mut self, time_ms: Millis) {
        self.time_of_day = Some(time_ms);
    }

    /// Takes in what happened; what is to be done about it comes out, in order. `now` is a steady
    /// clock: it never goes back.
    pub fn handle(&mut self, now: Millis, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        if matches!(self.phase, Phase::Broken(_)) {
            if let Input::Hello { conn, .. } = input {
                effects.push(self.goodbye_broken(conn));
            }
            return effects;
        }
        self.wake(now);
        match input {
            Input::Hello { conn, hello, role, came } => self.hello(now, conn, hello, (role, came), &mut effects),
            Input::Message { conn, message, bytes } => self.message(now, conn, message, bytes, &mut effects),
            Input::Closed { conn } => self.closed(conn, &mut effects),
            // Its answers are lost with its queue; a new connection learns from the welcome what became of them.
            Input::Overflowed { conn } => {
                self.end(conn, "the connection is too slow for what happens here".into(), true, &mut effects);
            }
            Input::Appended(answer) => self.appended(now, answer, &mut effects),
            Input::Read { entries, head } => self.read(now, entries, head, &mut effects),
            Input::ReadFailed => self.reading = self.reading.failed(),
            Input::Woken { head } => self.woken(head, &mut effects),
            Input::Attended { elsewhere, head } => self.attended(now, elsewhere, head, &mut effects),
            Input::AttendFailed => self.attend_failed(now),
            Input::Stirred => self.elsewhere.stir(),
            Input::Shown { latest } => self.shown_elsewhere(now, latest, &mut effects),
            Input::Tick => self.tick(now, &mut effects),
        }
        self.pump(now, &mut effects);
        self.look(now, &mut effects);
        self.watch_saving(now, &mut effects);
        effects
    }

    /// Ends everything here: all that is stored is in the checkpoint, and who was here may come back where `retry` says
    /// so. What was asked and isn't stored has no answer, and is asked again.
    pub fn close(&mut self, why: &str, retry: bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.unsaved_entries > 0 && matches!(self.phase, Phase::Serving) {
            self.save(&mut effects);
        }
        for (conn, _) in std::mem::take(&mut self.conns) {
            effects.push(Effect::Close { conn, why: why.into(), retry });
        }
        self.here.clear();
        self.queue.clear();
        self.next = None;
        effects
    }

    /// The room as far as it is stored and applied.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// Whether somebody counts as connected, here or at another node.
    pub fn is_connected(&self, session: SessionId) -> bool {
        self.believed.contains(&session)
    }

    /// What somebody showed of themselves last, and when that was sent on.
    pub fn presence_of(&self, session: SessionId) -> Option<(&Presence, Millis)> {
        self.shown.latest_of(session)
    }

    /// How many people are here over an open connection.
    pub fn connected(&self) -> usize {
        self.here.len()
    }

    /// Who is here over a connection, once they were let in.
    pub fn session_of(&self, conn: ConnId) -> Option<SessionId> {
        self.conns.get(&conn)?.session.map(|(session, _)| session)
    }

    /// Why nothing is served any more, if so.
    pub fn broken(&self) -> Option<&FoldError> {
        if let Phase::Broken(error) = &self.phase { Some(error) } else { None }
    }

    /// Whether the head of the log was reached and people are let in.
    pub fn is_serving(&self) -> bool {
        self.phase == Phase::Serving
    }

    /// In how many milliseconds at the latest the next tick is wanted.
    pub fn wants_tick_ms(&self) -> u32 {
        if self.shown.is_due() { GATHER_MS } else { 100 }
    }

    fn message(&mut self, now: Millis, conn: ConnId, message: ClientMessage, bytes: usize, effects: &mut Vec<Effect>) {
        // One who is closed may have said something before they noticed.
        let Some(known) = self.conns.get_mut(&conn) else { return };
        known.heard = now;
        let Some(by) = known.session else {
            if message != ClientMessage::Heartbeat {
                self.end(conn, "something was said before the welcome".into(), false, effects);
            }
            return;
        };
        let session = by.0;
        if self.room.epoch(session).is_none() {
            return;
        }
        match message {
            ClientMessage::Hello(_) => self.end(conn, "hello was said twice".into(), false, effects),
            // Whoever has the connection joins them.
            ClientMessage::Part(_) => {
                self.end(conn, "a part of a message came where a whole one was due".into(), false, effects);
            }
            ClientMessage::Watch {} | ClientMessage::Look { .. } => {
                self.end(conn, "who watches the server says so first, and is in no drawing".into(), false, effects);
            }
            ClientMessage::Ask { client_seq, floor, request } => {
                self.ask(Work::Ask { conn, by, client_seq, floor, request, bytes }, effects);
            }
            ClientMessage::Presence(presence) => self.show(now, session, presence, effects),
            ClientMessage::Blob { hash } => effects.push(Effect::SendBlob { to: conn, hash }),
            ClientMessage::Log { after, upto } => {
                let last = self.room.position().seq.min(Seq(after.0.saturating_add(LOG_STRETCH_MAX)));
                let upto = upto.min(last);
                if after < upto {
                    effects.push(Effect::SendLog { to: conn, after, upto });
                }
            }
            // Whoever has the connection writes it down.
            ClientMessage::Mismatch(_) => {}
            ClientMessage::Refresh => {
                known.hushed = false;
                self.send_welcome(conn, session, None, true, effects);
            }
            ClientMessage::Hush {} => known.hushed = true,
            ClientMessage::Heartbeat => send(effects, vec![conn], ServerMessage::Heartbeat),
            ClientMessage::Leave if !std::mem::replace(&mut known.leaving, true) => {
                self.queue.push_back(Work::Leave { conn, by });
            }
            ClientMessage::Leave => {}
        }
    }

    fn ask(&mut self, work: Work, effects: &mut Vec<Effect>) {
        let Work::Ask { conn, client_seq, request, bytes, .. } = &work else { return };
        let (conn, client_seq, records, bytes) = (*conn, *client_seq, request_size(request), *bytes);
        let Some(known) = self.conns.get_mut(&conn) else { return };
        let over = |limit: &str, max: u64, asked: u64| Refusal::Limit { limit: limit.into(), max, asked };
        if known.open.contains(&client_seq) {
            return;
        }
        let Limits { in_flight_max: max, records_max, .. } = self.settings.limits;
        let refusal = if known.open.len() >= max as usize {
            Some(over("in_flight_max", u64::from(max), known.open.len() as u64 + 1))
        } else if records > records_max as usize {
            Some(over("records_max", u64::from(records_max), records as u64))
        } else if self.queue.len() >= QUEUED_WORKS_MAX
            || self.queued_records + records > QUEUED_RECORDS_MAX
            || known.queued_bytes > 0 && known.queued_bytes + bytes > QUEUED_BYTES_OF_ONE_MAX
            || self.queued_bytes > 0 && self.queued_bytes + bytes > QUEUED_BYTES_MAX
        {
            Some(Refusal::Unavailable { why: "more is being asked than can be stored just now".into() })
        } else {
            None
        };
        if let Some(refusal) = refusal {
            let answer = Answer::Refused(refusal);
            return send(effects, vec![conn], ServerMessage::Answer { client_seq, answer });
        }
        known.open.insert(client_seq);
        self.count(&work, usize::saturating_add);
        self.queue.push_back(work);
    }

    /// Counts a work that is put to those that wait, or taken from them.
    fn count(&mut self, work: &Work, more_or_less: impl Fn(usize, usize) -> usize) {
        let Work::Ask { conn, request, bytes, .. } = work else { return };
        self.queued_records = more_or_less(self.queued_records, request_size(request));
        self.queued_bytes = more_or_less(self.queued_bytes, *bytes);
        if let Some(known) = self.conns.get_mut(conn) {
            known.queued_bytes = more_or_less(known.queued_bytes, *bytes);
        }
    }

    /// Sends to everybody who was welcomed.
    fn tell(&self, message: ServerMessage, effects: &mut Vec<Effect>) {
        send(effects, self.live(None), message);
    }

    /// The connections of everybody who was welcomed and wants to be told, save one, ascending.
    fn live(&self, except: Option<ConnId>) -> Vec<ConnId> {
        let told = |conn: &ConnId| Some(*conn) != except && self.conns.get(conn).is_none_or(|known| !known.hushed);
        let mut to: Vec<_> = self.here.values().copied().filter(told).collect();
        to.sort_unstable();
        to
    }

    fn save(&mut self, effects: &mut Vec<Effect>) {
        self.unsaved_entries = 0;
        self.unsaved_bytes = 0;
        effects.push(Effect::SaveCheckpoint { room: Arc::new(self.room.clone()) });
    }
}

fn send(effects: &mut Vec<Effect>, to: Vec<ConnId>, message: ServerMessage) {
    if !to.is_empty() {
        effects.push(Effect::Send { to, message: Arc::new(message) });
    }
}
