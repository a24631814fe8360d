//! A room with a few lines and two people, and what one needs to ask it things.

use collab::{Decision, Room};
use drawing::{
    Block, BlockId, Color, Dimension, Drawing, Entity, EntityId, Extrusion, Line, LineStyle, Lineweight, Op, Order,
    Point, Point3, Record, RecordId, Shape, Style, Vec2,
};
use protocol::{
    Author, Came, ClientId, ClientSeq, Ended, Entry, Epoch, Event, Hash, Limits, LogId, Position, Refusal, Request,
    Role, Seq, SessionId, Told,
};

/// A room, and the numbers of the requests so far.
pub struct Lab {
    pub room: Room,
    /// All entries so far.
    pub told: Vec<Told>,
    next: u64,
}

pub fn style() -> Style {
    Style {
        layer: Drawing::LAYER_0,
        color: Color::ByLayer,
        linetype: LineStyle::ByLayer,
        linetype_scale: 1.0,
        lineweight: Lineweight::ByLayer,
        visible: true,
    }
}

pub fn entity(id: u64, owner: BlockId, shape: Shape) -> Record {
    let id = EntityId(id);
    Record::Entity(Entity { id, handle: None, source: None, owner, order: Order(id.0), style: style(), shape })
}

pub fn line(id: u64) -> Record {
    let shape = Shape::Line(Line { start: Point3::flat(0.0, 0.0), end: Point3::flat(id as f64, 1.0) });
    entity(id, Drawing::MODEL_SPACE, shape)
}

pub fn colored(id: u64, color: u8) -> Record {
    let Record::Entity(mut record) = line(id) else { unreachable!("a line is an entity") };
    record.style.color = Color::Index(color);
    Record::Entity(record)
}

pub fn ids(of: &[u64]) -> Vec<RecordId> {
    of.iter().copied().map(RecordId).collect()
}

pub fn moved(of: &[u64]) -> Op {
    Op::Translate { ids: of.iter().copied().map(EntityId).collect(), by: Vec2::new(1.0, 2.0) }
}

/// Lines 10 to 14, and dimension 20 whose block 21 has line 22.
pub fn plan() -> Drawing {
    let mut drawing = Drawing::new();
    let (name, base) = ("*D1".to_string(), Point::ZERO);
    let block = Block { id: BlockId(21), handle: None, source: None, name, base, xref_path: None };
    let dimension = Dimension {
        block: Some(BlockId(21)),
        insert_at: None,
        world_points: vec![(10, Point3::flat(0.0, 0.0))],
        object_points: Vec::new(),
        text: String::new(),
        flags: 0,
        extrusion: Extrusion::default(),
    };
    let Record::Entity(mut part) = line(22) else { unreachable!("a line is an entity") };
    part.owner = BlockId(21);
    let mut records: Vec<_> = (10..15).map(line).collect();
    records.push(Record::Block(block));
    records.push(Record::Entity(part));
    records.push(entity(20, Drawing::MODEL_SPACE, Shape::Dimension(dimension)));
    drawing.apply(&Op::New(records)).expect("the plan fits together");
    drawing
}

/// The log of the plan.
pub const LOG: LogId = LogId([1; 16]);

/// Its first entry.
pub fn first() -> Told {
    let event =
        Event::Created { title: "Plan".into(), source: None, snapshot: Hash::of(b"plan"), drawing: plan().hash() };
    let entry = Entry { time_ms: 1, author: None, event };
    let payload = protocol::encode_entry(&entry).expect("an entry is written");
    let position = Position::start(LOG).after(&payload);
    Told { seq: position.seq, hash: position.head, entry }
}

/// The room of the plan, with nobody in it.
pub fn empty_room() -> Room {
    Room::start(LOG, &first(), plan()).expect("a log starts")
}

impl Lab {
    pub fn new() -> Lab {
        Lab { room: empty_room(), told: vec![first()], next: 1 }
    }

    /// Applies an event as if it had been stored.
    pub fn store(&mut self, author: Option<Author>, event: Event) -> Seq {
        let entry = Entry { time_ms: 5, author, event };
        let payload = protocol::encode_entry(&entry).expect("an entry is written");
        let position = self.room.position().after(&payload);
        let applied = self.room.apply_payload(position.seq, position.head, &payload);
        let (told, _) = applied.unwrap_or_else(|error| panic!("{entry:?}: {error}"));
        self.told.push(told);
        position.seq
    }

    pub fn join(&mut self, client: u128, role: Role, carries_on: Option<SessionId>) -> SessionId {
        self.join_by(client, role, carries_on, Came::Link)
    }

    /// As [`Lab::join`], by a link, an invite or from within.
    pub fn join_by(&mut self, client: u128, role: Role, carries_on: Option<SessionId>, came: Came) -> SessionId {
        let ids = self.room.ids_for_joining();
        let (client, name) = (ClientId(client), format!("Client {client}"));
        let (resume_lock, epoch) = (None, Epoch::default());
        let joined = Event::Joined { client, name, color: 0, role, ids, resume_lock, epoch, carries_on, came };
        SessionId(self.store(None, joined))
    }

    pub fn leave(&mut self, session: SessionId) {
        let epoch = self.room.epoch(session).expect("somebody who is there leaves");
        self.store(None, Event::Gone { session, epoch, why: Ended::Left });
    }

    /// Asks, and stores what is decided. None if there is nothing to do.
    pub fn ask(&mut self, session: SessionId, request: Request) -> Result<Option<Seq>, Refusal> {
        match self.room.decide(session, &request, &Limits::default())? {
            Decision::Nothing => Ok(None),
            Decision::Store(event) => {
                let client = self.room.shared().members[&session].client;
                let client_seq = ClientSeq(Seq(self.next));
                self.next += 1;
                let author = Author { session, client, client_seq, floor: ClientSeq(Seq(0)) };
                Ok(Some(self.store(Some(author), event)))
            }
        }
    }

    pub fn edit(&mut self, session: SessionId, op: Op) -> Result<Option<Seq>, Refusal> {
        let seen = self.room.position().seq;
        self.ask(session, Request::Edit { op, seen, under: Vec::new() })
    }

    /// An edit that is surely stored.
    pub fn did(&mut self, session: SessionId, op: Op) -> Seq {
        self.edit(session, op).expect("the edit is allowed").expect("the edit does something")
    }

    pub fn lock(&mut self, session: SessionId, of: &[u64]) -> Result<Option<Seq>, Refusal> {
        self.ask(session, Request::Lock { ids: ids(of), wait: false })
    }

    pub fn unlock(&mut self, session: SessionId, of: &[u64]) {
        self.ask(session, Request::Unlock { ids: ids(of) }).expect("letting go is allowed");
    }

    pub fn undo(&mut self, session: SessionId, entries: &[Seq]) -> Result<Option<Seq>, Refusal> {
        self.ask(session, Request::Undo { entries: entries.to_vec() })
    }

    pub fn holder(&self, id: u64) -> Option<SessionId> {
        self.room.shared().locks.get(&RecordId(id)).map(|holding| holding.session)
    }

    pub fn color(&self, id: u64) -> Option<Color> {
        self.room.drawing().entity(EntityId(id)).map(|entity| entity.style.color)
    }
}
