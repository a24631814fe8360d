//! The drawing itself: records by id, with the few indexes that its rules need.

use std::collections::HashSet;
use std::sync::Arc;

use geometry::Point;
use imbl::ordmap::DiffItem;
use imbl::{OrdMap, OrdSet};

use crate::comment;
use crate::hash::DrawingHash;
use crate::header::Header;
use crate::ids::{
    BlockId, CommentId, EntityId, Handle, LayerId, LayoutId, LinetypeId, Order, RecordId, ReplyId, TextStyleId,
};
use crate::names;
use crate::op::{Op, OpError, Outcome};
use crate::record::{Block, Entity, Layer, Layout, Linetype, Record, TextStyle};
use crate::references::{block_edge, name_of, references};
use crate::style::{Color, Lineweight};
use crate::translate;

/// How deep batches may be nested.
const BATCH_DEPTH_MAX: usize = 4;
/// Handles that must be free above those of the file; where fewer are, handles between them may be given out too.
const MINT_ROOM: u64 = 1 << 20;

/// A record and its part of the drawing's hash.
#[derive(Debug, Clone)]
struct Kept {
    record: Record,
    hash: DrawingHash,
}

impl PartialEq for Kept {
    /// The hash stands for the record.
    fn eq(&self, other: &Kept) -> bool {
        self.hash == other.hash
    }
}

/// A drawing. Cloning is O(1): clones share what neither has changed since.
#[derive(Debug, Clone)]
pub struct Drawing {
    header: Arc<Header>,
    records: OrdMap<RecordId, Arc<Kept>>,
    /// Ids of records that aren't entities nor comments, so that tables are listed without a walk over all entities.
    tables: OrdSet<RecordId>,
    /// Entities by owner in draw order.
    by_owner: OrdSet<(BlockId, Order, EntityId)>,
    /// Comments.
    pub(crate) threads: OrdSet<CommentId>,
    /// Replies by what they reply to.
    pub(crate) replies: OrdSet<(CommentId, ReplyId)>,
    /// Comments by the entity that they are pinned to.
    pub(crate) pinned: OrdSet<(EntityId, CommentId)>,
    /// How many references name a record.
    pub(crate) uses: OrdMap<RecordId, u32>,
    /// How many entities of the first block show the second.
    pub(crate) block_edges: OrdMap<(BlockId, BlockId), u32>,
    /// Tables by kind and upper-case name.
    names: OrdMap<(u8, String), RecordId>,
    /// Handles of records that aren't in the file yet, so that none is minted twice.
    minted: OrdSet<Handle>,
    hash: DrawingHash,
    said_hash: DrawingHash,
}

impl PartialEq for Drawing {
    /// The same header and the same records.
    fn eq(&self, other: &Drawing) -> bool {
        self.header.as_read() == other.header.as_read()
            && self.records.len() == other.records.len()
            && self.records().zip(other.records()).all(|(a, b)| a == b)
    }
}

impl Default for Drawing {
    fn default() -> Drawing {
        Drawing::new()
    }
}

impl Drawing {
    /// Layer `0` of [`Drawing::new`].
    pub const LAYER_0: LayerId = LayerId(1);
    /// Model space of [`Drawing::new`].
    pub const MODEL_SPACE: BlockId = BlockId(2);

    /// A new drawing in millimetres: layer `0`, model space, one paper space with its layout, a text style.
    pub fn new() -> Drawing {
        let layer = Layer {
            id: Drawing::LAYER_0,
            handle: None,
            source: None,
            name: "0".into(),
            color: Color::Index(7),
            linetype: None,
            lineweight: Lineweight::Default,
            off: false,
            frozen: false,
            locked: false,
            plotted: true,
        };
        let space = |id, name: &str| {
            let base = Point::ZERO;
            Record::Block(Block { id, handle: None, source: None, name: name.into(), base, xref_path: None })
        };
        let sheet = |id, name: &str, block, tab_order| {
            Record::Layout(Layout { id, handle: None, source: None, name: name.into(), block, tab_order })
        };
        let style = TextStyle {
            id: TextStyleId(6),
            handle: None,
            source: None,
            name: "Standard".into(),
            font: "txt".into(),
            height: 0.0,
            width_factor: 1.0,
            oblique_deg: 0.0,
        };
        let records = vec![
            Record::Layer(layer),
            space(Drawing::MODEL_SPACE, "*Model_Space"),
            space(BlockId(3), "*Paper_Space"),
            sheet(LayoutId(4), "Model", Drawing::MODEL_SPACE, 0),
            sheet(LayoutId(5), "Layout1", BlockId(3), 1),
            Record::TextStyle(style),
        ];
        Drawing::from_records(Header::default(), records).expect("a new drawing keeps the rules")
    }

