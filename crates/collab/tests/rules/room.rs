//! What a room decides, case by case.

use crate::lab::{Lab, colored, ids, line, moved};
use drawing::{Color, Handle, Op, RecordId};
use protocol::{Limits, Refusal, Request, Role, Seq, SessionId};

/// What is to be done in a room of Ana and Ben.
type Play = fn(&mut Lab, SessionId, SessionId) -> Result<Option<Seq>, Refusal>;

/// What came of it, in a word.
fn word(result: &Result<Option<Seq>, Refusal>) -> &'static str {
    match result {
        Ok(Some(_)) => "stored",
        Ok(None) => "nothing",
        Err(Refusal::Held { .. }) => "held",
        Err(Refusal::Circle { .. }) => "circle",
        Err(Refusal::Changed { .. }) => "changed",
        Err(Refusal::LockLost { .. }) => "lock lost",
        Err(Refusal::Invalid { .. }) => "invalid",
        Err(Refusal::NotAllowed { .. }) => "not allowed",
        Err(Refusal::Limit { .. }) => "limit",
        Err(Refusal::NotUndoable { .. }) => "not undoable",
        Err(Refusal::Overtaken { .. }) => "overtaken",
        Err(Refusal::ForeignIds { .. }) => "foreign ids",
        Err(Refusal::Unavailable { .. }) => "unavailable",
    }
}

/// An edit of what was seen at some entry, under some locks.
fn edit_seen(lab: &mut Lab, by: SessionId, op: Op, seen: Seq, under: Vec<Seq>) -> Result<Option<Seq>, Refusal> {
    lab.ask(by, Request::Edit { op, seen, under })
}

/// What a desk stores when the countdown of an override is over.
fn end_of_countdown(lab: &mut Lab, holder: SessionId, of: &[u64], by: SessionId) -> Result<Option<Seq>, Refusal> {
    let overridden_by = Some(by);
    let ended = protocol::Event::Unlocked { session: holder, ids: ids(of), lapsed: false, overridden_by };
    Ok(Some(lab.store(None, ended)))
}

fn check(cases: &[(&str, &str, Play)]) {
    for (what, expect, play) in cases {
        let mut lab = Lab::new();
        let (ana, ben) = (lab.join(1, Role::Editor, None), lab.join(2, Role::Editor, None));
        let result = play(&mut lab, ana, ben);
        assert_eq!(word(&result), *expect, "{what}: {result:?}");
    }
}

#[test]
fn locks() {
    check(&[
        ("a free record", "stored", |lab, ana, _| lab.lock(ana, &[10, 11])),
        ("what one holds already", "nothing", |lab, ana, _| {
            lab.lock(ana, &[10, 11])?;
            lab.lock(ana, &[11])
        }),
        ("all or nothing", "held", |lab, ana, ben| {
            lab.lock(ana, &[10])?;
            let refused = lab.lock(ben, &[10, 11]);
            assert_eq!(lab.holder(11), None);
            let Err(Refusal::Held { by, free }) = &refused else { return refused };
            assert_eq!((by[0].session, &by[0].ids, free), (ana, &ids(&[10]), &ids(&[11])));
            refused
        }),
        ("what isn't there is left out", "stored", |lab, ana, _| lab.lock(ana, &[10, 99])),
        ("what was let go", "stored", |lab, ana, ben| {
            lab.lock(ana, &[10])?;
            lab.unlock(ana, &[10, 12]);
            lab.lock(ben, &[10])
        }),
        ("what somebody who left held", "stored", |lab, ana, ben| {
            lab.lock(ana, &[10])?;
            lab.leave(ana);
            lab.lock(ben, &[10])
        }),
        ("what one doesn't hold can't be let go", "nothing", |lab, ana, ben| {
            lab.lock(ana, &[10])?;
            lab.ask(ben, Request::Unlock { ids: ids(&[10]) })
        }),
        ("as a viewer", "not allowed", |lab, _, _| {
            let viewer = lab.join(3, Role::Viewer, None);
            lab.lock(viewer, &[10])
        }),
        ("after leaving", "invalid", |lab, ana, _| {
            lab.leave(ana);
            lab.lock(ana, &[10])
        }),
        ("more than the limit", "limit", |lab, ana, _| {
            lab.ask(ana, Request::Lock { ids: vec![RecordId(10); 200_001], wait: false })
        }),
    ]);
}

