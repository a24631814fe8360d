//! Who may do what, case by case: roles that are changed at work, removing, banning, and what is left of it when somebody
//! comes back.

use collab::{ConnId, Input, Room};
use protocol::{
    Answer, Came, ClientId, ClientMessage, Ended, Epoch, Event, Hello, Limits, Refusal, Request, Resume, ResumeKey,
    Role, Seq, ServerMessage, SessionId, Welcome,
};

use crate::desk::{Office, hello};
use crate::lab::{Lab, moved};

/// An owner who was invited, two editors, and a second window of the first one's.
struct Cast {
    owner: SessionId,
    ana: SessionId,
    ben: SessionId,
    other_window: SessionId,
}

fn cast() -> (Lab, Cast) {
    let mut lab = Lab::new();
    let owner = lab.join_by(9, Role::Owner, None, Came::Invite { after: Seq(1) });
    let (ana, ben) = (lab.join(1, Role::Editor, None), lab.join(2, Role::Editor, None));
    let other_window = lab.join(1, Role::Editor, None);
    (lab, Cast { owner, ana, ben, other_window })
}

fn role(lab: &Lab, session: SessionId) -> Option<Role> {
    lab.room.shared().members.get(&session).map(|member| member.role)
}

fn give(lab: &mut Lab, by: SessionId, session: SessionId, role: Role) -> Result<Option<Seq>, Refusal> {
    lab.ask(by, Request::SetRole { session, role })
}

#[test]
fn who_is_lowered_holds_nothing_and_edits_nothing_from_that_entry_on() {
    let (mut lab, Cast { owner, ana, ben, other_window }) = cast();
    lab.lock(ana, &[10, 11]).expect("a lock is granted");
    lab.lock(other_window, &[12]).expect("a lock is granted");
    lab.lock(ben, &[13]).expect("a lock is granted");
    give(&mut lab, owner, ana, Role::Reviewer).expect("an owner lowers").expect("it is stored");
    let held = [10, 11, 12, 13].map(|id| lab.holder(id));
    assert_eq!(held, [None, None, None, Some(ben)], "the other window of the same person is lowered too");
    assert_eq!([ana, other_window].map(|each| role(&lab, each)), [Some(Role::Reviewer); 2]);
    for session in [ana, other_window] {
        assert!(matches!(lab.edit(session, moved(&[10])), Err(Refusal::NotAllowed { role: Role::Reviewer })));
        assert!(matches!(lab.lock(session, &[10]), Err(Refusal::NotAllowed { .. })));
    }
    give(&mut lab, owner, ana, Role::Editor).expect("an owner raises").expect("it is stored");
    assert_eq!([ana, other_window].map(|each| role(&lab, each)), [Some(Role::Editor), Some(Role::Reviewer)]);
    lab.lock(ana, &[10]).expect("a lock is granted again");
}

type Play = fn(&mut Lab, &Cast) -> Result<Option<Seq>, Refusal>;

