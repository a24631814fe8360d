//! The reader and the saver over real drawings, where there are some: the folder of `LINEWORK_DRAWINGS`, or `drawings`
//! beside the checkout. Without them the test says so and checks nothing.

mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use drawing::{Drawing, Op, Record};
use formats::{ReadError, info, mint, read, save};

/// Drawings whose reference reading lost what we read, and why.
const READ_BETTER: &[&str] = &[
    // The reference stops at the missing end; half of the entities are there.
    "floorplan_truncated_in_entities.dxf",
    // The reference leaves out the dimensions whose handles it could not use.
    "flange_bad_values.dxf",
];

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/drawings");
    let folder = std::env::var_os("LINEWORK_DRAWINGS").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        Some(folder)
    } else {
        eprintln!("SKIPPED: no drawings at {}; set LINEWORK_DRAWINGS", folder.display());
        None
    }
}

fn counts(drawing: &Drawing) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for entity in drawing.model_space().into_iter().flat_map(|model| drawing.entities_of(model)) {
        *counts.entry(entity.shape.kind().to_string()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn every_text_drawing_is_read() {
    let Some(folder) = shared() else { return };
    let facts = std::fs::read(folder.join("../reference/facts.json")).ok();
    let facts: serde_json::Value =
        facts.map_or_else(Default::default, |facts| serde_json::from_slice(&facts).expect("json"));
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).expect("lists").map(|entry| entry.expect("entry").path()).collect();
    names.sort();
    let mut read_count = 0;
    let mut wrong = Vec::new();
    for path in names.iter().filter(|path| path.extension().is_some_and(|ending| ending == "dxf")) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let bytes = std::fs::read(path).expect("reads");
        let reading = match read(&bytes, &mut |_| ControlFlow::Continue(())) {
            Ok(reading) => reading,
            Err(ReadError::BinaryDxf) => continue,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        read_count += 1;
        // Its header says decimal, and every dimension of it feet and inches.
        if name == "floorplan.dxf" {
            let header = reading.drawing.header();
            let shown = (header.linear_format, header.linear_precision);
            assert_eq!(shown, (drawing::LinearFormat::Architectural, 5), "{name}");
        }
        for finding in reading.findings.iter().take(4) {
            println!("{name}: {finding}");
        }
        for record in reading.drawing.records() {
            if let Record::Entity(entity) = record {
                assert!(entity.source.is_some_and(|source| source.range().end <= bytes.len()), "{name}: {entity:?}");
            }
        }
        let ours = counts(&reading.drawing);
        let theirs = facts[name]["model"].as_object().map(|model| {
            model
                .iter()
                .map(|(kind, count)| (kind.clone(), count.as_u64().expect("a count")))
                .collect::<BTreeMap<_, _>>()
        });
        if theirs.is_some_and(|theirs| theirs != ours) && !READ_BETTER.contains(&name) {
            wrong.push(format!("{name}: ours {ours:?}, theirs {}", facts[name]["model"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read_count > 0, "no text drawing in {}", folder.display());
}

/// What a drawing says, without where it says it: ids and spans differ between two readings of two files.
fn said(drawing: &Drawing) -> Vec<String> {
    drawing
        .entities()
        .map(|entity| {
            let mut shape = entity.shape.clone();
            if let drawing::Shape::Insert(insert) = &mut shape {
                insert.attributes.iter_mut().for_each(|attribute| attribute.source = None);
            }
            format!("{:?} {:?} {:?}", entity.handle, entity.style, shape)
        })
        .collect()
}

#[test]
fn an_unedited_drawing_is_saved_as_it_was_and_a_moved_one_reads_as_moved() {
    let Some(folder) = shared() else { return };
    let mut wrong = Vec::new();
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).expect("lists").map(|entry| entry.expect("entry").path()).collect();
    names.sort();
    for path in names.iter().filter(|path| path.extension().is_some_and(|ending| ending == "dxf")) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let bytes = std::fs::read(path).expect("reads");
        let Ok(reading) = read(&bytes, &mut |_| ControlFlow::Continue(())) else { continue };
        let original = reading.drawing;
        let saved = save(Some(&bytes), &original, &original).expect("saves");
        assert!(!saved.changed && saved.bytes == bytes, "{name}: an unedited save differs");

        let movable = |entity: &&drawing::Entity| !matches!(entity.shape, drawing::Shape::Opaque(_));
        let ids: Vec<_> = original.entities().filter(movable).map(|entity| entity.id).take(5_000).collect();
        let mut current = original.clone();
        let inverse =
            current.apply(&Op::Translate { ids, by: drawing::Vec2::new(12.25, -3.5) }).expect("moves").inverse;
        let saved = save(Some(&bytes), &original, &current).expect("saves");
        for note in saved.notes.iter().take(3) {
            wrong.push(format!("{name}: {note}"));
        }
        // For looking at them with another program.
        if let Some(folder) = std::env::var_os("LINEWORK_SAVED") {
            std::fs::write(Path::new(&folder).join(name), &saved.bytes).expect("writes");
        }
        let again = read(&saved.bytes, &mut |_| ControlFlow::Continue(())).expect("reads").drawing;
        let (meant, got) = (said(&current), said(&again));
        if let Some((meant, got)) = meant.iter().zip(&got).find(|(meant, got)| meant != got) {
            wrong.push(format!("{name}: meant {meant}\n  got {got}"));
        }
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count();
        if lines(&saved.bytes) != lines(&bytes) {
            println!("{name}: {} lines became {}", lines(&bytes), lines(&saved.bytes));
        }
        current.apply(&inverse).expect("undoes");
        let undone = save(Some(&bytes), &original, &current).expect("saves");
        assert!(!undone.changed && undone.bytes == bytes, "{name}: a move that was undone differs");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn looks_agree_with_the_reference() {
    let Some(folder) = shared() else { return };
    let Ok(facts) = std::fs::read(folder.join("../reference/facts.json")) else {
        eprintln!("SKIPPED: no facts.json beside the drawings");
        return;
    };
    let facts: serde_json::Value = serde_json::from_slice(&facts).expect("json");
    let (mut same, mut other, mut unknown) = (0, Vec::new(), 0);
    for (name, fact) in facts.as_object().expect("an object") {
        let Some(looks) = fact["resolved"].as_object() else { continue };
        let bytes = std::fs::read(folder.join(name)).expect("reads");
        let Ok(reading) = read(&bytes, &mut |_| ControlFlow::Continue(())) else { continue };
        let ours = info(&reading, true).resolved.expect("asked for");
        for (handle, theirs) in looks {
            let Some((color, linetype, weight_mm, shown)) = ours.get(handle) else {
                unknown += 1;
                continue;
            };
            let agrees = theirs[0] == *color
                && theirs[1].as_str().is_some_and(|name| name.eq_ignore_ascii_case(linetype))
                && (theirs[2].as_f64().expect("a number") - weight_mm).abs() < 0.02
                && theirs[3] == *shown;
            if agrees {
                same += 1;
            } else {
                other.push(format!("{name} {handle}: ours {:?}, theirs {theirs}", ours[handle]));
            }
        }
    }
    println!("{same} agree, {} differ, {unknown} have handles of the reference's own", other.len());
    for line in other.iter().take(20) {
        println!("{line}");
    }
    assert!(other.len() * 100 <= same, "more than one in a hundred differs: {}", other.len());
}

#[test]
fn copies_of_everything_are_written_and_read_again() {
    let Some(folder) = shared() else { return };
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).expect("lists").map(|entry| entry.expect("entry").path()).collect();
    names.sort();
    let mut wrong = Vec::new();
    for path in names.iter().filter(|path| path.extension().is_some_and(|ending| ending == "dxf")) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let bytes = std::fs::read(path).expect("reads");
        let Ok(reading) = read(&bytes, &mut |_| ControlFlow::Continue(())) else { continue };
        let original = reading.drawing;
        let first = original.id_max().0;
        let known = original.entities().filter(|entity| !matches!(entity.shape, drawing::Shape::Opaque(_)));
        let copies: Vec<_> = known
            .step_by(7)
            .take(800)
            .zip(1..)
            .map(|(entity, number)| {
                let mut copy = entity.clone();
                copy.id = drawing::EntityId(first + number);
                copy.order = drawing::Order(u64::MAX / 2 + number);
                (copy.handle, copy.source) = (None, None);
                if let drawing::Shape::Insert(insert) = &mut copy.shape {
                    for attribute in &mut insert.attributes {
                        (attribute.handle, attribute.source) = (None, None);
                    }
                }
                Record::Entity(copy)
            })
            .collect();
        let mut current = original.clone();
        current.apply(&Op::New(copies.clone())).expect("applies");
        if let Some(op) = mint(Some(&bytes), &original, &current) {
            current.apply(&op).expect("mints");
        }
        let saved = save(Some(&bytes), &original, &current).expect("saves");
        if let Some(folder) = std::env::var_os("LINEWORK_SAVED") {
            std::fs::write(Path::new(&folder).join(format!("copied_{name}")), &saved.bytes).expect("writes");
        }
        let again = read(&saved.bytes, &mut |_| ControlFlow::Continue(())).expect("reads").drawing;
        // What the end of a file cut is whole when the file has an end.
        let opaque = current.entities().filter(|entity| matches!(entity.shape, drawing::Shape::Opaque(_)));
        let cut: BTreeSet<_> = opaque.filter_map(|entity| entity.handle).collect();
        // Copies come last in what owns them, and each owner has its own place in the file.
        let words = |drawing: &Drawing| {
            let known = drawing.entities().filter(|entity| !entity.handle.is_some_and(|handle| cut.contains(&handle)));
            let mut words: Vec<_> = known.map(|entity| said::said(drawing, entity)).collect();
            words.sort();
            words
        };
        let (meant, got) = (words(&current), words(&again));
        if meant.len() != got.len() {
            wrong.push(format!("{name}: {} entities became {}", meant.len(), got.len()));
        }
        if let Some((meant, got)) = meant.iter().zip(&got).find(|(meant, got)| meant != got) {
            wrong.push(format!("{name}: meant {meant}\n  got {got}"));
        }
        for note in saved.notes.iter().take(3) {
            wrong.push(format!("{name}: {note}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
