//! The hand-made files, edits of them, and what differs.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use drawing::{Drawing, Entity, EntityId, Handle, Op, Record, Shape, Style};
use formats::{Reading, Saved, mint, read, save};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// The names of all files.
pub fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).expect("lists").map(|entry| entry.expect("entry").path());
    let mut names: Vec<_> =
        files.map(|path| path.file_stem().expect("a name").to_str().expect("UTF-8").to_owned()).collect();
    names.sort();
    names
}

pub fn bytes_of(name: &str) -> Vec<u8> {
    let path = folder().join(name).with_extension("dxf");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file with one piece of its text replaced; the piece must be there once.
pub fn with(name: &str, piece: &str, by: &str) -> Vec<u8> {
    let text = String::from_utf8(bytes_of(name)).expect("text");
    assert_eq!(text.matches(piece).count(), 1, "{name}: {piece:?}");
    text.replace(piece, by).into_bytes()
}

/// A file of tags that are divided by `|`: `0 LINE|8 WALL`.
pub fn file_of(tags: &str) -> Vec<u8> {
    let tags = tags.split('|').map(|tag| tag.split_once(' ').expect("a code and a value"));
    tags.map(|(code, value)| format!("{code}\n{value}\n")).collect::<String>().into_bytes()
}

pub fn reading_of(bytes: &[u8]) -> Reading {
    read(bytes, &mut |_| ControlFlow::Continue(())).expect("reads")
}

pub fn drawing_of(bytes: &[u8]) -> Drawing {
    reading_of(bytes).drawing
}

/// The entity of handle 30, which each file is about.
pub fn subject(drawing: &Drawing) -> Option<Entity> {
    drawing.entities().find(|entity| entity.handle == Some(Handle(0x30))).cloned()
}

/// A line in model space that no file has yet.
pub fn new_line(drawing: &Drawing, id: u64) -> Record {
    let owner = drawing.model_space().expect("model space");
    let end = drawing::Point3::flat(7.0, 7.0);
    Record::Entity(Entity {
        id: EntityId(id),
        handle: None,
        source: None,
        owner,
        order: drawing.order_on_top(owner),
        style: Style::on(drawing.layer_named("0").expect("layer 0")),
        shape: Shape::Line(drawing::Line { start: drawing::Point3::default(), end }),
    })
}

/// A drawing on its way from a file to a file.
pub struct Work {
    pub bytes: Vec<u8>,
    pub original: Drawing,
    pub current: Drawing,
}

impl Work {
    pub fn on(bytes: Vec<u8>) -> Work {
        let original = drawing_of(&bytes);
        Work { bytes, current: original.clone(), original }
    }

    pub fn subject(&self) -> Entity {
        subject(&self.current).expect("handle 30")
    }

    /// Does something; returns what takes it back.
    pub fn apply(&mut self, op: &Op) -> Op {
        self.current.apply(op).unwrap_or_else(|error| panic!("{op:?}: {error}")).inverse
    }

    /// Mints and saves, as the program does.
    pub fn save(&mut self) -> Saved {
        if let Some(op) = mint(Some(&self.bytes), &self.original, &self.current) {
            self.apply(&op);
        }
        save(Some(&self.bytes), &self.original, &self.current).expect("saves")
    }

    /// What saving changes, and that it has nothing to say.
    #[track_caller]
    pub fn differences(&mut self) -> Vec<String> {
        let saved = self.save();
        assert_eq!(saved.notes, Vec::<String>::new(), "{:?}", differences(&self.bytes, &saved.bytes));
        differences(&self.bytes, &saved.bytes)
    }
}

/// `code value` of every tag.
pub fn tags(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks(2).map(|pair| format!("{} {}", pair[0].trim(), pair.get(1).unwrap_or(&"").trim())).collect()
}

/// What became of which tags, by the longest common run of what is between the common beginning and end.
pub fn differences(before: &[u8], after: &[u8]) -> Vec<String> {
    let (old, new) = (tags(before), tags(after));
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[same..], &new[same..]);
    let same = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - same], &new[..new.len() - same]);
    let mut table = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            table[i][j] = if old[i] == new[j] { table[i + 1][j + 1] + 1 } else { table[i + 1][j].max(table[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || i < old.len() && table[i + 1][j] >= table[i][j + 1] {
            out.push(format!("-{}", old[i]));
            i += 1;
        } else {
            out.push(format!("+{}", new[j]));
            j += 1;
        }
    }
    out
}
