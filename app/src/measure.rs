//! Lengths as people write them: decimal, and feet and inches where the drawing measures so. No widget, no drawing.

use drawing::{Header, LinearFormat, Units};

/// How many drawing units an inch is; lengths with `'` and `"` are turned into units by it.
pub fn units_of_inch(header: &Header) -> f64 {
    match (header.linear_format, header.units) {
        // These formats count in inches whatever the unit is called.
        (LinearFormat::Architectural | LinearFormat::Engineering, _) => 1.0,
        (_, Units(2)) => 1.0 / 12.0,
        (_, Units(4)) => 25.4,
        (_, Units(5)) => 2.54,
        (_, Units(6)) => 0.0254,
        (_, Units(10)) => 1.0 / 36.0,
        _ => 1.0,
    }
}

/// A length in drawing units, written as the drawing says.
pub fn length(header: &Header, value: f64) -> String {
    let places = usize::from(header.linear_precision.min(8));
    match header.linear_format {
        LinearFormat::Scientific => format!("{value:.places$E}"),
        LinearFormat::Decimal => decimal(value, places),
        LinearFormat::Engineering => {
            let (sign, feet, inches) = feet_and_inches(value, 10f64.powi(places as i32));
            format!("{sign}{feet}'-{inches:.places$}\"")
        }
        LinearFormat::Architectural => architectural(value, header.linear_precision),
        LinearFormat::Fractional => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", fraction(value.abs(), header.linear_precision))
        }
    }
}

/// Two lengths with a comma between: a place in the drawing.
pub fn point(header: &Header, at: drawing::Point) -> String {
    format!("{}, {}", length(header, at.x), length(header, at.y))
}

/// An angle in radians, written in degrees as the drawing says.
pub fn angle(header: &Header, radians: f64) -> String {
    let places = usize::from(header.angular_precision.clamp(1, 8));
    format!("{}°", decimal(radians.to_degrees(), places))
}

/// How large a drawing is shown, as plans say it, by how many of its units a millimetre of screen shows: `1:50`, `4:1`.
pub fn scale(header: &Header, units_per_mm: f64) -> String {
    let mm_per_unit = 25.4 / units_of_inch(header);
    let times = units_per_mm * mm_per_unit;
    if times <= 0.0 || !times.is_finite() {
        return String::new();
    }
    let digits = |value: f64| {
        let step = 10f64.powf(value.log10().floor() - 1.0);
        let rounded = (value / step).round() * step;
        if rounded < 10.0 { decimal(rounded, 1).trim_end_matches(".0").to_owned() } else { decimal(rounded, 0) }
    };
    // 0.96 is 1 as far as anybody sees.
    if times > 0.96 { format!("1:{}", digits(times)) } else { format!("{}:1", digits(1.0 / times)) }
}

fn decimal(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

/// Sign, whole feet, and inches rounded to `1 / steps`, which never reach 12.
fn feet_and_inches(value: f64, steps: f64) -> (&'static str, u64, f64) {
    let inches = (value.abs() * steps).round() / steps;
    let feet = (inches / 12.0).floor();
    let sign = if value < 0.0 && inches > 0.0 { "-" } else { "" };
    (sign, feet as u64, inches - feet * 12.0)
}

fn architectural(value: f64, precision: u8) -> String {
    let steps = f64::from(1u32 << precision.min(8));
    let (sign, feet, inches) = feet_and_inches(value, steps);
    let inches = fraction(inches, precision);
    if feet == 0 { format!("{sign}{inches}\"") } else { format!("{sign}{feet}'-{inches}\"") }
}

/// `3 1/2`: a positive number with its rest as a fraction over a power of two.
fn fraction(value: f64, precision: u8) -> String {
    let denominator = 1u64 << precision.min(8);
    let steps = (value * denominator as f64).round() as u64;
    let (whole, mut over) = (steps / denominator, steps % denominator);
    if over == 0 {
        return whole.to_string();
    }
    let mut under = denominator;
    while over % 2 == 0 {
        over /= 2;
        under /= 2;
    }
    if whole == 0 { format!("{over}/{under}") } else { format!("{whole} {over}/{under}") }
}

/// Reads a length: `12.5`, `1/2`, `3 1/2`, `5'`, `5'3`, `5'-3 1/2"`, `5'-3-1/2"`, `1e3`; `-` in front turns it round.
/// None where it is no length. `inch` is [`units_of_inch`].
pub fn parse_length(text: &str, inch: f64) -> Option<f64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if text.is_empty() || text.starts_with(['-', '+']) {
        return None;
    }
    let value = match text.split_once('\'') {
        Some((feet, rest)) => {
            let feet = parse_number(feet)?;
            let rest = rest.trim_start_matches(['-', ' ']).trim_end_matches('"').trim_end();
            let inches = if rest.is_empty() { 0.0 } else { parse_mixed(rest)? };
            (feet * 12.0 + inches) * inch
        }
        None => match text.strip_suffix('"') {
            Some(inches) => parse_mixed(inches)? * inch,
            None => parse_mixed(text)?,
        },
    };
    value.is_finite().then_some(sign * value)
}

