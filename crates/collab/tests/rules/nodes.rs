//! A desk that isn't the only one over its log, and a store that doesn't answer.

use collab::{AppendAnswer, ConnId, Effect, Input, Settings};
use drawing::Point;
use protocol::{ClientMessage, Durability, Limits, Presence, Seq, ServerMessage, SessionId};

use crate::desk::{ANA, BEN, Office};

/// A desk among others, with Ana here; and her session.
fn shared() -> (Office, SessionId) {
    let mut office =
        Office::with(Settings { limits: Limits::default(), durability: Durability::RedisFsync, shared: true });
    let ana = office.come_in(ANA).session;
    look(&mut office, &[]);
    office.take();
    (office, ana)
}

/// Answers the looks at other nodes that are due, and gives who was last said to be here.
fn look(office: &mut Office, elsewhere: &[SessionId]) -> Vec<SessionId> {
    let mut said = None;
    while let Some(at) = office.others.iter().position(|effect| matches!(effect, Effect::Attend { .. })) {
        let Effect::Attend { here } = office.others.remove(at) else { unreachable!("it is a look") };
        said = Some(here);
        let head = office.head;
        office.give(Input::Attended { elsewhere: elsewhere.to_vec(), head });
    }
    said.expect("a look is due")
}

/// Lets so many seconds pass, with a look in each; Ana stays.
fn watch(office: &mut Office, secs: u64, elsewhere: &[SessionId]) {
    for _ in 0..secs {
        office.say(ANA, ClientMessage::Heartbeat);
        office.tick(1_000);
        look(office, elsewhere);
    }
    office.sent.retain(|(_, message)| **message != ServerMessage::Heartbeat);
}

fn is_there(office: &Office, session: SessionId) -> bool {
    office.desk.room().epoch(session).is_some()
}

/// Ben, who came in at another node.
fn ben_elsewhere(office: &mut Office) -> SessionId {
    // The other node stored this; it reaches this one by being read.
    let before = office.head;
    office.come_in(BEN);
    let ben = SessionId(before.seq.next());
    office.give(Input::Closed { conn: BEN });
    watch(office, 1, &[ben]);
    office.take();
    ben
}

#[test]
fn who_is_connected_elsewhere_counts_as_here_and_never_expires() {
    let (mut office, ana) = shared();
    let ben = ben_elsewhere(&mut office);
    watch(&mut office, 100, &[ben]);
    assert!(is_there(&office, ben) && office.waiting.is_none());
    office.say(ANA, ClientMessage::Refresh);
    let welcome = office.welcome(ANA).expect("a welcome");
    assert!(welcome.people.iter().all(|person| person.connected), "{:?}", welcome.people);
    assert_eq!(welcome.people.len(), 2);
    office.tick(1_000);
    assert_eq!(look(&mut office, &[ben]), [ana]);
}

#[test]
fn who_is_nowhere_goes_after_a_whole_grace_of_looking() {
    let (mut office, _) = shared();
    let ben = ben_elsewhere(&mut office);
    watch(&mut office, 2, &[]);
    assert_eq!(office.take(), [format!("1 {ben} connected false")]);
    watch(&mut office, 27, &[]);
    assert!(office.waiting.is_none());
    watch(&mut office, 3, &[]);
    assert!(office.waiting.is_some(), "30 seconds were watched");
    office.stored();
    assert!(!is_there(&office, ben));
}

#[test]
fn a_watch_that_broke_off_starts_again() {
    let (mut office, _) = shared();
    let ben = ben_elsewhere(&mut office);
    watch(&mut office, 29, &[]);
    // The store is away for a while. Who came back elsewhere meanwhile nobody here has seen.
    office.tick(1_000);
    office.give(Input::AttendFailed);
    office.others.clear();
    for _ in 0..40 {
        office.say(ANA, ClientMessage::Heartbeat);
        office.tick(1_000);
        office.give(Input::AttendFailed);
        office.others.clear();
    }
    assert!(office.waiting.is_none(), "nobody was looking");
    office.tick(1_000);
    look(&mut office, &[]);
    watch(&mut office, 29, &[]);
    assert!(office.waiting.is_none(), "the grace began anew");
    watch(&mut office, 3, &[]);
    office.stored();
    assert!(!is_there(&office, ben));
}

#[test]
fn who_comes_or_goes_is_said_at_once() {
    let (mut office, ana) = shared();
    office.hello(BEN, None);
    office.stored();
    let ben = office.welcome(BEN).expect("a welcome").session;
    assert_eq!(look(&mut office, &[]), [ana, ben]);
    office.give(Input::Closed { conn: BEN });
    assert_eq!(look(&mut office, &[]), [ana]);
    office.give(Input::Stirred);
    assert_eq!(look(&mut office, &[]), [ana]);
}