    /// A drawing with no records at all: the start of [`Drawing::from_records`], and of a reader that fills it.
    pub fn empty(header: Header) -> Drawing {
        let hash = DrawingHash::of_header(&header);
        Drawing {
            header: Arc::new(header),
            records: OrdMap::new(),
            tables: OrdSet::new(),
            by_owner: OrdSet::new(),
            threads: OrdSet::new(),
            replies: OrdSet::new(),
            pinned: OrdSet::new(),
            uses: OrdMap::new(),
            block_edges: OrdMap::new(),
            names: OrdMap::new(),
            minted: OrdSet::new(),
            hash,
            said_hash: DrawingHash::default(),
        }
    }

    /// Applies `op` whole or not at all; returns its exact inverse and what it touched.
    pub fn apply(&mut self, op: &Op) -> Result<Outcome, OpError> {
        let mut next = self.clone();
        let outcome = next.apply_or_spoil(op)?;
        *self = next;
        Ok(outcome)
    }

    /// As [`Drawing::apply`], for one who throws the drawing away if `op` is refused: it is left half changed then.
    /// Nothing is copied that no clone shares, which is what replaying a long log needs.
    pub fn apply_or_spoil(&mut self, op: &Op) -> Result<Outcome, OpError> {
        let mut touched = Vec::new();
        let inverse = self.perform(op, &mut touched, 0)?;
        touched.sort_unstable();
        touched.dedup();
        Ok(Outcome { inverse, touched })
    }

    /// The records that differ between two drawings, ascending; `most` of them at the most, and none if there are
    /// more. What the two share, as clones of one drawing do, is passed over.
    pub fn difference(&self, other: &Drawing, most: usize) -> Option<Vec<RecordId>> {
        let mut ids = Vec::new();
        for item in self.records.diff(&other.records) {
            if ids.len() == most {
                return None;
            }
            ids.push(*match item {
                DiffItem::Add(id, _) | DiffItem::Remove(id, _) => id,
                DiffItem::Update { old: (id, _), .. } => id,
            });
        }
        Some(ids)
    }

    /// Facts about the drawing as a whole.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The hash of header and records: equal in every replica that applied the same ops.
    pub fn hash(&self) -> DrawingHash {
        self.hash
    }

    /// The hash without comments: equal as long as a file would have the same in it.
    pub fn drawn_hash(&self) -> DrawingHash {
        self.hash.minus(self.said_hash)
    }

    /// The part of the hash that is of comments.
    pub fn said_hash(&self) -> DrawingHash {
        self.said_hash
    }

    /// The highest id in use; 0 in an empty drawing.
    pub fn id_max(&self) -> RecordId {
        self.records.get_max().map_or(RecordId(0), |(id, _)| *id)
    }

    /// How many records of all kinds.
    pub fn record_count(&self) -> usize {
        self.records.len()
    }

    /// How many entities, in all blocks.
    pub fn entity_count(&self) -> usize {
        self.by_owner.len()
    }

    /// Any record.
    pub fn get(&self, id: impl Into<RecordId>) -> Option<&Record> {
        self.records.get(&id.into()).map(|kept| &kept.record)
    }

