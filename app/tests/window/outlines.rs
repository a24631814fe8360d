//! Very many selected, or held by somebody: all of them are outlined, and a frame in which nothing changes makes nothing.

use app::action::{Action, Pick};
use app::command::Command;
use app::document::lock;

use crate::Opened;

const ROWS: usize = 100;

/// A drawing of `columns` times 100 level lines, each 8 long in a field of 10 by 10.
fn lines(columns: usize) -> String {
    let mut text = String::from(" 0\nSECTION\n 2\nENTITIES\n");
    for at in 0..columns * ROWS {
        let (x, y) = ((at / ROWS * 10) as f64, (at % ROWS * 10) as f64);
        text += &format!(" 0\nLINE\n 8\n0\n 10\n{x:?}\n 20\n{y:?}\n 11\n{:?}\n 21\n{y:?}\n", x + 8.0);
    }
    text + " 0\nENDSEC\n 0\nEOF\n"
}

fn outlined(opened: &Opened) -> usize {
    opened.document().picture.outlined().0
}

/// How often something was looked at one by one, tessellated, or drawn for outlines.
fn work(opened: &Opened) -> [u64; 3] {
    let picture = &opened.document().picture;
    let renderer = picture.renderer.as_ref().expect("a renderer");
    [picture.outlined().1, picture.overlays_made(), lock(renderer).outlines_drawn()]
}

/// Paints until nothing is being made or drawn any more.
#[track_caller]
fn settle(opened: &mut Opened) {
    for _ in 0..200 {
        opened.until("all is made", |window| window.document().is_some_and(|d| !d.picture.is_busy()));
        let before = work(opened);
        opened.harness.render().expect("a picture");
        opened.harness.step();
        let document = opened.document();
        if document.picture.is_shown_whole() && document.session.waiting() == 0 && work(opened) == before {
            return;
        }
    }
    panic!("it does not come to rest");
}

/// Pixels of the canvas in the accent colour.
fn accent(opened: &mut Opened) -> usize {
    let area = opened.document().camera.area;
    let theme = app::theme::Theme::of(&opened.harness.ctx);
    let [r, g, b, _] = theme.accent.to_array();
    let picture = opened.harness.render().expect("a picture");
    let is_accent = |x: u32, y: u32| {
        let pixel = picture.get_pixel(x, y).0;
        [r, g, b].iter().zip(pixel).all(|(want, is)| want.abs_diff(is) < 40)
    };
    let (xs, ys) = (area.left() as u32 + 2..area.right() as u32 - 2, area.top() as u32 + 2..area.bottom() as u32 - 2);
    ys.flat_map(|y| xs.clone().map(move |x| (x, y))).filter(|(x, y)| is_accent(*x, *y)).count()
}

#[test]
fn all_of_ten_thousand_selected_lines_are_outlined_and_a_still_frame_does_nothing() {
    let mut opened = Opened::of(lines(100));
    settle(&mut opened);
    assert_eq!(accent(&mut opened), 0);
    opened.ctrl(egui::Key::A);
    assert_eq!(opened.selected(), 10_000);
    opened.until("all are outlined", |window| window.document().is_some_and(|d| d.picture.outlined().0 == 10_000));
    settle(&mut opened);
    // In each corner and in the middle, not only where the first ones are.
    opened.perform(Action::Run(Command::ZoomExtents));
    settle(&mut opened);
    for (x, y) in [(44.0, 40.0), (944.0, 40.0), (44.0, 940.0), (944.0, 940.0), (504.0, 500.0)] {
        let picture = opened.harness.render().expect("a picture");
        let at = opened.at(x, y);
        let blue = (-2..=2).any(|dy| {
            let pixel = picture.get_pixel(at.x as u32, (at.y as i32 + dy) as u32).0;
            pixel[2] > 180 && pixel[2] > pixel[0].saturating_add(60)
        });
        assert!(blue, "the line at {x}, {y} is not outlined");
    }
    // Nothing is made while nothing changes; a pointer over the lines changes nothing of them.
    let before = work(&opened);
    for step in 0..20 {
        opened.point(500.0 + f64::from(step), 495.0);
        opened.harness.render().expect("a picture");
    }
    let after = work(&opened);
    assert_eq!([after[0], after[2]], [before[0], before[2]], "looked at and drawn again");
    assert!(after[1] <= before[1] + 20, "the hover alone");
    opened.harness.key_press(egui::Key::Escape);
    opened.harness.step();
    settle(&mut opened);
    assert_eq!((outlined(&opened), opened.selected()), (0, 0));
    assert_eq!(accent(&mut opened), 0, "nothing stays behind");
}

#[test]
fn a_part_of_chunks_is_outlined_and_few_again_are_outlined_one_by_one() {
    let mut opened = Opened::of(lines(100));
    settle(&mut opened);
    // Every second line: no chunk is selected whole.
    let mut ids = opened.document().shown();
    ids.sort_unstable();
    let ids: Vec<_> = ids.into_iter().step_by(2).collect();
    let first = ids[0];
    opened.perform(Action::Select(ids, Pick::Add));
    opened.until("all are outlined", |window| window.document().is_some_and(|d| d.picture.outlined().0 == 5_000));
    settle(&mut opened);
    // One of them leaves the selection, and its outline with it.
    opened.perform(Action::Select(vec![first], Pick::Remove));
    opened.until("one fewer", |window| window.document().is_some_and(|d| d.picture.outlined().0 == 4_999));
    let made = opened.document().picture.overlays_made();
    let rest: Vec<_> = opened.document().selection.iter().copied().skip(1_000).collect();
    opened.perform(Action::Select(rest, Pick::Remove));
    assert_eq!((opened.selected(), outlined(&opened)), (1_000, 0));
    assert!(opened.document().picture.overlays_made() > made);
}

#[test]
fn all_that_somebody_else_holds_is_outlined() {
    let (mut ana, mut ben) = Opened::shared_of(Opened::of(lines(50)));
    settle(&mut ben);
    ana.ctrl(egui::Key::A);
    // As her first change of all of them does.
    let document = ana.harness.state_mut().document_mut().expect("a drawing");
    let ids = document.selection.iter().map(|id| (*id).into()).collect();
    document.session.lock(ids);
    ana.until("the locks are granted", |window| {
        window.document().is_some_and(|d| d.selection.iter().all(|id| d.session.is_mine((*id).into())))
    });
    ben.until("Ben sees that Ana holds them", |window| {
        window.document().is_some_and(|d| d.held_by_others().values().map(Vec::len).sum::<usize>() == 5_000)
    });
    ben.until("all are outlined", |window| window.document().is_some_and(|d| d.picture.outlined().0 == 5_000));
    ana.harness.key_press(egui::Key::Escape);
    ana.harness.step();
    ben.until("none is", |window| {
        window.document().is_some_and(|d| d.held_by_others().is_empty() && d.picture.outlined().0 == 0)
    });
}
