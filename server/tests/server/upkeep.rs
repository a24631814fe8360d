//! The commands beside serving: the real program, on folders and on a Redis, with a server at work or without.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use oplog::{Checkpoints, Log, LogReader};
use protocol::{Encoding, Limits};
use serde_json::Value;

use crate::client::Person;
use crate::place::{Place, start_x, translate};
use crate::program::DXF;
use crate::redis::Redis;

/// What a command said, and how it ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    error: String,
}

fn run(arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linework-server"));
    let Output { status, stdout, stderr } =
        command.args(arguments).env_remove("RUST_LOG").stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: status.code(), out: text(stdout), error: text(stderr) }
}

impl Said {
    /// What it said, if it ended so.
    #[track_caller]
    fn with(self, code: i32, words: &str) -> Said {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.out.contains(words) || self.error.contains(words), "{words}: {self:?}");
        self
    }

    fn values(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The files of a folder and what is in them; but no lock files, which are made by looking.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path));
    named.filter(|(name, _)| !name.ends_with("lock")).map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

/// A place with a drawing in which somebody moved a line so many times.
async fn edited(data: &Path, times: usize) -> (Place, Person) {
    let (place, address, ids) = Place::with_lines(data, Limits::default(), 3).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let token = ana.lock([ids[0]]).await;
    for _ in 0..times {
        ana.store(ana.edit(translate(ids[0], 1.0), &[token])).await;
    }
    (place, ana)
}

