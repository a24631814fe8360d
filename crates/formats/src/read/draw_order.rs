//! The order in which the entities of a block are drawn, where it is not that of the file: SORTENTSTABLE objects.

use std::collections::HashMap;

use drawing::{BlockId, Record};

use super::context::Context;
use crate::tag::Tag;

/// A SORTENTSTABLE.
pub(crate) struct DrawOrder {
    /// The handle of the BLOCK_RECORD whose entities it is about.
    block: u64,
    /// For the handles of entities, those that they are sorted by instead.
    keys: HashMap<u64, u64>,
}

impl Context {
    /// A SORTENTSTABLE object.
    pub fn read_draw_order(&mut self, tags: &[Tag]) {
        let at = tags.iter().position(|tag| tag.code == 100 && tag.trimmed() == b"AcDbSortentsTable");
        let own = tags[at.unwrap_or(tags.len())..].iter().filter(|tag| tag.own);
        let (mut block, mut entity, mut keys) = (None, None, HashMap::new());
        for tag in own {
            match tag.code {
                330 => block = block.or(tag.handle()),
                331 => entity = tag.handle(),
                5 => keys.extend(entity.take().zip(tag.handle())),
                _ => {}
            }
        }
        if let Some(block) = block
            && !keys.is_empty()
        {
            self.draw_orders.push(DrawOrder { block, keys });
        }
    }

    /// Gives entities their places in the draw order. Those that a table doesn't name are sorted by their own handles,
    /// and those without any stay behind the one before them.
    pub fn settle_draw_order(&mut self) {
        for DrawOrder { block, keys } in std::mem::take(&mut self.draw_orders) {
            if let Some(&block) = self.block_records.get(&block) {
                self.sort_entities(block, &keys);
            }
        }
    }

    fn sort_entities(&mut self, block: BlockId, keys: &HashMap<u64, u64>) {
        let (mut orders, mut places, mut key) = (Vec::new(), Vec::new(), 0);
        for (at, record) in self.records.iter().enumerate() {
            if let Record::Entity(entity) = record
                && entity.owner == block
            {
                let handle = entity.handle.map(|handle| handle.0);
                key = handle.map_or(key, |handle| keys.get(&handle).copied().unwrap_or(handle));
                orders.push(entity.order);
                places.push((key, at));
            }
        }
        orders.sort_unstable();
        places.sort();
        for ((_, at), order) in places.into_iter().zip(orders) {
            if let Record::Entity(entity) = &mut self.records[at] {
                entity.order = order;
            }
        }
    }
}