/// `3`, `3.5`, `1/2`, `3 1/2`, `3-1/2`.
fn parse_mixed(text: &str) -> Option<f64> {
    let Some((before, under)) = text.split_once('/') else { return parse_number(text) };
    let (whole, over) = match before.rsplit_once([' ', '-']) {
        Some((whole, over)) => (parse_number(whole.trim_end_matches(['-', ' ']))?, over),
        None => (0.0, before),
    };
    let under = parse_number(under)?;
    (under != 0.0).then_some(whole + parse_number(over)? / under)
}

fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let looks_so = text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    if looks_so { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(format: LinearFormat, precision: u8) -> Header {
        Header { linear_format: format, linear_precision: precision, ..Header::default() }
    }

    #[test]
    fn lengths_are_written_as_the_drawing_says() {
        use LinearFormat::*;
        for (format, precision, value, expect) in [
            (Decimal, 2, 12.345, "12.35"),
            (Decimal, 2, -0.001, "0.00"),
            (Architectural, 4, 148.5, "12'-4 1/2\""),
            (Architectural, 4, 36.0, "3'-0\""),
            (Architectural, 4, 3.25, "3 1/4\""),
            (Architectural, 1, 11.9, "1'-0\""),
            (Architectural, 4, -63.5, "-5'-3 1/2\""),
            (Engineering, 2, 63.5, "5'-3.50\""),
            (Fractional, 4, 15.5, "15 1/2"),
            (Scientific, 2, 15.5, "1.55E1"),
        ] {
            assert_eq!(length(&header(format, precision), value), expect, "{format:?} {value}");
        }
    }

    #[test]
    fn scales_are_written_as_plans_say_them() {
        use LinearFormat::*;
        let metres = Header { units: Units(6), ..header(Decimal, 2) };
        for (header, units_per_mm, expect) in [
            (header(Decimal, 2), 50.0, "1:50"),
            (header(Decimal, 2), 1.0, "1:1"),
            (header(Decimal, 2), 0.25, "4:1"),
            (header(Decimal, 2), 1234.0, "1:1200"),
            (metres, 0.1, "1:100"),
            (header(Architectural, 4), 48.0 / 25.4, "1:48"),
        ] {
            assert_eq!(scale(&header, units_per_mm), expect, "{header:?}");
        }
    }

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, inch, expect) in [
            ("12.5", 1.0, Some(12.5)),
            ("-12.5", 1.0, Some(-12.5)),
            ("1e3", 1.0, Some(1000.0)),
            ("1/2", 1.0, Some(0.5)),
            ("3 1/2", 1.0, Some(3.5)),
            ("5'", 1.0, Some(60.0)),
            ("5'3", 1.0, Some(63.0)),
            ("5'-3 1/2\"", 1.0, Some(63.5)),
            ("5'-3-1/2\"", 1.0, Some(63.5)),
            ("-5'-3 1/2\"", 1.0, Some(-63.5)),
            ("1\"", 25.4, Some(25.4)),
            ("2'", 0.5, Some(12.0)),
            ("", 1.0, None),
            ("--3", 1.0, None),
            ("wall", 1.0, None),
            ("1/0", 1.0, None),
            ("inf", 1.0, None),
            ("nan", 1.0, None),
        ] {
            assert_eq!(parse_length(text, inch), expect, "{text}");
        }
    }
}
