//! A store as the simulation plays it: one log, compared and swapped, with its blobs, its checkpoints and who is
//! connected at which node. A value, so that a run of the simulation is the same every time; the conformance suite holds
//! it to what the real stores do.

use std::collections::BTreeMap;

use collab::{AppendAnswer, NewPayload, Room, StoredPayload};
use drawing::{Color, Drawing, Entity, EntityId, Line, LineStyle, Lineweight, Op, Order, Point3, Record, Shape, Style};
use protocol::{Entry, Event, Hash, LogId, Millis, Position, Seq, SessionId, Told};

/// One log and all that is kept with it.
pub struct Model {
    /// The entries, from the first on.
    pub log: Vec<StoredPayload>,
    /// What people read of each: when, who, what kind.
    pub notes: Vec<(Millis, String, &'static str)>,
    /// The drawing's name for people.
    pub title: String,
    /// The log's head.
    pub head: Position,
    /// States and where they stand, in the order in which they were kept.
    pub checkpoints: Vec<(Position, Vec<u8>)>,
    blobs: BTreeMap<Hash, Vec<u8>>,
    /// Until when a node's word counts that somebody is connected there.
    people: BTreeMap<(SessionId, u64), Millis>,
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

impl Model {
    /// An empty log.
    pub fn empty(log: LogId) -> Model {
        Model {
            log: Vec::new(),
            notes: Vec::new(),
            title: "Plan".into(),
            head: Position::start(log),
            checkpoints: Vec::new(),
            blobs: BTreeMap::new(),
            people: BTreeMap::new(),
            drawing: Drawing::new(),
        }
    }

    /// A log that starts with a drawing of `lines` lines.
    pub fn new(lines: u64) -> Model {
        let mut model = Model::empty(LogId([7; 16]));
        let records = (0..lines).map(|n| line(10 + n, n as f64, 0.0)).collect();
        model.drawing.apply(&Op::New(records)).expect("lines fit into a new drawing");
        let hash = model.drawing.hash();
        let event = Event::Created { title: "Plan".into(), source: None, snapshot: Hash::of(b"plan"), drawing: hash };
        let payload = protocol::encode_entry(&Entry { time_ms: 0, author: None, event }).expect("an entry is written");
        model.push(NewPayload { payload, time_ms: 0, author: String::new(), kind: "created" });
        model
    }

    fn push(&mut self, entry: NewPayload) {
        let NewPayload { payload, time_ms, author, kind } = entry;
        self.notes.push((time_ms, author, kind));
        self.head = self.head.after(&payload);
        self.log.push(StoredPayload { seq: self.head.seq, hash: self.head.head, payload });
    }

    /// Stores all of it if the head is exactly `after`.
    pub fn append(&mut self, after: &Position, payloads: &[NewPayload]) -> AppendAnswer {
        if self.head != *after {
            return AppendAnswer::Behind(self.head);
        }
        payloads.iter().for_each(|each| self.push(each.clone()));
        AppendAnswer::Stored(self.head)
    }

    /// Takes away all entries after a place, as a power cut does with what was not on the disk, and the states that stand
    /// after it.
    pub fn forget_after(&mut self, seq: Seq) {
        let kept = seq.0 as usize;
        self.log.truncate(kept);
        self.notes.truncate(kept);
        let head = self.log.last().map_or(Hash::default(), |last| last.hash);
        self.head = Position { log: self.head.log, seq, head };
        self.checkpoints.retain(|(at, _)| at.seq <= seq);
    }

    /// Entries after a place, so many at most.
    pub fn after(&self, seq: Seq, most: usize) -> Vec<StoredPayload> {
        self.log.iter().skip(seq.0 as usize).take(most).cloned().collect()
    }

    /// Whether this entry, by this hash, is in the log.
    pub fn has(&self, seq: Seq, hash: Hash) -> bool {
        seq.0 > 0 && self.log.get(seq.0 as usize - 1).is_some_and(|stored| stored.hash == hash)
    }

    /// Stores bytes under their hash.
    pub fn put_blob(&mut self, content: &[u8]) -> Hash {
        let hash = Hash::of(content);
        self.blobs.insert(hash, content.to_vec());
        hash
    }

    /// The bytes with this hash.
    pub fn blob(&self, hash: Hash) -> Option<&[u8]> {
        self.blobs.get(&hash).map(Vec::as_slice)
    }

    /// All blobs, by their hashes.
    pub fn blobs(&self) -> impl Iterator<Item = &[u8]> {
        self.blobs.values().map(Vec::as_slice)
    }

    /// Keeps a state of the room, and not many of them.
    pub fn save_checkpoint(&mut self, position: Position, state: Vec<u8>) {
        self.checkpoints.push((position, state));
        if self.checkpoints.len() > 4 {
            self.checkpoints.remove(1);
        }
    }

    /// The newest state in this log's own history.
    pub fn latest_checkpoint(&self) -> Option<&[u8]> {
        let own = |(at, _): &&(Position, Vec<u8>)| at.log == self.head.log && self.has(at.seq, at.head);
        self.checkpoints.iter().filter(own).max_by_key(|(at, _)| at.seq).map(|(_, state)| state.as_slice())
    }

    /// Notes who is connected at a node, for so many milliseconds; says who is elsewhere, and whether that is news to
    /// the others.
    pub fn attend(&mut self, now: Millis, for_ms: u64, node: u64, here: &[SessionId]) -> (Vec<SessionId>, bool) {
        let before: Vec<_> = self.people.keys().copied().collect();
        self.people.retain(|(session, of), until| *until > now && (*of != node || here.contains(session)));
        self.people.extend(here.iter().map(|session| ((*session, node), now + for_ms)));
        let mut elsewhere: Vec<_> =
            self.people.keys().filter(|(_, of)| *of != node).map(|(session, _)| *session).collect();
        elsewhere.dedup();
        (elsewhere, before != self.people.keys().copied().collect::<Vec<_>>())
    }

    /// A stored entry as it is told.
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
