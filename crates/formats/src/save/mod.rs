//! Saving: the bytes of the file with only those tags changed that an edit changed.

mod entity_tags;
mod follow;
mod fresh;
mod handles;
mod hatch_tags;
mod index;
mod mint;
mod objects;
mod out;
mod parts;
mod patch;
mod references;
mod slots;
mod table_tags;
mod tables;

use drawing::{Block, Drawing, Entity, Record, RecordId};

use crate::charset::Charset;
use crate::read::Context;
use entity_tags::Namer;
use handles::{FreeHandles, Run};
use index::Index;
use out::Manner;
use patch::{Edit, apply};

pub use mint::mint;

/// What saving gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The file. Where nothing was edited, exactly the bytes that were read.
    pub bytes: Vec<u8>,
    /// Whether `bytes` differs from the source; if not there is nothing to write.
    pub changed: bool,
    /// What could not be written, for people.
    pub notes: Vec<String>,
}

/// Why a drawing could not be saved. No bytes were made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaveError {
    /// A record needs a handle: apply what [`mint`] gives first.
    #[error("{kind} {id} has no handle yet")]
    NotMinted {
        /// The record.
        id: RecordId,
        /// Its kind.
        kind: String,
    },
    /// The source is not the file that the drawing was read from.
    #[error("{kind} {id} is not where the drawing says in the file: this is not the file it was read from")]
    OtherSource {
        /// The record.
        id: RecordId,
        /// Its kind.
        kind: String,
    },
    /// There is no handle left below 2^32.
    #[error("the file has no free handles left")]
    NoHandles,
}

/// Why a drawing could not be written as a file of its own. No bytes were made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExportError {
    /// It can't be given handles.
    #[error("its records can't be given handles: {0}")]
    Mint(#[from] drawing::OpError),
    /// It can't be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

/// Writes `current`, an edited `original`, which was read from `source`: everything that nobody edited is copied byte
/// for byte. Without a source a new file is written.
///
/// # Errors
/// A new record that [`mint`] was not asked about, or a source that isn't the one.
pub fn save(source: Option<&[u8]>, original: &Drawing, current: &Drawing) -> Result<Saved, SaveError> {
    let Some(bytes) = source else { return fresh::new_file(current) };
    let changes = Changes::between(original, current);
    if changes.is_empty() {
        return Ok(Saved { bytes: bytes.to_vec(), changed: false, notes: Vec::new() });
    }
    let header = original.header();
    let (charset, _) = Charset::of(&header.version, &header.code_page, bytes);
    let mut saver = Saver {
        bytes,
        original,
        current,
        index: Index::of(bytes),
        manner: Manner::of(bytes, &header.version, charset),
        with_handles: mint::uses_handles(source, original),
        edits: Vec::new(),
        notes: Vec::new(),
        new_section: Vec::new(),
        free: FreeHandles::of(source, current),
        out_of_handles: false,
        check: known_names(charset, current),
        wrote_handles: false,
    };
    saver.write(&changes)?;
    saver.put_new_section();
    saver.patch_handseed();
    saver.close_what_was_cut_short();
    if saver.out_of_handles {
        return Err(SaveError::NoHandles);
    }
    let Saver { edits, notes, .. } = saver;
    let changed = !edits.is_empty();
    Ok(Saved { bytes: apply(bytes, 0, bytes.len(), edits), changed, notes })
}

/// Writes `current` as a file of its own, as [`save`] does, with handles for what has none yet.
///
/// # Errors
/// [`ExportError`], with what doesn't fit.
pub fn export(source: Option<&[u8]>, original: &Drawing, mut current: Drawing) -> Result<Saved, ExportError> {
    if let Some(op) = mint(source, original, &current) {
        current.apply(&op)?;
    }
    Ok(save(source, original, &current)?)
}

/// What differs between two drawings.
struct Changes<'d> {
    removed: Vec<&'d Record>,
    changed: Vec<(&'d Record, &'d Record)>,
    new: Vec<&'d Record>,
}

