// Puts the kept picture of the drawing, moved and scaled where it is older than the view, and the overlay on it, into
// whatever is being painted.

struct Composite {
    // A place in the kept picture = a place in the viewport * scale + offset; both 0 to 1 from the upper left corner.
    scale: vec2f,
    offset: vec2f,
    // The same for the overlay.
    overlay_scale: vec2f,
    overlay_offset: vec2f,
    // Premultiplied; shown where the kept picture does not reach.
    background: vec4f,
    // 1 where there is anything in the overlay.
    has_overlay: u32,
}

@group(0) @binding(0) var<uniform> composite: Composite;
@group(0) @binding(1) var drawing: texture_2d<f32>;
@group(0) @binding(2) var overlay: texture_2d<f32>;
@group(0) @binding(3) var smooth_sampler: sampler;

// Whether the target turns linear colours to sRGB by itself: colours here are sRGB already.
override TARGET_IS_SRGB: bool = false;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) at: vec2f,
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> Corner {
    let at = vec2f(f32(index & 1u), f32(index >> 1u)) * 2.0;
    return Corner(vec4f(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0), at);
}

@fragment
fn color(in: Corner) -> @location(0) vec4f {
    let at = in.at * composite.scale + composite.offset;
    var out = composite.background;
    if all(at >= vec2f(0.0)) && all(at <= vec2f(1.0)) {
        out = textureSampleLevel(drawing, smooth_sampler, at, 0.0);
    }
    if composite.has_overlay == 1u {
        let place = in.at * composite.overlay_scale + composite.overlay_offset;
        if all(place >= vec2f(0.0)) && all(place <= vec2f(1.0)) {
            let over = textureSampleLevel(overlay, smooth_sampler, place, 0.0);
            out = over + out * (1.0 - over.a);
        }
    }
    if TARGET_IS_SRGB {
        out = vec4f(linear(out.rgb), out.a);
    }
    return out;
}

// sRGB to linear, IEC 61966-2-1.
fn linear(color: vec3f) -> vec3f {
    let low = color / 12.92;
    let high = pow((color + 0.055) / 1.055, vec3f(2.4));
    return select(high, low, color <= vec3f(0.04045));
}
