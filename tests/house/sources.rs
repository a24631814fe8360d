//! The files of the project as the rules see them: their text, and which of it is product and which is test.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the project.
pub struct Source {
    /// Path below the top level, with forward slashes.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// The top level of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lies in the workspace").to_path_buf()
}

/// Every text file of the project that people write, in order of path. Build output, the repository's own records and
/// drawings (which are data) are left out.
pub fn all() -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root(), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.iter().any(|each| each.path == "tests/house/sources.rs"), "the walk starts at the wrong place");
    found
}

/// The Rust files of [`all`].
pub fn rust() -> Vec<Source> {
    all().into_iter().filter(|each| each.path.ends_with(".rs")).collect()
}

fn walk(folder: &Path, below: &str, found: &mut Vec<Source>) {
    const LEFT_OUT: &[&str] = &["target", ".git", "node_modules", "__pycache__"];
    const WRITTEN: &[&str] = &["rs", "md", "toml", "sh", "py", "wgsl", "html", "js", "css", "sql", "tsv", "txt"];
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let entry = entry.expect("the entry is readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type().expect("the kind of an entry is known");
        if kind.is_dir() {
            if !LEFT_OUT.contains(&name.as_str()) {
                walk(&entry.path(), &path, found);
            }
        } else if kind.is_file() {
            let extension = name.rsplit_once('.').map_or(name.as_str(), |(_, extension)| extension);
            let launcher = path == "linework" || path == ".ci/run";
            if launcher || WRITTEN.contains(&extension) {
                // Only what is text can be read for words; a file that vanished meanwhile is no longer there to judge.
                if let Ok(text) = fs::read_to_string(entry.path()) {
                    found.push(Source { path, text });
                }
            }
        }
    }
}

impl Source {
    /// Whether the whole file is test code: in a `tests` folder, or a `tests.rs` beside what it tests.
    pub fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        let name = parts.next_back().unwrap_or_default();
        parts.any(|part| part == "tests") || name == "tests.rs" || name.ends_with("_tests.rs")
    }

    /// The rules themselves name what they forbid.
    pub fn is_rule(&self) -> bool {
        self.path.starts_with("tests/house/")
    }

    /// The lines, numbered from 1, that are product (`test` false) or test code (`test` true). In a source file, test code
    /// is what follows the first `#[cfg(test)]` that opens a block; a `#[cfg(test)]` before a one-line item covers that line.
    pub fn lines(&self, test: bool) -> Vec<(usize, &str)> {
        let mut chosen = Vec::new();
        let mut in_test = self.is_test();
        let mut lines = self.text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            let mut this_line = in_test;
            if line.trim() == "#[cfg(test)]" {
                this_line = true;
                if let Some((next_index, next)) = lines.next_if(|(_, next)| next.trim_end().ends_with(';')) {
                    if test {
                        chosen.push((next_index + 1, next));
                    }
                } else {
                    in_test = true;
                }
            }
            if this_line == test {
                chosen.push((index + 1, line));
            }
        }
        chosen
    }
}

#[test]
fn test_code_is_told_from_product() {
    let text = "#[cfg(test)]\nmod far;\nfn product() {}\n#[cfg(test)]\nmod tests {\n    fn near() {}\n}\n";
    let source = Source { path: "crates/x/src/lib.rs".into(), text: text.into() };
    assert_eq!(source.lines(false), [(3, "fn product() {}")]);
    assert_eq!(source.lines(true).len(), 6);
}
