//! Tools as people use them: answers in, actions out.

use super::*;
use drawing::Shape;

/// Feeds answers to the tool of `command` and says in short what came out.
fn check(command: Command, selected: usize, answers: &[CanvasEvent], expect: &[&str]) {
    let drawing = Drawing::new();
    let selection = (1..=selected as u64).map(EntityId).collect();
    let mut tool = tool_of(command, selected > 0).expect("the command is a tool");
    let mut out = Vec::new();
    let mut pointer = Point::ZERO;
    for answer in answers {
        if let CanvasEvent::Point(at) = answer {
            pointer = *at;
        }
        let view = View { drawing: &drawing, space: drawing.model_space(), selection: &selection, pointer };
        out.extend(tool.event(answer, &view).iter().map(brief));
        // A preview and a prompt exist in every state.
        tool.preview(&view);
        assert!(!tool.prompt(&view).text.is_empty());
    }
    assert_eq!(out, expect, "{command:?} {answers:?}");
}

fn brief(action: &Action) -> String {
    match action {
        Action::Draw(shapes) => shapes.iter().map(brief_shape).collect::<Vec<_>>().join(" "),
        Action::Translate(by) => format!("move {} {}", by.x, by.y),
        Action::CopyBy(by) => format!("copy {} {}", by.x, by.y),
        Action::Rotate { center, radians } => format!("turn {} {} {:.3}", center.x, center.y, radians.to_degrees()),
        Action::ZoomTo(rect) => format!("zoom {} {} {} {}", rect.x0, rect.y0, rect.x1, rect.y1),
        Action::Run(command) => format!("run {}", command.about().word),
        Action::EndTool => "end".into(),
        Action::TakeBack => "take back".into(),
        Action::PasteBy(by) => format!("paste {} {}", by.x, by.y),
        Action::Erase => "erase".into(),
        Action::Say(text) => format!("say {text}"),
        other => format!("{other:?}"),
    }
}

fn brief_shape(shape: &Shape) -> String {
    match shape {
        Shape::Line(line) => format!("line {},{} {},{}", line.start.x, line.start.y, line.end.x, line.end.y),
        Shape::Circle(circle) => format!("circle {},{} r{}", circle.center.x, circle.center.y, circle.radius),
        Shape::Polyline(run) => format!("{} corners{}", run.vertices.len(), if run.closed { " closed" } else { "" }),
        Shape::Text(text) => format!("text {} h{} at {:.2}", text.value, text.height, text.at.y),
        other => other.kind().into(),
    }
}

fn p(x: f64, y: f64) -> CanvasEvent {
    CanvasEvent::Point(Point::new(x, y))
}

fn word(word: &str) -> CanvasEvent {
    CanvasEvent::Word(word.into())
}

#[test]
fn drawing_commands() {
    use CanvasEvent::{Accept, Back, Cancel, Number, Words};
    check(Command::Line, 0, &[p(0., 0.), p(1., 0.), p(1., 1.), Accept], &["line 0,0 1,0", "line 1,0 1,1", "end"]);
    check(
        Command::Line,
        0,
        &[p(0., 0.), p(1., 0.), p(1., 1.), word("CLOSE")],
        &["line 0,0 1,0", "line 1,0 1,1", "line 1,1 0,0", "end"],
    );
    check(Command::Line, 0, &[p(0., 0.), p(1., 0.), Back, p(2., 0.)], &["line 0,0 1,0", "take back", "line 0,0 2,0"]);
    check(Command::Line, 0, &[p(0., 0.), p(0., 0.)], &["say A line needs two different points"]);
    check(Command::Polyline, 0, &[p(0., 0.), p(1., 0.), p(1., 1.), word("CLOSE")], &["3 corners closed", "end"]);
    check(Command::Polyline, 0, &[p(0., 0.), p(1., 0.), Cancel], &["2 corners", "end"]);
    check(Command::Polyline, 0, &[p(0., 0.), Accept], &["end"]);
    check(Command::Circle, 0, &[p(1., 1.), Number(2.0)], &["circle 1,1 r2", "end"]);
    check(Command::Circle, 0, &[p(1., 1.), word("DIAMETER"), Number(2.0)], &["circle 1,1 r1", "end"]);
    check(Command::Circle, 0, &[p(1., 1.), p(4., 5.)], &["circle 1,1 r5", "end"]);
    check(Command::Circle, 0, &[p(1., 1.), Number(0.0)], &["say A radius is greater than zero"]);
    check(Command::Rectangle, 0, &[p(0., 0.), p(4., 5.)], &["4 corners closed", "end"]);
    check(Command::Rectangle, 0, &[p(0., 0.), p(4., 0.)], &["say A rectangle needs a width and a height"]);
    let (hello, world) = (Words("Hello".into()), Words("World".into()));
    check(
        Command::Text,
        0,
        &[p(0., 0.), Number(3.0), hello, world, Accept],
        &["text Hello h3 at 0.00", "text World h3 at -5.00", "end"],
    );
}

