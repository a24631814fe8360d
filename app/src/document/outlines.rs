//! Outlines of very many entities: by the chunks that they are drawn in. A chunk that is outlined whole is drawn as it is;
//! of another, workers tessellate the part. Both are made once a change, never in a frame without one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drawing::EntityId;
use render::{OverlayId, OverlayPaint, Renderer};
use scene::{ChunkId, Scene, Share};

use super::overlays::PLACE_ROOM;
use super::store::Store;

/// Wider than what it outlines, which it covers: a line of its own colour in it is one more for each of many.
const WIDTH_PX: f32 = 3.0;
/// Places that outlines may take, after those of overlays.
const FIRST: u32 = 16;

/// The outlines of one picture.
#[derive(Default)]
pub(super) struct Outlines {
    up: BTreeMap<u32, Outlined>,
    grouped: u64,
    asked: u64,
}

/// What is outlined in one place.
struct Outlined {
    ids: Arc<[EntityId]>,
    /// Which division of the scene into chunks they were looked at in.
    layout: u64,
    paint: OverlayPaint,
    pieces: BTreeMap<ChunkId, Piece>,
    free: Vec<u32>,
    next: u32,
}

/// Its part of one chunk.
struct Piece {
    id: OverlayId,
    share: Share,
    /// The latest work on the chunk when a part was last asked for.
    made_with: Option<u64>,
    /// Which asking that was.
    asked: u64,
    /// Whether it can be seen.
    is_there: bool,
}

/// A part that is to be tessellated.
pub(super) struct Wanted {
    pub place: u32,
    pub chunk: ChunkId,
    /// Which asking it is.
    pub asked: u64,
    pub ids: Vec<EntityId>,
}

impl Outlines {
    /// Outlines these in a place of their own. What is to be tessellated for that.
    pub fn show(
        &mut self,
        renderer: &mut Renderer,
        (scene, store): (&Scene, &Store),
        place: u32,
        (ids, layout): (&Arc<[EntityId]>, u64),
        paint: OverlayPaint,
    ) -> Vec<Wanted> {
        let paint = OverlayPaint { width_px: WIDTH_PX, casing: None, ..paint };
        let up = self.up.entry(place).or_insert_with(|| Outlined {
            ids: Arc::new([]),
            layout,
            paint,
            pieces: BTreeMap::new(),
            free: Vec::new(),
            next: FIRST,
        });
        let is_same = Arc::ptr_eq(&up.ids, ids) || up.ids == *ids;
        up.ids = ids.clone();
        if !is_same || up.layout != layout {
            up.layout = layout;
            self.grouped += 1;
            up.group(renderer, scene.shares(ids), place);
        }
        if up.paint != paint {
            up.paint = paint;
            up.pieces.values().for_each(|piece| {
                // A part that is still being made gets the paint when it comes.
                renderer.paint_overlay(piece.id, paint);
            });
        }
        // A chunk that is made anew changed, or is finer: its part follows. So few are they that this may be asked always.
        let mut wanted = Vec::new();
        for (chunk, piece) in &mut up.pieces {
            let Share::Part(ids) = &piece.share else { continue };
            let number = store.number(*chunk);
            if number.is_some() && number != piece.made_with {
                self.asked += 1;
                (piece.made_with, piece.asked) = (number, self.asked);
                wanted.push(Wanted { place, chunk: *chunk, asked: self.asked, ids: ids.clone() });
            }
        }
        wanted
    }

    /// Where a part goes that was tessellated, and how it is painted; none if it is not wanted any more.
    pub fn come(&mut self, place: u32, chunk: ChunkId, asked: u64) -> Option<(OverlayId, OverlayPaint)> {
        let up = self.up.get_mut(&place)?;
        let piece = up.pieces.get_mut(&chunk).filter(|piece| piece.asked == asked)?;
        piece.is_there = true;
        Some((piece.id, up.paint))
    }

    /// Takes down what is in a place.
    pub fn take_down(&mut self, renderer: &mut Renderer, place: u32) {
        if let Some(up) = self.up.remove(&place) {
            up.pieces.values().for_each(|piece| renderer.remove_overlay(piece.id));
        }
    }

    /// Takes down those that are not in these places.
    pub fn keep(&mut self, renderer: &mut Renderer, keep: &BTreeSet<u32>) {
        let gone: Vec<u32> = self.up.keys().copied().filter(|place| !keep.contains(place)).collect();
        gone.into_iter().for_each(|place| self.take_down(renderer, place));
    }

    /// The renderer shows none any more.
    pub fn clear(&mut self) {
        self.up.clear();
    }

    /// How often entities were looked at one by one.
    pub fn grouped(&self) -> u64 {
        self.grouped
    }

    /// How many entities are outlined by now.
    pub fn count(&self, scene: &Scene) -> usize {
        let count = |(chunk, piece): (&ChunkId, &Piece)| match &piece.share {
            Share::Whole => scene.chunk_members(*chunk),
            Share::Part(ids) if piece.is_there => ids.len(),
            Share::Part(_) => 0,
        };
        self.up.values().flat_map(|up| &up.pieces).map(count).sum()
    }
}

impl Outlined {
    /// Brings the pieces in line with these shares; what stays as it was is not touched.
    fn group(&mut self, renderer: &mut Renderer, shares: BTreeMap<ChunkId, Share>, place: u32) {
        let mut before = std::mem::take(&mut self.pieces);
        for (chunk, share) in shares {
            let piece = match before.remove(&chunk) {
                Some(piece) if piece.share == share => piece,
                there => {
                    let id = there.map(|piece| piece.id).or_else(|| self.new_id(place));
                    // Of more chunks than there are ids, the last go without.
                    let Some(id) = id else { continue };
                    if share == Share::Whole {
                        renderer.outline_chunk(id, chunk, self.paint);
                    }
                    Piece { id, is_there: share == Share::Whole, share, made_with: None, asked: 0 }
                }
            };
            self.pieces.insert(chunk, piece);
        }
        for piece in before.into_values() {
            renderer.remove_overlay(piece.id);
            self.free.push(piece.id.0 % PLACE_ROOM);
        }
    }

    fn new_id(&mut self, place: u32) -> Option<OverlayId> {
        let at = self.free.pop().or_else(|| {
            self.next += 1;
            (self.next < PLACE_ROOM).then_some(self.next)
        })?;
        Some(OverlayId(place * PLACE_ROOM + at))
    }
}
