//! Tidiness: what the code must not contain, and what it must. An exception stands in a list here with its reason.

use super::assert_none;
use super::sources::{self, Source, root};

/// Files that may be longer than [`LINES_MAX`]: (path, why splitting would make them worse).
const LONG: &[(&str, &str)] = &[];
/// The longest a file may be without a reason, in lines.
const LINES_MAX: usize = 600;

/// Test files that may sleep, because they poll something that gives no event: (path, what they poll and how it is bounded).
const POLLING: &[(&str, &str)] =
    &[("tests/src/bin/linework-opening/program.rs", "a screen does not say when its pixels change")];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "core", "misc"];

/// Crates that are functions of their arguments.
const PURE: &[&str] = &["chain", "geometry", "drawing", "formats", "protocol", "scene", "collab"];

/// Every place in `lines` that contains one of `words`, as `path:line: word`.
fn places(source: &Source, lines: Vec<(usize, &str)>, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in lines {
        for word in words.iter().filter(|word| contains_word(line, word)) {
            found.push(format!("{}:{number}: {word}", source.path));
        }
    }
    found
}

/// Whether `line` holds `word` not as a part of a longer identifier.
fn contains_word(line: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let opens = word.chars().next().is_some_and(inside) && before.is_some_and(inside);
        let goes_on = word.chars().next_back().is_some_and(inside) && after.is_some_and(inside);
        !opens && !goes_on
    })
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn in_pure_crate(source: &Source) -> bool {
    PURE.iter().any(|name| source.path.starts_with(&format!("crates/{name}/src/")))
}

#[test]
fn words_are_found_whole() {
    for (line, word, expect) in [
        ("dbg!(x)", "dbg!", true),
        ("// XXX later", "XXX", true),
        ("\\U+XXXX", "XXX", false),
        ("operand::new()", "rand::", false),
        ("use rand::Rng;", "rand::", true),
        ("thread::sleep(d)", "sleep(", true),
        ("oversleep(d)", "sleep(", false),
        ("x.unwrap()", ".unwrap()", true),
    ] {
        assert_eq!(contains_word(line, word), expect, "{word} in {line}");
    }
}

#[test]
fn files_are_short() {
    let rust = sources::rust();
    let long = |path: &str| LONG.iter().any(|(each, _)| *each == path);
    let mut found = Vec::new();
    for source in &rust {
        let lines = source.text.lines().count();
        if lines > LINES_MAX && !long(&source.path) {
            found.push(format!("{}: {lines} lines", source.path));
        }
        if lines <= LINES_MAX && long(&source.path) {
            found.push(format!("{}: {lines} lines, no longer needs its exception", source.path));
        }
    }
    for (path, _) in LONG.iter().filter(|(path, _)| !rust.iter().any(|source| source.path == *path)) {
        found.push(format!("{path}: is gone, and so should be its exception"));
    }
    assert_none(
        &format!("a file has at most {LINES_MAX} lines: split it, or give the reason in tests/house/tidiness.rs"),
        found,
    );
}

#[test]
fn nothing_of_a_merge_is_left() {
    let mark = |line: &&str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    let left = sources::all().into_iter().filter(|source| source.text.lines().any(|line| mark(&line)));
    assert_none("both sides of a merge are still in the file", left.map(|source| source.path).collect());
}

