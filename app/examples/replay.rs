//! How fast a long log is opened, played and searched: `cargo run --release -p app --example replay -- BIG.dxf`; a
//! second name is where the log that it makes is kept.
//!
//! Makes a log of 200,000 entries (four people who lock, move, recolour, copy, erase and let go) on the drawing, saves
//! it with a checkpoint near its end, and times what the app does with it, on one thread unless it says otherwise.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use app::review::{LogFile, ReadUpTo};
use collab::{IDS_WITH_JOINING, Replay, Room, Source as _};
use drawing::{Color, Drawing, Entity, EntityId, IdRange, Op, Record, RecordId, Vec2};
use oplog::{Appended, Checkpoints, Log, NewEntry};
use protocol::{Author, ClientId, ClientSeq, Entry, Event, LogId, Role, Seq, SessionId};
use scene::{Band, Fonts, Scene, SceneOptions, TextMode};

/// Entries of the log.
const ENTRIES: u64 = 200_000;
/// Entries after the checkpoint.
const TAIL: u64 = 1_500;
/// People in it.
const PEOPLE: u64 = 4;
/// Seeks that are timed.
const SEEKS: usize = 1_000;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let dxf = arguments.next().expect("name the DXF file to make a log of");
    let kept = arguments.next();
    let bytes = std::fs::read(&dxf).expect("the drawing is read");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.linework");
    let made = Instant::now();
    make(&path, &bytes);
    let mib = std::fs::metadata(&path).expect("the log is there").len() >> 20;
    if let Some(kept) = kept {
        std::fs::copy(&path, kept).expect("the log is kept");
    }
    println!("a log of {ENTRIES} entries, {mib} MiB, made in {:.1} s", made.elapsed().as_secs_f64());
    open(&path);
    let mut log = LogFile::open(&path).expect("the log opens");
    let mut replay = Replay::new();
    play(&mut log, &mut replay);
    seek(&mut log, &mut replay);
    if let Some(kib) = resident_kib() {
        println!("resident at the end: {} MiB, {} rooms kept", kib >> 10, replay.ladder().len());
    }
}

/// From a name to all triangles of the drawing at its end.
fn open(path: &Path) {
    let start = Instant::now();
    let mut log = LogFile::open(path).expect("the log opens");
    let walked = start.elapsed();
    assert!(log.broken.is_none());
    let mut replay = Replay::new();
    let head = log.head().0;
    go(&mut replay, &mut log, head);
    let room = start.elapsed();
    let drawing = replay.room().expect("it stands there").drawing().clone();
    let fonts = include_bytes!("../../assets/fonts/Inter-Regular.otf").to_vec();
    let options =
        SceneOptions { text: TextMode::Drawn, fonts: Fonts::new([fonts]).expect("our font").into(), frames: false };
    let space = drawing.model_space().expect("a model space");
    let scene = Scene::new(&drawing, space, options);
    let built = start.elapsed();
    let chunks: Vec<_> = scene.chunks().collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(id) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    black_box(scene.tessellate(&drawing, *id, Band::of(0.5)));
                }
            });
        }
    });
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "opening: chain walked {:.0} ms, room at the end {:.0} ms, scene {:.0} ms, all triangles (2 threads) {:.0} ms",
        ms(walked),
        ms(room),
        ms(built),
        ms(start.elapsed())
    );
}

/// From the first entry to the last.
fn play(log: &mut LogFile, replay: &mut Replay) {
    let unpacked = Instant::now();
    go(replay, log, 1);
    println!("the drawing at the start unpacked in {:.0} ms", unpacked.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let (head, mut touched) = (log.head(), 0);
    let went = replay.seek(&mut ReadUpTo::from_start(log), head, |_, applied, _| {
        touched += applied.touched.len();
        ControlFlow::Continue(())
    });
    assert!(went.expect("the log is sound").is_continue());
    let took = start.elapsed().as_secs_f64();
    println!("playback: {:.0} entries/s ({touched} records touched)", (head.0 - 1) as f64 / took);
}

/// To places all over the log, and single steps back.
fn seek(log: &mut LogFile, replay: &mut Replay) {
    let head = log.head().0;
    let mut random = 7u64;
    let mut below = |most: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % most
    };
    let far: Vec<_> = (0..SEEKS).map(|_| 1 + below(head)).collect();
    report("seek to anywhere", far.into_iter().map(|seq| timed(replay, log, seq)).collect());
    go(replay, log, head);
    let steps = (1..200).map(|back| head - back);
    report("step back by one", steps.map(|seq| timed(replay, log, seq)).collect());
}

fn timed(replay: &mut Replay, log: &mut LogFile, seq: u64) -> f64 {
    let start = Instant::now();
    go(replay, log, seq);
    start.elapsed().as_secs_f64() * 1e3
}

fn report(what: &str, mut ms: Vec<f64>) {
    ms.sort_by(f64::total_cmp);
    let at = |part: f64| ms[((ms.len() - 1) as f64 * part) as usize];
    println!("{what}: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms", at(0.5), at(0.99), at(1.0));
}

fn go(replay: &mut Replay, log: &mut LogFile, seq: u64) {
    let went = replay.seek(log, Seq(seq), |_, _, _| ControlFlow::Continue(()));
    assert!(went.expect("the log is sound").is_continue());
}

fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse().ok())
}

