// What every pipeline of the drawing shares: where a chunk stands on the canvas, and the table of styles.
// Put in front of fill.wgsl, stroke.wgsl and clear.wgsl.
//
// Pixels here are counted from the middle of the canvas, y up, so that one multiplication makes them clip space.

struct Place {
    // The middle of the canvas from the chunk's origin, drawing units, as a sum of two: f32 alone is too coarse far from
    // the origin, and subtracting first the large part and then the rest is exact.
    center_high: vec2f,
    center_low: vec2f,
    half_size_px: vec2f,
    px_per_unit: f32,
    // 0 where lineweights are off.
    px_per_mm: f32,
    // The thinnest stroke.
    hairline_px: f32,
    // Styles from this one on don't exist and are not painted.
    style_count: u32,
    // 1: everything is opaque black.
    ink: u32,
    unused: u32,
    // Premultiplied.
    background: vec4f,
}

@group(0) @binding(0) var<uniform> place: Place;
// One texel a style: colour as RGBA8, width in millimetres as bits of an f32, 1 where visible, 0. 256 styles a row. A texture
// and not a storage buffer, because every device has textures in its vertex shaders.
@group(0) @binding(1) var styles: texture_2d<u32>;

// Which of the two passes a pipeline belongs to: what is opaque is drawn first and writes depth, what is translucent
// after it and does not. A style belongs to one of them; in the other its corners collapse to one point.
override TRANSLUCENT: bool = false;

// One point for all corners, so that no pixel is covered.
const NOWHERE = vec4f(0.0, 0.0, 0.0, 1.0);

struct Style {
    color: vec4f,
    width_px: f32,
    painted: bool,
}

fn style_at(index: u32) -> Style {
    if index >= place.style_count {
        return Style(vec4f(0.0), 0.0, false);
    }
    let texel = textureLoad(styles, vec2u(index & 255u, index >> 8u), 0);
    var color = unpack4x8unorm(texel.x);
    if place.ink == 1u {
        color = vec4f(0.0, 0.0, 0.0, 1.0);
    }
    return Style(color, bitcast<f32>(texel.y) * place.px_per_mm, texel.z == 1u && (color.a < 1.0) == TRANSLUCENT);
}

fn to_px(at: vec2f) -> vec2f {
    return ((at - place.center_high) - place.center_low) * place.px_per_unit;
}

fn to_clip(px: vec2f, depth: f32) -> vec4f {
    return vec4f(px / place.half_size_px, depth, 1.0);
}
