//! A whole new file, of version AC1032, for a drawing that came from none.

use drawing::{Block, Drawing, Handle, Layout, Record};

use super::entity_tags::Namer;
use super::handles::{FreeHandles, Run};
use super::out::{Manner, Out, Outs};
use super::{SaveError, Saved, Saver, known_names};
use crate::charset::Charset;

/// A record of a table, given the handle of that table.
type TableRecord<'r> = dyn Fn(&mut Outs, Option<Handle>) + 'r;

/// Writes a file from nothing.
pub(super) fn new_file(drawing: &Drawing) -> Result<Saved, SaveError> {
    let (charset, _) = Charset::of("AC1032", "", b"");
    let manner = Manner { padded: true, ending: b"\n", charset, markers: true, light_polylines: true };
    let missing = drawing.records().find(|record| record.handle().is_none() && !record.is_comment());
    if let Some(record) = missing {
        return Err(SaveError::NotMinted { id: record.id(), kind: record.kind().into() });
    }
    let saver = Saver {
        bytes: b"",
        original: drawing,
        current: drawing,
        index: Default::default(),
        manner,
        with_handles: true,
        edits: Vec::new(),
        notes: Vec::new(),
        new_section: Vec::new(),
        free: FreeHandles::of(None, drawing),
        out_of_handles: false,
        check: known_names(charset, drawing),
        wrote_handles: false,
    };
    let mut file = File { namer: Namer { drawing }, manner, body: Vec::new(), saver };
    file.body()?;
    if file.saver.out_of_handles {
        return Err(SaveError::NoHandles);
    }
    let mut bytes = Vec::with_capacity(file.body.len() + 2048);
    let tags = header(drawing, file.saver.free.seed().unwrap_or_default());
    manner.write(&tags, &mut bytes);
    bytes.extend_from_slice(&file.body);
    Ok(Saved { bytes, changed: true, notes: file.saver.notes })
}

struct File<'a> {
    namer: Namer<'a>,
    manner: Manner,
    body: Vec<u8>,
    saver: Saver<'a>,
}

fn header(drawing: &Drawing, handseed: u64) -> Vec<Out> {
    let facts = drawing.header();
    let (charset, _) = Charset::of("AC1032", "", b"");
    let manner = Manner { padded: true, ending: b"\n", charset, markers: true, light_polylines: true };
    let mut outs = Outs::new(manner, None);
    outs.plain(0, "SECTION");
    outs.plain(2, "HEADER");
    let variable = |outs: &mut Outs, name: &str, code: i16, value: &str| {
        outs.plain(9, name);
        outs.plain(code, value);
    };
    variable(&mut outs, "$ACADVER", 1, "AC1032");
    variable(&mut outs, "$DWGCODEPAGE", 3, "ANSI_1252");
    variable(&mut outs, "$HANDSEED", 5, &format!("{handseed:X}"));
    variable(&mut outs, "$INSUNITS", 70, &facts.units.0.to_string());
    // 1 inches, 2 feet, 3 miles and others are not metric.
    let metric = !matches!(facts.units.0, 1..=3 | 8..=10);
    variable(&mut outs, "$MEASUREMENT", 70, if metric { "1" } else { "0" });
    variable(&mut outs, "$LUNITS", 70, &(facts.linear_format as i16 + 1).to_string());
    variable(&mut outs, "$LUPREC", 70, &facts.linear_precision.to_string());
    variable(&mut outs, "$AUPREC", 70, &facts.angular_precision.to_string());
    variable(&mut outs, "$LTSCALE", 40, &format!("{:?}", facts.linetype_scale));
    variable(&mut outs, "$PDMODE", 70, &facts.point_mode.to_string());
    variable(&mut outs, "$PDSIZE", 40, &format!("{:?}", facts.point_size));
    outs.plain(0, "ENDSEC");
    outs.tags
}

