//! What all pictures of a window share: threads, fonts, the graphics device.

use std::sync::{Arc, Mutex, PoisonError};

use render::Renderer;
use scene::Fonts;

use crate::link::Wake;
use crate::work::Pool;

/// What all pictures of a window share.
#[derive(Clone)]
pub struct Studio {
    /// Threads that tessellate.
    pub pool: Pool,
    /// Wakes the window.
    pub wake: Wake,
    /// Wakes it within a quarter of a second: for what is not the last of its kind.
    pub wake_soon: Wake,
    /// What texts are drawn with.
    pub fonts: Arc<Fonts>,
    /// The graphics device; none in a window without one.
    pub gpu: Option<Gpu>,
}

/// The graphics device of the window.
#[derive(Clone)]
pub struct Gpu {
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// What the window's passes draw into.
    pub format: wgpu::TextureFormat,
}

/// A renderer that another thread left in the middle of something is still sound: its parts are replaced whole.
pub fn lock(renderer: &Mutex<Renderer>) -> std::sync::MutexGuard<'_, Renderer> {
    renderer.lock().unwrap_or_else(PoisonError::into_inner)
}
