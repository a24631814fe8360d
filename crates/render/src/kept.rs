//! The pictures that are kept: the finished one that is shown, the one being drawn, and the overlay.

use crate::{pipelines::DEPTH_FORMAT, pipelines::PICTURE_FORMAT};

/// Textures of one canvas size.
pub(crate) struct Kept {
    pub size_px: [u32; 2],
    /// The last finished picture.
    pub front: Sheet,
    /// The one being drawn.
    pub back: Sheet,
    pub overlay: Sheet,
    /// What lies lowest in the overlay and is dear; made when there is any.
    pub outlines: Option<Sheet>,
    pub depth: wgpu::TextureView,
    /// What is drawn into where there are several samples a pixel; it resolves into the back.
    pub samples: Option<wgpu::TextureView>,
}

/// One picture.
pub(crate) struct Sheet {
    pub texture: wgpu::Texture,
    pub view: wgpu::TextureView,
}

impl Kept {
    pub fn new(device: &wgpu::Device, size_px: [u32; 2], samples: u32) -> Kept {
        let depth = texture(device, "depth", size_px, samples, DEPTH_FORMAT, wgpu::TextureUsages::RENDER_ATTACHMENT);
        let many = (samples > 1).then(|| {
            texture(device, "samples", size_px, samples, PICTURE_FORMAT, wgpu::TextureUsages::RENDER_ATTACHMENT)
        });
        Kept {
            size_px,
            front: sheet(device, "kept picture", size_px),
            back: sheet(device, "picture being drawn", size_px),
            overlay: sheet(device, "overlay", size_px),
            outlines: None,
            depth: depth.create_view(&wgpu::TextureViewDescriptor::default()),
            samples: many.map(|texture| texture.create_view(&wgpu::TextureViewDescriptor::default())),
        }
    }

    /// What is drawn into, and what that resolves into.
    pub fn target(&self) -> (&wgpu::TextureView, Option<&wgpu::TextureView>) {
        match &self.samples {
            Some(samples) => (samples, Some(&self.back.view)),
            None => (&self.back.view, None),
        }
    }

    /// Where outlines are drawn.
    pub fn outlines(&mut self, device: &wgpu::Device) -> &Sheet {
        self.outlines.get_or_insert_with(|| sheet(device, "outlines", self.size_px))
    }

    /// Starts the back with what the front shows, moved right and down by whole pixels, less than its size.
    pub fn copy_front(&self, encoder: &mut wgpu::CommandEncoder, [right, down]: [i64; 2]) {
        let [width, height] = self.size_px;
        // Where it is read and where it goes to along one side, and how long.
        let along = |shift: i64, side: u32| {
            let by = shift.unsigned_abs().min(u64::from(side)) as u32;
            if shift >= 0 { (0, by, side - by) } else { (by, 0, side - by) }
        };
        let ((from_x, to_x, width), (from_y, to_y, height)) = (along(right, width), along(down, height));
        if width == 0 || height == 0 {
            return;
        }
        let place = |texture, x, y| wgpu::TexelCopyTextureInfo {
            texture,
            mip_level: 0,
            origin: wgpu::Origin3d { x, y, z: 0 },
            aspect: wgpu::TextureAspect::All,
        };
        encoder.copy_texture_to_texture(
            place(&self.front.texture, from_x, from_y),
            place(&self.back.texture, to_x, to_y),
            wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        );
    }
}

fn sheet(device: &wgpu::Device, label: &str, size_px: [u32; 2]) -> Sheet {
    let usage = wgpu::TextureUsages::RENDER_ATTACHMENT
        | wgpu::TextureUsages::TEXTURE_BINDING
        | wgpu::TextureUsages::COPY_SRC
        | wgpu::TextureUsages::COPY_DST;
    let texture = texture(device, label, size_px, 1, PICTURE_FORMAT, usage);
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    Sheet { texture, view }
}

fn texture(
    device: &wgpu::Device,
    label: &str,
    [width, height]: [u32; 2],
    samples: u32,
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: samples,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    })
}
