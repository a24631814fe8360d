//! The pipelines and the shapes of what they are bound to.

use std::num::NonZeroU64;

use crate::RenderError;

/// Format of the kept picture and of the overlay: sRGB values as they are, blended as they are, as egui does.
pub(crate) const PICTURE_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// Format of draw order.
pub(crate) const DEPTH_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;

/// Bytes from one entry of a uniform buffer to the next: what every device can address.
pub(crate) const UNIFORM_STRIDE: u64 = 256;

const PLACE_WGSL: &str = include_str!("place.wgsl");

/// All pipelines. Made once; cheap to bind.
pub(crate) struct Pipelines {
    pub clear: wgpu::RenderPipeline,
    pub fills: wgpu::RenderPipeline,
    pub edges: wgpu::RenderPipeline,
    pub strokes: wgpu::RenderPipeline,
    pub translucent_fills: wgpu::RenderPipeline,
    pub translucent_edges: wgpu::RenderPipeline,
    pub translucent_strokes: wgpu::RenderPipeline,
    pub overlay_strokes: wgpu::RenderPipeline,
    pub overlay_fills: wgpu::RenderPipeline,
    /// Of ghosts: where their pieces overlap they don't add up.
    pub ghost_strokes: wgpu::RenderPipeline,
    pub ghost_fills: wgpu::RenderPipeline,
    /// Of outlines, which read chunks as they are.
    pub outline_strokes: wgpu::RenderPipeline,
    pub outline_fills: wgpu::RenderPipeline,
    pub composite: wgpu::RenderPipeline,
    pub place_layout: wgpu::BindGroupLayout,
    pub paint_layout: wgpu::BindGroupLayout,
    pub composite_layout: wgpu::BindGroupLayout,
    pub sampler: wgpu::Sampler,
}

/// What differs between pipelines.
#[derive(Clone, Copy)]
struct Recipe<'a> {
    label: &'a str,
    layout: &'a wgpu::BindGroupLayout,
    module: &'a wgpu::ShaderModule,
    vertex: &'a str,
    fragment: &'a str,
    constants: &'a [(&'a str, f64)],
    buffer: Option<&'a wgpu::VertexBufferLayout<'a>>,
    strip: bool,
    /// None: no depth at all.
    depth: Option<(wgpu::CompareFunction, bool)>,
    samples: u32,
    format: wgpu::TextureFormat,
    blend: Option<wgpu::BlendState>,
}

const CORNER: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: 16,
    step_mode: wgpu::VertexStepMode::Vertex,
    attributes: &wgpu::vertex_attr_array![0 => Float32x2, 1 => Uint32, 2 => Float32],
};

const SEGMENT: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: 28,
    step_mode: wgpu::VertexStepMode::Instance,
    attributes: &wgpu::vertex_attr_array![0 => Float32x2, 1 => Float32x2, 2 => Uint32, 3 => Float32, 4 => Float32],
};

const OVERLAY_SEGMENT: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: 20,
    step_mode: wgpu::VertexStepMode::Instance,
    attributes: &wgpu::vertex_attr_array![0 => Float32x2, 1 => Float32x2, 2 => Float32],
};

const OVERLAY_CORNER: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: 8,
    step_mode: wgpu::VertexStepMode::Vertex,
    attributes: &wgpu::vertex_attr_array![0 => Float32x2],
};

/// Strokes of a chunk as an overlay reads them: each begins its dashes anew.
const OUTLINE_SEGMENT: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: 28,
    step_mode: wgpu::VertexStepMode::Instance,
    attributes: &[
        wgpu::VertexAttribute { format: wgpu::VertexFormat::Float32x2, offset: 0, shader_location: 0 },
        wgpu::VertexAttribute { format: wgpu::VertexFormat::Float32x2, offset: 8, shader_location: 1 },
        // The depth: one for all pieces of a stroke.
        wgpu::VertexAttribute { format: wgpu::VertexFormat::Float32, offset: 20, shader_location: 2 },
    ],
};

const OUTLINE_CORNER: wgpu::VertexBufferLayout<'static> = wgpu::VertexBufferLayout {
    array_stride: 16,
    step_mode: wgpu::VertexStepMode::Vertex,
    attributes: &wgpu::vertex_attr_array![0 => Float32x2],
};

