//! What an owner says of somebody, as their session hears it.

use super::*;

/// An owner and an editor who holds 10 and has a change that was never sent.
fn at_work() -> (Table, protocol::SessionId) {
    let mut table = Table::new(TWO);
    table.sessions[1].lock(ids(&[10]));
    table.flush(1);
    table.sessions[1].submit(Op::Change(vec![colored(11, 3)])).expect("the edit is allowed");
    table.take(0);
    table.take(1);
    let editor = table.sessions[1].me().expect("they are in");
    (table, editor)
}

#[test]
fn who_is_lowered_is_told_loses_their_locks_and_keeps_what_waited() {
    let (mut table, editor) = at_work();
    let owner = table.sessions[0].me().expect("they are in");
    table.sessions[0].set_role(editor, Role::Viewer);
    table.flush(0);
    let told = Notice::RoleChanged { session: editor, role: Role::Viewer, by: owner };
    for who in [0, 1] {
        assert!(table.take(who).contains(&told), "everybody is told");
        assert_eq!(table.sessions[who].person(editor).map(|person| person.role), Some(Role::Viewer));
    }
    assert_eq!((table.sessions[1].role(), table.sessions[1].is_mine(RecordId(10))), (Role::Viewer, false));
    assert_eq!(table.sessions[1].submit(moved(&[10])).err(), Some(SubmitError::NotAllowed(Role::Viewer)));
    table.flush(1);
    let drafts = table.sessions[1].take_drafts();
    assert!(matches!(&drafts[..], [draft] if draft.refusal == Refusal::NotAllowed { role: Role::Viewer }));
    assert_eq!(table.color(1, 11), Some(Color::ByLayer));
    table.sessions[0].set_role(editor, Role::Editor);
    table.flush(0);
    assert!(table.sessions[1].submit(moved(&[10])).is_ok());
}

#[test]
fn who_is_put_out_reads_by_whom_and_keeps_what_waited_as_drafts() {
    for banned in [false, true] {
        let (mut table, editor) = at_work();
        if banned {
            table.sessions[0].ban(editor)
        } else {
            table.sessions[0].remove(editor)
        }
        table.flush(0);
        let notices = table.take(1);
        let put_out = Notice::PutOut { by: "Person 1".into(), banned };
        assert!(notices.contains(&put_out), "{notices:?}");
        let ended = |status: &Status| matches!(status, Status::Ended { why, retry: false } if why.contains("Person 1"));
        assert!(ended(table.sessions[1].status()), "{:?}", table.sessions[1].status());
        let drafts = table.sessions[1].take_drafts();
        assert!(matches!(&drafts[..], [draft] if draft.op == Op::Change(vec![colored(11, 3)])));
        assert_eq!((table.color(1, 11), table.sessions[1].waiting()), (Some(Color::ByLayer), 0));
        assert_eq!(table.sessions[1].submit(moved(&[10])).err(), Some(SubmitError::NotReady));
        assert_eq!(table.sessions[0].people().count(), 1);
        assert_eq!(table.sessions[0].bans().count(), usize::from(banned));
    }
}

#[test]
fn bans_are_known_to_one_who_comes_later_until_they_are_lifted() {
    let (mut table, editor) = at_work();
    table.sessions[0].ban(editor);
    table.flush(0);
    table.cut(0);
    table.connect(0, Role::Owner);
    let ban = table.sessions[0].bans().next().map(|ban| (ban.seq, ban.name.clone())).expect("it is known");
    assert_eq!(ban.1, "Person 2");
    table.sessions[0].lift_ban(ban.0);
    table.flush(0);
    let lifted = |notice: &Notice| matches!(notice, Notice::BanLifted(lifted) if lifted.seq == ban.0);
    assert!(table.take(0).iter().any(lifted));
    assert_eq!(table.sessions[0].bans().count(), 0);
}
