//! What moves and turns with a shape without being part of it: the place that an embedded object repeats, the frame of a
//! fitted polyline, the ends of a spline, the angle that a hatch was made with.

use drawing::{Attribute, Entity, Hatch, HatchFill, Point3, Shape, Vertex};

use super::Saver;
use super::out::Outs;
use super::patch::Edit;
use crate::tag::Tag;

/// Points are told apart by more than this part of their coordinates.
const CLOSE: f64 = 1e-9;

/// A move and a turn: what takes points to where they are now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    from: Point3,
    to: Point3,
    /// The cosine and the sine of the turn.
    turn: (f64, f64),
}

impl Motion {
    /// What took each of `old` to `new`, if one motion did.
    pub fn of(old: &[Point3], new: &[Point3]) -> Option<Motion> {
        let (from, to) = (*old.first()?, *new.first()?);
        let moved = Motion { from, to, turn: (1.0, 0.0) };
        if old.len() != new.len() {
            return None;
        }
        if moved.takes(old, new) {
            return Some(moved);
        }
        let distance = |point: &Point3| (point.x - from.x).hypot(point.y - from.y);
        let far = (0..old.len()).max_by(|a, b| distance(&old[*a]).total_cmp(&distance(&old[*b])))?;
        let (a, b) = (old[far] - from, new[far] - to);
        let square = a.x * a.x + a.y * a.y;
        let rounded = |value: f64| if value.abs() < 1e-14 { 0.0 } else { value };
        let turn = (rounded((b.x * a.x + b.y * a.y) / square), rounded((b.y * a.x - b.x * a.y) / square));
        let turned = Motion { from, to, turn };
        let rigid = (turn.0.hypot(turn.1) - 1.0).abs() < CLOSE;
        (square > 0.0 && rigid && turned.takes(old, new)).then_some(turned)
    }

    fn takes(&self, old: &[Point3], new: &[Point3]) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= CLOSE * b.abs().max(1.0);
        old.iter().zip(new).all(|(old, new)| {
            let there = self.point(*old);
            close(there.x, new.x) && close(there.y, new.y) && close(there.z, new.z)
        })
    }

    fn is_move(&self) -> bool {
        self.turn == (1.0, 0.0)
    }

    /// Where it takes a direction.
    fn way(&self, way: Point3) -> Point3 {
        let (cos, sin) = self.turn;
        Point3::new(way.x * cos - way.y * sin, way.x * sin + way.y * cos, way.z)
    }

    /// Where it takes a point.
    fn point(&self, point: Point3) -> Point3 {
        if self.is_move() { point + (self.to - self.from) } else { self.to + self.way(point - self.from) }
    }
}

/// What took the corners of a polyline to where they are.
pub(super) fn motion_of(old: &[Vertex], new: &[Vertex]) -> Option<Motion> {
    let places = |vertices: &[Vertex]| vertices.iter().map(|vertex| vertex.at).collect::<Vec<_>>();
    Motion::of(&places(old), &places(new))
}

