//! The commands without a window, as people and scripts call them: the real program on small files of our own.

#[path = "../recorded/harm.rs"]
mod harm;
#[path = "../recorded/mod.rs"]
mod recorded;
mod saved_logs;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Two layers, a line, a circle and a face, which the program doesn't understand.
const SMALL: &str = include_str!("small.dxf");
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/sample.dxf");

/// A folder with `small.dxf` in it.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        bench.put("small.dxf", SMALL.as_bytes());
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the program in the folder.
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_linework"))
            .args(arguments)
            .current_dir(&self.folder)
            // Graphics drivers complain on standard error where there is none.
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .output()
            .unwrap()
    }

    /// Runs the program, which must succeed and say nothing on standard error; what it printed.
    #[track_caller]
    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the program, which must refuse in one line that has all `words`.
    #[track_caller]
    fn refuse(&self, arguments: &[&str], words: &[&str]) {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
        for word in words.iter().chain(&["linework: "]) {
            assert!(said.contains(word), "{arguments:?} does not say {word:?}: {said}");
        }
    }
}

#[test]
fn info_tells_what_is_in_a_file() {
    let bench = Bench::new();
    let told: serde_json::Value =
        serde_json::from_str(&bench.succeed(&["info", "small.dxf", "--json", "--resolved"])).unwrap();
    assert_eq!(told["model"], serde_json::json!({ "LINE": 1, "CIRCLE": 1, "3DFACE": 1 }));
    assert_eq!((&told["layers"], &told["blocks"], &told["version"]), (&2.into(), &0.into(), &"AC1015".into()));
    assert_eq!(told["extents"], serde_json::json!([0.0, 0.0, 100.0, 50.5]));
    assert_eq!(told["findings"], serde_json::json!([]));
    assert!(told["read_ms"].as_f64().is_some_and(|ms| ms >= 0.0));
    assert_eq!(told["resolved"]["2F"], serde_json::json!(["#ff0000", "CONTINUOUS", 0.25, true]));
    let words = bench.succeed(&["info", "small.dxf"]);
    assert!(words.contains("1 3DFACE, 1 CIRCLE, 1 LINE"), "{words}");
}

#[test]
fn an_edit_changes_the_tags_that_it_must_and_no_other() {
    let check = |arguments: &[&str], from: &[(&str, &str)]| {
        let bench = Bench::new();
        bench.succeed(&[&["edit", "small.dxf", "out.dxf"], arguments].concat());
        let expect = from.iter().fold(SMALL.to_owned(), |text, (before, after)| {
            let (before, after) = (before.replace('\n', "\r\n"), after.replace('\n', "\r\n"));
            assert_eq!(text.matches(&before).count(), 1, "{before:?} stands once in the file");
            text.replace(&before, &after)
        });
        assert_eq!(bench.text("out.dxf"), expect, "{arguments:?}");
        assert_eq!(bench.text("small.dxf"), SMALL);
    };
    check(&[], &[]);
    check(
        &["--move", "2F", "1,-2.5"],
        &[
            ("AcDbLine\n 10\n0.0\n 20\n0.0\n", "AcDbLine\n 10\n1.0\n 20\n-2.5\n"),
            (" 11\n100.000\n 21\n50.5\n", " 11\n101.0\n 21\n48.0\n"),
        ],
    );
    check(&["--move", "2f", "1,0", "--move", "2F", "-1,0"], &[]);
    check(&["--layer", "30", "walls"], &[("  8\n0\n 62\n5\n", "  8\nWALLS\n 62\n5\n")]);
    check(
        &["--color", "30", "3", "--layer", "2F", "0"],
        &[(" 62\n5\n", " 62\n3\n"), ("  8\nWALLS\n100\nAcDbLine", "  8\n0\n100\nAcDbLine")],
    );
    check(&["--color", "30", "256"], &[(" 62\n5\n", "")]);
    let face = &SMALL[SMALL.find("  0\r\n3DFACE").unwrap()..SMALL.rfind("  0\r\nENDSEC").unwrap()];
    check(&["--delete", "31"], &[(&face.replace("\r\n", "\n"), "")]);
    let line = "  0\nLINE\n  5\n40\n330\n1F\n100\nAcDbEntity\n  8\n0\n100\nAcDbLine\n 10\n1.0\n 20\n2.0\n 30\n0.0\n \
                11\n3.5\n 21\n-4.0\n 31\n0.0\n";
    check(
        &["--add-line=1,2,3.5,-4"],
        &[("$HANDSEED\n  5\n40\n", "$HANDSEED\n  5\n41\n"), (" 33\n0.0\n", &format!(" 33\n0.0\n{line}"))],
    );
}

#[test]
fn a_file_may_be_edited_in_its_place() {
    let bench = Bench::new();
    bench.succeed(&["edit", "small.dxf", "small.dxf"]);
    assert!(!bench.path("small.dxf.bak").exists(), "nothing changed, nothing is written");
    bench.succeed(&["edit", "small.dxf", "small.dxf", "--delete", "30"]);
    assert!(!bench.text("small.dxf").contains("CIRCLE"));
    assert_eq!(bench.text("small.dxf.bak"), SMALL);
}

