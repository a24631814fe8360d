//! Whatever is put into a desk, by people and by the store, in whatever order: it tells nothing that isn't stored, stores
//! what follows, and its room is in the end what its log gives.

use std::collections::{BTreeMap, BTreeSet};

use collab::{AppendAnswer, ConnId, Desk, Effect, Input, NewPayload, Settings, StoredPayload};
use drawing::{BlockId, EntityId, Handle, Op, Point, RecordId, Vec2};
use protocol::{
    Answer, Came, ClientId, ClientMessage, ClientSeq, Durability, Encoding, Epoch, Hash, Hello, Limits, Position,
    Presence, Request, Resume, ResumeKey, Role, Seq, ServerMessage, SessionId,
};

use crate::model::{Model, line};

/// More steps than this are more of the same.
const STEPS_MAX: usize = 1_500;
/// Entries that somebody else's reading gets at once.
const READ_MAX: usize = 7;

/// Tries a course of things that happen, written as bytes.
pub fn try_bytes(bytes: &[u8]) {
    let mut course = Course { rest: bytes };
    let mut world = World::new(course.byte());
    for _ in 0..STEPS_MAX {
        if course.rest.is_empty() {
            break;
        }
        world.step(&mut course);
    }
    world.settle();
}

/// The bytes that are left.
struct Course<'a> {
    rest: &'a [u8],
}

impl<'a> Course<'a> {
    /// The next byte; 0 after the last one.
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    fn some(&mut self, most: usize) -> &'a [u8] {
        let (some, rest) =
            self.rest.split_at(usize::from(self.byte()).min(most).min(self.rest.len().saturating_sub(1)));
        self.rest = rest;
        some
    }

    fn number(&mut self) -> u64 {
        let byte = self.byte();
        // Mostly small, so that things meet; now and then as large as can be.
        if byte == 255 { u64::MAX - u64::from(self.byte()) } else { u64::from(byte) }
    }

    fn ids(&mut self) -> Vec<RecordId> {
        let count = self.byte() % 6;
        (0..count).map(|_| RecordId(self.number() % 40)).collect()
    }
}

struct World {
    model: Model,
    desk: Desk,
    now: u64,
    conns: BTreeSet<ConnId>,
    next_conn: u64,
    /// What was welcomed last over each connection, for coming back.
    welcomed: BTreeMap<ConnId, (SessionId, Epoch, Position)>,
    appending: Option<(Position, Vec<NewPayload>)>,
    /// Appends of which nobody heard, and which the store may still do.
    late: Option<(Position, Vec<NewPayload>)>,
    reading: Option<Seq>,
    attending: bool,
}

impl World {
    fn new(flags: u8) -> World {
        let model = Model::new(8);
        let limits =
            Limits { people_max: 5, grace_ms: 3_000, heartbeat_ms: 500, lock_idle_ms: 4_000, ..Limits::default() };
        let settings = Settings { limits, durability: Durability::Memory, shared: flags & 1 != 0 };
        let (desk, effects) = Desk::open(settings, model.first_room());
        let mut world = World {
            model,
            desk,
            now: 10,
            conns: BTreeSet::new(),
            next_conn: 0,
            welcomed: BTreeMap::new(),
            appending: None,
            late: None,
            reading: None,
            attending: false,
        };
        world.perform(effects);
        world
    }

    fn put(&mut self, input: Input) {
        let effects = self.desk.handle(self.now, input);
        self.perform(effects);
    }

    fn step(&mut self, course: &mut Course<'_>) {
        let conn = ConnId(u64::from(course.byte()) % (self.next_conn + 1));
        match course.byte() % 20 {
            0 | 1 => {
                let hello = self.hello(course);
                let role = [Role::Editor, Role::Owner, Role::Viewer, Role::Reviewer][usize::from(course.byte() % 4)];
                let after = Seq(u64::from(course.byte()));
                let came =
                    [Came::Link, Came::Within, Came::Invite { after }, Came::Link][usize::from(course.byte() % 4)];
                let conn = ConnId(self.next_conn);
                self.next_conn += 1;
                self.conns.insert(conn);
                self.put(Input::Hello { conn, hello, role, came });
            }
            2..=6 => {
                let message = message(course);
                self.put(Input::Message { conn, message, bytes: usize::from(course.byte()) });
            }
            7 => {
                if let Ok(message) = Encoding::MessagePack.decode(course.some(200)) {
                    self.put(Input::Message { conn, message, bytes: 200 });
                }
            }
            8 => {
                self.conns.remove(&conn);
                self.put(Input::Closed { conn });
            }
            9 => self.put(Input::Overflowed { conn }),
            10 | 11 => self.answer(course.byte()),
            12 => self.answer_reading(),
            13 => {
                if self.reading.take().is_some() {
                    self.put(Input::ReadFailed);
                }
            }
            14 | 15 => {
                let ms = u64::from(course.byte());
                self.now += ms * ms / 16;
                self.put(Input::Tick);
            }
            16 => {
                if let Some((after, payloads)) = self.late.take() {
                    self.model.append(&after, &payloads);
                }
                self.put(Input::Woken { head: self.model.head });
            }
            17 => {
                if self.attending {
                    self.attending = false;
                    let elsewhere = course.ids().into_iter().map(|id| SessionId(Seq(id.0))).collect();
                    let input = Input::Attended { elsewhere, head: self.model.head };
                    self.put(if course.byte().is_multiple_of(4) { Input::AttendFailed } else { input });
                }
            }
            18 => {
                let latest = vec![(SessionId(Seq(course.number())), presence(course))];
                self.put(if course.byte().is_multiple_of(4) { Input::Stirred } else { Input::Shown { latest } });
            }
            _ => self.desk.set_time_of_day(course.number()),
        }
    }

