//! What stands in a log, entry by entry, in little room: for the timeline, the list and its filters.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use collab::{Applied, Room, words};
use drawing::{BlockId, Drawing, LayerId, RecordId};
use protocol::{ClientId, Event, Seq, SessionId, Told};

use super::acts::summary;
use super::area::Areas;
use super::touch::{Seen, outwards, put_in};

/// Entries that are gathered before they are handed over.
pub const CHUNK: usize = 4_096;
/// Entries that are listed at the most.
pub const LINES_MAX: usize = 4_000_000;
/// Different sentences, people and sets of layers that are told apart.
pub(super) const DIFFERENT_MAX: usize = 20_000;
/// Records of one entry that are remembered; of larger ones the first stand for the rest.
const RECORDS_MAX: usize = 5_000;
/// Records of all entries together that are remembered; of those after that, a few each.
const ALL_RECORDS_MAX: usize = 8_000_000;
const FEW_RECORDS: usize = 16;
/// A rest longer than this takes no more room on the timeline, in milliseconds.
const REST_MS: u64 = 20_000;

/// What sort of act an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something new was drawn.
    Drawn,
    /// Something was moved.
    Moved,
    /// Something was changed.
    Changed,
    /// Something was erased.
    Erased,
    /// Something was said, answered or resolved.
    Said,
    /// Something was taken back.
    TakenBack,
    /// Somebody took hold of something or let it go.
    Locks,
    /// Somebody came or went, or the room did something for itself.
    People,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 8] =
        [Kind::Drawn, Kind::Moved, Kind::Changed, Kind::Erased, Kind::Said, Kind::TakenBack, Kind::Locks, Kind::People];

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Drawn => "Drawn",
            Kind::Moved => "Moved",
            Kind::Changed => "Changed",
            Kind::Erased => "Erased",
            Kind::Said => "Said",
            Kind::TakenBack => "Taken back",
            Kind::Locks => "Locks",
            Kind::People => "People",
        }
    }

    /// Whether the drawing changed.
    pub fn is_edit(self) -> bool {
        !matches!(self, Kind::Locks | Kind::People)
    }
}

/// Somebody at work in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Their installation.
    pub client: ClientId,
    /// Their name.
    pub name: String,
    /// Their place among the colours.
    pub color: u8,
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// When it was, milliseconds since 1970.
    pub time_ms: u64,
    /// Where it is on the timeline, on which long rests are short.
    pub active_ms: u64,
    /// Whose it is, a place in [`Names::people`]; none where the room itself acted.
    pub who: Option<u16>,
    /// What sort of act.
    pub kind: Kind,
    /// A place in [`Names::words`].
    words: u32,
    /// A place in [`Names::layers`].
    layers: u32,
    records: (u32, u32),
    /// It touched more than is remembered of it.
    pub is_cut: bool,
    /// What was touched stood or stands about here: in which space, and where.
    pub area: Option<(BlockId, [f32; 4])>,
}

/// What lines refer to by number.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Everybody, in the order in which they first came.
    pub people: Vec<Who>,
    words: Vec<Arc<str>>,
    layers: Vec<Arc<[LayerId]>>,
    /// Every layer that was there, by what it was called last.
    pub layer_names: BTreeMap<LayerId, Arc<str>>,
}

/// Entries that follow on one another.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    lines: Vec<Line>,
    records: Vec<RecordId>,
}

/// All lines so far.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    chunks: Vec<Arc<Chunk>>,
    count: usize,
    /// What they refer to.
    pub names: Arc<Names>,
}

impl Lines {
    /// How many entries are listed: those from 1 on.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes in more.
    pub fn take(&mut self, chunk: Arc<Chunk>, names: Arc<Names>) {
        self.count += chunk.lines.len();
        self.chunks.push(chunk);
        self.names = names;
    }

    fn place(&self, seq: Seq) -> Option<(&Chunk, &Line)> {
        let at = (seq.0 as usize).checked_sub(1)?;
        let chunk = self.chunks.get(at / CHUNK)?;
        Some((chunk, chunk.lines.get(at % CHUNK)?))
    }

    /// An entry.
    pub fn get(&self, seq: Seq) -> Option<&Line> {
        self.place(seq).map(|(_, line)| line)
    }

    /// What an entry touched, took hold of or let go, ascending.
    pub fn records(&self, seq: Seq) -> &[RecordId] {
        self.place(seq).map_or(&[], |(chunk, line)| &chunk.records[line.records.0 as usize..line.records.1 as usize])
    }

    /// The layers of what an entry touched.
    pub fn layers(&self, line: &Line) -> &[LayerId] {
        self.names.layers.get(line.layers as usize).map_or(&[], |layers| layers)
    }

    /// What happened, without who.
    pub fn words(&self, line: &Line) -> &str {
        self.names.words.get(line.words as usize).map_or("", |words| words)
    }

    /// Whose an entry is.
    pub fn who(&self, line: &Line) -> Option<&Who> {
        self.names.people.get(usize::from(line.who?))
    }

    /// The last entry at or before a place on the timeline.
    pub fn at_active(&self, active_ms: u64) -> Seq {
        let (mut from, mut to) = (0, self.count);
        while from < to {
            let middle = (from + to) / 2;
            let before = self.get(Seq(middle as u64 + 1)).is_some_and(|line| line.active_ms <= active_ms);
            if before { from = middle + 1 } else { to = middle }
        }
        Seq(from.max(1) as u64)
    }

