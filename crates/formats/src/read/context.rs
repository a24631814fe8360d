//! What reading carries along: names already seen, numbers handed out, findings.

use std::collections::{BTreeMap, HashMap, HashSet};

use drawing::{BlockId, Handle, LayerId, LineStyle, LinetypeId, Record, RecordId, Span, TextStyleId};

use super::draw_order::DrawOrder;
use super::lengths::Lengths;
use crate::charset::Charset;
use crate::finding::{Findings, Place, Severity};
use crate::tag::Tag;

/// The highest handle that one can be given out above.
const HANDLE_MAX: u64 = 0xffff_fffe;

/// How much of what is no number is looked through for the beginning of one.
const NUMBER_BYTES_MAX: usize = 64;

/// The names of one kind of table. A name gets its id when it is first mentioned, be that before its record or in it.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Ids by the bytes of the file: most mentions end here.
    by_bytes: HashMap<Vec<u8>, RecordId>,
    by_upper: HashMap<String, RecordId>,
    /// Every name in the order of its first mention, with the line of that.
    pub mentioned: Vec<(RecordId, String, u64)>,
    /// Those whose records were read.
    pub defined: HashSet<RecordId>,
}

impl Names {
    /// The id of a name that is there already.
    pub fn find(&self, name: &str) -> Option<RecordId> {
        self.by_upper.get(&name.to_uppercase()).copied()
    }

    /// The name that a record was first mentioned by.
    pub fn first_name(&self, id: RecordId) -> &str {
        // Names are mentioned in the order of their ids.
        let at = self.mentioned.binary_search_by_key(&id, |(each, ..)| *each);
        at.map_or("", |at| &self.mentioned[at].1)
    }

    /// Puts in a name that has its id already.
    pub fn know(&mut self, id: RecordId, name: &str) {
        self.by_upper.insert(name.to_uppercase(), id);
        self.defined.insert(id);
    }

    fn mention(&mut self, raw: &[u8], text: impl FnOnce() -> String, line: u64, next_id: &mut u64) -> RecordId {
        if let Some(id) = self.by_bytes.get(raw) {
            return *id;
        }
        let name = text();
        let id = *self.by_upper.entry(name.to_uppercase()).or_insert_with(|| {
            *next_id += 1;
            self.mentioned.push((RecordId(*next_id), name, line));
            RecordId(*next_id)
        });
        self.by_bytes.insert(raw.to_vec(), id);
        id
    }
}

/// What reading carries along.
pub(crate) struct Context {
    pub charset: Charset,
    pub findings: Findings,
    pub layers: Names,
    pub linetypes: Names,
    pub styles: Names,
    pub blocks: Names,
    /// Blocks by the handle of their BLOCK_RECORD.
    pub block_records: BTreeMap<u64, BlockId>,
    /// Records whose every field is known.
    pub records: Vec<Record>,
    /// Dimension styles and who uses them.
    pub lengths: Lengths,
    /// Tables of draw orders.
    pub draw_orders: Vec<DrawOrder>,
    /// Handles seen, to find those that are there twice.
    handles: HashSet<u64>,
    /// The highest handle of any object.
    pub highest_handle: u64,
    last_id: u64,
    entities: u64,
}

impl Context {
    /// Nothing read yet; ids are given from above `last_id`.
    pub fn new(charset: Charset, last_id: u64) -> Context {
        Context {
            charset,
            findings: Findings::default(),
            layers: Names::default(),
            linetypes: Names::default(),
            styles: Names::default(),
            blocks: Names::default(),
            block_records: BTreeMap::new(),
            records: Vec::new(),
            lengths: Lengths::default(),
            draw_orders: Vec::new(),
            handles: HashSet::new(),
            highest_handle: 0,
            last_id,
            entities: 0,
        }
    }

    /// A new id.
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// How many entities came before the next one, which this counts.
    pub fn count_entity(&mut self) -> u64 {
        self.entities += 1;
        self.entities
    }

    /// The text of a tag.
    pub fn text(&self, tag: &Tag) -> String {
        self.charset.decode(tag.value)
    }

    /// The number of a tag; of one that isn't a number its beginning, as far as that is one, and a finding.
    pub fn number(&mut self, tag: &Tag) -> f64 {
        if let Some(number) = tag.number() {
            return number;
        }
        let text = tag.trimmed();
        let text = String::from_utf8_lossy(&text[..text.len().min(NUMBER_BYTES_MAX)]).into_owned();
        let begins = (1..=text.len()).rev().filter_map(|len| text.get(..len)?.parse::<f64>().ok());
        let number = begins.take(64).find(|number| number.is_finite()).unwrap_or(0.0);
        let shown: String = text.chars().take(40).collect();
        self.findings.add(
            Severity::Repaired,
            Context::place(tag, None),
            format!("group {} holds {shown:?}, which is not a number", tag.code),
            format!("read as {number}"),
        );
        number
    }

