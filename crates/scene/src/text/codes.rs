//! The codes in a line of TEXT: `%%c` and the like.

/// Letters of one text that are looked at.
pub(crate) const LETTERS_MAX: usize = 16_384;

/// What a TEXT shows: `%%c` diameter, `%%d` degree, `%%p` plus-minus, `%%%` percent, `%%nnn` the character of that
/// number; `%%u`, `%%o` and `%%k` switch lines under, over and through, which are left out; `\U+nnnn` a character.
pub(crate) fn plain(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(letter) = rest.chars().next() {
        if out.len() >= LETTERS_MAX {
            break;
        }
        if let Some((letter, after)) = percent(rest) {
            out.extend(letter);
            rest = after;
        } else if let Some((letter, after)) = unicode(rest) {
            out.push(letter);
            rest = after;
        } else {
            // Control codes such as `^I` are written with a caret; a caret alone is followed by a space.
            rest = &rest[letter.len_utf8()..];
            out.push(if letter.is_control() { ' ' } else { letter });
        }
    }
    out
}

/// A `%%` code at the start: what it shows, if anything, and the rest.
pub(crate) fn percent(text: &str) -> Option<(Option<char>, &str)> {
    let code = text.strip_prefix("%%")?;
    let letter = code.chars().next()?;
    let after = &code[letter.len_utf8()..];
    let shown = match letter {
        'c' | 'C' => Some('\u{2300}'),
        'd' | 'D' => Some('\u{b0}'),
        'p' | 'P' => Some('\u{b1}'),
        '%' => Some('%'),
        'u' | 'U' | 'o' | 'O' | 'k' | 'K' => None,
        '0'..='9' => {
            let digits = code.bytes().take(3).take_while(u8::is_ascii_digit).count();
            let number: u32 = code[..digits].parse().ok()?;
            return Some((char::from_u32(number).filter(|c| !c.is_control()), &code[digits..]));
        }
        _ => return None,
    };
    // What fonts lack most: the sign for a diameter. The letter O with a stroke is what CAD fonts draw.
    Some((shown.map(|c| if c == '\u{2300}' { '\u{d8}' } else { c }), after))
}

/// `\U+nnnn` at the start: its character and the rest.
pub(crate) fn unicode(text: &str) -> Option<(char, &str)> {
    let digits = text.strip_prefix("\\U+").or_else(|| text.strip_prefix("\\u+"))?;
    let code = digits.get(..4)?;
    Some((char::from_u32(u32::from_str_radix(code, 16).ok()?)?, &digits[4..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_replaced() {
        let check = |value, expect| assert_eq!(plain(value), expect);
        check("plain", "plain");
        check("%%c20 %%p0.1 45%%d", "Ø20 ±0.1 45°");
        check("%%uUnder%%u 50%%%", "Under 50%");
        check("%%065bc", "Abc");
        check("100%", "100%");
        check("100%%", "100%%");
        check("%%x", "%%x");
        check("\\U+00e9t\\U+00E9", "été");
        check("\\U+zzzz \\U+1", "\\U+zzzz \\U+1");
        check("a\tb", "a b");
        check("%%é", "%%é");
    }
}
