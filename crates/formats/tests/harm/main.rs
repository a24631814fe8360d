//! What could harm a drawing: each case is a small file, an edit, and exactly what becomes of it.

mod colors;
mod files;
mod handles;
mod pieces;
mod reading;
mod references;
mod texts;
mod turns;
