//! Comments: pinned with the pointer, written beside the pin, answered by others, listed in their panel.

use app::action::{Action, Panel, Pick};
use app::command::Command;
use app::document::{About, Listing, Talking};
use drawing::{Comment, CommentId, EntityId, Pin, Vec2};
use egui_kittest::kittest::Queryable as _;

use crate::Opened;

fn comments(opened: &Opened) -> Vec<Comment> {
    opened.document().drawing().comments().cloned().collect()
}

/// Begins a comment there and says something.
fn comment(opened: &mut Opened, at: (f64, f64), words: &str) -> CommentId {
    let before = comments(opened).len();
    opened.write("CM\n");
    opened.click(at.0, at.1, egui::Modifiers::NONE);
    opened.harness.run_steps(3);
    say(opened, words);
    let all = comments(opened);
    assert_eq!(all.len(), before + 1, "said: {}", opened.said());
    all.iter().map(|comment| comment.id).max().expect("there is one")
}

/// Types into the field that has the keyboard, and Enter.
fn say(opened: &mut Opened, words: &str) {
    opened.harness.event(egui::Event::Text(words.into()));
    opened.harness.run_steps(2);
    opened.harness.key_press(egui::Key::Enter);
    opened.harness.run_steps(3);
}

fn place(opened: &Opened, id: CommentId) -> drawing::Point {
    let drawing = opened.document().drawing();
    drawing.place_of(drawing.comment(id).expect("it is there"))
}

fn wall(opened: &Opened) -> EntityId {
    let mut entities = opened.document().drawing().entities();
    entities.find(|entity| entity.handle == Some(drawing::Handle(0x1A))).expect("it is there").id
}

fn card(opened: &Opened) -> Option<About> {
    opened.document().talk.card.as_ref().map(|card| card.about.clone())
}

#[test]
fn a_comment_on_an_object_follows_it_and_is_no_change_to_the_file() {
    let mut opened = Opened::new();
    let wall = wall(&opened);
    let id = comment(&mut opened, (30.0, 45.0), "Load-bearing?");
    let pin = comments(&opened)[0].pin.clone();
    assert!(matches!(pin, Pin::Entity { id, .. } if id == wall), "{pin:?}");
    assert!(!opened.document().is_dirty(), "a file holds no comments");
    assert_eq!(card(&opened), Some(About::Thread(id)));
    assert!(opened.harness.query_by_label("Comment by Ana: Load-bearing?").is_some());
    let there = place(&opened, id) + Vec2::new(5.0, -10.0);
    opened.perform(Action::TranslateOnly(vec![wall], Vec2::new(5.0, -10.0)));
    assert!(place(&opened, id).distance(there) < 1e-9);
    opened.perform(Action::EraseOnly(vec![wall]));
    assert!(place(&opened, id).distance(there) < 1e-9, "it stays where it was last");
    // What was said is undone like anything else.
    for _ in 0..3 {
        opened.until("all is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
        opened.perform(Action::Run(Command::Undo));
    }
    opened.until("it is taken back", |window| window.document().is_some_and(|d| d.drawing().comment_count() == 0));
    assert_eq!(card(&opened), None);
}

#[test]
fn a_point_a_rectangle_and_what_keys_do() {
    let mut opened = Opened::new();
    comment(&mut opened, (75.0, 20.0), "Empty here");
    assert!(matches!(comments(&opened)[0].pin, Pin::Point(_)), "{:?}", comments(&opened)[0].pin);
    opened.write("CM\n");
    opened.drag((20.0, 50.0), (40.0, 20.0));
    opened.harness.run_steps(3);
    assert!(matches!(card(&opened), Some(About::New { pin: Pin::Region(_), .. })), "{:?}", card(&opened));
    // Nothing to say: nothing is said. Esc leaves the field, then the card.
    opened.harness.key_press(egui::Key::Enter);
    opened.harness.run_steps(2);
    assert_eq!(comments(&opened).len(), 1);
    opened.harness.key_press(egui::Key::Escape);
    opened.harness.run_steps(2);
    opened.harness.key_press(egui::Key::Escape);
    opened.harness.run_steps(2);
    assert_eq!(card(&opened), None);
    opened.write("CM\n");
    opened.drag((20.0, 50.0), (40.0, 20.0));
    opened.harness.run_steps(3);
    opened.harness.event(egui::Event::Text("All of".into()));
    opened.harness.step();
    opened.harness.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::Enter);
    opened.harness.step();
    say(&mut opened, "this");
    let region = comments(&opened)[1].clone();
    assert_eq!(region.said.text, "All of\nthis");
    let Pin::Region(rect) = region.pin else { panic!("{region:?}") };
    assert!((rect.x0 - 20.0).abs() < 0.5 && (rect.y1 - 50.0).abs() < 0.5, "{rect:?}");
    assert_eq!(opened.selected(), 0);
    // While a command asks for points, a pin is no button.
    opened.perform(Action::Talk(Talking::Close));
    assert!(opened.harness.query_by_label("Comment by Ana: Empty here").is_some());
    opened.write("L\n");
    opened.harness.step();
    assert!(opened.harness.query_by_label("Comment by Ana: Empty here").is_none());
}

