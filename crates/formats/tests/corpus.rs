//! The reader and the saver over real drawings, where there are some: the folder of `LINEWORK_DRAWINGS`, or `drawings`
//! beside the checkout. Without them the test says so and checks nothing.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use drawing::{Drawing, Record};
use formats::{ReadError, read};

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
