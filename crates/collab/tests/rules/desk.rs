//! What a desk does with what happens to it, with a store that answers when it is told to.

mod ahead;
mod bounds;
mod checkpoints;
mod connections;
mod doubt;
mod order;
mod overriding;
mod still;

use std::sync::Arc;

use crate::lab::{colored, empty_room, ids, line, moved};
use collab::{AppendAnswer, ConnId, Desk, Effect, Input, NewPayload, Room, Settings, StoredPayload};
use drawing::{Color, EntityId, IdRange, Layer, LayerId, Lineweight, Op, Record, RecordId};
use protocol::{
    Answer, Came, ClientId, ClientMessage, ClientSeq, Durability, Encoding, Ended, Entry, Epoch, Event, Hello, Limits,
    Position, Presence, Refusal, Request, Resume, ResumeKey, Role, Seq, ServerMessage, SessionId, Welcome,
};

/// A desk, its log and what it said.
pub struct Office {
    pub desk: Desk,
    pub log: Vec<StoredPayload>,
    pub head: Position,
    pub now: u64,
    pub waiting: Option<(Position, Vec<NewPayload>)>,
    /// Everything that was sent, in order.
    pub sent: Vec<(ConnId, Arc<ServerMessage>)>,
    pub closed: Vec<(ConnId, String, bool)>,
    pub others: Vec<Effect>,
}

pub const ANA: ConnId = ConnId(1);
pub const BEN: ConnId = ConnId(2);

fn settings(limits: Limits) -> Settings {
    Settings { limits, durability: Durability::Memory, shared: false }
}

impl Office {
    pub fn new(limits: Limits) -> Office {
        Office::with(settings(limits))
    }

    /// A desk at the head of its log.
    pub fn with(settings: Settings) -> Office {
        let room = empty_room();
        let head = room.position();
        let (desk, effects) = Desk::open(settings, room);
        assert!(matches!(effects.as_slice(), [Effect::Read { after: Seq(1) }]));
        let (log, sent, closed, others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut office = Office { desk, log, head, now: 1_000, waiting: None, sent, closed, others };
        office.give(Input::Read { entries: Vec::new(), head });
        office
    }

    pub fn give(&mut self, input: Input) {
        for effect in self.desk.handle(self.now, input) {
            match effect {
                Effect::Append { after, payloads } => {
                    assert!(self.waiting.is_none(), "one append at a time");
                    self.waiting = Some((after, payloads));
                }
                Effect::Send { to, message } | Effect::SendPresence { to, message } => {
                    assert!(to.is_sorted() && !to.is_empty());
                    self.sent.extend(to.into_iter().map(|conn| (conn, message.clone())));
                }
                Effect::Close { conn, why, retry } => self.closed.push((conn, why, retry)),
                other => self.others.push(other),
            }
        }
    }

    /// Stores what waits, without saying so.
    pub fn keep(&mut self) {
        let (after, payloads) = self.waiting.take().expect("something is to be appended");
        assert_eq!(after, self.head);
        for NewPayload { payload, .. } in payloads {
            self.head = self.head.after(&payload);
            self.log.push(StoredPayload { seq: self.head.seq, hash: self.head.head, payload });
        }
    }

    pub fn stored(&mut self) {
        while self.waiting.is_some() {
            self.keep();
            self.give(Input::Appended(AppendAnswer::Stored(self.head)));
        }
    }

    /// Answers a read with all that follows on the desk's room.
    pub fn read(&mut self) {
        let at = self.others.iter().rposition(|effect| matches!(effect, Effect::Read { .. })).expect("a read is due");
        let Effect::Read { after } = self.others.remove(at) else { unreachable!("it is a read") };
        let entries = self.log.iter().filter(|stored| stored.seq > after).cloned().collect();
        self.give(Input::Read { entries, head: self.head });
    }

    pub fn hello(&mut self, conn: ConnId, resume: Option<Resume>) {
        let name = format!("Person {}", conn.0);
        self.hello_as(conn, Hello { name, resume, ..hello() });
    }

    pub fn hello_as(&mut self, conn: ConnId, hello: Hello) {
        self.give(Input::Hello { conn, hello, role: Role::Editor, came: Came::Link });
    }

    pub fn come_in(&mut self, conn: ConnId) -> Welcome {
        self.hello(conn, None);
        self.stored();
        self.welcome(conn).expect("a welcome")
    }

    pub fn welcome(&self, conn: ConnId) -> Option<Welcome> {
        self.sent.iter().rev().find_map(|(to, message)| match &**message {
            ServerMessage::Welcome(welcome) if *to == conn => Some((**welcome).clone()),
            _ => None,
        })
    }

    pub fn say(&mut self, conn: ConnId, message: ClientMessage) {
        self.give(Input::Message { conn, message, bytes: 0 });
    }

    pub fn ask(&mut self, conn: ConnId, n: u64, request: Request) {
        let (client_seq, floor) = (ClientSeq(Seq(n)), ClientSeq(Seq(0)));
        self.say(conn, ClientMessage::Ask { client_seq, floor, request });
    }

    pub fn lock(&mut self, conn: ConnId, n: u64, of: &[u64]) {
        self.ask(conn, n, Request::Lock { ids: ids(of), wait: false });
    }

    pub fn tick(&mut self, after_ms: u64) {
        self.pass(after_ms);
        self.give(Input::Tick);
    }

    /// Time passes, and the desk is awake all the while.
    pub fn pass(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.now < until {
            self.now = until.min(self.now + 1_000);
            self.give(Input::Stirred);
        }
    }

    /// What was sent since the last time, in a word each.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent).into_iter().map(|(to, message)| format!("{} {}", to.0, word(&message))).collect()
    }