#[test]
fn two_people_talk() {
    let (mut ana, mut ben) = Opened::shared_with(Opened::new(), "Ben");
    let id = comment(&mut ana, (30.0, 45.0), "Is it right, @Ben?");
    assert_eq!(comments(&ana)[0].said.mentions, ["Ben"]);
    ben.until("Ben is told", |window| window.message.as_ref().is_some_and(|m| m.text.contains("mentioned you")));
    assert_eq!(ben.document().talk.unread_count(), 1);
    assert_eq!(ana.document().talk.unread_count(), 0, "one's own words are read");
    ben.perform(Action::Panel(Panel::Comments));
    ben.perform(Action::Talk(Talking::List(Listing::Mine)));
    ben.harness.run_steps(2);
    ben.harness.get_by_label_contains("Comment of Ana, unread: Is it right, @Ben?").click();
    ben.harness.run_steps(3);
    assert_eq!(card(&ben), Some(About::Thread(id)));
    assert_eq!(ben.document().talk.unread_count(), 0);
    say(&mut ben, "It is not.");
    ana.until("Ana has the reply", |window| window.document().is_some_and(|d| d.drawing().replies_to(id).count() == 1));
    // Ana's card is open: she reads it as it comes.
    assert_eq!(ana.document().talk.unread_count(), 0);
    ana.perform(Action::Talk(Talking::Close));
    say(&mut ben, "By 10 mm");
    ana.until("another is unread", |window| window.document().is_some_and(|d| d.talk.unread_count() == 1));
    ana.harness.run_steps(2);
    assert!(ana.harness.query_by_label("Comment by Ana, unread: Is it right, @Ben?").is_some());

    // Somebody else resolves it; it leaves the canvas and goes to the other list.
    ben.harness.get_by_label("Resolve").click();
    ben.harness.run_steps(3);
    ana.until("Ana sees that", |window| {
        window.document().is_some_and(|d| d.drawing().comments().all(Comment::is_resolved))
    });
    ana.harness.run_steps(2);
    assert_eq!(ana.harness.query_all_by_label_contains("Comment by Ana").count(), 0);
    ana.perform(Action::Panel(Panel::Comments));
    assert!(ana.harness.query_by_label("All comments are resolved.").is_some());
    ana.harness.get_by_label("List: Resolved").click();
    ana.harness.run_steps(2);
    assert!(ana.harness.query_all_by_label_contains("resolved by Ben").count() > 0);
    ana.perform(Action::Talk(Talking::GoTo(id)));
    ana.perform(Action::Talk(Talking::Settle(id, false)));
    ben.until("it is open again", |window| {
        window.document().is_some_and(|d| !d.drawing().comments().any(Comment::is_resolved))
    });

    // Nobody changes or removes another's words, but the owner may remove them.
    let reply = ben.document().drawing().replies_to(id).next().expect("a reply").id;
    ben.perform(Action::Talk(Talking::Remove(id.into())));
    assert!(ben.said().contains("Can't remove it"), "{}", ben.said());
    ana.perform(Action::Talk(Talking::Remove(reply.into())));
    ben.until("the owner removed it", |window| window.document().is_some_and(|d| d.drawing().reply(reply).is_none()));
    ana.perform(Action::Talk(Talking::Reword(id.into())));
    ana.harness.run_steps(2);
    ana.ctrl(egui::Key::A);
    say(&mut ana, "Is it wrong?");
    ben.until("Ben reads other words", |window| {
        window.document().is_some_and(|d| d.drawing().comment(id).is_some_and(|c| c.said.text == "Is it wrong?"))
    });
}