/// The larger of what is there and what comes, so that a ghost has one opacity everywhere.
const MAX_BLEND: wgpu::BlendState = wgpu::BlendState {
    color: wgpu::BlendComponent {
        src_factor: wgpu::BlendFactor::One,
        dst_factor: wgpu::BlendFactor::One,
        operation: wgpu::BlendOperation::Max,
    },
    alpha: wgpu::BlendComponent {
        src_factor: wgpu::BlendFactor::One,
        dst_factor: wgpu::BlendFactor::One,
        operation: wgpu::BlendOperation::Max,
    },
};

impl Pipelines {
    /// Compiles everything for a target; `samples` are of the kept picture.
    pub fn new(
        device: &wgpu::Device,
        target_format: wgpu::TextureFormat,
        samples: u32,
    ) -> Result<Pipelines, RenderError> {
        // Without a scope a device that lacks something would end the process.
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let pipelines = Pipelines::compile(device, target_format, samples);
        match pollster::block_on(scope.pop()) {
            Some(error) => Err(RenderError::Pipelines(error.to_string())),
            None => Ok(pipelines),
        }
    }

    fn compile(device: &wgpu::Device, target_format: wgpu::TextureFormat, samples: u32) -> Pipelines {
        let place_layout = layout(device, "place", &[uniform(0, true, 64), texture(1, wgpu::TextureSampleType::Uint)]);
        let paint_layout = layout(device, "overlay paint", &[uniform(0, true, 64)]);
        let float = wgpu::TextureSampleType::Float { filterable: true };
        let sampler_entry = wgpu::BindGroupLayoutEntry {
            binding: 3,
            visibility: wgpu::ShaderStages::FRAGMENT,
            ty: wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
            count: None,
        };
        let composite_layout =
            layout(device, "composite", &[uniform(0, false, 64), texture(1, float), texture(2, float), sampler_entry]);

        let clear = module(device, "clear", &[PLACE_WGSL, include_str!("clear.wgsl")]);
        let fill = module(device, "fill", &[PLACE_WGSL, include_str!("fill.wgsl")]);
        let stroke = module(device, "stroke", &[PLACE_WGSL, include_str!("stroke.wgsl")]);
        let overlay = module(device, "overlay", &[include_str!("overlay.wgsl")]);
        let composite = module(device, "composite", &[include_str!("composite.wgsl")]);

        let over = Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING);
        let opaque = Recipe {
            label: "fills",
            layout: &place_layout,
            module: &fill,
            vertex: "corner",
            fragment: "color",
            constants: &[],
            buffer: Some(&CORNER),
            strip: false,
            // Equal too: pieces of one stroke have one depth and meet each other.
            depth: Some((wgpu::CompareFunction::GreaterEqual, true)),
            samples,
            format: PICTURE_FORMAT,
            blend: None,
        };
        let strokes = Recipe {
            label: "strokes",
            module: &stroke,
            vertex: "quad",
            buffer: Some(&SEGMENT),
            strip: true,
            blend: over,
            ..opaque
        };
        let edges = Recipe { label: "edges", constants: &[("EDGE", 1.0)], ..strokes };
        let translucent = &[("TRANSLUCENT", 1.0)];
        let translucent_edge = &[("TRANSLUCENT", 1.0), ("EDGE", 1.0)];
        let unwritten = Some((wgpu::CompareFunction::GreaterEqual, false));
        let overlay_strokes = Recipe {
            label: "overlay strokes",
            layout: &paint_layout,
            module: &overlay,
            buffer: Some(&OVERLAY_SEGMENT),
            depth: None,
            samples: 1,
            ..strokes
        };
        let overlay_fills = Recipe {
            label: "overlay fills",
            vertex: "corner",
            fragment: "fill",
            buffer: Some(&OVERLAY_CORNER),
            strip: false,
            ..overlay_strokes
        };

