//! What each kind of entity comes down to: lengths, areas, bounds; where it is picked.

use std::collections::BTreeSet;
use std::f64::consts::PI;
use std::sync::Arc;

use drawing::{
    Arc as ArcShape, Attribute, Block, BlockId, Boundary, Circle, Color, Dimension, Drawing, Ellipse, Entity, EntityId,
    Extrusion, HAlign, Hatch, HatchFill, Header, Insert, Layer, LayerId, Line, LineStyle, Linetype, LinetypeId,
    Lineweight, MText, Op, Opaque, Order, Point3, PointMark, Polyline, PolylineForm, Record, Shape, Solid, Spline,
    Style, Text, VAlign, Vertex,
};
use geometry::{Point, Rect};
use scene::{Background, Band, ChunkMesh, Fonts, PaintStyle, Scene, SceneOptions, TextMode, Theme, Visibility};

const SPACE: BlockId = Drawing::MODEL_SPACE;
const BLOCK: BlockId = BlockId(50);
const DOORS: LayerId = LayerId(51);
const DASHED: LinetypeId = LinetypeId(52);

/// A drawing with a layer DOORS (red), a block and a linetype (2 on, 1 off).
fn drawing() -> Drawing {
    let mut drawing = Drawing::new();
    let block =
        Block { id: BLOCK, handle: None, source: None, name: "door".into(), base: Point::ZERO, xref_path: None };
    let doors = Layer {
        id: DOORS,
        name: "DOORS".into(),
        color: Color::Index(1),
        ..drawing.layer(Drawing::LAYER_0).unwrap().clone()
    };
    let dashed = Linetype {
        id: DASHED,
        handle: None,
        source: None,
        name: "DASHED".into(),
        description: String::new(),
        pattern: vec![2.0, -1.0],
    };
    let records = vec![Record::Block(block), Record::Layer(doors), Record::Linetype(dashed)];
    drawing.apply(&Op::New(records)).unwrap();
    drawing
}

fn entity(id: u64, owner: BlockId, shape: Shape) -> Entity {
    let order = Order(id * Order::STEP);
    Entity { id: EntityId(id), handle: None, source: None, owner, order, style: Style::on(Drawing::LAYER_0), shape }
}

fn add(drawing: &mut Drawing, entities: Vec<Entity>) {
    drawing.apply(&Op::New(entities.into_iter().map(Record::Entity).collect())).unwrap();
}

fn scene(drawing: &Drawing, text: TextMode) -> Scene {
    Scene::new(drawing, SPACE, SceneOptions { text, fonts: Arc::new(Fonts::default()), frames: false })
}

fn paint(scene: &Scene, drawing: &Drawing) -> Vec<PaintStyle> {
    scene.paint(drawing, &Visibility::default(), Theme { background: Background::Dark, ink: false })
}

/// What is drawn: the length of strokes that aren't outlines of fills, the area of fills, how many strokes, and bounds.
struct Drawn {
    length: f64,
    area: f64,
    segments: usize,
    bounds: Rect,
    meshes: Vec<ChunkMesh>,
}

fn draw(scene: &Scene, drawing: &Drawing) -> Drawn {
    let mut drawn = Drawn { length: 0.0, area: 0.0, segments: 0, bounds: Rect::ZERO, meshes: Vec::new() };
    let mut bounds: Option<Rect> = None;
    for chunk in scene.chunks() {
        let mesh = scene.tessellate(drawing, chunk, Band::of(64.0));
        assert_eq!(mesh.left_out, 0);
        for s in &mesh.segments {
            drawn.length += f64::from((s.b[0] - s.a[0]).hypot(s.b[1] - s.a[1]));
            drawn.segments += 1;
        }
        for t in mesh.fill_indices.chunks(3) {
            let [a, b, c] = [t[0], t[1], t[2]].map(|i| mesh.fill_vertices[i as usize].at.map(f64::from));
            drawn.area += ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs() / 2.0;
        }
        let [x0, y0, x1, y1] = mesh.bounds.map(f64::from);
        let own = Rect::new(x0, y0, x1, y1) + mesh.origin.to_vec2();
        bounds = Some(bounds.map_or(own, |all| all.union(own)));
        drawn.meshes.push(mesh);
    }
    drawn.bounds = bounds.unwrap_or(Rect::ZERO);
    drawn
}

