//! Records of the tables, the outside of blocks, and layouts.

use drawing::{Block, Color, Handle, Layer, LayerId, Layout, LayoutId, LineStyle, Linetype, LinetypeId, Lineweight};
use drawing::{Point, Record, RecordId, Span, TextStyle, TextStyleId};

use super::context::{Context, span};
use crate::tag::Tag;

/// Colour from group 62 without its sign; `none` for 256 and beyond.
pub(crate) fn index_color(number: i64) -> Color {
    match number.unsigned_abs() {
        0 => Color::ByBlock,
        index @ 1..=255 => Color::Index(index as u8),
        _ => Color::ByLayer,
    }
}

/// Lineweight from group 370.
pub(crate) fn lineweight(number: i64) -> Lineweight {
    match number {
        -1 => Lineweight::ByLayer,
        -2 => Lineweight::ByBlock,
        0.. => Lineweight::HundredthsMm(number.min(211) as u16),
        _ => Lineweight::Default,
    }
}

/// The first own tag of a code.
pub(crate) fn find<'t, 'a>(tags: &'t [Tag<'a>], code: i16) -> Option<&'t Tag<'a>> {
    tags.iter().find(|tag| tag.own && tag.code == code)
}

/// The own tag of the record's handle.
pub(crate) fn handle_of(context: &mut Context, tags: &[Tag]) -> Option<Handle> {
    find(tags, 5).and_then(|tag| context.handle(tag))
}

/// The span of one object.
pub(crate) fn span_of(tags: &[Tag]) -> Option<Span> {
    Some(span(tags.first()?, tags.last()?))
}

/// Marks a name as defined; false, with a finding, if it was already.
fn define(context: &mut Context, tag: &Tag, id: RecordId, what: &str) -> bool {
    let names = match what {
        "layer" => &mut context.layers,
        "linetype" => &mut context.linetypes,
        "text style" => &mut context.styles,
        _ => &mut context.blocks,
    };
    let fresh = names.defined.insert(id);
    if !fresh {
        let name = context.text(tag);
        context.repaired(tag, None, format!("the {what} {name:?} is there twice"), "the first one counts");
    }
    fresh
}

/// The bit of group 74 of a linetype for a shape in a gap.
const SHAPE_IN_GAP: i64 = 4;

impl Context {
    /// A record of a table; `table` is the name of its table.
    pub fn read_table_record(&mut self, kind: &[u8], tags: &[Tag]) {
        let Some(name) = find(tags, 2) else {
            if matches!(kind, b"LAYER" | b"LTYPE" | b"STYLE" | b"BLOCK_RECORD")
                && let Some(first) = tags.first()
            {
                let kind = String::from_utf8_lossy(kind).into_owned();
                self.repaired(first, None, format!("a {kind} without a name"), "it is left as it is in the file");
            }
            return;
        };
        match kind {
            b"LAYER" => self.read_layer(name, tags),
            b"LTYPE" => self.read_linetype(name, tags),
            b"STYLE" => self.read_text_style(name, tags),
            b"BLOCK_RECORD" => {
                let id = self.block(name);
                if let Some(handle) = handle_of(self, tags) {
                    self.block_records.entry(handle.0).or_insert(id);
                }
            }
            _ => {}
        }
    }

    fn read_layer(&mut self, name: &Tag, tags: &[Tag]) {
        let id: LayerId = self.layer(name);
        if !define(self, name, id.into(), "layer") {
            return;
        }
        let mut layer = layer_named(id, self.charset.decode(name.trimmed()));
        layer.handle = handle_of(self, tags);
        layer.source = span_of(tags);
        for tag in tags.iter().filter(|tag| tag.own) {
            match tag.code {
                62 => {
                    let number = self.integer(tag);
                    layer.off = number < 0;
                    if !matches!(layer.color, Color::True(_)) {
                        layer.color = match index_color(number) {
                            Color::Index(index) => Color::Index(index),
                            _ => Color::Index(7),
                        };
                    }
                }
                420 => layer.color = Color::True(self.integer(tag) as u32 & 0xff_ffff),
                6 => {
                    if let LineStyle::Named(linetype) = self.line_style(tag) {
                        layer.linetype = Some(linetype);
                    }
                }
                70 => {
                    let flags = self.integer(tag);
                    layer.frozen = flags & 1 != 0;
                    layer.locked = flags & 4 != 0;
                }
                290 => layer.plotted = self.integer(tag) != 0,
                370 => {
                    layer.lineweight = match lineweight(self.integer(tag)) {
                        width @ Lineweight::HundredthsMm(_) => width,
                        _ => Lineweight::Default,
                    }
                }
                _ => {}
            }
        }
        self.records.push(Record::Layer(layer));
    }

