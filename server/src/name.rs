//! Names of drawings: what stands in an address and before `.linework`. Never a path.

/// The longest name, in letters; what a counter adds comes on top.
const NAME_CHARS_MAX: usize = 48;

/// A name made from a title: lower-case letters and digits with single hyphens between.
pub(crate) fn slug(title: &str) -> String {
    let mut name = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if name.len() >= NAME_CHARS_MAX {
            break;
        }
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            'ä' => name.push_str("ae"),
            'ö' => name.push_str("oe"),
            'ü' => name.push_str("ue"),
            'ß' => name.push_str("ss"),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { "drawing".into() } else { name.into() }
}

/// A title for people from what a file is called where it comes from: without its folders and without `.dxf`.
pub(crate) fn title_of_file(file: &str) -> String {
    let last = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = match last.char_indices().rev().nth(3) {
        Some((at, '.')) if last[at..].eq_ignore_ascii_case(".dxf") => &last[..at],
        _ => last,
    };
    let title: String = stem.chars().filter(|c| !c.is_control()).take(protocol::TITLE_CHARS_MAX as usize).collect();
    let title = title.trim();
    if title.is_empty() { "Drawing".into() } else { title.into() }
}

/// The same from what a log is called: without its folders and without `.linework`.
pub(crate) fn title_of_log(file: &str) -> String {
    title_of_file(file.strip_suffix(".linework").unwrap_or(file))
}

/// The name, or with a number after it the first that is not taken.
pub(crate) fn first_free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.into();
    }
    let mut number = 2u64;
    loop {
        let numbered = format!("{name}-{number}");
        if !taken(&numbered) {
            return numbered;
        }
        number += 1;
    }
}

/// Whether a text is such a name. One that isn't is never looked up as a file.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 2 * NAME_CHARS_MAX
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b' '))
        && !text.starts_with('.')
        && !text.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names() {
        for (title, expect) in [
            ("Floor Plan.dxf", "floor-plan-dxf"),
            ("  Büro 3. OG  ", "buero-3-og"),
            ("../../etc/passwd", "etc-passwd"),
            ("図面", "drawing"),
            ("", "drawing"),
            ("a---b", "a-b"),
        ] {
            assert_eq!(slug(title), expect, "{title}");
            assert!(is_name(&slug(title)));
        }
        assert_eq!(slug(&"x".repeat(500)).len(), NAME_CHARS_MAX);
    }

    #[test]
    fn files_become_titles() {
        for (file, expect) in [
            ("Floor Plan.dxf", "Floor Plan"),
            ("../../etc/passwd", "passwd"),
            ("C:\\plans\\Site.DXF", "Site"),
            ("plan.dxf.dxf", "plan.dxf"),
            (".dxf", "Drawing"),
            ("図面.dxf", "図面"),
            ("a\u{7}b\0", "ab"),
            ("..", ".."),
            ("", "Drawing"),
        ] {
            assert_eq!(title_of_file(file), expect, "{file:?}");
        }
        assert_eq!(title_of_file(&"x".repeat(500)).len(), 120);
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = ["plan", "plan-2"];
        assert_eq!(first_free("plan", |name| taken.contains(&name)), "plan-3");
        assert_eq!(first_free("site", |name| taken.contains(&name)), "site");
    }

    #[test]
    fn paths_are_no_names() {
        for text in ["", "..", ".hidden", "a/b", "a\\b", "a/../b", "C:", "a\0"] {
            assert!(!is_name(text), "{text:?}");
        }
    }
}
