//! Text of a drawing file to Unicode and back.
//!
//! Files from AC1021 (2007) on are UTF-8; older ones are in the code page that `$DWGCODEPAGE` names, with `\U+XXXX`
//! and `\M+nXXXX` for what it lacks. Files that name none are guessed at: UTF-8 if they are sound UTF-8, else Shift-JIS
//! if everything in them is sound Shift-JIS, else the western code page.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// The encoding of a file's text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Charset {
    encoding: &'static Encoding,
    /// Tried where the text is not sound in `encoding`.
    fallback: &'static Encoding,
}

impl Charset {
    /// From the version and code page of a header; `bytes` is the file, looked at only where those don't say. The
    /// second value says that this was a guess.
    pub fn of(version: &str, code_page: &str, bytes: &[u8]) -> (Charset, bool) {
        let named = encoding_named(code_page);
        if version >= "AC1021" {
            let fallback = named.unwrap_or(encoding_rs::WINDOWS_1252);
            return (Charset { encoding: encoding_rs::UTF_8, fallback }, false);
        }
        if let Some(encoding) = named {
            return (Charset { encoding, fallback: encoding_rs::WINDOWS_1252 }, false);
        }
        let encoding = if std::str::from_utf8(bytes).is_ok() {
            encoding_rs::UTF_8
        } else if looks_like_shift_jis(bytes) {
            encoding_rs::SHIFT_JIS
        } else {
            encoding_rs::WINDOWS_1252
        };
        (Charset { encoding, fallback: encoding_rs::WINDOWS_1252 }, !bytes.is_ascii())
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        self.encoding.name()
    }

    /// The Unicode text of a value, escapes resolved.
    pub fn decode(self, value: &[u8]) -> String {
        let text = match std::str::from_utf8(value) {
            Ok(text) if self.encoding == encoding_rs::UTF_8 || value.is_ascii() => Cow::Borrowed(text),
            _ => {
                let sound = self.encoding.decode_without_bom_handling_and_without_replacement(value);
                sound.unwrap_or_else(|| self.fallback.decode_without_bom_handling(value).0)
            }
        };
        if text.contains("\\U+") || text.contains("\\M+") { unescape(&text) } else { text.into_owned() }
    }

    /// The bytes of a text: what the encoding lacks, and what would end the line, as `\U+XXXX`.
    pub fn encode(self, text: &str) -> Vec<u8> {
        if text.contains(is_line_end) {
            let escaped = |letter: char| format!("\\U+{:04X}", u32::from(letter));
            let letters = text.chars();
            let text: String =
                letters.map(|letter| if is_line_end(letter) { escaped(letter) } else { letter.into() }).collect();
            return self.encode(&text);
        }
        if text.is_ascii() || self.encoding == encoding_rs::UTF_8 {
            return text.as_bytes().to_vec();
        }
        let mut out = Vec::with_capacity(text.len());
        for letter in text.chars() {
            let mut buffer = [0; 4];
            let one = letter.encode_utf8(&mut buffer);
            let (bytes, _, lacking) = self.encoding.encode(one);
            if lacking {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    out.extend_from_slice(format!("\\U+{unit:04X}").as_bytes());
                }
            } else {
                out.extend_from_slice(&bytes);
            }
        }
        out
    }
}

/// Letters that can't stand in a line of a file.
fn is_line_end(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\0')
}

/// The encoding of a `$DWGCODEPAGE`; none for an empty, unknown or plain ASCII one.
fn encoding_named(code_page: &str) -> Option<&'static Encoding> {
    let name = code_page.to_ascii_lowercase();
    let number = name.strip_prefix("ansi_").or_else(|| name.strip_prefix("dos")).unwrap_or(&name);
    Some(match number {
        "874" => encoding_rs::WINDOWS_874,
        "932" => encoding_rs::SHIFT_JIS,
        "936" => encoding_rs::GBK,
        "949" => encoding_rs::EUC_KR,
        "950" => encoding_rs::BIG5,
        "866" => encoding_rs::IBM866,
        "1250" => encoding_rs::WINDOWS_1250,
        "1251" => encoding_rs::WINDOWS_1251,
        "1252" => encoding_rs::WINDOWS_1252,
        "1253" => encoding_rs::WINDOWS_1253,
        "1254" => encoding_rs::WINDOWS_1254,
        "1255" => encoding_rs::WINDOWS_1255,
        "1256" => encoding_rs::WINDOWS_1256,
        "1257" => encoding_rs::WINDOWS_1257,
        "1258" => encoding_rs::WINDOWS_1258,
        _ => return None,
    })
}

