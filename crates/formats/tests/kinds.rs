//! Each kind of entity over a hand-made file: what it is read as, and that edits change the tags they should and none
//! else.

mod said;

use std::ops::ControlFlow;
use std::path::Path;

use drawing::{Color, Drawing, Entity, HAlign, Handle, Op, Record, Shape, VAlign, Vec2};
use formats::{mint, read, save};
use said::said;

fn bytes_of(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).with_extension("dxf");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn drawing_of(bytes: &[u8]) -> Drawing {
    read(bytes, &mut |_| ControlFlow::Continue(())).expect("reads").drawing
}

/// The entity of handle 30, which each file is about.
fn subject(drawing: &Drawing) -> Entity {
    drawing.entities().find(|entity| entity.handle == Some(Handle(0x30))).expect("handle 30").clone()
}

/// `code value` of every tag.
fn tags(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks(2).map(|pair| format!("{} {}", pair[0].trim(), pair.get(1).unwrap_or(&"").trim())).collect()
}

/// What became of which tags, by the longest common run of both.
fn differences(before: &[u8], after: &[u8]) -> Vec<String> {
    let (old, new) = (tags(before), tags(after));
    let mut table = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            table[i][j] = if old[i] == new[j] { table[i + 1][j + 1] + 1 } else { table[i + 1][j].max(table[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || i < old.len() && table[i + 1][j] >= table[i][j + 1] {
            out.push(format!("-{}", old[i]));
            i += 1;
        } else {
            out.push(format!("+{}", new[j]));
            j += 1;
        }
    }
    out
}

/// Reads a file, applies an op, saves, and compares: the saved file says what the drawing says, only the listed tags
/// differ, and taking the op back gives the file as it was.
fn check_edit(name: &str, op: impl Fn(&Drawing) -> Op, expect: &[&str]) {
    let bytes = bytes_of(name);
    let original = drawing_of(&bytes);
    let mut current = original.clone();
    let inverse = current.apply(&op(&original)).expect("applies").inverse;
    if let Some(op) = mint(Some(&bytes), &original, &current) {
        current.apply(&op).expect("mints");
    }
    let saved = save(Some(&bytes), &original, &current).expect("saves");
    assert_eq!(saved.notes, Vec::<String>::new(), "{name}");
    assert_eq!(differences(&bytes, &saved.bytes), expect, "{name}: these tags differ");
    let again = drawing_of(&saved.bytes);
    let said = |drawing: &Drawing| drawing.entities().map(|entity| said(drawing, entity)).collect::<Vec<_>>();
    assert_eq!(said(&again), said(&current), "{name}: reads as it was meant");
    let mut undone = original.clone();
    undone.apply(&op(&original)).expect("applies");
    undone.apply(&inverse).expect("undoes");
    let saved = save(Some(&bytes), &original, &undone).expect("saves");
    assert!(!saved.changed && saved.bytes == bytes, "{name}: an op taken back leaves the file as it was");
}

/// What a kind is read as (part of its debug text), and the tags that moving it by 10, 5 changes.
fn check(name: &str, reads: &[&str], moved: &[&str]) {
    let bytes = bytes_of(name);
    let original = drawing_of(&bytes);
    let shown = format!("{:?} {:?}", subject(&original).style, subject(&original).shape);
    for part in reads {
        assert!(shown.contains(part), "{name}: {part:?} is not in {shown}");
    }
    let saved = save(Some(&bytes), &original, &original).expect("saves");
    assert!(!saved.changed && saved.bytes == bytes, "{name}: an unedited save is the file");
    check_edit(name, |drawing| Op::Translate { ids: vec![subject(drawing).id], by: Vec2::new(10.0, 5.0) }, moved);
    let recolored = |drawing: &Drawing| {
        let mut entity = subject(drawing);
        entity.style.color = Color::Index(6);
        Op::Change(vec![Record::Entity(entity)])
    };
    let expect: &[&str] = if name == "line" { &["-62 3", "+62 6"] } else { &["+62 6"] };
    check_edit(name, recolored, expect);
}

#[test]
fn line() {
    check(
        "line",
        &[
            "color: Index(3)",
            "Line(Line { start: Point3 { x: 1.0, y: 2.5, z: 0.0 }, end: Point3 { x: 3.0, y: 4.0, z: 0.0 } })",
        ],
        &["-10 1.000", "-20 2.50", "+10 11.0", "+20 7.5", "-11 3.0", "-21 4.0", "+11 13.0", "+21 9.0"],
    );
}

#[test]
fn line_on_sheet_crlf() {
    check(
        "line_on_sheet_crlf",
        &["Line(Line { start: Point3 { x: 1.0, y: 2.0, z: 0.0 }"],
        &["-10 1.0", "-20 2.0", "+10 11.0", "+20 7.0", "-11 3.0", "-21 4.0", "+11 13.0", "+21 9.0"],
    );
}

#[test]
fn circle() {
    check(
        "circle",
        &["center: Point3 { x: 5.0, y: 6.0, z: 0.0 }, radius: 2.0"],
        &["-10 5.0", "-20 6.0", "+10 15.0", "+20 11.0"],
    );
}

#[test]
fn circle_from_behind() {
    check(
        "circle_from_behind",
        &["radius: 2.0", "Extrusion(Point3 { x: 0.0, y: 0.0, z: -1.0 })"],
        &["-10 5.0", "-20 6.0", "+10 -5.0", "+20 11.0"],
    );
}

#[test]
fn arc() {
    check("arc", &["start_deg: 30.0, end_deg: 120.0"], &["-10 5.0", "-20 6.0", "+10 15.0", "+20 11.0"]);
}

#[test]
fn ellipse() {
    check(
        "ellipse",
        &["major: Point3 { x: 3.0, y: 0.0, z: 0.0 }, ratio: 0.5"],
        &["-10 5.0", "-20 6.0", "+10 15.0", "+20 11.0"],
    );
}

#[test]
fn lwpolyline() {
    check(
        "lwpolyline",
        &["form: Light", "bulge: 0.5", "start_width: 0.1, end_width: 0.2", "closed: true"],
        &[
            "-10 0.0", "-20 0.0", "-10 4.0", "-20 0.0", "+10 10.0", "+20 5.0", "+10 14.0", "+20 5.0", "-10 4.0",
            "-20 3.0", "+10 14.0", "+20 8.0",
        ],
    );
}

#[test]
fn polyline() {
    check(
        "polyline",
        &[
            "form: Heavy",
            "start_width: 0.3, end_width: 0.3",
            "start_width: 0.0, end_width: 0.5",
            "bulge: 1.0",
            "closed: true",
        ],
        &[
            "-10 0.0", "-20 0.0", "+10 10.0", "+20 5.0", "-10 4.0", "-20 0.0", "+10 14.0", "+20 5.0", "-10 4.0",
            "-20 3.0", "+10 14.0", "+20 8.0",
        ],
    );
}

#[test]
fn polyline_space() {
    check(
        "polyline_space",
        &["form: Space", "z: 2.0", "closed: false"],
        &["-10 0.0", "-20 0.0", "+10 10.0", "+20 5.0", "-10 4.0", "-20 0.0", "+10 14.0", "+20 5.0"],
    );
}

#[test]
fn polyline_fitted() {
    check(
        "polyline_fitted",
        &["vertices: [Vertex { at: Point3 { x: 0.0, y: 0.0, z: 0.0 }", "x: 0.5, y: 1.0"],
        &[
            "-10 0.0", "-20 0.0", "+10 10.0", "+20 5.0", "-10 1.0", "-20 2.0", "+10 11.0", "+20 7.0", "-10 0.0",
            "-20 0.0", "+10 10.0", "+20 5.0", "-10 0.5", "-20 1.0", "+10 10.5", "+20 6.0",
        ],
    );
}

#[test]
fn spline() {
    check(
        "spline",
        &["degree: 2, closed: false, knots: [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]"],
        &[
            "-10 0.0", "-20 0.0", "+10 10.0", "+20 5.0", "-10 2.0", "-20 3.0", "+10 12.0", "+20 8.0", "-10 4.0",
            "-20 0.0", "+10 14.0", "+20 5.0",
        ],
    );
}

#[test]
fn point() {
    check("point", &["at: Point3 { x: 1.0, y: 1.5, z: 0.0 }"], &["-10 1.0", "-20 1.5", "+10 11.0", "+20 6.5"]);
}

#[test]
fn solid() {
    check(
        "solid",
        &["trace: false"],
        &[
            "-10 0.0", "-20 0.0", "+10 10.0", "+20 5.0", "-11 1.0", "-21 0.0", "+11 11.0", "+21 5.0", "-12 0.0",
            "-22 1.0", "+12 10.0", "+22 6.0", "-13 1.0", "-23 1.0", "+13 11.0", "+23 6.0",
        ],
    );
}

#[test]
fn trace_triangle() {
    check(
        "trace_triangle",
        &["trace: true", "Point3 { x: 0.0, y: 1.0, z: 0.0 }, Point3 { x: 0.0, y: 1.0, z: 0.0 }]"],
        &[
            "-10 0.0", "-20 0.0", "+10 10.0", "+20 5.0", "-11 1.0", "-21 0.0", "+11 11.0", "+21 5.0", "-12 0.0",
            "-22 1.0", "+12 10.0", "+22 6.0",
        ],
    );
}

#[test]
fn text() {
    check(
        "text",
        &["%%c12 Straße", "h_align: Center, v_align: Middle", "rotation_deg: 15.0"],
        &["-10 1.0", "-20 2.0", "+10 11.0", "+20 7.0", "-11 2.0", "-21 2.0", "+11 12.0", "+21 7.0"],
    );
}

#[test]
fn mtext() {
    check(
        "mtext",
        &[r#"first half, {\\H0.7x;second} half"#, "rotation_deg: 90.0, line_spacing: 1.5", "attachment: 5"],
        &["-10 1.0", "-20 2.0", "+10 11.0", "+20 7.0"],
    );
}

#[test]
fn insert() {
    check(
        "insert",
        &["scale: Point3 { x: -1.0", r#"tag: "NUMBER""#, r#"value: "D1""#],
        &["-10 7.0", "-20 8.0", "+10 17.0", "+20 13.0", "-10 7.1", "-20 8.1", "+10 17.1", "+20 13.1"],
    );
}

/// Some programs write the second part of an attribute without its two 280, and repeat the first in it.
#[test]
fn an_attribute_that_repeats_itself_is_aligned_as_it_says_first() {
    let text = String::from_utf8(bytes_of("insert")).expect("text");
    let (first, second) = ("  1\nD1\n", " 70\n     0\n  0\nSEQEND\n");
    assert!(text.matches(first).count() == 1 && text.matches(second).count() == 1);
    let text = text
        .replace(first, "  1\nD1\n 72\n1\n 11\n7.5\n 21\n8.5\n 31\n0.0\n")
        .replace(second, " 70\n0\n 74\n2\n 71\n1\n 72\n0\n 11\n9.0\n 21\n9.0\n 31\n0.0\n  0\nSEQEND\n");
    let Shape::Insert(insert) = subject(&drawing_of(text.as_bytes())).shape else { panic!("an insert") };
    let text = &insert.attributes[0].text;
    assert_eq!((text.h_align, text.v_align), (HAlign::Center, VAlign::Middle));
    assert_eq!(text.align_at.map(|at| (at.x, at.y)), Some((7.5, 8.5)));
}

#[test]
fn insert_array() {
    check(
        "insert_array",
        &["columns: 3, rows: 2, column_spacing: 2.0, row_spacing: 5.0"],
        &["-10 7.0", "-20 8.0", "+10 17.0", "+20 13.0"],
    );
}

#[test]
fn hatch() {
    check(
        "hatch",
        &[
            r#"name: "ANSI31", lines: [(45.0, (0.5, 0.25), (-2.245, 2.245), [1.0, -1.0])]"#,
            "((9.0, 9.0), 0.5)",
            "Arc { center: (3.0, 2.0), radius: 1.0",
            "ccw: false",
            "Spline { degree: 1",
            "seeds: [(1.0, 1.0)]",
            "island_style: 1",
        ],
        &[
            "-10 0.0", "-20 0.0", "+10 10.0", "+20 5.0", "-10 9.0", "-20 0.0", "+10 19.0", "+20 5.0", "-10 9.0",
            "-20 9.0", "+10 19.0", "+20 14.0", "-10 0.0", "-20 9.0", "+10 10.0", "+20 14.0", "-10 2.0", "-20 2.0",
            "-11 4.0", "-21 2.0", "+10 12.0", "+20 7.0", "+11 14.0", "+21 7.0", "-10 3.0", "-20 2.0", "+10 13.0",
            "+20 7.0", "-10 3.0", "-20 3.0", "+10 13.0", "+20 8.0", "-10 2.0", "-20 3.0", "-10 2.0", "-20 2.0",
            "+10 12.0", "+20 8.0", "+10 12.0", "+20 7.0", "-43 0.5", "-44 0.25", "+43 10.5", "+44 5.25", "-10 1.0",
            "-20 1.0", "+10 11.0", "+20 6.0",
        ],
    );
}

#[test]
fn hatch_solid() {
    check(
        "hatch_solid",
        &["Gradient { first: 255, second: 16776960 }"],
        &[
            "-10 0.0", "-20 0.0", "-10 9.0", "-20 0.0", "-10 9.0", "-20 9.0", "+10 10.0", "+20 5.0", "+10 19.0",
            "+20 5.0", "+10 19.0", "+20 14.0",
        ],
    );
}

#[test]
fn dimension() {
    check(
        "dimension",
        &["block: Some(", "(13, Point3 { x: 1.0, y: 1.0, z: 0.0 })", "object_points: [(11,", "flags: 32"],
        &[
            "-10 1.0", "-20 4.0", "+10 11.0", "+20 9.0", "-11 5.0", "-21 4.0", "+11 15.0", "+21 9.0", "-10 5.0",
            "-20 4.0", "+10 15.0", "+20 9.0", "-11 3.0", "-21 4.2", "+11 13.0", "+21 9.2", "-13 1.0", "-23 1.0",
            "+13 11.0", "+23 6.0", "-14 5.0", "-24 1.0", "+14 15.0", "+24 6.0",
        ],
    );
}

#[test]
fn an_opaque_entity_is_recoloured_and_deleted_but_not_moved() {
    let bytes = bytes_of("opaque");
    let original = drawing_of(&bytes);
    let id = subject(&original).id;
    let mut current = original.clone();
    assert!(current.apply(&Op::Translate { ids: vec![id], by: Vec2::new(1.0, 0.0) }).is_err());
    let gone: Vec<String> = tags(&bytes).split(|tag| tag == "5 30").nth(1).expect("handle 30")[..16]
        .iter()
        .map(|tag| format!("-{tag}"))
        .collect();
    let gone: Vec<&str> = ["-0 3DFACE", "-5 30"].into_iter().chain(gone.iter().map(String::as_str)).collect();
    check_edit("opaque", |drawing| Op::Remove(vec![subject(drawing).id.into()]), &gone);
}

#[test]
fn a_layer_that_is_new_is_written_once_with_its_entity_moved_to_it() {
    let op = |drawing: &Drawing| {
        let mut layer = drawing.layers().next().expect("layer 0").clone();
        layer.id = drawing::LayerId(drawing.id_max().0 + 1);
        layer.name = "Türen".into();
        (layer.handle, layer.source) = (None, None);
        let mut entity = subject(drawing);
        entity.style.layer = layer.id;
        Op::Batch(vec![Op::New(vec![Record::Layer(layer)]), Op::Change(vec![Record::Entity(entity)])])
    };
    let expect = [
        "-5 100",
        "+5 101",
        "+0 LAYER",
        "+5 100",
        "+330 3",
        "+100 AcDbSymbolTableRecord",
        "+100 AcDbLayerTableRecord",
        "+2 T\u{fffd}ren",
        "+70 0",
        "+62 7",
        "+6 CONTINUOUS",
        "-8 Walls",
        "+8 T\u{fffd}ren",
    ];
    check_edit("line", op, &expect);
}

#[test]
fn a_layer_is_frozen_by_one_tag() {
    let op = |drawing: &Drawing| {
        let mut layer = drawing.layer(drawing.layer_named("walls").expect("Walls")).expect("it").clone();
        layer.frozen = true;
        layer.off = true;
        Op::Change(vec![Record::Layer(layer)])
    };
    check_edit("line", op, &["-70 0", "-62 1", "+70 1", "+62 -1"]);
}

#[test]
fn a_new_line_gets_owner_and_markers() {
    let op = |drawing: &Drawing| {
        let mut line = subject(drawing);
        line.id = drawing::EntityId(drawing.id_max().0 + 1);
        (line.handle, line.source) = (None, None);
        line.order = drawing.order_on_top(line.owner);
        Op::New(vec![Record::Entity(line)])
    };
    let body = ["+11 3.0", "+21 4.0", "+31 0.0"];
    let head =
        ["-5 100", "+5 101", "+0 LINE", "+5 100", "+330 9", "+100 AcDbEntity", "+8 Walls", "+62 3", "+100 AcDbLine"];
    let middle = ["+10 1.0", "+20 2.5", "+30 0.0"];
    let expect: Vec<&str> = head.into_iter().chain(middle).chain(body).collect();
    check_edit("line", op, &expect);
    // On the sheet the line says so, and the line ends are those of the file.
    let head =
        ["-5 100", "+5 101", "+0 LINE", "+5 100", "+330 A", "+100 AcDbEntity", "+67 1", "+410 Sheet", "+8 Walls"];
    let middle = ["+100 AcDbLine", "+10 1.0", "+20 2.0", "+30 0.0"];
    let expect: Vec<&str> = head.into_iter().chain(middle).chain(body).collect();
    check_edit("line_on_sheet_crlf", op, &expect);
}

#[test]
fn a_removed_polyline_or_insert_goes_whole() {
    for name in ["polyline", "insert"] {
        let bytes = bytes_of(name);
        let original = drawing_of(&bytes);
        let mut current = original.clone();
        current.apply(&Op::Remove(vec![subject(&original).id.into()])).expect("removes");
        let saved = save(Some(&bytes), &original, &current).expect("saves");
        let text = String::from_utf8(saved.bytes.clone()).expect("text");
        assert!(!text.contains("SEQEND") && !text.contains("VERTEX") && !text.contains("ATTRIB"), "{name}");
        assert_eq!(drawing_of(&saved.bytes).entity_count(), original.entity_count() - 1, "{name}");
    }
}

#[test]
fn a_corner_more_is_a_vertex_more() {
    let op = |drawing: &Drawing| {
        let mut entity = subject(drawing);
        let Shape::Polyline(polyline) = &mut entity.shape else { panic!("a polyline") };
        let mut corner = polyline.vertices[0];
        corner.at = drawing::Point3::flat(9.0, 9.0);
        polyline.vertices.push(corner);
        Op::Change(vec![Record::Entity(entity)])
    };
    check_edit("lwpolyline", op, &["-90 3", "+90 4", "+10 9.0", "+20 9.0", "+40 0.0", "+41 0.0"]);
    let bytes = bytes_of("polyline");
    let original = drawing_of(&bytes);
    let mut current = original.clone();
    current.apply(&op(&original)).expect("applies");
    let saved = save(Some(&bytes), &original, &current).expect("saves");
    assert_eq!(subject(&drawing_of(&saved.bytes)).shape, subject(&current).shape);
}

#[test]
fn a_file_without_handles_stays_one() {
    let bytes = bytes_of("r12_without_handles");
    let original = drawing_of(&bytes);
    assert_eq!(original.entity_count(), 3);
    assert!(original.layer_named("PLAN").is_some(), "a layer that is only named is made");
    let line = original.entities().find(|entity| entity.owner == original.model_space().expect("it")).expect("a line");
    let mut current = original.clone();
    let mut copy = line.clone();
    copy.id = drawing::EntityId(original.id_max().0 + 1);
    copy.source = None;
    let moved = Op::Translate { ids: vec![line.id], by: Vec2::new(0.5, 0.0) };
    current.apply(&Op::Batch(vec![Op::New(vec![Record::Entity(copy)]), moved])).expect("applies");
    assert_eq!(mint(Some(&bytes), &original, &current), None);
    let saved = save(Some(&bytes), &original, &current).expect("saves");
    let expect = [
        "-10 1", "+10 1.5", "-11 3", "+11 3.5", "+0 LINE", "+8 PLAN", "+10 1.0", "+20 2.0", "+30 0.0", "+11 3.0",
        "+21 4.0", "+31 0.0",
    ];
    assert_eq!(differences(&bytes, &saved.bytes), expect);
}

#[test]
fn mistakes_are_mended_and_told() {
    let reading = read(&bytes_of("mistakes"), &mut |_| ControlFlow::Continue(())).expect("reads");
    let told: Vec<String> = reading.findings.iter().map(ToString::to_string).collect();
    for part in [
        "used twice (handle 2)",
        "\"1,5x\", which is not a number; read as 1",
        "\"nan\", which is not a number",
        "a VERTEX that belongs to nothing",
        "the layer \"GONE\" is named here and nowhere defined",
        "the block \"NOWHERE\" is named here and nowhere defined",
        "a block shows itself",
    ] {
        assert!(told.iter().any(|line| line.contains(part)), "{part:?} is not told: {told:#?}");
    }
    assert_eq!(reading.drawing.entity_count(), 4);
}

#[test]
fn a_new_drawing_is_a_whole_file() {
    let empty = Drawing::new();
    let mut current = empty.clone();
    let mut line = subject(&drawing_of(&bytes_of("line")));
    line.id = drawing::EntityId(100);
    (line.handle, line.source) = (None, None);
    (line.owner, line.style.layer) = (Drawing::MODEL_SPACE, Drawing::LAYER_0);
    current.apply(&Op::New(vec![Record::Entity(line.clone())])).expect("applies");
    assert!(save(None, &empty, &current).is_err(), "without handles there is no file");
    let op = mint(None, &empty, &current).expect("handles");
    current.apply(&op).expect("mints");
    let saved = save(None, &empty, &current).expect("saves");
    let again = drawing_of(&saved.bytes);
    let kept = again.entities().next().expect("the line");
    assert_eq!((&kept.shape, kept.style.color), (&line.shape, line.style.color));
    assert_eq!(again.layouts().count(), 2);
    assert_eq!(again.header().version, "AC1032");
    if let Some(folder) = std::env::var_os("LINEWORK_SAVED") {
        std::fs::write(Path::new(&folder).join("new.dxf"), &saved.bytes).expect("writes");
    }
}

#[test]
fn what_is_no_dxf_is_named() {
    let check = |bytes: &[u8], says: &str| {
        let error = read(bytes, &mut |_| ControlFlow::Continue(())).expect_err("is refused").to_string();
        assert!(error.contains(says), "{error}");
    };
    check(b"", "empty");
    check(b" \r\n \n", "empty");
    check(b"AutoCAD Binary DXF\r\n\x1a\0rest", "binary DXF is not read yet");
    check(b"AC1032\0\0\0\0\0rest", "DWG file (AC1032)");
    check(b"\x89PNG\r\n\x1a\n\0\0\0", "not a DXF file");
    check(b"hello\nworld\n", "not a DXF file");
    let stopped = read(&bytes_of("line"), &mut |_| ControlFlow::Break(()));
    assert_eq!(stopped.expect_err("stops").to_string(), "reading was cancelled");
}
