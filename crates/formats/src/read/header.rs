//! The HEADER section.

use drawing::{Header, LinearFormat, Point, Rect, Units, View};

use crate::tag::Tag;

/// Facts of the header that reading and saving need besides [`Header`].
#[derive(Debug, Clone, Default)]
pub(crate) struct HeaderFacts {
    pub header: Header,
    /// `$HANDLING`: 0 says that the file has no handles.
    pub handling: Option<i64>,
}

impl HeaderFacts {
    /// What a file without a header says.
    pub fn none() -> HeaderFacts {
        let header = Header {
            version: "AC1009".into(),
            code_page: String::new(),
            units: Units(0),
            linear_format: LinearFormat::Decimal,
            ..Header::default()
        };
        HeaderFacts { header, handling: None }
    }

    /// From the tags of the object `SECTION` whose name is HEADER. Values that aren't what they should be are as if
    /// they weren't there.
    pub fn of(tags: &[Tag]) -> HeaderFacts {
        let mut facts = HeaderFacts::none();
        let (mut min, mut max) = (Point::new(1.0, 1.0), Point::ZERO);
        let mut name: &[u8] = b"";
        for tag in tags {
            if tag.code == 9 {
                name = tag.trimmed();
                continue;
            }
            let header = &mut facts.header;
            let small = |top: i64| tag.integer().map_or(0, |value| value.clamp(0, top));
            match (name, tag.code) {
                (b"$ACADVER", 1) => header.version = text(tag),
                (b"$DWGCODEPAGE", 3) => header.code_page = text(tag),
                (b"$HANDSEED", 5) => header.handseed = tag.handle().unwrap_or(0),
                (b"$HANDLING", 70) => facts.handling = tag.integer(),
                (b"$INSUNITS", 70) => header.units = Units(small(i64::from(u16::MAX)) as u16),
                (b"$LUNITS", 70) => {
                    header.linear_format = match small(5) {
                        1 => LinearFormat::Scientific,
                        3 => LinearFormat::Engineering,
                        4 => LinearFormat::Architectural,
                        5 => LinearFormat::Fractional,
                        _ => LinearFormat::Decimal,
                    }
                }
                (b"$LUPREC", 70) => header.linear_precision = small(8) as u8,
                (b"$AUPREC", 70) => header.angular_precision = small(8) as u8,
                (b"$LTSCALE", 40) => {
                    header.linetype_scale = tag.number().filter(|scale| *scale > 0.0).unwrap_or(1.0);
                }
                (b"$PDMODE", 70) => header.point_mode = small(i64::from(i16::MAX)) as i16,
                (b"$PDSIZE", 40) => header.point_size = tag.number().unwrap_or(0.0) + 0.0,
                (b"$EXTMIN", 10) => min.x = tag.number().unwrap_or(1.0) + 0.0,
                (b"$EXTMIN", 20) => min.y = tag.number().unwrap_or(1.0) + 0.0,
                (b"$EXTMAX", 10) => max.x = tag.number().unwrap_or(0.0) + 0.0,
                (b"$EXTMAX", 20) => max.y = tag.number().unwrap_or(0.0) + 0.0,
                _ => {}
            }
        }
        // Programs write 1e20 and -1e20 for a drawing with nothing in it.
        if min.x <= max.x && min.y <= max.y && [min.x, min.y, max.x, max.y].iter().all(|value| value.abs() < 1e19) {
            facts.header.extents = Some(Rect::new(min.x, min.y, max.x, max.y));
        }
        facts
    }
}

fn text(tag: &Tag) -> String {
    String::from_utf8_lossy(tag.trimmed()).into_owned()
}

/// The view of a VPORT record, if it looks from above.
pub(crate) fn view_of(tags: &[Tag]) -> Option<View> {
    let number = |code: i16, without: f64| {
        tags.iter().find(|tag| tag.own && tag.code == code).map_or(Some(without), Tag::number)
    };
    let (dx, dy, dz) = (number(16, 0.0)?, number(26, 0.0)?, number(36, 1.0)?);
    if dx.abs() > 1e-9 || dy.abs() > 1e-9 || dz <= 0.0 {
        return None;
    }
    let center = Point::new(number(12, 0.0)? + number(17, 0.0)?, number(22, 0.0)? + number(27, 0.0)?);
    let height = number(40, 0.0)?;
    (height > 0.0 && center.x.is_finite() && center.y.is_finite()).then_some(View { center, height })
}
