//! What differs between two files, tag by tag.

/// A group code and its value, as they stand in the file.
pub type Tag<'b> = (&'b str, &'b [u8]);

/// A tag that differs: what it was, what it is.
#[derive(Debug, PartialEq)]
pub enum Change {
    Replaced(String),
    Removed(String),
    Inserted(String),
}

impl Change {
    /// The group code.
    pub fn code(&self) -> &str {
        match self {
            Change::Replaced(code) | Change::Removed(code) | Change::Inserted(code) => code,
        }
    }
}

/// All tags of a file; a last line without a partner is a tag without a value.
pub fn tags(bytes: &[u8]) -> Vec<Tag<'_>> {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines.chunks(2).map(tag).collect()
}

fn tag<'b>(lines: &[&'b [u8]]) -> Tag<'b> {
    let value = lines.get(1).copied().unwrap_or_default();
    (std::str::from_utf8(lines[0]).unwrap_or("?").trim(), value.strip_suffix(b"\r").unwrap_or(value))
}

/// What turns `before` into `after`. Tags of the same code in the same place are taken for one another.
pub fn changes(before: &[u8], after: &[u8]) -> Vec<Change> {
    let (before, after) = (tags(before), tags(after));
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    loop {
        match (before.get(i), after.get(j)) {
            (None, None) => return found,
            (Some(old), None) => {
                found.push(Change::Removed(old.0.into()));
                i += 1;
            }
            (None, Some(new)) => {
                found.push(Change::Inserted(new.0.into()));
                j += 1;
            }
            (Some(old), Some(new)) if old == new => {
                i += 1;
                j += 1;
            }
            (Some(old), Some(new)) if old.0 == new.0 => {
                found.push(Change::Replaced(old.0.into()));
                i += 1;
                j += 1;
            }
            (Some(old), Some(new)) => {
                // Whatever makes the two meet again soonest.
                let inserted = after[j..].iter().position(|tag| tag == old).unwrap_or(usize::MAX);
                let removed = before[i..].iter().position(|tag| tag == new).unwrap_or(usize::MAX);
                if inserted <= removed {
                    found.push(Change::Inserted(new.0.into()));
                    j += 1;
                } else {
                    found.push(Change::Removed(old.0.into()));
                    i += 1;
                }
            }
        }
    }
}

/// How many tags were cut of `before`, and how many have another value, where `after` is nothing but the rest of it;
/// `renamed` says of two tags whether the second may stand for the first.
pub fn cuts(before: &[u8], after: &[u8], renamed: &dyn Fn(&Tag, &Tag) -> bool) -> Result<(usize, usize), String> {
    let (before, after) = (tags(before), tags(after));
    let (mut cut, mut other, mut after) = (0, 0, after.iter().peekable());
    for old in &before {
        match after.peek() {
            Some(new) if *new == old => {
                after.next();
            }
            Some(new) if renamed(old, new) => {
                other += 1;
                after.next();
            }
            _ => cut += 1,
        }
    }
    match after.next() {
        None => Ok((cut, other)),
        Some((code, value)) => Err(format!("has a tag more: {code} {}", String::from_utf8_lossy(value))),
    }
}

#[test]
fn cuts_are_counted() {
    let check = |after: &str, expect: Option<(usize, usize)>| {
        let found = cuts(b"0\nA\n330\n1\n330\n2\n", after.as_bytes(), &|old, new| old.1 == b"2" && new.1 == b"0");
        assert_eq!(found.ok(), expect, "{after}");
    };
    check("0\nA\n330\n1\n330\n2\n", Some((0, 0)));
    check("0\nA\n330\n2\n", Some((1, 0)));
    check("0\nA\n330\n1\n330\n0\n", Some((0, 1)));
    check("0\nA\n330\n0\n330\n2\n", None);
    check("0\nB\n", None);
}

#[test]
fn changes_are_found() {
    let check = |after: &str, expect: &[Change]| {
        assert_eq!(changes(b"0\nLINE\n 8\nA\n10\n1\n", after.as_bytes()), expect, "{after}");
    };
    check("0\nLINE\n 8\nA\n10\n1\n", &[]);
    check("0\nLINE\n 8\nB\n10\n1\n", &[Change::Replaced("8".into())]);
    check("0\nLINE\n 8\nA\n62\n3\n10\n2\n", &[Change::Inserted("62".into()), Change::Replaced("10".into())]);
    check("0\nLINE\n10\n1\n", &[Change::Removed("8".into())]);
}
