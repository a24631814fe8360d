//! Broken files are shown as far as they go: a scene is made of each of their spaces, without a panic and in bounds.

use std::ops::ControlFlow;

use drawing::{Drawing, Point};
use scene::{Band, Scene, Visibility};

use crate::{options, root};

/// Values that stand where others were.
const ODD: [&str; 10] =
    ["1e308", "-1e308", "1e-308", "0", "-1", "65535", "4294967296", "nan", "1111111111111111111111111111111111x", ""];
/// Every so manieth line of a file is replaced, each time by the next odd value.
const STEP: usize = 3;

fn show(drawing: &Drawing) {
    for block in drawing.blocks().filter(|block| block.is_space()) {
        let scene = Scene::new(drawing, block.id, options());
        let ids: Vec<_> = drawing.entities_of(block.id).map(|entity| entity.id).collect();
        scene.mesh_of(drawing, &ids, Band::of(10.0));
        scene.pick(drawing, Point::new(1.0, 1.0), 0.5, &Visibility::default());
    }
}

fn try_file(bytes: &[u8]) -> bool {
    let reading = formats::read(bytes, &mut |_| ControlFlow::Continue(()));
    reading.is_ok_and(|reading| {
        show(&reading.drawing);
        true
    })
}

#[test]
fn scenes_are_made_of_broken_files() {
    let folder = root().join("crates/formats/tests/data");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the hand-made files are there")
        .map(|file| file.expect("listed").path())
        .collect();
    files.sort();
    let mut shown = 0;
    for (number, path) in files.iter().enumerate() {
        let text = String::from_utf8_lossy(&std::fs::read(path).expect("readable")).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.iter().position(|line| *line == "ENTITIES").unwrap_or(0);
        // Values stand in every second line.
        for (step, at) in (from + 2..lines.len()).step_by(2).step_by(STEP).enumerate() {
            let mut broken = lines.clone();
            broken[at] = ODD[(step + number) % ODD.len()];
            shown += usize::from(try_file((broken.join("\n") + "\n").as_bytes()));
        }
        for end in (0..text.len()).step_by(97) {
            shown += usize::from(try_file(&text.as_bytes()[..end]));
        }
    }
    assert!(shown > 1000, "only {shown} broken files were still files");
}

/// Blocks in blocks, each twice in the next: drawn whole this would be as many lines as there are atoms.
#[test]
fn a_scene_of_deep_nests_and_wide_arrays_has_bounds() {
    const DEPTH: usize = 200;
    let block = |number: usize| {
        let insert = |x: usize| format!("  0\nINSERT\n  8\n0\n  2\nB{}\n 10\n{x}\n 20\n0\n", number + 1);
        let inside = if number == DEPTH {
            "  0\nLINE\n  8\n0\n 10\n0\n 20\n0\n 11\n1\n 21\n1\n".to_owned()
        } else {
            insert(0) + &insert(1)
        };
        format!("  0\nBLOCK\n  8\n0\n  2\nB{number}\n 70\n0\n 10\n0\n 20\n0\n{inside}  0\nENDBLK\n")
    };
    let blocks: String = (0..=DEPTH).map(block).collect();
    let entities = "  0\nINSERT\n  8\n0\n  2\nB0\n 10\n0\n 20\n0\n  0\nINSERT\n  8\n0\n  2\nB199\n 10\n0\n 20\n0\n 70\n65535\n 71\n\
                    65535\n 44\n1\n 45\n1\n";
    let file = format!(
        "  0\nSECTION\n  2\nBLOCKS\n{blocks}  0\nENDSEC\n  0\nSECTION\n  2\nENTITIES\n{entities}  0\nENDSEC\n  0\nEOF\n"
    );
    assert!(try_file(file.as_bytes()));
}
