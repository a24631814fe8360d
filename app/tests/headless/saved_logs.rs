//! Saved logs on the command line: any moment of them, whether they are whole, and what bad ones get.

use std::ops::ControlFlow;

use app::review::{LogFile, ReadUpTo};
use collab::{Replay, Source as _};

use crate::recorded::{Moment, Recorder, cafe};
use crate::{Bench, SMALL, harm, ink};
use drawing::Vec2;

impl Bench {
    /// Runs the program, which must end with this status; what it said, both ways.
    #[track_caller]
    fn status(&self, status: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    /// A log of `small.dxf` in which Ana moves the line twice: seven entries or so, without a checkpoint.
    fn small_log(&self) -> u64 {
        let mut desk = Recorder::new(&self.path("small.linework"), "small", SMALL.as_bytes());
        let line = desk.drawing().entities().find(|e| e.shape.kind() == "LINE").expect("it has a line").id;
        let ana = desk.join("Ana");
        desk.translate(ana, &[line], Vec2::new(1.0, 0.0));
        desk.translate(ana, &[line], Vec2::new(1.0, 0.0));
        desk.leave(ana);
        desk.finish(false).len() as u64
    }

    fn sql(&self, name: &str, sql: &str) {
        rusqlite::Connection::open(self.path(name)).unwrap().execute_batch(sql).unwrap();
    }
}

#[test]
fn any_moment_is_converted_and_drawn() {
    let bench = Bench::new();
    let head = bench.small_log();
    assert_eq!(head, 5);
    for (at, x) in [(1, "10\r\n0.0"), (2, "10\r\n0.0"), (3, "10\r\n1.0"), (4, "10\r\n2.0"), (5, "10\r\n2.0")] {
        bench.succeed(&["convert", "small.linework", "out.dxf", "--at", &at.to_string()]);
        assert!(bench.text("out.dxf").contains(&format!("AcDbLine\r\n {x}")), "{at}: {}", bench.text("out.dxf"));
        if at < 3 {
            assert_eq!(bench.text("out.dxf"), SMALL, "what nobody has touched yet is as it was");
        }
    }
    bench.succeed(&["convert", "small.linework", "then.png", "--at", "3"]);
    assert_eq!(image::image_dimensions(bench.path("then.png")).unwrap(), (1600, 1000));
    let drawn = |at: &str| {
        let size = ["render", "small.linework", "--out", "at.png", "--size", "200x120", "--ink", "--at", at];
        bench.succeed(&size);
        assert!(ink(&bench.path("at.png")) > 100);
        std::fs::read(bench.path("at.png")).unwrap()
    };
    assert_eq!(drawn("1"), drawn("2"));
    assert_ne!(drawn("1"), drawn("4"));
    bench.refuse(&["convert", "small.linework", "x.dxf", "--at", "99"], &["there is no entry 99", "ends with entry 5"]);
    bench.refuse(&["convert", "small.linework", "x.dxf", "--at", "0"], &["there is no entry 0"]);
    bench.refuse(&["convert", "small.dxf", "x.dxf", "--at", "1"], &["not an op log", "--at"]);
    bench.refuse(&["render", "small.dxf", "--out", "x.png", "--at", "1"], &["not an op log", "--at"]);
    bench.refuse(&["convert", "small.dxf", "x.png"], &["linework render small.dxf --out x.png"]);
}

#[test]
fn a_log_is_verified() {
    let bench = Bench::new();
    let head = bench.small_log();
    let told = bench.succeed(&["log", "small.linework", "--verify"]);
    assert!(told.contains("small.linework is whole: 5 entries, head "), "{told}");
    let hash = told.trim().rsplit(' ').next().unwrap().to_owned();
    let told = bench.succeed(&["log", "small.linework", "--verify", "--head", &hash]);
    assert!(told.contains("ends where you noted it"), "{told}");
    let report = bench.succeed(&["log", "small.linework", "--verify", "--head", &hash, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report, serde_json::json!({ "whole": true, "entries": head, "head": hash, "noted_at": head }));
    let none = "00".repeat(31) + "ff";
    let told = bench.status(1, &["log", "small.linework", "--verify", "--head", &none]);
    assert!(told.contains("is no hash in its chain"), "{told}");
    bench.status(2, &["log", "small.linework", "--verify", "--head", "xyz"]);
    bench.status(2, &["log", "small.linework", "--head", &hash]);
    // What came off the end is noticed by who noted the head, and by nobody else.
    bench.sql("small.linework", "DELETE FROM entry WHERE seq = 5");
    bench.succeed(&["log", "small.linework", "--verify"]);
    bench.status(1, &["log", "small.linework", "--verify", "--head", &hash]);
}

#[test]
fn a_log_with_a_damaged_checkpoint_is_not_whole_and_gives_its_entries() {
    let bench = Bench::new();
    let moments = cafe(&bench.path("cafe.linework"), true);
    bench.succeed(&["log", "cafe.linework", "--verify"]);
    bench.succeed(&["convert", "cafe.linework", "whole.dxf"]);
    bench.sql("cafe.linework", "UPDATE checkpoint SET state = x'00'");
    let told = bench.status(1, &["log", "cafe.linework", "--verify"]);
    let words = format!("the checkpoint at entry {} is damaged", moments.len());
    assert!(told.contains(&words) && told.contains(&format!("entries up to {} are intact", moments.len())), "{told}");
    bench.succeed(&["convert", "cafe.linework", "entries.dxf"]);
    assert_eq!(bench.text("whole.dxf"), bench.text("entries.dxf"));
}

#[test]
fn what_is_intact_of_a_damaged_log_is_shown_and_the_rest_is_named() {
    let damaged = |sql: &str, entry: &str| {
        let bench = Bench::new();
        bench.small_log();
        bench.sql("small.linework", sql);
        let told = bench.status(1, &["log", "small.linework", "--verify"]);
        assert!(told.contains(entry) && told.lines().count() == 1, "{told}");
        let told = bench.status(1, &["log", "small.linework"]);
        assert!(told.contains(entry) && told.contains("moved 1 entity"), "{told}");
        let told = bench.status(1, &["convert", "small.linework", "out.dxf"]);
        assert!(told.contains(entry), "{told}");
        assert!(bench.text("out.dxf").contains("AcDbLine\r\n 10\r\n1.0"), "up to entry 3");
        bench.refuse(&["convert", "small.linework", "out.dxf", "--at", "4"], &["no entry 4", entry]);
        bench.succeed_with_damage(entry);
    };
    damaged("UPDATE entry SET payload = x'00' WHERE seq = 4", "entry 4 is not what was stored");
    damaged("DELETE FROM entry WHERE seq = 4", "entry 4 is missing");
}

impl Bench {
    /// A moment before the damage is written, and the damage named.
    fn succeed_with_damage(&self, entry: &str) {
        let told = self.status(1, &["convert", "small.linework", "before.dxf", "--at", "2"]);
        assert!(told.contains(entry), "{told}");
        assert_eq!(self.text("before.dxf"), SMALL);
    }
}

#[test]
fn a_file_that_is_cut_or_flipped_anywhere_never_panics_and_never_lies() {
    let bench = Bench::new();
    let moments = cafe(&bench.path("cafe.linework"), true);
    let whole = std::fs::read(bench.path("cafe.linework")).unwrap();
    let mut random = 7u64;
    for case in 0..48 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let at = (random >> 20) as usize % whole.len();
        let mut bytes = whole.clone();
        if case % 2 == 0 {
            bytes.truncate(at)
        } else {
            bytes[at] ^= 0x55
        }
        bench.put("harmed.linework", &bytes);
        for arguments in [
            &["log", "harmed.linework", "--verify"][..],
            &["convert", "harmed.linework", "harmed.dxf"],
            &["log", "harmed.linework"],
        ] {
            let output = bench.run(arguments);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code().is_some_and(|code| code <= 2), "case {case} {arguments:?}: {said}");
            assert!(!said.contains("panicked"), "case {case} {arguments:?}: {said}");
            // What is called whole is what was recorded, all the way, with a checkpoint and without.
            if arguments.contains(&"--verify") && output.status.success() {
                tell_no_lie(&bench.path("harmed.linework"), &moments);
            }
        }
    }
}