#[test]
fn what_an_owner_may_say_of_people() {
    let cases: &[(&str, &str, Play)] = &[
        ("an editor lowers another", "not allowed", |lab, cast| give(lab, cast.ana, cast.ben, Role::Viewer)),
        ("an editor raises themselves", "not allowed", |lab, cast| give(lab, cast.ana, cast.ana, Role::Owner)),
        ("an editor removes another", "not allowed", |lab, cast| {
            lab.ask(cast.ana, Request::Remove { session: cast.ben })
        }),
        ("an editor bans another", "not allowed", |lab, cast| lab.ask(cast.ana, Request::Ban { session: cast.ben })),
        ("a role that they have", "nothing", |lab, cast| give(lab, cast.owner, cast.ana, Role::Editor)),
        ("somebody who isn't there", "not in the drawing", |lab, cast| {
            give(lab, cast.owner, SessionId(Seq(99)), Role::Viewer)
        }),
        ("the last owner lowers themselves", "make somebody else", |lab, cast| {
            give(lab, cast.owner, cast.owner, Role::Viewer)
        }),
        ("an owner lowers another window of their own", "of your own", |lab, cast| {
            let window = lab.join(9, Role::Editor, None);
            give(lab, cast.owner, window, Role::Viewer)
        }),
        ("one of two owners lowers themselves", "stored", |lab, cast| {
            give(lab, cast.owner, cast.ben, Role::Owner)?;
            give(lab, cast.owner, cast.owner, Role::Editor)
        }),
        ("one owner lowers another", "stored", |lab, cast| {
            give(lab, cast.owner, cast.ben, Role::Owner)?;
            give(lab, cast.ben, cast.owner, Role::Editor)
        }),
        ("the last owner, with nobody else there, lowers themselves", "stored", |lab, cast| {
            [cast.ana, cast.ben, cast.other_window].into_iter().for_each(|each| lab.leave(each));
            give(lab, cast.owner, cast.owner, Role::Viewer)
        }),
        ("an owner removes themselves", "leave", |lab, cast| {
            lab.ask(cast.owner, Request::Remove { session: cast.owner })
        }),
        ("an owner bans themselves", "leave", |lab, cast| lab.ask(cast.owner, Request::Ban { session: cast.owner })),
        ("an owner bans another window of their own", "leave", |lab, cast| {
            let window = lab.join(9, Role::Editor, None);
            lab.ask(cast.owner, Request::Ban { session: window })
        }),
        ("removing who has left", "nothing", |lab, cast| {
            lab.leave(cast.ben);
            lab.ask(cast.owner, Request::Remove { session: cast.ben })
        }),
        ("whoever serves the drawing is lowered", "stays its owner", |lab, cast| {
            let host = lab.join_by(8, Role::Owner, None, Came::Within);
            give(lab, cast.owner, host, Role::Viewer)
        }),
        ("whoever serves the drawing is removed", "can't be put out", |lab, cast| {
            let host = lab.join_by(8, Role::Owner, None, Came::Within);
            lab.ask(cast.owner, Request::Remove { session: host })
        }),
        ("a guest on the installation that serves the drawing is banned", "stored", |lab, cast| {
            // The host itself is not who came by a link, and stays.
            let host = lab.join_by(8, Role::Owner, None, Came::Within);
            let guest = lab.join(8, Role::Editor, None);
            let banned = lab.ask(cast.owner, Request::Ban { session: guest });
            assert_eq!((role(lab, host), role(lab, guest)), (Some(Role::Owner), None));
            banned
        }),
        ("lifting what isn't there", "nothing", |lab, cast| lab.ask(cast.owner, Request::LiftBan { ban: Seq(3) })),
    ];
    for (what, expect, play) in cases {
        let (mut lab, cast) = cast();
        let said = match play(&mut lab, &cast) {
            Ok(Some(_)) => "stored".into(),
            Ok(None) => "nothing".into(),
            Err(Refusal::NotAllowed { .. }) => "not allowed".into(),
            Err(Refusal::Invalid { why }) => why,
            Err(other) => format!("{other:?}"),
        };
        assert!(said.contains(expect), "{what}: {said}");
    }
}

#[test]
fn a_ban_ends_all_sessions_of_a_person_in_its_own_entry_and_a_checkpoint_keeps_it() {
    let (mut lab, Cast { owner, ana, ben, other_window }) = cast();
    lab.lock(ana, &[10]).expect("a lock is granted");
    lab.lock(other_window, &[11]).expect("a lock is granted");
    let ban = lab.ask(owner, Request::Ban { session: ana }).expect("an owner bans").expect("it is stored");
    assert_eq!([10, 11].map(|id| lab.holder(id)), [None, None]);
    assert_eq!([ana, other_window, ben].map(|each| role(&lab, each).is_some()), [false, false, true]);
    give(&mut lab, owner, ben, Role::Viewer).expect("an owner lowers");
    let again = Room::from_checkpoint(&lab.room.to_checkpoint()).expect("a checkpoint is read");
    assert_eq!(again.digest(), lab.room.digest());
    let bans: Vec<_> = again.bans().map(|ban| (ban.seq, ban.name.as_str(), ban.by_name.as_str())).collect();
    assert_eq!(bans, [(ban, "Client 1", "Client 9")]);
    lab.ask(owner, Request::LiftBan { ban }).expect("an owner lifts").expect("it is stored");
    assert_eq!(lab.room.bans().count(), 0);
}

