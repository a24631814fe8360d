//! The way through a file: sections, tables, blocks, entities, objects.

use std::ops::ControlFlow;

use drawing::{Block, BlockId};

use super::assemble::Assembly;
use super::context::Context;
use super::entity::{Open, Taken};
use super::header::{HeaderFacts, view_of};
use super::tables::find;
use super::{Progress, Reading};
use crate::charset::Charset;
use crate::finding::{Place, ReadError, Severity};
use crate::tag::{Broken, Objects, Tag, TagSource};

/// How many bytes are read between two calls of the progress function.
const PROGRESS_STEP: usize = 256 * 1024;

/// Where the way has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Before the first section or between two.
    None,
    Tables,
    Blocks,
    Entities,
    Objects,
    /// Header, classes, thumbnails: nothing more to read there.
    Other,
}

struct Walk {
    context: Context,
    facts: HeaderFacts,
    section: Section,
    /// The block whose entities come, in the BLOCKS section; none for one that is left out.
    block: Option<Block>,
    open: Option<Open>,
    /// Whether the object at hand has more tags than were kept.
    cut_short: bool,
    ended: bool,
    /// Whether anything of a DXF file was seen.
    recognized: bool,
}

/// Reads everything that a source gives.
pub(super) fn read_all<'a>(
    source: impl TagSource<'a>,
    bytes: &'a [u8],
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Reading, ReadError> {
    let mut objects = Objects::new(source);
    let facts = HeaderFacts::none();
    let (charset, _) = Charset::of("AC1021", "", b"");
    let mut walk = Walk {
        context: Context::new(charset, 0),
        facts,
        section: Section::None,
        block: None,
        open: None,
        cut_short: false,
        ended: false,
        recognized: false,
    };
    walk.set_charset(bytes);
    let total = bytes.len() as u64;
    let mut told = 0;
    let mut tags = Vec::with_capacity(256);
    let mut last: Option<(Vec<u8>, u64, usize)> = None;
    while objects.next(&mut tags) {
        walk.note_broken(&mut objects.broken);
        let Some(head) = tags.first() else { break };
        walk.cut_short = objects.cut_short;
        walk.object(head.trimmed(), &tags, bytes);
        if walk.ended {
            break;
        }
        if objects.position() - told >= PROGRESS_STEP {
            told = objects.position();
            last = None;
            if progress(Progress { done: told as u64, total }).is_break() {
                return Err(ReadError::Cancelled);
            }
        }
        if objects.position() >= bytes.len() {
            last = tags.first().map(|head| (head.trimmed().to_vec(), head.line, head.start));
        }
    }
    walk.note_broken(&mut objects.broken);
    if !walk.recognized {
        return Err(ReadError::NotDxf);
    }
    walk.context.findings.add_left_out(objects.broken_more);
    walk.finish(last);
    if progress(Progress { done: total, total }).is_break() {
        return Err(ReadError::Cancelled);
    }
    Assembly { context: walk.context, facts: walk.facts }.into_reading()
}

impl Walk {
    fn set_charset(&mut self, bytes: &[u8]) {
        let header = &self.facts.header;
        let (charset, guessed) = Charset::of(&header.version, &header.code_page, bytes);
        self.context.charset = charset;
        if guessed && self.recognized {
            let what = "the file does not name a code page that is known";
            let kept = format!("its text is read as {}", charset.name());
            self.context.findings.add(Severity::Note, Place::default(), what, kept);
        }
    }

    fn note_broken(&mut self, broken: &mut Vec<(Broken, u64, usize)>) {
        for (what, line, byte) in broken.drain(..) {
            let place = Place { line: Some(line), byte: Some(byte as u64), handle: None };
            let (what, kept) = match what {
                Broken::NotACode => ("a group code was expected", "reading goes on at the next line"),
                Broken::UnknownCode => ("a group code that no DXF file has", "it is left out with its value"),
                Broken::TooLong => ("an object of more tags than are read", "it is kept but not drawn"),
                Broken::NoValue => ("the file ends behind a group code", "what came before it is read"),
            };
            self.context.findings.add(Severity::Repaired, place, what, kept);
        }
    }

