//! Tags: the pairs of a group code and a value that every DXF file is made of.
//!
//! A [`TagSource`] gives them one by one without copying. [`AsciiTags`] is the one for text files; everything above
//! this file knows only the trait, so that binary files can come by another source.

/// One tag, borrowed from the bytes of its file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'a> {
    /// The group code.
    pub code: i16,
    /// The value as the file has it, without the line ending.
    pub value: &'a [u8],
    /// Offset of the first byte of the tag.
    pub start: usize,
    /// Offset of the first byte of the value.
    pub value_start: usize,
    /// Offset behind the last byte of the tag, line ending included.
    pub end: usize,
    /// The line of the group code, from 1.
    pub line: u64,
    /// Whether it says something of its object itself: not a reactor or dictionary of an application ({...} of group
    /// 102), not extended data (1000 and above), not an embedded object (behind group 101).
    pub own: bool,
}

impl Tag<'_> {
    /// The value without the blanks around it.
    pub fn trimmed(&self) -> &[u8] {
        self.value.trim_ascii()
    }

    /// The value as a finite number.
    pub fn number(&self) -> Option<f64> {
        let text = std::str::from_utf8(self.trimmed()).ok()?;
        text.parse::<f64>().ok().filter(|number| number.is_finite())
    }

    /// The value as an integer; one written with a fraction is cut.
    pub fn integer(&self) -> Option<i64> {
        let text = std::str::from_utf8(self.trimmed()).ok()?;
        text.parse::<i64>().ok().or_else(|| self.number().map(|number| number as i64))
    }

    /// The value as a handle.
    pub fn handle(&self) -> Option<u64> {
        let text = std::str::from_utf8(self.trimmed()).ok()?;
        u64::from_str_radix(text, 16).ok()
    }
}

/// Something between tags that isn't one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A line where a group code was expected holds none; reading went on at the next line.
    NotACode,
    /// A group code that no DXF file has; it was left out with its value.
    UnknownCode,
    /// The file ends behind a group code.
    NoValue,
    /// An object of more tags than are kept.
    TooLong,
}

/// What a source gives next.
pub(crate) enum Next<'a> {
    /// A tag.
    Tag(Tag<'a>),
    /// Something that isn't a tag, at a line and an offset.
    Broken(Broken, u64, usize),
    /// Nothing more.
    End,
}

/// Gives the tags of a file, one after another.
pub(crate) trait TagSource<'a> {
    /// The next one.
    fn next(&mut self) -> Next<'a>;
    /// How many bytes have been read.
    fn position(&self) -> usize;
}

/// The tags of a text file.
pub(crate) struct AsciiTags<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
    /// What ends lines: a line feed (a carriage return before it is cut off), or a carriage return alone.
    ending: u8,
}

impl<'a> AsciiTags<'a> {
    /// From the first byte, or behind a byte order mark.
    pub fn new(bytes: &'a [u8]) -> AsciiTags<'a> {
        let at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        AsciiTags::starting_at(bytes, at)
    }

    /// From an offset at which a tag starts; lines are counted from there.
    pub fn starting_at(bytes: &'a [u8], at: usize) -> AsciiTags<'a> {
        let head = &bytes[..bytes.len().min(4096)];
        let ending = if !head.contains(&b'\n') && head.contains(&b'\r') { b'\r' } else { b'\n' };
        AsciiTags { bytes, at, line: 1, ending }
    }

    /// The next line without its ending, its offset, and where the one after it starts.
    #[inline]
    fn line_at(&self, at: usize) -> Option<(&'a [u8], usize)> {
        let rest = self.bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let (mut line, end) = match memchr::memchr(self.ending, rest) {
            Some(len) => (&rest[..len], at + len + 1),
            None => (rest, self.bytes.len()),
        };
        if let [head @ .., b'\r'] = line {
            line = head;
        }
        Some((line, end))
    }
}

/// A group code, which may have blanks around it.
#[inline]
fn code_of(line: &[u8]) -> Option<i32> {
    let line = line.trim_ascii();
    let (negative, digits) = match line {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, line),
    };
    if digits.is_empty() || digits.len() > 6 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    Some(if negative { -code } else { code })
}

impl<'a> TagSource<'a> for AsciiTags<'a> {
    #[inline]
    fn next(&mut self) -> Next<'a> {
        let (start, line) = (self.at, self.line);
        let Some((code_line, value_start)) = self.line_at(start) else { return Next::End };
        let Some(code) = code_of(code_line) else {
            self.at = value_start;
            self.line += 1;
            // Blank lines at the end of a file are nobody's fault.
            if code_line.trim_ascii().is_empty() && self.bytes[value_start..].trim_ascii().is_empty() {
                return Next::End;
            }
            return Next::Broken(Broken::NotACode, line, start);
        };
        let Some((value, end)) = self.line_at(value_start) else {
            self.at = self.bytes.len();
            return Next::Broken(Broken::NoValue, line, start);
        };
        self.at = end;
        self.line += 2;
        match i16::try_from(code) {
            Ok(code @ -5..=1071) => Next::Tag(Tag { code, value, start, value_start, end, line, own: true }),
            _ => Next::Broken(Broken::UnknownCode, line, start),
        }
    }

    fn position(&self) -> usize {
        self.at
    }
}