    pub fn take_closed(&mut self) -> Vec<(u64, bool)> {
        std::mem::take(&mut self.closed).into_iter().map(|(conn, _, retry)| (conn.0, retry)).collect()
    }
}

/// Going on where a welcome was, in the epoch that is proposed.
fn resume_of(welcome: &Welcome, next: Option<u32>) -> Resume {
    let Welcome { session, epoch, position, .. } = *welcome;
    Resume { session, epoch, next: next.map(Epoch), position }
}

pub fn hello() -> Hello {
    let client = ClientId(1);
    Hello {
        version: 1,
        client,
        name: "Ana".into(),
        drawing: "plan".into(),
        secret: String::new(),
        resume_key: Some(ResumeKey(7)),
        resume: None,
    }
}

fn word(message: &ServerMessage) -> String {
    match message {
        ServerMessage::Welcome(welcome) => format!("welcome at {}", welcome.position.seq),
        ServerMessage::Entries(told) => {
            let kinds: Vec<_> = told.iter().map(|told| format!("{} {}", told.seq, told.entry.event.kind())).collect();
            kinds.join(", ")
        }
        ServerMessage::Answer { client_seq, answer } => {
            let answer = match answer {
                Answer::Stored { seq, .. } => format!("stored {seq}"),
                Answer::Nothing => "nothing".into(),
                Answer::Refused(Refusal::Held { .. }) => "held".into(),
                Answer::Refused(Refusal::Unavailable { .. }) => "unavailable".into(),
                Answer::Refused(Refusal::Limit { limit, .. }) => format!("over {limit}"),
                Answer::Refused(other) => format!("{other:?}"),
            };
            format!("answer {}: {answer}", client_seq.0)
        }
        ServerMessage::Presence(of) => format!("presence of {}", of.len()),
        ServerMessage::Connected { session, connected } => format!("{session} connected {connected}"),
        ServerMessage::Check { seq, .. } => format!("check {seq}"),
        ServerMessage::Heartbeat => "heartbeat".into(),
        ServerMessage::Overview(_) => "overview".into(),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_waits_is_decided_together_and_told_when_it_is_stored() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    office.come_in(BEN);
    office.take();
    office.lock(ANA, 1, &[10]);
    // While that is being stored, these wait; the second rests on the first, which isn't stored yet.
    office.lock(ANA, 2, &[11]);
    office.lock(BEN, 1, &[11]);
    office.lock(BEN, 2, &[12]);
    assert_eq!(office.take(), Vec::<String>::new());
    office.keep();
    office.give(Input::Appended(AppendAnswer::Stored(office.head)));
    assert_eq!(office.take(), ["1 4 locked", "2 4 locked", "1 answer 1: stored 4"]);
    assert_eq!(office.waiting.as_ref().map(|(_, payloads)| payloads.len()), Some(2));
    office.stored();
    let told = ["1 5 locked, 6 locked", "2 5 locked, 6 locked"];
    assert_eq!(office.take()[..2], told);
    // Asked again, the answer is the same and nothing is stored.
    office.lock(ANA, 1, &[10]);
    assert_eq!((office.take(), office.waiting.is_none()), (vec!["1 answer 1: stored 4".to_string()], true));
}

#[test]
fn who_comes_in_gets_a_welcome_then_the_drawing_then_what_happens() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    assert_eq!(office.take(), ["1 welcome at 2", "1 check 2"]);
    assert!(matches!(office.others.as_slice(), [Effect::SendSnapshot { to: ANA, .. }]));
    office.hello(BEN, None);
    office.lock(ANA, 1, &[10]);
    assert_eq!(office.take(), Vec::<String>::new());
    office.stored();
    let expect = [
        "1 3 joined",
        "1 3 connected true",
        "2 welcome at 3",
        "2 check 3",
        "1 4 locked",
        "2 4 locked",
        "1 answer 1: stored 4",
    ];
    assert_eq!(office.take(), expect);
}

