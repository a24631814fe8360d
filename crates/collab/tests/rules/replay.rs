//! A replay stands where the fold from the start would stand, however it came there.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use collab::{CheckpointError, Replay, ReplayError, Room, Source};
use drawing::{Op, RecordId};
use protocol::{Hash, LogId, Position, Role, Seq, SessionId, Told};

use crate::lab::{LOG, Lab, colored, entity, ids, line, moved, plan};

/// A log in memory.
struct Shelf {
    told: Vec<Told>,
    checkpoints: BTreeMap<Seq, (Position, Vec<u8>)>,
    drawing: Option<Vec<u8>>,
    /// Entries that were read.
    read: usize,
}

impl Source for Shelf {
    fn log(&self) -> LogId {
        LOG
    }

    fn head(&self) -> Seq {
        Seq(self.told.len() as u64)
    }

    fn read_after(&mut self, after: Seq, upto: Seq) -> Result<Vec<Told>, String> {
        let most = upto.0.saturating_sub(after.0).min(7) as usize;
        let some: Vec<_> = self.told.iter().skip(after.0 as usize).take(most).cloned().collect();
        self.read += some.len();
        Ok(some)
    }

    fn blob(&mut self, hash: Hash) -> Result<Option<Vec<u8>>, String> {
        assert_eq!(hash, Hash::of(b"plan"));
        Ok(self.drawing.clone())
    }

    fn checkpoint(&mut self, at_or_before: Seq) -> Result<Option<(Position, Vec<u8>)>, String> {
        Ok(self.checkpoints.range(..=at_or_before).next_back().map(|(_, kept)| kept.clone()))
    }
}

impl Shelf {
    /// Keeps a checkpoint of this room.
    fn keep(&mut self, room: &Room) {
        self.checkpoints.insert(room.position().seq, (room.position(), room.to_checkpoint()));
    }
}

/// Small and the same on every machine: xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % limit
    }
}

/// A log of what two people do at random, and the room's digest after each entry.
fn random_log(seed: u64, entries: u64) -> (Shelf, BTreeMap<Seq, Hash>) {
    let mut random = Random(seed);
    let mut lab = Lab::new();
    let mut digests = BTreeMap::from([(Seq(1), lab.room.digest())]);
    let mut people: Vec<SessionId> = Vec::new();
    let mut own: Vec<(SessionId, u64)> = Vec::new();
    while lab.room.position().seq < Seq(entries) {
        let before = lab.told.len();
        if people.len() < 2 {
            people.push(lab.join(u128::from(random.below(3)) + 1, Role::Editor, None));
        } else {
            let who = people[random.below(2) as usize];
            let id = 10 + random.below(5);
            // What is refused is as good as what is not: nothing is stored.
            let _ = match random.below(12) {
                0 | 1 => lab.lock(who, &[id, 10 + random.below(5)]).map(drop),
                2 => {
                    lab.unlock(who, &[id]);
                    Ok(())
                }
                3 => lab.edit(who, Op::Change(vec![colored(id, random.below(7) as u8)])).map(drop),
                4 => {
                    let next = lab.room.ids_of(who)[0].first.0 + own.len() as u64;
                    own.push((who, next));
                    lab.edit(who, Op::New(vec![line(next)])).map(drop)
                }
                5 if !own.is_empty() => {
                    let (who, id) = own[random.below(own.len() as u64) as usize];
                    lab.edit(who, Op::Remove(vec![RecordId(id)])).map(drop)
                }
                6 => match lab.room.undoable(who).0.last().copied() {
                    Some(seq) => lab.undo(who, &[seq]).map(drop),
                    None => Ok(()),
                },
                7 if random.below(4) == 0 => {
                    people.retain(|each| *each != who);
                    lab.leave(who);
                    Ok(())
                }
                8 => lab.edit(who, Op::Batch(vec![moved(&[id]), Op::Change(vec![colored(id, 3)])])).map(drop),
                _ => lab.edit(who, moved(&[id])).map(drop),
            };
        }
        assert!(lab.told.len() <= before + 1);
        digests.insert(lab.room.position().seq, lab.room.digest());
    }
    let drawing = Some(protocol::encode_drawing(&plan()));
    (Shelf { told: lab.told, checkpoints: BTreeMap::new(), drawing, read: 0 }, digests)
}

