//! The tags of table records.

use drawing::{Block, Color, Handle, Layer, Linetype, Lineweight, TextStyle};

use super::entity_tags::Namer;
use super::out::Outs;

/// Handle, owner and markers of a table record.
fn head(kind: &str, marker: &str, handle: Option<Handle>, table: Option<Handle>, outs: &mut Outs) {
    outs.plain(0, kind);
    if let Some(handle) = handle {
        outs.handle(5, handle);
    }
    if let (Some(table), true) = (table, outs.manner.markers) {
        outs.handle(330, table);
    }
    outs.marker("AcDbSymbolTableRecord");
    outs.marker(marker);
}

impl Namer<'_> {
    /// A LAYER. `plot_style` is the handle that layers of the file name in group 390.
    pub fn layer_record(&self, layer: &Layer, table: Option<Handle>, plot_style: Option<&[u8]>, outs: &mut Outs) {
        head("LAYER", "AcDbLayerTableRecord", layer.handle, table, outs);
        outs.text(2, &layer.name);
        let flags = i64::from(layer.frozen) + 4 * i64::from(layer.locked);
        outs.integer(70, outs.flags(70, 5, flags));
        let (index, rgb) = match layer.color {
            Color::Index(index) => (i64::from(index), None),
            // The index is what programs without true colour show: there the file's own stays.
            Color::True(rgb) => (outs.source_integer(62).map_or(7, i64::abs), Some(rgb)),
            Color::ByLayer | Color::ByBlock => (7, None),
        };
        outs.integer(62, if layer.off { -index } else { index });
        if let Some(rgb) = rgb {
            outs.integer(420, rgb.into());
        }
        outs.text(6, layer.linetype.map_or("Continuous", |id| self.linetype(id)));
        if !layer.plotted {
            outs.integer(290, 0);
        }
        if let Lineweight::HundredthsMm(width) = layer.lineweight {
            outs.integer(370, width.into());
        }
        if let (Some(plot_style), true) = (plot_style, outs.manner.markers) {
            outs.tags.push(super::out::Out { code: 390, value: plot_style.to_vec() });
        }
    }

    /// An LTYPE.
    pub fn linetype_record(&self, linetype: &Linetype, table: Option<Handle>, outs: &mut Outs) {
        head("LTYPE", "AcDbLinetypeTableRecord", linetype.handle, table, outs);
        outs.text(2, &linetype.name);
        outs.integer(70, outs.source_integer(70).unwrap_or(0));
        outs.text(3, &linetype.description);
        outs.integer(72, 65);
        outs.integer(73, linetype.pattern.len() as i64);
        outs.number(40, linetype.pattern.iter().map(|length| length.abs()).sum());
        for length in &linetype.pattern {
            outs.number(49, *length);
            if outs.manner.markers {
                outs.integer(74, 0);
            }
        }
    }

    /// A STYLE.
    pub fn text_style_record(&self, style: &TextStyle, table: Option<Handle>, outs: &mut Outs) {
        head("STYLE", "AcDbTextStyleTableRecord", style.handle, table, outs);
        outs.text(2, &style.name);
        outs.integer(70, outs.source_integer(70).unwrap_or(0));
        outs.number(40, style.height);
        outs.number(41, style.width_factor);
        outs.number(50, style.oblique_deg);
        outs.integer(71, outs.source_integer(71).unwrap_or(0));
        outs.number(42, if style.height > 0.0 { style.height } else { 2.5 });
        outs.text(3, &style.font);
        outs.plain(4, "");
    }

    /// A BLOCK_RECORD; `layout` is the handle of the layout that shows a space.
    pub fn block_record(&self, block: &Block, table: Option<Handle>, layout: Option<Handle>, outs: &mut Outs) {
        head("BLOCK_RECORD", "AcDbBlockTableRecord", block.handle, table, outs);
        outs.text(2, &block.name);
        outs.handle(340, layout.unwrap_or_default());
    }

    /// The BLOCK object that begins a block.
    pub fn block_begin(&self, block: &Block, handle: Option<Handle>, outs: &mut Outs) {
        self.block_end_of("BLOCK", block, handle, outs);
        outs.marker("AcDbBlockBegin");
        outs.text(2, &block.name);
        let kept = outs.flags(70, 4, if block.xref_path.is_some() { 4 } else { 0 });
        let flags =
            if outs.source.is_none() && block.name.starts_with('*') && !block.is_space() { kept | 1 } else { kept };
        outs.integer(70, flags);
        outs.flat(10, block.base);
        outs.number(30, 0.0);
        outs.text(3, &block.name);
        outs.text(1, block.xref_path.as_deref().unwrap_or(""));
    }

    /// The ENDBLK object that ends a block.
    pub fn block_end(&self, block: &Block, handle: Option<Handle>, outs: &mut Outs) {
        self.block_end_of("ENDBLK", block, handle, outs);
        outs.marker("AcDbBlockEnd");
    }

    fn block_end_of(&self, kind: &str, block: &Block, handle: Option<Handle>, outs: &mut Outs) {
        outs.plain(0, kind);
        if let Some(handle) = handle {
            outs.handle(5, handle);
        }
        if let (Some(record), true) = (block.handle, outs.manner.markers) {
            outs.handle(330, record);
        }
        outs.marker("AcDbEntity");
        if block.is_paper_space() {
            outs.integer(67, 1);
        }
        outs.text(8, "0");
    }
}