    fn read_linetype(&mut self, name: &Tag, tags: &[Tag]) {
        let id: LinetypeId = self.linetype(name);
        if !define(self, name, id.into(), "linetype") {
            return;
        }
        let mut linetype = linetype_named(id, self.charset.decode(name.trimmed()));
        linetype.handle = handle_of(self, tags);
        linetype.source = span_of(tags);
        let mut has_shapes = false;
        for tag in tags.iter().filter(|tag| tag.own) {
            match tag.code {
                3 => linetype.description = self.text(tag),
                49 => {
                    let length = self.number(tag);
                    linetype.pattern.push(length);
                }
                74 => has_shapes |= self.number(tag) as i64 & SHAPE_IN_GAP != 0,
                _ => {}
            }
        }
        // What stands in its gaps isn't drawn, and without that a zigzag would be a few dots: so it is drawn whole.
        if has_shapes {
            linetype.pattern.clear();
        }
        self.records.push(Record::Linetype(linetype));
    }

    fn read_text_style(&mut self, name: &Tag, tags: &[Tag]) {
        // A STYLE without a name (flag 1) is a file of shapes.
        if name.trimmed().is_empty() {
            return;
        }
        let id: TextStyleId = self.style(name);
        if !define(self, name, id.into(), "text style") {
            return;
        }
        let mut style = text_style_named(id, self.charset.decode(name.trimmed()));
        style.handle = handle_of(self, tags);
        style.source = span_of(tags);
        for tag in tags.iter().filter(|tag| tag.own) {
            match tag.code {
                3 => style.font = self.text(tag).trim().into(),
                40 => style.height = self.number(tag),
                41 => style.width_factor = Some(self.number(tag)).filter(|width| *width > 0.0).unwrap_or(1.0),
                50 => style.oblique_deg = self.number(tag),
                _ => {}
            }
        }
        self.records.push(Record::TextStyle(style));
    }

    /// The BLOCK object of a block; the span is widened when its ENDBLK comes. None if the block has no name or is
    /// there already.
    pub fn read_block(&mut self, tags: &[Tag]) -> Option<Block> {
        let first = tags.first()?;
        let Some(name) = find(tags, 2) else {
            self.repaired(first, None, "a BLOCK without a name", "its entities are left as they are in the file");
            return None;
        };
        let id = self.block(name);
        if !define(self, name, id.into(), "block") {
            return None;
        }
        let mut block = Block {
            id,
            handle: None,
            source: span_of(tags),
            name: self.block_name(id).into(),
            base: Point::ZERO,
            xref_path: None,
        };
        let mut flags = 0;
        for tag in tags.iter().filter(|tag| tag.own) {
            match tag.code {
                1 => block.xref_path = Some(self.text(tag)).filter(|path| !path.trim().is_empty()),
                10 => block.base.x = self.number(tag),
                20 => block.base.y = self.number(tag),
                70 => flags = self.integer(tag),
                _ => {}
            }
        }
        // 4: an external reference, 8: an overlaid one; others say 1 without meaning it.
        if flags & 12 == 0 {
            block.xref_path = None;
        }
        Some(block)
    }

    /// A LAYOUT object.
    pub fn read_layout(&mut self, tags: &[Tag]) {
        let handle = handle_of(self, tags);
        let source = span_of(tags);
        // Name, tab and block stand behind their own subclass marker; the plot settings before it use the same codes.
        let at = tags.iter().position(|tag| tag.code == 100 && tag.trimmed() == b"AcDbLayout").unwrap_or(0);
        let tags = &tags[at..];
        let block = find(tags, 330).and_then(Tag::handle).and_then(|handle| self.block_records.get(&handle)).copied();
        let (Some(block), Some(name)) = (block, find(tags, 1)) else {
            if let Some(first) = tags.first() {
                self.repaired(first, handle, "a LAYOUT without a name or block", "it is left as it is in the file");
            }
            return;
        };
        let name = self.text(name);
        let tab_order = find(tags, 71).map_or(0, |tag| self.integer(tag)).clamp(0, 100_000) as i32;
        let id = LayoutId(self.next_id());
        self.records.push(Record::Layout(Layout { id, handle, source, name, block, tab_order }));
    }
}

/// A layer as one is that a file names but doesn't define.
pub(crate) fn layer_named(id: LayerId, name: String) -> Layer {
    Layer {
        id,
        handle: None,
        source: None,
        name,
        color: Color::Index(7),
        linetype: None,
        lineweight: Lineweight::Default,
        off: false,
        frozen: false,
        locked: false,
        plotted: true,
    }
}

/// A continuous linetype.
pub(crate) fn linetype_named(id: LinetypeId, name: String) -> Linetype {
    Linetype { id, handle: None, source: None, name, description: String::new(), pattern: Vec::new() }
}

/// A plain text style.
pub(crate) fn text_style_named(id: TextStyleId, name: String) -> TextStyle {
    TextStyle {
        id,
        handle: None,
        source: None,
        name,
        font: "txt".into(),
        height: 0.0,
        width_factor: 1.0,
        oblique_deg: 0.0,
    }
}