#[test]
fn those_who_came_by_one_name_are_one_person_and_those_who_only_call_themselves_so_are_not() {
    let mut lab = Lab::new();
    let owner = lab.join_by(9, Role::Owner, None, Came::Within);
    let invited = lab.join_by(1, Role::Editor, None, Came::Invite { after: Seq(1) });
    let namesake = {
        let ids = lab.room.ids_for_joining();
        let (client, name, epoch) = (ClientId(5), "Client 1".to_string(), Epoch::default());
        let (role, came) = (Role::Editor, Came::Link);
        let joined =
            Event::Joined { client, name, color: 0, role, ids, resume_lock: None, epoch, carries_on: None, came };
        SessionId(lab.store(None, joined))
    };
    lab.ask(owner, Request::Ban { session: invited }).expect("an owner bans");
    assert_eq!([invited, namesake].map(|each| role(&lab, each).is_some()), [false, true]);
}

/// Somebody's ways of coming in.
fn by_link(office: &mut Office, conn: u64, client: u128, role: Role) -> Result<Welcome, String> {
    come(office, conn, Hello { client: ClientId(client), ..hello() }, role, Came::Link)
}

fn by_invite(office: &mut Office, conn: u64, client: u128, name: &str, role: Role) -> Result<Welcome, String> {
    let after = office.head.seq;
    by_old_invite(office, conn, client, (name, after), role)
}

fn by_old_invite(
    office: &mut Office,
    conn: u64,
    client: u128,
    (name, after): (&str, Seq),
    role: Role,
) -> Result<Welcome, String> {
    let hello = Hello { client: ClientId(client), name: name.into(), ..hello() };
    come(office, conn, hello, role, Came::Invite { after })
}

fn come(office: &mut Office, conn: u64, hello: Hello, role: Role, came: Came) -> Result<Welcome, String> {
    let conn = ConnId(conn);
    office.closed.retain(|(each, _, _)| *each != conn);
    office.give(Input::Hello { conn, hello, role, came });
    office.stored();
    match office.closed.iter().find(|(each, _, _)| *each == conn) {
        Some((_, why, retry)) => {
            assert!(!retry, "coming again doesn't help: {why}");
            Err(why.clone())
        }
        None => Ok(office.welcome(conn).expect("a welcome")),
    }
}

fn answers(office: &Office, conn: u64) -> Vec<Answer> {
    let answer = |message: &ServerMessage| match message {
        ServerMessage::Answer { answer, .. } => Some(answer.clone()),
        _ => None,
    };
    office.sent.iter().filter(|(to, _)| to.0 == conn).filter_map(|(_, message)| answer(message)).collect()
}

/// Asks as the owner, who is over connection 100.
fn owner_asks(office: &mut Office, n: u64, request: Request) {
    office.ask(ConnId(100), n, request);
    office.stored();
}

fn office_with_owner() -> Office {
    let mut office = Office::new(Limits::default());
    let hello = Hello { client: ClientId(9), name: "Olga".into(), ..hello() };
    come(&mut office, 100, hello, Role::Owner, Came::Within).expect("the owner comes in");
    office
}

