// Takes everything off a part of the canvas (the scissor says which): background, and a depth under every stroke.

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    // One triangle that covers the canvas.
    return vec4f(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn color() -> @location(0) vec4f {
    return place.background;
}