#[test]
fn who_comes_back_gets_the_stretch_that_they_lack() {
    let mut office = Office::new(Limits::default());
    let ana = office.come_in(ANA);
    office.come_in(BEN);
    let resume = resume_of(&ana, None);
    office.lock(ANA, 1, &[10]);
    office.stored();
    office.others.clear();
    // The new connection comes before the old one's end is noticed.
    office.hello(ConnId(3), Some(resume));
    office.stored();
    let welcome = office.welcome(ConnId(3)).expect("a welcome");
    assert_eq!((welcome.session, welcome.epoch.0, welcome.snapshot, welcome.carries_on), (ana.session, 1, false, true));
    assert_eq!(welcome.stored, [(ClientSeq(Seq(1)), Seq(4))]);
    assert!(matches!(office.others.as_slice(), [Effect::SendLog { to: ConnId(3), after: Seq(2), upto: Seq(5) }]));
    assert_eq!(office.take_closed(), [(1, false)]);
    // The stale end is nobody's.
    office.give(Input::Closed { conn: ANA });
    for _ in 0..10 {
        office.pass(5_000);
        office.say(BEN, ClientMessage::Heartbeat);
        office.say(ConnId(3), ClientMessage::Heartbeat);
        office.tick(0);
    }
    assert!(office.waiting.is_none() && office.desk.room().epoch(ana.session).is_some());
    // A place that isn't in the chain gets a snapshot.
    let elsewhere = Position { seq: Seq(3), ..ana.position };
    office.hello(ConnId(4), Some(Resume { position: elsewhere, ..resume }));
    office.stored();
    assert!(office.welcome(ConnId(4)).is_some_and(|welcome| welcome.snapshot && welcome.session == ana.session));
}

#[test]
fn an_absent_session_ends_after_its_grace_and_may_be_carried_on() {
    let mut office = Office::new(Limits::default());
    let ana = office.come_in(ANA);
    office.lock(ANA, 1, &[10]);
    office.stored();
    office.give(Input::Closed { conn: ANA });
    office.tick(29_000);
    assert!(office.waiting.is_none());
    office.tick(1_100);
    office.stored();
    assert_eq!(office.desk.room().shared().locks.len(), 0);
    let resume = resume_of(&ana, None);
    // Somebody else can't, though everybody in the room has seen the installation's name.
    for (conn, resume_key) in [(ConnId(5), None), (ConnId(7), Some(ResumeKey(9)))] {
        office.hello_as(conn, Hello { resume_key, resume: Some(resume), ..hello() });
        office.stored();
        assert!(office.welcome(conn).is_some_and(|welcome| !welcome.carries_on && welcome.stored.is_empty()));
    }
    office.hello(ConnId(6), Some(resume));
    office.stored();
    let welcome = office.welcome(ConnId(6)).expect("a welcome");
    assert_ne!(welcome.session, ana.session);
    assert_eq!((welcome.carries_on, welcome.stored.len(), welcome.snapshot), (true, 1, false));
}