#[test]
fn what_was_said_of_somebody_holds_when_they_come_back() {
    let lowered = |office: &mut Office| {
        let first = by_invite(office, 1, 7, "Ana", Role::Editor).expect("Ana comes in");
        owner_asks(office, 1, Request::SetRole { session: first.session, role: Role::Viewer });
        office.give(Input::Closed { conn: ConnId(1) });
    };
    let raised = |office: &mut Office| {
        let first = by_link(office, 1, 7, Role::Viewer).expect("a viewer comes in");
        owner_asks(office, 1, Request::SetRole { session: first.session, role: Role::Editor });
        office.give(Input::Closed { conn: ConnId(1) });
    };
    let raised_by_name = |office: &mut Office| {
        let first = by_invite(office, 1, 7, "Ana", Role::Viewer).expect("Ana comes in");
        owner_asks(office, 1, Request::SetRole { session: first.session, role: Role::Editor });
        office.give(Input::Closed { conn: ConnId(1) });
    };
    type Before = fn(&mut Office);
    type Back = fn(&mut Office) -> Result<Welcome, String>;
    let cases: &[(&str, Role, Before, Back)] = &[
        ("lowered, by the same invite", Role::Viewer, lowered, |office| {
            by_old_invite(office, 2, 7, ("Ana", Seq(2)), Role::Editor)
        }),
        ("lowered, by the same invite on another machine", Role::Viewer, lowered, |office| {
            by_old_invite(office, 2, 8, ("Ana", Seq(2)), Role::Editor)
        }),
        ("lowered, by a link on the same machine", Role::Viewer, lowered, |office| by_link(office, 2, 7, Role::Editor)),
        ("lowered, by an invite that was made since", Role::Editor, lowered, |office| {
            by_invite(office, 2, 7, "Ana", Role::Editor)
        }),
        ("lowered: another's invite is another's", Role::Editor, lowered, |office| {
            by_old_invite(office, 2, 8, ("Ben", Seq(2)), Role::Editor)
        }),
        // A client's id is seen by everybody, so that it gives nothing.
        ("raised, by a link and the same id", Role::Viewer, raised, |office| by_link(office, 2, 7, Role::Viewer)),
        ("raised by name, by the same invite", Role::Editor, raised_by_name, |office| {
            by_old_invite(office, 2, 8, ("Ana", Seq(2)), Role::Viewer)
        }),
        ("raised by name, by a link of the same name", Role::Viewer, raised_by_name, |office| {
            let hello = Hello { client: ClientId(8), name: "Ana".into(), ..hello() };
            come(office, 2, hello, Role::Viewer, Came::Link)
        }),
    ];
    for (what, expect, before, back) in cases {
        let mut office = office_with_owner();
        before(&mut office);
        let welcome = back(&mut office).unwrap_or_else(|why| panic!("{what}: {why}"));
        assert_eq!(welcome.role, *expect, "{what}");
    }
}

#[test]
fn who_was_raised_goes_on_raised_with_the_key_of_their_window() {
    for lived in [true, false] {
        let mut office = office_with_owner();
        let key = Some(ResumeKey(77));
        let first = Hello { client: ClientId(7), resume_key: key, ..hello() };
        let first = come(&mut office, 1, first, Role::Viewer, Came::Link).expect("a viewer comes in");
        owner_asks(&mut office, 1, Request::SetRole { session: first.session, role: Role::Editor });
        office.give(Input::Closed { conn: ConnId(1) });
        if !lived {
            office.tick(60_000);
            office.stored();
        }
        let resume = Some(Resume { session: first.session, epoch: first.epoch, next: None, position: office.head });
        let again = Hello { client: ClientId(7), resume_key: key, resume, ..hello() };
        let again = come(&mut office, 2, again, Role::Viewer, Came::Link).expect("they come back");
        assert_eq!((again.role, again.session == first.session, again.carries_on), (Role::Editor, lived, true));
    }
}

#[test]
fn who_is_removed_is_told_by_whom_and_may_come_back_by_their_link() {
    let mut office = office_with_owner();
    let key = Some(ResumeKey(77));
    let ana = Hello { client: ClientId(7), resume_key: key, ..hello() };
    let first = come(&mut office, 1, ana.clone(), Role::Editor, Came::Link).expect("Ana comes in");
    office.lock(ConnId(1), 1, &[10]);
    office.stored();
    owner_asks(&mut office, 1, Request::Remove { session: first.session });
    let (conn, why, retry) = office.closed.last().expect("her connection is closed").clone();
    assert_eq!((conn, retry, why.starts_with("Olga removed you")), (ConnId(1), false, true), "{why}");
    let told = office.log.last().map(|stored| protocol::decode_entry(&stored.payload).expect("an entry is read"));
    let event = told.expect("an entry is stored").event;
    assert!(matches!(event, Event::Gone { why: Ended::Removed { .. }, .. }), "{event:?}");
    assert_eq!((event.kind(), office.desk.room().shared().locks.len()), ("removed", 0));
    // A program that goes on by itself, since it lost its connection just then, is told the same.
    let resume = Some(Resume { session: first.session, epoch: first.epoch, next: None, position: office.head });
    let by_itself = Hello { resume, ..ana.clone() };
    let why = come(&mut office, 2, by_itself, Role::Editor, Came::Link).expect_err("she is turned away");
    assert!(why.starts_with("Olga removed you"), "{why}");
    let again = come(&mut office, 3, Hello { resume_key: Some(ResumeKey(78)), ..ana }, Role::Editor, Came::Link);
    assert_eq!(again.map(|welcome| welcome.role), Ok(Role::Editor));
}