impl<'a> Saver<'a> {
    /// The edits in the first object of an entity by which what isn't modelled follows it.
    pub(super) fn follow(&self, before: &Entity, after: &Entity, tags: &[Tag<'a>], edits: &mut Vec<Edit>) {
        match (&before.shape, &after.shape) {
            (Shape::MText(old), Shape::MText(new)) => {
                self.follow_repeated(tags, new.at - old.at, (old.rotation_deg, new.rotation_deg), edits);
            }
            (Shape::Spline(old), Shape::Spline(new)) => {
                let motion = Motion::of(&old.controls, &new.controls).or_else(|| Motion::of(&old.fit, &new.fit));
                if let Some(motion) = motion.filter(|motion| !motion.is_move()) {
                    // The directions at its ends.
                    [12, 13].into_iter().for_each(|code| self.take(tags, code, &|way| motion.way(way), edits));
                }
            }
            (Shape::Hatch(old), Shape::Hatch(new)) => {
                let turn_deg = turn_of(old, new);
                let angle = tags.iter().find(|tag| tag.own && tag.code == 52);
                if let (Some(tag), true) = (angle, turn_deg != 0.0) {
                    self.add_to(tag, turn_deg, edits);
                }
            }
            _ => {}
        }
    }

    /// A control point of the frame of a fitted polyline goes where the polyline goes.
    pub(super) fn take_vertex(&self, tags: &[Tag<'a>], motion: &Motion, edits: &mut Vec<Edit>) {
        self.take(tags, 10, &|point| motion.point(point), edits);
    }

    /// Takes the point of the own tags `code`, `code + 10`, `code + 20` elsewhere.
    fn take(&self, tags: &[Tag<'a>], code: i16, way: &dyn Fn(Point3) -> Point3, edits: &mut Vec<Edit>) {
        let find = |code: i16| tags.iter().find(|tag| tag.own && tag.code == code);
        let number = |code: i16| find(code).and_then(Tag::number).unwrap_or(0.0);
        let there = Point3::new(number(code), number(code + 10), number(code + 20));
        let goes = way(there);
        for (code, was, is) in [(code, there.x, goes.x), (code + 10, there.y, goes.y), (code + 20, there.z, goes.z)] {
            if let (Some(tag), true) = (find(code), was != is) {
                self.set(tag, is, edits);
            }
        }
    }

    /// Where a text stands and which way it runs is repeated in its embedded object. For an MTEXT group 11 is the place
    /// and group 10 the way; for an attribute of several lines it is the other way round, and a second group 11 before
    /// the embedded object repeats the place too.
    fn follow_repeated(&self, tags: &[Tag<'a>], step: Point3, (old_deg, new_deg): (f64, f64), edits: &mut Vec<Edit>) {
        let Some(first) = tags.first() else { return };
        let attribute = first.trimmed() == b"ATTRIB";
        let turns = old_deg != new_deg;
        let mut embedded = false;
        for tag in tags.iter().filter(|tag| !tag.own) {
            let (digit, tens) = (tag.code % 10, tag.code / 10);
            match tag.code {
                101 => embedded = true,
                1000.. => break,
                10 | 11 | 20 | 21 | 30 | 31 => {
                    let is_place = if embedded { (digit == 0) == attribute } else { attribute && digit == 1 };
                    if is_place {
                        self.add_to(tag, [step.x, step.y, step.z][tens as usize - 1], edits);
                    } else if embedded && turns && tens < 3 {
                        let (sin, cos) = upright_sin_cos(new_deg);
                        self.set(tag, if tens == 1 { cos } else { sin }, edits);
                    }
                }
                50 if attribute && embedded && turns => self.add_to(tag, new_deg - old_deg, edits),
                _ => {}
            }
        }
    }

    /// The same for an attribute. What it says in several lines is not modelled: a change of that is told.
    pub(super) fn follow_attribute(
        &mut self,
        old: &Attribute,
        new: &Attribute,
        tags: &[Tag<'a>],
        edits: &mut Vec<Edit>,
    ) {
        let place = |each: &Attribute| each.text.align_at.unwrap_or(each.text.at);
        let angles = (old.text.rotation_deg, new.text.rotation_deg);
        self.follow_repeated(tags, place(new) - place(old), angles, edits);
        let same = old.text.value == new.text.value && old.text.height == new.text.height;
        if !same && tags.iter().any(|tag| !tag.own && tag.code == 101) {
            self.notes.push(format!("the lines of the attribute {:?} stay as they are in the file", new.tag));
        }
    }

    fn add_to(&self, tag: &Tag<'a>, by: f64, edits: &mut Vec<Edit>) {
        if let (Some(number), true) = (tag.number(), by != 0.0) {
            self.set(tag, number + by, edits);
        }
    }

    fn set(&self, tag: &Tag<'a>, value: f64, edits: &mut Vec<Edit>) {
        if tag.number() == Some(value) {
            return;
        }
        let mut outs = Outs::new(self.manner, None);
        outs.number(tag.code, value);
        let (start, end) = (tag.value_start, tag.value_start + tag.value.len());
        edits.extend(outs.tags.pop().map(|out| Edit { start, end, bytes: out.value }));
    }
}

/// By how many degrees all lines of a pattern were turned; 0 if not by the same.
fn turn_of(old: &Hatch, new: &Hatch) -> f64 {
    let (HatchFill::Pattern { lines: old, .. }, HatchFill::Pattern { lines: new, .. }) = (&old.fill, &new.fill) else {
        return 0.0;
    };
    let turns: Vec<f64> = old.iter().zip(new).map(|(old, new)| new.0 - old.0).collect();
    let turn_deg = turns.first().copied().unwrap_or(0.0);
    let same = old.len() == new.len() && turns.iter().all(|each| (each - turn_deg).abs() < CLOSE);
    if same { turn_deg } else { 0.0 }
}

/// Sine and cosine of an angle; those of right angles are whole.
pub(super) fn upright_sin_cos(angle_deg: f64) -> (f64, f64) {
    let (sin, cos) = angle_deg.to_radians().sin_cos();
    let rounded = |value: f64| if value.abs() < 1e-15 { 0.0 } else { value };
    (rounded(sin), rounded(cos))
}