#[track_caller]
fn near(got: f64, expect: f64, what: &str) {
    assert!((got - expect).abs() <= 0.01 * expect.abs().max(0.1), "{what}: {got} instead of {expect}");
}

/// Draws one entity alone, and checks length, area, bounds, and that the index knows the same bounds.
#[track_caller]
fn check(shape: Shape, length: f64, area: f64, bounds: [f64; 4]) {
    check_in(drawing(), shape, length, area, bounds);
}

#[track_caller]
fn check_in(mut drawing: Drawing, shape: Shape, length: f64, area: f64, bounds: [f64; 4]) {
    add(&mut drawing, vec![entity(100, SPACE, shape)]);
    let scene = scene(&drawing, TextMode::Boxes);
    let drawn = draw(&scene, &drawing);
    near(drawn.length, length, "length");
    near(drawn.area, area, "area");
    let extents = scene.extents(&drawing, &Visibility::default()).expect("it is drawn").rect;
    // The index may count the space around letters and a little of curves.
    for (rect, slack) in [(drawn.bounds, 0.05), (extents, 1.1)] {
        for (got, expect) in [rect.x0, rect.y0, rect.x1, rect.y1].into_iter().zip(bounds) {
            assert!((got - expect).abs() < slack, "bounds {rect:?} instead of {bounds:?}");
        }
    }
    let everything = extents.inflate(1.0, 1.0);
    assert_eq!(scene.window(&drawing, everything, &Visibility::default()), [EntityId(100)]);
    assert_eq!(scene.crossing(&drawing, everything, &Visibility::default()), [EntityId(100)]);
}

fn at(x: f64, y: f64) -> Point3 {
    Point3::flat(x, y)
}

fn line(x0: f64, y0: f64, x1: f64, y1: f64) -> Shape {
    Shape::Line(Line { start: at(x0, y0), end: at(x1, y1) })
}

fn behind() -> Extrusion {
    Extrusion(Point3::new(0.0, 0.0, -1.0))
}

#[test]
fn curves() {
    check(line(1.0, 2.0, 4.0, 6.0), 5.0, 0.0, [1.0, 2.0, 4.0, 6.0]);
    let circle = |extrusion| Shape::Circle(Circle { center: at(5.0, 0.0), radius: 2.0, extrusion });
    check(circle(Extrusion::UP), 4.0 * PI, 0.0, [3.0, -2.0, 7.0, 2.0]);
    check(circle(behind()), 4.0 * PI, 0.0, [-7.0, -2.0, -3.0, 2.0]);
    let arc = |start_deg, end_deg, extrusion| {
        Shape::Arc(ArcShape { center: at(0.0, 0.0), radius: 2.0, start_deg, end_deg, extrusion })
    };
    check(arc(0.0, 90.0, Extrusion::UP), PI, 0.0, [0.0, 0.0, 2.0, 2.0]);
    check(arc(270.0, 90.0, Extrusion::UP), 2.0 * PI, 0.0, [0.0, -2.0, 2.0, 2.0]);
    check(arc(0.0, 90.0, behind()), PI, 0.0, [-2.0, 0.0, 0.0, 2.0]);
    let ellipse = |end_rad, extrusion| {
        let (center, major) = (at(1.0, 1.0), at(3.0, 0.0));
        Shape::Ellipse(Ellipse { center, major, ratio: 1.0 / 3.0, start_rad: 0.0, end_rad, extrusion })
    };
    // Ramanujan's approximation of the circumference of an ellipse.
    let around = PI * (3.0 * 4.0 - ((3.0f64 * 3.0 + 1.0) * (3.0 + 3.0)).sqrt());
    check(ellipse(2.0 * PI, Extrusion::UP), around, 0.0, [-2.0, 0.0, 4.0, 2.0]);
    check(ellipse(PI, Extrusion::UP), around / 2.0, 0.0, [-2.0, 1.0, 4.0, 2.0]);
    check(ellipse(PI, behind()), around / 2.0, 0.0, [-2.0, 0.0, 4.0, 1.0]);
}

