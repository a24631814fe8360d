//! The drawing that the desktop tests open: few things in colours that nothing else on the screen has.

use crate::picture::Colour;

/// A level wall, handle 1A.
pub const WALL: Colour = Colour(255, 0, 0);
/// An upright post far right of it, handle 1B.
pub const POST: Colour = Colour(0, 255, 0);

/// 100 by 60 units: the red wall at y = 45 from x = 10 to 60, the green post at x = 90, a frame in grey around both.
pub fn text() -> String {
    let line = |handle: &str, layer: &str, from: (f64, f64), to: (f64, f64)| {
        format!(
            "  0\nLINE\n  5\n{handle}\n  8\n{layer}\n 10\n{:?}\n 20\n{:?}\n 30\n0.0\n 11\n{:?}\n 21\n{:?}\n 31\n0.0\n",
            from.0, from.1, to.0, to.1
        )
    };
    let layer = |name: &str, colour: u8| format!("  0\nLAYER\n  2\n{name}\n 70\n0\n 62\n{colour}\n  6\nCONTINUOUS\n");
    let frame = [(0.0, 0.0), (100.0, 0.0), (100.0, 60.0), (0.0, 60.0), (0.0, 0.0)];
    let mut text =
        String::from("  0\nSECTION\n  2\nHEADER\n  9\n$ACADVER\n  1\nAC1009\n  9\n$HANDSEED\n  5\n100\n  0\nENDSEC\n");
    text += "  0\nSECTION\n  2\nTABLES\n  0\nTABLE\n  2\nLAYER\n 70\n4\n";
    text += &[layer("0", 7), layer("WALL", 1), layer("POST", 3), layer("FRAME", 8)].concat();
    text += "  0\nENDTAB\n  0\nENDSEC\n  0\nSECTION\n  2\nENTITIES\n";
    for (index, side) in frame.windows(2).enumerate() {
        text += &line(&format!("{:X}", 0x10 + index), "FRAME", side[0], side[1]);
    }
    text += &line("1A", "WALL", (10.0, 45.0), (60.0, 45.0));
    text += &line("1B", "POST", (90.0, 10.0), (90.0, 50.0));
    text + "  0\nENDSEC\n  0\nEOF\n"
}
