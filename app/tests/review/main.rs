//! Saved logs in the window, driven by the names that assistive technology sees, judged by what it then shows.

mod damaged;
#[path = "../recorded/harm.rs"]
mod harm;
mod live;
mod opened;
#[path = "../recorded/mod.rs"]
mod recorded;
mod slow;

use std::path::Path;

use app::action::Action;
use app::document::Then;
use app::review::Wish;
use app::window::Purpose;
use egui_kittest::kittest::Queryable as _;
use protocol::Seq;

use opened::Opened;

#[test]
fn a_log_opens_at_its_end_and_is_only_looked_at() {
    let mut opened = Opened::new();
    let head = opened.head();
    opened.arrives(head);
    assert!(!opened.document().may_edit() && !opened.document().is_dirty());
    let names = ["Timeline", "Play", "First entry", "Last entry", "Next entry", "Previous entry", "Next run of work"];
    for name in
        names.into_iter().chain(["Previous run of work", "Speed 16x", "Open a copy from here", "Filter by area"])
    {
        assert!(opened.harness.query_all_by_label(name).next().is_some(), "nothing is called {name}");
    }
    let before = opened.document().drawing().hash();
    opened.wish(Wish::Restore);
    let ctx = opened.harness.ctx.clone();
    opened.harness.state_mut().perform(&ctx, Action::Run(app::command::Command::Line));
    assert!(opened.harness.state().message.as_ref().is_some_and(|message| message.bad));
    opened.harness.state_mut().perform(&ctx, Action::Run(app::command::Command::Save));
    opened.harness.step();
    let offer = opened.harness.state().message.as_ref().and_then(|message| message.offer.clone());
    assert_eq!(offer.map(|(label, _)| label).as_deref(), Some("Open a copy from here"));
    assert_eq!(opened.document().drawing().hash(), before);
}

#[test]
fn one_steps_by_entry_by_run_and_by_key() {
    let mut opened = Opened::new();
    let head = opened.head();
    opened.click("First entry");
    opened.arrives(1);
    opened.click("Next entry");
    opened.arrives(2);
    opened.harness.key_press(egui::Key::ArrowRight);
    opened.arrives(3);
    opened.harness.key_press(egui::Key::ArrowLeft);
    opened.arrives(2);
    opened.harness.key_press(egui::Key::End);
    opened.arrives(head);
    opened.click("Previous entry");
    opened.arrives(head - 1);
    opened.harness.key_press(egui::Key::Home);
    opened.arrives(1);
    // A run ends with somebody else's entry or a rest; all of it is lit up.
    opened.click("Next run of work");
    let (first, last) = opened.review().lit;
    assert!(first == Seq(2) && last >= first, "{first} {last}");
    opened.arrives(last.0);
    for _ in 0..4 {
        opened.click("Next run of work");
    }
    let (first, last) = opened.review().lit;
    assert!(last > first);
    let lines = &opened.review().lines;
    let who = |seq: Seq| lines.get(seq).and_then(|line| line.who);
    assert!((first.0..=last.0).all(|seq| who(Seq(seq)) == who(last)));
    opened.click("Previous run of work");
    assert!(opened.review().lit.1 < first);
}

#[test]
fn it_plays_to_the_end_and_stops() {
    let mut opened = Opened::new();
    let head = opened.head();
    opened.click("Speed 256x");
    assert_eq!(opened.review().speed, 256);
    opened.click("First entry");
    opened.arrives(1);
    opened.harness.key_press(egui::Key::Space);
    opened.harness.step();
    assert!(opened.review().is_playing());
    assert!(opened.harness.query_by_label("Pause").is_some());
    opened.until("it has played to the end", |window| {
        let review = window.document().and_then(|document| document.review.as_ref());
        review.is_some_and(|review| !review.is_playing() && review.at == Seq(head))
    });
    // Space stops it on the way.
    opened.click("First entry");
    opened.arrives(1);
    opened.click("Speed 1x");
    opened.click("Play");
    opened.harness.key_press(egui::Key::Space);
    opened.harness.step();
    assert!(!opened.review().is_playing());
    assert!(opened.review().going < Seq(head));
}