#[test]
fn edits() {
    check(&[
        ("what nobody holds", "stored", |lab, ana, _| lab.edit(ana, moved(&[10]))),
        ("what another holds", "held", |lab, ana, ben| {
            lab.lock(ben, &[10])?;
            lab.edit(ana, moved(&[10, 11]))
        }),
        ("what another changed since", "changed", |lab, ana, ben| {
            let seen = lab.room.position().seq;
            lab.did(ben, moved(&[10]));
            edit_seen(lab, ana, moved(&[10]), seen, vec![])
        }),
        ("what one changed oneself since", "stored", |lab, ana, _| {
            let seen = lab.room.position().seq;
            lab.did(ana, moved(&[10]));
            edit_seen(lab, ana, moved(&[10]), seen, vec![])
        }),
        ("what another changed, and then oneself", "changed", |lab, ana, ben| {
            let seen = lab.room.position().seq;
            lab.did(ben, moved(&[10]));
            lab.did(ana, moved(&[10]));
            edit_seen(lab, ana, moved(&[10]), seen, vec![])
        }),
        ("under a lock that is held", "stored", |lab, ana, ben| {
            let seen = lab.room.position().seq;
            lab.did(ben, moved(&[10]));
            let token = lab.lock(ana, &[10])?.expect("a lock is granted");
            edit_seen(lab, ana, moved(&[10]), seen, vec![token])
        }),
        ("under an older lock than the one that is held", "lock lost", |lab, ana, ben| {
            let token = lab.lock(ana, &[10])?.expect("a lock is granted");
            lab.unlock(ana, &[10]);
            lab.did(ben, moved(&[10]));
            lab.lock(ana, &[10])?;
            edit_seen(lab, ana, moved(&[10]), token, vec![token])
        }),
        ("what was seen in the future", "invalid", |lab, ana, _| edit_seen(lab, ana, moved(&[10]), Seq(99), vec![])),
        ("what isn't there", "invalid", |lab, ana, _| lab.edit(ana, moved(&[99]))),
        ("nothing at all", "nothing", |lab, ana, _| lab.edit(ana, moved(&[]))),
        ("with ids of one's own", "stored", |lab, ana, _| {
            let first = lab.room.ids_of(ana)[0].first.0;
            let made = lab.edit(ana, Op::New(vec![line(first)]));
            assert_eq!(lab.holder(first), Some(ana));
            made
        }),
        ("with another's ids", "foreign ids", |lab, ana, ben| {
            let first = lab.room.ids_of(ben)[0].first.0;
            lab.edit(ana, Op::New(vec![line(first)]))
        }),
        ("with an id that was used", "invalid", |lab, ana, _| {
            let first = lab.room.ids_of(ana)[0].first.0;
            lab.did(ana, Op::New(vec![line(first)]));
            lab.did(ana, Op::Remove(ids(&[first])));
            lab.edit(ana, Op::New(vec![line(first)]))
        }),
        ("removing ends the lock", "nothing", |lab, ana, ben| {
            lab.lock(ana, &[10])?;
            lab.did(ana, Op::Remove(ids(&[10])));
            assert_eq!(lab.holder(10), None);
            lab.lock(ben, &[10])
        }),
        ("a dimension takes its block along, whoever changed that", "stored", |lab, ana, ben| {
            let seen = lab.room.position().seq;
            lab.did(
                ben,
                Op::Change(vec![{
                    let Some(part) = lab.room.drawing().get(RecordId(22)).cloned() else { unreachable!("it is there") };
                    part
                }]),
            );
            let token = lab.lock(ana, &[20])?.expect("a lock is granted");
            edit_seen(lab, ana, moved(&[20]), seen, vec![token])
        }),
        ("a dimension that another holds", "held", |lab, ana, ben| {
            lab.lock(ben, &[20])?;
            lab.edit(ana, moved(&[20]))
        }),
        ("minting what another holds", "stored", |lab, ana, ben| {
            lab.lock(ben, &[10])?;
            lab.edit(ana, Op::Mint(vec![(RecordId(10), Handle(0x100))]))
        }),
        ("minting among other things", "invalid", |lab, ana, _| {
            lab.edit(ana, Op::Batch(vec![Op::Mint(vec![(RecordId(10), Handle(0x100))])]))
        }),
        ("what was minted meanwhile stays minted", "stored", |lab, ana, ben| {
            let seen = lab.room.position().seq;
            lab.did(ben, Op::Mint(vec![(RecordId(10), Handle(0x100))]));
            let changed = edit_seen(lab, ana, Op::Change(vec![colored(10, 3)]), seen, vec![]);
            assert_eq!(lab.room.drawing().get(RecordId(10)).and_then(|record| record.handle()), Some(Handle(0x100)));
            changed
        }),
    ]);
}