    /// The integer of a tag, or 0 and a finding.
    pub fn integer(&mut self, tag: &Tag) -> i64 {
        tag.integer().unwrap_or_else(|| self.number(tag) as i64)
    }

    /// Where a tag is.
    pub fn place(tag: &Tag, handle: Option<Handle>) -> Place {
        Place { line: Some(tag.line), byte: Some(tag.start as u64), handle }
    }

    /// The value of a tag that holds the handle of an object, which counts for the highest one. What no DXF file may use
    /// doesn't: new handles are given out above it.
    pub fn count_handle(&mut self, tag: &Tag) -> Option<u64> {
        let handle = tag.handle();
        match handle {
            Some(handle @ ..=HANDLE_MAX) => self.highest_handle = self.highest_handle.max(handle),
            // Files that have no handles may say so by empty ones.
            None if tag.trimmed().is_empty() => {}
            _ => {
                let shown = String::from_utf8_lossy(tag.trimmed()).chars().take(40).collect::<String>();
                let (what, kept) =
                    (format!("{shown:?} is no handle, which has at most 8 digits"), "the object is kept");
                self.findings.add(Severity::Note, Context::place(tag, None), what, kept);
            }
        }
        handle
    }

    /// The handle of an object, with a finding if another has it.
    pub fn handle(&mut self, tag: &Tag) -> Option<Handle> {
        let handle = self.count_handle(tag).filter(|handle| *handle != 0).map(Handle)?;
        if !self.handles.insert(handle.0) {
            let place = Context::place(tag, Some(handle));
            self.findings.add(Severity::Note, place, "the handle is used twice", "both objects are kept");
        }
        Some(handle)
    }

    /// The layer of that name.
    pub fn layer(&mut self, tag: &Tag) -> LayerId {
        let (charset, raw) = (self.charset, tag.trimmed());
        LayerId(self.layers.mention(raw, || charset.decode(raw), tag.line, &mut self.last_id).0)
    }

    /// The linetype of that name; by layer and by block are none of the table.
    pub fn line_style(&mut self, tag: &Tag) -> LineStyle {
        let raw = tag.trimmed();
        match raw {
            b"" => LineStyle::ByLayer,
            _ if raw.eq_ignore_ascii_case(b"BYLAYER") => LineStyle::ByLayer,
            _ if raw.eq_ignore_ascii_case(b"BYBLOCK") => LineStyle::ByBlock,
            _ => LineStyle::Named(self.linetype(tag)),
        }
    }

    /// The linetype of that name.
    pub fn linetype(&mut self, tag: &Tag) -> LinetypeId {
        let (charset, raw) = (self.charset, tag.trimmed());
        LinetypeId(self.linetypes.mention(raw, || charset.decode(raw), tag.line, &mut self.last_id).0)
    }

    /// The text style of that name.
    pub fn style(&mut self, tag: &Tag) -> TextStyleId {
        let (charset, raw) = (self.charset, tag.trimmed());
        TextStyleId(self.styles.mention(raw, || charset.decode(raw), tag.line, &mut self.last_id).0)
    }

    /// The block of that name.
    pub fn block(&mut self, tag: &Tag) -> BlockId {
        let (charset, raw) = (self.charset, tag.trimmed());
        let text = || space_name(charset.decode(raw));
        BlockId(self.blocks.mention(raw, text, tag.line, &mut self.last_id).0)
    }

    /// The block of that name, mentioned by nobody in particular.
    pub fn block_named(&mut self, name: &str) -> BlockId {
        BlockId(self.blocks.mention(name.as_bytes(), || name.into(), 0, &mut self.last_id).0)
    }

    /// Mentions a layer by nobody in particular.
    pub fn mention_layer(&mut self, name: &str) -> LayerId {
        LayerId(self.layers.mention(name.as_bytes(), || name.into(), 0, &mut self.last_id).0)
    }

    /// Puts a finding about an object.
    pub fn repaired(&mut self, tag: &Tag, handle: Option<Handle>, what: impl Into<String>, kept: impl Into<String>) {
        self.findings.add(Severity::Repaired, Context::place(tag, handle), what, kept);
    }
}

/// R12 writes the spaces with a dollar sign.
fn space_name(name: String) -> String {
    match name.to_ascii_uppercase().as_str() {
        "$MODEL_SPACE" => "*Model_Space".into(),
        "$PAPER_SPACE" => "*Paper_Space".into(),
        _ => name,
    }
}

/// The span from the first byte of one tag to the end of another.
pub(crate) fn span(first: &Tag, last: &Tag) -> Span {
    Span { start: first.start as u64, len: (last.end - first.start) as u64 }
}