#[test]
fn one_drags_to_any_moment() {
    let mut opened = Opened::new();
    let bar = opened.harness.get_by_label("Timeline").rect();
    for part in [0.1, 0.5, 0.9, 0.3] {
        let at = bar.left_center() + egui::vec2(bar.width() * part, 0.0);
        opened.harness.event(egui::Event::PointerMoved(at));
        opened.harness.step();
        for pressed in [true, false] {
            let button = egui::PointerButton::Primary;
            let modifiers = egui::Modifiers::NONE;
            opened.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
            opened.harness.step();
        }
        let going = opened.review().going;
        opened.arrives(going.0);
        let line = opened.review().lines.get(going).expect("it is listed");
        let place = line.active_ms as f32 / opened.review().lines.active_ms() as f32;
        assert!((place - part).abs() < 0.15, "{part}: {place}");
    }
}

#[test]
fn entries_are_filtered_and_one_jumps_to_them() {
    let mut opened = Opened::new();
    let head = opened.head();
    let all = opened.review().lines.len();
    assert_eq!(all as u64, head);
    let cleo =
        opened.review().lines.names.people.iter().position(|who| who.name == "Cleo Maric").expect("she is in it");
    let mut filter = app::review::Filter { who: Some(cleo as u16), ..Default::default() };
    let kept = |opened: &mut Opened, filter: &app::review::Filter| {
        opened.wish(Wish::Filter(filter.clone()));
        opened.harness.step();
        let review = opened.review();
        (0..review.listed_len()).map(|n| review.listed_at(n)).collect::<Vec<_>>()
    };
    let hers = kept(&mut opened, &filter);
    assert!(hers.len() > 4 && hers.len() < all / 2, "{hers:?}");
    filter.kind = Some(app::review::Kind::TakenBack);
    let [undone] = kept(&mut opened, &filter)[..] else { panic!("she took back once") };
    opened.click(&format!("Entry {undone}: Cleo Maric took back: changed INSERT"));
    opened.arrives(undone.0);
    // By what is selected, and where it was.
    let touched = opened.review().lines.records(undone).to_vec();
    let records = app::review::Filter { records: touched.into(), ..Default::default() };
    let by_record = kept(&mut opened, &records);
    assert!(by_record.contains(&undone) && by_record.len() >= 2 && by_record.len() < all / 2, "{by_record:?}");
    let (space, [x0, y0, x1, y1]) =
        opened.review().lines.get(undone).and_then(|line| line.area).expect("it is somewhere");
    let rect = drawing::Rect::new(x0.into(), y0.into(), x1.into(), y1.into()).inflate(1.0, 1.0);
    opened.click("Clear filters");
    assert_eq!(Some(space), opened.document().space);
    opened.click("Filter by area");
    assert!(opened.review().picking_area);
    opened.wish(Wish::Area(Some(rect)));
    opened.harness.step();
    let there = opened.review().listed_len();
    assert!(there >= 2 && there < all, "{there}");
    opened.click("Clear filters");
    assert_eq!(opened.review().listed_len(), all);
}

#[test]
fn the_life_of_a_thing_is_told_and_one_jumps_in_it() {
    let mut opened = Opened::new();
    let cleo = opened.review().lines.names.people.iter().position(|who| who.name == "Cleo Maric").map(|at| at as u16);
    let changed = (1..=opened.head()).map(Seq).find(|seq| {
        let line = opened.review().lines.get(*seq).expect("it is listed");
        line.who == cleo && line.kind == app::review::Kind::Changed
    });
    let changed = changed.expect("she changed something");
    let id = drawing::EntityId(opened.review().lines.records(changed)[0].0);
    let ctx = opened.harness.ctx.clone();
    opened.harness.state_mut().perform(&ctx, Action::Select(vec![id], app::action::Pick::Add));
    opened.harness.step();
    opened.click("Life of the selected");
    opened.until("its life is told", |window| {
        let review = window.document().and_then(|document| document.review.as_ref());
        review.and_then(|review| review.life.as_ref()).is_some_and(|(_, steps)| steps.is_some())
    });
    opened.harness.step();
    opened.click(&format!("Entry {changed}: color by layer -> 1"));
    opened.arrives(changed.0);
    opened.click("Back to all entries");
    assert!(opened.review().life.is_none());
}

