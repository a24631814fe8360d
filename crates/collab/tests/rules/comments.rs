//! Who may say what, case by case, in a room of an owner, an editor, two reviewers and a viewer.

use crate::lab::{Lab, ids, line, moved};
use drawing::{
    Comment, CommentId, Drawing, EntityId, Installation, Op, Pin, Point, Record, RecordId, Reply, ReplyId, Said,
    Settling, Writer,
};
use protocol::{Limits, Refusal, Request, Role, Seq, SessionId};

/// Who is in the room. Client 1 is the owner, 2 the editor, 3 and 4 reviewers, 5 a viewer.
#[derive(Clone, Copy)]
struct People {
    owner: SessionId,
    editor: SessionId,
    ana: SessionId,
    ben: SessionId,
    viewer: SessionId,
}

type Play = fn(&mut Lab, People) -> Result<Option<Seq>, Refusal>;

fn word(result: &Result<Option<Seq>, Refusal>) -> &'static str {
    match result {
        Ok(Some(_)) => "stored",
        Ok(None) => "nothing",
        Err(Refusal::Changed { .. }) => "changed",
        Err(Refusal::Invalid { why }) if why.contains("somebody else's") => "not yours",
        Err(Refusal::Invalid { .. }) => "invalid",
        Err(Refusal::NotAllowed { .. }) => "not allowed",
        Err(Refusal::Overtaken { .. }) => "overtaken",
        Err(Refusal::ForeignIds { .. }) => "foreign ids",
        Err(other) => panic!("not expected here: {other:?}"),
    }
}

fn check(cases: &[(&str, &str, Play)]) {
    for (what, expect, play) in cases {
        let mut lab = Lab::new();
        let people = People {
            owner: lab.join(1, Role::Owner, None),
            editor: lab.join(2, Role::Editor, None),
            ana: lab.join(3, Role::Reviewer, None),
            ben: lab.join(4, Role::Reviewer, None),
            viewer: lab.join(5, Role::Viewer, None),
        };
        let result = play(&mut lab, people);
        assert_eq!(word(&result), *expect, "{what}: {result:?}");
    }
}

/// The `n`th of the ids that came with joining.
fn id(lab: &Lab, of: SessionId, n: u64) -> u64 {
    lab.room.ids_of(of)[0].first.0 + n
}

fn me(lab: &Lab, session: SessionId) -> Writer {
    let member = &lab.room.shared().members[&session];
    Writer { session: session.into(), client: member.client.into(), name: member.name.clone(), color: member.color }
}

fn said(by: Writer, text: &str) -> Said {
    Said { text: text.into(), mentions: vec![], by, at_ms: 7, edited_ms: None }
}

fn comment(lab: &Lab, by: SessionId, n: u64) -> Comment {
    let pin = lab.room.drawing().pin_on(EntityId(10), Point::new(3.0, 4.0));
    let (id, space) = (CommentId(id(lab, by, n)), Drawing::MODEL_SPACE);
    Comment { id, space, pin, said: said(me(lab, by), "Too narrow"), settling: None }
}

fn reply(lab: &Lab, by: SessionId, n: u64, to: CommentId) -> Record {
    Record::Reply(Reply { id: ReplyId(id(lab, by, n)), to, said: said(me(lab, by), "By how much?") })
}

/// Has somebody say something.
fn says(lab: &mut Lab, by: SessionId) -> CommentId {
    let comment = comment(lab, by, 0);
    let id = comment.id;
    lab.did(by, Op::New(vec![Record::Comment(comment)]));
    id
}

fn changed(lab: &Lab, id: CommentId, change: impl FnOnce(&mut Comment)) -> Op {
    let mut comment = lab.room.drawing().comment(id).expect("it is there").clone();
    change(&mut comment);
    Op::Change(vec![Record::Comment(comment)])
}

fn settled(lab: &Lab, by: SessionId, id: CommentId, resolved: bool) -> Op {
    let by = me(lab, by);
    changed(lab, id, |comment| comment.settling = Some(Settling { resolved, by, at_ms: 9 }))
}

fn reworded(lab: &Lab, id: CommentId) -> Op {
    changed(lab, id, |comment| (comment.said.text, comment.said.edited_ms) = ("Too wide".into(), Some(9)))
}

