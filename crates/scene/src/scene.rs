//! The scene of one space of a drawing: what is where, in which chunk, in which style.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use drawing::{BlockId, Drawing, EntityId, LayerId, LinetypeId, Order, RecordId};
use geometry::Rect;
use rstar::{AABB, RTree, RTreeObject};

use crate::blocks::{Blocks, shown_block};
use crate::chunks::{self, Member};
use crate::depth::Slot;
use crate::enumerate::Seen;
use crate::frames::frame_of;
use crate::job::ChunkJob;
use crate::measure;
use crate::mesh::{ChunkId, ChunkMesh, PaintStyle};
use crate::options::{Band, SceneOptions, Theme, Visibility};
use crate::styles::{self, Styles};

/// One space of a drawing (model space or a paper space), ready to be drawn, picked and snapped to. It holds no copy of
/// the drawing: give it the drawing that it was last updated with.
#[derive(Debug, Clone)]
pub struct Scene {
    pub(crate) space: BlockId,
    pub(crate) options: Arc<SceneOptions>,
    pub(crate) entries: HashMap<EntityId, Entry>,
    /// Entities of the space in draw order.
    pub(crate) order: BTreeSet<(Order, EntityId)>,
    pub(crate) tree: RTree<Boxed>,
    pub(crate) chunks: BTreeMap<ChunkId, Chunk>,
    next_chunk: u32,
    pub(crate) styles: Arc<Styles>,
    pub(crate) seen: Seen,
    pub(crate) blocks: Arc<Blocks>,
    /// Entities of the space that show model space in a frame.
    pub(crate) windows: BTreeSet<EntityId>,
    /// Entities of the space that show blocks, by the block that is theirs.
    pub(crate) showing: BTreeMap<BlockId, BTreeSet<EntityId>>,
    /// The linetype of each layer, to tell whether a change of a layer is more than paint.
    pub(crate) layer_linetypes: BTreeMap<LayerId, Option<LinetypeId>>,
    /// A new linetype is used by nothing yet; where a known one changes, everything is looked at again.
    pub(crate) linetypes: BTreeSet<RecordId>,
    /// What alone is drawn, if anything is isolated.
    isolated: Option<Arc<BTreeSet<EntityId>>>,
}

/// What is known about an entity of the space.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) order: Order,
    pub(crate) slot: Slot,
    /// Where it is drawn, and in which chunk; none if nothing of it is drawn.
    pub(crate) drawn: Option<(Rect, ChunkId)>,
    /// The block that it shows.
    pub(crate) shows: Option<BlockId>,
}

/// An entity in the spatial index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Boxed {
    pub(crate) id: EntityId,
    pub(crate) bounds: Rect,
}

impl RTreeObject for Boxed {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> AABB<[f64; 2]> {
        envelope(self.bounds)
    }
}

pub(crate) fn envelope(rect: Rect) -> AABB<[f64; 2]> {
    AABB::from_corners([rect.x0, rect.y0], [rect.x1, rect.y1])
}

#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) members: Arc<Vec<Member>>,
    pub(crate) weight: u64,
    pub(crate) bounds: Rect,
}

impl Chunk {
    pub(crate) fn new(members: Vec<Member>) -> Chunk {
        let weight = members.iter().map(|member| member.weight).sum();
        let bounds = chunks::union(&members).unwrap_or(Rect::ZERO);
        Chunk { members: Arc::new(members), weight, bounds }
    }
}

/// What an update of a scene changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dirty {
    /// Chunks to tessellate again, or for the first time; those that [`Scene::chunk_bounds`] no longer knows are gone.
    pub chunks: BTreeSet<ChunkId>,
    /// Whether the paint table is to be made again.
    pub paint: bool,
}

/// What of a chunk some entities are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// All of it.
    Whole,
    /// These of it, ordered as they were given.
    Part(Vec<EntityId>),
}

impl Dirty {
    /// Takes in another one.
    pub fn extend(&mut self, other: Dirty) {
        self.chunks.extend(other.chunks);
        self.paint |= other.paint;
    }
}

