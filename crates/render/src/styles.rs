//! The table of styles on the GPU: a small texture, of which only what changed is written.

use scene::PaintStyle;

/// Styles a row; place.wgsl counts on it.
const ROW: usize = 256;

/// A style as place.wgsl reads it.
type Texel = [u32; 4];

/// All styles, here and on the GPU.
pub(crate) struct StyleTable {
    styles: Vec<PaintStyle>,
    texels: Vec<Texel>,
    texture: wgpu::Texture,
    rows: u32,
}

impl StyleTable {
    /// A table without styles, in which nothing is painted.
    pub fn new(device: &wgpu::Device) -> StyleTable {
        StyleTable { styles: Vec::new(), texels: Vec::new(), texture: texture(device, 1), rows: 1 }
    }

    /// Makes this the table: whether anything differs, and whether it moved to another texture. What lies beyond what the longest
    /// texture of the device holds (2 million styles) is not painted.
    pub fn set(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, styles: &[PaintStyle]) -> Change {
        if self.styles == styles {
            return Change::None;
        }
        let rows_max = device.limits().max_texture_dimension_2d as usize;
        let styles = &styles[..styles.len().min(rows_max * ROW)];
        let texels: Vec<Texel> = styles.iter().map(texel).collect();
        let rows = texels.len().div_ceil(ROW).max(1) as u32;
        let moved = rows > self.rows;
        if moved {
            self.rows = rows.next_power_of_two().min(rows_max as u32);
            self.texture = texture(device, self.rows);
            self.texels.clear();
        }
        for (row, texels) in texels.chunks(ROW).enumerate() {
            let before = self.texels.chunks(ROW).nth(row).unwrap_or_default();
            if let Some((first, last)) = differing(before, texels) {
                write(queue, &self.texture, row as u32, first as u32, &texels[first..=last]);
            }
        }
        self.styles = styles.to_vec();
        self.texels = texels;
        if moved { Change::Moved } else { Change::Written }
    }

    pub fn len(&self) -> u32 {
        self.styles.len() as u32
    }

    pub fn get(&self, index: u32) -> Option<&PaintStyle> {
        self.styles.get(index as usize)
    }

    pub fn all(&self) -> &[PaintStyle] {
        &self.styles
    }

    pub fn view(&self) -> wgpu::TextureView {
        self.texture.create_view(&wgpu::TextureViewDescriptor::default())
    }
}

/// What setting the table did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It was the same table.
    None,
    /// Some texels were written.
    Written,
    /// It is another texture now, and must be bound again.
    Moved,
}

/// The first and the last texel of a row that differ from what it was.
fn differing(before: &[Texel], now: &[Texel]) -> Option<(usize, usize)> {
    let differs = |place: &usize| before.get(*place) != now.get(*place);
    Some(((0..now.len()).find(differs)?, (0..now.len()).rfind(differs)?))
}

fn texel(style: &PaintStyle) -> Texel {
    let [red, green, blue, alpha] = style.color.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
    let width_mm = if style.width_mm.is_finite() { style.width_mm.max(0.0) } else { 0.0 };
    [u32::from_le_bytes([red, green, blue, alpha]), width_mm.to_bits(), u32::from(is_visible(style)), 0]
}

/// Whether a style leaves any trace.
pub(crate) fn is_visible(style: &PaintStyle) -> bool {
    style.visible && style.color[3] > 0.0
}

/// Whether what is below it shows through; by what an 8 bit alpha makes of it, as the shader sees it.
pub(crate) fn is_translucent(style: &PaintStyle) -> bool {
    is_visible(style) && (style.color[3] * 255.0).round() < 255.0
}

fn texture(device: &wgpu::Device, rows: u32) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("styles"),
        size: wgpu::Extent3d { width: ROW as u32, height: rows, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba32Uint,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

fn write(queue: &wgpu::Queue, texture: &wgpu::Texture, row: u32, first: u32, texels: &[Texel]) {
    queue.write_texture(
        wgpu::TexelCopyTextureInfo {
            texture,
            mip_level: 0,
            origin: wgpu::Origin3d { x: first, y: row, z: 0 },
            aspect: wgpu::TextureAspect::All,
        },
        bytemuck::cast_slice(texels),
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(texels.len() as u32 * 16), rows_per_image: None },
        wgpu::Extent3d { width: texels.len() as u32, height: 1, depth_or_array_layers: 1 },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_written() {
        let style = PaintStyle { color: [1.0, 0.5, 0.0, 1.0], width_mm: 0.25, visible: true };
        let mut row = vec![texel(&style); 5];
        let before = row.clone();
        assert_eq!(differing(&before, &row), None);
        row[3] = texel(&PaintStyle { visible: false, ..style });
        assert_eq!(differing(&before, &row), Some((3, 3)));
        assert_eq!(differing(&before[..2], &row), Some((2, 4)));
        assert_eq!(differing(&[], &row), Some((0, 4)));
    }

    #[test]
    fn a_style_without_opacity_leaves_no_trace() {
        let style = PaintStyle { color: [1.0, 1.0, 1.0, 0.0], width_mm: f32::NAN, visible: true };
        assert_eq!(texel(&style)[1..], [0, 0, 0]);
        assert!(!is_translucent(&style));
    }
}
