//! Pictures of a running program, kept where somebody wants to look at them: `LINEWORK_SHOTS` names the folder.

use std::path::Path;

/// The folder's name, from the top of the project if it is a relative one.
const SHOTS: &str = "LINEWORK_SHOTS";

/// Whether somebody wants pictures.
pub fn are_wanted() -> bool {
    std::env::var_os(SHOTS).is_some()
}

/// Keeps a picture that came as a PNG file in base 64, if somebody wants pictures.
pub fn keep(name: &str, png: &str) {
    let Some(folder) = std::env::var_os(SHOTS) else { return };
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(folder);
    std::fs::create_dir_all(&folder).expect("the folder for pictures is made");
    std::fs::write(folder.join(format!("{name}.png")), from_base64(png)).expect("a picture is kept");
}

fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for digit in text.bytes().filter(|digit| *digit != b'=') {
        let value = DIGITS.iter().position(|each| *each == digit).expect("base 64");
        bits = bits << 6 | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}
