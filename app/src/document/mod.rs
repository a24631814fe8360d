//! One open drawing.

pub mod turn;
