//! What an owner says of people: in the menu of an avatar, in the dialog to share, and as those hear it whom it is about.

use app::action::{Action, Pick};
use app::command::Command;
use app::dialogs::Dialog;
use app::window::Word;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use protocol::{Attention, Role, SessionId};

use crate::{Opened, window};

fn me(opened: &Opened) -> SessionId {
    opened.document().session.me().expect("one is in the room")
}

/// Ana's, who holds the drawing, and Ben's, who joined, with what he holds and draws.
fn at_work() -> (Opened, Opened, SessionId) {
    let (ana, mut ben) = Opened::shared();
    let wall = ben.document().drawing().entities().next().expect("a line").id;
    ben.perform(Action::Select(vec![wall], Pick::Only));
    ben.until("Ben holds it", |window| window.document().is_some_and(|d| d.session.is_mine(wall.into())));
    ben.perform(Action::Run(Command::Line));
    let guest = me(&ben);
    (ana, ben, guest)
}

fn role_of(opened: &Opened, session: SessionId) -> Option<Role> {
    opened.document().session.person(session).map(|person| person.role)
}

/// Opens the menu of somebody's avatar.
fn open_menu(opened: &mut Opened, name: &str) {
    opened.harness.get_by_label(&format!("Person {name}")).click_secondary();
    opened.harness.step();
    opened.harness.step();
}

#[test]
fn who_is_lowered_is_told_and_finds_the_tools_at_rest_with_the_reason() {
    let (mut ana, mut ben, guest) = at_work();
    // Both call themselves Ana; the one who came later is told apart.
    open_menu(&mut ana, "Ana (2)");
    ana.harness.get_by_label("May look only").click();
    ana.until("he is lowered", |window| {
        window.document().is_some_and(|d| d.session.person(guest).is_some_and(|p| p.role == Role::Viewer))
    });
    ben.until("he knows", |window| window.document().is_some_and(|d| d.session.role() == Role::Viewer));
    assert!(ben.said().contains("Ana lets you look only from here on"), "{}", ben.said());
    assert!(ben.document().tool.is_none() && !ben.document().may_edit());
    assert_eq!(ben.document().session.locks().count(), 0);
    ben.harness.step();
    assert!(ben.harness.query_by_label("Your role: Viewer").is_some());
    let line = ben.harness.get_by_label("Line");
    assert!(line.accesskit_node().is_disabled());
    line.hover();
    ben.harness.run_steps(60);
    let why = "You may look at this drawing, not change it";
    assert!(ben.harness.query_by_label(why).is_some(), "the tooltip says why");
    ben.perform(Action::Unsay);
    ben.perform(Action::Run(Command::Line));
    assert_eq!(ben.said(), why);

    ben.perform(Action::Unsay);
    ana.perform(Action::People(Word::Role(guest, Role::Owner)));
    ben.until("he is an owner", |window| window.document().is_some_and(|d| d.session.role() == Role::Owner));
    assert!(ben.said().contains("Ana lets you own the drawing"), "{}", ben.said());
    // What one may not do is said by the room, in words.
    let host = me(&ana);
    ben.perform(Action::People(Word::Role(host, Role::Viewer)));
    ben.until("he is told", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("stays its owner"))
    });
    assert_eq!(role_of(&ana, host), Some(Role::Owner));
}

