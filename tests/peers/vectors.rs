//! What another program makes of the vectors: the same values in both encodings.

use serde_json::Value;

use crate::python::{python_with, run, top};

#[tokio::test(flavor = "multi_thread")]
async fn another_reader_finds_the_same_values_in_both_encodings() {
    let Some(python) = python_with("json") else { return };
    let count = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("a file of vectors");
        serde_json::from_str::<Vec<Value>>(&text).expect("vectors").len()
    };
    let files = std::fs::read_dir(top().join("tests/vectors")).expect("the folder is read");
    let vectors: usize = files.map(|file| count(file.expect("a file").path())).sum();
    assert!(vectors > 100, "{vectors}");
    let said = run(&python, vec!["tests/peers/vectors.py".into(), "tests/vectors".into()]).await;
    assert_eq!((said.stdout, said.stderr), (format!("checked {vectors}\n"), String::new()));
}