    /// How long the timeline is so far.
    pub fn active_ms(&self) -> u64 {
        self.get(Seq(self.count as u64)).map_or(0, |line| line.active_ms)
    }
}

/// Makes lines while a log is replayed from its start.
#[derive(Debug, Default)]
pub struct Writer {
    names: Names,
    sessions: HashMap<SessionId, u16>,
    words: HashMap<Arc<str>, u32>,
    layers: HashMap<Arc<[LayerId]>, u32>,
    areas: Areas,
    remembered: usize,
    chunk: Chunk,
    count: usize,
    last: Option<(u64, u64)>,
}

impl Writer {
    /// One that noted nothing yet.
    pub fn new() -> Writer {
        let mut writer = Writer::default();
        // What stands for all that there are too many of.
        intern(&mut writer.words, &mut writer.names.words, "did something".into());
        intern(&mut writer.layers, &mut writer.names.layers, Vec::new().into());
        writer
    }

    /// Notes the next entry: what it did, and the room after it, if the log can be followed so far. A full chunk comes
    /// out.
    pub fn note(&mut self, told: &Told, applied: &Applied, after: Option<&Room>) -> Option<Arc<Chunk>> {
        if self.count >= LINES_MAX {
            return None;
        }
        self.count += 1;
        if let Event::Joined { client, name, color, .. } = &told.entry.event {
            self.join(SessionId(told.seq), Who { client: *client, name: words::name(name), color: *color });
        }
        let (session, kind, words) = summary(&told.entry.event, SessionId(told.seq));
        let records = if applied.touched.is_empty() { &applied.relocked } else { &applied.touched };
        let most = if self.remembered < ALL_RECORDS_MAX { RECORDS_MAX } else { FEW_RECORDS };
        let is_cut = records.len() > most;
        let records = &records[..records.len().min(most)];
        self.remembered += records.len();
        let drawing = after.map(Room::drawing);
        let mut seen = Seen { drawing, ..Seen::default() };
        if told.seq == Seq(1) {
            drawing.into_iter().flat_map(Drawing::layers).for_each(|layer| {
                self.names.layer_names.insert(layer.id, words::title(&layer.name).into());
            });
        }
        if let Some(drawing) = drawing {
            let areas = &mut self.areas;
            records.iter().filter_map(|id| drawing.get(*id)).for_each(|record| areas.forget(drawing, record));
            let mut most = RECORDS_MAX;
            if let Some(op) = &applied.inverse {
                put_in(op, &mut most, &mut |record| areas.forget(drawing, record));
            }
            for record in records.iter().filter_map(|id| drawing.get(*id)) {
                seen.look(&mut self.areas, &mut self.names, record);
            }
        }
        // What an entry puts in is told by itself where there is no room, and what takes it back holds all as it was.
        let own = match (&told.entry.event, drawing) {
            (Event::Edited { op, .. }, None) => Some(op),
            _ => None,
        };
        let mut most = RECORDS_MAX;
        for op in applied.inverse.iter().chain(own) {
            put_in(op, &mut most, &mut |record| seen.look(&mut self.areas, &mut self.names, record));
        }
        let Seen { mut layers, place, .. } = seen;
        layers.sort_unstable();
        let (time_ms, active_ms) = self.time(told.entry.time_ms);
        let first = self.chunk.records.len() as u32;
        self.chunk.records.extend_from_slice(records);
        let line = Line {
            time_ms,
            active_ms,
            who: session.and_then(|session| self.sessions.get(&session).copied()),
            kind,
            words: intern(&mut self.words, &mut self.names.words, words.into()),
            layers: intern(&mut self.layers, &mut self.names.layers, layers.into()),
            records: (first, self.chunk.records.len() as u32),
            is_cut,
            area: place.map(|(space, rect)| (space, outwards(rect))),
        };
        self.chunk.lines.push(line);
        (self.chunk.lines.len() == CHUNK).then(|| Arc::new(std::mem::take(&mut self.chunk)))
    }

    /// What is left over at the end.
    pub fn rest(&mut self) -> Option<Arc<Chunk>> {
        (!self.chunk.lines.is_empty()).then(|| Arc::new(std::mem::take(&mut self.chunk)))
    }

    /// What lines so far refer to.
    pub fn names(&self) -> Arc<Names> {
        Arc::new(self.names.clone())
    }

    fn join(&mut self, session: SessionId, who: Who) {
        let known = self.names.people.iter().position(|each| each.client == who.client && each.name == who.name);
        let at = known.unwrap_or(self.names.people.len());
        if known.is_none() {
            if at >= DIFFERENT_MAX {
                return;
            }
            self.names.people.push(who);
        }
        self.sessions.insert(session, at as u16);
    }

    /// Clocks of several nodes may disagree a little: time never runs backwards here.
    fn time(&mut self, time_ms: u64) -> (u64, u64) {
        let active = match self.last {
            None => 0,
            Some((last, active)) => active + time_ms.saturating_sub(last).clamp(1, REST_MS),
        };
        self.last = Some((time_ms, active));
        (time_ms, active)
    }
}

/// The number of a value, new or known; where there are too many, that of the first.
fn intern<T: ?Sized + Eq + std::hash::Hash>(
    known: &mut HashMap<Arc<T>, u32>,
    list: &mut Vec<Arc<T>>,
    value: Arc<T>,
) -> u32 {
    if let Some(at) = known.get(&value) {
        return *at;
    }
    if list.len() >= DIFFERENT_MAX {
        return 0;
    }
    let at = list.len() as u32;
    list.push(value.clone());
    known.insert(value, at);
    at
}