#[test]
fn overrides_and_names() {
    check(&[
        ("an owner ends another's lock", "stored", |lab, ana, ben| {
            let token = lab.lock(ana, &[10, 11])?.expect("a lock is granted");
            let later = lab.lock(ana, &[12])?.expect("a lock is granted");
            lab.lock(ben, &[13])?;
            let owner = lab.join(3, Role::Owner, None);
            lab.ask(owner, Request::Override { token, of: None })?;
            let ended = end_of_countdown(lab, ana, &[10, 11], owner);
            let held = [10, 11, 12, 13].map(|id| lab.holder(id));
            assert_eq!(
                (held, lab.room.shared().locks[&RecordId(12)].token),
                ([None, None, Some(ana), Some(ben)], later)
            );
            ended
        }),
        ("a lock that ended already", "nothing", |lab, ana, ben| {
            let token = lab.lock(ana, &[10])?.expect("a lock is granted");
            lab.unlock(ana, &[10]);
            lab.lock(ben, &[10])?;
            let owner = lab.join(3, Role::Owner, None);
            let nothing = lab.ask(owner, Request::Override { token, of: None });
            assert_eq!(lab.holder(10), Some(ben));
            nothing
        }),
        ("an editor ends no lock of another", "not allowed", |lab, ana, ben| {
            let token = lab.lock(ana, &[10])?.expect("a lock is granted");
            lab.ask(ben, Request::Override { token, of: None })
        }),
        ("what was done under it meanwhile is refused if somebody else was quicker", "changed", |lab, ana, ben| {
            let token = lab.lock(ana, &[10])?.expect("a lock is granted");
            let owner = lab.join(3, Role::Owner, None);
            lab.ask(owner, Request::Override { token, of: None })?;
            end_of_countdown(lab, ana, &[10], owner)?;
            lab.did(ben, moved(&[10]));
            edit_seen(lab, ana, moved(&[10]), token, vec![token])
        }),
        ("an owner renames", "stored", |lab, _, _| {
            let owner = lab.join(3, Role::Owner, None);
            let renamed = lab.ask(owner, Request::Rename { title: " Site\u{7} plan ".into() });
            assert_eq!(lab.room.title(), "Site plan");
            renamed
        }),
        ("to what it is called already", "nothing", |lab, _, _| {
            let owner = lab.join(3, Role::Owner, None);
            lab.ask(owner, Request::Rename { title: "Plan".into() })
        }),
        ("to nothing", "invalid", |lab, _, _| {
            let owner = lab.join(3, Role::Owner, None);
            lab.ask(owner, Request::Rename { title: " \n".into() })
        }),
        ("to a novel", "limit", |lab, _, _| {
            let owner = lab.join(3, Role::Owner, None);
            lab.ask(owner, Request::Rename { title: "x".repeat(121) })
        }),
        ("an editor renames", "not allowed", |lab, ana, _| lab.ask(ana, Request::Rename { title: "Mine".into() })),
    ]);
}

