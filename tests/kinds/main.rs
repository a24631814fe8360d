//! The table of kinds in `docs/formats.md` says what is so: each of its cells is tried on the hand-made files of the
//! formats, whose entity with handle 30 is the one that matters.

mod broken;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drawing::{Color, Drawing, Entity, Handle, Op, Point, Record, Rect, Shape, Vec2};
use scene::{Band, ChunkMesh, Fonts, Scene, SceneOptions, SnapKind, SnapKinds, TextMode, Visibility};

/// The row for kinds that have none of their own.
const OTHERS: &str = "anything else";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests stand in the workspace").to_owned()
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The table: for each kind, the cells under each heading.
fn table() -> BTreeMap<String, BTreeMap<String, String>> {
    let text = text_of(&root().join("docs/formats.md"));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut lines = text.lines().skip_while(|line| !line.starts_with("| kind |"));
    let headings = cells(lines.next().expect("a table of kinds"));
    let rows = lines.skip(1).take_while(|line| line.starts_with('|')).map(cells);
    rows.map(|row| (row[0].clone(), headings.iter().cloned().zip(row).skip(1).collect())).collect()
}

fn drawing_of(bytes: &[u8]) -> Drawing {
    formats::read(bytes, &mut |_| ControlFlow::Continue(())).expect("a hand-made file is read").drawing
}

fn subject(drawing: &Drawing) -> Option<Entity> {
    drawing.entities().find(|entity| entity.handle == Some(Handle(0x30))).cloned()
}

fn options() -> SceneOptions {
    let font = std::fs::read(root().join("assets/fonts/Inter-Regular.otf")).expect("the program's font");
    SceneOptions { text: TextMode::Drawn, fonts: Arc::new(Fonts::new([font]).expect("a font")), frames: false }
}

/// Every corner of what is drawn.
fn places_of(mesh: &ChunkMesh) -> Vec<Point> {
    let place = |at: [f32; 2]| mesh.origin + Vec2::new(f64::from(at[0]), f64::from(at[1]));
    let strokes = mesh.segments.iter().flat_map(|segment| [place(segment.a), place(segment.b)]);
    strokes.chain(mesh.fill_vertices.iter().map(|vertex| place(vertex.at))).collect()
}

/// What places cover, if there are any and all are somewhere.
fn bounds(places: &[Point]) -> Option<Rect> {
    let (first, rest) = places.split_first()?;
    let all = rest.iter().fold(Rect::from_points(*first, *first), |all, place| all.union_pt(*place));
    all.is_finite().then_some(all)
}

/// What is true of the subject of one file, under the headings of the table.
fn facts(bytes: &[u8], drawing: &Drawing, entity: &Entity) -> BTreeMap<&'static str, bool> {
    let scene = Scene::new(drawing, entity.owner, options());
    let mesh = scene.mesh_of(drawing, &[entity.id], Band::of(10.0));
    let places = places_of(&mesh);
    let everything = Visibility::default();
    let reach = f64::from(mesh.bounds[2] - mesh.bounds[0]).max(f64::from(mesh.bounds[3] - mesh.bounds[1])).max(0.1);
    let picked =
        |at: &Point| scene.pick(drawing, *at, reach / 100.0, &everything).iter().any(|hit| hit.id == entity.id);
    // The nearest point of a stroke is any: it says nothing of a kind.
    let kinds = SnapKinds::of(&SnapKind::ALL).with(SnapKind::Nearest, false);
    let snapped = |at: &Point| {
        let snap = scene.snap(drawing, *at, reach, kinds, None, &everything, &|id| id != entity.id);
        snap.is_some()
    };
    let mut moved = drawing.clone();
    let by = Vec2::new(3.0, -2.0);
    let may_move = moved.apply(&Op::Translate { ids: vec![entity.id], by }).is_ok();
    let is_moved = may_move && {
        let scene = Scene::new(&moved, entity.owner, options());
        let mesh = scene.mesh_of(&moved, &[entity.id], Band::of(10.0));
        bounds(&places_of(&mesh)).zip(bounds(&places)).is_some_and(|(now, before)| {
            let (low, high) = (now.origin() - before.origin(), now.size() - before.size());
            (low - by).hypot() < 1e-4 && high.width.abs() < 1e-4 && high.height.abs() < 1e-4
        })
    };
    let mut edited = if may_move { moved } else { drawing.clone() };
    let mut red = edited.entity(entity.id).expect("it is there").clone();
    red.style.color = Color::Index(1);
    edited.apply(&Op::Change(vec![Record::Entity(red)])).expect("it takes another colour");
    let saved = formats::save(Some(bytes), drawing, &edited).expect("it is saved");
    let again = subject(&drawing_of(&saved.bytes)).expect("it is in the saved file");
    let kept = edited.entity(entity.id).expect("it is there");
    BTreeMap::from([
        ("read", !matches!(entity.shape, Shape::Opaque(_))),
        ("drawn", bounds(&places).is_some()),
        ("picked", places.iter().any(picked)),
        ("snapped", places.iter().any(snapped)),
        ("moved", is_moved),
        ("saved", again.style.color == Color::Index(1) && same_shape(&again.shape, &kept.shape)),
    ])
}

/// Whether two readings say the same. What is after a changed tag stands at other bytes of the file.
fn same_shape(a: &Shape, b: &Shape) -> bool {
    let placeless = |shape: &Shape| {
        let mut shape = shape.clone();
        if let Shape::Insert(insert) = &mut shape {
            insert.attributes.iter_mut().for_each(|attribute| attribute.source = None);
        }
        shape
    };
    placeless(a) == placeless(b)
}

#[test]
fn the_table_of_kinds_is_true() {
    let table = table();
    let mut tried: BTreeMap<String, usize> = table.keys().map(|kind| (kind.clone(), 0)).collect();
    let mut wrong = Vec::new();
    let folder = root().join("crates/formats/tests/data");
    for file in std::fs::read_dir(&folder).expect("the hand-made files are there") {
        let path = file.expect("listed").path();
        let bytes = std::fs::read(&path).expect("readable");
        let drawing = drawing_of(&bytes);
        let Some(entity) = subject(&drawing) else { continue };
        let kind = entity.shape.kind();
        let kind = if table.contains_key(kind) { kind } else { OTHERS };
        *tried.get_mut(kind).expect("a row") += 1;
        for (heading, is) in facts(&bytes, &drawing, &entity) {
            // What has a frame only is drawn and picked by that.
            let says = matches!(table[kind][heading].as_str(), "yes" | "frame");
            if says != is {
                wrong.push(format!("{}: {kind} {heading}: is {is}, the table says {says}", path.display()));
            }
        }
    }
    let untried: Vec<_> = tried.iter().filter(|(_, files)| **files == 0).map(|(kind, _)| kind).collect();
    assert!(untried.is_empty(), "no hand-made file for {untried:?}");
    wrong.sort();
    assert!(wrong.is_empty(), "docs/formats.md and the program disagree:\n{}", wrong.join("\n"));
}