#[test]
fn opening_a_room_starts_the_grace_of_all_that_were_in_it() {
    let mut office = Office::new(Limits::default());
    let ana = office.come_in(ANA);
    office.lock(ANA, 1, &[10]);
    office.stored();
    let (desk, _) = Desk::open(settings(Limits::default()), office.desk.room().clone());
    office.desk = desk;
    office.pass(1_000_000);
    office.give(Input::Read { entries: Vec::new(), head: office.head });
    office.tick(29_000);
    assert!(office.desk.room().epoch(ana.session).is_some() && office.waiting.is_none());
    office.tick(2_000);
    office.stored();
    assert!(office.desk.room().epoch(ana.session).is_none());
}

#[test]
fn an_unused_lock_lapses_and_a_used_one_does_not() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    office.lock(ANA, 1, &[10]);
    office.lock(ANA, 2, &[11, 12]);
    office.stored();
    for minute in 1..11 {
        office.pass(60_000);
        office.say(ANA, ClientMessage::Heartbeat);
        let seen = office.desk.room().position().seq;
        office.ask(ANA, 10 + minute, Request::Edit { op: moved(&[11]), seen, under: Vec::new() });
        office.stored();
        office.tick(0);
        office.stored();
    }
    let held: Vec<_> = office.desk.room().shared().locks.keys().map(|id| id.0).collect();
    assert_eq!(held, [11, 12]);
    let lapsed = |stored: &&StoredPayload| {
        let entry = protocol::decode_entry(&stored.payload).expect("an entry is read");
        matches!(entry.event, Event::Unlocked { lapsed: true, .. })
    };
    assert_eq!(office.log.iter().filter(lapsed).count(), 1);
}

#[test]
fn an_append_that_nobody_knows_of_is_found_in_the_log_or_made_again() {
    for was_stored in [true, false] {
        let mut office = Office::new(Limits::default());
        office.come_in(ANA);
        office.take();
        office.lock(ANA, 1, &[10]);
        let same = office.waiting.clone();
        if was_stored {
            office.keep();
        } else {
            office.waiting = None;
        }
        office.give(Input::Appended(AppendAnswer::Unknown));
        assert_eq!(office.take(), Vec::<String>::new());
        office.read();
        if !was_stored {
            assert_eq!(office.waiting, same, "the very same at the very same place");
            // That this one failed says nothing of the first.
            office.waiting = None;
            office.give(Input::Appended(AppendAnswer::Failed("the disk is full")));
            assert_eq!(office.take(), Vec::<String>::new());
            office.tick(100);
            office.read();
            assert_eq!(office.waiting, same);
            office.stored();
        }
        assert_eq!(office.take(), ["1 3 locked", "1 answer 1: stored 3"], "{was_stored}");
    }
}

#[test]
fn what_lost_the_race_is_decided_again_on_what_won() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    let ben = office.come_in(BEN).session;
    office.take();
    office.lock(ANA, 1, &[10]);
    office.waiting = None;
    // Another node was first, with a lock of the same record.
    let event = Event::Locked { session: ben, ids: ids(&[10]) };
    let payload = protocol::encode_entry(&Entry { time_ms: 1, author: None, event }).expect("it is written");
    office.head = office.head.after(&payload);
    office.log.push(StoredPayload { seq: office.head.seq, hash: office.head.head, payload });
    office.give(Input::Appended(AppendAnswer::Behind(office.head)));
    office.read();
    assert_eq!(office.take(), ["1 4 locked", "2 4 locked", "1 answer 1: held"]);
}