#[test]
fn undos() {
    check(&[
        ("an edit of one's own", "stored", |lab, ana, _| {
            let before = lab.room.drawing().hash();
            let edit = lab.did(ana, moved(&[10, 20]));
            let undone = lab.undo(ana, &[edit]);
            assert_eq!(lab.room.drawing().hash(), before);
            undone
        }),
        ("undo and redo", "stored", |lab, ana, _| {
            let edit = lab.did(ana, Op::Batch(vec![Op::Change(vec![colored(10, 1)]), Op::Remove(ids(&[11]))]));
            let after = lab.room.drawing().hash();
            let undo = lab.undo(ana, &[edit])?.expect("the undo does something");
            assert_eq!(lab.room.undoable(ana), (vec![], vec![undo]));
            let redo = lab.undo(ana, &[undo])?.expect("the redo does something");
            assert_eq!(lab.room.undoable(ana), (vec![redo], vec![]));
            assert_eq!(lab.room.drawing().hash(), after);
            lab.undo(ana, &[redo])
        }),
        ("several, newest first", "stored", |lab, ana, _| {
            let before = lab.room.drawing().hash();
            let first = lab.did(ana, Op::Change(vec![colored(10, 1)]));
            let second = lab.did(ana, Op::Change(vec![colored(10, 2), colored(11, 2)]));
            let undone = lab.undo(ana, &[second, first]);
            assert_eq!(lab.room.drawing().hash(), before);
            undone
        }),
        ("several, oldest first", "not undoable", |lab, ana, _| {
            let first = lab.did(ana, moved(&[10]));
            let second = lab.did(ana, moved(&[10]));
            lab.undo(ana, &[first, second])
        }),
        ("twice", "not undoable", |lab, ana, _| {
            let edit = lab.did(ana, moved(&[10]));
            lab.undo(ana, &[edit])?;
            lab.undo(ana, &[edit])
        }),
        ("another's edit", "not undoable", |lab, ana, ben| {
            let edit = lab.did(ben, moved(&[10]));
            lab.undo(ana, &[edit])
        }),
        ("what isn't an edit", "not undoable", |lab, ana, _| {
            let lock = lab.lock(ana, &[10])?.expect("a lock is granted");
            lab.undo(ana, &[lock])
        }),
        ("minting", "not undoable", |lab, ana, _| {
            let mint = lab.did(ana, Op::Mint(vec![(RecordId(10), Handle(0x100))]));
            lab.undo(ana, &[mint])
        }),
        ("what others changed since stays", "stored", |lab, ana, ben| {
            let edit = lab.did(ana, Op::Change(vec![colored(10, 1), colored(11, 1)]));
            lab.did(ben, Op::Change(vec![colored(10, 2)]));
            let undone = lab.undo(ana, &[edit]);
            assert_eq!((lab.color(10), lab.color(11)), (Some(Color::Index(2)), Some(Color::ByLayer)));
            undone
        }),
        ("what others hold stays", "overtaken", |lab, ana, ben| {
            let edit = lab.did(ana, moved(&[10]));
            lab.lock(ben, &[10])?;
            lab.undo(ana, &[edit])
        }),
        ("what another changed between one's own edits stays", "overtaken", |lab, ana, ben| {
            let first = lab.did(ana, Op::Change(vec![colored(10, 1)]));
            lab.did(ben, Op::Change(vec![colored(10, 2)]));
            let second = lab.did(ana, Op::Change(vec![colored(10, 3)]));
            lab.undo(ana, &[second])?;
            assert_eq!(lab.color(10), Some(Color::Index(2)));
            lab.undo(ana, &[first])
        }),
        ("a creation, and its lock ends", "stored", |lab, ana, _| {
            let first = lab.room.ids_of(ana)[0].first.0;
            let made = lab.did(ana, Op::New(vec![line(first)]));
            let undone = lab.undo(ana, &[made]);
            assert_eq!((lab.color(first), lab.holder(first)), (None, None));
            undone
        }),
        ("a removal, and what is back is held", "stored", |lab, ana, _| {
            let gone = lab.did(ana, Op::Remove(ids(&[10])));
            let undone = lab.undo(ana, &[gone]);
            assert_eq!(lab.holder(10), Some(ana));
            undone
        }),
        ("a later edit takes the redo away", "stored", |lab, ana, _| {
            let edit = lab.did(ana, moved(&[10]));
            lab.undo(ana, &[edit])?;
            let fresh = lab.did(ana, moved(&[11]));
            assert_eq!(lab.room.undoable(ana), (vec![fresh], vec![]));
            Ok(Some(fresh))
        }),
        ("by a session that carries the author's on", "stored", |lab, ana, _| {
            let edit = lab.did(ana, moved(&[10]));
            lab.leave(ana);
            let again = lab.join(1, Role::Editor, Some(ana));
            lab.undo(again, &[edit])
        }),
        ("by another window of the same installation", "not undoable", |lab, ana, _| {
            let edit = lab.did(ana, moved(&[10]));
            let window = lab.join(1, Role::Editor, None);
            lab.undo(window, &[edit])
        }),
    ]);
}