#[test]
fn what_is_shown_crosses_over_and_is_shown_again_to_who_comes() {
    let (mut office, ana) = shared();
    let cursor = |x| Presence { cursor: Some(Point::new(x, 0.0)), ..Presence::default() };
    let crossing = |office: &mut Office| {
        let effects = std::mem::take(&mut office.others).into_iter();
        let shown = effects.filter_map(|effect| match effect {
            Effect::ShowElsewhere { latest } => Some(latest),
            _ => None,
        });
        shown.collect::<Vec<_>>()
    };
    office.say(ANA, ClientMessage::Presence(cursor(1.0)));
    assert!(crossing(&mut office).is_empty(), "nobody is elsewhere");
    let ben = ben_elsewhere(&mut office);
    assert_eq!(crossing(&mut office), [vec![(ana, cursor(1.0))]]);
    office.pass(1_000);
    office.say(ANA, ClientMessage::Presence(cursor(2.0)));
    assert_eq!(crossing(&mut office), [vec![(ana, cursor(2.0))]]);
    // Of one who isn't in the room, or is here, nobody elsewhere can show anything.
    let nobody = SessionId(Seq(999));
    office.give(Input::Shown { latest: vec![(ben, cursor(3.0)), (nobody, cursor(4.0)), (ana, cursor(5.0))] });
    assert_eq!(office.take(), ["1 presence of 1"]);
    office.hello(ConnId(7), None);
    office.stored();
    let sent = office.take();
    assert!(sent.contains(&"7 presence of 2".to_owned()), "{sent:?}");
}

#[test]
fn a_head_that_was_heard_of_while_appending_is_read_up_to() {
    let (mut office, _) = shared();
    office.lock(ANA, 1, &[10]);
    office.keep();
    let after_ours = office.head;
    let theirs = after_ours.after(b"theirs");
    office.give(Input::Woken { head: theirs });
    assert!(!office.others.iter().any(|effect| matches!(effect, Effect::Read { .. })));
    office.give(Input::Appended(AppendAnswer::Stored(after_ours)));
    assert!(office.others.iter().any(|effect| matches!(effect, Effect::Read { .. })), "the log goes on");
    // Whoever said so was wrong: reading finds the head, and that is that.
    office.read();
    assert!(!office.others.iter().any(|effect| matches!(effect, Effect::Read { .. })));
}

#[test]
fn people_are_told_when_saving_pauses_and_when_it_goes_on() {
    let saving = |office: &mut Office| {
        let sent = std::mem::take(&mut office.sent).into_iter();
        let told = sent.filter_map(|(to, message)| match &*message {
            ServerMessage::Saving { paused, .. } => Some((to.0, *paused)),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    office.come_in(BEN);
    office.lock(ANA, 1, &[10]);
    office.tick(1_900);
    assert_eq!(saving(&mut office), []);
    office.tick(100);
    assert_eq!(saving(&mut office), [(1, true), (2, true)]);
    // A time-out is no answer, and neither is a read that fails.
    office.waiting = None;
    office.give(Input::Appended(AppendAnswer::Unknown));
    office.give(Input::ReadFailed);
    office.tick(5_000);
    assert_eq!(saving(&mut office), []);
    office.say(BEN, ClientMessage::Refresh);
    assert_eq!(saving(&mut office), [(2, true)]);
    office.read();
    office.stored();
    assert_eq!(saving(&mut office), [(1, false), (2, false)]);

    // Where there are other nodes, looks that nobody answers say so even while nobody edits.
    let (mut office, _) = shared();
    office.tick(1_000);
    office.tick(2_000);
    assert_eq!(saving(&mut office), [(1, true)]);
    look(&mut office, &[]);
    assert_eq!(saving(&mut office), [(1, false)]);
}

#[test]
fn what_two_nodes_came_to_alike_is_stored_once_and_the_rest_goes_on() {
    let (mut office, _) = shared();
    let both = [ben_elsewhere(&mut office), ben_elsewhere(&mut office)];
    watch(&mut office, 1, &both);
    watch(&mut office, 32, &[]);
    office.take();
    // Two ends of sessions, the first of which another node came to as well, in the very same millisecond.
    let (after, mut payloads) = office.waiting.take().expect("the ends are appended");
    assert_eq!((after, payloads.len()), (office.head, 2));
    let ours = payloads.split_off(1);
    office.waiting = Some((after, payloads));
    office.keep();
    let theirs = office.head;
    office.give(Input::Appended(AppendAnswer::Behind(theirs)));
    office.read();
    assert_eq!(office.waiting, Some((theirs, ours)), "the rest goes on from there");
    assert_eq!(office.take(), [format!("1 {} gone", theirs.seq)]);
    office.stored();
    assert_eq!(office.take(), [format!("1 {} gone", theirs.seq.next())]);
    assert_eq!(office.desk.room().position(), office.head);
    assert!(!both.iter().any(|session| is_there(&office, *session)));
}
