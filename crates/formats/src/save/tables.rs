//! Records that aren't entities: patched, cut, written anew; and which way each kind of change goes.

use drawing::{Block, Handle, Record, Span};

use super::handles::Run;
use super::out::{Out, Outs};
use super::patch::{Edit, patch_object};
use super::{SaveError, Saver};
use crate::tag::Tag;

/// Sheets stay in the file when they are removed: the layout and its paper space name one another, and others name both.
pub(super) fn stays(record: &Record) -> bool {
    match record {
        Record::Layout(_) => true,
        Record::Block(block) => block.is_space(),
        _ => false,
    }
}

impl<'a> Saver<'a> {
    pub(super) fn remove(&mut self, record: &Record) -> Result<(), SaveError> {
        if stays(record) {
            let name = super::name(record).unwrap_or_default();
            self.notes.push(format!("the {} {name:?} stays in the file", record.kind()));
            return Ok(());
        }
        if let Some(span) = record.source() {
            self.require_span(record, span)?;
            let range = span.range();
            self.edits.push(Edit::cut(range.start, range.end));
        }
        if let Record::Block(Block { handle: Some(handle), .. }) = record
            && let Some((start, end)) = self.index.block_records.get(&handle.0)
        {
            self.edits.push(Edit::cut(*start, *end));
        }
        Ok(())
    }

    fn require_span(&self, record: &Record, span: Span) -> Result<(), SaveError> {
        let there = self.objects_in(span).is_some_and(|objects| objects[0][0].start as u64 == span.start);
        if there { Ok(()) } else { Err(SaveError::OtherSource { id: record.id(), kind: record.kind().into() }) }
    }

    pub(super) fn change(&mut self, before: &Record, after: &Record) -> Result<(), SaveError> {
        match (before, after) {
            (Record::Entity(old), Record::Entity(new)) => self.change_entity(old, new),
            (Record::Layer(old), Record::Layer(new)) if old.source.is_some() => {
                self.patch_record(after, old.source, &|saver, outs, is_before| {
                    let (namer, layer) = if is_before { (saver.before(), old) } else { (saver.after(), new) };
                    namer.layer_record(layer, None, None, outs);
                })
            }
            (Record::Linetype(old), Record::Linetype(new)) if old.source.is_some() => {
                self.patch_record(after, old.source, &|saver, outs, is_before| {
                    saver.after().linetype_record(if is_before { old } else { new }, None, outs);
                })
            }
            (Record::TextStyle(old), Record::TextStyle(new)) if old.source.is_some() => {
                self.patch_record(after, old.source, &|saver, outs, is_before| {
                    saver.after().text_style_record(if is_before { old } else { new }, None, outs);
                })
            }
            (Record::Block(old), Record::Block(new)) if old.source.is_some() => self.change_block(old, new, after),
            (Record::Layout(old), Record::Layout(new)) => {
                if old.name != new.name || old.tab_order != new.tab_order {
                    self.notes.push(format!("the layout {:?} stays as it is in the file", old.name));
                }
                Ok(())
            }
            // What the reader made for the file; it is written now that it says something of its own.
            _ if before != after => self.add_table_record(after),
            _ => Ok(()),
        }
    }