fn at(replay: &mut Replay, shelf: &mut Shelf, seq: Seq) -> Hash {
    let went = replay.seek(shelf, seq, |_, _, _| ControlFlow::Continue(()));
    assert!(went.expect("the log is sound").is_continue());
    let room = replay.room().expect("it stands somewhere");
    assert_eq!(room.position().seq, seq);
    room.digest()
}

#[test]
fn every_place_is_what_the_fold_from_the_start_gives() {
    for seed in 1..=12 {
        let (mut shelf, digests) = random_log(seed, 160);
        let head = shelf.head();
        let mut random = Random(seed * 77);
        let mut forwards = Replay::new();
        digests.iter().for_each(|(seq, digest)| assert_eq!(at(&mut forwards, &mut shelf, *seq), *digest, "{seed}"));
        digests.iter().rev().for_each(|(seq, digest)| {
            assert_eq!(at(&mut forwards, &mut shelf, *seq), *digest, "{seed} {seq}");
        });
        // With checkpoints at some places, and from anywhere to anywhere.
        let mut room = Replay::new();
        for seq in [40, 90] {
            at(&mut room, &mut shelf, Seq(seq));
            shelf.keep(room.room().expect("it stands there"));
        }
        let mut jumping = Replay::new();
        for _ in 0..100 {
            let seq = Seq(1 + random.below(head.0));
            assert_eq!(at(&mut jumping, &mut shelf, seq), digests[&seq], "{seed} {seq}");
        }
        assert!(jumping.take_passed_over().is_empty());
    }
}

#[test]
fn it_tells_what_each_entry_did() {
    let (mut shelf, _) = random_log(3, 120);
    let mut lab_room = crate::lab::empty_room();
    let mut replay = Replay::new();
    let head = shelf.head();
    let mut count = 0;
    let went = replay.seek(&mut shelf, head, |told, applied, room| {
        assert_eq!(*applied, lab_room.apply(told).expect("the log is sound"));
        assert_eq!(room.digest(), lab_room.digest());
        count += 1;
        ControlFlow::Continue(())
    });
    assert!(went.is_ok_and(|went| went.is_continue()));
    assert_eq!(count, head.0 - 1, "all but the first, which nothing is applied to");
}

#[test]
fn stepping_back_reads_little() {
    let (mut shelf, _) = random_log(5, 400);
    let mut replay = Replay::new();
    let head = shelf.head();
    at(&mut replay, &mut shelf, head);
    shelf.read = 0;
    for back in 1..=100 {
        at(&mut replay, &mut shelf, Seq(head.0 - back));
    }
    assert!(shelf.read < 100 * 100, "{} entries were read for 100 steps back over 400", shelf.read);
}

#[test]
fn a_bad_checkpoint_is_passed_over_and_told() {
    let (mut shelf, digests) = random_log(7, 60);
    let mut replay = Replay::new();
    at(&mut replay, &mut shelf, Seq(30));
    let room = replay.room().expect("it stands there").clone();
    shelf.keep(&room);
    let (_, state) = shelf.checkpoints.get_mut(&Seq(30)).expect("it is kept");
    let last = state.len() - 1;
    state[last] ^= 1;
    let check = |shelf: &mut Shelf| {
        let mut replay = Replay::new();
        assert_eq!(at(&mut replay, shelf, Seq(50)), digests[&Seq(50)]);
        assert_eq!((replay.take_passed_over().len(), replay.take_trusted().len()), (1, 0));
    };
    check(&mut shelf);
    // The state of this place, said to be of a branch of it, and of another place.
    shelf.keep(&room);
    shelf.checkpoints.get_mut(&Seq(30)).expect("it is kept").0.head = Hash::of(b"a branch");
    check(&mut shelf);
    shelf.keep(&room);
    let kept = shelf.checkpoints.remove(&Seq(30)).expect("it is kept");
    shelf.checkpoints.insert(Seq(40), (Position { seq: Seq(40), ..kept.0 }, kept.1));
    check(&mut shelf);
}

