//! CAD mathematics in f64: arcs and bulges, splines, nearest points, intersections.
