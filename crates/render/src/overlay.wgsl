// The second layer: outlines of what is selected, hovered or held, and ghosts of what is dragged. One colour each, widths in
// pixels, dashes along the outline.

struct Paint {
    // As in place.wgsl.
    center_high: vec2f,
    center_low: vec2f,
    half_size_px: vec2f,
    px_per_unit: f32,
    // 0 where these are outer edges of fills: half a pixel that fades, on the right of each piece only.
    width_px: f32,
    // Premultiplied.
    color: vec4f,
    // On, off, on, off, pixels; all 0 for a whole line.
    dash_px: vec4f,
}

@group(0) @binding(0) var<uniform> paint: Paint;

struct Quad {
    @builtin(position) position: vec4f,
    // Along the piece and across it, pixels from its middle.
    @location(0) @interpolate(linear) at_px: vec2f,
    @location(1) @interpolate(flat) half_length_px: f32,
    // How far along the whole outline the middle of the piece is, pixels.
    @location(2) @interpolate(flat) along_px: f32,
}

fn to_px(at: vec2f) -> vec2f {
    return ((at - paint.center_high) - paint.center_low) * paint.px_per_unit;
}

@vertex
fn quad(
    @builtin(vertex_index) index: u32,
    @location(0) a: vec2f,
    @location(1) b: vec2f,
    @location(2) along: f32,
) -> Quad {
    var start = to_px(a);
    var end = to_px(b);
    var along_px = along * paint.px_per_unit;
    // What reaches far is cut, as in stroke.wgsl.
    let ends = max(abs(start), abs(end));
    let reach = max(ends.x, ends.y);
    if reach > 8192.0 {
        let part = inside(start, end, paint.half_size_px + paint.width_px + 4.0 + reach * 1e-6);
        if part.x > part.y {
            return Quad(vec4f(0.0, 0.0, 0.0, 1.0), vec2f(0.0), 0.0, 0.0);
        }
        let whole = end - start;
        end = start + whole * part.y;
        start += whole * part.x;
        along_px += length(whole) * part.x;
    }
    let piece = end - start;
    let length_px = length(piece);
    var direction = vec2f(1.0, 0.0);
    if length_px > 1e-6 {
        direction = piece / length_px;
    }
    let reach_px = paint.width_px / 2.0 + 0.5;
    var corner = vec2f(length_px / 2.0 + reach_px, reach_px);
    if paint.width_px == 0.0 {
        corner = vec2f(length_px / 2.0, 0.0);
    }
    let at_px = vec2f(corner.x * (f32(index & 1u) * 2.0 - 1.0), select(-reach_px, corner.y, index >= 2u));
    let px = (start + end) / 2.0 + direction * at_px.x + vec2f(-direction.y, direction.x) * at_px.y;
    return Quad(
        vec4f(px / paint.half_size_px, 0.0, 1.0),
        at_px,
        length_px / 2.0,
        along_px + length_px / 2.0,
    );
}

@fragment
fn color(in: Quad) -> @location(0) vec4f {
    let beyond = max(abs(in.at_px.x) - in.half_length_px, 0.0);
    let distance_px = length(vec2f(beyond, in.at_px.y));
    let coverage = clamp(paint.width_px / 2.0 + 0.5 - distance_px, 0.0, 1.0);
    return paint.color * coverage * dash(in.along_px + in.at_px.x);
}

@vertex
fn corner(@location(0) at: vec2f) -> @builtin(position) vec4f {
    return vec4f(to_px(at) / paint.half_size_px, 0.0, 1.0);
}

@fragment
fn fill() -> @location(0) vec4f {
    return paint.color;
}

// How much of a place on the outline is in a dash, 0 to 1.
fn dash(along_px: f32) -> f32 {
    let pattern = paint.dash_px;
    let period = pattern.x + pattern.y + pattern.z + pattern.w;
    if period <= 0.0 {
        return 1.0;
    }
    let at = along_px - floor(along_px / period) * period;
    let second = pattern.x + pattern.y;
    // The first dash once more behind the last gap, for its blended edge.
    return max(max(between(at, 0.0, pattern.x), between(at, period, period + pattern.x)), between(at, second, second + pattern.z));
}

fn between(at: f32, low: f32, high: f32) -> f32 {
    if high <= low {
        return 0.0;
    }
    return clamp(min(at - low, high - at) + 0.5, 0.0, 1.0);
}

// As in stroke.wgsl.
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