#[test]
fn a_copy_is_opened_from_a_moment_and_saves_as_the_file_that_it_came_from() {
    let mut opened = Opened::new();
    opened.click("First entry");
    opened.arrives(1);
    let start = opened.document().drawing().entity_count();
    opened.click("Open a copy from here");
    opened.until("the copy is open", |window| {
        window.documents.len() == 2 && window.document().is_some_and(|document| document.may_edit())
    });
    assert_eq!(opened.document().drawing().entity_count(), start);
    assert!(opened.document().title.ends_with("at entry 1") && opened.document().is_dirty());
    let path = opened.folder.path().join("copy.dxf");
    let ctx = opened.harness.ctx.clone();
    let purpose = Purpose::Save { document: opened.document().id, then: Then::Stay };
    opened.harness.state_mut().perform(&ctx, Action::Picked(purpose, path.clone()));
    opened.until("it is saved", |window| window.document().is_some_and(|document| !document.is_dirty()));
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf");
    assert!(std::fs::read(&path).expect("it is there") == std::fs::read(sample).expect("the sample"), "byte for byte");
    // From the end: what was done is in it.
    opened.harness.state_mut().perform(&ctx, Action::Activate(0));
    opened.harness.step();
    opened.click("Last entry");
    let head = opened.head();
    opened.arrives(head);
    let end = opened.document().drawing().entity_count();
    opened.click("Open a copy from here");
    opened.until("the second copy is open", |window| {
        window.documents.len() == 3 && window.document().is_some_and(|document| document.may_edit())
    });
    assert_eq!(opened.document().drawing().entity_count(), end);
}

/// What is listed now.
fn listed(opened: &Opened) -> Vec<Seq> {
    let review = opened.review();
    (0..review.listed_len()).map(|n| review.listed_at(n)).collect()
}

#[test]
fn of_very_large_acts_nothing_is_missed_and_nothing_invented() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("many.linework");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf");
    let mut desk = recorded::Recorder::new(&path, "Many", &std::fs::read(sample).expect("the sample"));
    let line = desk.drawing().entities().find(|e| e.shape.kind() == "LINE").expect("it has a line").id;
    let ana = desk.join("Ana");
    let copies = desk.copies(ana, line, drawing::Vec2::new(1.0, 0.0), 6_000);
    let made = desk.drawing().record_count();
    let last = *copies.last().expect("there are some");
    desk.translate(ana, &copies[..10], drawing::Vec2::new(1.0, 0.0));
    desk.translate(ana, &copies, drawing::Vec2::new(2.0, 0.0));
    let mut entity = desk.entity(last);
    entity.style.color = drawing::Color::Index(1);
    desk.edit(ana, drawing::Op::Change(vec![drawing::Record::Entity(entity)]));
    assert_eq!(desk.drawing().record_count(), made);
    let moments = desk.finish(false);
    let mut opened = Opened::of(folder, &path, moments);
    opened.perform(Action::Select(vec![last], app::action::Pick::Add));
    opened.click("Life of the selected");
    opened.until("its life is told", |window| {
        let life = window.document().and_then(|d| d.review.as_ref()).and_then(|review| review.life.as_ref());
        matches!(life, Some((_, Some(Ok(life)))) if !life.so_far)
    });
    let Some((_, Some(Ok(life)))) = &opened.review().life else { panic!("its life is told") };
    let told: Vec<&str> = life.steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0] == "made: LINE" && told[1].starts_with("moved by 2") && told[2] == "color by layer -> 1",
        "{told:?}"
    );
    opened.click("Back to all entries");
    opened.click("Filter by selection");
    let kept = listed(&opened);
    assert_eq!(kept.len(), 3, "made, moved with all the others, recoloured: {kept:?}");
}

