//! A desk that stood still, because its process was stopped or its machine slept.

use super::*;

#[test]
fn a_desk_that_stood_still_gives_up_nobody_and_no_lock_for_it() {
    let mut office = Office::new(Limits::default());
    let ana = office.come_in(ANA);
    let ben = office.come_in(BEN);
    office.lock(ANA, 1, &[10]);
    office.stored();
    office.give(Input::Closed { conn: BEN });
    office.pass(20_000);
    office.say(ANA, ClientMessage::Heartbeat);
    // The process is stopped, or the machine sleeps; what was said meanwhile is not read yet.
    for hours in 1..4 {
        office.now += hours * 3_600_000;
        office.give(Input::Tick);
        assert!(office.waiting.is_none() && office.take_closed().is_empty(), "{hours}");
    }
    office.say(ANA, ClientMessage::Heartbeat);
    // Ben's grace goes on where it was, and ends.
    office.tick(5_000);
    assert!(office.waiting.is_none());
    office.tick(3_000);
    office.stored();
    let room = office.desk.room();
    assert!(room.epoch(ana.session).is_some() && room.epoch(ben.session).is_none());
    assert_eq!(room.shared().locks.len(), 1);
}