#[test]
fn names_say_what_is_inside() {
    let mut found = Vec::new();
    for source in sources::rust() {
        let empty = |part: &str| EMPTY_NAMES.contains(&part.trim_end_matches(".rs"));
        if source.path.split('/').any(empty) {
            found.push(source.path.clone());
        }
        for (number, line) in source.text.lines().enumerate() {
            let module =
                line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ").strip_prefix("mod ");
            let name = module.map(|rest| rest.trim_end_matches([' ', '{', ';', '}']));
            if name.is_some_and(|name| EMPTY_NAMES.contains(&name)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    assert_none("a module is named for what it holds", found);
}

#[test]
fn nothing_is_left_for_later() {
    const WORDS: &[&str] = &[
        "todo!",
        "unimplemented!",
        "dbg!",
        "TODO",
        "FIXME",
        "XXX",
        "#[ignore",
        "#[allow(unused",
        "#![allow(unused",
        "#[allow(dead_code",
        "#![allow(dead_code",
    ];
    let mut found = Vec::new();
    for source in sources::rust().iter().filter(|source| !source.is_rule()) {
        found.extend(places(source, source.text.lines().enumerate().map(|(i, line)| (i + 1, line)).collect(), WORDS));
    }
    assert_none("what is committed is finished", found);
}

#[test]
fn no_path_of_one_machine() {
    const WORDS: &[&str] = &["/work/", ".library/", "/root/", "/tmp/w/"];
    let mut found = Vec::new();
    for source in sources::all().iter().filter(|source| !source.is_rule()) {
        found.extend(places(source, source.text.lines().enumerate().map(|(i, line)| (i + 1, line)).collect(), WORDS));
    }
    assert_none("the project runs anywhere: no path of the machine it was written on", found);
}

#[test]
fn pure_crates_are_pure() {
    const WORDS: &[&str] = &[
        "SystemTime::now",
        "Instant::now",
        "thread::spawn",
        "std::thread",
        "rand::",
        "thread_rng",
        "getrandom",
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "async fn",
        "println!",
        "eprintln!",
    ];
    let mut found = Vec::new();
    for source in sources::rust().iter().filter(|source| in_pure_crate(source)) {
        let lines = source.lines(false).into_iter().filter(|(_, line)| !is_comment(line)).collect();
        found.extend(places(source, lines, WORDS));
    }
    assert_none("a pure crate has no clock, randomness, thread, IO or async: hand it the value", found);
}

#[test]
fn tests_wait_for_events() {
    let mut found = Vec::new();
    for source in sources::rust().iter().filter(|source| !source.is_rule()) {
        if POLLING.iter().all(|(path, _)| *path != source.path) {
            found.extend(places(source, source.lines(true), &["sleep(", "sleep_ms("]));
        }
    }
    assert_none(
        "a test waits for what it needs, not for a time; who must poll says so in tests/house/tidiness.rs",
        found,
    );
}

#[test]
fn libraries_do_not_unwrap() {
    let mut found = Vec::new();
    for source in sources::rust()
        .iter()
        .filter(|source| source.path.starts_with("crates/") || source.path.starts_with("server/src/"))
    {
        let lines = source.lines(false).into_iter().filter(|(_, line)| !is_comment(line)).collect();
        found.extend(places(source, lines, &[".unwrap()", ".unwrap_err()", "panic!"]));
    }
    assert_none("a library returns an error; expect(..) states an invariant", found);
}

#[test]
fn crates_say_what_they_are_for() {
    let opens_crate = |path: &str| ["/src/lib.rs", "/src/main.rs"].iter().any(|end| path.ends_with(end));
    let found = sources::rust()
        .into_iter()
        .filter(|source| opens_crate(&source.path) && !source.text.starts_with("//!"))
        .map(|source| source.path)
        .collect();
    assert_none("a crate opens with a //! that says what it is for", found);
}

#[test]
fn members_share_the_lints() {
    let found = sources::all()
        .into_iter()
        .filter(|source| source.path.ends_with("/Cargo.toml") && !source.text.contains("[lints]\nworkspace = true"))
        .map(|source| source.path)
        .collect();
    assert_none("every crate takes the lints of the workspace", found);
}

#[test]
fn colours_come_from_the_theme() {
    let mut found = Vec::new();
    for source in sources::rust() {
        if source.path.starts_with("app/src/") && !source.path.contains("theme") {
            let lines = source.lines(false).into_iter().filter(|(_, line)| !is_comment(line));
            found.extend(
                lines
                    .filter(|(_, line)| names_a_colour(line))
                    .map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())),
            );
        }
    }
    assert_none("only the theme names a colour", found);
}

/// Whether a line holds a literal colour: `Color32::from_*(` with a number, `hex_color!`, or a `"#rrggbb"` text.
fn names_a_colour(line: &str) -> bool {
    let numbered = line.match_indices("Color32::from_").any(|(at, _)| {
        let rest = line[at..].split_once('(').map_or("", |(_, arguments)| arguments.trim_start());
        rest.starts_with(|c: char| c.is_ascii_digit())
    });
    let text = line.match_indices("\"#").any(|(at, _)| {
        let digits = line[at + 2..].chars().take_while(char::is_ascii_hexdigit).count();
        matches!(digits, 3 | 6 | 8) && line[at + 2 + digits..].starts_with('"')
    });
    numbered || text || line.contains("hex_color!")
}

#[test]
fn colours_are_recognised() {
    for (line, expect) in [
        ("Color32::from_rgb(76, 157, 255)", true),
        ("Color32::from_rgb(rgb.r, rgb.g, rgb.b)", false),
        ("Color32::from_gray(0x20)", true),
        ("let accent = \"#4C9DFF\";", true),
        ("format!(\"#{red:02x}\")", false),
        ("let id = \"#general\";", false),
    ] {
        assert_eq!(names_a_colour(line), expect, "{line}");
    }
}

/// The names in `[workspace.dependencies]` that come from outside.
fn external_dependencies() -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace manifest is readable");
    let lines = manifest.lines().skip_while(|line| line.trim() != "[workspace.dependencies]").skip(1);
    let entries = lines.take_while(|line| !line.starts_with('['));
    let names = entries.filter(|line| !line.contains("path = ")).filter_map(|line| line.split_once('='));
    names.map(|(name, _)| name.trim().to_owned()).filter(|name| !name.starts_with('#')).collect()
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let path = "docs/dependencies.md";
    let text = std::fs::read_to_string(root().join(path)).expect("docs/dependencies.md is readable");
    let told: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name)).collect();
    let names = external_dependencies();
    assert!(names.len() > 10, "the manifest was not understood: {names:?}");
    let untold =
        names.iter().filter(|name| !told.contains(&name.as_str())).map(|name| format!("{name} is not in {path}"));
    let gone = told.iter().filter(|name| !names.iter().any(|each| each == *name));
    let gone = gone.map(|name| format!("{name} is in {path} but not in Cargo.toml"));
    assert_none("every dependency says why it is there", untold.chain(gone).collect());
}