    fn object(&mut self, kind: &[u8], tags: &[Tag], bytes: &[u8]) {
        if let Some(mut open) = self.open.take() {
            match self.context.offer(&mut open, kind, tags) {
                Taken::Yes => {
                    self.open = Some(open);
                    return;
                }
                Taken::Last => {
                    self.context.close(open);
                    return;
                }
                Taken::No => self.context.close(open),
            }
        }
        match kind {
            b"SECTION" => self.begin_section(tags, bytes),
            b"ENDSEC" => {
                self.end_block(None);
                self.section = Section::None;
            }
            b"EOF" => self.ended = true,
            _ => match self.section {
                Section::Tables => self.table_object(kind, tags),
                Section::Blocks => self.block_object(kind, tags),
                Section::Entities => self.entity(kind, tags, None),
                Section::Objects if kind == b"LAYOUT" => self.context.read_layout(tags),
                Section::Objects if kind == b"SORTENTSTABLE" => {
                    self.note_handle(tags);
                    self.context.read_draw_order(tags);
                }
                // A file whose first sections are lost may still have entities.
                Section::None if self.recognized || is_entity(kind) => {
                    if let Some(first) = tags.first()
                        && is_entity(kind)
                    {
                        self.context.repaired(first, None, "an entity outside of all sections", "it is in model space");
                        self.recognized = true;
                        self.section = Section::Entities;
                        self.entity(kind, tags, None);
                    }
                }
                Section::Objects | Section::Other | Section::None => self.note_handle(tags),
            },
        }
    }

    fn begin_section(&mut self, tags: &[Tag], bytes: &[u8]) {
        self.end_block(None);
        let name = find(tags, 2).map_or(&b""[..], |tag| tag.trimmed());
        self.recognized |= !name.is_empty();
        self.section = match name {
            b"TABLES" => Section::Tables,
            b"BLOCKS" => Section::Blocks,
            b"ENTITIES" => Section::Entities,
            b"OBJECTS" => Section::Objects,
            b"HEADER" => {
                self.facts = HeaderFacts::of(tags);
                self.set_charset(bytes);
                Section::Other
            }
            _ => Section::Other,
        };
    }

    /// Handles of objects that aren't read count for the highest one.
    fn note_handle(&mut self, tags: &[Tag]) {
        if let Some(tag) = tags.iter().find(|tag| tag.own && matches!(tag.code, 5 | 105)) {
            self.context.count_handle(tag);
        }
    }

    fn table_object(&mut self, kind: &[u8], tags: &[Tag]) {
        match kind {
            b"LAYER" | b"LTYPE" | b"STYLE" | b"BLOCK_RECORD" => self.context.read_table_record(kind, tags),
            b"VPORT" => {
                self.note_handle(tags);
                let active = find(tags, 2).is_some_and(|tag| tag.trimmed().eq_ignore_ascii_case(b"*ACTIVE"));
                if active && self.facts.header.active_view.is_none() {
                    self.facts.header.active_view = view_of(tags);
                }
            }
            b"DIMSTYLE" => {
                self.note_handle(tags);
                self.context.read_dimension_style(tags);
            }
            _ => self.note_handle(tags),
        }
    }

    fn block_object(&mut self, kind: &[u8], tags: &[Tag]) {
        match kind {
            b"BLOCK" => {
                self.end_block(None);
                self.note_handle(tags);
                self.block = self.context.read_block(tags);
            }
            b"ENDBLK" => {
                self.note_handle(tags);
                self.end_block(Some(tags));
            }
            _ => match self.block.as_ref().map(|block| block.id) {
                Some(id) => self.entity(kind, tags, Some(id)),
                None => self.note_handle(tags),
            },
        }
    }

    fn end_block(&mut self, endblk: Option<&[Tag]>) {
        let Some(mut block) = self.block.take() else { return };
        if let (Some(source), Some(last)) = (&mut block.source, endblk.and_then(<[Tag]>::last)) {
            source.len = last.end as u64 - source.start;
        }
        self.context.records.push(drawing::Record::Block(block));
    }

