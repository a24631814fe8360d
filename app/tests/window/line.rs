//! Wanting what somebody else holds: asked for, handed over, put off, taken over by the owner.

use app::action::{Action, Pick};
use app::command::Command;
use app::window::Window;
use drawing::{EntityId, Vec2};
use egui_kittest::kittest::Queryable as _;

use crate::Opened;

fn entity(opened: &Opened, handle: u64) -> EntityId {
    let mut entities = opened.document().drawing().entities();
    entities.find(|entity| entity.handle == Some(drawing::Handle(handle))).expect("it is there").id
}

fn is_mine(window: &Window, id: EntityId) -> bool {
    window.document().is_some_and(|document| document.session.is_mine(id.into()))
}

/// What the message offers to do, each in words.
fn offers(opened: &Opened) -> Vec<(String, Action)> {
    let message = opened.harness.state().message.clone().expect("something is said");
    message.offer.into_iter().chain(message.others).collect()
}

fn take(opened: &mut Opened, label: &str) {
    let (_, action) = offers(opened).into_iter().find(|(each, _)| each == label).expect("it is offered");
    // As a click on it does.
    opened.perform(Action::Unsay);
    opened.perform(action);
}

/// Clicks something by its name, once it is there.
fn click(opened: &mut Opened, name: &str) {
    opened.until(name, |_| true);
    for _ in 0..200 {
        if let Some(node) = opened.harness.query_by_label(name) {
            node.click();
            opened.harness.run_steps(2);
            return;
        }
        opened.harness.step();
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
    panic!("{name} is nowhere to be clicked");
}

/// What a window looks like, in both themes, where somebody wants to look: `LINEWORK_SHOTS` names the folder.
fn shoot(opened: &mut Opened, name: &str) {
    let Some(folder) = std::env::var_os("LINEWORK_SHOTS") else { return };
    for theme in ["dark", "light"] {
        opened.harness.run_steps(4);
        let picture = opened.harness.render().expect("a picture");
        let file = std::path::Path::new(&folder).join(format!("{name}-{theme}.png"));
        picture.save(file).expect("it is written");
        opened.perform(Action::Run(Command::SwitchTheme));
    }
}

/// Whether words are to be seen.
fn reads(opened: &mut Opened, words: &str) -> bool {
    opened.harness.run_steps(2);
    opened.harness.query_by_label_contains(words).is_some()
}

/// Ana, who owns the drawing, holds the wall; Ben, who joined, has the wall and the post selected and could not move them.
fn at_odds() -> (Opened, Opened, EntityId, EntityId) {
    let (mut ana, mut ben) = Opened::shared();
    let (wall, post) = (entity(&ben, 0x1A), entity(&ben, 0x1B));
    ana.perform(Action::Select(vec![wall], Pick::Add));
    ben.until("Ana holds the wall", |window| window.document().is_some_and(|d| d.is_others(wall.into())));
    ben.perform(Action::Select(vec![wall, post], Pick::Add));
    ben.until("Ben holds the post", |window| is_mine(window, post));
    ben.perform(Action::Translate(Vec2::new(1.0, 0.0)));
    (ana, ben, wall, post)
}

#[test]
fn what_somebody_holds_is_asked_for_and_handed_over() {
    let (mut ana, mut ben, wall, post) = at_odds();
    let labels: Vec<_> = offers(&ben).into_iter().map(|(label, _)| label).collect();
    assert_eq!(labels, ["Move the other 1", "Ask Ana"]);
    shoot(&mut ben, "refused");
    take(&mut ben, "Ask Ana");
    ben.until("he stands in line", |window| {
        window.document().is_some_and(|document| document.session.my_waits().count() == 1)
    });
    assert!(ben.document().lock_words(wall).is_some_and(|words| words.ends_with("You are in line")));
    assert!(reads(&mut ben, "In line for 1 object"));
    ana.until("Ana is asked", |window| window.document().is_some_and(|d| !d.session.asked_of_me().is_empty()));
    assert!(reads(&mut ana, "would like the line you hold"));
    shoot(&mut ana, "asked");
    shoot(&mut ben, "in-line");
    click(&mut ana, "Hand over");
    ben.until("Ben has it", |window| is_mine(window, wall));
    assert!(ben.said().contains("handed the line over to you"), "{}", ben.said());
    // Both were selected, and are still held.
    assert!(is_mine(ben.harness.state(), post));
    ana.until("Ana holds it no more", |window| window.document().is_some_and(|d| d.is_others(wall.into())));
    assert_eq!(ana.selected(), 0);
    assert!(!reads(&mut ana, "would like"));
}

#[test]
fn not_now_keeps_the_place_and_withdrawing_gives_it_up() {
    let (mut ana, mut ben, wall, _) = at_odds();
    ben.perform(Action::Run(Command::AskFor));
    ana.until("Ana is asked", |window| window.document().is_some_and(|d| !d.session.asked_of_me().is_empty()));
    click(&mut ana, "Not now");
    ben.until("Ben is told", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("You stay in line"))
    });
    assert!(!reads(&mut ana, "would like the line"));
    assert_eq!(ben.document().session.my_waits().count(), 1);
    // Asking again is nothing: he is in line.
    ben.perform(Action::Run(Command::AskFor));
    assert!(ben.said().contains("you wait for it already"), "{}", ben.said());
    click(&mut ben, "In line for 1 object");
    click(&mut ben, "Withdraw");
    ben.until("he is in no line", |window| {
        window.document().is_some_and(|document| document.session.my_waits().count() == 0)
    });
    assert!(!reads(&mut ben, "In line for"));
    ana.perform(Action::SelectNone);
    ben.until("it is free", |window| window.document().is_some_and(|d| d.session.holder(wall.into()).is_none()));
}

