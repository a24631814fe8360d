//! What a window shows.

use image::RgbImage;

/// A colour to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// How far a channel may be from the colour that is looked for: edges are anti-aliased.
const SPREAD: u8 = 40;

/// A window's picture.
pub struct Picture(pub RgbImage);

/// Where the pixels of a colour are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// How many.
    pub count: u32,
    /// Their middle.
    pub center: (f64, f64),
    /// Left, top, right, bottom.
    pub bounds: (u32, u32, u32, u32),
}

impl Picture {
    /// Where pixels of this colour are, if there are at least `least` of them inside the area left, top, right, bottom.
    pub fn find(&self, colour: Colour, area: (u32, u32, u32, u32), least: u32) -> Option<Found> {
        let near = |a: u8, b: u8| a.abs_diff(b) <= SPREAD;
        let (mut count, mut sum, mut bounds) = (0, (0.0, 0.0), (u32::MAX, u32::MAX, 0, 0));
        for (x, y, pixel) in self.0.enumerate_pixels() {
            let inside = x >= area.0 && y >= area.1 && x < area.2 && y < area.3;
            if inside && near(pixel[0], colour.0) && near(pixel[1], colour.1) && near(pixel[2], colour.2) {
                count += 1;
                sum = (sum.0 + f64::from(x), sum.1 + f64::from(y));
                bounds = (bounds.0.min(x), bounds.1.min(y), bounds.2.max(x), bounds.3.max(y));
            }
        }
        let center = (sum.0 / f64::from(count), sum.1 / f64::from(count));
        (count >= least.max(1)).then_some(Found { count, center, bounds })
    }
}
