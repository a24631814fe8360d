//! Drawings in and out of files without loss.
//!
//! Floor 2. [`read`] makes a [`drawing::Drawing`] of the bytes of a DXF file, with findings for what was wrong in it;
//! [`save`] gives those bytes back with only the tags changed that an edit changed. Deliberately absent: files and
//! paths (bytes come in and go out), pixels, time, panics on bad input.

mod charset;
mod finding;
mod info;
mod read;
mod save;
mod tag;

pub use finding::{Finding, Place, ReadError, Severity};
pub use info::{Info, Resolved, info};
pub use read::{Progress, Reading, read};
pub use save::{ExportError, SaveError, Saved, export, mint, save};
