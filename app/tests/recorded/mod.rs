//! A session of several people, recorded into a log file through a real desk, with what the room was at each entry.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use collab::{AppendAnswer, ConnId, Desk, Effect, Input, Room, Session, Settings};
use drawing::{Drawing, DrawingHash, Entity, EntityId, Op, Record, RecordId, Vec2};
use oplog::{Appended, Checkpoints, Log, NewEntry};
use protocol::{
    Came, ClientId, ClientSeq, Durability, Entry, Event, Hash, Limits, LogId, ResumeKey, Role, Seq, ServerMessage, Told,
};

/// When the session begins: a morning in May.
pub const START_MS: u64 = 1_778_832_000_000;

/// People at work on one drawing, and the log of what they do.
pub struct Recorder {
    desk: Desk,
    log: Log,
    path: PathBuf,
    sessions: Vec<Session>,
    now: u64,
    moments: Vec<Moment>,
}

/// What the live room was after an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The entry.
    pub seq: Seq,
    /// The digest of the room.
    pub digest: Hash,
    /// The hash of its drawing.
    pub drawing: DrawingHash,
}

impl Moment {
    fn of(room: &Room) -> Moment {
        Moment { seq: room.position().seq, digest: room.digest(), drawing: room.drawing().hash() }
    }
}

impl Recorder {
    /// A log at `path` of a drawing from these bytes of a DXF file.
    pub fn new(path: &Path, title: &str, bytes: &[u8]) -> Recorder {
        let drawing = formats::read(bytes, &mut |_| ControlFlow::Continue(())).expect("a drawing").drawing;
        let mut log = Log::create(path, LogId([9; 16])).expect("a log");
        let source = Some(log.put_blob(bytes).expect("the file is kept"));
        let snapshot = log.put_blob(&protocol::encode_drawing(&drawing)).expect("the drawing is kept");
        let event = Event::Created { title: title.into(), source, snapshot, drawing: drawing.hash() };
        let entry = Entry { time_ms: START_MS, author: None, event };
        let payload = protocol::encode_entry(&entry).expect("an entry");
        let first = NewEntry { payload, time_ms: START_MS, author: String::new(), kind: "created".into() };
        let start = log.position();
        let Appended::Stored(head) = log.append(&start, &[first]).expect("it is stored") else { panic!("behind") };
        let told = Told { seq: head.seq, hash: head.head, entry };
        let room = Room::start(head.log, &told, drawing).expect("a log starts");
        let moments = vec![Moment::of(&room)];
        let settings = Settings { limits: Limits::default(), durability: Durability::Memory, shared: false };
        let (desk, _) = Desk::open(settings, room);
        let path = path.to_owned();
        let mut recorder = Recorder { desk, log, path, sessions: Vec::new(), now: START_MS, moments };
        recorder.give(Input::Read { entries: Vec::new(), head });
        recorder
    }

