//! The console's page: plain files, embedded, served so that browsers keep them until they change and run nothing else.

use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::{Office, guard};

/// The files besides the page itself: name, kind, content.
const FILES: &[(&str, &str, &str)] = &[
    ("console.css", CSS, include_str!("../../console/console.css")),
    ("icon.svg", "image/svg+xml", include_str!("../../console/icon.svg")),
    ("main.js", JS, include_str!("../../console/main.js")),
    ("words.js", JS, include_str!("../../console/words.js")),
    ("elements.js", JS, include_str!("../../console/elements.js")),
    ("link.js", JS, include_str!("../../console/link.js")),
    ("state.js", JS, include_str!("../../console/state.js")),
    ("shelf.js", JS, include_str!("../../console/shelf.js")),
    ("people.js", JS, include_str!("../../console/people.js")),
    ("drawing.js", JS, include_str!("../../console/drawing.js")),
    ("chart.js", JS, include_str!("../../console/chart.js")),
    ("invite.js", JS, include_str!("../../console/invite.js")),
    ("upload.js", JS, include_str!("../../console/upload.js")),
];
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// A name for the files' content, in their addresses: with other content they have other addresses.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = blake3::Hasher::new();
    FILES.iter().for_each(|(name, _, content)| {
        hasher.update(name.as_bytes()).update(content.as_bytes());
    });
    hasher.finalize().to_hex()[..16].to_owned()
});

/// The page, with the addresses of its files.
static INDEX: LazyLock<String> =
    LazyLock::new(|| include_str!("../../console/index.html").replace("{version}", &VERSION));

/// The page itself. It holds nothing that not everybody may see.
pub(super) async fn index(State(office): State<Office>, headers: HeaderMap) -> Response {
    // Named besides 'self', which older browsers don't take for WebSockets.
    let own = match guard::authority(&headers, &office.host.inner.options.names) {
        Ok(authority) => format!("ws://{authority} wss://{authority}"),
        Err(()) => String::new(),
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {own}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let kept = [(header::CACHE_CONTROL, "no-cache"), (header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (kept, [(header::CONTENT_SECURITY_POLICY, policy)], safe(), INDEX.as_str()).into_response()
}

/// One of the files.
pub(super) async fn file(Path((version, name)): Path<(String, String)>) -> Response {
    let found = FILES.iter().find(|(each, _, _)| *each == name && version == *VERSION);
    let Some((_, kind, content)) = found else {
        return (StatusCode::NOT_FOUND, safe(), "There is no such file; load the page again.\n").into_response();
    };
    let kept = [(header::CACHE_CONTROL, "public, max-age=31536000, immutable"), (header::CONTENT_TYPE, *kind)];
    (kept, [(header::CONTENT_SECURITY_POLICY, "default-src 'none'")], safe(), *content).into_response()
}

/// What every file is sent with.
fn safe() -> [(HeaderName, &'static str); 3] {
    [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_small_and_whole() {
        let files: usize = FILES.iter().map(|(_, _, content)| content.len()).sum();
        assert!(files + INDEX.len() <= 200 << 10, "{files}");
        for (name, _, content) in FILES.iter().filter(|(name, _, _)| name.ends_with(".js")) {
            for import in content.lines().filter_map(|line| line.split_once(" from \"./")) {
                let imported = import.1.trim_end_matches(['"', ';']);
                assert!(FILES.iter().any(|(each, _, _)| *each == imported), "{name} imports {imported}");
            }
        }
        assert!(!INDEX.contains("{version}") && !INDEX.contains("style=") && !INDEX.contains("onclick"));
    }
}