    /// Patches the first object of a span by what `tags` writes for the record before and after.
    fn patch_record(
        &mut self,
        record: &Record,
        span: Option<Span>,
        tags: &dyn Fn(&Saver<'a>, &mut Outs, bool),
    ) -> Result<(), SaveError> {
        let other = || SaveError::OtherSource { id: record.id(), kind: record.kind().into() };
        let objects = span.and_then(|span| self.objects_in(span)).ok_or_else(other)?;
        let file: &[Tag] = &objects[0];
        if file[0].trimmed() != record.kind().as_bytes() {
            return Err(other());
        }
        let mut manner = self.manner;
        manner.markers = file.iter().any(|tag| tag.own && tag.code == 100);
        let written = |is_before: bool| -> Vec<Out> {
            let mut outs = Outs::new(manner, Some(file));
            tags(self, &mut outs, is_before);
            outs.tags
        };
        let (before, after) = (written(true), written(false));
        let mut edits = Vec::new();
        patch_object(file, &before, &after, self.manner, &mut edits);
        self.edits.extend(edits);
        Ok(())
    }

    fn change_block(&mut self, old: &Block, new: &Block, record: &Record) -> Result<(), SaveError> {
        self.patch_record(record, old.source, &|saver, outs, is_before| {
            saver.after().block_begin(if is_before { old } else { new }, None, outs);
        })?;
        let spot = new.handle.and_then(|handle| self.index.block_records.get(&handle.0)).copied();
        if let (Some((start, end)), true) = (spot, old.name != new.name) {
            let span = Span { start: start as u64, len: (end - start) as u64 };
            let name = self.objects_in(span).and_then(|objects| {
                objects[0].iter().find(|tag| tag.own && tag.code == 2).map(|tag| (tag.value_start, tag.value.len()))
            });
            if let Some((start, len)) = name {
                let bytes = self.manner.charset.encode(&new.name);
                self.edits.push(Edit { start, end: start + len, bytes });
            }
        }
        Ok(())
    }

    pub(super) fn add_table_record(&mut self, record: &Record) -> Result<(), SaveError> {
        let (table, what) = match record {
            Record::Layer(layer) => (&b"LAYER"[..], &layer.name),
            Record::Linetype(linetype) => (&b"LTYPE"[..], &linetype.name),
            Record::TextStyle(style) => (&b"STYLE"[..], &style.name),
            Record::Block(block) if block.is_model_space() => return Ok(()),
            Record::Block(block) => (&b"BLOCK_RECORD"[..], &block.name),
            Record::Layout(layout) => {
                self.notes.push(format!("the layout {:?} is not written: that is not done yet", layout.name));
                return Ok(());
            }
            Record::Entity(entity) => {
                let bytes = self.new_entity(entity)?;
                self.put_into(entity, bytes);
                return Ok(());
            }
            Record::Comment(_) | Record::Reply(_) => return Ok(()),
        };
        self.require_handle(record)?;
        let spot = self.index.tables.get(table).cloned();
        let owner = spot.as_ref().and_then(|spot| spot.handle).map(Handle);
        let mut outs = Outs::new(self.manner, None);
        let namer = self.after();
        match record {
            Record::Layer(layer) => {
                let plot_style = self.index.plot_style.clone();
                namer.layer_record(layer, owner, plot_style.as_deref(), &mut outs);
            }
            Record::Linetype(linetype) => namer.linetype_record(linetype, owner, &mut outs),
            Record::TextStyle(style) => namer.text_style_record(style, owner, &mut outs),
            Record::Block(block) => {
                namer.block_record(block, owner, None, &mut outs);
                self.add_block(block)?;
            }
            Record::Entity(_) | Record::Layout(_) | Record::Comment(_) | Record::Reply(_) => {}
        }
        let mut bytes = Vec::new();
        self.manner.write(&outs.tags, &mut bytes);
        match spot {
            Some(spot) => self.edits.push(Edit::insert(spot.end, bytes)),
            // Files of R12 and before have no table of blocks, and get by without the others.
            None if table == b"BLOCK_RECORD" && !self.manner.markers => {}
            None => {
                let table = String::from_utf8_lossy(table);
                self.notes.push(format!("{what:?} is not written: the file has no {table} table"));
            }
        }
        Ok(())
    }

    fn add_block(&mut self, block: &Block) -> Result<(), SaveError> {
        let mut bytes = Vec::new();
        let mut run = Run::of(block.handle, block.source.is_some());
        let (begin, end) = (self.part_handle(&mut run), self.part_handle(&mut run));
        let mut outs = Outs::new(self.manner, None);
        self.after().block_begin(block, begin, &mut outs);
        self.manner.write(&outs.tags, &mut bytes);
        let parts: Vec<_> = self.current.entities_of(block.id).cloned().collect();
        for entity in parts.iter().filter(|entity| self.original.entity(entity.id).is_none()) {
            bytes.extend_from_slice(&self.new_entity(entity)?);
        }
        let mut outs = Outs::new(self.manner, None);
        self.after().block_end(block, end, &mut outs);
        self.manner.write(&outs.tags, &mut bytes);
        match self.index.blocks_end {
            Some(at) => self.edits.push(Edit::insert(at, bytes)),
            None => {
                self.notes.push(format!("the block {:?} is not written: the file has no BLOCKS section", block.name))
            }
        }
        Ok(())
    }
}