#[test]
fn names_are_offered_while_one_calls_somebody() {
    let (mut ana, ben) = Opened::shared_with(Opened::new(), "Ben");
    ana.write("CM\n");
    ana.click(75.0, 20.0, egui::Modifiers::NONE);
    ana.harness.run_steps(3);
    ana.harness.event(egui::Event::Text("Look, @B".into()));
    ana.harness.run_steps(3);
    assert!(ana.harness.query_by_label("@Ben").is_some());
    ana.harness.key_press(egui::Key::Tab);
    ana.harness.run_steps(3);
    assert_eq!(ana.document().talk.card.as_ref().map(|card| card.writing.as_str()), Some("Look, @Ben "));
    say(&mut ana, "here");
    assert_eq!(comments(&ana)[0].said.text, "Look, @Ben here");
    assert_eq!(comments(&ana)[0].said.mentions, ["Ben"]);
    drop(ben);
}

#[test]
fn the_panel_finds_words_and_says_what_to_do_where_there_are_none() {
    let mut opened = Opened::new();
    opened.ctrl(egui::Key::Num4);
    opened.harness.run_steps(2);
    assert!(opened.harness.query_by_label("Nobody said anything about this drawing yet.").is_some());
    opened.harness.get_by_label("Comment on something").click();
    opened.harness.run_steps(2);
    assert_eq!(opened.document().tool.as_ref().map(|tool| tool.command()), Some(Command::Comment));
    opened.harness.key_press(egui::Key::Escape);
    opened.harness.run_steps(2);
    comment(&mut opened, (75.0, 20.0), "A door");
    comment(&mut opened, (70.0, 10.0), "A window");
    opened.harness.run_steps(2);
    let listed = |opened: &mut Opened| {
        opened.harness.run_steps(2);
        opened.harness.state_mut().document_mut().expect("a drawing").comments_listed().len()
    };
    assert_eq!(listed(&mut opened), 2);
    let field = |opened: &mut Opened, text: &str| {
        opened.harness.state_mut().document_mut().expect("a drawing").talk.wanted = text.into();
    };
    field(&mut opened, "DOOR");
    assert_eq!(listed(&mut opened), 1);
    field(&mut opened, "roof");
    assert_eq!(listed(&mut opened), 0);
    assert!(opened.harness.query_by_label("Nothing here says \"roof\".").is_some());
    // Closing would lose what was said: it is asked.
    assert_eq!(opened.document().at_stake().comments, 2);
    assert!(opened.document().at_stake().is_any());
    let wall = wall(&opened);
    opened.perform(Action::Select(vec![wall], Pick::Add));
    assert_eq!(opened.selected(), 1);
}

#[test]
fn one_who_shares_their_name_with_another_comments_under_it() {
    let (mut ana, mut other) = Opened::shared();
    let id = comment(&mut other, (30.0, 45.0), "Mine too, @Ana");
    other.until("it is stored", |window| {
        window.document().is_some_and(|document| document.session.waiting() == 0 && document.drafts.is_empty())
    });
    ana.until("it is there", |window| window.document().is_some_and(|d| d.drawing().comment(id).is_some()));
    let said = &ana.document().drawing().comment(id).expect("it is there").said;
    assert_eq!((said.by.name.as_str(), said.mentions.as_slice()), ("Ana", &["Ana".to_owned()][..]));
}