#[test]
fn splines() {
    let spline = |degree, controls: &[(f64, f64)], fit: &[(f64, f64)]| {
        let points = |xy: &[(f64, f64)]| xy.iter().map(|(x, y)| at(*x, *y)).collect();
        let (controls, fit) = (points(controls), points(fit));
        Shape::Spline(Spline { degree, closed: false, knots: Vec::new(), controls, weights: Vec::new(), fit })
    };
    check(spline(3, &[(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0)], &[]), 3.0, 0.0, [0.0, 0.0, 3.0, 0.0]);
    check(spline(3, &[], &[(0.0, 0.0), (3.0, 4.0)]), 5.0, 0.0, [0.0, 0.0, 3.0, 4.0]);
    // A parabola: length by its closed form (2 x sqrt(1 + 4 x^2) + asinh 2 x) / 4, twice, for y = x^2 up to x = 1.
    let parabola = (2.0 * 5.0f64.sqrt() + 2.0f64.asinh()) / 2.0;
    check(spline(2, &[(-1.0, 1.0), (0.0, -1.0), (1.0, 1.0)], &[]), parabola, 0.0, [-1.0, 0.0, 1.0, 1.0]);
}

#[test]
fn polylines() {
    let polyline = |points: &[(f64, f64, f64, f64)], closed| {
        let vertex = |(x, y, bulge, width): &(f64, f64, f64, f64)| {
            let (at, bulge) = (at(*x, *y), *bulge);
            Vertex { at, bulge, start_width: *width, end_width: *width }
        };
        let vertices = points.iter().map(vertex).collect();
        Shape::Polyline(Polyline { form: PolylineForm::Light, vertices, closed, extrusion: Extrusion::UP })
    };
    let corner = [(0.0, 0.0, 0.0, 0.0), (4.0, 0.0, 0.0, 0.0), (4.0, 3.0, 0.0, 0.0)];
    check(polyline(&corner, false), 7.0, 0.0, [0.0, 0.0, 4.0, 3.0]);
    check(polyline(&corner, true), 12.0, 0.0, [0.0, 0.0, 4.0, 3.0]);
    check(polyline(&[(0.0, 0.0, 1.0, 0.0), (4.0, 0.0, 1.0, 0.0)], true), 4.0 * PI, 0.0, [0.0, -2.0, 4.0, 2.0]);
    // A wide line keeps a hairline in its middle; a wide circle is a ring.
    check(polyline(&[(0.0, 0.0, 0.0, 1.0), (10.0, 0.0, 0.0, 1.0)], false), 10.0, 10.0, [0.0, -0.5, 10.0, 0.5]);
    let ring = PI * (2.5f64.powi(2) - 1.5f64.powi(2));
    check(polyline(&[(0.0, 0.0, 1.0, 1.0), (4.0, 0.0, 1.0, 1.0)], true), 4.0 * PI, ring, [-0.5, -2.5, 4.5, 2.5]);
}

#[test]
fn fills() {
    let solid = |corners: [(f64, f64); 4]| {
        let corners = corners.map(|(x, y)| at(x, y));
        Shape::Solid(Solid { corners, extrusion: Extrusion::UP, trace: false })
    };
    check(solid([(0.0, 0.0), (2.0, 0.0), (0.0, 2.0), (2.0, 2.0)]), 8.0, 4.0, [0.0, 0.0, 2.0, 2.0]);
    let slope = 8.0f64.sqrt();
    check(solid([(0.0, 0.0), (2.0, 0.0), (0.0, 2.0), (0.0, 2.0)]), 4.0 + slope, 2.0, [0.0, 0.0, 2.0, 2.0]);
    let square = |x: f64, side: f64| {
        let corners = [(x, x), (x + side, x), (x + side, x + side), (x, x + side)];
        let vertices = corners.map(|p| (Point::from(p), 0.0)).to_vec();
        Boundary::Polyline { flags: 2, vertices, closed: true }
    };
    let hatch = |fill, island_style| {
        let boundaries = vec![square(0.0, 10.0), square(2.0, 6.0), square(4.0, 2.0)];
        let (elevation, extrusion, seeds) = (0.0, Extrusion::UP, Vec::new());
        Shape::Hatch(Hatch { elevation, extrusion, fill, island_style, boundaries, seeds })
    };
    let bounds = [0.0, 0.0, 10.0, 10.0];
    check(hatch(HatchFill::Solid, 0), 72.0, 68.0, bounds);
    check(hatch(HatchFill::Solid, 1), 64.0, 64.0, bounds);
    check(hatch(HatchFill::Solid, 2), 40.0, 100.0, bounds);
    check(hatch(HatchFill::Gradient { first: 0xff_0000, second: 0 }, 0), 72.0, 68.0, bounds);
    // Lines one apart from bottom to top, 68 of 100 long.
    let lines = vec![(90.0, Point::new(0.5, 0.0), Point::new(-1.0, 0.0), Vec::new())];
    check(hatch(HatchFill::Pattern { name: "LINE".into(), lines }, 0), 68.0, 0.0, [0.5, 0.0, 9.5, 10.0]);
}

