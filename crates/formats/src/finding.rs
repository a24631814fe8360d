//! What a reader has to say about a file, and why it may not be able to read it at all.

use drawing::Handle;
use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The drawing shows what the file meant.
    Note,
    /// Something was repaired; it may show.
    Repaired,
    /// Something of the file is not shown.
    Lost,
}

/// Where in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Place {
    /// The line, from 1; none where the finding is about the whole.
    pub line: Option<u64>,
    /// The offset of a byte.
    pub byte: Option<u64>,
    /// The handle of the object.
    pub handle: Option<Handle>,
}

/// One thing that was wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What was found.
    pub what: String,
    /// What became of it.
    pub kept: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.place.line {
            write!(f, "line {line}: ")?;
        } else if let Some(byte) = self.place.byte {
            write!(f, "byte {byte}: ")?;
        }
        write!(f, "{}", self.what)?;
        if let Some(handle) = self.place.handle {
            write!(f, " (handle {:X})", handle.0)?;
        }
        write!(f, "; {}", self.kept)
    }
}

/// A bounded list of findings.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    more: u64,
}

impl Findings {
    /// How many are kept; of the others only the number is told.
    pub const MAX: usize = 500;

    pub fn add(&mut self, severity: Severity, place: Place, what: impl Into<String>, kept: impl Into<String>) {
        if self.list.len() < Findings::MAX {
            self.list.push(Finding { severity, place, what: what.into(), kept: kept.into() });
        } else {
            self.more += 1;
        }
    }

    /// Counts findings that somebody else left out already.
    pub fn add_left_out(&mut self, count: u64) {
        self.more += count;
    }

    /// The list, closed by one that tells how many are not in it.
    pub fn into_list(mut self) -> Vec<Finding> {
        if self.more > 0 {
            self.list.push(Finding {
                severity: Severity::Note,
                place: Place::default(),
                what: format!("{} more findings", self.more),
                kept: "they are not listed".into(),
            });
        }
        self.list
    }
}

/// Why nothing of a file could be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// A binary DXF file.
    #[error("binary DXF is not read yet; save it as ASCII DXF in the program it comes from")]
    BinaryDxf,
    /// A DWG file.
    #[error("this is a DWG file ({version}); Linework reads DXF, so save it as DXF in the program it comes from")]
    Dwg {
        /// Its version, such as `AC1032`.
        version: String,
    },
    /// Something else.
    #[error("this is not a DXF file: no section and no entity was found in it")]
    NotDxf,
    /// The caller asked to stop.
    #[error("reading was cancelled")]
    Cancelled,
    /// What was read does not make a drawing: a fault in this reader, told instead of a panic.
    #[error("the records of the file do not make a drawing: {0}")]
    Unsound(#[from] drawing::OpError),
}