#[test]
fn who_is_banned_is_turned_away_until_the_ban_is_lifted() {
    let mut office = office_with_owner();
    let old = office.head.seq;
    let first = by_invite(&mut office, 1, 7, "Ana", Role::Editor).expect("Ana comes in");
    let window = by_link(&mut office, 2, 7, Role::Editor).expect("a second window of hers");
    owner_asks(&mut office, 1, Request::Ban { session: first.session });
    let closed: Vec<_> = office.closed.iter().map(|(conn, why, retry)| (conn.0, why.as_str(), *retry)).collect();
    let words = "Olga banned you from this drawing";
    assert_eq!(closed, [(1, words, false), (2, words, false)]);
    assert!(office.desk.room().epoch(window.session).is_none());
    let ban = office.head.seq;
    for (what, let_in, came) in [
        ("the same invite", false, by_old_invite(&mut office, 3, 7, ("Ana", old), Role::Editor)),
        ("the same invite elsewhere", false, by_old_invite(&mut office, 4, 8, ("Ana", old), Role::Editor)),
        ("a link on the same machine", false, by_link(&mut office, 5, 7, Role::Editor)),
        ("a new invite on the same machine", false, by_invite(&mut office, 6, 7, "Ana", Role::Editor)),
        ("a new invite elsewhere", true, by_invite(&mut office, 7, 8, "Ana", Role::Editor)),
        ("somebody else", true, by_link(&mut office, 8, 9, Role::Editor)),
    ] {
        match came {
            Ok(_) => assert!(let_in, "{what} is let in"),
            Err(why) => assert!(!let_in && why.starts_with(words), "{what}: {why}"),
        }
    }
    let bans: Vec<_> = office.welcome(ConnId(8)).expect("a welcome").bans;
    assert_eq!(bans.iter().map(|each| (each.seq, each.name.as_str())).collect::<Vec<_>>(), [(ban, "Ana")]);
    owner_asks(&mut office, 2, Request::LiftBan { ban });
    by_old_invite(&mut office, 9, 7, ("Ana", old), Role::Editor).expect("she is let in again");
}

#[test]
fn what_is_said_in_the_batch_of_the_ban_comes_to_nothing() {
    let mut office = office_with_owner();
    let ana = by_link(&mut office, 1, 7, Role::Editor).expect("Ana comes in");
    // While the first is being stored, the others wait and are decided together.
    office.lock(ConnId(100), 1, &[14]);
    office.ask(ConnId(100), 2, Request::Ban { session: ana.session });
    office.lock(ConnId(1), 1, &[10]);
    office.say(ConnId(1), ClientMessage::Leave);
    let hello = Hello { client: ClientId(7), ..hello() };
    office.give(Input::Hello { conn: ConnId(2), hello, role: Role::Editor, came: Came::Link });
    office.take();
    office.stored();
    let stored = |answer: &Answer| matches!(answer, Answer::Stored { .. });
    assert_eq!(answers(&office, 100).iter().filter(|answer| stored(answer)).count(), 2);
    assert!(answers(&office, 1).is_empty() && office.welcome(ConnId(2)).is_none());
    assert_eq!(office.desk.room().shared().members.len(), 1);
    assert_eq!(office.closed.iter().map(|(conn, _, _)| conn.0).collect::<Vec<_>>(), [1, 2]);
}
