//! Handles for what has none yet.

use drawing::{Drawing, Handle, Op, PolylineForm, Record, Shape};

use super::handles::FreeHandles;

/// The op that gives a handle to each record that a saved file would have to name and that has none: what was made
/// since the file was read, and with no `source` everything. None if nothing needs one, or if the file has no handles
/// at all (R12 and before may not).
///
/// Handles are given in the order of the ids, above `$HANDSEED`, every handle seen in the file, and every one minted
/// before, be its record there or not; where that leaves no room, in gaps. A record whose objects are several (a POLYLINE
/// with its vertices) gets the last handle of a run: the others stay free for them, the same in each save.
pub fn mint(source: Option<&[u8]>, original: &Drawing, current: &Drawing) -> Option<Op> {
    if !uses_handles(source, original) {
        return None;
    }
    let wanting = current.records().filter(|record| record.handle().is_none() && is_written(source, original, record));
    let mut free: Option<FreeHandles> = None;
    let mut handles = Vec::new();
    for record in wanting {
        let free = free.get_or_insert_with(|| FreeHandles::of(source, current));
        let parts = parts_of(record, source.is_none() || &*original.header().version >= "AC1014");
        let first = free.run(parts + 1)?;
        handles.push((record.id(), Handle(first + parts)));
    }
    (!handles.is_empty()).then_some(Op::Mint(handles))
}

/// How many objects of a record have handles besides the one that it is known by.
fn parts_of(record: &Record, light_polylines: bool) -> u64 {
    match record {
        // BLOCK and ENDBLK.
        Record::Block(_) => 2,
        Record::Entity(entity) => match &entity.shape {
            Shape::Polyline(polyline) if polyline.form != PolylineForm::Light || !light_polylines => {
                polyline.vertices.len() as u64 + 1
            }
            Shape::Insert(insert) if !insert.attributes.is_empty() => insert.attributes.len() as u64 + 1,
            _ => 0,
        },
        _ => 0,
    }
}

/// Whether a file's objects have handles.
pub(crate) fn uses_handles(source: Option<&[u8]>, original: &Drawing) -> bool {
    let header = original.header();
    source.is_none() || &*header.version >= "AC1012" || header.highest_handle > 0
}

/// Whether saving writes a record anew, tags and all: what isn't in the file, if it was made or changed since.
pub(crate) fn is_written(source: Option<&[u8]>, original: &Drawing, record: &Record) -> bool {
    match original.get(record.id()) {
        _ if record.is_comment() => false,
        _ if source.is_none() => true,
        None => true,
        Some(before) => record.source().is_none() && before != record && can_be_written(record),
    }
}

/// Layouts of old files are made by the reader; there is no place for them there.
fn can_be_written(record: &Record) -> bool {
    !matches!(record, Record::Layout(_))
}
