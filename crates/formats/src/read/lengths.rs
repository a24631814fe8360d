//! How a drawing shows lengths: its header may say decimal while all of its dimensions are in feet and inches.

use std::collections::HashMap;

use drawing::{Header, LinearFormat};

use super::context::Context;
use super::tables::find;
use crate::finding::{Place, Severity};
use crate::tag::Tag;

/// Decimal places, or the power of two of the denominator, where a dimension style doesn't say.
const PRECISION: u8 = 4;

/// What a dimension style says of lengths.
#[derive(Debug, Clone, Copy)]
struct Style {
    format: LinearFormat,
    precision: u8,
}

/// Dimension styles and how often they are used, by their upper-case names.
#[derive(Debug, Default)]
pub(crate) struct Lengths {
    styles: HashMap<String, Style>,
    uses: HashMap<String, u64>,
}

impl Context {
    /// A DIMSTYLE record.
    pub fn read_dimension_style(&mut self, tags: &[Tag]) {
        let Some(name) = find(tags, 2) else { return };
        let integer = |code| find(tags, code).and_then(Tag::integer);
        // Group 270 is from before 2000.
        let format = match integer(277).or_else(|| integer(270)) {
            Some(1) => LinearFormat::Scientific,
            Some(3) => LinearFormat::Engineering,
            Some(4) => LinearFormat::Architectural,
            Some(5) => LinearFormat::Fractional,
            _ => LinearFormat::Decimal,
        };
        let precision = integer(271).map_or(PRECISION, |places| places.clamp(0, 8) as u8);
        let name = self.charset.decode(name.trimmed()).to_uppercase();
        self.lengths.styles.entry(name).or_insert(Style { format, precision });
    }

    /// That a dimension has the style of that name.
    pub fn use_dimension_style(&mut self, tag: &Tag) {
        let name = self.charset.decode(tag.trimmed()).to_uppercase();
        *self.lengths.uses.entry(name).or_insert(0) += 1;
    }

    /// Lets a header that says decimal say feet and inches where most dimensions do.
    pub fn settle_lengths(&mut self, header: &mut Header) {
        if header.linear_format != LinearFormat::Decimal {
            return;
        }
        let Lengths { styles, uses } = &self.lengths;
        let all: u64 = uses.values().sum();
        let in_feet = uses.iter().filter_map(|(name, count)| {
            let style = styles.get(name)?;
            let in_feet = matches!(style.format, LinearFormat::Engineering | LinearFormat::Architectural);
            in_feet.then_some((*count, name, *style))
        });
        // Of several, the one that is used most; by name where two are used alike, so that it is the same each time.
        let mut in_feet: Vec<_> = in_feet.collect();
        in_feet.sort_by(|(a, a_name, _), (b, b_name, _)| b.cmp(a).then(a_name.cmp(b_name)));
        let count: u64 = in_feet.iter().map(|(count, ..)| count).sum();
        if let Some((_, _, style)) = in_feet.first()
            && count * 2 > all
        {
            (header.linear_format, header.linear_precision) = (style.format, style.precision);
            let what = format!(
                "the header says decimal lengths, and the styles of {count} of {all} dimensions feet and inches"
            );
            self.findings.add(Severity::Note, Place::default(), what, "lengths are shown in feet and inches");
        }
    }
}
