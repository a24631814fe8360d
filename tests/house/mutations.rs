//! The deliberate mistakes in `tests/mutations` still are ones: what each changes is there, exactly once.
//! `tests/mutations/run` puts them into a copy and says after how many seeds the simulation finds them.

use super::assert_none;
use super::sources::root;

/// One change of a file.
struct Change {
    file: String,
    before: String,
    after: String,
}

/// Reads a mistake: a sentence, then changes. A line that names a file, or an empty one, ends the change before it.
fn parse(text: &str) -> (String, Vec<Change>) {
    let mut lines = text.lines();
    let sentence = lines.next().unwrap_or_default().to_owned();
    let mut changes: Vec<Change> = Vec::new();
    let mut file = String::new();
    let mut open = false;
    for line in lines {
        if let Some(path) = line.strip_prefix("in ") {
            file = path.trim().into();
            open = false;
        } else if line.is_empty() {
            open = false;
        } else {
            if !open {
                changes.push(Change { file: file.clone(), before: String::new(), after: String::new() });
                open = true;
            }
            let Some(change) = changes.last_mut() else { continue };
            let (sign, text) = line.split_at(1);
            if sign != "+" {
                change.before.extend([text, "\n"]);
            }
            if sign != "-" {
                change.after.extend([text, "\n"]);
            }
        }
    }
    (sentence, changes)
}

#[test]
fn every_mistake_can_still_be_made() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("tests/mutations")).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.extension().is_none_or(|extension| extension != "mutation") {
            continue;
        }
        count += 1;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (sentence, changes) = parse(&std::fs::read_to_string(&path).expect("a text"));
        if !sentence.ends_with('.') || changes.is_empty() {
            wrong.push(format!("{name}: no sentence, or nothing that it changes"));
        }
        for Change { file, before, after } in changes {
            let text = std::fs::read_to_string(root().join(&file)).unwrap_or_default();
            let times = text.matches(&before).count();
            if times != 1 || before == after {
                wrong.push(format!("{name}: {file} has this {times} times, not once:\n{before}"));
            }
        }
    }
    assert!(count >= 10, "{count} mistakes");
    assert_none("a deliberate mistake no longer fits the code: mend tests/mutations", wrong);
}
