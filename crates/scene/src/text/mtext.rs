//! MTEXT: from inline codes to letters, and from letters to lines.

use super::codes::{LETTERS_MAX, percent, unicode};

/// How deep braces may be nested; what is deeper keeps the looks of the outer one.
const BRACES_MAX: usize = 64;

/// A letter of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Letter {
    pub(crate) letter: char,
    /// Its height, as a multiple of the text's.
    pub(crate) height: f64,
    /// Its stretch.
    pub(crate) width: f64,
}

/// Letters as they stand side by side.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Line {
    pub(crate) letters: Vec<Letter>,
}

/// The paragraphs of an MTEXT whose own height is `height` drawing units.
///
/// Understood: `\P` `\X` `\N` new line, `\~` a space that doesn't break, `\\` `\{` `\}`, `\H` height, `\W` width,
/// `\S` stacks as `a/b`, `\U+`, `%%` codes, `^I` `^J`, braces. What concerns fonts, colours, lines and paragraphs is
/// passed over.
pub(crate) fn paragraphs(value: &str, height: f64) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    let mut look = (1.0, 1.0);
    let mut outer: Vec<(f64, f64)> = Vec::new();
    let mut count = 0;
    let mut rest = value;
    while let Some(letter) = rest.chars().next() {
        if count >= LETTERS_MAX {
            break;
        }
        count += 1;
        let after = &rest[letter.len_utf8()..];
        let mut put = |c: char| {
            if let Some(line) = lines.last_mut() {
                line.letters.push(Letter { letter: c, height: look.0, width: look.1 });
            }
        };
        rest = match letter {
            '{' => {
                if outer.len() < BRACES_MAX {
                    outer.push(look);
                }
                after
            }
            '}' => {
                look = outer.pop().unwrap_or(look);
                after
            }
            '^' => {
                let code = after.chars().next();
                match code {
                    Some('J') => lines.push(Line::default()),
                    Some('I' | 'M') => put(' '),
                    Some(' ') => put('^'),
                    _ => {}
                }
                code.map_or(after, |c| &after[c.len_utf8()..])
            }
            '%' => match percent(rest) {
                Some((shown, after)) => {
                    shown.into_iter().for_each(put);
                    after
                }
                None => {
                    put('%');
                    after
                }
            },
            '\n' => {
                lines.push(Line::default());
                after
            }
            '\\' => match unicode(rest) {
                Some((c, after)) => {
                    put(c);
                    after
                }
                None => {
                    let Some(code) = after.chars().next() else {
                        put('\\');
                        break;
                    };
                    let tail = &after[code.len_utf8()..];
                    match code {
                        'P' | 'X' | 'N' => {
                            lines.push(Line::default());
                            tail
                        }
                        '~' => {
                            put('\u{a0}');
                            tail
                        }
                        '\\' | '{' | '}' => {
                            put(code);
                            tail
                        }
                        'L' | 'l' | 'O' | 'o' | 'K' | 'k' => tail,
                        'S' => {
                            let (stack, tail) = argument(tail);
                            for c in stack.chars() {
                                put(if matches!(c, '^' | '#') { '/' } else { c });
                            }
                            tail
                        }
                        'H' => {
                            let (argument, tail) = argument(tail);
                            look.0 = changed(look.0, argument, height).unwrap_or(look.0);
                            tail
                        }
                        'W' => {
                            let (argument, tail) = argument(tail);
                            look.1 = changed(look.1, argument, 1.0).unwrap_or(look.1);
                            tail
                        }
                        'f' | 'F' | 'C' | 'c' | 'T' | 'Q' | 'A' | 'p' => argument(tail).1,
                        // What is no code is text.
                        _ => {
                            put('\\');
                            after
                        }
                    }
                }
            },
            c => {
                put(if c.is_control() { ' ' } else { c });
                after
            }
        };
    }
    lines
}

/// Up to the semicolon that ends a code, and what follows.
fn argument(text: &str) -> (&str, &str) {
    text.split_once(';').unwrap_or((text, ""))
}

/// A factor after a code such as `2.5` (absolute) or `0.7x` (of what it was).
fn changed(before: f64, argument: &str, whole: f64) -> Option<f64> {
    let (number, relative) = match argument.strip_suffix(['x', 'X']) {
        Some(number) => (number, true),
        None => (argument, false),
    };
    let number: f64 = number.trim().parse().ok()?;
    let factor = if relative { before * number } else { number / whole };
    (factor.is_finite() && factor > 0.0).then(|| factor.clamp(1e-3, 1e3))
}