    fn hello(&self, course: &mut Course<'_>) -> Hello {
        let client = u128::from(course.byte() % 4);
        let resume = self.welcomed.values().nth(usize::from(course.byte() % 8)).map(|(session, epoch, position)| {
            let next = match course.byte() % 4 {
                0 => None,
                more => Some(Epoch(epoch.0.wrapping_add(u32::from(more) - 1))),
            };
            let position = match course.byte() % 4 {
                0 => Position { head: Hash::default(), ..*position },
                _ => *position,
            };
            Resume { session: *session, epoch: *epoch, next, position }
        });
        let name =
            ["Ana", "Bo", " ", "a name that is too long for anybody, since nobody is called anything like that at all"];
        Hello {
            version: u32::from(course.byte() % 8),
            client: ClientId(client),
            name: name[usize::from(course.byte() % 8).min(3)].into(),
            drawing: "plan".into(),
            secret: String::new(),
            resume_key: (client != 3).then_some(ResumeKey(client)),
            resume,
        }
    }

    /// What becomes of an append that is under way.
    fn answer(&mut self, how: u8) {
        let Some((after, payloads)) = self.appending.take() else { return };
        let answer = match how % 8 {
            0 => AppendAnswer::Unknown,
            1 => {
                self.late = Some((after, payloads));
                AppendAnswer::Unknown
            }
            2 => {
                self.model.append(&after, &payloads);
                AppendAnswer::Unknown
            }
            3 => AppendAnswer::Failed("the disk is full"),
            _ => self.model.append(&after, &payloads),
        };
        self.put(Input::Appended(answer));
    }

    fn answer_reading(&mut self) {
        let Some(after) = self.reading.take() else { return };
        let entries: Vec<StoredPayload> = self.model.after(after, READ_MAX);
        self.put(Input::Read { entries, head: self.model.head });
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Append { after, payloads } => {
                    assert!(self.appending.is_none(), "one append at a time");
                    assert!(!payloads.is_empty());
                    self.appending = Some((after, payloads));
                }
                Effect::Read { after } => {
                    assert!(self.reading.is_none(), "one reading at a time");
                    self.reading = Some(after);
                }
                Effect::Attend { .. } => {
                    assert!(!self.attending, "one look at a time");
                    self.attending = true;
                }
                Effect::Send { to, message } => self.told(&to, &message),
                Effect::SendPresence { to, .. } => assert!(to.iter().all(|conn| self.conns.contains(conn))),
                Effect::SendSnapshot { to, drawing } => {
                    assert!(self.conns.contains(&to));
                    assert!(drawing.record_count() > 0);
                }
                Effect::SendLog { to, after, upto } => {
                    assert!(self.conns.contains(&to) && after < upto && upto <= self.model.head.seq);
                }
                Effect::SendBlob { to, .. } => assert!(self.conns.contains(&to)),
                Effect::Close { conn, .. } => {
                    assert!(self.conns.remove(&conn), "what is closed was open");
                }
                Effect::SaveCheckpoint { room } => assert!(room.position().seq <= self.model.head.seq),
                Effect::ShowElsewhere { .. } => {}
            }
        }
    }

    /// Nothing is told before it is stored.
    fn told(&mut self, to: &[ConnId], message: &ServerMessage) {
        assert!(to.iter().all(|conn| self.conns.contains(conn)), "{message:?} is told to nobody: {to:?}");
        match message {
            ServerMessage::Entries(told) => {
                assert!(told.iter().all(|told| self.model.has(told.seq, told.hash)), "{message:?}");
            }
            ServerMessage::Answer { answer: Answer::Stored { seq, .. }, .. } => assert!(*seq <= self.model.head.seq),
            ServerMessage::Welcome(welcome) => {
                assert!(self.model.has(welcome.position.seq, welcome.position.head));
                for conn in to {
                    self.welcomed.insert(*conn, (welcome.session, welcome.epoch, welcome.position));
                }
            }
            _ => {}
        }
    }

    /// Whatever is under way ends well, and the room is what the log gives.
    fn settle(&mut self) {
        for _ in 0..STEPS_MAX {
            if self.appending.is_some() {
                self.answer(7);
            } else if self.reading.is_some() {
                self.answer_reading();
            } else if self.desk.room().position() != self.model.head {
                self.now += 5_000;
                self.put(Input::Woken { head: self.model.head });
                self.put(Input::Tick);
            } else {
                break;
            }
        }
        assert!(self.desk.broken().is_none(), "{:?}", self.desk.broken());
        assert_eq!(self.desk.room().position(), self.model.head, "the room comes to the end of its log");
        let replayed = self.model.replay(self.model.first_room()).expect("the log follows its own rules");
        assert_eq!(replayed.digest(), self.desk.room().digest());
        let room = collab::Room::from_checkpoint(&replayed.to_checkpoint()).expect("a checkpoint is read");
        assert_eq!(room.digest(), replayed.digest());
    }
}

