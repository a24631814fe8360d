//! Files that are broken in every way a seed comes up with: reading and saving them gives something or an error, never
//! a panic.

use std::ops::ControlFlow;
use std::path::Path;

use drawing::{Drawing, Entity, EntityId, Line, Op, Point3, Record, Shape, Style, Vec2};
use formats::{mint, read, save};

/// SplitMix64: enough chance for a test, the same every time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

fn broken(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=chance.below(6) {
        let at = chance.below(bytes.len());
        match chance.below(7) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, chance.next() as u8),
            2 => {
                let end = (at + chance.below(60)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                // A line becomes that of somewhere else: other codes, other names, other handles.
                let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let (from, to) = (chance.below(lines.len()), chance.below(lines.len()));
                let mut lines: Vec<Vec<u8>> = lines.into_iter().map(<[u8]>::to_vec).collect();
                lines[to] = lines[from].clone();
                bytes = lines.join(&b'\n');
            }
            4 => {
                let words: [&[u8]; 12] = [
                    b"-1e308",
                    b"1e400",
                    b"99999999999999999999",
                    b"\n  0\n",
                    b"\xff\xfe",
                    b"Door",
                    b"*D1",
                    b"FFFFFFFF",
                    b"FFFFFFFFFFFFFFFFFFFF",
                    b"11111111111111111111111111111111111111111111111111111111111111111111111111x",
                    b"65535",
                    b"\xc2\xa0",
                ];
                let word = words[chance.below(words.len())];
                bytes.splice(at..at, word.iter().copied());
            }
            5 => {
                let end = (at + chance.below(400)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = chance.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << chance.below(8);
                }
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// A line in model space on layer 0, which every drawing has.
fn new_line(drawing: &Drawing) -> Option<Record> {
    let owner = drawing.model_space()?;
    let (start, end) = (Point3::default(), Point3::flat(7.0, 7.0));
    Some(Record::Entity(Entity {
        id: EntityId(drawing.id_max().0 + 1),
        handle: None,
        source: None,
        owner,
        order: drawing.order_on_top(owner),
        style: Style::on(drawing.layer_named("0")?),
        shape: Shape::Line(Line { start, end }),
    }))
}

#[test]
fn broken_files_are_read_and_saved_without_a_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("lists").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    let (mut read_count, mut saved_count) = (0, 0);
    for (number, path) in files.iter().enumerate() {
        let sound = std::fs::read(path).expect("reads");
        for seed in 0..200 {
            let mut chance = Chance(seed * 1000 + number as u64);
            let bytes = broken(&sound, &mut chance);
            let Ok(reading) = read(&bytes, &mut |_| ControlFlow::Continue(())) else { continue };
            read_count += 1;
            let original = reading.drawing;
            let unedited = save(Some(&bytes), &original, &original).expect("saves");
            assert!(unedited.bytes == bytes, "{} seed {seed}: an unedited save differs", path.display());
            // What is made later can be saved, whatever the handles are.
            let mut with_line = original.clone();
            if let Some(line) = new_line(&original) {
                with_line.apply(&Op::New(vec![line])).expect("a line is drawn");
                if let Some(op) = mint(Some(&bytes), &original, &with_line) {
                    with_line.apply(&op).unwrap_or_else(|error| panic!("{} seed {seed}: {error}", path.display()));
                }
                save(Some(&bytes), &original, &with_line)
                    .unwrap_or_else(|error| panic!("{} seed {seed}: {error}", path.display()));
            }
            let movable = original.entities().filter(|entity| !matches!(entity.shape, Shape::Opaque(_)));
            let ids: Vec<_> = movable.map(|entity| entity.id).collect();
            let mut current = original.clone();
            if current.apply(&Op::Translate { ids, by: Vec2::new(3.25, -1.5) }).is_err() {
                continue;
            }
            if let Some(op) = mint(Some(&bytes), &original, &current) {
                current.apply(&op).unwrap_or_else(|error| panic!("{} seed {seed}: {error}", path.display()));
            }
            if let Ok(saved) = save(Some(&bytes), &original, &current) {
                saved_count += 1;
                let again = read(&saved.bytes, &mut |_| ControlFlow::Continue(())).expect("what was saved can be read");
                let (meant, got) = (current.entity_count(), again.drawing.entity_count());
                assert_eq!(meant, got, "{} seed {seed}: entities in what was saved", path.display());
            }
        }
    }
    println!("{read_count} broken files were read, {saved_count} saved");
    assert!(read_count > 1000 && saved_count > 1000, "too few broken files were still files");
}