fn tell_no_lie(path: &std::path::Path, moments: &[Moment]) {
    let mut log = LogFile::open(path).unwrap();
    let last = moments.last().unwrap();
    assert_eq!(log.head(), last.seq);
    let mut end = Replay::new();
    assert!(end.seek(&mut log, last.seq, |_, _, _| ControlFlow::Continue(())).unwrap().is_continue());
    assert_eq!(end.room().unwrap().drawing().hash(), last.drawing);
    let mut replay = Replay::new();
    for moment in moments {
        let went = replay.seek(&mut ReadUpTo::from_start(&mut log), moment.seq, |_, _, _| ControlFlow::Continue(()));
        assert!(went.unwrap().is_continue());
        assert_eq!(replay.room().unwrap().drawing().hash(), moment.drawing, "entry {}", moment.seq);
    }
}

#[test]
fn what_is_no_saved_log_is_refused_in_one_sentence() {
    let bench = Bench::new();
    bench.small_log();
    std::fs::copy(bench.path("small.linework"), bench.path("newer.linework")).unwrap();
    bench.sql("newer.linework", "PRAGMA user_version = 7");
    bench.put("empty.linework", b"");
    let live = oplog::Log::create(bench.path("live.linework"), oplog_id()).unwrap();
    for (name, words) in [
        ("newer.linework", &["version 7", "update the program"][..]),
        ("empty.linework", &["empty.linework is empty"]),
        ("live.linework", &["in use by", "copy"]),
        ("absent.linework", &["absent.linework"]),
    ] {
        bench.refuse(&["log", name, "--verify"], words);
        bench.refuse(&["log", name], words);
    }
    for name in ["newer.linework", "live.linework"] {
        bench.refuse(&["convert", name, "out.dxf", "--at", "1"], &[name]);
        bench.refuse(&["render", name, "--out", "out.png"], &[name]);
    }
    live.close().unwrap();
    bench.refuse(&["convert", "live.linework", "out.dxf"], &["no entry"]);
}

