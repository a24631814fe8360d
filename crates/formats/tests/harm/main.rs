//! What could harm a drawing: each case is a small file, an edit, and exactly what becomes of it.

mod colors;
mod files;
mod handles;
mod reading;