#[test]
fn who_is_removed_keeps_what_they_see_and_may_come_back_and_who_is_banned_may_not() {
    let (mut ana, mut ben, guest) = at_work();
    let address = ana.harness.state().shared_address().expect("an address");
    open_menu(&mut ana, "Ana (2)");
    ana.harness.get_by_label("Remove...").click();
    ana.until("one is asked", |window| matches!(window.dialog, Dialog::PutOut { banned: false, .. }));
    // A card finds its place in the second frame.
    ana.harness.run_steps(3);
    ana.harness.get_by_label("Remove").click();
    ana.until("it is asked", |window| !window.dialog.is_open());
    ana.harness.step();
    ben.until("he is out", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("Ana removed you from this drawing"))
    });
    assert!(ben.said().contains("What you see stays"), "{}", ben.said());
    assert_eq!(ben.document().put_out, Some(false));
    assert!(ben.count() > 0 && !ben.document().may_edit());
    ana.until("he is gone", |window| window.document().is_some_and(|d| d.session.person(guest).is_none()));

    ben.perform(Action::JoinAddress(address.clone()));
    ben.until("he is in again", |window| {
        window.documents.len() == 2 && window.document().is_some_and(|d| d.may_edit())
    });
    let guest = me(&ben);
    ana.until("Ana sees him", |window| window.document().is_some_and(|d| d.session.person(guest).is_some()));
    ana.perform(Action::People(Word::AskPutOut { session: guest, banned: true }));
    ana.harness.run_steps(3);
    ana.harness.get_by_label("Ban").click();
    ana.until("it is asked", |window| !window.dialog.is_open());
    ana.harness.step();
    ben.until("he is out for good", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("Ana banned you from this drawing"))
    });
    ben.perform(Action::JoinAddress(address.clone()));
    ben.until("he is kept out", |window| {
        window.documents.last().is_some_and(|d| d.trouble.as_ref().is_some_and(|why| why.contains("Ana banned you")))
    });

    ana.perform(Action::Run(Command::Share));
    ana.harness.step();
    ana.harness.run_steps(3);
    ana.harness.get_by_label("Let Ana in again").click();
    ana.until("nobody is kept out", |window| window.document().is_some_and(|d| d.session.bans().next().is_none()));
    ben.perform(Action::JoinAddress(address));
    ben.until("he is let in", |window| window.document().is_some_and(|d| d.may_edit()));
}

#[test]
fn an_invite_by_name_says_who_comes_and_what_they_may() {
    let mut ana = Opened::new();
    ana.perform(Action::Run(Command::Share));
    ana.until("there is an address", |window| window.shared_address().is_some());
    let plain = ana.harness.state().shared_address().expect("an address");
    ana.harness.step();
    if let Dialog::Share { name, role, .. } = &mut ana.harness.state_mut().dialog {
        (*name, *role) = ("Cleo Moss".into(), Role::Reviewer);
    }
    ana.harness.step();
    ana.harness.step();
    ana.harness.get_by_label("Make the invite").click();
    ana.until("it is made", |window| matches!(&window.dialog, Dialog::Share { made: Some((_, Ok(_))), .. }));
    let Dialog::Share { made: Some((_, Ok(invite))), .. } = &ana.harness.state().dialog else { unreachable!("it is") };
    let invite = invite.clone();
    assert!(invite.contains("#v2.reviewer.0.") && invite.contains(".Cleo%20Moss.") && invite != plain, "{invite}");
    let folder = tempfile::tempdir().expect("a folder");
    let mut cleo = Opened { harness: window(folder.path(), &[&invite]), folder };
    cleo.until("she is in", |window| window.document().is_some_and(|d| d.is_here() && d.session.me().is_some()));
    let who = me(&cleo);
    let person = cleo.document().session.person(who).expect("she is there").clone();
    assert_eq!((person.name.as_str(), person.role), ("Cleo Moss", Role::Reviewer));
    cleo.harness.step();
    assert!(cleo.harness.query_by_label("Your role: Reviewer").is_some());
    // Her own invite is not for others.
    cleo.perform(Action::Run(Command::Share));
    cleo.harness.step();
    assert!(cleo.harness.query_by_label("Address").is_none());
}

#[test]
fn who_does_nothing_for_a_while_is_shown_as_idle() {
    let (mut ana, mut ben) = Opened::shared();
    let guest = me(&ben);
    ben.point(20.0, 20.0);
    assert_eq!(ben.document().attention(), Attention::Here);
    let now_s = ben.harness.ctx.input(|input| input.time);
    ben.harness.input_mut().time = Some(now_s + 121.0);
    ben.harness.step();
    assert_eq!(ben.document().attention(), Attention::Idle);
    ben.harness.input_mut().time = Some(now_s + 122.0);
    // What one shows goes out at a bounded rate: perhaps not in the first frame.
    let ben = std::cell::RefCell::new(ben);
    ana.until("Ana sees it", |window| {
        ben.borrow_mut().harness.step();
        window
            .document()
            .is_some_and(|d| d.session.presence_of(guest).is_some_and(|presence| presence.attention == Attention::Idle))
    });
    ana.harness.step();
    assert!(ana.harness.query_by_label("Person Ana (2), idle").is_some());
}
