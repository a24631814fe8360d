//! Facts about a drawing as a whole, as its file's header gives them. They are read, hashed and kept; ops change only
//! which handle was given out last.

use geometry::{Point, Rect};
use serde::{Deserialize, Serialize};

/// What one drawing unit is: `$INSUNITS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Units(
    /// The code of the DXF reference: 0 none, 1 inches, 2 feet, 4 millimetres, 5 centimetres, 6 metres, ...
    pub u16,
);

/// How lengths are shown to people: `$LUNITS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum LinearFormat {
    /// 1.55E+01
    Scientific,
    /// 15.50
    #[default]
    Decimal,
    /// 1'-3.50" (units are inches)
    Engineering,
    /// 1'-3 1/2" (units are inches)
    Architectural,
    /// 15 1/2
    Fractional,
}

/// A view of a drawing from above.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The middle, in drawing units.
    pub center: Point,
    /// Drawing units from bottom to top; over 0.
    pub height: f64,
}

/// Facts about a drawing as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// `$ACADVER`, such as `AC1015`; a new drawing is `AC1032`.
    pub version: String,
    /// `$HANDSEED`: handles from here on were free when the file was written; 0 where it doesn't say.
    pub handseed: u64,
    /// The highest handle seen anywhere in the file, in objects that the program doesn't read too.
    pub highest_handle: u64,
    /// `$DWGCODEPAGE`, such as `ANSI_1252`; empty where the file doesn't say.
    pub code_page: String,
    /// What one drawing unit is.
    pub units: Units,
    /// How lengths are shown.
    pub linear_format: LinearFormat,
    /// Decimal places, or the power of two of the denominator, that lengths are shown with: `$LUPREC`, 0 to 8.
    pub linear_precision: u8,
    /// Decimal places of angles: `$AUPREC`, 0 to 8.
    pub angular_precision: u8,
    /// Stretches every linetype: `$LTSCALE`; over 0.
    pub linetype_scale: f64,
    /// `$EXTMIN` and `$EXTMAX` where they say something; they are often out of date.
    pub extents: Option<Rect>,
    /// The `*Active` viewport of model space.
    pub active_view: Option<View>,
    /// `$PDMODE`: how points are marked.
    pub point_mode: i16,
    /// `$PDSIZE`: how big points are marked: 0 = 5 % of the view's height, over 0 = units, below 0 = % of the view.
    pub point_size: f64,
    /// The handle that was given out last, 0 before any was. Ops alone change it, and what is removed leaves it as it
    /// is, so that no handle is given out twice. No part of the drawing's hash or of whether two drawings are equal:
    /// logs from before it was kept have the hashes that they had.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub last_minted: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Header {
    /// What the file says: all but what ops change.
    pub(crate) fn as_read(&self) -> Header {
        Header { last_minted: 0, ..self.clone() }
    }
}

impl Default for Header {
    fn default() -> Header {
        Header {
            version: "AC1032".into(),
            handseed: 0,
            highest_handle: 0,
            code_page: "ANSI_1252".into(),
            units: Units(4),
            linear_format: LinearFormat::Decimal,
            linear_precision: 4,
            angular_precision: 0,
            linetype_scale: 1.0,
            extents: None,
            active_view: None,
            point_mode: 0,
            point_size: 0.0,
            last_minted: 0,
        }
    }
}