    /// All records by ascending id.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values().map(|kept| &kept.record)
    }

    /// An entity.
    pub fn entity(&self, id: EntityId) -> Option<&Entity> {
        if let Some(Record::Entity(entity)) = self.get(id) { Some(entity) } else { None }
    }

    /// All entities of all blocks by ascending id.
    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.records().filter_map(|record| if let Record::Entity(entity) = record { Some(entity) } else { None })
    }

    /// The entities of a block in draw order: what comes later covers what came before.
    pub fn entities_of(&self, owner: BlockId) -> impl Iterator<Item = &Entity> {
        let from = (owner, Order(0), EntityId(0));
        let to = (owner, Order(u64::MAX), EntityId(u64::MAX));
        self.by_owner.range(from..=to).filter_map(|(_, _, id)| self.entity(*id))
    }

    /// The order key for something drawn after all that its owner has.
    pub fn order_on_top(&self, owner: BlockId) -> Order {
        let to = (owner, Order(u64::MAX), EntityId(u64::MAX));
        let last = self.by_owner.range((owner, Order(0), EntityId(0))..=to).next_back();
        Order(last.map_or(0, |(_, order, _)| order.0).saturating_add(Order::STEP))
    }

    /// A layer.
    pub fn layer(&self, id: LayerId) -> Option<&Layer> {
        if let Some(Record::Layer(layer)) = self.get(id) { Some(layer) } else { None }
    }

    /// A block.
    pub fn block(&self, id: BlockId) -> Option<&Block> {
        if let Some(Record::Block(block)) = self.get(id) { Some(block) } else { None }
    }

    /// A linetype.
    pub fn linetype(&self, id: LinetypeId) -> Option<&Linetype> {
        if let Some(Record::Linetype(linetype)) = self.get(id) { Some(linetype) } else { None }
    }

    /// A text style.
    pub fn text_style(&self, id: TextStyleId) -> Option<&TextStyle> {
        if let Some(Record::TextStyle(style)) = self.get(id) { Some(style) } else { None }
    }

    /// Records that aren't entities nor comments, by ascending id.
    pub fn tables(&self) -> impl Iterator<Item = &Record> {
        self.tables.iter().filter_map(|id| self.get(*id))
    }

    /// All layers by ascending id.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.tables().filter_map(|record| if let Record::Layer(layer) = record { Some(layer) } else { None })
    }

    /// All blocks by ascending id.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.tables().filter_map(|record| if let Record::Block(block) = record { Some(block) } else { None })
    }

    /// All linetypes by ascending id.
    pub fn linetypes(&self) -> impl Iterator<Item = &Linetype> {
        self.tables().filter_map(|record| if let Record::Linetype(linetype) = record { Some(linetype) } else { None })
    }

    /// All layouts by ascending id.
    pub fn layouts(&self) -> impl Iterator<Item = &Layout> {
        self.tables().filter_map(|record| if let Record::Layout(layout) = record { Some(layout) } else { None })
    }

    /// Model space.
    pub fn model_space(&self) -> Option<BlockId> {
        self.block_named("*Model_Space")
    }

    /// The layer of that name, in any case.
    pub fn layer_named(&self, name: &str) -> Option<LayerId> {
        self.named(1, name).map(|id| LayerId(id.0))
    }

    /// The block of that name, in any case.
    pub fn block_named(&self, name: &str) -> Option<BlockId> {
        self.named(2, name).map(|id| BlockId(id.0))
    }

    /// The linetype of that name, in any case.
    pub fn linetype_named(&self, name: &str) -> Option<LinetypeId> {
        self.named(3, name).map(|id| LinetypeId(id.0))
    }

    /// The text style of that name, in any case.
    pub fn text_style_named(&self, name: &str) -> Option<TextStyleId> {
        self.named(4, name).map(|id| TextStyleId(id.0))
    }

    /// How many references name this record.
    pub fn use_count(&self, id: impl Into<RecordId>) -> u32 {
        self.uses.get(&id.into()).copied().unwrap_or(0)
    }

    fn named(&self, kind: u8, name: &str) -> Option<RecordId> {
        self.names.get(&(kind, name.to_uppercase())).copied()
    }

    fn perform(&mut self, op: &Op, touched: &mut Vec<RecordId>, depth: usize) -> Result<Op, OpError> {
        match op {
            Op::New(records) => {
                self.put_new(records.clone())?;
                let ids: Vec<_> = records.iter().map(Record::id).collect();
                touched.extend(&ids);
                Ok(Op::Remove(ids))
            }
            Op::Change(records) => {
                touched.extend(records.iter().map(Record::id));
                self.replace(records.clone()).map(Op::Change)
            }
            Op::Remove(ids) => {
                touched.extend(ids);
                // What is pinned to an entity that goes stays where it is.
                let settled = self.settled_by_removing(ids);
                touched.extend(settled.iter().map(Record::id));
                let before = self.replace(settled)?;
                let put_back = Op::New(self.remove(ids)?);
                Ok(if before.is_empty() { put_back } else { Op::Batch(vec![put_back, Op::Change(before)]) })
            }
            Op::Translate { ids, by } => {
                let moved = translate::moved(self, ids, *by)?;
                touched.extend(moved.iter().map(Record::id));
                self.replace(moved).map(Op::Change)
            }
            Op::Mint(handles) => {
                touched.extend(handles.iter().map(|(id, _)| *id));
                self.mint(handles)?;
                Ok(Op::Unmint(handles.iter().map(|(id, _)| *id).collect()))
            }
            Op::Unmint(ids) => {
                touched.extend(ids);
                self.unmint(ids).map(Op::Mint)
            }
            Op::Batch(ops) => {
                if depth >= BATCH_DEPTH_MAX {
                    return Err(OpError::TooDeep(BATCH_DEPTH_MAX));
                }
                let mut inverses = Vec::with_capacity(ops.len());
                for op in ops {
                    match self.perform(op, touched, depth + 1)? {
                        // A removal that left pins behind: no deeper than it was itself. All is turned round below.
                        Op::Batch(parts) if !matches!(op, Op::Batch(_)) => inverses.extend(parts.into_iter().rev()),
                        inverse => inverses.push(inverse),
                    }
                }
                inverses.reverse();
                Ok(Op::Batch(inverses))
            }
        }
    }

    fn put_new(&mut self, records: Vec<Record>) -> Result<(), OpError> {
        let ids: Vec<_> = records.iter().map(Record::id).collect();
        for record in records {
            names::check_new(&record)?;
            self.insert(record)?;
        }
        self.check_references(&ids)
    }

    fn replace(&mut self, records: Vec<Record>) -> Result<Vec<Record>, OpError> {
        let ids: Vec<_> = records.iter().map(Record::id).collect();
        let mut before = Vec::with_capacity(records.len());
        for record in &records {
            let old = self.take(record.id())?;
            if std::mem::discriminant(&old) != std::mem::discriminant(record) {
                return Err(OpError::OtherKind(record.id()));
            }
            names::check_renamed(&old, record)?;
            before.push(old);
        }
        for (mut record, old) in records.into_iter().zip(&before) {
            // A change that was made before a save minted a handle must not take the handle away.
            record.set_handle(old.handle());
            self.insert(record)?;
        }
        self.check_references(&ids)?;
        Ok(before)
    }

    fn remove(&mut self, ids: &[RecordId]) -> Result<Vec<Record>, OpError> {
        let mut gone = Vec::with_capacity(ids.len());
        for id in ids {
            gone.push(self.take(*id)?);
        }
        for id in ids {
            if self.use_count(*id) > 0 {
                return Err(OpError::InUse { id: *id, by: self.first_user(*id) });
            }
        }
        gone.iter().try_for_each(names::check_removed)?;
        Ok(gone)
    }

    fn mint(&mut self, handles: &[(RecordId, Handle)]) -> Result<(), OpError> {
        // Where the file's own handles leave no room above them, gaps between them are given out.
        let no_room = self.header.highest_handle > u64::from(u32::MAX) - MINT_ROOM;
        let in_file: HashSet<Handle> =
            if no_room { self.records().filter_map(Record::handle).collect() } else { HashSet::new() };
        for &(id, handle) in handles {
            let refused = OpError::Handle { id, handle };
            let mut record = self.get(id).ok_or(OpError::Missing(id))?.clone();
            let above = handle.0 > self.header.highest_handle || no_room && !in_file.contains(&handle);
            let fresh = above && (1..=u64::from(u32::MAX)).contains(&handle.0);
            if record.handle().is_some() || record.is_comment() || !fresh || self.minted.contains(&handle) {
                return Err(refused);
            }
            record.set_handle(Some(handle));
            self.take(id)?;
            self.insert(record)?;
        }
        if let Some((_, last)) = handles.last() {
            Arc::make_mut(&mut self.header).last_minted = last.0;
        }
        Ok(())
    }

    fn unmint(&mut self, ids: &[RecordId]) -> Result<Vec<(RecordId, Handle)>, OpError> {
        let mut handles = Vec::with_capacity(ids.len());
        for &id in ids {
            let mut record = self.get(id).ok_or(OpError::Missing(id))?.clone();
            let handle = record.handle().filter(|handle| self.minted.contains(handle));
            handles.push((id, handle.ok_or(OpError::Missing(id))?));
            record.set_handle(None);
            self.take(id)?;
            self.insert(record)?;
        }
        Ok(handles)
    }

    /// Puts a record in and keeps the indexes; what it refers to is checked later, when all of an op's records are in.
    fn insert(&mut self, record: Record) -> Result<(), OpError> {
        references(&record, &mut |_, to| *self.uses.entry(to).or_insert(0) += 1);
        if let Some(edge) = block_edge(&record) {
            *self.block_edges.entry(edge).or_insert(0) += 1;
        }
        self.put(record, &mut Vec::with_capacity(512))
    }

    /// Puts a record in without counting what it refers to. `bytes` is for the hash, and used again and again.
    pub(crate) fn put(&mut self, mut record: Record, bytes: &mut Vec<u8>) -> Result<(), OpError> {
        let id = record.id();
        if id == RecordId(0) {
            return Err(OpError::ZeroId);
        }
        if self.records.contains_key(&id) {
            return Err(OpError::Exists(id));
        }
        record.normalize_numbers().map_err(|()| OpError::NotFinite(id))?;
        comment::check(&record)?;
        if let Some(key) = name_of(&record) {
            let name = key.1.clone();
            if let Some(by) = self.names.insert(key, id) {
                return Err(OpError::NameTaken { name, by });
            }
        }
        match &record {
            Record::Entity(entity) => {
                self.by_owner.insert((entity.owner, entity.order, entity.id));
            }
            Record::Comment(_) | Record::Reply(_) => self.list_said(&record)?,
            _ => {
                self.tables.insert(id);
            }
        }
        if let Some(handle) = record.minted_handle()
            && self.minted.insert(handle).is_some()
        {
            return Err(OpError::Handle { id, handle });
        }
        let hash = DrawingHash::of_record(&record, bytes);
        self.hash = self.hash.plus(hash);
        if record.is_comment() {
            self.said_hash = self.said_hash.plus(hash);
        }
        self.records.insert(id, Arc::new(Kept { record, hash }));
        Ok(())
    }

    fn take(&mut self, id: RecordId) -> Result<Record, OpError> {
        let kept = self.records.remove(&id).ok_or(OpError::Missing(id))?;
        let record = &kept.record;
        self.hash = self.hash.minus(kept.hash);
        if record.is_comment() {
            self.said_hash = self.said_hash.minus(kept.hash);
        }
        if let Some(key) = name_of(record) {
            self.names.remove(&key);
        }
        references(record, &mut |_, to| count_down(&mut self.uses, to));
        if let Some(edge) = block_edge(record) {
            count_down(&mut self.block_edges, edge);
        }
        match record {
            Record::Entity(entity) => {
                self.by_owner.remove(&(entity.owner, entity.order, entity.id));
            }
            Record::Comment(_) | Record::Reply(_) => self.unlist_said(record),
            _ => {
                self.tables.remove(&id);
            }
        }
        if let Some(handle) = record.minted_handle() {
            self.minted.remove(&handle);
        }
        Ok(Arc::try_unwrap(kept).map_or_else(|shared| shared.record.clone(), |kept| kept.record))
    }

    fn check_references(&self, ids: &[RecordId]) -> Result<(), OpError> {
        for &id in ids {
            let record = self.get(id).ok_or(OpError::Missing(id))?;
            let mut dangling = None;
            references(record, &mut |what, to| {
                if !self.get(to).is_some_and(|target| what.names(target)) {
                    dangling.get_or_insert(OpError::Dangling { from: id, what: what.word(), to });
                }
            });
            if let Some(error) = dangling {
                return Err(error);
            }
            if let Some((owner, shown)) = block_edge(record)
                && self.reaches(shown, owner)
            {
                return Err(OpError::Cycle(owner.into()));
            }
        }
        Ok(())
    }

    /// Whether block `from` shows block `to`, itself or by way of others.
    pub(crate) fn reaches(&self, from: BlockId, to: BlockId) -> bool {
        let mut seen = std::collections::BTreeSet::new();
        let mut todo = vec![from];
        while let Some(block) = todo.pop() {
            if block == to {
                return true;
            }
            if seen.insert(block) {
                let shown = self.block_edges.range((block, BlockId(0))..=(block, BlockId(u64::MAX)));
                todo.extend(shown.map(|((_, shown), _)| *shown));
            }
        }
        false
    }

    /// One record that refers to `id`: a walk over all records, on the way to an error only.
    fn first_user(&self, id: RecordId) -> RecordId {
        let uses = |record: &&Record| {
            let mut found = false;
            references(record, &mut |_, to| found |= to == id);
            found
        };
        self.records().find(uses).map_or(RecordId(0), Record::id)
    }
}

fn count_down<K: Ord + Clone>(counts: &mut OrdMap<K, u32>, key: K) {
    match counts.get_mut(&key) {
        Some(count) if *count > 1 => *count -= 1,
        _ => {
            counts.remove(&key);
        }
    }
}
