//! Drawings in and out of files without loss.
