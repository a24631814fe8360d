//! One live log, one process; and files that are not what their name says.

use std::path::Path;

use oplog::{Log, LogError, LogReader, backup};
use rusqlite::Connection;

use crate::{Folder, ID, log_of, payloads, store};

#[test]
fn a_live_log_is_held_once() {
    let folder = Folder::new();
    let path = folder.path("a.linework");
    let mut log = log_of(&folder, "a.linework", &["one"]);
    let refusals = [
        ("open", Log::open(&path).map(drop)),
        ("read", LogReader::open(&path).map(drop)),
        ("through a link", Log::open(linked(&folder, &path)).map(drop)),
    ];
    for (case, refusal) in refusals {
        let error = refusal.unwrap_err();
        assert!(matches!(error, LogError::Held { .. }), "{case}: {error}");
        let words = error.to_string();
        let process = format!("process {}", std::process::id());
        assert!(cfg!(windows) || words.contains(&process), "{case}: {words}");
        assert!(words.contains("a.linework") && words.contains("backup"), "{case}: {words}");
    }
    // What the refusal recommends works, and the holder goes on.
    let end = backup(&path, folder.path("copy.linework")).unwrap();
    assert_eq!(end, log.position());
    store(&mut log, &["two"]);
    let reader = log.reader().unwrap();
    drop(log);
    assert!(matches!(Log::open(&path), Err(LogError::Held { .. })), "still read by its own process");
    drop(reader);
    assert_eq!(payloads(&Log::open(&path).unwrap()), ["one", "two"]);
}

fn linked(folder: &Folder, path: &Path) -> std::path::PathBuf {
    let link = folder.path("link.linework");
    #[cfg(unix)]
    std::os::unix::fs::symlink(path, &link).unwrap();
    #[cfg(not(unix))]
    std::fs::hard_link(path, &link).unwrap();
    if cfg!(unix) { link } else { path.to_owned() }
}

#[test]
fn readers_do_not_hold_a_saved_log() {
    let folder = Folder::new();
    let path = folder.path("a.linework");
    log_of(&folder, "a.linework", &["one"]).close().unwrap();
    let readers = [LogReader::open(&path).unwrap().0, LogReader::open(&path).unwrap().0];
    let mut log = Log::open(&path).unwrap();
    store(&mut log, &["two"]);
    for reader in &readers {
        assert_eq!(payloads(reader), ["one"]);
    }
}

#[test]
fn a_log_is_never_made_over_something() {
    let folder = Folder::new();
    for (name, make) in [("log", true), ("other", false)] {
        let path = folder.path(name);
        if make {
            log_of(&folder, name, &["one"]).close().unwrap();
        } else {
            std::fs::write(&path, "a letter").unwrap();
        }
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(Log::create(&path, ID), Err(LogError::Exists { .. })), "{name}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{name}");
    }
    // What a killed `create` left half-made is in nobody's way.
    std::fs::write(folder.path("new.linework-new"), "half").unwrap();
    log_of(&folder, "new.linework", &["one"]);
    assert!(!folder.names().contains(&"new.linework-new".to_owned()));
    assert!(matches!(Log::create(folder.path("no/such/folder.linework"), ID), Err(LogError::Missing { .. })));
}

#[test]
fn what_is_not_a_log_is_refused_by_name_and_left_as_it_is() {
    let folder = Folder::new();
    let sql = |name: &str, sql: &str| {
        Connection::open(folder.path(name)).unwrap().execute_batch(sql).unwrap();
    };
    std::fs::write(folder.path("empty"), "").unwrap();
    std::fs::write(folder.path("text"), "0\nSECTION\n".repeat(200)).unwrap();
    std::fs::create_dir(folder.path("folder")).unwrap();
    sql("database", "CREATE TABLE t (x)");
    log_of(&folder, "newer", &["one"]).close().unwrap();
    sql("newer", "PRAGMA user_version = 3");
    log_of(&folder, "unversioned", &["one"]).close().unwrap();
    sql("unversioned", "PRAGMA user_version = 0");
    log_of(&folder, "trigger", &["one"]).close().unwrap();
    sql("trigger", "CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry; END");
    log_of(&folder, "no id", &["one"]).close().unwrap();
    sql("no id", "DELETE FROM log");
    log_of(&folder, "no entries", &["one"]).close().unwrap();
    sql("no entries", "DROP TABLE entry");

    let check = |name: &str, expect: &str, said: &str| {
        let path = folder.path(name);
        let before = std::fs::read(&path).ok();
        let live = Log::open(&path).map(drop).unwrap_err();
        assert!(format!("{live:?}").starts_with(expect), "{name}: {live:?}");
        assert!(live.to_string().contains(said), "{name}: {live}");
        assert!(live.to_string().contains(name), "{name}: {live}");
        if name != "no entries" {
            let read = LogReader::open(&path).map(drop).unwrap_err();
            assert_eq!(read.to_string(), live.to_string(), "{name}");
        }
        if !matches!(live, LogError::Torn { .. }) {
            assert_eq!(std::fs::read(&path).ok(), before, "{name}");
        }
    };
    check("absent", "Missing", "no log at");
    check("empty", "Empty", "backup");
    check("text", "NotALog", "no SQLite database");
    check("folder", "NotALog", "folder");
    check("database", "NotALog", "application id");
    check("newer", "Newer", "update the program");
    check("unversioned", "NotALog", "no format version");
    check("trigger", "NotALog", "triggers");
    check("no id", "Torn", "id can't be read");
    check("no entries", "Torn", "no such table");
    let (reader, broken) = LogReader::open(folder.path("no entries")).unwrap();
    assert_eq!((reader.position().seq.0, broken.is_some()), (0, true));
}

#[test]
fn a_dropped_log_is_free_though_programs_are_being_started() {
    let folder = Folder::new();
    log_of(&folder, "a.linework", &["one"]).close().unwrap();
    // Between fork and exec a new process has a copy of every handle of this one, the lock's too.
    let starting = std::thread::spawn(|| {
        for _ in 0..40 {
            let mut program = std::process::Command::new(std::env::current_exe().unwrap());
            let output = program.arg("--list").output().unwrap();
            assert!(output.status.success());
        }
    });
    while !starting.is_finished() {
        drop(Log::open(folder.path("a.linework")).unwrap());
    }
    starting.join().unwrap();
}