#[test]
fn points_as_the_header_says() {
    let check = |point_mode, point_size, length, segments| {
        let header = Header { point_mode, point_size, ..Header::default() };
        let records = drawing().records().cloned().collect();
        let mut drawing = Drawing::from_records(header, records).unwrap();
        let mark = PointMark { at: at(3.0, 4.0), angle_deg: 0.0, extrusion: Extrusion::UP };
        add(&mut drawing, vec![entity(100, SPACE, Shape::Point(mark))]);
        let scene = scene(&drawing, TextMode::None);
        let drawn = draw(&scene, &drawing);
        near(drawn.length, length, "length");
        assert_eq!(drawn.segments.min(9), segments);
        assert_eq!(
            scene.pick(&drawing, Point::new(3.0, 4.05), 0.1, &Visibility::default()).len(),
            usize::from(segments > 0)
        );
    };
    check(0, 0.0, 0.0, 1);
    check(1, 2.0, 0.0, 0);
    check(2, 2.0, 8.0, 2);
    check(3, 2.0, 4.0 * 2.0f64.sqrt(), 2);
    check(34, 2.0, 8.0 + 2.0 * PI, 9);
    check(66, 2.0, 16.0, 6);
}

#[test]
fn points_that_a_dimension_measures_are_dots() {
    let header = Header { point_mode: 34, point_size: 2.0, ..Header::default() };
    let mut drawing = Drawing::from_records(header, drawing().records().cloned().collect()).unwrap();
    let mark = PointMark { at: at(3.0, 4.0), angle_deg: 0.0, extrusion: Extrusion::UP };
    let dimension = Dimension {
        block: Some(BLOCK),
        insert_at: None,
        world_points: Vec::new(),
        object_points: Vec::new(),
        text: String::new(),
        flags: 0,
        extrusion: Extrusion::UP,
    };
    let shows = |drawing: &Drawing| draw(&scene(drawing, TextMode::None), drawing).segments;
    add(&mut drawing, vec![entity(60, BLOCK, Shape::Point(mark))]);
    add(&mut drawing, vec![entity(100, SPACE, Shape::Dimension(dimension))]);
    assert_eq!(shows(&drawing), 1);
    add(&mut drawing, vec![entity(101, SPACE, Shape::Insert(insert()))]);
    assert!(shows(&drawing) > 5);
}

fn text(value: &str) -> Text {
    Text {
        value: value.into(),
        at: at(0.0, 0.0),
        align_at: None,
        height: 10.0,
        rotation_deg: 0.0,
        width_factor: 1.0,
        oblique_deg: 0.0,
        style: None,
        h_align: HAlign::Left,
        v_align: VAlign::Baseline,
        backward: false,
        upside_down: false,
        extrusion: Extrusion::UP,
    }
}

