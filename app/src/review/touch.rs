//! What is noted of the records that an entry touched: their layers, and about where they are.

use collab::{Applied, words};
use drawing::{BlockId, Drawing, LayerId, Op, Record, RecordId, Rect};
use protocol::Event;

use super::area::Areas;
use super::lines::{DIFFERENT_MAX, Names};

/// What is noted of the records that an entry touched.
#[derive(Default)]
pub(super) struct Seen<'a> {
    /// The drawing after it, if the log can be followed so far.
    pub drawing: Option<&'a Drawing>,
    /// Layers, in no order.
    pub layers: Vec<LayerId>,
    /// In which space, and around what.
    pub place: Option<(BlockId, Rect)>,
}

impl Seen<'_> {
    /// Takes a record in.
    pub fn look(&mut self, areas: &mut Areas, names: &mut Names, record: &Record) {
        let layer = match record {
            Record::Entity(entity) => {
                // What is inside of a block is at no one place; of several spaces the first counts.
                let space = entity.owner;
                let is_space =
                    self.drawing.and_then(|drawing| drawing.block(space)).is_none_or(|block| block.is_space());
                if is_space && self.place.is_none_or(|(first, _)| first == space) {
                    let about = areas.about(self.drawing, entity);
                    let all = |rect: Rect| self.place.map_or(rect, |(_, all)| all.union(rect));
                    self.place = about.map(|rect| (space, all(rect))).or(self.place);
                }
                entity.style.layer
            }
            // What is done to a layer is done on it.
            Record::Layer(layer) => {
                if names.layer_names.len() < DIFFERENT_MAX {
                    let now = self.drawing.and_then(|drawing| drawing.layer(layer.id)).unwrap_or(layer);
                    names.layer_names.insert(layer.id, words::title(&now.name).into());
                }
                layer.id
            }
            _ => return,
        };
        if !self.layers.contains(&layer) {
            self.layers.push(layer);
        }
    }
}

/// A rectangle in few digits that lacks nothing of it.
pub(super) fn outwards(rect: Rect) -> [f32; 4] {
    let down = |value: f64| {
        let short = value as f32;
        if f64::from(short) > value { short.next_down() } else { short }
    };
    [down(rect.x0), down(rect.y0), -down(-rect.x1), -down(-rect.y1)]
}

/// What an event says that it touched, for a log that can't be followed.
pub(super) fn named(event: &Event) -> Applied {
    let mut ids = match event {
        Event::Edited { op, .. } => {
            let mut ids = Vec::new();
            name_all(op, &mut ids);
            ids
        }
        Event::Locked { ids, .. } | Event::Unlocked { ids, .. } => ids.clone(),
        _ => Vec::new(),
    };
    ids.sort_unstable();
    ids.dedup();
    Applied { touched: ids, ..Applied::default() }
}

fn name_all(op: &Op, ids: &mut Vec<RecordId>) {
    match op {
        Op::New(records) | Op::Change(records) => ids.extend(records.iter().map(Record::id)),
        Op::Remove(gone) | Op::Unmint(gone) => ids.extend(gone),
        Op::Translate { ids: moved, .. } => ids.extend(moved.iter().map(|id| RecordId(id.0))),
        Op::Mint(handles) => ids.extend(handles.iter().map(|(id, _)| *id)),
        Op::Batch(ops) => ops.iter().for_each(|op| name_all(op, ids)),
    }
}

/// The records that an op puts in or puts back, up to so many.
pub(super) fn put_in(op: &Op, most: &mut usize, look: &mut impl FnMut(&Record)) {
    match op {
        Op::New(records) | Op::Change(records) => {
            let some = &records[..records.len().min(*most)];
            *most -= some.len();
            some.iter().for_each(look);
        }
        Op::Batch(ops) => ops.iter().for_each(|op| put_in(op, most, look)),
        Op::Remove(_) | Op::Translate { .. } | Op::Mint(_) | Op::Unmint(_) => {}
    }
}
