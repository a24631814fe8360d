//! Without a connection, and from one run of a program to the next.

use collab::Ticket;

use super::*;

#[test]
fn without_a_connection_one_changes_what_one_holds_and_what_one_makes() {
    let mut table = Table::new(TWO);
    table.sessions[0].lock(ids(&[10, 11]));
    table.flush(0);
    table.sessions[0].unlock(ids(&[11]));
    let made = table.sessions[0].take_ids(2).expect("there are ids");
    let (own, later) = (made[0].0, made[1].0);
    table.sessions[0].submit(Op::New(vec![line(own)])).expect("one may draw");
    table.cut(0);
    let apart = |of: &[u64]| Err(SubmitError::Apart { ids: ids(of) });
    // Held; asked to be let go; nobody's; drawn before it is told; both held and nobody's; drawn now, and then moved.
    let cases: [(Op, Result<(), SubmitError>); 7] = [
        (moved(&[10]), Ok(())),
        (moved(&[11]), apart(&[11])),
        (Op::Remove(ids(&[12])), apart(&[12])),
        (moved(&[own]), Ok(())),
        (Op::Change(vec![colored(10, 3), colored(13, 3)]), apart(&[13])),
        (Op::New(vec![line(later)]), Ok(())),
        (Op::Batch(vec![moved(&[later]), moved(&[10])]), Ok(())),
    ];
    for (op, expect) in cases {
        let shown = table.sessions[0].drawing().hash();
        let outcome = table.sessions[0].submit(op.clone()).map(drop);
        assert_eq!(outcome, expect, "{op:?}");
        assert_eq!(outcome.is_err(), table.sessions[0].drawing().hash() == shown, "{op:?}");
    }
    table.connect(0, Role::Owner);
    while table.flush(0) > 0 {}
    assert_eq!((table.sessions[0].waiting(), table.sessions[0].draft_count()), (0, 0));
    assert_eq!(table.sessions[0].drawing().hash(), table.desk.room().drawing().hash());
    table.sessions[0].submit(moved(&[12])).expect("with a connection it is asked for");
}

/// As it is kept between two runs of a program.
fn kept(session: &Session) -> Ticket {
    let ticket = session.ticket().expect("it was in a room");
    let text = serde_json::to_string(&ticket).expect("a ticket has a JSON form");
    assert_eq!(serde_json::from_str::<Ticket>(&text).expect("and comes back from it"), ticket);
    ticket
}

#[test]
fn another_run_goes_on_with_what_waited_and_it_is_stored_once() {
    // Within the grace, and after the session's end.
    for ended in [false, true] {
        let mut table = Table::new(TWO);
        table.sessions[0].lock(ids(&[10, 11, 12]));
        table.sessions[0].submit(Op::Change(vec![colored(12, 6)])).expect("an earlier edit");
        table.flush(0);
        // The first is stored, of which nobody here hears; the others are never sent.
        table.sessions[0].submit(Op::Change(vec![colored(10, 3)])).expect("the edit is allowed");
        table.deaf = Some(0);
        table.flush(0);
        table.cut(0);
        table.sessions[0].submit(Op::Change(vec![colored(11, 4)])).expect("it is held");
        let own = table.sessions[0].take_ids(1).expect("there are ids")[0].0;
        table.sessions[0].submit(Op::New(vec![line(own)])).expect("one may draw");
        let ticket = kept(&table.sessions[0]);
        assert_eq!((ticket.waiting(), ticket.edits().count()), (3, 3));
        let first = ClientSeq(Seq(1_000));
        table.sessions[0] = Session::restore(ClientId(1), "Person 1".into(), first, ticket);
        assert!(table.sessions[0].next_client_seq() >= first && table.sessions[0].ticket().is_none());
        table.deaf = None;
        if ended {
            table.now += 60_000;
            table.give(Input::Message { conn: ConnId(1), message: ClientMessage::Heartbeat, bytes: 0 });
            table.give(Input::Tick);
        }
        let before = table.log.len();
        table.take(0);
        table.connect(0, Role::Owner);
        assert!(table.take(0).contains(&Notice::Welcomed { resumed: false }));
        while table.flush(0) > 0 {}
        assert_eq!((table.sessions[0].waiting(), table.sessions[0].draft_count()), (0, 0), "ended: {ended}");
        let edits = table.log[before..].iter().filter(|told| told.entry.event.kind() == "edited");
        assert_eq!(edits.count(), 2, "what was stored is not stored again");
        let colors = [10, 11, 12].map(|id| table.color(0, id));
        assert_eq!(colors, [3, 4, 6].map(|color| Some(Color::Index(color))));
        assert!(table.sessions[0].drawing().entity(EntityId(own)).is_some());
        // What the earlier run did can still be taken back, the oldest too.
        for _ in 0..4 {
            table.sessions[0].undo().expect("there is something to take back");
            table.flush(0);
        }
        assert_eq!(table.color(0, 12), Some(Color::ByLayer));
        // Its numbers for new things are other ones than those of the earlier run.
        let fresh = match table.sessions[0].take_ids(1) {
            Some(ids) => ids,
            None => {
                table.flush(0);
                table.sessions[0].take_ids(1).expect("they were granted")
            }
        };
        table.sessions[0].submit(Op::New(vec![line(fresh[0].0)])).expect("one may draw");
        while table.flush(0) > 0 {}
        assert_eq!(table.sessions[0].draft_count(), 0);
    }
}

#[test]
fn what_waited_for_a_room_that_is_another_now_is_a_draft() {
    let mut table = Table::new(TWO);
    table.cut_holding(0, &[10]);
    let op = Op::Change(vec![colored(10, 3)]);
    table.sessions[0].submit(op.clone()).expect("it is held");
    let text = serde_json::to_string(&kept(&table.sessions[0])).expect("a ticket has a JSON form");
    let log = table.desk.room().position().log.to_string();
    let other = text.replace(&log, &log.replace('0', "f"));
    assert_ne!(text, other, "the ticket names the log");
    let ticket = serde_json::from_str(&other).expect("a ticket");
    table.sessions[0] = Session::restore(ClientId(1), "Person 1".into(), ClientSeq(Seq(1_000)), ticket);
    table.connect(0, Role::Owner);
    let drafts = table.sessions[0].take_drafts();
    assert!(matches!(&drafts[..], [draft] if draft.op == op), "{drafts:?}");
    assert_eq!(table.sessions[0].waiting(), 0);
    assert_eq!(table.color(0, 10), Some(Color::ByLayer));
}