    fn entity(&mut self, kind: &[u8], tags: &[Tag], owner: Option<BlockId>) {
        // Parts of entities whose own beginning is missing.
        if matches!(kind, b"VERTEX" | b"ATTRIB" | b"SEQEND") {
            self.note_handle(tags);
            if let Some(first) = tags.first()
                && kind != b"SEQEND"
            {
                let what = format!("a {} that belongs to nothing", String::from_utf8_lossy(kind));
                self.context.repaired(first, None, what, "it is left as it is in the file");
            }
            return;
        }
        if let Some(mut open) = self.context.open_entity(kind, tags, owner) {
            if self.cut_short {
                open.cut(&String::from_utf8_lossy(kind));
            }
            if open.is_open() {
                self.open = Some(open);
            } else {
                self.context.close(open);
            }
        }
    }

    /// Ends what is open; `last` is the object that the end of the file may have cut: kind, line and byte.
    fn finish(&mut self, last: Option<(Vec<u8>, u64, usize)>) {
        if !self.ended {
            let (line, byte) = last.as_ref().map_or((None, None), |(_, line, byte)| (Some(*line), Some(*byte as u64)));
            let kind = last.as_ref().map_or_else(String::new, |(kind, ..)| String::from_utf8_lossy(kind).into_owned());
            let place = Place { line, byte, handle: self.open.as_ref().and_then(Open::handle) };
            let in_order = self.section == Section::None && self.open.is_none();
            if in_order {
                self.context.findings.add(Severity::Note, place, "the file ends without EOF", "all of it is read");
            } else {
                let what = format!("the file ends in the middle of a section, behind the beginning of a {kind}");
                self.context.findings.add(Severity::Lost, place, what, "what came before that is kept");
                self.cut_last(last);
            }
        }
        if let Some(open) = self.open.take() {
            self.context.close(open);
        }
        self.end_block(None);
    }

    /// The last entity of a file that was cut off is not drawn: half of its tags may be missing.
    fn cut_last(&mut self, last: Option<(Vec<u8>, u64, usize)>) {
        let Some((kind, _, start)) = last else { return };
        if let Some(open) = &mut self.open {
            // Vertices and attributes that came whole are good.
            if !open.cut_last_part(&kind) {
                open.cut(&String::from_utf8_lossy(&kind));
            }
            return;
        }
        if let Some(drawing::Record::Entity(entity)) = self.context.records.last_mut()
            && entity.source.is_some_and(|source| source.start == start as u64)
        {
            let kind = entity.shape.kind().to_string();
            entity.shape = drawing::Shape::Opaque(drawing::Opaque { kind, extents: None, window: None });
        }
    }
}

/// Kinds that are taken for entities where a file has no sections.
fn is_entity(kind: &[u8]) -> bool {
    const KINDS: &[&[u8]] = &[
        b"LINE",
        b"CIRCLE",
        b"ARC",
        b"ELLIPSE",
        b"LWPOLYLINE",
        b"POLYLINE",
        b"SPLINE",
        b"POINT",
        b"SOLID",
        b"TRACE",
        b"TEXT",
        b"MTEXT",
        b"INSERT",
        b"HATCH",
        b"DIMENSION",
        b"3DFACE",
        b"LEADER",
    ];
    KINDS.contains(&kind)
}

/// One entity from its tags alone, with names that are known: what saving reads back to check itself.
pub(crate) fn read_one<'a>(
    source: impl TagSource<'a>,
    context: &mut Context,
    owner: BlockId,
) -> Option<drawing::Entity> {
    let mut objects = Objects::new(source);
    let mut tags = Vec::new();
    let mut open: Option<Open> = None;
    while objects.next(&mut tags) {
        let kind = tags.first()?.trimmed();
        match &mut open {
            None => open = context.open_entity(kind, &tags, Some(owner)),
            Some(open) => match context.offer(open, kind, &tags) {
                Taken::Yes => {}
                Taken::Last => break,
                Taken::No => return None,
            },
        }
    }
    open.map(|open| context.entity_of(open))
}