impl<'d> Changes<'d> {
    fn between(original: &'d Drawing, current: &'d Drawing) -> Changes<'d> {
        let mut changes = Changes { removed: Vec::new(), changed: Vec::new(), new: Vec::new() };
        // Comments are no part of a file.
        let mut before = original.records().filter(|record| !record.is_comment()).peekable();
        for record in current.records().filter(|record| !record.is_comment()) {
            while let Some(gone) = before.next_if(|before| before.id() < record.id()) {
                changes.removed.push(gone);
            }
            match before.next_if(|before| before.id() == record.id()) {
                Some(old) if old == record => {}
                Some(old) => changes.changed.push((old, record)),
                None => changes.new.push(record),
            }
        }
        changes.removed.extend(before);
        // Entities name tables by name, so a new name changes everything that uses it. Layouts stay as they are.
        let is_table = |record: &Record| !matches!(record, Record::Layout(_));
        let renamed = changes.changed.iter().any(|(old, new)| is_table(new) && name(old) != name(new));
        if renamed {
            let touched: std::collections::BTreeSet<_> = changes.changed.iter().map(|(_, new)| new.id()).collect();
            let rest = current.records().filter(|record| !touched.contains(&record.id()) && !record.is_comment());
            let rest = rest.filter_map(|record| Some((original.get(record.id())?, record)));
            changes.changed.extend(rest.collect::<Vec<_>>());
        }
        changes
    }

    fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.changed.is_empty() && self.new.is_empty()
    }
}

fn name(record: &Record) -> Option<&str> {
    match record {
        Record::Layer(record) => Some(&record.name),
        Record::Block(record) => Some(&record.name),
        Record::Linetype(record) => Some(&record.name),
        Record::TextStyle(record) => Some(&record.name),
        Record::Layout(record) => Some(&record.name),
        Record::Entity(_) | Record::Comment(_) | Record::Reply(_) => None,
    }
}

/// What reading an object again needs to find the same records by their names.
fn known_names(charset: Charset, current: &Drawing) -> Context {
    let mut context = Context::new(charset, current.id_max().0);
    for record in current.tables() {
        let names = match record {
            Record::Layer(_) => &mut context.layers,
            Record::Block(_) => &mut context.blocks,
            Record::Linetype(_) => &mut context.linetypes,
            Record::TextStyle(_) => &mut context.styles,
            Record::Entity(_) | Record::Layout(_) | Record::Comment(_) | Record::Reply(_) => continue,
        };
        names.know(record.id(), name(record).unwrap_or_default());
    }
    context
}

/// A save on its way.
struct Saver<'a> {
    bytes: &'a [u8],
    original: &'a Drawing,
    current: &'a Drawing,
    index: Index,
    manner: Manner,
    with_handles: bool,
    edits: Vec<Edit>,
    notes: Vec<String>,
    /// Entities of a file without an ENTITIES section.
    new_section: Vec<u8>,
    /// For vertices, attributes and the like, whose handles no record holds.
    free: FreeHandles,
    out_of_handles: bool,
    check: Context,
    wrote_handles: bool,
}

impl<'a> Saver<'a> {
    fn write(&mut self, changes: &Changes<'a>) -> Result<(), SaveError> {
        for record in &changes.removed {
            self.remove(record)?;
        }
        for (before, after) in &changes.changed {
            self.change(before, after)?;
        }
        for record in changes.new.iter().filter(|record| !matches!(record, Record::Entity(_))) {
            self.add_table_record(record)?;
        }
        let mut entities: Vec<&Entity> = changes
            .new
            .iter()
            .filter_map(|record| if let Record::Entity(entity) = record { Some(entity) } else { None })
            // A new block is written with what it holds.
            .filter(|entity| self.original.block(entity.owner).is_some())
            .collect();
        entities.sort_by_key(|entity| (entity.owner, entity.order, entity.id));
        for entity in entities {
            let bytes = self.new_entity(entity)?;
            self.put_into(entity, bytes);
        }
        let removed: Vec<&Record> = changes.removed.iter().copied().filter(|record| !tables::stays(record)).collect();
        if !removed.is_empty() {
            self.cut_references(&removed);
        }
        Ok(())
    }

