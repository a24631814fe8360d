//! Points in space and the object coordinate systems that plane entities of a DXF file are drawn in.

use kurbo::{Point, Vec2};
use serde::{Deserialize, Serialize};

/// A point in space, in drawing units. Linework looks from above: `z` is kept for the file's sake.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Point3 {
    /// East.
    pub x: f64,
    /// North.
    pub y: f64,
    /// Up, towards the viewer.
    pub z: f64,
}

impl Point3 {
    /// A point of three coordinates.
    pub const fn new(x: f64, y: f64, z: f64) -> Point3 {
        Point3 { x, y, z }
    }

    /// A point of the plane, at height 0.
    pub const fn flat(x: f64, y: f64) -> Point3 {
        Point3 { x, y, z: 0.0 }
    }

    /// The point as seen from above.
    pub const fn xy(self) -> Point {
        Point::new(self.x, self.y)
    }

    /// Whether all coordinates are numbers.
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite() && self.z.is_finite()
    }

    fn dot(self, other: Point3) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    fn cross(self, other: Point3) -> Point3 {
        Point3 {
            x: self.y * other.z - self.z * other.y,
            y: self.z * other.x - self.x * other.z,
            z: self.x * other.y - self.y * other.x,
        }
    }

    fn scaled(self, by: f64) -> Point3 {
        Point3 { x: self.x * by, y: self.y * by, z: self.z * by }
    }
}

impl From<Point> for Point3 {
    fn from(p: Point) -> Point3 {
        Point3::flat(p.x, p.y)
    }
}

impl std::ops::Add for Point3 {
    type Output = Point3;
    fn add(self, other: Point3) -> Point3 {
        Point3 { x: self.x + other.x, y: self.y + other.y, z: self.z + other.z }
    }
}

impl std::ops::Sub for Point3 {
    type Output = Point3;
    fn sub(self, other: Point3) -> Point3 {
        Point3 { x: self.x - other.x, y: self.y - other.y, z: self.z - other.z }
    }
}

/// The extrusion direction of a plane entity, which fixes its object coordinate system (OCS) by the arbitrary axis
/// algorithm of the DXF reference: the x axis is (0,0,1) x N if N lies within 1/64 of the z axis in both x and y,
/// by way of (0,1,0) x N; else (0,0,1) x N.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Extrusion(pub Point3);

impl Default for Extrusion {
    fn default() -> Extrusion {
        Extrusion::UP
    }
}

impl Extrusion {
    /// Towards the viewer: object and world coordinates are the same.
    pub const UP: Extrusion = Extrusion(Point3::new(0.0, 0.0, 1.0));

    /// Whether object and world coordinates are the same.
    pub fn is_up(self) -> bool {
        self == Extrusion::UP
    }

    /// The unit axes of the object coordinate system, in world coordinates. A direction without length counts as up.
    pub fn axes(self) -> [Point3; 3] {
        let length = self.0.dot(self.0).sqrt();
        if self.is_up() || !length.is_finite() || length < 1e-12 {
            return [Point3::new(1.0, 0.0, 0.0), Point3::new(0.0, 1.0, 0.0), Point3::new(0.0, 0.0, 1.0)];
        }
        let n = self.0.scaled(1.0 / length);
        let near_z = n.x.abs() < 1.0 / 64.0 && n.y.abs() < 1.0 / 64.0;
        let across = if near_z { Point3::new(0.0, 1.0, 0.0) } else { Point3::new(0.0, 0.0, 1.0) }.cross(n);
        let ax = across.scaled(1.0 / across.dot(across).sqrt());
        [ax, n.cross(ax), n]
    }

    /// World coordinates of a point given in object coordinates.
    pub fn to_world(self, p: Point3) -> Point3 {
        if self.is_up() {
            return p;
        }
        let [ax, ay, az] = self.axes();
        ax.scaled(p.x) + ay.scaled(p.y) + az.scaled(p.z)
    }

    /// Object coordinates of a point given in world coordinates.
    pub fn to_object(self, p: Point3) -> Point3 {
        if self.is_up() {
            return p;
        }
        let [ax, ay, az] = self.axes();
        Point3 { x: p.dot(ax), y: p.dot(ay), z: p.dot(az) }
    }

    /// A displacement in the world's plane, in object coordinates.
    pub fn displacement(self, by: Vec2) -> Point3 {
        self.to_object(Point3::flat(by.x, by.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_coordinates_round_trip() {
        for n in
            [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.3, -0.4, 0.5], [0.001, 0.001, 2.0], [0.0, 0.0, 0.0]]
        {
            let extrusion = Extrusion(Point3::new(n[0], n[1], n[2]));
            let p = Point3::new(3.0, -5.0, 7.0);
            let back = extrusion.to_object(extrusion.to_world(p));
            assert!((back - p).dot(back - p) < 1e-24, "{n:?}: {back:?}");
        }
    }

    #[test]
    fn an_entity_seen_from_behind_is_mirrored_in_x() {
        let behind = Extrusion(Point3::new(0.0, 0.0, -1.0));
        assert_eq!(behind.to_world(Point3::new(2.0, 3.0, 4.0)), Point3::new(-2.0, 3.0, -4.0));
    }
}
