//! What a window shows.

use image::RgbImage;

/// A colour to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// How far a channel may be from the colour that is looked for: edges are anti-aliased.
const SPREAD: u8 = 40;

impl Colour {
    fn is_near(self, pixel: &image::Rgb<u8>) -> bool {
        let near = |a: u8, b: u8| a.abs_diff(b) <= SPREAD;
        near(pixel[0], self.0) && near(pixel[1], self.1) && near(pixel[2], self.2)
    }
}

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
        let (mut count, mut sum, mut bounds) = (0, (0.0, 0.0), (u32::MAX, u32::MAX, 0, 0));
        for (x, y, pixel) in self.0.enumerate_pixels() {
            let inside = x >= area.0 && y >= area.1 && x < area.2 && y < area.3;
            if inside && colour.is_near(pixel) {
                count += 1;
                sum = (sum.0 + f64::from(x), sum.1 + f64::from(y));
                bounds = (bounds.0.min(x), bounds.1.min(y), bounds.2.max(x), bounds.3.max(y));
            }
        }
        let center = (sum.0 / f64::from(count), sum.1 / f64::from(count));
        (count >= least.max(1)).then_some(Found { count, center, bounds })
    }

    /// The row with the most pixels of any of these colours inside the area: how far down it is, and where its middle
    /// is. None if no row has `least`.
    pub fn level_line(&self, colours: &[Colour], area: (u32, u32, u32, u32), least: u32) -> Option<(f64, f64)> {
        let rows = area.1..area.3.min(self.0.height());
        let row = |y| {
            let xs = (area.0..area.2.min(self.0.width())).filter(move |x| {
                let pixel = self.0.get_pixel(*x, y);
                colours.iter().any(|colour| colour.is_near(pixel))
            });
            xs.fold((0, 0), |(count, sum), x| (count + 1, sum + x))
        };
        let (count, sum, y) = rows.map(|y| (row(y).0, row(y).1, y)).max_by_key(|(count, _, _)| *count)?;
        (count >= least).then(|| (f64::from(sum) / f64::from(count), f64::from(y)))
    }
}
