//! One session, one connection, and how long silence counts as being there.

use super::*;

#[test]
fn two_hellos_of_one_session_at_once_are_one_connection() {
    let mut office = Office::new(Limits::default());
    let ana = office.come_in(ANA);
    office.lock(ANA, 1, &[10]);
    // While that is stored, two more connections ask to go on.
    office.resume(ConnId(3), &ana, Some(1));
    office.resume(ConnId(4), &ana, Some(2));
    office.stored();
    assert!(office.welcome(ConnId(3)).is_none() && office.welcome(ConnId(4)).is_some_and(|it| it.epoch == Epoch(2)));
    let (closed, _) = (office.take_closed(), office.take());
    assert_eq!(closed, [(1, false), (3, false)]);
    // What the one that came too late says is said by nobody.
    office.say(ConnId(3), ClientMessage::Leave);
    office.lock(ConnId(3), 2, &[11]);
    assert!(office.waiting.is_none() && office.take().is_empty());
    office.lock(ConnId(4), 2, &[11]);
    office.stored();
    assert_eq!(office.take(), ["4 6 locked", "4 answer 2: stored 6"]);
}

#[test]
fn a_hello_that_comes_late_leaves_its_successor_alone() {
    for ended_before in [false, true] {
        let mut office = Office::new(Limits::default());
        let ana = office.come_in(ANA);
        if ended_before {
            office.give(Input::Closed { conn: ANA });
            office.tick(31_000);
            office.stored();
        }
        office.resume(ConnId(4), &ana, Some(2));
        office.stored();
        let now = office.welcome(ConnId(4)).expect("it goes on");
        assert_eq!((now.carries_on, now.session == ana.session, now.epoch), (true, !ended_before, Epoch(2)));
        office.take_closed();
        // The first attempt was long on its way.
        for late in [1, 2] {
            office.resume(ConnId(3), &ana, Some(late));
            office.stored();
            assert_eq!(office.take_closed(), [(3, true)], "{late}");
        }
        office.take();
        office.lock(ConnId(4), 1, &[10]);
        office.stored();
        assert_eq!(office.take().len(), 2, "the lock and its answer");
        // A client of before this rule says no number, and goes on in the next epoch.
        office.resume(ConnId(5), &now, None);
        office.stored();
        assert!(office.welcome(ConnId(5)).is_some_and(|it| it.epoch == Epoch(3)));
    }
}

#[test]
fn a_session_whose_key_one_does_not_have_goes_on_undisturbed() {
    let mut office = Office::new(Limits::default());
    let ana = office.come_in(ANA);
    office.lock(ANA, 1, &[10]);
    office.stored();
    for (conn, resume_key) in [(ConnId(5), None), (ConnId(6), Some(ResumeKey(9)))] {
        let resume = Some(resume_of(&ana, Some(9)));
        office.hello_as(conn, Hello { resume_key, resume, ..hello() });
        office.stored();
        let other = office.welcome(conn).expect("they come in as somebody else");
        assert!(other.session != ana.session && !other.carries_on && other.stored.is_empty());
    }
    let shared = office.desk.room().shared();
    assert_eq!((office.closed.len(), shared.members[&ana.session].epoch, shared.locks.len()), (0, Epoch(0), 1));
    office.take();
    office.lock(ANA, 2, &[11]);
    office.stored();
    assert!(office.take().contains(&"1 answer 2: stored 6".into()));
}

#[test]
fn silence_frees_locks_after_one_grace_whether_or_not_the_connection_ends() {
    for ends_after_ms in [None, Some(4_000), Some(20_000)] {
        let mut office = Office::new(Limits::default());
        let ana = office.come_in(ANA);
        office.come_in(BEN);
        office.lock(ANA, 1, &[10]);
        office.stored();
        let from = office.now;
        while office.desk.room().epoch(ana.session).is_some() && office.now < from + 100_000 {
            if ends_after_ms.is_some_and(|ms| office.now == from + ms) {
                office.give(Input::Closed { conn: ANA });
            }
            office.say(BEN, ClientMessage::Heartbeat);
            office.tick(100);
            office.stored();
        }
        assert_eq!((office.now - from, office.desk.room().shared().locks.len()), (30_000, 0), "{ends_after_ms:?}");
    }
}

#[test]
fn leaving_again_and_again_waits_once() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    office.come_in(BEN);
    office.lock(BEN, 1, &[10]);
    (0..1_000).for_each(|_| office.say(ANA, ClientMessage::Leave));
    office.keep();
    office.give(Input::Appended(AppendAnswer::Stored(office.head)));
    assert_eq!(office.waiting.as_ref().map(|(_, payloads)| payloads.len()), Some(1));
    office.stored();
    assert!(office.desk.room().shared().members.len() == 1);
}
