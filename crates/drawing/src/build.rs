//! A drawing from all its records at once. The rules are those of [`Op::New`](crate::Op::New) on an empty drawing; but
//! what many records name is looked up once instead of once a record, which is most of the work.

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

impl Drawing {
    /// A drawing of these records, which may name one another in any order.
    pub fn from_records(header: Header, records: Vec<Record>) -> Result<Drawing, OpError> {
        let mut drawing = Drawing::empty(header);
        let mut naming = Naming::default();
        let mut bytes = Vec::with_capacity(1024);
        for (place, record) in records.into_iter().enumerate() {
            naming.add(place, &record);
            drawing.put(record, &mut bytes)?;
        }
        let Naming { named, block_edges } = naming;
        for ((to, what), Named { count, first: (_, from) }) in in_order(named) {
            if !drawing.get(to).is_some_and(|target| what.names(target)) {
                return Err(OpError::Dangling { from, what: what.word(), to });
            }
            *drawing.uses.entry(to).or_insert(0) += count;
        }
        for ((owner, shown), Named { count, .. }) in in_order(block_edges) {
            drawing.block_edges.insert((owner, shown), count);
            if drawing.reaches(shown, owner) {
                return Err(OpError::Cycle(owner.into()));
            }
        }
        Ok(drawing)
    }
}