    fn before(&self) -> Namer<'a> {
        Namer { drawing: self.original }
    }

    fn after(&self) -> Namer<'a> {
        Namer { drawing: self.current }
    }

    /// A handle for something that no record stands for.
    fn fresh_handle(&mut self) -> Option<drawing::Handle> {
        if !self.with_handles {
            return None;
        }
        self.wrote_handles = true;
        let handle = self.free.run(1);
        self.out_of_handles |= handle.is_none();
        handle.map(drawing::Handle)
    }

    /// A handle for a part of a record.
    fn part_handle(&mut self, run: &mut Run) -> Option<drawing::Handle> {
        if !self.with_handles {
            return None;
        }
        self.wrote_handles = true;
        run.next(&mut self.free).or_else(|| self.fresh_handle())
    }

    /// That a record which is written anew has its handle.
    fn require_handle(&mut self, record: &Record) -> Result<(), SaveError> {
        self.wrote_handles |= record.handle().is_some();
        if self.with_handles && record.handle().is_none() && record.source().is_none() {
            return Err(SaveError::NotMinted { id: record.id(), kind: record.kind().into() });
        }
        Ok(())
    }

    /// Puts the tags of a new entity at the end of what its owner has in the file.
    fn put_into(&mut self, entity: &Entity, bytes: Vec<u8>) {
        let owner: Option<&Block> = self.current.block(entity.owner);
        let in_entities =
            owner.is_none_or(|owner| owner.is_model_space() || owner.is_paper_space() && self.is_active_paper(owner));
        let at = if in_entities {
            self.index.entities_end
        } else {
            let begins = owner.and_then(|owner| owner.source).map(|source| source.start as usize);
            begins.and_then(|begins| self.index.endblks.get(&begins)).copied()
        };
        match at {
            Some(at) => self.edits.push(Edit::insert(at, bytes)),
            None if in_entities => self.new_section.extend_from_slice(&bytes),
            None => self.notes.push(format!("{} has no place in the file", entity.shape.kind())),
        }
    }

    /// Entities of a file that has no section for them.
    fn put_new_section(&mut self) {
        if self.new_section.is_empty() {
            return;
        }
        let mut section = Vec::new();
        self.frame(&[(0, "SECTION"), (2, "ENTITIES")], &mut section);
        section.append(&mut self.new_section);
        self.frame(&[(0, "ENDSEC")], &mut section);
        self.edits.push(Edit::insert(self.index.eof, section));
    }

    /// Ends a file that was cut short, if something was put where it ended: a last object without an end is not read.
    fn close_what_was_cut_short(&mut self) {
        let at = self.index.eof;
        if self.index.cut_short && self.edits.iter().any(|edit| edit.start == at && edit.end == at) {
            let mut end = Vec::new();
            self.frame(&[(0, "ENDSEC"), (0, "EOF")], &mut end);
            self.edits.push(Edit::insert(at, end));
        }
    }

    /// The paper space whose entities stand in the ENTITIES section: `*Paper_Space` without a number.
    fn is_active_paper(&self, block: &Block) -> bool {
        block.name.len() == "*Paper_Space".len()
    }

    fn frame(&self, tags: &[(i16, &str)], to: &mut Vec<u8>) {
        let tags: Vec<_> =
            tags.iter().map(|(code, value)| out::Out { code: *code, value: value.as_bytes().to_vec() }).collect();
        self.manner.write(&tags, to);
    }

    /// `$HANDSEED` above all that was written, if handles were.
    fn patch_handseed(&mut self) {
        if !self.wrote_handles {
            return;
        }
        let Some(seed) = self.free.seed().filter(|seed| *seed > self.original.header().handseed) else { return };
        if let Some(spot) = &self.index.handseed {
            self.edits.push(Edit { start: spot.start, end: spot.end, bytes: format!("{seed:X}").into_bytes() });
        } else if let Some(at) = self.index.header_end {
            let mut bytes = Vec::new();
            self.frame(&[(9, "$HANDSEED"), (5, &format!("{seed:X}"))], &mut bytes);
            self.edits.push(Edit::insert(at, bytes));
        }
    }
}