/// Without fonts every letter is 0.9 heights wide and its ink leaves 0.05 at both ends.
#[test]
fn texts_stand_where_they_are_held() {
    let shown = |text: Text, bounds: [f64; 4]| {
        let around = 2.0 * (bounds[2] - bounds[0] + bounds[3] - bounds[1]);
        check(Shape::Text(text), around, 0.0, bounds);
    };
    let aligned = |h_align, v_align| Text { h_align, v_align, align_at: Some(at(100.0, 50.0)), ..text("ABCD") };
    shown(text("ABCD"), [0.5, 0.0, 35.5, 10.0]);
    shown(text("%%uABCD"), [0.5, 0.0, 35.5, 10.0]);
    shown(Text { width_factor: 0.5, ..text("ABCD") }, [0.25, 0.0, 17.75, 10.0]);
    shown(Text { rotation_deg: 90.0, ..text("ABCD") }, [-10.0, 0.5, 0.0, 35.5]);
    shown(Text { backward: true, ..text("ABCD") }, [-35.5, 0.0, -0.5, 10.0]);
    shown(Text { upside_down: true, ..text("ABCD") }, [0.5, -10.0, 35.5, 0.0]);
    shown(Text { extrusion: behind(), ..text("ABCD") }, [-35.5, 0.0, -0.5, 10.0]);
    shown(aligned(HAlign::Right, VAlign::Baseline), [64.5, 50.0, 99.5, 60.0]);
    shown(aligned(HAlign::Center, VAlign::Top), [82.5, 40.0, 117.5, 50.0]);
    shown(aligned(HAlign::Left, VAlign::Middle), [100.5, 45.0, 135.5, 55.0]);
    shown(aligned(HAlign::Left, VAlign::Bottom), [100.5, 53.0, 135.5, 63.0]);
    let stretched = |h_align| Text { h_align, align_at: Some(at(72.0, 0.0)), ..text("ABCD") };
    shown(stretched(HAlign::Fit), [1.0, 0.0, 71.0, 10.0]);
    shown(stretched(HAlign::Aligned), [1.0, 0.0, 71.0, 20.0]);
}

#[test]
fn paragraphs_stand_where_they_are_held() {
    let check = |value: &str, attachment, width, extrusion, boxes: usize, bounds: [f64; 4]| {
        let mut drawing = drawing();
        let (at, height, rotation_deg, line_spacing) = (at(0.0, 0.0), 10.0, 0.0, 1.0);
        let value = value.into();
        let style = None;
        let text = MText { value, at, height, width, attachment, rotation_deg, line_spacing, style, extrusion };
        add(&mut drawing, vec![entity(100, SPACE, Shape::MText(text))]);
        let drawn = draw(&scene(&drawing, TextMode::Boxes), &drawing);
        assert_eq!(drawn.segments, boxes * 4);
        for (got, expect) in
            [drawn.bounds.x0, drawn.bounds.y0, drawn.bounds.x1, drawn.bounds.y1].into_iter().zip(bounds)
        {
            assert!((got - expect).abs() < 0.05, "{:?} instead of {bounds:?}", drawn.bounds);
        }
    };
    // Lines are 5/3 of a height apart.
    let (low, line) = (-10.0, 50.0 / 3.0);
    check("ABCD", 1, 0.0, Extrusion::UP, 1, [0.5, low, 35.5, 0.0]);
    check("AB\\PABCD", 1, 0.0, Extrusion::UP, 2, [0.5, low - line, 35.5, 0.0]);
    check("AB CD", 1, 20.0, Extrusion::UP, 2, [0.5, low - line, 17.5, 0.0]);
    check("ABCD", 3, 0.0, Extrusion::UP, 1, [-35.5, low, -0.5, 0.0]);
    check("ABCD", 8, 0.0, Extrusion::UP, 1, [-17.5, 3.0, 17.5, 13.0]);
    check("{\\fArial;ABCD}", 1, 0.0, behind(), 1, [0.5, 0.0, 35.5, 10.0]);
    check("", 1, 0.0, Extrusion::UP, 0, [0.0; 4]);
}

fn insert() -> Insert {
    Insert {
        block: BLOCK,
        at: at(0.0, 0.0),
        scale: Point3::new(1.0, 1.0, 1.0),
        rotation_deg: 0.0,
        columns: 1,
        rows: 1,
        column_spacing: 0.0,
        row_spacing: 0.0,
        extrusion: Extrusion::UP,
        attributes: Vec::new(),
    }
}

