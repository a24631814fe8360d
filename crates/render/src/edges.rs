//! The outer edges of filled triangles. Where a pixel has one sample they are drawn as half a pixel of fading colour outside
//! the fill, and text is readable on a software rasteriser.

use scene::{FillVertex, Segment};

/// Two ends, in an order that both of the triangles that share an edge agree on.
type Key = [[u32; 2]; 2];

/// The edges that only one of the triangles has, in order of depth, each with its triangle on its left (x right, y up).
/// Edges are compared by place, so that shapes need not share corners. Every index must have its corner.
pub(crate) fn outer_edges(corners: &[FillVertex], triangles: &[[u32; 3]]) -> Vec<Segment> {
    let mut edges: Vec<(Key, Segment)> = Vec::with_capacity(triangles.len() * 3);
    for triangle in triangles {
        let [a, b, c] = triangle.map(|corner| corners[corner as usize]);
        let area = (b.at[0] - a.at[0]) * (c.at[1] - a.at[1]) - (b.at[1] - a.at[1]) * (c.at[0] - a.at[0]);
        if area == 0.0 || !area.is_finite() {
            continue;
        }
        let (b, c) = if area > 0.0 { (b, c) } else { (c, b) };
        for (from, to) in [(a, b), (b, c), (c, a)] {
            let [from_bits, to_bits] = [from, to].map(|corner| corner.at.map(f32::to_bits));
            let key = if from_bits <= to_bits { [from_bits, to_bits] } else { [to_bits, from_bits] };
            edges.push((key, Segment { a: from.at, b: to.at, style: a.style, depth: a.depth, width: 0.0 }));
        }
    }
    // Depths are positive, so their bits are in their order.
    edges.sort_unstable_by_key(|(key, edge)| (edge.depth.to_bits(), edge.style, *key));
    edges
        .chunk_by(|(a_key, a), (b_key, b)| a_key == b_key && a.style == b.style && a.depth == b.depth)
        .filter(|same| same.len() == 1)
        .map(|same| same[0].1)
        .collect()
}

#[cfg(test)]
mod tests {
    use scene::StyleIndex;

    use super::*;

    #[test]
    fn what_two_triangles_share_is_inside() {
        let at = |x, y| FillVertex { at: [x, y], style: StyleIndex(0), depth: 0.5 };
        // A square whose triangles turn opposite ways and share no corner, and a triangle without area.
        let corners =
            [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 0.0), at(0.0, 1.0), at(1.0, 1.0), at(0.5, 0.5)];
        let edges = outer_edges(&corners, &[[0, 1, 2], [3, 4, 5], [0, 6, 2]]);
        assert_eq!(edges.len(), 4);
        for edge in edges {
            let to_middle = [0.5 - edge.a[0], 0.5 - edge.a[1]];
            let along = [edge.b[0] - edge.a[0], edge.b[1] - edge.a[1]];
            assert!(along[0] * to_middle[1] - along[1] * to_middle[0] > 0.0, "the square is on the left of {edge:?}");
        }
    }
}
