//! The tags of a hatch.

use drawing::{Boundary, Edge, Hatch, HatchFill};

use super::out::Outs;

/// All tags behind those that every entity has.
pub(crate) fn hatch(hatch: &Hatch, outs: &mut Outs) {
    outs.marker("AcDbHatch");
    outs.number(10, 0.0);
    outs.number(20, 0.0);
    outs.number(30, hatch.elevation);
    let normal = hatch.extrusion.0;
    [(210, normal.x), (220, normal.y), (230, normal.z)].into_iter().for_each(|(code, value)| outs.number(code, value));
    let name = match &hatch.fill {
        HatchFill::Pattern { name, .. } => name,
        _ => "SOLID",
    };
    let filled = !matches!(hatch.fill, HatchFill::Pattern { .. });
    outs.text(2, name);
    outs.integer(70, filled.into());
    outs.integer(71, outs.source_integer(71).unwrap_or(0));
    outs.integer(91, hatch.boundaries.len() as i64);
    hatch.boundaries.iter().for_each(|path| boundary(path, outs));
    outs.integer(75, hatch.island_style.into());
    outs.integer(76, outs.source_integer(76).unwrap_or(1));
    if let HatchFill::Pattern { lines, .. } = &hatch.fill {
        // How the pattern was made, which its lines say again: the file's own.
        outs.number(52, outs.source_number(52).unwrap_or(0.0));
        outs.number(41, outs.source_number(41).unwrap_or(1.0));
        outs.integer(77, outs.source_integer(77).unwrap_or(0));
        outs.integer(78, lines.len() as i64);
        for (angle_deg, base, offset, dashes) in lines {
            outs.number(53, *angle_deg);
            [(43, base.x), (44, base.y), (45, offset.x), (46, offset.y)]
                .into_iter()
                .for_each(|(code, value)| outs.number(code, value));
            outs.integer(79, dashes.len() as i64);
            dashes.iter().for_each(|dash| outs.number(49, *dash));
        }
    }
    outs.integer(98, hatch.seeds.len() as i64);
    hatch.seeds.iter().for_each(|seed| outs.flat(10, *seed));
    if let HatchFill::Gradient { first, second } = hatch.fill {
        outs.integer(450, 1);
        outs.integer(451, 0);
        outs.number(460, 0.0);
        outs.number(461, 0.0);
        outs.integer(452, 0);
        outs.number(462, 0.0);
        outs.integer(453, 2);
        for (at, rgb) in [(0.0, first), (1.0, second)] {
            outs.number(463, at);
            outs.integer(63, 7);
            outs.integer(421, rgb.into());
        }
        outs.plain(470, "LINEAR");
    }
}

fn boundary(path: &Boundary, outs: &mut Outs) {
    match path {
        Boundary::Polyline { flags, vertices, closed } => {
            outs.integer(92, i64::from(flags | 2));
            let bulged = vertices.iter().any(|(_, bulge)| *bulge != 0.0);
            outs.integer(72, bulged.into());
            outs.integer(73, (*closed).into());
            outs.integer(93, vertices.len() as i64);
            for (point, bulge) in vertices {
                outs.flat(10, *point);
                if bulged {
                    outs.number(42, *bulge);
                }
            }
        }
        Boundary::Edges { flags, edges } => {
            outs.integer(92, i64::from(flags & !2));
            outs.integer(93, edges.len() as i64);
            edges.iter().for_each(|each| edge(each, outs));
        }
    }
    outs.integer(97, 0);
}

fn edge(edge: &Edge, outs: &mut Outs) {
    match edge {
        Edge::Line { from, to } => {
            outs.integer(72, 1);
            outs.flat(10, *from);
            outs.flat(11, *to);
        }
        Edge::Arc { center, radius, start_deg, end_deg, ccw } => {
            outs.integer(72, 2);
            outs.flat(10, *center);
            outs.number(40, *radius);
            outs.number(50, *start_deg);
            outs.number(51, *end_deg);
            outs.integer(73, (*ccw).into());
        }
        Edge::Ellipse { center, major, ratio, start_deg, end_deg, ccw } => {
            outs.integer(72, 3);
            outs.flat(10, *center);
            outs.flat(11, *major);
            outs.number(40, *ratio);
            outs.number(50, *start_deg);
            outs.number(51, *end_deg);
            outs.integer(73, (*ccw).into());
        }
        Edge::Spline { degree, knots, controls, weights, fit } => {
            outs.integer(72, 4);
            outs.integer(94, (*degree).into());
            outs.integer(73, (!weights.is_empty()).into());
            outs.integer(74, 0);
            outs.integer(95, knots.len() as i64);
            outs.integer(96, controls.len() as i64);
            knots.iter().for_each(|knot| outs.number(40, *knot));
            for (at, control) in controls.iter().enumerate() {
                outs.flat(10, *control);
                if let Some(weight) = weights.get(at) {
                    outs.number(42, *weight);
                }
            }
            if !fit.is_empty() {
                outs.integer(97, fit.len() as i64);
                fit.iter().for_each(|point| outs.flat(11, *point));
            }
        }
    }
}