/// A saved log with a checkpoint: created, one joined, a lock, five moves.
async fn saved(folder: &Path) -> PathBuf {
    let data = folder.join("made");
    let (place, ana) = edited(&data, 5).await;
    drop(ana);
    // Closing keeps a checkpoint.
    place.close().await;
    let log = folder.join("saved.linework");
    run(&["export", "plan", "--data", text(&data), "--to", text(&log)]).with(0, "after entry 8");
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_server_at_work_can_be_served() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copies) = (folder.path().join("data"), folder.path().join("copies"));
    let (place, mut ana) = edited(&data, 5).await;
    let before = (place.address(), ana.at, ana.drawing.hash());
    let said = run(&["backup", "--data", text(&data), "--to", text(&copies), "--json"]).with(0, "plan");
    assert_eq!(
        (&said.values()[0]["entries"], said.values()[0].get("wrong")),
        (&before.1.seq.0.into(), None),
        "{said:?}"
    );
    // It is one file, and what says who comes in.
    let names: Vec<String> = files(&copies).into_keys().collect();
    assert_eq!(names, ["linework-server.owner", "plan.linework", "plan.linework-secret"]);
    // Nothing is written over, and whoever is at work went on undisturbed.
    run(&["backup", "--data", text(&data), "--to", text(&copies)]).with(2, "exists already");
    let token = ana.lock([drawing::EntityId(ana.drawing.id_max().0)]).await;
    assert!(token.0 > before.1.seq.0);
    run(&["backup", "--data", text(&data), "--drawing", "site", "--to", text(&copies)])
        .with(2, "no drawing called site");
    drop(ana);
    place.close().await;

    let copy = Place::open(&copies, Limits::default()).await;
    assert_eq!(copy.address().secret, before.0.secret);
    let bo = Person::join(&copy.address(), Encoding::Json, 2).await;
    assert_eq!(bo.drawing.hash(), before.2);
    drop(bo);
    copy.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let good = saved(folder.path()).await;
    let position = LogReader::open(&good).unwrap().0.position();
    let copy = |name: &str| {
        let path = folder.path().join(name);
        std::fs::copy(&good, &path).unwrap();
        path
    };
    let said = run(&["verify", text(&good), "--json"]).with(0, "");
    let found = &said.values()[0];
    assert_eq!(
        (&found["whole"], &found["entries"], &found["checkpoints"]),
        (&true.into(), &8.into(), &1.into()),
        "{said:?}"
    );
    // A byte of a payload.
    let altered = copy("altered.linework");
    let mut bytes = std::fs::read(&altered).unwrap();
    let reader = LogReader::open(&good).unwrap().0;
    let payload = reader.read_after(protocol::Seq(4), 1, 1 << 20).unwrap()[0].payload.clone();
    let at = bytes.windows(payload.len()).rposition(|window| window == payload).unwrap();
    bytes[at + payload.len() - 1] ^= 1;
    std::fs::write(&altered, bytes).unwrap();
    // A checkpoint of another room than the entries give: of an earlier entry, under the name of the last one.
    let lying = copy("lying.linework");
    let mut log = Log::open(&lying).unwrap();
    let early =
        collab::Room::from_checkpoint(&reader.latest_checkpoint(position.seq).unwrap().checkpoint.unwrap().state);
    let mut room = early.unwrap();
    // Whoever rewrites a checkpoint keeps its hash right; only replaying tells.
    let session = *room.shared().members.keys().next().unwrap();
    let renamed = |title: &str| {
        let event = protocol::Event::Renamed { session, title: title.into() };
        protocol::Entry { time_ms: 0, author: None, event }
    };
    let forged = renamed("Forged");
    let hash = position.after(&protocol::encode_entry(&forged).unwrap()).head;
    let told = protocol::Told { seq: position.seq.next(), hash, entry: forged };
    room.apply(&told).unwrap();
    let payload = protocol::encode_entry(&renamed("True")).unwrap();
    let new = oplog::NewEntry { payload, time_ms: 0, author: String::new(), kind: "renamed".into() };
    let oplog::Appended::Stored(head) = log.append(&position, &[new]).unwrap() else { panic!("it is stored") };
    let (mut side, _) = Checkpoints::open(&log).unwrap();
    side.put(&head, &room.to_checkpoint()).unwrap();
    drop(side);
    log.close().unwrap();
    let text_file = folder.path().join("text.linework");
    std::fs::write(&text_file, "not a log").unwrap();
    for (file, code, words) in [
        (&altered, 1, "entry 5 is not what was stored"),
        (&lying, 1, "checkpoint at entry 9"),
        (&text_file, 2, "is not an op log"),
        (&folder.path().join("none.linework"), 2, "there is no log"),
    ] {
        run(&["verify", text(file)]).with(code, words);
    }
    // One that is damaged hides none of the others.
    let all = run(&["verify", text(&altered), text(&good)]).with(1, "is whole");
    assert_eq!(all.out.lines().count(), 2, "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_folder_is_verified_and_exported_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (place, ana) = edited(&data, 5).await;
    run(&["verify", "--data", text(&data)]).with(0, "is whole, in use: 8 entries");
    let moved = |file: &Path| {
        let reading =
            formats::read(&std::fs::read(file).unwrap(), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        let first = reading.drawing.entities().map(|entity| entity.id).min().unwrap();
        start_x(&reading.drawing, first)
    };
    for (at, name, expect) in [(None, "now.dxf", 5.0), (Some("5"), "then.dxf", 2.0), (Some("1"), "first.dxf", 0.0)] {
        let to = folder.path().join(name);
        let mut arguments = vec!["export", "plan", "--data", text(&data), "--to", text(&to)];
        arguments.extend(at.iter().flat_map(|at| ["--at", at]));
        run(&arguments).with(0, "as it was after entry");
        assert_eq!(moved(&to), expect, "{at:?}");
        // What is there is left as it is.
        let before = std::fs::read(&to).unwrap();
        assert_eq!(run(&arguments).code, Some(2));
        assert_eq!(std::fs::read(&to).unwrap(), before);
    }
    let then = folder.path().join("then.linework");
    run(&["export", "plan", "--data", text(&data), "--at", "5", "--to", text(&then), "--json"]).with(0, "\"at\":5");
    run(&["verify", text(&then)]).with(0, "is whole: 5 entries");
    for (at, to, words) in
        [("9", "x.dxf", "its entries are 1 to 8"), ("0", "x.dxf", "no entry 0"), ("1", "x.png", "neither")]
    {
        run(&["export", "plan", "--data", text(&data), "--at", at, "--to", text(&folder.path().join(to))])
            .with(2, words);
    }
    run(&["export", "site", "--data", text(&data), "--to", "x.dxf"]).with(2, "no drawing called site");
    drop(ana);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_comes_in_with_its_history_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let (log, data) = (saved(folder.path()).await, folder.path().join("data"));
    let end = LogReader::open(&log).unwrap().0.position();
    let redis = Redis::safe();
    for place in [["--data", text(&data)], ["--redis", &redis.url()]] {
        let import = |more: &[&str]| run(&[&["import", text(&log)], &place[..], more].concat());
        import(&[]).with(0, "added Plan, as saved");
        import(&[]).with(2, "the same log is here already, as saved");
        import(&["--name", "Other"]).with(2, "the same log is here already");
        let again = import(&["--as-new", "--name", "Other", "--json"]).with(0, "");
        assert_eq!((&again.values()[0]["name"], &again.values()[0]["title"]), (&"other".into(), &"Other".into()));
        let verified = run(&[&["verify"], &place[..], &["--json"]].concat()).with(0, "");
        // The one is what it was; the other has been renamed since, under an id of its own.
        let mut entries: Vec<u64> = verified.values().iter().map(|found| found["entries"].as_u64().unwrap()).collect();
        entries.sort_unstable();
        assert!(entries[0] == end.seq.0 && entries[1] > end.seq.0 && entries.len() == 2, "{verified:?}");
        assert!(verified.values().iter().any(|found| found["head"] == end.head.to_string()), "{verified:?}");
        let out = folder.path().join(format!("{}.linework", &place[0][2..]));
        run(&[&["export", "saved", "--to", text(&out)], &place[..]].concat()).with(0, "after entry 8");
        assert_eq!(LogReader::open(&out).unwrap().0.position(), end);
        let copies = folder.path().join(format!("copies{}", place[0]));
        let backup = run(&[&["backup", "--to", text(&copies), "--json"], &place[..]].concat()).with(0, "");
        assert_eq!(backup.values().len(), 2, "{backup:?}");
        assert!(files(&copies).contains_key("saved.linework-secret"));
    }
    // Whoever comes in finds it as it was.
    let place = Place::open(&data, Limits::default()).await;
    let address = place.host.address("saved", "127.0.0.1", place.port()).unwrap();
    let ana = Person::join(&address, Encoding::Json, 9).await;
    assert!(ana.welcome.position.seq > end.seq && ana.welcome.title == "Plan");
    // A folder that somebody serves is theirs to add to.
    run(&["import", text(&log), "--data", text(&data)]).with(2, "is in use by process");
    drop(ana);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_come_in_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (log, data) = (saved(folder.path()).await, folder.path().join("data"));
    let dxf = folder.path().join("Site plan.dxf");
    std::fs::write(&dxf, DXF).unwrap();
    run(&["import", text(&dxf), "--data", text(&data)]).with(0, "added Site plan, as site-plan");
    let before = files(&data);
    let cut = folder.path().join("cut.linework");
    let bytes = std::fs::read(&log).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let live = folder.path().join("made/plan.linework");
    let held = Log::open(&live).unwrap();
    for (arguments, words) in [
        (&[text(&cut)][..], "damaged"),
        (&[text(&live)], "in use"),
        (&[text(&dxf), "--as-new"], "makes no sense"),
        (&["plan.png"], "neither"),
        (&["none.linework"], "there is no log"),
    ] {
        run(&[&["import"], arguments, &["--data", text(&data)]].concat()).with(2, words);
        assert_eq!(files(&data), before, "{arguments:?}");
    }
    drop(held);
    // What a crash leaves of bringing one in, before it has its name and after: finished or removed, never half there.
    std::fs::write(data.join("half.linework-unfinished"), "").unwrap();
    std::fs::write(data.join("half.linework-new"), &bytes[..1_000]).unwrap();
    std::fs::copy(&log, data.join("whole.linework")).unwrap();
    std::fs::write(data.join("whole.linework-unfinished"), "").unwrap();
    run(&["doctor", "--data", text(&data), "--listen", "127.0.0.1:0"])
        .with(0, "half.linework-new, half.linework-unfinished");
    let place = Place::open(&data, Limits::default()).await;
    let names: Vec<String> = place.host.drawings().into_iter().map(|listing| listing.name).collect();
    assert_eq!(names, ["site-plan", "whole"]);
    place.close().await;
    let left: Vec<String> = files(&data).into_keys().filter(|name| name.starts_with("half")).collect();
    assert!(left.is_empty() && !data.join("whole.linework-unfinished").exists(), "{left:?}");
    run(&["doctor", "--data", text(&data), "--listen", "127.0.0.1:0"]).with(0, "nothing half done");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (place, ana) = edited(&data, 1).await;
    let port = format!("127.0.0.1:{}", place.port());
    let said = run(&["doctor", "--data", text(&data), "--listen", &port, "--json"]).with(0, "");
    let of =
        |what: &str| said.values().into_iter().find(|found| found["what"] == what).unwrap_or_else(|| panic!("{what}"));
    for (what, state, words) in [
        ("port", "note", "somebody listens at"),
        ("server", "good", "in use by process"),
        ("drawings", "good", "1 drawings"),
        ("folder", "good", "can be written"),
        ("open files", "good", "may be open"),
        ("clock", "good", "since 1970"),
    ] {
        let found = of(what);
        assert_eq!(found["state"], state, "{found}");
        assert!(found["says"].as_str().unwrap().contains(words), "{found}");
    }
    drop(ana);
    place.close().await;
    // A drawing that can't be opened, a secret that anybody reads.
    std::fs::write(data.join("bad.linework"), "not a log").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(data.join("plan.linework-secret"), open).unwrap();
    }
    let said = run(&["doctor", "--data", text(&data), "--listen", "127.0.0.1:0"]).with(1, "WRONG  drawings");
    assert!(said.out.contains("bad: ") && said.out.contains("do: linework-server verify"), "{said:?}");
    assert!(cfg!(not(unix)) || said.out.contains("WRONG  secrets") && said.out.contains("chmod 600"), "{said:?}");
    run(&["doctor", "--data", text(&folder.path().join("none")), "--listen", "127.0.0.1:0"]).with(0, "is not there");

    let weak = Redis::with(&["--save", ""]);
    run(&["doctor", "--redis", &weak.url(), "--listen", "127.0.0.1:0"]).with(1, "appendonly no");
    let safe = Redis::safe();
    run(&["doctor", "--redis", &safe.url(), "--listen", "127.0.0.1:0"]).with(0, "writes to its disk");
    run(&["doctor", "--redis", "redis://127.0.0.1:1", "--listen", "127.0.0.1:0"]).with(1, "nobody listens there");
}

#[test]
fn each_command_has_help_with_an_example() {
    for command in ["verify", "backup", "export", "import", "doctor"] {
        let said = run(&[command, "--help"]).with(0, "Example:");
        assert!(
            said.out.contains("Exit status") && said.out.contains("--json") && said.out.contains("--data"),
            "{said:?}"
        );
        let folder = tempfile::tempdir().unwrap();
        run(&["--write-manual", text(folder.path())]).with(0, "");
        assert!(folder.path().join(format!("man1/linework-server-{command}.1")).exists(), "{command}");
    }
    run(&["backup", "--data", "x"]).with(2, "--to");
    run(&["verify", "a.linework", "--data", "x"]).with(2, "cannot be used with");
}
