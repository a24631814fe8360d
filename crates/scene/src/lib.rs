//! Entities to triangles and lines: chunks, spatial index, picking, snapping.
