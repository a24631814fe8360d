//! What can go wrong between a scene and its picture.

/// Why something was not drawn. Each message is a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No Vulkan or OpenGL, not even a software one.
    #[error("no graphics adapter was found, not even a software one (on Debian: mesa-vulkan-drivers): {0}")]
    NoAdapter(String),
    /// An adapter is there but gave no device.
    #[error("the graphics adapter {adapter} gave no device: {reason}")]
    NoDevice {
        /// The adapter's own name.
        adapter: String,
        /// What it said.
        reason: String,
    },
    /// The device refused the pipelines: it lacks something that drawing needs.
    #[error("the graphics device can't draw drawings: {0}")]
    Pipelines(String),
    /// A picture or a canvas that is larger than the device's textures, or empty.
    #[error("a picture of {width} x {height} pixels can't be drawn: each side must be 1 to {limit}")]
    Size {
        /// Asked width, pixels.
        width: u32,
        /// Asked height, pixels.
        height: u32,
        /// Longest side that the device has.
        limit: u32,
    },
    /// A view that shows nothing: not finite, or without a scale.
    #[error("a view must have a finite centre and a scale above zero")]
    View,
    /// One chunk needs a longer buffer than the device has.
    #[error("a chunk needs a buffer of {bytes} bytes and the device allows {limit}")]
    ChunkTooLarge {
        /// What it needs.
        bytes: u64,
        /// What the device allows.
        limit: u64,
    },
    /// The finished picture could not be read back.
    #[error("the picture could not be read back from the graphics device: {0}")]
    ReadBack(String),
}
