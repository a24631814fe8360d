//! What comes after what, and when.

use super::*;

#[test]
fn what_was_refused_is_not_stored_behind_what_came_after_it() {
    let mut office = Office::new(Limits::default());
    let ana = office.come_in(ANA);
    office.come_in(BEN);
    let red = |seen| Request::Edit { op: Op::Change(vec![colored(10, 1)]), seen, under: Vec::new() };
    let blue = |seen| Request::Edit { op: Op::Change(vec![colored(10, 5)]), seen, under: Vec::new() };
    let seen = ana.position.seq;
    office.lock(BEN, 1, &[10]);
    office.stored();
    // Refused, since Ben holds it; he lets go; and what comes next is stored.
    office.ask(ANA, 5, red(seen));
    office.ask(BEN, 2, Request::Unlock { ids: ids(&[10]) });
    office.stored();
    office.ask(ANA, 6, blue(seen));
    office.stored();
    // The cut came before either answer: asked again as it was, the first one is refused.
    office.give(Input::Closed { conn: ANA });
    office.resume(ConnId(3), &ana, Some(1));
    office.stored();
    office.take();
    office.ask(ConnId(3), 5, red(seen));
    office.ask(ConnId(3), 6, blue(seen));
    assert!(office.waiting.is_none());
    let words = office.take();
    assert!(words[0].contains("answer 5: Invalid") && words[1] == "3 answer 6: stored 6", "{words:?}");
    let color = office.desk.room().drawing().entity(EntityId(10)).map(|entity| entity.style.color);
    assert_eq!(color, Some(Color::Index(5)));
}

#[test]
fn a_lock_does_not_lapse_with_an_edit_that_is_decided_before() {
    for another_node in [false, true] {
        let mut office = Office::new(Limits::default());
        let ana = office.come_in(ANA).session;
        office.lock(ANA, 1, &[10]);
        office.stored();
        office.beat(ANA, 595_000);
        office.say(ANA, ClientMessage::Heartbeat);
        // While something is stored, an edit comes, and then the time is over.
        office.lock(ANA, 2, &[11]);
        office.pass(5_000);
        let seen = office.desk.room().position().seq;
        let edit = Request::Edit { op: moved(&[10]), seen, under: Vec::new() };
        if another_node {
            office.stored();
            office.tick(0);
            assert_eq!(office.waiting.take().map(|(_, payloads)| payloads.len()), Some(1));
            office.other_stores(office.now, Event::Edited { session: ana, op: moved(&[10]), undoes: Vec::new() });
            office.give(Input::Appended(AppendAnswer::Behind(office.head)));
            office.read();
        } else {
            office.ask(ANA, 3, edit);
            office.tick(0);
            office.stored();
        }
        assert!(office.waiting.is_none());
        let held: Vec<_> = office.desk.room().shared().locks.keys().map(|id| id.0).collect();
        assert_eq!(held, [10, 11], "{another_node}");
        office.beat(ANA, 600_000);
        office.stored();
        assert!(office.desk.room().shared().locks.is_empty(), "{another_node}");
    }
}

#[test]
fn a_lock_that_was_used_again_keeps_its_clock_when_the_write_of_its_lapse_fails() {
    let mut office = Office::new(Limits::default());
    let ana = office.come_in(ANA).session;
    office.lock(ANA, 1, &[10]);
    office.stored();
    office.lock(ANA, 2, &[12]);
    office.stored();
    office.beat(ANA, 595_000);
    office.say(ANA, ClientMessage::Heartbeat);
    // Both are due while something is stored; another node was first, with an edit under one of them.
    office.lock(ANA, 3, &[11]);
    office.pass(5_000);
    office.tick(0);
    office.waiting = None;
    office.other_stores(office.now, Event::Edited { session: ana, op: moved(&[10]), undoes: Vec::new() });
    office.give(Input::Appended(AppendAnswer::Behind(office.head)));
    office.read();
    assert_eq!(office.waiting.take().map(|(_, payloads)| payloads.len()), Some(2));
    office.give(Input::Appended(AppendAnswer::Failed("the disk is full")));
    office.tick(2_000);
    office.stored();
    let held: Vec<_> = office.desk.room().shared().locks.keys().map(|id| id.0).collect();
    assert_eq!(held, [10]);
}

#[test]
fn entries_are_stamped_with_the_time_of_day_and_no_rule_looks_at_it() {
    let mut office = Office::new(Limits::default());
    office.desk.set_time_of_day(1_800_000_000_000);
    office.come_in(ANA);
    // The machine slept; then somebody set its clock back.
    for (n, time_ms) in [(1, 1_800_030_000_000), (2, 1_700_000_000_000)] {
        office.desk.set_time_of_day(time_ms);
        office.lock(ANA, n, &[9 + n]);
        office.stored();
        let last = office.log.last().expect("something is stored");
        assert_eq!(protocol::decode_entry(&last.payload).expect("an entry is read").time_ms, time_ms);
        office.tick(100);
        assert!(office.closed.is_empty() && office.waiting.is_none());
    }
}
