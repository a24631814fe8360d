//! Names that every drawing needs as they are, and names that no file can hold.

use crate::op::OpError;
use crate::record::{Block, Record};

impl Record {
    /// Its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        name(self)
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

/// Whether programs that read the file take it for given that this record is there under its name.
fn is_fixed(record: &Record) -> bool {
    match record {
        Record::Layer(layer) => layer.name == "0",
        Record::Block(block) => Block::is_space(block),
        Record::TextStyle(style) => style.name.eq_ignore_ascii_case("Standard"),
        Record::Entity(_) | Record::Linetype(_) | Record::Layout(_) | Record::Comment(_) | Record::Reply(_) => false,
    }
}

/// A name is one line that says something.
fn check_sound(record: &Record) -> Result<(), OpError> {
    match name(record) {
        Some(name) if name.trim().is_empty() || name.chars().any(char::is_control) => {
            Err(OpError::BadName { id: record.id(), name: name.into() })
        }
        _ => Ok(()),
    }
}

/// A record that is put must have a sound name. What came from the file may have any: its removal can be taken back.
pub(crate) fn check_new(record: &Record) -> Result<(), OpError> {
    if record.source().is_some() { Ok(()) } else { check_sound(record) }
}

/// What has a fixed name keeps it, and nothing else takes one.
pub(crate) fn check_renamed(before: &Record, after: &Record) -> Result<(), OpError> {
    let (Some(old), Some(new)) = (name(before), name(after)) else { return Ok(()) };
    if old == new {
        return Ok(());
    }
    if (is_fixed(before) || is_fixed(after)) && !old.eq_ignore_ascii_case(new) {
        return Err(OpError::Fixed { id: before.id(), name: old.into() });
    }
    check_sound(after)
}

/// Layer 0 and model space can't go. The style `Standard` can where nothing uses it, since the paste that brought it can
/// be taken back; so can a paper space, with its layout.
pub(crate) fn check_removed(record: &Record) -> Result<(), OpError> {
    let needed = match record {
        Record::Layer(_) => is_fixed(record),
        Record::Block(block) => block.is_model_space(),
        _ => false,
    };
    if needed {
        return Err(OpError::Fixed { id: record.id(), name: name(record).unwrap_or_default().into() });
    }
    Ok(())
}