#[test]
fn who_may_comment() {
    fn comments(lab: &mut Lab, by: SessionId) -> Result<Option<Seq>, Refusal> {
        let comment = comment(lab, by, 0);
        lab.edit(by, Op::New(vec![Record::Comment(comment)]))
    }
    check(&[
        ("an owner", "stored", |lab, people| comments(lab, people.owner)),
        ("an editor", "stored", |lab, people| comments(lab, people.editor)),
        ("a reviewer", "stored", |lab, people| comments(lab, people.ana)),
        ("a viewer", "not allowed", |lab, people| comments(lab, people.viewer)),
        ("a viewer to a comment", "not allowed", |lab, people| {
            let to = says(lab, people.ana);
            let reply = reply(lab, people.viewer, 1, to);
            lab.edit(people.viewer, Op::New(vec![reply]))
        }),
        ("a reviewer to somebody's comment", "stored", |lab, people| {
            let to = says(lab, people.owner);
            let reply = reply(lab, people.ana, 1, to);
            lab.edit(people.ana, Op::New(vec![reply]))
        }),
        ("under an id of somebody else", "foreign ids", |lab, people| {
            let mut comment = comment(lab, people.ana, 0);
            comment.id = CommentId(id(lab, people.ben, 0));
            lab.edit(people.ana, Op::New(vec![Record::Comment(comment)]))
        }),
        ("more ids, for a reviewer", "stored", |lab, people| lab.ask(people.ana, Request::Grant { len: 10 })),
        ("more ids, for a viewer", "not allowed", |lab, people| lab.ask(people.viewer, Request::Grant { len: 10 })),
    ]);
}

#[test]
fn a_reviewer_does_nothing_else() {
    check(&[
        ("moves", "not allowed", |lab, people| lab.edit(people.ana, moved(&[10]))),
        ("draws", "not allowed", |lab, people| {
            let line = line(id(lab, people.ana, 5));
            lab.edit(people.ana, Op::New(vec![line]))
        }),
        ("erases", "not allowed", |lab, people| lab.edit(people.ana, Op::Remove(ids(&[10])))),
        ("erases under cover of words", "not allowed", |lab, people| {
            let comment = comment(lab, people.ana, 0);
            let words = Op::New(vec![Record::Comment(comment)]);
            lab.edit(people.ana, Op::Batch(vec![words, Op::Remove(ids(&[10]))]))
        }),
        ("mints", "not allowed", |lab, people| {
            lab.edit(people.ana, Op::Mint(vec![(RecordId(10), drawing::Handle(0x99))]))
        }),
        ("locks", "not allowed", |lab, people| lab.lock(people.ana, &[10])),
        ("takes back what it did as an editor", "not allowed", |lab, _| {
            // What was its own to change then isn't any more.
            let before = lab.join(6, Role::Editor, None);
            let edit = lab.did(before, moved(&[10]));
            lab.leave(before);
            let now = lab.join(6, Role::Reviewer, Some(before));
            lab.undo(now, &[edit])
        }),
        ("takes its words back", "stored", |lab, people| {
            let comment = comment(lab, people.ana, 0);
            let edit = lab.did(people.ana, Op::New(vec![Record::Comment(comment)]));
            lab.undo(people.ana, &[edit])
        }),
    ]);
}