    fn give(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let effects = self.desk.handle(self.now, input);
            self.note();
            for effect in effects {
                self.perform(effect, &mut inputs);
            }
        }
    }

    fn note(&mut self) {
        let at = self.desk.room().position().seq;
        if self.moments.last().is_none_or(|last| last.seq < at) {
            self.moments.push(Moment::of(self.desk.room()));
        }
    }

    fn perform(&mut self, effect: Effect, inputs: &mut VecDeque<Input>) {
        match effect {
            Effect::Append { after, payloads } => {
                let entries = payloads.into_iter().map(|new| NewEntry {
                    payload: new.payload,
                    time_ms: new.time_ms,
                    author: new.author,
                    kind: new.kind.into(),
                });
                match self.log.append(&after, &entries.collect::<Vec<_>>()).expect("it is stored") {
                    Appended::Stored(head) => inputs.push_back(Input::Appended(AppendAnswer::Stored(head))),
                    Appended::Behind(head) => panic!("behind {head:?}"),
                }
            }
            Effect::Send { to, message } => {
                to.iter().for_each(|conn| self.deliver(conn.0 as usize, Arc::unwrap_or_clone(message.clone())));
            }
            Effect::SendSnapshot { to, drawing } => {
                let session = &mut self.sessions[to.0 as usize];
                session.receive_drawing(self.now, drawing).expect("the desk makes sense");
            }
            Effect::SaveCheckpoint { room } => self.keep(&room),
            Effect::Close { .. } => {}
            other => panic!("nobody asked for {other:?}"),
        }
    }

    fn keep(&mut self, room: &Room) {
        let reader = self.log.reader().expect("the log is read");
        let (mut checkpoints, _) = Checkpoints::open(&reader).expect("the side file");
        checkpoints.put(&room.position(), &room.to_checkpoint()).expect("it is kept");
    }

    fn deliver(&mut self, who: usize, message: ServerMessage) {
        self.sessions[who].receive(self.now, message).expect("the desk makes sense");
    }

    /// Sends what somebody has to send.
    fn flush(&mut self, who: usize) {
        for message in self.sessions[who].take_outgoing(self.now) {
            self.give(Input::Message { conn: ConnId(who as u64), message, bytes: 100 });
        }
    }

    /// Time passes.
    pub fn pass_s(&mut self, seconds: u64) {
        self.now += seconds * 1_000;
    }

    /// Somebody comes in.
    pub fn join(&mut self, name: &str) -> usize {
        let who = self.sessions.len();
        let id = who as u128 + 1;
        self.sessions.push(Session::new(ClientId(id), ResumeKey(id), name.into(), ClientSeq(Seq(1))));
        let hello = self.sessions[who].hello("plan", "secret");
        self.give(Input::Hello { conn: ConnId(who as u64), hello, role: Role::Editor, came: Came::Link });
        who
    }

    /// Somebody does something.
    #[track_caller]
    pub fn edit(&mut self, who: usize, op: Op) {
        self.sessions[who].submit(op).expect("the edit is allowed");
        self.flush(who);
    }

    /// Somebody moves these.
    #[track_caller]
    pub fn translate(&mut self, who: usize, ids: &[EntityId], by: Vec2) {
        self.edit(who, Op::Translate { ids: ids.to_vec(), by });
    }

    /// Somebody draws a copy of an entity, that far away; its id.
    #[track_caller]
    pub fn copy(&mut self, who: usize, of: EntityId, by: Vec2) -> EntityId {
        self.copies(who, of, by, 1)[0]
    }

    /// Somebody draws so many copies of an entity at once, each that far from the one before; their ids.
    #[track_caller]
    pub fn copies(&mut self, who: usize, of: EntityId, by: Vec2, count: usize) -> Vec<EntityId> {
        let ids = loop {
            match self.sessions[who].take_ids(count) {
                Some(ids) => break ids,
                // It asks for more, which the desk grants at once.
                None => self.flush(who),
            }
        };
        let first = self.drawing().order_on_top(self.entity(of).owner);
        let copies = ids.iter().zip(1u32..).map(|(id, at)| {
            let mut entity = self.entity(of);
            entity.id = EntityId(id.0);
            (entity.handle, entity.source) = (None, None);
            entity.order = drawing::Order(first.0 + u64::from(at) - 1);
            entity.shape.translate(by * f64::from(at)).expect("it can be moved");
            Record::Entity(entity)
        });
        let op = Op::New(copies.collect());
        self.edit(who, op);
        ids.into_iter().map(|id| EntityId(id.0)).collect()
    }

    /// Somebody holds these.
    pub fn lock(&mut self, who: usize, ids: &[EntityId]) {
        self.sessions[who].lock(ids.iter().map(|id| RecordId(id.0)).collect());
        self.flush(who);
    }

    /// Somebody lets everything go.
    pub fn let_go(&mut self, who: usize) {
        let me = self.sessions[who].me();
        let mine: Vec<_> =
            self.sessions[who].locks().filter(|(_, h)| Some(h.session) == me).map(|(id, _)| id).collect();
        self.sessions[who].unlock(mine);
        self.flush(who);
    }

    /// Somebody takes their last edit back.
    pub fn undo(&mut self, who: usize) {
        self.sessions[who].undo().expect("there is something to take back");
        self.flush(who);
    }

    /// Somebody goes.
    pub fn leave(&mut self, who: usize) {
        self.sessions[who].leave();
        self.flush(who);
    }

    /// The drawing as it is now.
    pub fn drawing(&self) -> &Drawing {
        self.desk.room().drawing()
    }

    /// An entity as it is now.
    pub fn entity(&self, id: EntityId) -> Entity {
        self.drawing().entity(id).expect("it is there").clone()
    }

    /// Ends the session: a saved log, one file, with a checkpoint in it if `checkpoint`; what the room was.
    pub fn finish(mut self, checkpoint: bool) -> Vec<Moment> {
        if checkpoint {
            let room = self.desk.room().clone();
            self.keep(&room);
        }
        let saved = self.path.with_extension("saved");
        self.log.reader().expect("the log is read").backup(&saved).expect("a backup");
        self.log.close().expect("the log is closed");
        for side in ["-checkpoints", "-lock"] {
            let mut name = self.path.clone().into_os_string();
            name.push(side);
            // Not all of them are there.
            let _ = std::fs::remove_file(name);
        }
        std::fs::rename(&saved, &self.path).expect("the backup takes the log's place");
        self.moments
    }
}

