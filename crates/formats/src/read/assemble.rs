//! From what was read to a drawing that keeps the rules: what is missing is made, what can't be is mended.

use std::collections::{BTreeMap, BTreeSet};

use drawing::{Block, BlockId, Drawing, Layout, LayoutId, LinetypeId, Opaque, Point, Record, Shape, TextStyleId};

use super::Reading;
use super::context::Context;
use super::header::HeaderFacts;
use super::tables::{layer_named, linetype_named, text_style_named};
use crate::finding::{Place, ReadError, Severity};

/// All that was read.
pub(crate) struct Assembly {
    pub context: Context,
    pub facts: HeaderFacts,
}

impl Assembly {
    /// The drawing and the findings.
    pub fn into_reading(mut self) -> Result<Reading, ReadError> {
        self.make_what_is_missing();
        self.give_blocks_their_handles();
        self.make_layouts();
        self.break_cycles();
        self.context.settle_draw_order();
        let Assembly { mut context, facts } = self;
        let mut header = facts.header;
        context.settle_lengths(&mut header);
        header.highest_handle = context.highest_handle;
        let mut records = context.records;
        records.sort_by_key(Record::id);
        let drawing = Drawing::from_records(header, records)?;
        Ok(Reading { drawing, findings: context.findings.into_list() })
    }

    /// Layer 0, model space, and whatever is named without being defined.
    fn make_what_is_missing(&mut self) {
        let context = &mut self.context;
        let model = context.block_named("*Model_Space");
        if context.layers.find("0").is_none() {
            context.mention_layer("0");
        }
        let mut made = Vec::new();
        let mut tell = Vec::new();
        for (names, what) in [
            (&context.layers, "layer"),
            (&context.linetypes, "linetype"),
            (&context.styles, "text style"),
            (&context.blocks, "block"),
        ] {
            for (id, name, line) in names.mentioned.iter().filter(|(id, ..)| !names.defined.contains(id)) {
                let name = name.clone();
                // Every program knows these without being told, and so does nobody miss a space.
                let silent = matches!(what, "layer" if name == "0")
                    || matches!(what, "linetype" if name.eq_ignore_ascii_case("CONTINUOUS"))
                    || matches!(what, "text style" if name.eq_ignore_ascii_case("STANDARD"))
                    || model == *id
                    || what == "block" && name.eq_ignore_ascii_case("*Paper_Space");
                if !silent {
                    tell.push((*line, format!("the {what} {name:?} is named here and nowhere defined"), what));
                }
                made.push(match what {
                    "layer" => Record::Layer(layer_named(drawing::LayerId(id.0), name)),
                    "linetype" => Record::Linetype(linetype_named(LinetypeId(id.0), name)),
                    "text style" => Record::TextStyle(text_style_named(TextStyleId(id.0), name)),
                    _ => Record::Block(Block {
                        id: BlockId(id.0),
                        handle: None,
                        source: None,
                        name,
                        base: Point::ZERO,
                        xref_path: None,
                    }),
                });
            }
        }
        tell.sort();
        for (line, what, kind) in tell {
            let place = Place { line: (line > 0).then_some(line), ..Place::default() };
            let kept = if kind == "block" { "an empty one stands for it" } else { "a plain one stands for it" };
            context.findings.add(Severity::Repaired, place, what, kept);
        }
        context.records.extend(made);
    }

    fn give_blocks_their_handles(&mut self) {
        let handles: BTreeMap<BlockId, u64> =
            self.context.block_records.iter().rev().map(|(handle, id)| (*id, *handle)).collect();
        for record in &mut self.context.records {
            if let Record::Block(block) = record {
                block.handle = handles.get(&block.id).copied().map(drawing::Handle);
            }
        }
    }

    /// Each space has a layout; files before 2000 have none.
    fn make_layouts(&mut self) {
        let shown: BTreeSet<BlockId> = self
            .context
            .records
            .iter()
            .filter_map(|record| if let Record::Layout(layout) = record { Some(layout.block) } else { None })
            .collect();
        let mut spaces: Vec<(bool, BlockId)> = self
            .context
            .records
            .iter()
            .filter_map(|record| if let Record::Block(block) = record { Some(block) } else { None })
            .filter(|block| block.is_space() && !shown.contains(&block.id))
            .map(|block| (!block.is_model_space(), block.id))
            .collect();
        spaces.sort();
        let mut number = shown.len() as i32;
        for (paper, block) in spaces {
            let id = LayoutId(self.context.next_id());
            let (name, tab_order) = if paper {
                number = number.max(1);
                (format!("Layout{number}"), number)
            } else {
                ("Model".to_string(), 0)
            };
            number += i32::from(paper);
            let layout = Layout { id, handle: None, source: None, name, block, tab_order };
            self.context.records.push(Record::Layout(layout));
        }
    }

    /// An insert through which a block would show itself becomes opaque.
    fn break_cycles(&mut self) {
        let shows = |record: &Record| {
            let Record::Entity(entity) = record else { return None };
            match &entity.shape {
                Shape::Insert(insert) => Some((entity.owner, insert.block)),
                Shape::Dimension(dimension) => Some((entity.owner, dimension.block?)),
                _ => None,
            }
        };
        let mut edges: BTreeMap<BlockId, BTreeSet<BlockId>> = BTreeMap::new();
        for (owner, shown) in self.context.records.iter().filter_map(shows) {
            edges.entry(owner).or_default().insert(shown);
        }
        let back = back_edges(&edges);
        if back.is_empty() {
            return;
        }
        let mut tell = Vec::new();
        for record in &mut self.context.records {
            if shows(record).is_some_and(|edge| back.contains(&edge))
                && let Record::Entity(entity) = record
            {
                let kind = entity.shape.kind().to_string();
                let byte = entity.source.map(|source| source.start);
                tell.push(Place { line: None, byte, handle: entity.handle });
                entity.shape = Shape::Opaque(Opaque { kind, extents: None, window: None });
            }
        }
        for place in tell {
            let what = "a block shows itself through this insert";
            self.context.findings.add(Severity::Lost, place, what, "it is kept but not drawn");
        }
    }
}

/// Edges whose removal leaves no way round: those that a walk in depth finds leading back to where it came from.
fn back_edges(edges: &BTreeMap<BlockId, BTreeSet<BlockId>>) -> BTreeSet<(BlockId, BlockId)> {
    let mut back = BTreeSet::new();
    let mut done = BTreeSet::new();
    for &start in edges.keys() {
        // A stack of its own, since blocks may be nested deeper than ours.
        let mut path: Vec<(BlockId, Vec<BlockId>)> = Vec::new();
        let mut on_path = BTreeSet::new();
        let mut enter = Some(start);
        loop {
            if let Some(block) = enter.take()
                && done.insert(block)
            {
                on_path.insert(block);
                path.push((block, edges.get(&block).into_iter().flatten().copied().collect()));
            }
            let Some((block, shown)) = path.last_mut() else { break };
            match shown.pop() {
                Some(next) if on_path.contains(&next) => {
                    back.insert((*block, next));
                }
                Some(next) => enter = Some(next),
                None => {
                    on_path.remove(block);
                    path.pop();
                }
            }
        }
    }
    back
}
