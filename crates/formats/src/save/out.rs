//! Tags on their way out, and how the file that they go to is written.

use std::fmt::Write as _;

use drawing::{Extrusion, Handle, Point, Point3};

use crate::charset::Charset;
use crate::tag::Tag;

/// A tag to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Out {
    pub code: i16,
    pub value: Vec<u8>,
}

/// How a file writes its tags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Group codes are padded to three places.
    pub padded: bool,
    /// What ends a line.
    pub ending: &'static [u8],
    pub charset: Charset,
    /// From AC1012 on, objects have subclass markers (100) and owners (330).
    pub markers: bool,
    /// From AC1014 on, there is LWPOLYLINE.
    pub light_polylines: bool,
}

impl Manner {
    /// That of a file.
    pub fn of(bytes: &[u8], version: &str, charset: Charset) -> Manner {
        let at = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
        let ending: &[u8] = match bytes.get(at..) {
            Some([b'\r', b'\n', ..]) => b"\r\n",
            Some([b'\r', ..]) => b"\r",
            _ => b"\n",
        };
        let first = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Manner {
            padded: first.starts_with(b"  0"),
            ending,
            charset,
            markers: version >= "AC1012",
            light_polylines: version >= "AC1014",
        }
    }

    /// Writes tags as this file does.
    pub fn write(self, tags: &[Out], to: &mut Vec<u8>) {
        for tag in tags {
            let code = if self.padded { format!("{:>3}", tag.code) } else { tag.code.to_string() };
            to.extend_from_slice(code.as_bytes());
            to.extend_from_slice(self.ending);
            to.extend_from_slice(&tag.value);
            to.extend_from_slice(self.ending);
        }
    }
}

/// Collects the tags of one object.
pub(crate) struct Outs<'s> {
    pub tags: Vec<Out>,
    pub manner: Manner,
    /// The object as it is in the file, where it is: flags that Linework doesn't know come from there.
    pub source: Option<&'s [Tag<'s>]>,
}

impl<'s> Outs<'s> {
    pub fn new(manner: Manner, source: Option<&'s [Tag<'s>]>) -> Outs<'s> {
        Outs { tags: Vec::new(), manner, source }
    }

    /// A value that is ASCII.
    pub fn plain(&mut self, code: i16, value: &str) {
        self.tags.push(Out { code, value: value.as_bytes().to_vec() });
    }

    /// A text in the file's encoding.
    pub fn text(&mut self, code: i16, value: &str) {
        self.tags.push(Out { code, value: self.manner.charset.encode(value) });
    }

    pub fn integer(&mut self, code: i16, value: i64) {
        self.plain(code, &value.to_string());
    }

    pub fn handle(&mut self, code: i16, handle: Handle) {
        self.plain(code, &format!("{:X}", handle.0));
    }

    /// A number by the fewest digits that give it back.
    pub fn number(&mut self, code: i16, value: f64) {
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = write!(text, "{:?}", value + 0.0);
        self.plain(code, &text);
    }

    /// A number that is left out where it is what readers take without it.
    pub fn number_unless(&mut self, code: i16, value: f64, default: f64) {
        if value != default {
            self.number(code, value);
        }
    }

    pub fn integer_unless(&mut self, code: i16, value: i64, default: i64) {
        if value != default {
            self.integer(code, value);
        }
    }

    /// A point in space by the code of its x.
    pub fn point(&mut self, code: i16, point: Point3) {
        self.number(code, point.x);
        self.number(code + 10, point.y);
        self.number(code + 20, point.z);
    }

    /// A point of the plane.
    pub fn flat(&mut self, code: i16, point: Point) {
        self.number(code, point.x);
        self.number(code + 10, point.y);
    }

    pub fn extrusion(&mut self, extrusion: Extrusion) {
        if !extrusion.is_up() {
            let n = extrusion.0;
            [(210, n.x), (220, n.y), (230, n.z)].into_iter().for_each(|(code, value)| self.number(code, value));
        }
    }

    /// A subclass marker, where the version has them.
    pub fn marker(&mut self, name: &str) {
        if self.manner.markers {
            self.plain(100, name);
        }
    }

    /// Flags of which `known` are Linework's, the others those of the file.
    pub fn flags(&self, code: i16, known: i64, value: i64) -> i64 {
        let kept = self.source_integer(code).unwrap_or(0);
        (kept & !known) | value
    }

    /// The first own integer of a code in the file.
    pub fn source_integer(&self, code: i16) -> Option<i64> {
        self.source?.iter().find(|tag| tag.own && tag.code == code)?.integer()
    }

    /// The first own number of a code in the file.
    pub fn source_number(&self, code: i16) -> Option<f64> {
        self.source?.iter().find(|tag| tag.own && tag.code == code)?.number()
    }

    /// The pieces of a long text in the file.
    pub fn source_pieces(&self) -> Vec<Vec<u8>> {
        let pieces = self.source.into_iter().flatten().filter(|tag| tag.own && matches!(tag.code, 1 | 3));
        pieces.map(|tag| tag.value.to_vec()).collect()
    }

    /// The first own value of a code in the file, as its bytes are.
    pub fn source_value(&self, code: i16) -> Option<Vec<u8>> {
        self.source?.iter().find(|tag| tag.own && tag.code == code).map(|tag| tag.value.to_vec())
    }

    /// Whether the object in the file has such a tag.
    pub fn source_has(&self, code: i16) -> bool {
        self.source.is_some_and(|tags| tags.iter().any(|tag| tag.own && tag.code == code))
    }
}
