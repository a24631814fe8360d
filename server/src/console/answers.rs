//! What the console's page is answered: what it asked for, or why not, in a sentence.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::HostError;

/// What a request comes to; either side is sent.
pub(super) type Answer = Result<Response, Refused>;

/// Why a request was refused, as it is sent.
#[derive(Debug)]
pub(super) struct Refused(Box<Response>);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

#[derive(Serialize)]
struct Why<'w> {
    why: &'w str,
}

/// A refusal, in a sentence for a person.
pub(super) fn refuse(status: StatusCode, why: &str) -> Refused {
    Refused(Box::new((status, [(header::CACHE_CONTROL, "no-store")], Json(Why { why })).into_response()))
}

/// What went wrong, in a sentence for a person.
pub(super) fn failed(error: &HostError) -> Refused {
    let status = match error {
        HostError::NoSuchDrawing { .. } => StatusCode::NOT_FOUND,
        HostError::Archived { .. } | HostError::Refused { .. } => StatusCode::CONFLICT,
        HostError::Closing | HostError::Away { .. } | HostError::Unread { .. } | HostError::Doubtful { .. } => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if status.is_server_error() {
        tracing::error!(%error, "the console was refused something");
    }
    let words = error.to_string();
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    refuse(status, &format!("{first}{}.", letters.as_str()))
}

/// Something to read, never kept.
pub(super) fn tell(what: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(what)).into_response()
}
