//! What was typed, as a point, a number or a word.

use drawing::{Point, Vec2};

use crate::measure::parse_length;

/// What a prompt takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asked {
    /// A command's name: nothing runs.
    #[default]
    Command,
    /// A point; a number is a length in the pointer's direction.
    Point,
    /// A number; a point counts by its distance.
    Length,
    /// Whatever is typed, spaces too.
    Words,
}

/// What was typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A place in the drawing.
    Point(Point),
    /// A number that a [`Asked::Length`] prompt takes as it is.
    Number(f64),
    /// One of the options, or the name of a command.
    Word(String),
    /// Text to be taken as it is.
    Words(String),
    /// Nothing typed: the default.
    Accept,
    /// What was typed means nothing here; the words say what would.
    Wrong(&'static str),
}

/// Where an answer is measured from.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The last point, for `@` and for a number; none at the start of a command.
    pub last: Option<Point>,
    /// Where the pointer is, ortho and snaps applied: the direction of a number.
    pub pointer: Point,
    /// Drawing units of an inch.
    pub inch: f64,
}

/// Reads what was typed in answer to a prompt: `x,y`, `@dx,dy`, `d<a`, `@d<a`, a number, a word.
pub fn parse(text: &str, asked: Asked, options: &[&str], origin: Origin) -> Answer {
    if asked == Asked::Words {
        return if text.is_empty() { Answer::Accept } else { Answer::Words(text.to_owned()) };
    }
    let text = text.trim();
    if text.is_empty() {
        return Answer::Accept;
    }
    if asked == Asked::Command {
        return Answer::Word(text.to_uppercase());
    }
    if let Some(option) = option_of(text, options) {
        return Answer::Word(option.to_uppercase());
    }
    if let Some(point) = point_of(text, &origin) {
        return Answer::Point(point);
    }
    match parse_length(text, origin.inch) {
        Some(number) if asked == Asked::Length => Answer::Number(number),
        Some(number) => match origin.last {
            Some(last) => Answer::Point(along(last, origin.pointer, number)),
            None => Answer::Wrong("A point is x,y. A length alone needs a point before it"),
        },
        None if text.chars().all(char::is_alphabetic) => Answer::Word(text.to_uppercase()),
        None if asked == Asked::Length => Answer::Wrong("That is no number. Try 25.4 or 5'-3 1/2\""),
        None => Answer::Wrong("That is no point. Try x,y or @dx,dy or distance<angle"),
    }
}

/// The option that `text` begins or abbreviates, where exactly one does.
fn option_of<'a>(text: &str, options: &[&'a str]) -> Option<&'a str> {
    let starts = |option: &&&str| option.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    let mut found = options.iter().filter(starts);
    let first = found.next()?;
    found.next().is_none().then_some(*first)
}

fn point_of(text: &str, origin: &Origin) -> Option<Point> {
    let (relative, text) = match text.strip_prefix('@') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // Before the first point, @ counts from the origin, as CAD programs do.
    let last = origin.last.unwrap_or(Point::ZERO);
    if let Some((x, y)) = text.split_once(',') {
        let by = Vec2::new(parse_length(x, origin.inch)?, parse_length(y, origin.inch)?);
        return Some(if relative { last + by } else { by.to_point() });
    }
    let (distance, degrees) = text.split_once('<')?;
    let distance = parse_length(distance, origin.inch)?;
    let radians = parse_length(degrees, 1.0)?.to_radians();
    let by = Vec2::new(clean(distance * radians.cos()), clean(distance * radians.sin()));
    // `d<a` without @ counts from the last point too: from the origin it is hardly ever meant.
    Some(last + by)
}

/// Right angles come out exact: cos 90 degrees is not quite 0.
fn clean(value: f64) -> f64 {
    if value.abs() < 1e-9 { 0.0 } else { value }
}

/// `length` from `from` towards `to`; to the right where the two are one point.
fn along(from: Point, to: Point, length: f64) -> Point {
    let way = to - from;
    let reach = way.hypot();
    if reach > 0.0 { from + way * (length / reach) } else { from + Vec2::new(length, 0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, asked: Asked, options: &[&str], expect: Answer) {
        let origin = Origin { last: Some(Point::new(10.0, 10.0)), pointer: Point::new(10.0, 30.0), inch: 1.0 };
        let got = parse(text, asked, options, origin);
        let same = match (&got, &expect) {
            (Answer::Point(a), Answer::Point(b)) => (*a - *b).hypot() < 1e-9,
            (a, b) => a == b,
        };
        assert!(same, "{text:?}: {got:?}, not {expect:?}");
    }

    #[test]
    fn typed_answers() {
        let point = |x, y| Answer::Point(Point::new(x, y));
        check("3,4", Asked::Point, &[], point(3.0, 4.0));
        check("@3,4", Asked::Point, &[], point(13.0, 14.0));
        check("@-3,4", Asked::Point, &[], point(7.0, 14.0));
        check("@10<90", Asked::Point, &[], point(10.0, 20.0));
        check("10<45", Asked::Point, &[], point(10.0 + 50f64.sqrt(), 10.0 + 50f64.sqrt()));
        check("5", Asked::Point, &[], point(10.0, 15.0));
        check("-5", Asked::Point, &[], point(10.0, 5.0));
        check("5'-3 1/2\"", Asked::Point, &[], point(10.0, 73.5));
        check("1',2'", Asked::Point, &[], point(12.0, 24.0));
        check("5", Asked::Length, &[], Answer::Number(5.0));
        check("d", Asked::Length, &["Diameter"], Answer::Word("DIAMETER".into()));
        check("c", Asked::Point, &["Close", "Undo"], Answer::Word("CLOSE".into()));
        check("", Asked::Point, &[], Answer::Accept);
        check("move", Asked::Command, &[], Answer::Word("MOVE".into()));
        check(" a b ", Asked::Words, &[], Answer::Words(" a b ".into()));
        let no_point = Answer::Wrong("That is no point. Try x,y or @dx,dy or distance<angle");
        check("3,", Asked::Point, &[], no_point.clone());
        check("@", Asked::Point, &[], no_point.clone());
        check("10<", Asked::Point, &[], no_point);
        check("1;2", Asked::Length, &[], Answer::Wrong("That is no number. Try 25.4 or 5'-3 1/2\""));
    }

    #[test]
    fn a_length_needs_a_point_before_it() {
        let origin = Origin { last: None, pointer: Point::new(10.0, 30.0), inch: 1.0 };
        let wrong = Answer::Wrong("A point is x,y. A length alone needs a point before it");
        assert_eq!(parse("5", Asked::Point, &[], origin), wrong);
        assert_eq!(parse("@5,0", Asked::Point, &[], origin), Answer::Point(Point::new(5.0, 0.0)));
    }
}
