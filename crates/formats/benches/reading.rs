//! How fast a drawing is read and saved: `cargo bench -p formats`. The drawing is made here: 100,000 entities, four
//! kinds, as a program of the trade writes them.

use std::fmt::Write;
use std::ops::ControlFlow;

use divan::Bencher;
use divan::counter::BytesCount;
use drawing::{Drawing, Op, Record, Vec2};
use formats::{read, save};

fn main() {
    divan::main();
}

fn big_drawing() -> Vec<u8> {
    let mut text = String::from(
        "  0\nSECTION\n  2\nHEADER\n  9\n$ACADVER\n  1\nAC1027\n  9\n$HANDSEED\n  5\nFFFFF\n  0\nENDSEC\n",
    );
    text.push_str("  0\nSECTION\n  2\nENTITIES\n");
    for number in 0..100_000_u32 {
        let (x, y) = (f64::from(number % 317) * 12.503_17, f64::from(number / 317) * 9.127_53);
        let handle = 0x100 + number;
        let layer = number % 20;
        let outside = format!("  5\n{handle:X}\n330\n1F\n100\nAcDbEntity\n  8\nLAYER_{layer}\n");
        // Writing to a string can't fail.
        let _ = match number % 4 {
            0 => write!(
                text,
                "  0\nLINE\n{outside}100\nAcDbLine\n 10\n{x}\n 20\n{y}\n 30\n0.0\n 11\n{}\n 21\n{}\n 31\n0.0\n",
                x + 7.123_456_789,
                y + 3.987_654_321
            ),
            1 => write!(
                text,
                "  0\nCIRCLE\n{outside}100\nAcDbCircle\n 10\n{x}\n 20\n{y}\n 30\n0.0\n 40\n{}\n",
                2.5 + x / 1e4
            ),
            2 => write!(
                text,
                "  0\nTEXT\n{outside}100\nAcDbText\n 10\n{x}\n 20\n{y}\n 30\n0.0\n 40\n2.5\n  1\nRoom {number}\n100\nAcDbText\n"
            ),
            _ => write!(
                text,
                "  0\nLWPOLYLINE\n{outside}100\nAcDbPolyline\n 90\n4\n 70\n1\n 10\n{x}\n 20\n{y}\n 10\n{}\n 20\n{y}\n 42\n0.5\n 10\n{}\n 20\n{}\n 10\n{x}\n 20\n{}\n",
                x + 5.0,
                x + 5.0,
                y + 4.0,
                y + 4.0
            ),
        };
    }
    text.push_str("  0\nENDSEC\n  0\nEOF\n");
    text.into_bytes()
}

#[divan::bench(sample_count = 10)]
fn reading(bencher: Bencher) {
    let bytes = big_drawing();
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| read(&bytes, &mut |_| ControlFlow::Continue(())).expect("reads").drawing.entity_count());
}

/// The part of reading that is making the drawing of its records: indexes and hashes.
#[divan::bench(sample_count = 10)]
fn making_the_drawing(bencher: Bencher) {
    let bytes = big_drawing();
    let drawing = read(&bytes, &mut |_| ControlFlow::Continue(())).expect("reads").drawing;
    let records: Vec<Record> = drawing.records().cloned().collect();
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .with_inputs(|| records.clone())
        .bench_values(|records| Drawing::from_records(drawing.header().clone(), records).expect("is sound"));
}

#[divan::bench(sample_count = 10)]
fn saving_one_moved_entity(bencher: Bencher) {
    let bytes = big_drawing();
    let original = read(&bytes, &mut |_| ControlFlow::Continue(())).expect("reads").drawing;
    let mut current = original.clone();
    let ids = original.entities().take(1).map(|entity| entity.id).collect();
    current.apply(&Op::Translate { ids, by: Vec2::new(1.0, 2.0) }).expect("moves");
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| save(Some(&bytes), &original, &current).expect("saves").bytes.len());
}