#[test]
fn what_comes_free_while_one_is_at_something_else_is_offered_and_kept() {
    let (mut ana, mut ben, wall, post) = at_odds();
    ben.perform(Action::Run(Command::AskFor));
    ben.until("he stands in line", |window| {
        window.document().is_some_and(|document| document.session.my_waits().count() == 1)
    });
    ben.perform(Action::Select(vec![post], Pick::Only));
    ana.perform(Action::SelectNone);
    ben.until("he has it", |window| is_mine(window, wall));
    assert_eq!(ben.selected(), 1);
    assert!(ben.said().contains("You hold the line now"), "{}", ben.said());
    for _ in 0..20 {
        ben.harness.step();
    }
    assert!(is_mine(ben.harness.state(), wall), "it is not let go as what he doesn't work on");
    take(&mut ben, "Select it");
    assert_eq!(ben.selected(), 2);
}

#[test]
fn an_owner_takes_over_and_the_holder_sees_it_coming() {
    let (mut ana, mut ben) = Opened::shared();
    let wall = entity(&ben, 0x1A);
    ben.perform(Action::Select(vec![wall], Pick::Add));
    ana.until("Ben holds the wall", |window| window.document().is_some_and(|d| d.is_others(wall.into())));
    ana.perform(Action::Select(vec![wall], Pick::Add));
    ana.perform(Action::Translate(Vec2::new(1.0, 0.0)));
    assert_eq!(offers(&ana).len(), 2);
    take(&mut ana, "Take over");
    ben.until("Ben is told", |window| window.document().is_some_and(|d| !d.endings(window.now()).is_empty()));
    assert!(reads(&mut ben, "takes the line over in "));
    shoot(&mut ben, "countdown");
    let left_s = ben.document().endings(ben.harness.state().now())[0].left_s;
    assert!((1..=10).contains(&left_s), "{left_s}");
    ana.until("Ana sees it too", |window| window.document().is_some_and(|d| !d.endings(window.now()).is_empty()));
    assert!(reads(&mut ana, "You take the line over from"));
    shoot(&mut ana, "taking-over");
    click(&mut ana, "Call off");
    ben.until("it is called off", |window| {
        window.document().is_some_and(|d| d.endings(window.now()).is_empty() && d.session.is_mine(wall.into()))
    });
    // Ana still stands in line; she tries once more, and Ben is done.
    assert_eq!(ana.document().session.my_waits().count(), 1);
    ana.perform(Action::Translate(Vec2::new(1.0, 0.0)));
    assert_eq!(offers(&ana).len(), 1);
    take(&mut ana, "Take over");
    ben.until("Ben is told again", |window| window.document().is_some_and(|d| !d.endings(window.now()).is_empty()));
    click(&mut ben, "Let go now");
    ana.until("Ana has it", |window| is_mine(window, wall));
    assert_eq!(ben.selected(), 0);
}