/// Three people rearrange the ground floor of a café; `checkpoint`: the saved log has one.
pub fn cafe(path: &Path, checkpoint: bool) -> Vec<Moment> {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf")).expect("the sample");
    let mut desk = Recorder::new(path, "Café Linde", &bytes);
    let furniture = desk.drawing().layer_named("FURNITURE").expect("a layer of the sample");
    let model = desk.drawing().model_space().expect("a model space");
    let chairs: Vec<EntityId> = desk
        .drawing()
        .entities_of(model)
        .filter(|entity| entity.style.layer == furniture && matches!(entity.shape, drawing::Shape::Insert(_)))
        .map(|entity| entity.id)
        .collect();
    let ana = desk.join("Ana Sousa");
    desk.pass_s(20);
    let ben = desk.join("Ben Okoye");
    for (turn, pair) in chairs.chunks(2).take(5).enumerate() {
        desk.pass_s(3);
        desk.lock(ana, pair);
        desk.pass_s(2);
        desk.translate(ana, pair, Vec2::new(200.0, 120.0 * (turn as f64 - 2.0)));
        desk.let_go(ana);
        if turn % 3 == 1 {
            desk.pass_s(4);
            let copy = desk.copy(ben, chairs[12], Vec2::new(-300.0, 450.0));
            desk.pass_s(2);
            desk.translate(ben, &[copy], Vec2::new(90.0, 0.0));
            desk.let_go(ben);
        }
    }
    desk.pass_s(40);
    let cleo = desk.join("Cleo Maric");
    for chair in &chairs[10..14] {
        desk.pass_s(2);
        let mut entity = desk.entity(*chair);
        entity.style.color = drawing::Color::Index(1);
        desk.edit(cleo, Op::Change(vec![Record::Entity(entity)]));
    }
    desk.pass_s(6);
    desk.undo(cleo);
    desk.pass_s(15);
    desk.edit(ben, Op::Remove(vec![RecordId(chairs[14].0), RecordId(chairs[15].0)]));
    desk.pass_s(5);
    desk.leave(ben);
    for turn in 0..14 {
        desk.pass_s(3);
        desk.translate(ana, &chairs[16..18], Vec2::new(60.0, f64::from(turn % 5) * 30.0 - 60.0));
    }
    desk.pass_s(8);
    desk.undo(ana);
    desk.pass_s(9);
    desk.leave(cleo);
    desk.leave(ana);
    desk.finish(checkpoint)
}
