//! What an outside reader says of the files that we save: nothing that it did not say of the files that we read.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use drawing::Shape;

use crate::drawings::check_each;
use crate::linework;

/// Larger drawings have nothing that smaller ones lack, and the outside reader is slow.
const BYTES_MAX: u64 = 3 << 20;
/// Prints what is new in the second file of each line `source<TAB>saved`, and how many files it looked at.
const AUDIT: &str = include_str!("audit.py");

#[test]
fn an_outside_auditor_finds_nothing_new_in_what_we_saved() {
    let python = std::env::var("LINEWORK_PYTHON").unwrap_or_else(|_| "python3".into());
    let probe = Command::new(&python).args(["-c", "import ezdxf"]).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        // `./linework test` sets it to one that has: there nothing is left out in silence.
        assert!(std::env::var_os("LINEWORK_PYTHON").is_none(), "LINEWORK_PYTHON is {python}, which has no ezdxf");
        eprintln!("SKIPPED: {python} has no ezdxf; `./linework test` installs it, or set LINEWORK_PYTHON");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = Mutex::new(String::new());
    check_each(BYTES_MAX, |sample| {
        let out = folder.path().join(&sample.name);
        let out_name = out.to_str().expect("a path in UTF-8");
        let mut arguments: Vec<String> = vec!["--add-line".into(), "0,0,100.5,-20".into()];
        for (number, (handle, entity)) in sample.one_of_each_kind().into_iter().enumerate() {
            let handle = format!("{:X}", handle.0);
            match (number % 3, &entity.shape) {
                (0, Shape::Opaque(_)) | (1, _) => arguments.extend(["--color".into(), handle, "3".into()]),
                (0, _) => arguments.extend(["--move".into(), handle, "12.25,-3.5".into()]),
                _ => arguments.extend(["--delete".into(), handle]),
            }
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match linework(&[&["edit", sample.path(), out_name], &arguments[..]].concat()) {
            Err(error) => vec![format!("{error:#}")],
            Ok(()) => {
                let mut pairs = pairs.lock().expect("no check panicked");
                writeln!(pairs, "{}\t{out_name}", sample.path()).expect("a string takes all");
                Vec::new()
            }
        }
    });
    let pairs = pairs.into_inner().expect("no check panicked");
    let list = folder.path().join("pairs");
    std::fs::write(&list, &pairs).expect("the list is written");
    let said = Command::new(&python).args(["-c", AUDIT]).arg(&list).output().expect("python runs");
    let (told, errors) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "the auditor failed: {errors}");
    let looked_at = format!("looked at {}\n", pairs.lines().count());
    assert_eq!(told, looked_at, "the outside auditor finds something new");
}