fn message(course: &mut Course<'_>) -> ClientMessage {
    match course.byte() % 14 {
        0 => ClientMessage::Presence(presence(course)),
        1 => ClientMessage::Refresh,
        2 => ClientMessage::Heartbeat,
        3 => ClientMessage::Leave,
        4 => ClientMessage::Blob { hash: Hash::of(&[course.byte()]) },
        5 => ClientMessage::Log { after: Seq(course.number()), upto: Seq(course.number()) },
        _ => ClientMessage::Ask {
            client_seq: ClientSeq(Seq(course.number())),
            floor: ClientSeq(Seq(course.number())),
            request: request(course),
        },
    }
}

fn request(course: &mut Course<'_>) -> Request {
    match course.byte() % 12 {
        0 | 1 => Request::Lock { ids: course.ids(), wait: false },
        2 => Request::Unlock { ids: course.ids() },
        3 => Request::Undo { entries: course.ids().into_iter().map(|id| Seq(id.0)).collect() },
        4 => Request::Grant { len: course.number() as u32 },
        5 => Request::Override { token: Seq(course.number()), of: None },
        6 => Request::Rename { title: String::from_utf8_lossy(course.some(20)).into_owned() },
        _ => {
            let op = op(course, 0);
            let under = course.ids().into_iter().map(|id| Seq(id.0)).collect();
            Request::Edit { op, seen: Seq(course.number()), under }
        }
    }
}

fn op(course: &mut Course<'_>, deep: usize) -> Op {
    // Ids that a first and a second person are granted, and those of the lines that are there.
    let id = |course: &mut Course<'_>| match course.byte() {
        byte @ 0..128 => u64::from(byte % 24),
        byte => 18 + 1_024 * u64::from(byte % 4) + u64::from(byte % 8),
    };
    let record = |course: &mut Course<'_>| {
        let (id, x) = (id(course), f64::from_bits(u64::from(course.byte()) << 55 | 3));
        line(id, x, f64::from(course.byte()))
    };
    let count = course.byte() % 4;
    match course.byte() % 8 {
        0 | 1 => Op::New((0..count).map(|_| record(course)).collect()),
        2 | 3 => Op::Change((0..count).map(|_| record(course)).collect()),
        4 => Op::Remove((0..count).map(|_| RecordId(id(course))).collect()),
        5 => {
            let ids = (0..count).map(|_| EntityId(id(course))).collect();
            Op::Translate { ids, by: Vec2::new(f64::from(course.byte()), -1.5) }
        }
        6 => Op::Mint((0..count).map(|_| (RecordId(id(course)), Handle(course.number()))).collect()),
        _ if deep < 6 => Op::Batch((0..count).map(|_| op(course, deep + 1)).collect()),
        _ => Op::Unmint((0..count).map(|_| RecordId(id(course))).collect()),
    }
}

fn presence(course: &mut Course<'_>) -> Presence {
    Presence {
        cursor: Some(Point::new(f64::from(course.byte()), f64::NAN)).filter(|_| course.byte().is_multiple_of(2)),
        space: Some(BlockId(course.number())),
        following: Some(SessionId(Seq(course.number()))),
        selection: course.ids(),
        ..Presence::default()
    }
}
