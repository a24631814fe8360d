//! The store as the simulation plays it: one log, compared and swapped, and the checkpoints that were kept.

use collab::{NewPayload, Room, StoredPayload};
use drawing::{Color, Drawing, Entity, EntityId, Line, LineStyle, Lineweight, Op, Order, Point3, Record, Shape, Style};
use protocol::{Entry, Event, Hash, LogId, Position, Seq, Told};

/// One log and its checkpoints.
pub struct Store {
    pub log: Vec<StoredPayload>,
    pub head: Position,
    pub checkpoints: Vec<Vec<u8>>,
    drawing: Drawing,
}

/// A line for the drawing.
pub fn line(id: u64, x: f64, y: f64) -> Record {
    let style = Style {
        layer: Drawing::LAYER_0,
        color: Color::ByLayer,
        linetype: LineStyle::ByLayer,
        linetype_scale: 1.0,
        lineweight: Lineweight::ByLayer,
        visible: true,
    };
    let shape = Shape::Line(Line { start: Point3::flat(x, y), end: Point3::flat(x + 1.0, y + 2.0) });
    let (handle, source) = (None, None);
    let entity =
        Entity { id: EntityId(id), handle, source, owner: Drawing::MODEL_SPACE, order: Order(id), style, shape };
    Record::Entity(entity)
}

impl Store {
    /// A log that starts with a drawing of `lines` lines.
    pub fn new(lines: u64) -> Store {
        let mut drawing = Drawing::new();
        let records = (0..lines).map(|n| line(10 + n, n as f64, 0.0)).collect();
        drawing.apply(&Op::New(records)).expect("lines fit into a new drawing");
        let start = Position::start(LogId([7; 16]));
        let mut store = Store { log: Vec::new(), head: start, checkpoints: Vec::new(), drawing };
        let hash = store.drawing.hash();
        let event = Event::Created { title: "Plan".into(), source: None, snapshot: Hash::of(b"plan"), drawing: hash };
        let payload = protocol::encode_entry(&Entry { time_ms: 0, author: None, event }).expect("an entry is written");
        store.push(payload);
        store
    }

    fn push(&mut self, payload: Vec<u8>) {
        self.head = self.head.after(&payload);
        self.log.push(StoredPayload { seq: self.head.seq, hash: self.head.head, payload });
    }

    /// Stores all of it if the head is exactly `after`.
    pub fn append(&mut self, after: &Position, payloads: &[NewPayload]) -> bool {
        if self.head != *after {
            return false;
        }
        payloads.iter().for_each(|each| self.push(each.payload.clone()));
        true
    }

    pub fn after(&self, seq: Seq, most: usize) -> Vec<StoredPayload> {
        self.log.iter().skip(seq.0 as usize).take(most).cloned().collect()
    }

    /// Whether this entry, by this hash, is in the log.
    pub fn has(&self, seq: Seq, hash: Hash) -> bool {
        seq.0 > 0 && self.log.get(seq.0 as usize - 1).is_some_and(|stored| stored.hash == hash)
    }

    pub fn told(&self, stored: &StoredPayload) -> Told {
        let entry = protocol::decode_entry(&stored.payload).expect("a stored entry is read");
        Told { seq: stored.seq, hash: stored.hash, entry }
    }

    /// The room as the first entry leaves it.
    pub fn first_room(&self) -> Room {
        let first = self.told(&self.log[0]);
        Room::start(self.head.log, &first, self.drawing.clone()).expect("the log starts")
    }

    /// The room at the head, by `room` and what follows on it.
    pub fn replay(&self, mut room: Room) -> Result<Room, String> {
        for stored in self.after(room.position().seq, usize::MAX) {
            let applied = room.apply_payload(stored.seq, stored.hash, &stored.payload);
            applied.map_err(|error| format!("replay: {error}"))?;
        }
        Ok(room)
    }
}
