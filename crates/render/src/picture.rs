//! Pictures without a window.

use scene::{ChunkId, ChunkMesh, PaintStyle};

use crate::{Budget, Progress, RenderError, Renderer, View, pipelines::PICTURE_FORMAT};

/// A device without a window or a display: for pictures, thumbnails, tests and measurements. Making one takes some tens of
/// milliseconds, so make several pictures with one.
pub struct Headless {
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// What draws, by its own name.
    pub adapter: String,
}

/// Pixels of a picture, row by row from the upper left corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Red, green, blue, opacity of each pixel; sRGB, not premultiplied.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// One pixel from the upper left corner; none outside.
    pub fn at(&self, x: u32, y: u32) -> Option<[u8; 4]> {
        if x >= self.width {
            return None;
        }
        let first = (y as usize * self.width as usize + x as usize) * 4;
        self.rgba.get(first..first + 4).and_then(|pixel| pixel.try_into().ok())
    }
}

/// Draws chunks into a picture, with four samples a pixel on every device.
///
/// # Errors
///
/// See [`Headless::new`] and [`Headless::picture`].
pub fn picture(
    chunks: impl IntoIterator<Item = (ChunkId, ChunkMesh)>,
    styles: &[PaintStyle],
    view: &View,
) -> Result<Picture, RenderError> {
    Headless::new()?.picture(chunks, styles, view)
}

impl Headless {
    /// Finds something that draws: a GPU by Vulkan or OpenGL, else software. `WGPU_BACKEND` chooses between them.
    ///
    /// # Errors
    ///
    /// [`RenderError::NoAdapter`] or [`RenderError::NoDevice`].
    pub fn new() -> Result<Headless, RenderError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
        let ask = |force_fallback_adapter| {
            pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                force_fallback_adapter,
                ..wgpu::RequestAdapterOptions::default()
            }))
        };
        let adapter = ask(false).or_else(|_| ask(true)).map_err(|error| RenderError::NoAdapter(error.to_string()))?;
        let info = adapter.get_info();
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("headless"),
            // What the adapter has: a picture may be larger than the default allows.
            required_limits: wgpu::Limits::downlevel_defaults().using_resolution(adapter.limits()),
            ..wgpu::DeviceDescriptor::default()
        }))
        .map_err(|error| RenderError::NoDevice { adapter: info.name.clone(), reason: error.to_string() })?;
        Ok(Headless { device, queue, adapter: format!("{} ({})", info.name, info.backend) })
    }

    /// A renderer for pictures, with four samples a pixel on every device.
    ///
    /// # Errors
    ///
    /// What [`Renderer::with_samples`] says.
    pub fn renderer(&self) -> Result<Renderer, RenderError> {
        Renderer::with_samples(&self.device, &self.queue, PICTURE_FORMAT, 4)
    }

    /// Draws chunks into a picture, with four samples a pixel on every device.
    ///
    /// # Errors
    ///
    /// What [`Renderer::with_samples`], [`Renderer::upload`], [`Renderer::prepare`] and [`Headless::read`] say.
    pub fn picture(
        &self,
        chunks: impl IntoIterator<Item = (ChunkId, ChunkMesh)>,
        styles: &[PaintStyle],
        view: &View,
    ) -> Result<Picture, RenderError> {
        let mut renderer = self.renderer()?;
        renderer.set_styles(&self.device, &self.queue, styles);
        for (id, mesh) in chunks {
            renderer.upload(&self.device, &self.queue, id, &mesh)?;
        }
        self.picture_of(&mut renderer, view)
    }

    /// Draws the chunks of a renderer, without its overlay, into a picture: several of the same chunks need one renderer.
    ///
    /// # Errors
    ///
    /// What [`Renderer::prepare`] and [`Headless::read`] say.
    pub fn picture_of(&self, renderer: &mut Renderer, view: &View) -> Result<Picture, RenderError> {
        self.picture_within(renderer, view, Budget::ALL)
    }

    /// The same in pieces of this budget, each awaited: between them a window on the same device draws its frames.
    ///
    /// # Errors
    ///
    /// What [`Renderer::prepare`] and [`Headless::read`] say.
    pub fn picture_within(&self, renderer: &mut Renderer, view: &View, budget: Budget) -> Result<Picture, RenderError> {
        // Each piece draws something, or the budget allows nothing.
        let budget = Budget { strokes: budget.strokes.max(1) };
        loop {
            let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            let drawn = renderer.prepare(&self.device, &self.queue, &mut encoder, view, budget)?;
            let submission_index = Some(self.queue.submit([encoder.finish()]));
            if drawn.progress == Progress::Finished {
                break;
            }
            let piece = wgpu::PollType::Wait { submission_index, timeout: None };
            self.device.poll(piece).map_err(|error| RenderError::ReadBack(error.to_string()))?;
        }
        match renderer.finished() {
            Some(texture) => self.read(texture),
            None => Err(RenderError::ReadBack("nothing was drawn".into())),
        }
    }

    /// Draws what a renderer shows, overlay and all, into a picture. The renderer's target format must be `Rgba8Unorm`.
    ///
    /// # Errors
    ///
    /// What [`Headless::read`] says.
    pub fn shown(&self, renderer: &Renderer, size_px: [u32; 2]) -> Result<Picture, RenderError> {
        let texture = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("shown"),
            size: wgpu::Extent3d { width: size_px[0], height: size_px[1], depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: PICTURE_FORMAT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("shown"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Store,
                },
            })],
            depth_stencil_attachment: None,
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        });
        renderer.paint(&mut pass);
        drop(pass);
        self.queue.submit([encoder.finish()]);
        self.read(&texture)
    }

    /// Reads a texture of format `Rgba8Unorm` back; waits for what is being drawn.
    ///
    /// # Errors
    ///
    /// [`RenderError::ReadBack`] if the device is lost or the picture exceeds its longest buffer.
    pub fn read(&self, texture: &wgpu::Texture) -> Result<Picture, RenderError> {
        let failed = |reason: &dyn std::fmt::Display| RenderError::ReadBack(reason.to_string());
        let (width, height) = (texture.width(), texture.height());
        let row_bytes = width * 4;
        let row_stride = row_bytes.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let size = u64::from(row_stride) * u64::from(height);
        if size > self.device.limits().max_buffer_size {
            return Err(failed(&format!("{width} x {height} pixels need a buffer of {size} bytes")));
        }
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size,
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(row_stride),
                    rows_per_image: None,
                },
            },
            texture.size(),
        );
        self.queue.submit([encoder.finish()]);
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            // Nobody listens only if waiting failed, which is reported there.
            let _ = sender.send(result);
        });
        self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| failed(&error))?;
        receiver.recv().map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
        let bytes = buffer.get_mapped_range(..).map_err(|error| failed(&error))?;
        let rgba = bytes.chunks(row_stride as usize).flat_map(|row| &row[..row_bytes as usize]).copied().collect();
        let mut picture = Picture { width, height, rgba };
        divide_by_opacity(&mut picture.rgba);
        Ok(picture)
    }
}

/// Premultiplied to straight colours.
fn divide_by_opacity(rgba: &mut [u8]) {
    for pixel in rgba.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        if alpha != 0 && alpha != 255 {
            for channel in &mut pixel[..3] {
                *channel = ((u32::from(*channel) * 255 + alpha / 2) / alpha).min(255) as u8;
            }
        }
    }
}
