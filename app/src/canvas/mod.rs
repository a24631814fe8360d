//! The canvas: what is seen of the drawing, and what the pointer does to it.

pub mod camera;