#[test]
fn words_are_their_writers() {
    fn forged(lab: &mut Lab, by: SessionId, forge: impl FnOnce(&mut Writer)) -> Result<Option<Seq>, Refusal> {
        let mut comment = comment(lab, by, 0);
        forge(&mut comment.said.by);
        lab.edit(by, Op::New(vec![Record::Comment(comment)]))
    }
    check(&[
        ("in another's name", "not yours", |lab, people| forged(lab, people.ana, |by| by.name = "Client 1".into())),
        ("as another session", "not yours", |lab, people| forged(lab, people.ana, |by| by.session = people.ben.into())),
        ("as another installation", "not yours", |lab, people| {
            forged(lab, people.ana, |by| by.client = Installation(4))
        }),
        ("in another colour", "not yours", |lab, people| forged(lab, people.ana, |by| by.color = 5)),
        ("as settled by somebody else", "not yours", |lab, people| {
            let mut comment = comment(lab, people.ana, 0);
            comment.settling = Some(Settling { resolved: true, by: me(lab, people.ben), at_ms: 8 });
            lab.edit(people.ana, Op::New(vec![Record::Comment(comment)]))
        }),
        ("one's own, changed", "stored", |lab, people| {
            let id = says(lab, people.ana);
            let op = reworded(lab, id);
            lab.edit(people.ana, op)
        }),
        ("somebody's, by a reviewer", "not yours", |lab, people| {
            let id = says(lab, people.ana);
            let op = reworded(lab, id);
            lab.edit(people.ben, op)
        }),
        ("somebody's, by the owner", "not yours", |lab, people| {
            let id = says(lab, people.ana);
            let op = reworded(lab, id);
            lab.edit(people.owner, op)
        }),
        ("one's own, put in another's mouth", "not yours", |lab, people| {
            let id = says(lab, people.ana);
            let ben = me(lab, people.ben);
            let op = changed(lab, id, |comment| comment.said.by = ben);
            lab.edit(people.ana, op)
        }),
        ("somebody's, pinned elsewhere", "not yours", |lab, people| {
            let id = says(lab, people.ana);
            let op = changed(lab, id, |comment| comment.pin = Pin::Point(Point::ZERO));
            lab.edit(people.editor, op)
        }),
        ("one's own, pinned elsewhere", "stored", |lab, people| {
            let id = says(lab, people.ana);
            let op = changed(lab, id, |comment| comment.pin = Pin::Point(Point::ZERO));
            lab.edit(people.ana, op)
        }),
        ("somebody's, removed by an editor", "not yours", |lab, people| {
            let id = says(lab, people.ana);
            lab.edit(people.editor, Op::Remove(vec![id.into()]))
        }),
        ("somebody's, removed by an owner", "stored", |lab, people| {
            let id = says(lab, people.ana);
            lab.edit(people.owner, Op::Remove(vec![id.into()]))
        }),
        ("one's own, removed", "stored", |lab, people| {
            let id = says(lab, people.ana);
            lab.edit(people.ana, Op::Remove(vec![id.into()]))
        }),
        ("one's own, removed with another's reply", "not yours", |lab, people| {
            let to = says(lab, people.ana);
            let reply = reply(lab, people.ben, 1, to);
            let reply_id = reply.id();
            lab.did(people.ben, Op::New(vec![reply]));
            lab.edit(people.ana, Op::Remove(vec![to.into(), reply_id]))
        }),
        ("one's own, removed from under another's reply", "invalid", |lab, people| {
            let to = says(lab, people.ana);
            let reply = reply(lab, people.ben, 1, to);
            lab.did(people.ben, Op::New(vec![reply]));
            lab.edit(people.ana, Op::Remove(vec![to.into()]))
        }),
        ("a reply hung on another comment", "not yours", |lab, people| {
            let (to, other) = (says(lab, people.ana), says(lab, people.editor));
            let Record::Reply(mut reply) = reply(lab, people.ben, 1, to) else { panic!("a reply") };
            lab.did(people.ben, Op::New(vec![Record::Reply(reply.clone())]));
            reply.to = other;
            lab.edit(people.ben, Op::Change(vec![Record::Reply(reply)]))
        }),
    ]);
}

#[test]
fn ones_own_across_sessions() {
    check(&[
        ("after coming back", "stored", |lab, people| {
            let id = says(lab, people.ana);
            lab.leave(people.ana);
            let back = lab.join(3, Role::Reviewer, Some(people.ana));
            let op = reworded(lab, id);
            lab.edit(back, op)
        }),
        ("what waited while one was away", "stored", |lab, people| {
            let waited = comment(lab, people.ana, 0);
            lab.leave(people.ana);
            let back = lab.join(3, Role::Reviewer, Some(people.ana));
            lab.edit(back, Op::New(vec![Record::Comment(waited)]))
        }),
        ("another day, with the same installation", "stored", |lab, people| {
            let id = says(lab, people.ana);
            lab.leave(people.ana);
            let later = lab.join(3, Role::Reviewer, None);
            let op = reworded(lab, id);
            lab.edit(later, op)
        }),
        (
            "somebody who says that they are of that installation, while its session lives",
            "not yours",
            |lab, people| {
                let id = says(lab, people.ana);
                let other = lab.join(3, Role::Reviewer, None);
                let op = reworded(lab, id);
                lab.edit(other, op)
            },
        ),
    ]);
}

