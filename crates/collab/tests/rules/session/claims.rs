//! What people are told of the line and of overrides, and what becomes of their work.

use super::*;
use collab::Asked;

const THREE: &[Role] = &[Role::Editor, Role::Editor, Role::Owner];

/// Ana holds 10 and 11; Ben and Olga look on.
fn table() -> Table {
    let mut table = Table::new(THREE);
    table.sessions[0].lock(ids(&[10, 11]));
    table.flush(0);
    (0..3).for_each(|who| drop(table.take(who)));
    table
}

impl Table {
    fn me(&self, who: usize) -> protocol::SessionId {
        self.sessions[who].me().expect("everybody is in")
    }

    fn holds(&self, who: usize, id: u64) -> bool {
        // Everybody says the same of it.
        let holders = self.sessions.iter().map(|each| each.holder(RecordId(id)).map(|holding| holding.session));
        holders.clone().all(|holder| holder == Some(self.me(who)))
    }

    fn ask_for(&mut self, who: usize, of: &[u64]) {
        self.sessions[who].ask_for(ids(of));
        self.flush(who);
    }

    fn override_of(&mut self, id: u64) {
        let held = self.sessions[2].holder(RecordId(id)).expect("it is held");
        self.sessions[2].override_lock(held.token, held.session);
        self.flush(2);
    }

    fn pass(&mut self, ms: u64) {
        for _ in 0..ms / 1_000 {
            self.now += 1_000;
            (0..self.sessions.len()).for_each(|who| _ = self.flush(who));
            self.give(Input::Tick);
        }
    }
}

#[test]
fn asking_and_handing_over() {
    let mut table = table();
    let [ana, ben] = [0, 1].map(|who| table.me(who));
    table.sessions[1].ask_for(ids(&[10, 12]));
    assert!(table.sessions[1].is_awaited(RecordId(10)));
    table.flush(1);
    assert!(table.sessions[1].is_awaited(RecordId(10)) && table.sessions[1].my_waits().count() == 1);
    assert_eq!(table.take(0), [Notice::AskedFor { by: ben, ids: ids(&[10]) }, Notice::Claims]);
    let wait = table.sessions[1].my_waits().next().expect("he waits").wait;
    assert_eq!(table.sessions[0].asked_of_me(), [Asked { wait, by: ben, ids: ids(&[10]) }]);
    table.take(1);
    table.sessions[0].hand_over(ids(&[10]));
    table.flush(0);
    assert!(table.holds(1, 10));
    let told = table.take(1);
    let turns = [10, 12].map(|id| Notice::Turn { ids: ids(&[id]), from: (id == 10).then_some(ana) });
    assert!(turns.iter().all(|turn| told.contains(turn)), "{told:?}");
    assert!(table.holds(1, 12) && !table.sessions[1].is_awaited(RecordId(12)));
    assert!(table.sessions[0].asked_of_me().is_empty());
}

#[test]
fn not_now_and_withdrawing() {
    let mut table = table();
    let [ana, ben] = [0, 1].map(|who| table.me(who));
    table.ask_for(1, &[10]);
    table.ask_for(2, &[10, 11]);
    let by =
        |table: &Table| table.sessions[0].asked_of_me().into_iter().map(|each| (each.by, each.ids)).collect::<Vec<_>>();
    assert_eq!(by(&table), [(ben, ids(&[10])), (table.me(2), ids(&[11]))]);
    table.take(1);
    let wait = table.sessions[1].my_waits().next().expect("he waits").wait;
    table.sessions[0].decline(wait);
    table.flush(0);
    assert_eq!(table.take(1), [Notice::Declined { by: ana, ids: ids(&[10]) }, Notice::Claims]);
    assert_eq!(by(&table), [(table.me(2), ids(&[11]))]);
    assert_eq!(table.sessions[1].my_waits().count(), 1);
    table.sessions[1].withdraw(wait);
    table.flush(1);
    assert_eq!(table.sessions[1].my_waits().count(), 0);
    assert_eq!(by(&table), [(table.me(2), ids(&[10, 11]))]);
}

#[test]
fn one_who_resumes_or_comes_anew_knows_the_line() {
    for anew in [false, true] {
        let mut table = table();
        table.ask_for(1, &[10]);
        table.cut(2);
        table.ask_for(1, &[11]);
        table.override_of_nobody();
        if anew {
            table.sessions[2].distrust();
        }
        table.connect(2, Role::Owner);
        let line = |who: usize| table.sessions[who].line().cloned().collect::<Vec<_>>();
        assert_eq!((line(2).len(), line(2)), (2, line(0)), "{anew}");
    }
}

impl Table {
    /// An owner's ask for what nobody holds is nothing to be told of.
    fn override_of_nobody(&mut self) {
        let me = self.me(2);
        self.sessions[2].override_lock(Seq(999), me);
    }
}

#[test]
fn an_ask_that_a_break_cuts_off_is_asked_once() {
    let mut table = table();
    // It is stored, and its answer is lost.
    table.sessions[1].ask_for(ids(&[10]));
    table.deaf = Some(1);
    table.flush(1);
    table.deaf = None;
    table.cut(1);
    table.connect(1, Role::Editor);
    table.flush(1);
    assert_eq!(table.sessions[1].my_waits().count(), 1);
    assert_eq!(table.log.iter().filter(|told| told.entry.event.kind() == "queued").count(), 1);
}