#[test]
fn what_a_checkpoint_gave_is_told_until_somebody_asks() {
    let (mut shelf, digests) = random_log(11, 60);
    let mut replay = Replay::new();
    at(&mut replay, &mut shelf, Seq(30));
    assert!(replay.take_trusted().is_empty());
    shelf.keep(replay.room().expect("it stands there"));
    let mut replay = Replay::new();
    at(&mut replay, &mut shelf, Seq(50));
    let trusted: Vec<Hash> = replay.take_trusted().iter().map(Room::digest).collect();
    assert_eq!(trusted, [digests[&Seq(30)]]);
    assert!(replay.take_trusted().is_empty());
}

#[test]
fn a_checkpoint_whose_books_do_not_add_up_is_refused() {
    let (mut shelf, _) = random_log(13, 60);
    let mut replay = Replay::new();
    at(&mut replay, &mut shelf, Seq(50));
    let state = replay.room().map(Room::to_checkpoint).expect("it stands there");
    let name = b"edit_bytes";
    let at = state.windows(name.len()).rposition(|bytes| bytes == name).expect("it is in the books") + name.len();
    let mut wrong = state.clone();
    // The last byte of the sum, in whichever width it is written.
    let width = match state[at] {
        0xcd => 2,
        0xce => 4,
        0xcf => 8,
        other => panic!("a room that made edits kept {other:#x} bytes of them"),
    };
    wrong[at + width] ^= 1;
    assert!(Room::from_checkpoint(&state).is_ok());
    assert!(matches!(Room::from_checkpoint(&wrong), Err(CheckpointError::Books)));
}

#[test]
fn it_stays_where_it_stood_when_it_breaks_off() {
    let (mut shelf, digests) = random_log(9, 80);
    let mut replay = Replay::new();
    at(&mut replay, &mut shelf, Seq(20));
    let broken = replay.seek(&mut shelf, Seq(60), |told, _, _| match told.seq {
        Seq(41) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(broken.is_ok_and(|went| went.is_break()));
    assert_eq!(replay.room().map(Room::digest), Some(digests[&Seq(20)]));
    // Beyond the end, and where an entry does not follow.
    let beyond = replay.seek(&mut shelf, Seq(9_999), |_, _, _| ControlFlow::Continue(()));
    assert!(matches!(beyond, Err(ReplayError::Beyond { asked: Seq(9_999), .. })));
    shelf.told[50].seq = Seq(99);
    let mut seen = Vec::new();
    let wrong = replay.seek(&mut shelf, Seq(60), |told, _, _| {
        seen.push(told.seq.0);
        ControlFlow::Continue(())
    });
    assert!(matches!(wrong, Err(ReplayError::Fold(_))), "{wrong:?}");
    // The last good room is kept, and each entry up to it was told once.
    assert_eq!(replay.room().map(Room::digest), Some(digests[&Seq(50)]));
    assert!(seen.is_sorted_by(|a, b| a < b) && seen.last() == Some(&50), "{seen:?}");
    let again = replay.seek(&mut shelf, Seq(70), |_, _, _| ControlFlow::Continue(()));
    assert!(matches!(again, Err(ReplayError::Fold(_))), "{again:?}");
    assert_eq!(replay.room().map(Room::digest), Some(digests[&Seq(50)]));
    assert_eq!(at(&mut replay, &mut shelf, Seq(33)), digests[&Seq(33)]);
    shelf.drawing = None;
    let lacks = Replay::new().seek(&mut shelf, Seq(3), |_, _, _| ControlFlow::Continue(()));
    assert!(matches!(lacks, Err(ReplayError::NoDrawing(_))));
}

#[test]
fn two_drawings_differ_in_what_was_changed() {
    let before = plan();
    let mut after = before.clone();
    let new = entity(40, drawing::Drawing::MODEL_SPACE, shape());
    for op in [moved(&[10, 12]), Op::New(vec![new]), Op::Remove(ids(&[11]))] {
        after.apply(&op).expect("the plan allows it");
    }
    assert_eq!(before.difference(&after, 9), Some(ids(&[10, 11, 12, 40])));
    assert_eq!(after.difference(&before, 4), Some(ids(&[10, 11, 12, 40])));
    assert_eq!(before.difference(&after, 3), None, "more than is wanted");
    assert_eq!(before.difference(&before.clone(), 0), Some(Vec::new()));
}

fn shape() -> drawing::Shape {
    match line(40) {
        drawing::Record::Entity(entity) => entity.shape,
        other => unreachable!("a line is an entity: {other:?}"),
    }
}
