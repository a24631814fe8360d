//! wgpu pipelines: the scene on a GPU.