#[test]
fn modifying_commands() {
    use CanvasEvent::{Accept, Cancel, Number};
    check(Command::Move, 2, &[p(1., 1.), p(4., 5.)], &["move 3 4", "end"]);
    check(Command::Move, 2, &[word("DISPLACEMENT"), p(4., 5.)], &["move 4 5", "end"]);
    check(Command::Move, 0, &[Accept], &["end"]);
    check(Command::CopyTo, 1, &[p(0., 0.), p(1., 0.), p(2., 0.), Accept], &["copy 1 0", "copy 2 0", "end"]);
    check(Command::Rotate, 1, &[p(0., 0.), Number(90.0)], &["turn 0 0 90.000", "end"]);
    check(Command::Rotate, 1, &[p(0., 0.), p(-1., 0.)], &["turn 0 0 180.000", "end"]);
    check(Command::Erase, 1, &[Accept], &["erase", "end"]);
    check(Command::Move, 1, &[p(0., 0.), Cancel], &["end"]);
}

#[test]
fn viewing_commands() {
    check(Command::ZoomWindow, 0, &[p(4., 5.), p(0., 0.)], &["zoom 0 0 4 5", "end"]);
    check(Command::ZoomWindow, 0, &[word("EXTENTS")], &["end", "run EXTENTS"]);
    let expect = "say Distance 5.0000, angle 53.1°, delta 3.0000, 4.0000";
    check(Command::Distance, 0, &[p(0., 0.), p(3., 4.)], &[expect, "end"]);
}

#[test]
fn ortho_keeps_level_or_upright() {
    let from = Point::new(1.0, 1.0);
    assert_eq!(ortho(from, Point::new(9.0, 3.0)), Point::new(9.0, 1.0));
    assert_eq!(ortho(from, Point::new(3.0, 9.0)), Point::new(1.0, 9.0));
}

/// Every option that a prompt offers does something: it changes the prompt, or asks for something.
#[test]
fn every_offered_option_has_an_effect() {
    let starts: [(Command, &[CanvasEvent]); 9] = [
        (Command::Line, &[p(0., 0.)]),
        (Command::Line, &[p(0., 0.), p(1., 0.)]),
        (Command::Line, &[p(0., 0.), p(1., 0.), p(1., 1.)]),
        (Command::Polyline, &[p(0., 0.)]),
        (Command::Polyline, &[p(0., 0.), p(1., 0.), p(1., 1.)]),
        (Command::Circle, &[p(0., 0.)]),
        (Command::Move, &[]),
        (Command::CopyTo, &[]),
        (Command::ZoomWindow, &[]),
    ];
    let drawing = Drawing::new();
    let selection = BTreeSet::from([EntityId(1)]);
    let view = View { drawing: &drawing, space: drawing.model_space(), selection: &selection, pointer: Point::ZERO };
    let mut offered = 0;
    let pasting = || paste_of(Point::ZERO);
    let tools = starts.iter().map(|(command, answers)| (format!("{command:?} {answers:?}"), Some(*command), *answers));
    for (name, command, answers) in tools.chain([("Paste".to_owned(), None, [].as_slice())]) {
        let begin = || {
            let mut tool = command.map_or_else(pasting, |command| tool_of(command, true).expect("a tool"));
            answers.iter().for_each(|answer| drop(tool.event(answer, &view)));
            tool
        };
        for option in begin().prompt(&view).options {
            let mut tool = begin();
            let (prompt, base) = (tool.prompt(&view), tool.base());
            let actions = tool.event(&CanvasEvent::option(option), &view);
            let changed = tool.prompt(&view) != prompt || tool.base() != base;
            assert!(changed || !actions.is_empty(), "{name}: {option} does nothing");
            offered += 1;
        }
    }
    assert!(offered >= 14, "{offered} options were offered");
}