#[test]
fn settling() {
    check(&[
        ("anybody's, by a reviewer", "stored", |lab, people| {
            let id = says(lab, people.owner);
            let op = settled(lab, people.ana, id, true);
            lab.edit(people.ana, op)
        }),
        ("by a viewer", "not allowed", |lab, people| {
            let id = says(lab, people.owner);
            let op = settled(lab, people.viewer, id, true);
            lab.edit(people.viewer, op)
        }),
        ("in another's name", "not yours", |lab, people| {
            let id = says(lab, people.owner);
            let op = settled(lab, people.ben, id, true);
            lab.edit(people.ana, op)
        }),
        ("opened again by somebody else", "stored", |lab, people| {
            let id = says(lab, people.owner);
            let op = settled(lab, people.ana, id, true);
            lab.did(people.ana, op);
            let op = settled(lab, people.ben, id, false);
            lab.edit(people.ben, op)
        }),
        ("that nobody ever settled it", "not yours", |lab, people| {
            let id = says(lab, people.owner);
            let op = settled(lab, people.ana, id, true);
            lab.did(people.ana, op);
            let op = changed(lab, id, |comment| comment.settling = None);
            lab.edit(people.ben, op)
        }),
        ("two at once", "nothing", |lab, people| {
            let id = says(lab, people.owner);
            let seen = lab.room.position().seq;
            let (first, second) = (settled(lab, people.ana, id, true), settled(lab, people.ben, id, true));
            lab.did(people.ana, first);
            lab.ask(people.ben, Request::Edit { op: second, seen, under: vec![] })
        }),
        ("what was reworded meanwhile", "changed", |lab, people| {
            let id = says(lab, people.ana);
            let seen = lab.room.position().seq;
            let (first, second) = (reworded(lab, id), settled(lab, people.ben, id, true));
            lab.did(people.ana, first);
            lab.ask(people.ben, Request::Edit { op: second, seen, under: vec![] })
        }),
    ]);
}

#[test]
fn nobody_holds_a_comment() {
    check(&[
        ("two replies at once", "stored", |lab, people| {
            let to = says(lab, people.owner);
            let seen = lab.room.position().seq;
            let (first, second) = (reply(lab, people.ana, 1, to), reply(lab, people.ben, 1, to));
            lab.did(people.ana, Op::New(vec![first]));
            let op = Op::New(vec![second]);
            let result = lab.ask(people.ben, Request::Edit { op, seen, under: vec![] });
            assert_eq!(lab.room.drawing().replies_to(to).count(), 2);
            assert!(lab.room.shared().locks.is_empty(), "saying something locks nothing");
            result
        }),
        ("a lock on one", "nothing", |lab, people| {
            let id = says(lab, people.owner);
            lab.lock(people.editor, &[id.0])
        }),
        ("an entity that a comment is pinned to, moved by somebody else", "stored", |lab, people| {
            says(lab, people.ana);
            lab.edit(people.editor, moved(&[10]))
        }),
        ("an entity that a comment is pinned to, erased by somebody else after a move", "stored", |lab, people| {
            let id = says(lab, people.ana);
            lab.did(people.editor, moved(&[10]));
            let place = |lab: &Lab| lab.room.drawing().place_of(lab.room.drawing().comment(id).expect("it stays"));
            let before = place(lab);
            let erased = lab.did(people.editor, Op::Remove(ids(&[10])));
            assert_eq!((before, place(lab)), (Point::new(4.0, 6.0), before));
            // Nobody's words changed by that: their writer may go on.
            let op = reworded(lab, id);
            lab.did(people.ana, op);
            let undone = lab.undo(people.editor, &[erased]);
            assert!(lab.room.drawing().entity(EntityId(10)).is_some());
            assert_eq!(lab.room.drawing().comment(id).map(|comment| comment.said.text.as_str()), Some("Too wide"));
            undone
        }),
        ("words taken back that somebody answered", "overtaken", |lab, people| {
            let comment = comment(lab, people.ana, 0);
            let to = comment.id;
            let edit = lab.did(people.ana, Op::New(vec![Record::Comment(comment)]));
            let reply = reply(lab, people.ben, 1, to);
            lab.did(people.ben, Op::New(vec![reply]));
            lab.undo(people.ana, &[edit])
        }),
    ]);
}

/// A checkpoint in the middle of a talk goes on as the log does.
#[test]
fn a_checkpoint_keeps_the_talk() {
    let mut lab = Lab::new();
    let (ana, ben) = (lab.join(1, Role::Reviewer, None), lab.join(2, Role::Editor, None));
    let to = says(&mut lab, ana);
    let bytes = lab.room.to_checkpoint();
    let mut kept = collab::Room::from_checkpoint(&bytes).expect("a checkpoint is read");
    let seq = lab.room.position().seq;
    let reply = reply(&lab, ben, 1, to);
    lab.did(ben, Op::New(vec![reply]));
    let op = settled(&lab, ana, to, true);
    lab.did(ana, op);
    for told in lab.told.iter().filter(|told| told.seq > seq) {
        kept.apply(told).expect("the log goes on");
    }
    assert_eq!(kept.drawing().hash(), lab.room.drawing().hash());
    let request = Request::Edit { op: reworded(&lab, to), seen: kept.position().seq, under: vec![] };
    assert!(kept.decide(ben, &request, &Limits::default()).is_err());
    assert!(kept.decide(ana, &request, &Limits::default()).is_ok());
}
