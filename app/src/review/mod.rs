//! Looking back: a log replayed, what was found in it, and what of it is shown.

mod source;

pub use source::LogFile;
