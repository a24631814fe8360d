//! Reading: bytes to a drawing and findings, in one pass over the tags.

mod assemble;
mod context;
mod curves;
mod draw_order;
mod entity;
mod hatch;
mod header;
mod inserts;
mod lengths;
mod opaque;
mod polyline;
mod sections;
mod spaces;
mod tables;
mod texts;

use std::ops::ControlFlow;

use drawing::Drawing;

use crate::finding::{Finding, ReadError};
use crate::tag::AsciiTags;

pub(crate) use context::Context;
pub(crate) use hatch::Part;
pub(crate) use polyline::is_drawn_vertex;
pub(crate) use sections::read_one;

/// How far reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub done: u64,
    /// Bytes of the file.
    pub total: u64,
}

/// What a file gave.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The drawing; its records know their spans in the file.
    pub drawing: Drawing,
    /// What was wrong, in the order of the file; at most 500, and then one that counts the others.
    pub findings: Vec<Finding>,
}

/// Reads a DXF file. `progress` is called every few hundred kilobytes and can stop the reading.
///
/// Broken files give what could be read of them, with findings.
///
/// # Errors
/// Only where nothing can be read: an empty file, a binary DXF or DWG file, something else altogether, or a stop.
pub fn read(bytes: &[u8], progress: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<Reading, ReadError> {
    refuse_other_formats(bytes)?;
    sections::read_all(AsciiTags::new(bytes), bytes, progress)
}

fn refuse_other_formats(bytes: &[u8]) -> Result<(), ReadError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty);
    }
    if bytes.starts_with(b"AutoCAD Binary DXF") {
        return Err(ReadError::BinaryDxf);
    }
    // A DWG file begins with its version: `AC` and four letters or digits, mostly digits; a DXF file never does.
    if let Some(version) = bytes.get(..6)
        && (version.starts_with(b"AC1") || version.starts_with(b"AC2") || version.starts_with(b"MC0"))
        && !bytes.get(6).is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
    {
        return Err(ReadError::Dwg { version: String::from_utf8_lossy(version).into_owned() });
    }
    Ok(())
}
