//! The line and overrides as a desk runs them: with its clock, its batches, its store that fails.

use super::*;

const OWNER: ConnId = ConnId(3);

/// Ana and Ben, and an owner; Ana holds 10 and 11.
fn office() -> (Office, [Welcome; 3]) {
    let mut office = Office::new(Limits::default());
    let welcomes = [office.come_in(ANA), office.come_in(BEN), {
        let hello = Hello { name: "Olga".into(), client: ClientId(9), ..hello() };
        office.give(Input::Hello { conn: OWNER, hello, role: Role::Owner, came: protocol::Came::Link });
        office.stored();
        office.welcome(OWNER).expect("the owner is let in")
    }];
    office.lock(ANA, 1, &[10, 11]);
    office.stored();
    office.take();
    (office, welcomes)
}

impl Office {
    fn wait_for(&mut self, conn: ConnId, n: u64, of: &[u64]) {
        self.ask(conn, n, Request::Lock { ids: ids(of), wait: true });
    }

    fn holder(&self, id: u64) -> Option<SessionId> {
        self.desk.room().shared().locks.get(&RecordId(id)).map(|holding| holding.session)
    }

    fn token(&self, id: u64) -> Seq {
        self.desk.room().shared().locks[&RecordId(id)].token
    }

    /// Everybody is still there, and time goes on.
    fn all_wait(&mut self, ms: u64) {
        self.pass(ms);
        [ANA, BEN, OWNER].iter().for_each(|conn| self.say(*conn, ClientMessage::Heartbeat));
        self.tick(0);
        self.sent.retain(|(_, message)| !matches!(**message, ServerMessage::Heartbeat));
    }
}

#[test]
fn nobody_slips_in_between_letting_go_and_the_grant() {
    let (mut office, [_, ben, _]) = office();
    office.wait_for(BEN, 1, &[10]);
    office.stored();
    office.take();
    // The first is under way; the owner's ask is decided right behind Ana's letting go.
    office.lock(BEN, 2, &[12]);
    office.ask(ANA, 2, Request::Unlock { ids: ids(&[10]) });
    office.lock(OWNER, 1, &[10]);
    office.stored();
    assert!(office.take().contains(&"3 answer 1: held".into()));
    assert_eq!(office.holder(10), Some(ben.session));
}

#[test]
fn what_the_line_gave_lapses_as_any_lock_does() {
    let (mut office, [_, ben, _]) = office();
    office.wait_for(BEN, 1, &[10]);
    office.stored();
    office.ask(ANA, 2, Request::HandOver { ids: ids(&[10]) });
    office.stored();
    assert_eq!(office.holder(10), Some(ben.session));
    let lock_idle_ms = u64::from(Limits::default().lock_idle_ms);
    for _ in 0..lock_idle_ms / 10_000 - 1 {
        office.all_wait(10_000);
        office.stored();
    }
    assert_eq!((office.holder(10), office.holder(11).is_some()), (Some(ben.session), true));
    office.all_wait(10_000);
    office.stored();
    assert_eq!((office.holder(10), office.holder(11)), (None, None));
}

#[test]
fn who_is_there_has_a_countdown_and_who_is_not_has_none() {
    let (mut office, [ana, _, owner]) = office();
    let token = office.token(10);
    office.ask(OWNER, 1, Request::Override { token, of: None });
    office.stored();
    office.all_wait(9_900);
    assert!(office.waiting.is_none());
    assert_eq!(office.holder(10), Some(ana.session));
    office.all_wait(100);
    office.stored();
    assert_eq!(office.holder(10), None);
    let last = protocol::decode_entry(&office.log.last().expect("it is stored").payload).expect("it is read");
    let (session, overridden_by) = (ana.session, Some(owner.session));
    assert_eq!(last.event, Event::Unlocked { session, ids: ids(&[10, 11]), lapsed: false, overridden_by });
    assert_eq!(last.author, None);
    office.all_wait(30_000 / 3);
    assert!(office.waiting.is_none(), "it ends once");
    // Somebody whose connection is broken sees nothing count down.
    office.lock(ANA, 5, &[12]);
    office.stored();
    office.give(Input::Closed { conn: ANA });
    let token = office.token(12);
    office.ask(OWNER, 2, Request::Override { token, of: Some(ana.session) });
    office.stored();
    assert_eq!(office.holder(12), None);
}

#[test]
fn a_countdown_that_was_called_off_does_not_end_its_successor() {
    let (mut office, [ana, ..]) = office();
    let token = office.token(10);
    office.ask(OWNER, 1, Request::Override { token, of: None });
    office.stored();
    office.all_wait(9_000);
    // The end of the first is due while the store is busy; before it is decided the owner thinks again, twice.
    office.lock(BEN, 1, &[12]);
    office.ask(OWNER, 2, Request::CallOff { token, of: None });
    office.ask(OWNER, 3, Request::Override { token, of: None });
    office.all_wait(1_000);
    office.stored();
    assert_eq!(office.holder(10), Some(ana.session));
    office.all_wait(9_900);
    office.stored();
    assert_eq!(office.holder(10), Some(ana.session));
    office.all_wait(100);
    office.stored();
    assert_eq!(office.holder(10), None);
}

#[test]
fn the_end_of_a_lock_that_could_not_be_written_is_tried_again() {
    let (mut office, _) = office();
    let token = office.token(10);
    office.ask(OWNER, 1, Request::Override { token, of: None });
    office.stored();
    office.all_wait(10_000);
    office.waiting = None;
    office.give(Input::Appended(AppendAnswer::Failed("the disk is full")));
    assert!(office.holder(10).is_some());
    office.all_wait(500);
    assert!(office.waiting.is_none(), "not at once");
    office.all_wait(1_000);
    office.stored();
    assert_eq!(office.holder(10), None);
}

#[test]
fn a_desk_that_opens_in_the_middle_counts_from_there() {
    let (mut before, [ana, ..]) = office();
    let token = before.token(10);
    before.ask(OWNER, 1, Request::Override { token, of: None });
    before.stored();
    let room = Room::from_checkpoint(&before.desk.room().to_checkpoint()).expect("a checkpoint is read");
    let mut office = before;
    office.desk = Desk::open(settings(Limits::default()), room).0;
    office.give(Input::Read { entries: Vec::new(), head: office.head });
    office.pass(9_900);
    office.tick(0);
    assert!(office.waiting.is_none());
    office.tick(100);
    office.stored();
    assert_eq!(office.holder(10), None);
    assert!(office.desk.room().epoch(ana.session).is_some());
}

#[test]
fn a_welcome_says_who_waits_and_what_ends_soon() {
    let (mut office, [_, ben, owner]) = office();
    let token = office.token(10);
    office.wait_for(BEN, 1, &[10, 12]);
    office.ask(OWNER, 1, Request::Override { token, of: None });
    office.stored();
    let welcome = office.come_in(ConnId(4));
    assert_eq!((welcome.waits[0].session, &welcome.waits[0].ids), (ben.session, &ids(&[10, 12])));
    let counts = &welcome.countdowns[0];
    assert_eq!((counts.token, counts.by, counts.by_name.as_str()), (token, owner.session, "Olga"));
    // One who knows of neither is told nothing that they would not know.
    let silent = Office::new(Limits::default()).come_in(ANA);
    let text = Encoding::Json.encode(&ServerMessage::Welcome(Box::new(silent))).expect("it is written");
    let text = String::from_utf8_lossy(&text);
    assert!(!text.contains("waits\":") && !text.contains("countdowns"), "{text}");
}