        Pipelines {
            clear: pipeline(
                device,
                &Recipe {
                    label: "clear",
                    module: &clear,
                    buffer: None,
                    depth: Some((wgpu::CompareFunction::Always, true)),
                    ..opaque
                },
            ),
            fills: pipeline(device, &opaque),
            edges: pipeline(device, &edges),
            strokes: pipeline(device, &strokes),
            translucent_fills: pipeline(
                device,
                &Recipe { label: "translucent fills", constants: translucent, depth: unwritten, blend: over, ..opaque },
            ),
            translucent_edges: pipeline(
                device,
                &Recipe { label: "translucent edges", constants: translucent_edge, depth: unwritten, ..edges },
            ),
            translucent_strokes: pipeline(
                device,
                &Recipe { label: "translucent strokes", constants: translucent, depth: unwritten, ..strokes },
            ),
            overlay_strokes: pipeline(device, &overlay_strokes),
            overlay_fills: pipeline(device, &overlay_fills),
            ghost_strokes: pipeline(
                device,
                &Recipe { label: "ghost strokes", blend: Some(MAX_BLEND), ..overlay_strokes },
            ),
            ghost_fills: pipeline(device, &Recipe { label: "ghost fills", blend: Some(MAX_BLEND), ..overlay_fills }),
            outline_strokes: pipeline(
                device,
                &Recipe { label: "outline strokes", buffer: Some(&OUTLINE_SEGMENT), ..overlay_strokes },
            ),
            outline_fills: pipeline(
                device,
                &Recipe { label: "outline fills", buffer: Some(&OUTLINE_CORNER), ..overlay_fills },
            ),
            composite: pipeline(
                device,
                &Recipe {
                    label: "composite",
                    layout: &composite_layout,
                    module: &composite,
                    constants: if target_format.is_srgb() { &[("TARGET_IS_SRGB", 1.0)] } else { &[] },
                    buffer: None,
                    depth: None,
                    samples: 1,
                    format: target_format,
                    blend: over,
                    ..opaque
                },
            ),
            place_layout,
            paint_layout,
            composite_layout,
            sampler: device.create_sampler(&wgpu::SamplerDescriptor {
                label: Some("kept picture"),
                mag_filter: wgpu::FilterMode::Linear,
                min_filter: wgpu::FilterMode::Linear,
                ..wgpu::SamplerDescriptor::default()
            }),
        }
    }
}

fn module(device: &wgpu::Device, label: &str, parts: &[&str]) -> wgpu::ShaderModule {
    device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(label),
        source: wgpu::ShaderSource::Wgsl(parts.join("\n").into()),
    })
}

fn layout(device: &wgpu::Device, label: &str, entries: &[wgpu::BindGroupLayoutEntry]) -> wgpu::BindGroupLayout {
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries })
}

fn uniform(binding: u32, dynamic: bool, size: u64) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset: dynamic,
            min_binding_size: NonZeroU64::new(size),
        },
        count: None,
    }
}

fn texture(binding: u32, sample_type: wgpu::TextureSampleType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
        ty: wgpu::BindingType::Texture {
            sample_type,
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        },
        count: None,
    }
}

fn pipeline(device: &wgpu::Device, recipe: &Recipe) -> wgpu::RenderPipeline {
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(recipe.label),
        bind_group_layouts: &[Some(recipe.layout)],
        immediate_size: 0,
    });
    let compilation_options =
        wgpu::PipelineCompilationOptions { constants: recipe.constants, ..wgpu::PipelineCompilationOptions::default() };
    let buffers: Vec<Option<wgpu::VertexBufferLayout>> = recipe.buffer.cloned().map(Some).into_iter().collect();
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(recipe.label),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: recipe.module,
            entry_point: Some(recipe.vertex),
            compilation_options: compilation_options.clone(),
            buffers: &buffers,
        },
        primitive: wgpu::PrimitiveState {
            topology: if recipe.strip {
                wgpu::PrimitiveTopology::TriangleStrip
            } else {
                wgpu::PrimitiveTopology::TriangleList
            },
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: recipe.depth.map(|(compare, write)| wgpu::DepthStencilState {
            format: DEPTH_FORMAT,
            depth_write_enabled: Some(write),
            depth_compare: Some(compare),
            stencil: wgpu::StencilState::default(),
            bias: wgpu::DepthBiasState::default(),
        }),
        multisample: wgpu::MultisampleState { count: recipe.samples, ..wgpu::MultisampleState::default() },
        fragment: Some(wgpu::FragmentState {
            module: recipe.module,
            entry_point: Some(recipe.fragment),
            compilation_options,
            targets: &[Some(wgpu::ColorTargetState {
                format: recipe.format,
                blend: recipe.blend,
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}