#[test]
fn a_layer_is_filtered_by_its_name_with_what_was_done_to_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("layers.linework");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf");
    let mut desk = recorded::Recorder::new(&path, "Layers", &std::fs::read(sample).expect("the sample"));
    let furniture = desk.drawing().layer_named("FURNITURE").expect("a layer of the sample");
    let mut layer = desk.drawing().layer(furniture).expect("it is there").clone();
    let model = desk.drawing().model_space().expect("a model space");
    let line = desk.drawing().entities_of(model).find(|e| e.shape.kind() == "LINE").expect("it has a line").id;
    let ana = desk.join("Ana");
    layer.color = drawing::Color::Index(4);
    desk.edit(ana, drawing::Op::Change(vec![drawing::Record::Layer(layer.clone())]));
    layer.name = "CHAIRS".into();
    desk.edit(ana, drawing::Op::Change(vec![drawing::Record::Layer(layer)]));
    desk.translate(ana, &[line], drawing::Vec2::new(1.0, 0.0));
    let moments = desk.finish(false);
    let mut opened = Opened::of(folder, &path, moments);
    assert!(opened.review().lit_up().ids.len() == 1, "the last step moved a line");
    let names = &opened.review().lines.names.layer_names;
    let (id, name) = names.iter().find(|(id, _)| **id == furniture).expect("it is known");
    assert_eq!(&**name, "CHAIRS");
    let filter = app::review::Filter { layers: [*id].into(), ..Default::default() };
    opened.wish(Wish::Filter(filter));
    let kept = listed(&opened);
    assert_eq!(kept.len(), 2, "recoloured and renamed: {kept:?}");
    // What is on a layer is lit up where the layer changed.
    opened.wish(Wish::Go(kept[0]));
    opened.arrives(kept[0].0);
    let drawing = opened.document().drawing();
    let on = drawing.entities().filter(|entity| entity.style.layer == furniture).count();
    assert!(on > 2 && opened.review().lit_up().ids.len() == on);
}

#[test]
fn the_keyboard_moves_the_timeline_and_shows_where_it_is() {
    let mut opened = Opened::new();
    let head = opened.head();
    opened.harness.get_by_label("Timeline").focus();
    opened.harness.step();
    for (key, expect) in [(egui::Key::ArrowLeft, head - 1), (egui::Key::ArrowLeft, head - 2), (egui::Key::End, head)] {
        opened.harness.key_press(key);
        opened.arrives(expect);
    }
    assert!(opened.harness.get_by_label("Timeline").is_focused(), "arrows did not lead away from it");
}

#[test]
fn the_far_right_of_a_long_timeline_is_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.linework");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf");
    let mut desk = recorded::Recorder::new(&path, "Long", &std::fs::read(sample).expect("the sample"));
    let line = desk.drawing().entities().find(|e| e.shape.kind() == "LINE").expect("it has a line").id;
    let ana = desk.join("Ana");
    for _ in 0..900 {
        desk.pass_s(20);
        desk.translate(ana, &[line], drawing::Vec2::new(1.0, 0.0));
    }
    let moments = desk.finish(false);
    let mut opened = Opened::of(folder, &path, moments);
    let head = opened.head();
    // Five hours: a short float would tell this length one less than it is.
    let length = opened.review().lines.active_ms();
    assert!(((length as f32) as u64) < length, "{length}");
    opened.click("First entry");
    opened.arrives(1);
    let bar = opened.harness.get_by_label("Timeline").rect();
    let at = bar.right_center() - egui::vec2(1.0, 0.0);
    opened.harness.event(egui::Event::PointerMoved(at));
    opened.harness.step();
    for pressed in [true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
        opened.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
        opened.harness.step();
    }
    opened.arrives(head);
}
