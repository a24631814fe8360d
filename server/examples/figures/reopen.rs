//! How long opening a drawing takes whose log is long.

use std::time::Instant;

use collab::{Room, Session};
use drawing::{Drawing, Entity, EntityId, Line, Op, Point3, Record, RecordId, Shape, Vec2};
use oplog::{Appended, Checkpoints, Log, NewEntry};
use protocol::{Author, ClientId, ClientMessage, ClientSeq, Entry, Event, ResumeKey, Role, Seq, SessionId, Told};
use server::{Delivery, Host, Options};
use tokio::runtime::Handle;

use crate::{Served, client};

/// Lines in the drawing.
const LINES: u64 = 10_000;
/// Entries appended at a time.
const BATCH: usize = 10_000;
/// A live server keeps a checkpoint at least this often.
const CHECKPOINT_ENTRIES: u64 = 2_000;

/// Writes a log as a room would, and opens it.
pub async fn measure(entries: u64) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::open(Options::new(folder.path()), Handle::current())?;
    let listing = host.add("Plan", None, drawing()).await?;
    host.close().await;
    let path = folder.path().join(format!("{}.linework", listing.name));
    let began = Instant::now();
    let tail = write(&path, entries)?;
    let bytes = std::fs::metadata(&path)?.len();
    println!("{entries} entries, {bytes} bytes, the last {tail} after the checkpoint, in {:?}", began.elapsed());
    for run in 1..=3 {
        let began = Instant::now();
        let host = Host::open(Options::new(folder.path()), Handle::current())?;
        let mut connection = host.connect(&listing.name).await?;
        let mut session = Session::new(ClientId(run), ResumeKey(run), "Ana".into(), ClientSeq(Seq(1)));
        let hello = session.hello(&listing.name, "");
        connection.to_room.send(ClientMessage::Hello(hello)).await?;
        let drawing = loop {
            match connection.from_room.recv().await {
                Some(Delivery::Drawing(drawing)) => break drawing,
                Some(Delivery::Message(_)) => {}
                other => anyhow::bail!("not let in: {other:?}"),
            }
        };
        println!("opened and joined in the process after {:?}: {} entities", began.elapsed(), drawing.entity_count());
        drop(connection);
        host.close().await;
    }
    let served = Served::start(folder.path())?;
    let person = client::join(&served.addresses[0], 9).await?;
    println!("opened and joined over a socket after {:?}", person.joined);
    Ok(())
}

fn drawing() -> Drawing {
    let mut drawing = Drawing::new();
    let line = |id: u64| {
        let at = |x| Point3 { x, y: id as f64, z: 0.0 };
        Record::Entity(Entity::new(EntityId(id), Shape::Line(Line { start: at(0.0), end: at(10.0) })))
    };
    drawing.apply(&Op::New((100..100 + LINES).map(line).collect())).expect("lines on layer 0");
    drawing
}

/// Appends entries of one person who moves one line after another; how many are after the last checkpoint.
fn write(path: &std::path::Path, entries: u64) -> anyhow::Result<u64> {
    let mut log = Log::open(path)?;
    let first = log.read_after(Seq(0), 1, usize::MAX)?.remove(0);
    let told = Told { seq: first.seq, hash: first.hash, entry: protocol::decode_entry(&first.payload)? };
    let mut room = Room::start(log.position().log, &told, drawing())?;
    let joined = Event::Joined {
        client: ClientId(7),
        name: "Ben".into(),
        color: 0,
        role: Role::Editor,
        ids: room.ids_for_joining(),
        resume_lock: None,
        epoch: Default::default(),
        carries_on: None,
        came: Default::default(),
    };
    let session = SessionId(Seq(2));
    let mut batch = Vec::with_capacity(BATCH);
    let mut saved = room.clone();
    for seq in 2..=entries {
        let event = match seq {
            2 => joined.clone(),
            3 => Event::Locked { session, ids: (100..100 + LINES).map(RecordId).collect() },
            _ => {
                let ids = vec![EntityId(100 + seq % LINES)];
                Event::Edited { session, op: Op::Translate { ids, by: Vec2 { x: 0.5, y: 0.25 } }, undoes: Vec::new() }
            }
        };
        let client_seq = ClientSeq(Seq(seq));
        let author = (seq > 2).then_some(Author { session, client: ClientId(7), client_seq, floor: client_seq });
        let entry = Entry { time_ms: seq, author, event };
        let payload = protocol::encode_entry(&entry)?;
        let after = room.position().after(&payload);
        room.apply(&Told { seq: after.seq, hash: after.head, entry })?;
        batch.push(NewEntry { payload, time_ms: seq, author: "Ben".into(), kind: "edited".into() });
        if batch.len() == BATCH || seq == entries {
            let Appended::Stored(_) = log.append(&log.position(), &batch)? else { anyhow::bail!("not at the head") };
            batch.clear();
        }
        // As long before the end as a server may be killed after its last checkpoint.
        if seq + CHECKPOINT_ENTRIES == entries {
            saved = room.clone();
        }
    }
    let (mut checkpoints, _) = Checkpoints::open(&log)?;
    checkpoints.put(&saved.position(), &saved.to_checkpoint())?;
    log.close()?;
    Ok(entries - saved.position().seq.0)
}