#[test]
fn a_store_that_cannot_write_refuses_and_keeps_everybody() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    office.take();
    office.lock(ANA, 1, &[10]);
    office.waiting = None;
    office.give(Input::Appended(AppendAnswer::Failed("the disk is full")));
    assert_eq!(office.take(), ["1 answer 1: unavailable"]);
    assert_eq!((office.take_closed(), office.desk.connected()), (vec![], 1));
    office.lock(ANA, 2, &[10]);
    office.stored();
    assert_eq!(office.take(), ["1 3 locked", "1 answer 2: stored 3"]);
}

#[test]
fn who_breaks_a_bound_is_told_which() {
    let limits = Limits { in_flight_max: 2, people_max: 1, name_chars_max: 5, ..Limits::default() };
    let mut office = Office::new(limits);
    for (hello, why) in [
        (Hello { version: 0, ..hello() }, "version 1"),
        (Hello { name: "  ".into(), ..hello() }, "a name is needed"),
        (Hello { name: "Anastasia".into(), ..hello() }, "at most 5 characters, this one has 9"),
    ] {
        office.hello_as(ConnId(7), hello);
        assert!(office.closed.pop().is_some_and(|(_, words, retry)| words.contains(why) && !retry), "{why}");
    }
    office.hello_as(ANA, hello());
    office.stored();
    office.take();
    (1..=3).for_each(|n| office.lock(ANA, n, &[10 + n]));
    assert_eq!(office.take(), ["1 answer 3: over in_flight_max"]);
    office.stored();
    office.hello_as(BEN, Hello { client: ClientId(2), ..hello() });
    office.stored();
    assert!(office.closed.pop().is_some_and(|(conn, words, _)| conn == BEN && words.contains("room for 1 people")));
    office.say(ANA, ClientMessage::Hello(hello()));
    assert_eq!(office.take_closed(), [(1, false)]);
}

#[test]
fn presence_goes_at_once_while_it_is_quiet_and_is_gathered_when_it_is_busy() {
    let mut office = Office::new(Limits::default());
    (1..=3).for_each(|n| drop(office.come_in(ConnId(n))));
    office.take();
    let show = |office: &mut Office, conn: u64, x: f64| {
        let cursor = Some(drawing::Point::new(x, 0.0));
        office.say(ConnId(conn), ClientMessage::Presence(Presence { cursor, ..Presence::default() }));
    };
    show(&mut office, 1, 1.0);
    assert_eq!(office.take(), ["2 presence of 1", "3 presence of 1"]);
    // More often than the limit: the latest waits for a tick.
    show(&mut office, 1, 2.0);
    show(&mut office, 1, 3.0);
    assert_eq!((office.take(), office.desk.wants_tick_ms()), (vec![], 16));
    office.tick(16);
    assert_eq!(office.take(), ["2 presence of 1", "3 presence of 1"]);
    assert_eq!(office.desk.wants_tick_ms(), 100);
    (4..=30).for_each(|n| drop(office.come_in(ConnId(n))));
    office.take();
    office.pass(1_000);
    (1..=10).for_each(|n| show(&mut office, n, 5.0));
    assert_eq!(office.take(), Vec::<String>::new());
    office.tick(20);
    let sent = office.take();
    assert_eq!((sent.len(), sent[0].as_str()), (30, "1 presence of 10"));
}

#[test]
fn who_is_silent_or_too_slow_is_closed_and_may_come_back() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    let ben = office.come_in(BEN).session;
    office.tick(14_000);
    office.say(ANA, ClientMessage::Heartbeat);
    office.take();
    office.tick(2_000);
    assert_eq!((office.take_closed(), office.take()), (vec![(2, true)], vec![format!("1 {ben} connected false")]));
    office.give(Input::Overflowed { conn: ANA });
    assert_eq!(office.take_closed(), [(1, true)]);
    assert_eq!(office.desk.room().shared().members.len(), 2, "their grace runs");
}