impl Scene {
    /// The scene of a space: what is where. Nothing is tessellated yet.
    pub fn new(drawing: &Drawing, space: BlockId, options: SceneOptions) -> Scene {
        let mut scene = Scene {
            space,
            options: Arc::new(options),
            entries: HashMap::new(),
            order: BTreeSet::new(),
            tree: RTree::new(),
            chunks: BTreeMap::new(),
            next_chunk: 0,
            styles: Arc::default(),
            seen: Seen::default(),
            blocks: Arc::default(),
            windows: BTreeSet::new(),
            showing: BTreeMap::new(),
            layer_linetypes: BTreeMap::new(),
            linetypes: BTreeSet::new(),
            isolated: None,
        };
        scene.build(drawing);
        scene
    }

    /// The space that it shows.
    pub fn space(&self) -> BlockId {
        self.space
    }

    /// How many entities the space has.
    pub fn entity_count(&self) -> usize {
        self.entries.len()
    }

    /// All chunks, ascending.
    pub fn chunks(&self) -> impl Iterator<Item = ChunkId> + '_ {
        self.chunks.keys().copied()
    }

    /// What a chunk covers, in drawing units; none if there is no such chunk.
    pub fn chunk_bounds(&self, chunk: ChunkId) -> Option<Rect> {
        self.chunks.get(&chunk).map(|chunk| chunk.bounds)
    }

    /// How many entities are drawn in a chunk; none if there is no such chunk.
    pub fn chunk_members(&self, chunk: ChunkId) -> usize {
        self.chunks.get(&chunk).map_or(0, |chunk| chunk.members.len())
    }

    /// The work of tessellating a chunk, as a value that another thread may do; none if there is no such chunk.
    pub fn job(&self, chunk: ChunkId) -> Option<ChunkJob> {
        let chunk = self.chunks.get(&chunk)?;
        Some(self.job_of(chunk.members.clone(), chunk.bounds))
    }

    /// The mesh of a chunk, flattened for a zoom; an empty one if there is no such chunk.
    pub fn tessellate(&self, drawing: &Drawing, chunk: ChunkId, band: Band) -> ChunkMesh {
        self.job(chunk).map_or_else(ChunkMesh::default, |job| job.tessellate(drawing, band))
    }

    /// Some entities by the chunks that they are drawn in: whether they are all of one, else which of it; ids that nothing
    /// is drawn for are passed over. For overlays of many.
    pub fn shares(&self, ids: &[EntityId]) -> BTreeMap<ChunkId, Share> {
        let mut shares: BTreeMap<ChunkId, Vec<EntityId>> = BTreeMap::new();
        for id in ids {
            if let Some((_, chunk)) = self.entries.get(id).and_then(|entry| entry.drawn) {
                shares.entry(chunk).or_default().push(*id);
            }
        }
        let share = |(id, ids): (ChunkId, Vec<EntityId>)| {
            // Of what is isolated the chunk has a part only.
            let all = self.chunk_members(id);
            let is_whole = ids.len() == all && self.isolated.is_none();
            (id, if is_whole { Share::Whole } else { Share::Part(ids) })
        };
        shares.into_iter().map(share).collect()
    }

    /// The work of tessellating some entities together, as a value that another thread may do.
    pub fn job_of_some(&self, ids: &[EntityId]) -> ChunkJob {
        let member = |id: &EntityId| {
            let entry = self.entries.get(id)?;
            let (bounds, _) = entry.drawn?;
            Some(Member { id: *id, slot: entry.slot, weight: 0, bounds })
        };
        let members: Vec<Member> = ids.iter().filter_map(member).collect();
        let bounds = chunks::union(&members).unwrap_or(Rect::ZERO);
        ChunkJob { isolated: None, frames: true, ..self.job_of(Arc::new(members), bounds) }
    }

    /// A mesh of some entities, for overlays; ids that nothing is drawn for are passed over.
    pub fn mesh_of(&self, drawing: &Drawing, ids: &[EntityId], band: Band) -> ChunkMesh {
        self.job_of_some(ids).tessellate(drawing, band)
    }

    /// How each style is painted right now, in the order of [`crate::StyleIndex`].
    pub fn paint(&self, drawing: &Drawing, visibility: &Visibility, theme: Theme) -> Vec<PaintStyle> {
        self.styles.keys().iter().map(|key| styles::paint(key, drawing, visibility, theme)).collect()
    }

    /// Draws and picks these entities alone, or all again.
    pub fn isolate(&mut self, only: Option<BTreeSet<EntityId>>) -> Dirty {
        self.isolated = only.map(Arc::new);
        self.all_dirty()
    }

    /// Whether an entity is left out because others are isolated.
    pub(crate) fn is_set_aside(&self, id: EntityId) -> bool {
        self.isolated.as_ref().is_some_and(|only| !only.contains(&id))
    }

    fn job_of(&self, members: Arc<Vec<Member>>, bounds: Rect) -> ChunkJob {
        ChunkJob {
            members,
            origin: bounds.center(),
            styles: self.styles.clone(),
            options: self.options.clone(),
            known: self.blocks.known().clone(),
            frames: self.options.frames,
            isolated: self.isolated.clone(),
        }
    }

    fn all_dirty(&self) -> Dirty {
        Dirty { chunks: self.chunks.keys().copied().collect(), paint: true }
    }

    /// Looks at everything again. Chunks get new numbers.
    pub(crate) fn rebuild(&mut self, drawing: &Drawing) -> Dirty {
        let mut dirty = self.all_dirty();
        self.build(drawing);
        dirty.extend(self.all_dirty());
        dirty
    }

    fn build(&mut self, drawing: &Drawing) {
        self.entries.clear();
        self.showing.clear();
        self.windows.clear();
        self.seen = Seen::default();
        // Styles keep their places: a mesh that is still on its way was made with them.
        let styles = Arc::make_mut(&mut self.styles);
        let blocks = Arc::make_mut(&mut self.blocks);
        blocks.clear();
        drawing.layers().for_each(|layer| styles.intern_layer(layer.id));
        self.linetypes = drawing.linetypes().map(|linetype| RecordId(linetype.id.0)).collect();
        self.layer_linetypes = drawing.layers().map(|layer| (layer.id, layer.linetype)).collect();

        let entities: Vec<_> = drawing.entities_of(self.space).collect();
        let count = entities.len();
        self.entries.reserve(count);
        self.order = entities.iter().map(|entity| (entity.order, entity.id)).collect();
        let mut members = Vec::with_capacity(entities.len());
        for (rank, entity) in entities.into_iter().enumerate() {
            self.seen.styles_of(drawing, styles, entity);
            let slot = Slot::of_rank(rank, count);
            if frame_of(entity).is_some() {
                self.windows.insert(entity.id);
            }
            let shows = shown_block(&entity.shape);
            if let Some(block) = shows {
                blocks.learn(drawing, &self.options, block);
                self.showing.entry(block).or_default().insert(entity.id);
            }
            let known = blocks.known();
            let bounds = measure::bounds(drawing, &self.options, known, entity, false);
            if let Some(bounds) = bounds.filter(|_| entity.style.visible) {
                let weight = measure::weight(known, entity);
                members.push(Member { id: entity.id, slot, weight, bounds });
            }
            self.entries.insert(entity.id, Entry { order: entity.order, slot, drawn: None, shows });
        }
        self.tree = RTree::bulk_load(members.iter().map(|m| Boxed { id: m.id, bounds: m.bounds }).collect());
        // New numbers after those in use, so that a mesh still on its way is not taken for one of a new chunk.
        self.chunks.clear();
        for group in chunks::group(members) {
            let id = self.new_chunk_id();
            for member in &group {
                if let Some(entry) = self.entries.get_mut(&member.id) {
                    entry.drawn = Some((member.bounds, id));
                }
            }
            self.chunks.insert(id, Chunk::new(group));
        }
    }

    pub(crate) fn new_chunk_id(&mut self) -> ChunkId {
        let id = ChunkId(self.next_chunk);
        self.next_chunk = self.next_chunk.wrapping_add(1);
        id
    }
}