impl File<'_> {
    fn body(&mut self) -> Result<(), SaveError> {
        self.section("CLASSES");
        self.tags(&[(0, "ENDSEC")]);
        self.section("TABLES");
        self.tables();
        self.tags(&[(0, "ENDSEC")]);
        self.section("BLOCKS");
        self.blocks()?;
        self.tags(&[(0, "ENDSEC")]);
        self.section("ENTITIES");
        let drawing = self.namer.drawing;
        for block in drawing.blocks().filter(|block| stands_in_entities(block)) {
            self.entities(block)?;
        }
        self.tags(&[(0, "ENDSEC")]);
        self.section("OBJECTS");
        self.objects();
        self.tags(&[(0, "ENDSEC"), (0, "EOF")]);
        Ok(())
    }

    fn tags(&mut self, tags: &[(i16, &str)]) {
        let tags: Vec<_> =
            tags.iter().map(|(code, value)| Out { code: *code, value: value.as_bytes().to_vec() }).collect();
        self.manner.write(&tags, &mut self.body);
    }

    fn section(&mut self, name: &str) {
        self.tags(&[(0, "SECTION"), (2, name)]);
    }

    /// For what no record stands for: the same in each save.
    fn handle(&mut self) -> Handle {
        let fixture = self.saver.free.fixture().map(Handle);
        // Files from nothing always have handles.
        fixture.or_else(|| self.saver.fresh_handle()).unwrap_or_default()
    }

    fn table(&mut self, name: &str, records: &[Box<TableRecord<'_>>]) {
        let handle = self.handle();
        let mut outs = Outs::new(self.manner, None);
        outs.plain(0, "TABLE");
        outs.plain(2, name);
        outs.handle(5, handle);
        outs.handle(330, Handle(0));
        outs.plain(100, "AcDbSymbolTable");
        outs.integer(70, records.len() as i64);
        if name == "DIMSTYLE" {
            outs.plain(100, "AcDbDimStyleTable");
            outs.integer(71, 0);
        }
        records.iter().for_each(|record| record(&mut outs, Some(handle)));
        outs.plain(0, "ENDTAB");
        self.manner.write(&outs.tags, &mut self.body);
    }

    fn tables(&mut self) {
        let (namer, drawing) = (self.namer, self.namer.drawing);
        let plain = |kind: &'static str, code: i16, marker: &'static str, name: &'static str, handle: Handle| {
            move |outs: &mut Outs, table: Option<Handle>| {
                outs.plain(0, kind);
                outs.handle(code, handle);
                outs.handle(330, table.unwrap_or_default());
                outs.plain(100, "AcDbSymbolTableRecord");
                outs.plain(100, marker);
                outs.plain(2, name);
                outs.integer(70, 0);
            }
        };
        let view = drawing.header().active_view;
        let viewport = plain("VPORT", 5, "AcDbViewportTableRecord", "*Active", self.handle());
        self.table(
            "VPORT",
            &[Box::new(move |outs, table| {
                viewport(outs, table);
                let (center, height) = view.map_or((drawing::Point::ZERO, 297.0), |view| (view.center, view.height));
                outs.flat(10, drawing::Point::ZERO);
                outs.flat(11, drawing::Point::new(1.0, 1.0));
                outs.flat(12, center);
                outs.point(16, drawing::Point3::new(0.0, 0.0, 1.0));
                outs.point(17, drawing::Point3::default());
                outs.number(40, height);
                outs.number(41, 1.5);
            })],
        );
        let mut linetypes: Vec<Box<TableRecord<'_>>> = Vec::new();
        for name in ["ByBlock", "ByLayer", "Continuous"] {
            if drawing.linetype_named(name).is_none() {
                let record = plain("LTYPE", 5, "AcDbLinetypeTableRecord", name, self.handle());
                linetypes.push(Box::new(move |outs, table| {
                    record(outs, table);
                    outs.plain(3, "");
                    outs.integer(72, 65);
                    outs.integer(73, 0);
                    outs.number(40, 0.0);
                }));
            }
        }
        for linetype in drawing.linetypes() {
            linetypes.push(Box::new(move |outs, table| namer.linetype_record(linetype, table, outs)));
        }
        self.table("LTYPE", &linetypes);
        let layers: Vec<Box<TableRecord<'_>>> = drawing
            .layers()
            .map(|layer| -> Box<TableRecord<'_>> {
                Box::new(move |outs, table| namer.layer_record(layer, table, None, outs))
            })
            .collect();
        self.table("LAYER", &layers);
        let mut styles: Vec<Box<TableRecord<'_>>> = Vec::new();
        for record in drawing.tables() {
            if let Record::TextStyle(style) = record {
                styles.push(Box::new(move |outs, table| namer.text_style_record(style, table, outs)));
            }
        }
        self.table("STYLE", &styles);
        self.table("VIEW", &[]);
        self.table("UCS", &[]);
        let application = plain("APPID", 5, "AcDbRegAppTableRecord", "ACAD", self.handle());
        self.table("APPID", &[Box::new(application)]);
        let dimensions = plain("DIMSTYLE", 105, "AcDbDimStyleTableRecord", "Standard", self.handle());
        self.table("DIMSTYLE", &[Box::new(dimensions)]);
        let blocks: Vec<Box<TableRecord<'_>>> = drawing
            .blocks()
            .map(|block| -> Box<TableRecord<'_>> {
                let layout = drawing.layouts().find(|layout| layout.block == block.id).and_then(|layout| layout.handle);
                Box::new(move |outs, table| namer.block_record(block, table, layout, outs))
            })
            .collect();
        self.table("BLOCK_RECORD", &blocks);
    }

    fn blocks(&mut self) -> Result<(), SaveError> {
        let (namer, drawing) = (self.namer, self.namer.drawing);
        for block in drawing.blocks() {
            let mut run = Run::of(block.handle, false);
            let (begin, end) = (self.saver.part_handle(&mut run), self.saver.part_handle(&mut run));
            let mut outs = Outs::new(self.manner, None);
            namer.block_begin(block, begin, &mut outs);
            self.manner.write(&outs.tags, &mut self.body);
            if !stands_in_entities(block) {
                self.entities(block)?;
            }
            let mut outs = Outs::new(self.manner, None);
            namer.block_end(block, end, &mut outs);
            self.manner.write(&outs.tags, &mut self.body);
        }
        Ok(())
    }

    fn entities(&mut self, block: &Block) -> Result<(), SaveError> {
        let drawing = self.namer.drawing;
        for entity in drawing.entities_of(block.id) {
            let bytes = self.saver.new_entity(entity)?;
            self.body.extend_from_slice(&bytes);
        }
        Ok(())
    }

    fn objects(&mut self) {
        let drawing = self.namer.drawing;
        let (root, groups, layouts) = (self.handle(), self.handle(), self.handle());
        let mut outs = Outs::new(self.manner, None);
        let dictionary = |outs: &mut Outs, handle: Handle, owner: Handle, entries: &[(&str, Handle)]| {
            outs.plain(0, "DICTIONARY");
            outs.handle(5, handle);
            outs.handle(330, owner);
            outs.plain(100, "AcDbDictionary");
            outs.integer(281, 1);
            for (name, entry) in entries {
                outs.text(3, name);
                outs.handle(350, *entry);
            }
        };
        dictionary(&mut outs, root, Handle(0), &[("ACAD_GROUP", groups), ("ACAD_LAYOUT", layouts)]);
        dictionary(&mut outs, groups, root, &[]);
        let mut sheets: Vec<&Layout> = drawing.layouts().collect();
        sheets.sort_by_key(|layout| layout.tab_order);
        let entries: Vec<(&str, Handle)> =
            sheets.iter().map(|layout| (&*layout.name, layout.handle.unwrap_or_default())).collect();
        dictionary(&mut outs, layouts, root, &entries);
        for layout in sheets {
            let block = drawing.block(layout.block);
            outs.plain(0, "LAYOUT");
            outs.handle(5, layout.handle.unwrap_or_default());
            outs.handle(330, layouts);
            outs.plain(100, "AcDbPlotSettings");
            outs.plain(1, "");
            outs.integer(70, if block.is_some_and(Block::is_model_space) { 1024 } else { 0 });
            outs.plain(100, "AcDbLayout");
            outs.text(1, &layout.name);
            outs.integer(70, 1);
            outs.integer(71, layout.tab_order.into());
            outs.flat(10, drawing::Point::ZERO);
            outs.flat(11, drawing::Point::new(420.0, 297.0));
            outs.point(12, drawing::Point3::default());
            outs.point(14, drawing::Point3::default());
            outs.point(15, drawing::Point3::default());
            outs.number(146, 0.0);
            outs.point(13, drawing::Point3::default());
            outs.point(16, drawing::Point3::new(1.0, 0.0, 0.0));
            outs.point(17, drawing::Point3::new(0.0, 1.0, 0.0));
            outs.integer(76, 0);
            outs.handle(330, block.and_then(|block| block.handle).unwrap_or_default());
        }
        self.manner.write(&outs.tags, &mut self.body);
    }
}

/// Whether a block's entities stand in the ENTITIES section: those of model space and of the active paper space.
fn stands_in_entities(block: &Block) -> bool {
    block.is_model_space() || block.name.eq_ignore_ascii_case("*Paper_Space")
}
