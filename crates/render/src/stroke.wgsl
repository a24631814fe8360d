// Strokes: each instance is a straight piece, drawn as a quad of two triangles around it. The fragment shader blends the
// edge by its distance from the middle line, so that a hairline is even at every angle.

struct Quad {
    @builtin(position) position: vec4f,
    // Along the piece and across it, pixels from its middle.
    @location(0) @interpolate(linear) at_px: vec2f,
    // Half the length up to the round ends (beyond any pixel where ends are straight), and half the width.
    @location(1) @interpolate(flat) half_px: vec2f,
    @location(2) @interpolate(flat) color: vec4f,
}

// Whether these are outer edges of fills: half a pixel that fades, on the right of the piece only.
override EDGE: bool = false;

// Strokes wider than this have round ends, so that their corners close.
const ROUND_FROM_PX = 2.0;
// Hairlines along an axis are moved onto whole pixels, by up to half of one: most lines of most drawings are such, and would
// be two pixels wide and half as bright wherever they fall between two. How far off the axis that may be, and how long.
const LEVEL_PX = 0.01;
const CRISP_FROM_PX = 3.0;
// Beyond this a coordinate is cut to the canvas before f32 gets too coarse for its edges.
const FAR_PX = 8192.0;

@vertex
fn quad(
    @builtin(vertex_index) index: u32,
    @location(0) a: vec2f,
    @location(1) b: vec2f,
    @location(2) style: u32,
    @location(3) depth: f32,
    @location(4) width: f32,
) -> Quad {
    let nowhere = Quad(NOWHERE, vec2f(0.0), vec2f(0.0), vec4f(0.0));
    let paint = style_at(style);
    if !paint.painted {
        return nowhere;
    }
    var width_px = max(place.hairline_px, select(paint.width_px, width * place.px_per_unit, width > 0.0));
    if EDGE {
        width_px = 0.0;
    }

    var start = to_px(a);
    var end = to_px(b);
    let reach = max(abs(start), abs(end));
    if max(reach.x, reach.y) > FAR_PX {
        // With room for how coarse f32 is out there.
        let limit = place.half_size_px + width_px + 4.0 + max(reach.x, reach.y) * 1e-6;
        let part = inside(start, end, limit);
        if part.x > part.y {
            return nowhere;
        }
        let whole = end - start;
        end = start + whole * part.y;
        start += whole * part.x;
    }

    if width_px <= ROUND_FROM_PX && !EDGE {
        let across = abs(end - start);
        if across.y < LEVEL_PX && across.x > CRISP_FROM_PX {
            start.y = crisp(start.y, place.half_size_px.y, width_px);
            end.y = start.y;
        } else if across.x < LEVEL_PX && across.y > CRISP_FROM_PX {
            start.x = crisp(start.x, place.half_size_px.x, width_px);
            end.x = start.x;
        }
    }

    let along = end - start;
    let length_px = length(along);
    var direction = vec2f(1.0, 0.0);
    if length_px > 1e-6 {
        direction = along / length_px;
    }
    let half_width = width_px / 2.0;
    var half_px: vec2f;
    var corner: vec2f;
    if width_px > ROUND_FROM_PX {
        half_px = vec2f(length_px / 2.0, half_width);
        corner = vec2f(half_px.x + half_width + 0.5, half_width + 0.5);
    } else {
        // A hairline ends straight. Long ones reach half a pixel further, which closes the corners of a rectangle; the
        // short ones of a curve don't, since they would cover each other's edges and the curve would look bolder. Nothing is
        // shorter than a pixel, so that dots are seen.
        let further = select(clamp((length_px - 8.0) / 16.0, 0.0, 0.5), 0.0, EDGE);
        half_px = vec2f(1e9, half_width);
        corner = vec2f(max(length_px / 2.0 + further, 0.5 * width_px), half_width + 0.5);
    }
    var at_px = corner * vec2f(f32(index & 1u) * 2.0 - 1.0, f32(index >> 1u) * 2.0 - 1.0);
    if EDGE {
        at_px = vec2f(at_px.x, min(at_px.y, 0.0));
    }
    let px = (start + end) / 2.0 + direction * at_px.x + vec2f(-direction.y, direction.x) * at_px.y;
    return Quad(to_clip(px, depth), at_px, half_px, paint.color);
}

@fragment
fn color(in: Quad) -> @location(0) vec4f {
    let beyond = max(abs(in.at_px.x) - in.half_px.x, 0.0);
    let distance_px = length(vec2f(beyond, in.at_px.y));
    let alpha = in.color.a * clamp(in.half_px.y + 0.5 - distance_px, 0.0, 1.0);
    return vec4f(in.color.rgb * alpha, alpha);
}

// A coordinate across a hairline, moved so that the hairline covers whole pixels.
fn crisp(at: f32, half_size: f32, width_px: f32) -> f32 {
    // Pixels begin at whole numbers from the edge of the canvas. Drawn coordinates often fall exactly between two; the little
    // something keeps two pieces of such a line together when they are rounded otherwise.
    let odd = f32(u32(round(width_px)) & 1u) * 0.5;
    let moved = floor(at + half_size + 0.5 - odd + 0.013) + odd - half_size;
    // What stands on the very edge of the canvas, as the frame of a picture of all there is, stays inside.
    let on_edge = abs(abs(at) - half_size) < 0.02;
    return select(moved, clamp(moved, odd - half_size, half_size - odd), on_edge);
}

// The part of a straight piece inside -limit to limit, as two parameters of it; the first is the larger one where there
// is none. After Y.-D. Liang and B. A. Barsky, "A new concept and method for line clipping", 1984.
fn inside(start: vec2f, end: vec2f, limit: vec2f) -> vec2f {
    var part = vec2f(0.0, 1.0);
    let along = end - start;
    for (var axis = 0u; axis < 2u; axis++) {
        if along[axis] == 0.0 {
            if abs(start[axis]) > limit[axis] {
                return vec2f(1.0, 0.0);
            }
        } else {
            let enter = (-limit[axis] - start[axis]) / along[axis];
            let leave = (limit[axis] - start[axis]) / along[axis];
            part = vec2f(max(part.x, min(enter, leave)), min(part.y, max(enter, leave)));
        }
    }
    return part;
}