#[test]
fn a_line_that_is_not_taken_does_not_go_on_from_its_end() {
    let drawing = Drawing::new();
    let selection = BTreeSet::new();
    let view = View { drawing: &drawing, space: drawing.model_space(), selection: &selection, pointer: Point::ZERO };
    let mut tool = tool_of(Command::Line, false).expect("a tool");
    for answer in [p(0., 0.), p(1., 0.), CanvasEvent::Refused] {
        tool.event(&answer, &view);
    }
    assert_eq!(tool.base(), Some(Point::ZERO));
}

#[test]
fn polar_draws_near_ways_to_multiples_of_45_degrees() {
    let from = Point::new(1.0, 1.0);
    assert_eq!(polar(from, Point::new(9.0, 1.2), 0.5), Some(Point::new(9.0, 1.0)));
    assert_eq!(polar(from, Point::new(0.9, 9.0), 0.5), Some(Point::new(1.0, 9.0)));
    let diagonal = polar(from, Point::new(5.1, 4.9), 0.5).expect("it is near the diagonal");
    assert!((diagonal - Point::new(5.0, 5.0)).hypot() < 1e-9, "{diagonal:?}");
    assert_eq!(polar(from, Point::new(9.0, 4.0), 0.5), None);
}

#[test]
fn a_text_takes_the_height_of_the_last_text_of_the_space_in_front() {
    let text = |height| {
        drawing::Shape::Text(drawing::Text {
            value: "a".into(),
            at: drawing::Point3::flat(0.0, 0.0),
            align_at: None,
            height,
            rotation_deg: 0.0,
            width_factor: 1.0,
            oblique_deg: 0.0,
            style: None,
            h_align: drawing::HAlign::Left,
            v_align: drawing::VAlign::Baseline,
            backward: false,
            upside_down: false,
            extrusion: drawing::Extrusion::UP,
        })
    };
    let mut drawing = Drawing::new();
    let sheet = drawing.blocks().find(|block| block.is_paper_space()).expect("a sheet").id;
    let model = drawing.model_space().expect("model space");
    let entity = |id, owner, height| {
        drawing::Record::Entity(drawing::Entity {
            id: EntityId(id),
            handle: None,
            source: None,
            owner,
            order: drawing::Order(id),
            style: drawing::Style::on(Drawing::LAYER_0),
            shape: text(height),
        })
    };
    let records = vec![entity(100, model, 3.0), entity(101, model, 7.0), entity(102, sheet, 5.0)];
    drawing.apply(&drawing::Op::New(records)).expect("they keep the rules");
    let selection = BTreeSet::new();
    for (space, expect) in [(model, "<7.0000>"), (sheet, "<5.0000>")] {
        let mut tool = tool_of(Command::Text, false).expect("a tool");
        let view = View { drawing: &drawing, space: Some(space), selection: &selection, pointer: Point::ZERO };
        tool.event(&p(0., 0.), &view);
        // What is asked in each frame after that looks at no entity any more.
        let nothing = Drawing::new();
        let view = View { drawing: &nothing, ..view };
        let prompt = tool.prompt(&view).text;
        assert!(prompt.contains(expect), "{prompt}");
    }
}