/// Collects the tags of one object after another from a source.
pub(crate) struct Objects<'a, S> {
    source: S,
    /// The tag `0` of the object to come.
    head: Option<Tag<'a>>,
    /// What the source gave besides tags, up to the end of the last object.
    pub broken: Vec<(Broken, u64, usize)>,
    /// How many of those were left out of `broken`.
    pub broken_more: u64,
    /// Whether the object given last has more tags than were kept. The last of all is among those kept.
    pub cut_short: bool,
    started: bool,
}

/// How many tags of one object are kept: 150 MB of them.
const TAGS_MAX: usize = 1 << 21;

/// How many broken places are remembered between two objects.
const BROKEN_MAX: usize = 100;

impl<'a, S: TagSource<'a>> Objects<'a, S> {
    /// The objects of a source.
    pub fn new(source: S) -> Self {
        Objects { source, head: None, broken: Vec::new(), broken_more: 0, cut_short: false, started: false }
    }

    /// How many bytes have been read.
    pub fn position(&self) -> usize {
        self.source.position()
    }

    /// Puts the tags of the next object in `tags`, the first of them its `0`; returns whether there was one. Tags
    /// before the first object are left out.
    pub fn next(&mut self, tags: &mut Vec<Tag<'a>>) -> bool {
        tags.clear();
        self.cut_short = false;
        if !self.started {
            self.started = true;
            while let Some(tag) = self.tag() {
                if tag.code == 0 {
                    self.head = Some(tag);
                    break;
                }
            }
        }
        let Some(head) = self.head.take() else { return false };
        tags.push(head);
        let mut groups = 0_u32;
        let mut own = true;
        // Behind its second 280, or its 71 where that is left out, an attribute repeats itself in codes that mean other
        // things there.
        let attribute = head.value.starts_with(b"ATT");
        let (mut locks, mut in_attribute) = (0, false);
        while let Some(mut tag) = self.tag() {
            match tag.code {
                0 => {
                    self.head = Some(tag);
                    break;
                }
                101 | 1000.. => own = false,
                280 if attribute && own => {
                    locks += 1;
                    own = locks < 2;
                }
                100 if attribute => in_attribute |= tag.trimmed().starts_with(b"AcDbAttribute"),
                71 if in_attribute => own = false,
                102 if tag.trimmed().first() == Some(&b'{') => groups += 1,
                102 => {
                    tag.own = false;
                    self.keep(tag, tags);
                    groups = groups.saturating_sub(1);
                    continue;
                }
                _ => {}
            }
            tag.own = own && groups == 0;
            self.keep(tag, tags);
        }
        true
    }

    #[inline]
    fn keep(&mut self, tag: Tag<'a>, tags: &mut Vec<Tag<'a>>) {
        if tags.len() < TAGS_MAX {
            return tags.push(tag);
        }
        if !self.cut_short {
            self.cut_short = true;
            self.tell(Broken::TooLong, tag.line, tag.start);
        }
        // Where the object ends is known all the same.
        if let Some(last) = tags.last_mut() {
            *last = Tag { own: false, ..tag };
        }
    }

    fn tell(&mut self, what: Broken, line: u64, offset: usize) {
        if self.broken.len() < BROKEN_MAX {
            self.broken.push((what, line, offset));
        } else {
            self.broken_more += 1;
        }
    }

    #[inline]
    fn tag(&mut self) -> Option<Tag<'a>> {
        loop {
            match self.source.next() {
                // 999 is a remark.
                Next::Tag(tag) if tag.code == 999 => {}
                Next::Tag(tag) => return Some(tag),
                Next::Broken(what, line, offset) => self.tell(what, line, offset),
                Next::End => return None,
            }
        }
    }
}