impl Line {
    /// How wide it is, in heights of the text's capitals. Spaces at its end don't count.
    pub(crate) fn width(&self, advance: &impl Fn(char) -> f64) -> f64 {
        let end = self.letters.iter().rposition(|l| l.letter != ' ').map_or(0, |last| last + 1);
        self.letters[..end].iter().map(|l| l.width(advance)).sum()
    }

    /// The height of its highest letter, as a multiple of the text's.
    pub(crate) fn height(&self) -> f64 {
        self.letters.iter().map(|l| l.height).reduce(f64::max).unwrap_or(1.0)
    }
}

impl Letter {
    pub(crate) fn width(&self, advance: &impl Fn(char) -> f64) -> f64 {
        advance(self.letter) * self.height * self.width
    }
}

/// Breaks paragraphs at spaces so that lines are no wider than `width` heights; a word that is wider stays whole. A
/// width of 0 breaks nothing.
pub(crate) fn wrap(paragraphs: Vec<Line>, width: f64, advance: &impl Fn(char) -> f64) -> Vec<Line> {
    if !(width.is_finite() && width > 0.0) {
        return paragraphs;
    }
    let mut lines = Vec::new();
    for paragraph in paragraphs {
        let (mut line, mut pen) = (Line::default(), 0.0);
        for word in words(&paragraph.letters) {
            let own: f64 = word.iter().filter(|l| l.letter != ' ').map(|l| l.width(advance)).sum();
            if pen + own > width * (1.0 + 1e-6) && !line.letters.is_empty() {
                lines.push(std::mem::take(&mut line));
                pen = 0.0;
            }
            pen += word.iter().map(|l| l.width(advance)).sum::<f64>();
            line.letters.extend_from_slice(word);
        }
        lines.push(line);
    }
    lines
}

/// Words, each with the spaces after it.
fn words(letters: &[Letter]) -> impl Iterator<Item = &[Letter]> {
    letters.chunk_by(|a, b| !(a.letter == ' ' && b.letter != ' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.letters.iter().map(|l| l.letter).collect()).collect()
    }

    #[test]
    fn codes_become_letters_and_lines() {
        let check = |value: &str, expect: &[&str]| assert_eq!(text(&paragraphs(value, 2.0)), expect, "{value}");
        check("one\\Ptwo", &["one", "two"]);
        check("{\\fArial|b0|i0;bold} \\C1;red\\L under\\l", &["bold red under"]);
        check("\\A1;\\S1/2; \\S+0.1^-0.2; \\S3#4;", &["1/2 +0.1/-0.2 3/4"]);
        check("\\{brace\\} back\\\\slash \\~", &["{brace} back\\slash \u{a0}"]);
        check("\\U+00d8 %%c %%% ^I^ ", &["Ø Ø %  ^"]);
        check("\\pxqc;centre", &["centre"]);
        check("\\Yno code", &["\\Yno code"]);
        check("trailing\\", &["trailing\\"]);
        check("\\H3;unclosed \\H", &["unclosed "]);
        check("", &[""]);
    }

    #[test]
    fn heights_follow_braces() {
        let letters = &paragraphs("a{\\H4;b\\H0.5x;c}d", 2.0)[0].letters;
        assert_eq!(letters.iter().map(|l| l.height).collect::<Vec<_>>(), [1.0, 2.0, 1.0, 1.0]);
        assert_eq!(paragraphs("\\H-1;a\\Hnan;b", 2.0)[0].letters[1].height, 1.0);
    }

    #[test]
    fn lines_break_at_spaces() {
        let check = |value: &str, width: f64, expect: &[&str]| {
            assert_eq!(text(&wrap(paragraphs(value, 1.0), width, &|_| 1.0)), expect, "{value} {width}");
        };
        check("aa bb cc", 5.0, &["aa bb ", "cc"]);
        check("aa bb cc", 0.0, &["aa bb cc"]);
        check("aaaaaaaa bb", 3.0, &["aaaaaaaa ", "bb"]);
        check("aa\\Pbb", 5.0, &["aa", "bb"]);
        check("", 5.0, &[""]);
    }
}