#[test]
fn leaving_ends_the_session_at_once() {
    let mut office = Office::new(Limits::default());
    let ana: SessionId = office.come_in(ANA).session;
    office.come_in(BEN);
    office.take();
    office.say(ANA, ClientMessage::Leave);
    office.stored();
    assert_eq!((office.take_closed(), office.desk.room().epoch(ana)), (vec![(1, false)], None));
    assert_eq!(office.take(), ["1 4 gone", "2 4 gone"]);
}

#[test]
fn a_log_that_does_not_follow_is_served_to_nobody() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    let head = office.head.after(b"three");
    office.give(Input::Woken { head });
    let broken = StoredPayload { seq: Seq(3), hash: protocol::Hash::default(), payload: vec![1] };
    office.give(Input::Read { entries: vec![broken], head: office.head });
    assert!(office.desk.broken().is_some());
    office.hello(BEN, None);
    assert_eq!(office.take_closed(), [(1, false), (2, false)]);
}

impl Office {
    /// Another node stores an entry of the room's own.
    fn other_stores(&mut self, time_ms: u64, event: Event) {
        let payload = protocol::encode_entry(&Entry { time_ms, author: None, event }).expect("an entry is written");
        self.head = self.head.after(&payload);
        self.log.push(StoredPayload { seq: self.head.seq, hash: self.head.head, payload });
    }

    /// The conversation over a connection, after a hello that asks to go on.
    fn resume(&mut self, conn: ConnId, welcome: &Welcome, next: Option<u32>) {
        self.hello(conn, Some(resume_of(welcome, next)));
    }

    /// Answers a read with so many entries at most.
    fn read_some(&mut self, window: usize) {
        let at = self.others.iter().rposition(|effect| matches!(effect, Effect::Read { .. })).expect("a read is due");
        let Effect::Read { after } = self.others.remove(at) else { unreachable!("it is a read") };
        let entries = self.log.iter().filter(|stored| stored.seq > after).take(window).cloned().collect();
        self.give(Input::Read { entries, head: self.head });
    }

    /// Keeps a connection from falling silent.
    fn beat(&mut self, conn: ConnId, for_ms: u64) {
        for _ in 0..for_ms / 5_000 {
            self.say(conn, ClientMessage::Heartbeat);
            self.tick(5_000);
        }
    }
}

fn joined(ids: IdRange) -> Event {
    let (client, name, color, role) = (ClientId(5), "Cem".into(), 0, Role::Editor);
    Event::Joined {
        client,
        name,
        color,
        role,
        ids,
        resume_lock: None,
        epoch: Epoch(0),
        carries_on: None,
        came: Came::Link,
    }
}

fn layer(id: u64) -> Record {
    let (name, linetype) = (format!("Layer {id}"), None);
    let (off, frozen, locked, plotted) = (false, false, false, true);
    let (handle, source, color, lineweight) = (None, None, Color::Index(7), Lineweight::Default);
    let id = LayerId(id);
    Record::Layer(Layer { id, handle, source, name, color, linetype, lineweight, off, frozen, locked, plotted })
}

#[test]
fn the_past_is_sent_to_who_asks_a_bounded_stretch_at_a_time() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    let head = office.desk.room().position().seq;
    let mut ask = |after: u64, upto: u64| {
        office.others.clear();
        office.give(Input::Message {
            conn: ANA,
            message: ClientMessage::Log { after: Seq(after), upto: Seq(upto) },
            bytes: 50,
        });
        let stretches = office.others.iter().filter_map(|effect| match effect {
            Effect::SendLog { to: ANA, after, upto } => Some((after.0, upto.0)),
            _ => None,
        });
        stretches.collect::<Vec<_>>()
    };
    assert_eq!(ask(0, head.0), [(0, head.0)]);
    assert_eq!(ask(1, u64::MAX), [(1, head.0)], "no further than the head");
    assert_eq!(ask(head.0, u64::MAX), []);
    assert_eq!(ask(u64::MAX, u64::MAX), []);
    assert_eq!(ask(2, 1), []);
}