#[test]
fn blocks_are_put_in_place() {
    let mut with_block = drawing();
    let mut block = with_block.block(BLOCK).unwrap().clone();
    block.base = Point::new(1.0, 0.0);
    with_block.apply(&Op::Change(vec![Record::Block(block)])).unwrap();
    add(&mut with_block, vec![entity(60, BLOCK, line(1.0, 0.0, 3.0, 1.0))]);
    let show =
        |insert: Insert, length, bounds| check_in(with_block.clone(), Shape::Insert(insert), length, 0.0, bounds);
    let length = 5.0f64.sqrt();
    show(Insert { at: at(10.0, 20.0), ..insert() }, length, [10.0, 20.0, 12.0, 21.0]);
    show(Insert { rotation_deg: 90.0, ..insert() }, length, [-1.0, 0.0, 0.0, 2.0]);
    show(Insert { scale: Point3::new(-2.0, 2.0, 1.0), ..insert() }, 2.0 * length, [-4.0, 0.0, 0.0, 2.0]);
    show(Insert { scale: Point3::new(0.0, 0.0, 0.0), ..insert() }, length, [0.0, 0.0, 2.0, 1.0]);
    let array = Insert { columns: 3, rows: 2, column_spacing: 10.0, row_spacing: 5.0, ..insert() };
    show(array.clone(), 6.0 * length, [0.0, 0.0, 22.0, 6.0]);
    show(Insert { rotation_deg: 90.0, ..array }, 6.0 * length, [-6.0, 0.0, 0.0, 22.0]);
    show(Insert { at: at(5.0, 0.0), extrusion: behind(), ..insert() }, length, [-7.0, 0.0, -5.0, 1.0]);
    let attribute = |invisible| {
        let style = Style::on(Drawing::LAYER_0);
        Attribute { handle: None, source: None, tag: "N".into(), invisible, style, text: text("ABCD") }
    };
    show(Insert { attributes: vec![attribute(true)], ..insert() }, length, [0.0, 0.0, 2.0, 1.0]);
    show(Insert { attributes: vec![attribute(false)], ..insert() }, length + 90.0, [0.0, 0.0, 35.5, 10.0]);
    let dimension = |insert_at| {
        Shape::Dimension(Dimension {
            block: Some(BLOCK),
            insert_at,
            world_points: Vec::new(),
            object_points: Vec::new(),
            text: String::new(),
            flags: 0,
            extrusion: Extrusion::UP,
        })
    };
    check_in(with_block.clone(), dimension(None), length, 0.0, [1.0, 0.0, 3.0, 1.0]);
    check_in(with_block, dimension(Some(at(10.0, 0.0))), length, 0.0, [11.0, 0.0, 13.0, 1.0]);
}

#[test]
fn blocks_inherit_from_their_inserts() {
    // In the block: on layer 0 by layer, on layer 0 by block, on DOORS by layer.
    let mut drawing = drawing();
    let mut parts: Vec<Entity> = (60..63).map(|id| entity(id, BLOCK, line(0.0, 0.0, 1.0, id as f64))).collect();
    (parts[1].style.color, parts[1].style.lineweight) = (Color::ByBlock, Lineweight::ByBlock);
    parts[2].style.layer = DOORS;
    add(&mut drawing, parts);
    let mut put = entity(100, SPACE, Shape::Insert(insert()));
    (put.style.layer, put.style.color) = (Drawing::LAYER_0, Color::True(0x00_ff00));
    put.style.lineweight = Lineweight::HundredthsMm(100);
    add(&mut drawing, vec![put.clone()]);
    let seen = |drawing: &Drawing| -> Vec<([u8; 3], u32, bool)> {
        let scene = scene(drawing, TextMode::None);
        let styles = paint(&scene, drawing);
        let drawn = draw(&scene, drawing);
        let style = |s: &scene::Segment| {
            let style = styles[s.style.0 as usize];
            let [r, g, b, _] = style.color.map(|c| (c * 255.0) as u8);
            ([r, g, b], (style.width_mm * 100.0).round() as u32, style.visible)
        };
        drawn.meshes.iter().flat_map(|mesh| mesh.segments.iter().map(style)).collect()
    };
    let (white, green, red) = ([255; 3], [0, 255, 0], [255, 0, 0]);
    assert_eq!(seen(&drawing), [(white, 25, true), (green, 100, true), (red, 25, true)]);
    // On another layer: layer 0 in the block becomes that layer.
    put.style.layer = DOORS;
    drawing.apply(&Op::Change(vec![Record::Entity(put.clone())])).unwrap();
    assert_eq!(seen(&drawing), [(red, 25, true), (green, 100, true), (red, 25, true)]);
    // The layer of an insert that is off hides what stands on it, one that is frozen hides the whole insert.
    put.style.layer = LayerId(70);
    let mut other = Layer { id: LayerId(70), name: "OTHER".into(), ..drawing.layer(DOORS).unwrap().clone() };
    other.off = true;
    let layer = Op::New(vec![Record::Layer(other.clone())]);
    drawing.apply(&Op::Batch(vec![layer, Op::Change(vec![Record::Entity(put)])])).unwrap();
    assert_eq!(seen(&drawing).iter().map(|s| s.2).collect::<Vec<_>>(), [false, false, true]);
    (other.off, other.frozen) = (false, true);
    drawing.apply(&Op::Change(vec![Record::Layer(other)])).unwrap();
    assert_eq!(seen(&drawing).iter().map(|s| s.2).collect::<Vec<_>>(), [false; 3]);
}