fn oplog_id() -> protocol::LogId {
    protocol::LogId([3; 16])
}

#[test]
fn a_report_tells_a_session_on_one_page() {
    let bench = Bench::new();
    let head = cafe(&bench.path("cafe.linework"), true).last().map(|moment| moment.seq.0).unwrap();
    bench.succeed(&["log", "cafe.linework", "--report", "session.html"]);
    let page = bench.text("session.html");
    assert_eq!(page.matches("data:image/png;base64,iVBOR").count(), 4, "before and after, on light and on dark");
    assert!(!page.contains("<script") && !page.contains("://"), "it needs nothing from elsewhere");
    assert!(!page.contains("{title}") && !page.contains("{people}"));
    for words in ["<h1>Caf\u{e9} Linde</h1>", "Ana Sousa", "Ben Okoye", "Cleo Maric", "3 people, ", "15 May 2026"] {
        assert!(page.contains(words), "it says {words}");
    }
    // Ben drew two chairs, moved them, and erased two others.
    let ben = page.lines().find(|line| line.contains("Ben Okoye")).unwrap();
    let numbers: Vec<&str> =
        ben.split("<td class=\"n\">").skip(2).map(|cell| cell.split('<').next().unwrap()).collect();
    assert_eq!(numbers, ["2", "2", "0", "1", "0"], "{ben}");
    assert!(ben.contains("4 INSERT"), "{ben}");
    assert!(page.contains(&format!("{head} entries.")) && page.contains("--verify --head "));
    let noted = page.split("--verify --head ").nth(1).unwrap().split('<').next().unwrap();
    assert!(bench.succeed(&["log", "cafe.linework", "--verify", "--head", noted]).contains("ends where you noted it"));
    // What is intact of a damaged log, and why there is no more.
    bench.sql("cafe.linework", "UPDATE entry SET payload = x'00' WHERE seq = 20");
    bench.status(1, &["log", "cafe.linework", "--report", "damaged.html"]);
    assert!(bench.text("damaged.html").contains("The log is damaged: entry 20 is not what was stored"));
    bench.refuse(&["log", "absent.linework", "--report", "x.html"], &["absent.linework"]);
    assert!(!bench.path("x.html").exists());
}

#[test]
fn what_cannot_be_followed_is_told_up_to_there() {
    let check = |harm: fn(&std::path::Path) -> protocol::Seq, why: &str, listed: i32| {
        let bench = Bench::new();
        let good = bench.small_log();
        bench.succeed(&["convert", "small.linework", "whole.dxf"]);
        let bad = harm(&bench.path("small.linework"));
        assert_eq!(bad.0, good + 1);
        for arguments in [
            &["convert", "small.linework", "out.dxf"][..],
            &["convert", "small.linework", "out.png"],
            &["render", "small.linework", "--out", "out.png"],
            &["info", "small.linework"],
            &["log", "small.linework", "--report", "out.html"],
        ] {
            let told = bench.status(1, arguments);
            assert!(told.contains(why) && told.contains(&format!("up to {good} ")), "{arguments:?}: {told}");
        }
        assert_eq!(bench.text("out.dxf"), bench.text("whole.dxf"));
        assert!(bench.text("out.html").contains("The log is damaged"));
        bench.refuse(&["convert", "small.linework", "x.dxf", "--at", &bad.to_string()], &[why]);
        let told = bench.status(listed, &["log", "small.linework"]);
        assert!(
            told.contains("Ana moved 1 entity") && told.contains("Ana left"),
            "what can be read is printed: {told}"
        );
    };
    check(harm::of_a_later_program, "entry 6", 2);
    check(harm::of_nobody, "not in the room", 0);
}