#[test]
fn a_checkpoint_and_the_tail_are_the_whole_log() {
    let mut lab = Lab::new();
    let ana = lab.join(1, Role::Editor, None);
    let edit = lab.did(ana, moved(&[10, 20]));
    lab.lock(ana, &[11]).expect("the lock is free");
    let bytes = lab.room.to_checkpoint();
    let mut again = Lab::new();
    again.room = collab::Room::from_checkpoint(&bytes).expect("a checkpoint is read");
    assert_eq!(again.room.digest(), lab.room.digest());
    // The tail is the same for both, and so is what it comes to.
    for lab in [&mut lab, &mut again] {
        lab.store(None, protocol::Event::Granted { session: ana, ids: lab.room.ids_for_joining() });
        let undo = Request::Undo { entries: vec![edit] };
        let decided = lab.room.decide(ana, &undo, &protocol::Limits::default()).expect("the undo is allowed");
        let collab::Decision::Store(event) = decided else { unreachable!("the undo does something") };
        lab.store(None, event);
    }
    assert_eq!(again.room.digest(), lab.room.digest());
    for at in [0, 1, 4, 40, bytes.len() - 1] {
        assert!(collab::Room::from_checkpoint(&bytes[..at]).is_err(), "{at} bytes are no checkpoint");
    }
}

#[test]
fn an_entry_that_does_not_follow_changes_nothing() {
    let mut lab = Lab::new();
    let ana = lab.join(1, Role::Editor, None);
    let before = lab.room.digest();
    let epoch = protocol::Epoch(7);
    let nobody = SessionId(Seq(77));
    for event in [
        protocol::Event::Resumed { session: nobody, epoch },
        protocol::Event::Gone { session: ana, epoch, why: protocol::Ended::Left },
        protocol::Event::Locked { session: ana, ids: ids(&[99]) },
        protocol::Event::Unlocked { session: ana, ids: ids(&[10]), lapsed: false, overridden_by: None },
        protocol::Event::Edited { session: ana, op: moved(&[99]), undoes: vec![] },
        protocol::Event::Edited { session: ana, op: moved(&[10]), undoes: vec![Seq(1)] },
        protocol::Event::Granted { session: ana, ids: drawing::IdRange { first: RecordId(5), len: 3 } },
    ] {
        let entry = protocol::Entry { time_ms: 0, author: None, event };
        let payload = protocol::encode_entry(&entry).expect("an entry is written");
        let at = lab.room.position().after(&payload);
        assert!(lab.room.apply_payload(at.seq, at.head, &payload).is_err(), "{entry:?}");
        assert!(lab.room.apply_payload(at.seq, protocol::Hash::default(), &payload).is_err(), "a broken chain");
        assert_eq!(lab.room.digest(), before, "{entry:?}");
    }
}

#[test]
fn a_batch_of_nothing_and_tokens_without_end_are_over_the_limits() {
    let mut lab = Lab::new();
    let ana = lab.join(1, Role::Editor, None);
    let limits = Limits { records_max: 3, ..Limits::default() };
    let seen = lab.room.position().seq;
    let none = Op::Batch(vec![Op::Batch(Vec::new()); 4]);
    for (op, under) in [(none, Vec::new()), (moved(&[10]), vec![Seq(1); 4])] {
        let decided = lab.room.decide(ana, &Request::Edit { op, seen, under }, &limits);
        assert!(matches!(decided, Err(Refusal::Limit { max: 3, asked: 4, .. })), "{decided:?}");
    }
    // Tokens that are out of order are the same tokens.
    let token = lab.lock(ana, &[10]).expect("it is free").expect("it is locked");
    let under = vec![Seq(99), token, Seq(1)];
    assert!(lab.room.decide(ana, &Request::Edit { op: moved(&[10]), seen: token, under }, &limits).is_ok());
}

#[test]
fn what_was_deleted_meanwhile_does_not_keep_the_rest_from_being_locked() {
    let mut lab = Lab::new();
    let (ana, ben) = (lab.join(1, Role::Editor, None), lab.join(2, Role::Editor, None));
    lab.did(ben, Op::Remove(vec![RecordId(11)]));
    assert!(matches!(lab.lock(ana, &[10, 11, 12]), Ok(Some(_))));
    assert_eq!([10, 11, 12].map(|id| lab.holder(id)), [Some(ana), None, Some(ana)]);
}

#[test]
fn a_checkpoint_that_says_it_is_larger_than_it_is_takes_no_memory_for_that() {
    let huge = |name: &str, head: &[u8]| {
        let parts = [&[0x81, 0xa0 | name.len() as u8], name.as_bytes(), head, &[0xff; 4], &[1, 2]].concat();
        [&[2][..], &(parts.len() as u32).to_le_bytes(), &parts].concat()
    };
    for name in ["members", "locks", "versions", "edits", "roots", "title"] {
        // A map, an array, a text of four thousand million parts.
        for head in [0xdf, 0xdd, 0xdb] {
            assert!(collab::Room::from_checkpoint(&huge(name, &[head])).is_err(), "{name} {head:x}");
        }
    }
}