#[test]
fn linetypes_cut_strokes() {
    let mut drawing = drawing();
    let mut dashed = entity(100, SPACE, line(0.0, 0.0, 9.0, 0.0));
    dashed.style.linetype = LineStyle::Named(DASHED);
    add(&mut drawing, vec![dashed.clone()]);
    let shown = |drawing: &Drawing| {
        let drawn = draw(&scene(drawing, TextMode::None), drawing);
        (drawn.segments, drawn.length.round())
    };
    assert_eq!(shown(&drawing), (3, 6.0));
    dashed.style.linetype_scale = 0.5;
    drawing.apply(&Op::Change(vec![Record::Entity(dashed.clone())])).unwrap();
    assert_eq!(shown(&drawing), (6, 6.0));
    // Too fine to see, or too many: solid.
    dashed.style.linetype_scale = 1e-6;
    drawing.apply(&Op::Change(vec![Record::Entity(dashed)])).unwrap();
    assert_eq!(shown(&drawing), (1, 9.0));
}

#[test]
fn a_change_in_a_block_reaches_its_inserts() {
    let mut drawing = drawing();
    let outer = BlockId(80);
    let block = Block { id: outer, name: "outer".into(), ..drawing.block(BLOCK).unwrap().clone() };
    drawing.apply(&Op::New(vec![Record::Block(block)])).unwrap();
    add(&mut drawing, vec![entity(60, BLOCK, line(0.0, 0.0, 1.0, 0.0)), entity(61, outer, Shape::Insert(insert()))]);
    let put = Insert { block: outer, at: at(50.0, 0.0), ..insert() };
    add(&mut drawing, vec![entity(100, SPACE, Shape::Insert(put)), entity(101, SPACE, line(-500.0, 0.0, -499.0, 0.0))]);
    let mut scene = scene(&drawing, TextMode::None);
    let mut step = |drawing: &mut Drawing, op: Op, x1: Option<f64>| {
        let outcome = drawing.apply(&op).unwrap();
        let dirty = scene.update(drawing, &outcome.touched.iter().copied().collect());
        assert!(!dirty.chunks.is_empty());
        let hit = scene.crossing(drawing, Rect::new(40.0, -1.0, 500.0, 20.0), &Visibility::default());
        assert_eq!(hit.len(), usize::from(x1.is_some()));
        if let Some(x1) = x1 {
            let extents = scene.extents(drawing, &Visibility::default()).unwrap();
            assert!((extents.rect.x1 - x1).abs() < 1e-9, "{extents:?}");
        }
    };
    let longer = entity(60, BLOCK, line(0.0, 0.0, 9.0, 0.0));
    step(&mut drawing, Op::Change(vec![Record::Entity(longer)]), Some(59.0));
    let mut red = entity(62, BLOCK, line(0.0, 0.0, 20.0, 0.0));
    red.style.color = Color::Index(1);
    step(&mut drawing, Op::New(vec![Record::Entity(red)]), Some(70.0));
    step(&mut drawing, Op::Remove(vec![EntityId(60).into(), EntityId(62).into()]), None);
    step(&mut drawing, Op::New(vec![Record::Entity(entity(60, BLOCK, line(0.0, 0.0, 2.0, 0.0)))]), Some(52.0));
}

