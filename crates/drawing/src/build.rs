//! A drawing from all its records at once. The rules are those of [`Op::New`](crate::Op::New) on an empty drawing; but
//! what many records name is looked up once instead of once a record, which is most of the work. They may come
//! bit by bit.

use std::collections::HashMap;

use crate::drawing::Drawing;
use crate::header::Header;
use crate::ids::{BlockId, RecordId};
use crate::op::OpError;
use crate::record::Record;
use crate::references::{Reference, block_edge, references};

/// How often something is named.
struct Named {
    count: u32,
    /// Which record did it first: its place and its id.
    first: (usize, RecordId),
}

/// What records name, gathered from all of them.
#[derive(Default)]
struct Naming {
    /// What is named, and as what.
    named: HashMap<(RecordId, Reference), Named>,
    /// How many entities of the first block show the second.
    block_edges: HashMap<(BlockId, BlockId), Named>,
}

impl Naming {
    fn add(&mut self, place: usize, record: &Record) {
        let first = (place, record.id());
        let new = || Named { count: 0, first };
        references(record, &mut |what, to| self.named.entry((to, what)).or_insert_with(new).count += 1);
        if let Some(edge) = block_edge(record) {
            self.block_edges.entry(edge).or_insert_with(new).count += 1;
        }
    }
}

/// What was gathered, in the order of the records.
fn in_order<K>(gathered: HashMap<K, Named>) -> Vec<(K, Named)> {
    let mut list: Vec<_> = gathered.into_iter().collect();
    list.sort_by_key(|(_, named)| named.first);
    list
}

/// The first block that shows itself by way of others, or is shown by one that does: blocks that nothing left shows are
/// taken out until none is left.
fn on_a_circle(edges: &[((BlockId, BlockId), u32)]) -> Option<BlockId> {
    let mut shows: HashMap<BlockId, Vec<BlockId>> = HashMap::new();
    let mut shown_by: HashMap<BlockId, usize> = HashMap::new();
    for &((owner, shown), _) in edges {
        shows.entry(owner).or_default().push(shown);
        shown_by.entry(owner).or_default();
        *shown_by.entry(shown).or_default() += 1;
    }
    let mut free: Vec<BlockId> = shown_by.iter().filter(|(_, count)| **count == 0).map(|(block, _)| *block).collect();
    while let Some(block) = free.pop() {
        for shown in shows.get(&block).into_iter().flatten() {
            if let Some(count) = shown_by.get_mut(shown) {
                *count -= 1;
                if *count == 0 {
                    free.push(*shown);
                }
            }
        }
    }
    let is_left = |block: BlockId| shown_by.get(&block).is_some_and(|count| *count > 0);
    edges
        .iter()
        .map(|((owner, shown), _)| (*owner, *shown))
        .find(|(owner, shown)| is_left(*owner) && is_left(*shown))
        .map(|(owner, _)| owner)
}

/// A drawing whose records come bit by bit.
pub struct Builder {
    drawing: Drawing,
    naming: Naming,
    bytes: Vec<u8>,
}

impl Builder {
    /// Nothing has come yet but the header.
    pub fn new(header: Header) -> Builder {
        Builder { drawing: Drawing::empty(header), naming: Naming::default(), bytes: Vec::with_capacity(1024) }
    }

    /// Puts records, which may name others that are yet to come.
    pub fn add(&mut self, records: impl IntoIterator<Item = Record>) -> Result<(), OpError> {
        for record in records {
            self.naming.add(self.drawing.record_count(), &record);
            self.drawing.put(record, &mut self.bytes)?;
        }
        Ok(())
    }

    /// What has come, to be shown meanwhile: what is named in it may be missing.
    pub fn so_far(&self) -> &Drawing {
        &self.drawing
    }

    /// The drawing, if its records fit together.
    pub fn finish(self) -> Result<Drawing, OpError> {
        let Builder { mut drawing, naming: Naming { named, block_edges }, .. } = self;
        for ((to, what), Named { count, first: (_, from) }) in in_order(named) {
            if !drawing.get(to).is_some_and(|target| what.names(target)) {
                return Err(OpError::Dangling { from, what: what.word(), to });
            }
            *drawing.uses.entry(to).or_insert(0) += count;
        }
        let edges: Vec<_> =
            in_order(block_edges).into_iter().map(|(edge, Named { count, .. })| (edge, count)).collect();
        if let Some(owner) = on_a_circle(&edges) {
            return Err(OpError::Cycle(owner.into()));
        }
        for (edge, count) in edges {
            drawing.block_edges.insert(edge, count);
        }
        Ok(drawing)
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Builder({} records)", self.drawing.record_count())
    }
}

impl Drawing {
    /// A drawing of these records, which may name one another in any order.
    pub fn from_records(header: Header, records: Vec<Record>) -> Result<Drawing, OpError> {
        let mut builder = Builder::new(header);
        builder.add(records)?;
        builder.finish()
    }
}