/// Whether every line with bytes over 127 is sound Shift-JIS, and most of them have Japanese letters. What western text
/// reads as by chance is rarely kana or a common ideograph.
fn looks_like_shift_jis(bytes: &[u8]) -> bool {
    let (mut lines, mut japanese) = (0, 0);
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_ascii()).take(10_000) {
        let Some(text) = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(line) else {
            return false;
        };
        lines += 1;
        let is_japanese = |letter| matches!(letter, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
        japanese += usize::from(text.chars().any(is_japanese));
    }
    japanese * 2 > lines
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // The first half of a pair of UTF-16 units, waiting for the second.
    let mut high: Option<u16> = None;
    while let Some(at) = rest.find("\\U+").into_iter().chain(rest.find("\\M+")).min() {
        if at > 0 {
            flush(&mut high, &mut out);
        }
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        let unicode = escape.starts_with("\\U+");
        let len = if unicode { 7 } else { 8 };
        let digits = escape.get(3..len).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits {
            Some(digits) if unicode => {
                let unit = u16::from_str_radix(digits, 16).unwrap_or(0xfffd);
                if (0xd800..0xdc00).contains(&unit) {
                    flush(&mut high, &mut out);
                    high = Some(unit);
                } else {
                    let units = high.take().into_iter().chain([unit]);
                    out.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')));
                }
                rest = &escape[len..];
            }
            Some(digits) if multi_byte(digits, &mut out) => rest = &escape[len..],
            _ => {
                flush(&mut high, &mut out);
                out.push_str(&escape[..3]);
                rest = &escape[3..];
            }
        }
    }
    flush(&mut high, &mut out);
    out.push_str(rest);
    out
}

fn flush(high: &mut Option<u16>, out: &mut String) {
    if high.take().is_some() {
        out.push('\u{fffd}');
    }
}

/// The letter of `nXXXX`: n says which code page. Whether there was one.
fn multi_byte(digits: &str, out: &mut String) -> bool {
    let encoding = match digits.as_bytes()[0] {
        b'1' => encoding_rs::SHIFT_JIS,
        b'2' => encoding_rs::BIG5,
        b'3' => encoding_rs::EUC_KR,
        b'5' => encoding_rs::GBK,
        _ => return false,
    };
    let Ok(number) = u16::from_str_radix(&digits[1..], 16) else { return false };
    let bytes = number.to_be_bytes();
    let bytes = if bytes[0] == 0 { &bytes[1..] } else { &bytes[..] };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|text| out.push_str(&text)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_and_goes() {
        let check = |version: &str, page: &str, bytes: &[u8], text: &str| {
            let (charset, _) = Charset::of(version, page, bytes);
            assert_eq!(charset.decode(bytes), text, "{version} {page}");
            text.to_string()
        };
        check("AC1015", "ANSI_1252", b"Stra\xdfe", "Straße");
        check("AC1015", "ANSI_1251", b"\xcf\xeb\xe0\xed", "План");
        check("AC1009", "", b"\x90\x7d\x96\xca", "図面");
        check("AC1014", "ANSI_932", b"\x90\x7d\x96\xca", "図面");
        check("AC1009", "", "図面".as_bytes(), "図面");
        check("AC1032", "ANSI_1252", "Straße".as_bytes(), "Straße");
        check("AC1032", "ANSI_1252", b"Stra\xdfe", "Straße");
        check("AC1015", "ANSI_1252", b"\\U+00D8 12 \\U+D83D\\U+DE00", "Ø 12 😀");
        check("AC1015", "ANSI_1252", b"\\M+1907D", "図");
        check("AC1015", "ANSI_1252", b"\\U+00ZZ \\M+9", "\\U+00ZZ \\M+9");
    }

    #[test]
    fn what_a_code_page_lacks_is_escaped() {
        let (western, _) = Charset::of("AC1015", "ANSI_1252", b"");
        assert_eq!(western.encode("Ø図"), b"\xd8\\U+56F3");
        assert_eq!(western.decode(&western.encode("Ø図😀")), "Ø図😀");
        let (unicode, _) = Charset::of("AC1032", "", b"");
        for charset in [western, unicode] {
            assert_eq!(charset.encode("two\r\nlines"), b"two\\U+000D\\U+000Alines");
            assert_eq!(charset.decode(&charset.encode("two\r\nlines\t\0")), "two\r\nlines\t\0");
        }
    }
}