#[test]
fn a_picture_needs_no_file_that_the_drawing_came_from() {
    let bench = Bench::new();
    cafe(&bench.path("cafe.linework"), true);
    bench.sql("cafe.linework", "DELETE FROM blob");
    bench.succeed(&["render", "cafe.linework", "--out", "cafe.png", "--size", "200x120"]);
    bench.succeed(&["convert", "cafe.linework", "cafe.png"]);
    bench.succeed(&["info", "cafe.linework"]);
    bench.refuse(&["convert", "cafe.linework", "cafe.dxf"], &["lacks the drawing that it starts from"]);
}

#[test]
fn no_log_is_written_over() {
    let bench = Bench::new();
    bench.small_log();
    std::fs::copy(bench.path("small.linework"), bench.path("other.linework")).unwrap();
    std::fs::copy(bench.path("small.linework"), bench.path("hidden.dxf")).unwrap();
    let before = std::fs::read(bench.path("small.linework")).unwrap();
    for (arguments, words) in [
        (&["log", "small.linework", "--report", "small.linework"][..], "small.linework is an op log"),
        (&["log", "small.linework", "--report", "other.linework"], "other.linework is an op log"),
        (&["convert", "small.linework", "small.linework"], "small.linework is an op log"),
        (&["convert", "small.linework", "other.linework"], "other.linework is an op log"),
        (&["convert", "small.linework", "hidden.dxf"], "hidden.dxf is an op log"),
        (&["convert", "small.dxf", "other.linework"], "other.linework is an op log"),
        (&["convert", "small.dxf", "new.linework"], "new.linework would be taken for an op log"),
        (&["render", "small.linework", "--out", "other.linework"], "other.linework is an op log"),
        (&["edit", "small.dxf", "other.linework", "--add-line", "0,0,1,1"], "other.linework is an op log"),
    ] {
        bench.refuse(arguments, &[words, "nothing was written"]);
    }
    for name in ["small.linework", "other.linework", "hidden.dxf"] {
        assert!(std::fs::read(bench.path(name)).unwrap() == before, "{name} is as it was");
    }
    assert!(!bench.path("new.linework").exists());
}

#[test]
fn a_strangers_texts_are_shown_on_one_line() {
    let bench = Bench::new();
    let title = "\u{1b}[2J<script>\u{202e}".to_owned() + &"x".repeat(9_000);
    let mut desk = Recorder::new(&bench.path("strange.linework"), &title, SMALL.as_bytes());
    desk.join("Ana");
    desk.finish(false);
    bench.sql("strange.linework", "UPDATE entry SET author = 'a' || char(27) || char(10) || '  9  forged'");
    for arguments in [&["log", "strange.linework"][..], &["log", "strange.linework", "--json"]] {
        let told = bench.succeed(arguments);
        assert_eq!(told.lines().count(), 2, "one entry a line: {told}");
        assert!(!told.contains(['\u{1b}', '\u{202e}']) && told.len() < 1_000, "{told:?}");
    }
    bench.succeed(&["log", "strange.linework", "--report", "strange.html"]);
    let page = bench.text("strange.html");
    assert!(page.contains("<h1>[2J&lt;script&gt;xxx") && !page.contains("<script") && !page.contains('\u{1b}'));
    assert!(!page.contains(&"x".repeat(200)));
}

#[test]
fn a_log_in_use_is_saved_as_one_file() {
    let bench = Bench::new();
    let entries = bench.small_log();
    let live = oplog::Log::open(bench.path("small.linework")).unwrap();
    let said = bench.status(2, &["log", "small.linework"]);
    assert!(said.contains("in use by") && said.contains("linework log FILE --save COPY"), "{said}");
    let said = bench.succeed(&["log", "small.linework", "--save", "saved.linework"]);
    assert!(said.contains(&format!("saved.linework holds {entries} entries, head ")), "{said}");
    bench.succeed(&["log", "saved.linework", "--verify"]);
    bench.refuse(&["log", "small.linework", "--save", "saved.linework"], &["saved.linework", "exists"]);
    bench.refuse(&["log", "small.linework", "--save", "saved.txt"], &["end its name in .linework"]);
    assert!(!bench.path("saved.txt").exists());
    drop(live);
    // What is damaged is saved as it is, and said.
    bench.sql("saved.linework", "UPDATE entry SET payload = x'00' WHERE seq = 4");
    let said = bench.status(1, &["log", "saved.linework", "--save", "again.linework"]);
    assert!(said.contains("entry 4 is not what was stored"), "{said}");
}
