//! Handles for what has none yet.

use drawing::{Drawing, Handle, Op, Record, RecordId};

/// The highest handle that DXF files may use.
const HANDLE_MAX: u64 = u32::MAX as u64;

/// The op that gives a handle to each record that a saved file would have to name and that has none: what was made
/// since the file was read, and with no `source` everything. None if nothing needs one, or if the file has no handles
/// at all (R12 and before may not).
///
/// Handles are given in the order of the ids, above `$HANDSEED`, every handle seen in the file, and every one minted
/// before.
pub fn mint(source: Option<&[u8]>, original: &Drawing, current: &Drawing) -> Option<Op> {
    if !uses_handles(source, original) {
        return None;
    }
    let wanting: Vec<RecordId> = current
        .records()
        .filter(|record| record.handle().is_none() && is_written(source, original, record))
        .map(Record::id)
        .collect();
    let first = first_free(current);
    if first + wanting.len() as u64 > HANDLE_MAX {
        return None;
    }
    let handles: Vec<_> = wanting.into_iter().zip((first..).map(Handle)).collect();
    (!handles.is_empty()).then_some(Op::Mint(handles))
}

/// Whether a file's objects have handles.
pub(crate) fn uses_handles(source: Option<&[u8]>, original: &Drawing) -> bool {
    let header = original.header();
    source.is_none() || &*header.version >= "AC1012" || header.highest_handle > 0
}

/// Whether saving writes a record anew, tags and all: what isn't in the file, if it was made or changed since.
pub(crate) fn is_written(source: Option<&[u8]>, original: &Drawing, record: &Record) -> bool {
    match original.get(record.id()) {
        _ if source.is_none() => true,
        None => true,
        Some(before) => !has_source(record) && before != record && can_be_written(record),
    }
}

/// Layouts of old files are made by the reader; there is no place for them there.
fn can_be_written(record: &Record) -> bool {
    !matches!(record, Record::Layout(_))
}

fn has_source(record: &Record) -> bool {
    let source = match record {
        Record::Entity(record) => record.source,
        Record::Layer(record) => record.source,
        Record::Block(record) => record.source,
        Record::Linetype(record) => record.source,
        Record::TextStyle(record) => record.source,
        Record::Layout(record) => record.source,
    };
    source.is_some()
}

/// The first handle that nothing has or had.
pub(crate) fn first_free(current: &Drawing) -> u64 {
    let header = current.header();
    // A seed near the top would leave no room; such ones are mistakes.
    let seed = Some(header.handseed).filter(|seed| *seed <= HANDLE_MAX - (1 << 20)).unwrap_or(0);
    let minted =
        current.records().filter_map(Record::handle).map(|handle| handle.0).filter(|handle| *handle <= HANDLE_MAX);
    let above = minted.max().unwrap_or(0).max(header.highest_handle) + 1;
    seed.max(above).max(1)
}