/// Writes the log.
fn make(path: &Path, bytes: &[u8]) {
    let drawing = formats::read(bytes, &mut |_| ControlFlow::Continue(())).expect("a drawing").drawing;
    let working = path.with_extension("working");
    let mut log = Log::create(&working, LogId([5; 16])).expect("a log");
    let source = Some(log.put_blob(bytes).expect("the file is kept"));
    let snapshot = log.put_blob(&protocol::encode_drawing(&drawing)).expect("the drawing is kept");
    let mut writer = Writer {
        drawing: drawing.clone(),
        made: Vec::new(),
        next: drawing.id_max().0 + 1,
        requests: 0,
        batch: Vec::new(),
    };
    writer.put(None, Event::Created { title: "Long".into(), source, snapshot, drawing: drawing.hash() });
    let movable: Vec<EntityId> =
        drawing.entities_of(drawing.model_space().expect("a model space")).map(|entity| entity.id).collect();
    for person in 0..PEOPLE {
        let ids = IdRange { first: RecordId(writer.next), len: IDS_WITH_JOINING };
        writer.next += u64::from(IDS_WITH_JOINING);
        let (client, name) = (ClientId(u128::from(person) + 1), format!("Person {}", person + 1));
        let (color, role) = (person as u8, Role::Editor);
        writer.put(
            None,
            Event::Joined {
                client,
                name,
                color,
                role,
                ids,
                resume_lock: None,
                epoch: Default::default(),
                carries_on: None,
                came: Default::default(),
            },
        );
    }
    let mut random = 99u64;
    while (writer.batch.len() as u64) < ENTRIES {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        writer.act(random >> 16, &movable);
    }
    writer.batch.truncate(ENTRIES as usize);
    for entries in writer.batch.chunks(1_000) {
        let at = log.position();
        assert!(matches!(log.append(&at, entries).expect("they are stored"), Appended::Stored(_)));
    }
    let reader = log.reader().expect("the log is read");
    keep_checkpoint(&reader, ENTRIES - TAIL);
    reader.backup(path).expect("it is saved");
}

fn keep_checkpoint(reader: &oplog::LogReader, at: u64) {
    let entries = reader.read_after(Seq(0), 1, usize::MAX).expect("the first entry");
    let first = &entries[0];
    let entry = protocol::decode_entry(&first.payload).expect("it is read");
    let Event::Created { snapshot, .. } = &entry.event else { unreachable!("the first entry starts the log") };
    let bytes = reader.blob(snapshot).expect("it is read").expect("it is there");
    let drawing = protocol::decode_drawing(&bytes).expect("it is a drawing");
    let told = protocol::Told { seq: first.seq, hash: first.hash, entry };
    let mut room = Room::start(reader.position().log, &told, drawing).expect("a log starts");
    while room.position().seq.0 < at {
        let most = (at - room.position().seq.0).min(1_000) as usize;
        for stored in reader.read_after(room.position().seq, most, usize::MAX).expect("they are read") {
            room.apply_payload(stored.seq, stored.hash, &stored.payload).expect("the log is sound");
        }
    }
    let (mut side, _) = Checkpoints::open(reader).expect("the side file");
    side.put(&room.position(), &room.to_checkpoint()).expect("it is kept");
}

/// Makes entries.
struct Writer {
    drawing: Drawing,
    made: Vec<(SessionId, EntityId)>,
    next: u64,
    requests: u64,
    batch: Vec<NewEntry>,
}

impl Writer {
    fn put(&mut self, author: Option<SessionId>, event: Event) {
        self.requests += 1;
        let author = author.map(|session| Author {
            session,
            client: ClientId(u128::from(session.0.0) - 1),
            client_seq: ClientSeq(Seq(self.requests)),
            floor: ClientSeq(Seq(self.requests.saturating_sub(1))),
        });
        let time_ms = 1_778_832_000_000 + self.batch.len() as u64 * 700;
        let kind = event.kind().to_owned();
        let payload = protocol::encode_entry(&Entry { time_ms, author, event }).expect("an entry");
        self.batch.push(NewEntry { payload, time_ms, author: "Person".into(), kind });
    }

    /// One of the things that people do: two to four entries.
    fn act(&mut self, random: u64, movable: &[EntityId]) {
        let session = SessionId(Seq(2 + random % PEOPLE));
        let id = movable[(random / 7) as usize % movable.len()];
        let Some(entity) = self.drawing.entity(id).cloned() else { return };
        let by = Vec2::new((random % 100) as f64 * 0.01, 0.5);
        match random / 3 % 10 {
            0 => {
                let new = EntityId(self.next);
                let ids = IdRange { first: RecordId(self.next), len: 1 };
                self.next += 1;
                self.put(Some(session), Event::Granted { session, ids });
                let mut copy = Entity { id: new, handle: None, source: None, ..entity };
                if copy.shape.translate(by).is_ok() && self.edit(session, Op::New(vec![Record::Entity(copy)])) {
                    self.made.push((session, new));
                }
            }
            1 if !self.made.is_empty() => {
                let (session, id) = self.made.swap_remove(random as usize % self.made.len());
                self.edit(session, Op::Remove(vec![id.into()]));
            }
            kind => {
                self.put(Some(session), Event::Locked { session, ids: vec![id.into()] });
                if kind < 5 {
                    let mut changed = entity;
                    changed.style.color = Color::Index((random % 250) as u8 + 1);
                    self.edit(session, Op::Change(vec![Record::Entity(changed)]));
                } else {
                    self.edit(session, Op::Translate { ids: vec![id], by });
                }
                self.put(
                    Some(session),
                    Event::Unlocked { session, ids: vec![id.into()], lapsed: false, overridden_by: None },
                );
            }
        }
    }

    fn edit(&mut self, session: SessionId, op: Op) -> bool {
        let done = self.drawing.apply(&op).is_ok_and(|outcome| !outcome.touched.is_empty());
        if done {
            self.put(Some(session), Event::Edited { session, op, undoes: Vec::new() });
        }
        done
    }
}
