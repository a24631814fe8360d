// Filled triangles: hatches, wide polylines, glyphs, arrow heads.

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) @interpolate(flat) color: vec4f,
}

@vertex
fn corner(@location(0) at: vec2f, @location(1) style: u32, @location(2) depth: f32) -> Corner {
    let paint = style_at(style);
    if !paint.painted {
        return Corner(NOWHERE, vec4f(0.0));
    }
    return Corner(to_clip(to_px(at), depth), vec4f(paint.color.rgb * paint.color.a, paint.color.a));
}

@fragment
fn color(in: Corner) -> @location(0) vec4f {
    return in.color;
}
