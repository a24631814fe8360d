//! Text comes back as it was meant, whatever is in it.

use drawing::{EntityId, Op, Record, Shape};

use super::files::{Work, bytes_of, drawing_of, subject, with};

fn set(shape: &mut Shape, value: &str) {
    match shape {
        Shape::Text(text) => text.value = value.into(),
        Shape::MText(text) => text.value = value.into(),
        _ => panic!("a text"),
    }
}

/// A text is changed to `value`, and a new one made of it: both are saved and read again as `expect`.
fn check(bytes: Vec<u8>, value: &str, expect: &str) {
    let mut work = Work::on(bytes);
    let mut entity = work.subject();
    set(&mut entity.shape, value);
    let mut copy = entity.clone();
    (copy.id, copy.handle, copy.source) = (EntityId(work.current.id_max().0 + 1), None, None);
    work.apply(&Op::Batch(vec![Op::Change(vec![Record::Entity(entity.clone())]), Op::New(vec![Record::Entity(copy)])]));
    let saved = work.save();
    assert_eq!(saved.notes, Vec::<String>::new(), "{value:?}");
    let again = drawing_of(&saved.bytes);
    set(&mut entity.shape, expect);
    assert_eq!(subject(&again).expect("handle 30").shape, entity.shape, "{value:?}");
    let same = again.entities().filter(|each| each.shape == entity.shape).count();
    assert_eq!(same, 2, "{value:?}");
}

#[test]
fn line_ends_in_a_text_come_back() {
    check(bytes_of("text"), "two\nlines\r\nand a\ttab", "two\nlines\r\nand a\ttab");
    check(bytes_of("mtext"), "two\nlines\r\nof \u{df}", "two\\Plines\\Pof \u{df}");
    check(bytes_of("mtext"), "", "");
}

/// No letter is cut in two where a long text is cut into pieces, of however many bytes it is.
#[test]
fn long_texts_are_cut_between_letters() {
    for (page, letters) in
        [("ANSI_932", "図面"), ("ANSI_936", "图纸"), ("ANSI_949", "도면"), ("ANSI_950", "圖紙"), ("ANSI_1252", "Ø図")]
    {
        for shift in 0..2 {
            let value = "x".repeat(shift) + &letters.repeat(400);
            let bytes = with("mtext", "$DWGCODEPAGE\n  3\nANSI_1252\n", &format!("$DWGCODEPAGE\n  3\n{page}\n"));
            let mut work = Work::on(bytes.clone());
            let mut entity = work.subject();
            set(&mut entity.shape, &value);
            work.apply(&Op::Change(vec![Record::Entity(entity)]));
            let saved = work.save().bytes;
            let encoding = encoding_rs::Encoding::for_label(label(page)).expect("an encoding");
            let mut lines = saved.split(|byte| *byte == b'\n');
            while let (Some(code), Some(value)) = (lines.next(), lines.next()) {
                let whole = encoding.decode_without_bom_handling_and_without_replacement(value).is_some();
                assert!(whole || !matches!(code, b"  1" | b"  3"), "{page}: {value:?}");
                assert!(value.len() <= 255, "{page}");
            }
            check(bytes, &value, &value);
        }
    }
}

fn label(page: &str) -> &'static [u8] {
    match page {
        "ANSI_932" => b"shift_jis",
        "ANSI_936" => b"gbk",
        "ANSI_949" => b"euc-kr",
        "ANSI_950" => b"big5",
        _ => b"windows-1252",
    }
}