#[test]
fn bad_numbers_draw_nothing_and_break_nothing() {
    let huge = 1e300;
    let mut bad = drawing();
    let hatch = |boundaries| {
        let lines = vec![(0.0, Point::ZERO, Point::new(0.0, 1e-12), vec![1e-9, -1e-9])];
        let fill = HatchFill::Pattern { name: "X".into(), lines };
        Shape::Hatch(Hatch {
            elevation: 0.0,
            extrusion: Extrusion::UP,
            fill,
            island_style: 9,
            boundaries,
            seeds: Vec::new(),
        })
    };
    let ring = [(0.0, 0.0), (huge, 0.0), (huge, huge)].map(|p| (Point::from(p), 0.5)).to_vec();
    let nowhere = Extrusion(Point3::new(0.0, 0.0, 0.0));
    let shapes = vec![
        line(-huge, 0.0, huge, 1.0),
        line(1.0, 1.0, 1.0, 1.0),
        Shape::Circle(Circle { center: at(0.0, 0.0), radius: 0.0, extrusion: nowhere }),
        Shape::Circle(Circle { center: at(huge, 0.0), radius: huge, extrusion: Extrusion::UP }),
        Shape::Arc(ArcShape { center: at(0.0, 0.0), radius: -1.0, start_deg: 1e300, end_deg: 0.0, extrusion: nowhere }),
        Shape::Ellipse(Ellipse {
            center: at(0.0, 0.0),
            major: at(0.0, 0.0),
            ratio: 0.0,
            start_rad: 0.0,
            end_rad: 1e300,
            extrusion: nowhere,
        }),
        Shape::Polyline(Polyline {
            form: PolylineForm::Light,
            vertices: Vec::new(),
            closed: true,
            extrusion: Extrusion::UP,
        }),
        Shape::Polyline(Polyline {
            form: PolylineForm::Light,
            vertices: vec![Vertex { start_width: 5.0, ..Vertex::corner(at(1.0, 1.0)) }; 3],
            closed: true,
            extrusion: Extrusion::UP,
        }),
        Shape::Spline(Spline {
            degree: 255,
            closed: true,
            knots: vec![1.0; 3],
            controls: vec![at(1.0, 1.0); 2],
            weights: vec![0.0; 2],
            fit: Vec::new(),
        }),
        hatch(vec![Boundary::Polyline { flags: 2, vertices: ring, closed: true }]),
        hatch(vec![Boundary::Edges { flags: 0, edges: Vec::new() }]),
        hatch(Vec::new()),
        Shape::Text(Text { height: -1.0, width_factor: 0.0, ..text("A") }),
        Shape::Text(Text { height: 1e300, h_align: HAlign::Fit, ..text("A") }),
        Shape::Insert(Insert { columns: u16::MAX, rows: u16::MAX, column_spacing: 1e300, ..insert() }),
        Shape::Solid(Solid { corners: [at(1.0, 1.0); 4], extrusion: nowhere, trace: false }),
        Shape::Opaque(Opaque { kind: "MLINE".into(), extents: None, window: None }),
    ];
    let entities = shapes.into_iter().zip(100..).map(|(shape, id)| entity(id, SPACE, shape)).collect();
    add(&mut bad, entities);
    let scene = scene(&bad, TextMode::Drawn);
    for zoom in [1e-9, 1.0, 1e9] {
        for chunk in scene.chunks() {
            let mesh = scene.tessellate(&bad, chunk, Band::of(zoom));
            assert!(mesh.segments.len() + mesh.fill_vertices.len() < 5_000_000);
        }
        let visibility = Visibility::default();
        let _ = scene.pick(&bad, Point::ZERO, 1.0 / zoom, &visibility);
        let _ = scene.window(&bad, Rect::new(-1.0, -1.0, 1.0 / zoom, 1.0), &visibility);
    }
    let everything: BTreeSet<_> = bad.records().map(Record::id).collect();
    let mut again = scene.clone();
    again.update(&bad, &everything);
}