#[test]
fn who_would_wait_in_a_circle_is_told_with_whom() {
    let mut table = table();
    let ana = table.me(0);
    table.sessions[1].lock(ids(&[12]));
    table.flush(1);
    table.ask_for(0, &[12]);
    table.take(1);
    table.ask_for(1, &[11]);
    let refusal = Refusal::Circle { through: vec![ana], yours: ids(&[12]) };
    assert_eq!(table.take(1), [Notice::LockRefused { ids: ids(&[11]), refusal }]);
}

#[test]
fn the_holder_may_let_go_hand_over_or_be_spared() {
    for (what, holder_after) in [("let go", 2), ("hand over", 2), ("call off", 0), ("wait", 2)] {
        let mut table = table();
        table.ask_for(2, &[10, 11]);
        table.override_of(10);
        let token = table.sessions[0].countdowns().next().expect("it counts").token;
        let told = table.take(0);
        let warned = Notice::Overriding { ids: ids(&[10, 11]), by: "Person 3".into() };
        assert!(told.contains(&warned), "{told:?}");
        table.pass(5_000);
        match what {
            "let go" => table.sessions[0].unlock(ids(&[10, 11])),
            "hand over" => table.sessions[0].hand_over(ids(&[10, 11])),
            "call off" => {
                let ana = table.me(0);
                table.sessions[2].call_off(token, ana);
            }
            _ => {}
        }
        (0..3).for_each(|who| _ = table.flush(who));
        table.pass(5_000);
        assert!(table.holds(holder_after, 10), "{what}");
        assert_eq!(table.sessions[0].countdowns().count(), 0, "{what}");
        let told = table.take(0);
        assert_eq!(told.contains(&Notice::CalledOff { token }), what == "call off", "{told:?}");
        let overridden = told.iter().any(|notice| matches!(notice, Notice::Overridden { .. }));
        assert_eq!(overridden, what == "wait", "{told:?}");
    }
}

/// What the holder did and nobody acknowledged is a draft of theirs, whoever has the records by then.
#[test]
fn what_a_holder_had_not_sent_when_they_were_overridden_is_kept_as_a_draft() {
    type Then = fn(&mut Table);
    let cases: &[(&str, &str, Then)] = &[
        ("the owner holds it", "held", |table| {
            table.ask_for(2, &[10]);
            table.override_of(10);
        }),
        ("the owner changed it and let go", "changed", |table| {
            table.ask_for(2, &[10]);
            table.override_of(10);
            table.pass_for_the_others(10_000);
            table.sessions[2].submit(moved(&[10])).expect("the owner holds it");
            table.sessions[2].unlock(ids(&[10]));
        }),
    ];
    for (what, why, then) in cases {
        let mut table = table();
        let op = Op::Change(vec![colored(10, 5)]);
        // She works on while nothing of it goes out.
        table.deaf = Some(0);
        table.sessions[0].submit(op.clone()).expect("she holds it");
        then(&mut table);
        table.flush(2);
        table.pass_for_the_others(10_000);
        table.flush(2);
        table.deaf = None;
        table.catch_up(0);
        table.flush(0);
        let drafts = table.sessions[0].take_drafts();
        let [draft] = &drafts[..] else { panic!("{what}: {drafts:?}") };
        let said = match &draft.refusal {
            Refusal::Held { .. } => "held",
            Refusal::Changed { .. } => "changed",
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!((&draft.op, said), (&op, *why), "{what}");
        assert_eq!(table.sessions[0].drawing().hash(), table.desk.room().drawing().hash(), "{what}");
    }
}

impl Table {
    /// Time goes on for everybody but the one whom nothing reaches, whose connection stays open.
    fn pass_for_the_others(&mut self, ms: u64) {
        for _ in 0..ms / 1_000 {
            self.now += 1_000;
            (1..self.sessions.len()).for_each(|who| _ = self.flush(who));
            self.give(Input::Message { conn: ConnId(0), message: ClientMessage::Heartbeat, bytes: 0 });
            self.give(Input::Tick);
        }
    }

    /// What was stored meanwhile reaches one whom nothing reached.
    fn catch_up(&mut self, who: usize) {
        let missed = ServerMessage::Entries(self.log.clone());
        self.deliver(who, missed);
    }
}

/// An edit under a lock that one let go of, and had again only after somebody else had changed the record.
#[test]
fn what_was_done_under_an_older_lock_than_the_line_gave_is_kept_as_a_draft() {
    let mut table = table();
    table.ask_for(2, &[10]);
    table.sessions[0].unlock(ids(&[10]));
    table.sessions[0].ask_for(ids(&[10]));
    let op = Op::Change(vec![colored(10, 5)]);
    table.sessions[0].submit(op.clone()).expect("she holds it, as far as she knows");
    let mut out = table.sessions[0].take_outgoing(table.now).into_iter();
    let mut say = |table: &mut Table| {
        let message = out.next().expect("she has something to say");
        table.give(Input::Message { conn: ConnId(0), message, bytes: 0 });
    };
    say(&mut table);
    assert!(table.holds(2, 10));
    table.sessions[2].submit(moved(&[10])).expect("the owner holds it");
    table.flush(2);
    say(&mut table);
    table.sessions[2].hand_over(ids(&[10]));
    table.flush(2);
    assert!(table.holds(0, 10));
    say(&mut table);
    let drafts = table.sessions[0].take_drafts();
    assert!(matches!(&drafts[..], [draft] if draft.op == op && matches!(draft.refusal, Refusal::LockLost { .. })));
}
