//! wgpu pipelines: the scene on a GPU.
//!
//! Floor 3. Takes the chunks of `scene` as they are (strokes, fills, a table of styles) and draws them into a texture that is
//! kept while nothing of the drawing changes; selections, locks and ghosts are a second layer, so that a moving cursor
//! redraws no drawing. The same [`Renderer`] draws in a window, inside somebody else's render pass, and without one
//! ([`picture`]).
//!
//! Four decisions shape it:
//!
//! - **Strokes are 28-byte instances.** The vertex shader makes each a quad of the width that its style has now, the fragment
//!   shader computes coverage, so zooming, lineweights and layers touch no vertex.
//! - **Order is depth.** What is drawn later in the drawing has the higher depth and wins, whatever order chunks are
//!   drawn in: opaque fills, opaque strokes, then what is translucent, which tests depth and writes none. Edges are blended,
//!   and a half covered pixel writes depth as a whole one does; strokes are therefore sorted inside a chunk and
//!   chunks among each other, which leaves only strokes of different chunks that cross the wrong way round with an edge that
//!   is less smooth for a pixel.
//! - **A slow GPU is a given.** A software rasteriser needs most of a second for a million strokes, so drawing has a
//!   budget a frame, what is already drawn is shown moved and scaled meanwhile, a pan draws only the strips that it
//!   uncovers and an edit only the rectangle that it touched, and each chunk carries thinned copies of itself for when it
//!   is small on screen.
//! - **Edges are smooth without several samples a pixel.** Strokes blend by coverage. Fills are multisampled on a GPU; a software
//!   rasteriser takes twice as long for that, and draws the outer edges of fills half a pixel wide instead.
//!
//! Deliberately absent: what a layer or an entity is, egui, text, threads, clocks. Positions are f64 up to the centre of the
//! view relative to a chunk's origin, and f32 from there.

mod chunk;
mod composite;
mod edges;
mod error;
mod kept;
mod layer;
mod outline;
mod overlay;
mod pack;
mod picture;
mod pipelines;
mod plan;
mod renderer;
mod styles;
mod thin;
mod view;

pub use error::RenderError;
pub use overlay::{Casing, OverlayId, OverlayPaint};
pub use pack::PackedChunk;
pub use picture::{Headless, Picture, picture};
pub use renderer::{Budget, Drawn, Progress, Renderer};
pub use view::View;