#[test]
fn an_edit_that_cannot_be_is_refused_whole() {
    let bench = Bench::new();
    for (arguments, words) in [
        (&["--delete", "30", "--move", "31", "1,2"][..], &["3DFACE", "can't be moved"][..]),
        (&["--move", "77", "1,2"], &["no entity has the handle 77"]),
        (&["--layer", "30", "ROOF"], &["no layer \"ROOF\""]),
    ] {
        bench.refuse(&[&["edit", "small.dxf", "out.dxf"], arguments].concat(), words);
        assert!(!bench.path("out.dxf").exists());
    }
}

#[test]
fn a_drawing_goes_through_a_log_and_comes_out_the_same() {
    let bench = Bench::new();
    bench.succeed(&["convert", "small.dxf", "out.dxf", "--log", "small.linework"]);
    assert_eq!(bench.text("out.dxf"), SMALL);
    bench.succeed(&["convert", "small.linework", "again.dxf"]);
    assert_eq!(bench.text("again.dxf"), SMALL);
    bench.succeed(&["convert", SAMPLE, "sample.dxf"]);
    assert_eq!(std::fs::read(bench.path("sample.dxf")).unwrap(), std::fs::read(SAMPLE).unwrap());
    bench.refuse(&["convert", "small.dxf", "out.dxf", "--log", "small.linework"], &["small.linework", "exists"]);

    let told = bench.succeed(&["log", "small.linework"]);
    assert!(told.lines().count() == 1 && told.contains("the log of \"small\" starts, read from a file"), "{told}");
    let line: serde_json::Value = serde_json::from_str(&bench.succeed(&["log", "small.linework", "--json"])).unwrap();
    assert_eq!((&line["seq"], &line["kind"], &line["author"]), (&1.into(), &"created".into(), &"".into()));
    assert!(line["time"].as_str().is_some_and(|time| time.len() == "2026-11-22T23:59:59.123+01:00".len()), "{line}");
    let from_log: serde_json::Value =
        serde_json::from_str(&bench.succeed(&["info", "small.linework", "--json"])).unwrap();
    assert_eq!(from_log["model"]["LINE"], 1);
}

/// How many pixels of a picture are dark.
fn ink(path: &Path) -> usize {
    let picture = image::open(path).unwrap().to_luma8();
    picture.pixels().filter(|pixel| pixel.0[0] < 128).count()
}

#[test]
fn a_picture_shows_the_drawing() {
    let bench = Bench::new();
    let render = |out: &str, more: &[&str]| {
        bench.succeed(&[&["render", "small.dxf", "--out", out, "--size", "200x120"], more].concat());
        assert_eq!(image::image_dimensions(bench.path(out)).unwrap(), (200, 120));
        ink(&bench.path(out))
    };
    let whole = render("whole.png", &["--ink"]);
    assert!((200..2000).contains(&whole), "{whole} dark pixels");
    assert_eq!(render("beside.png", &["--ink", "--view=-50,-50,-10,-10"]), 0);
    assert!(render("dark.png", &["--theme", "dark"]) > 200 * 120 / 2);
    bench.refuse(
        &["render", "small.dxf", "--out", "x.png", "--size", "9x9", "--layout", "Roof"],
        &["no layout \"Roof\"", "Model"],
    );
}

#[test]
fn what_is_no_drawing_is_refused_in_one_sentence() {
    let bench = Bench::new();
    bench.put("empty.dxf", b"");
    bench.put("garbage.dxf", &(0..2000u32).map(|i| (i * 7919 % 251) as u8).collect::<Vec<_>>());
    bench.put("binary.dxf", b"AutoCAD Binary DXF\r\n\x1a\0 and so on");
    bench.put("drawing.dwg", b"AC1032\0\0\0\0");
    bench.put("torn.linework", b"SQLite format 3\0 and no more");
    for (name, words) in [
        ("absent.dxf", &["absent.dxf could not be opened"][..]),
        ("empty.dxf", &["empty.dxf could not be read", "is empty"]),
        ("garbage.dxf", &["garbage.dxf could not be read", "not a DXF file"]),
        ("binary.dxf", &["binary DXF"]),
        ("drawing.dwg", &["DWG", "AC1032"]),
        ("torn.linework", &["torn.linework"]),
    ] {
        bench.refuse(&["info", name], words);
        bench.refuse(&["convert", name, "out.dxf"], words);
        bench.refuse(&["render", name, "--out", "out.png", "--size", "9x9"], words);
    }
    bench.refuse(&["log", "small.dxf"], &["small.dxf"]);
    bench.put("cut.dxf", &SMALL.as_bytes()[..SMALL.len() - 200]);
    let output = bench.run(&["info", "cut.dxf"]);
    assert_eq!(output.status.code(), Some(0), "what could be read is told");
    assert!(String::from_utf8_lossy(&output.stderr).contains("cut.dxf: line "));
}

#[test]
fn every_command_helps_with_an_example() {
    let bench = Bench::new();
    for command in ["render", "info", "edit", "convert", "log"] {
        let help = bench.succeed(&[command, "--help"]);
        assert!(help.contains(&format!("For example:\n  linework {command} ")), "{help}");
    }
}
