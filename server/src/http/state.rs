//! What a server says of itself to the programs that look after it: whether it does its work, and what it counted.

use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, timeout};

use super::Door;
use crate::Host;
use crate::MetricsFor;
use crate::console::guard;
use crate::health::Health;
use crate::line::Meter;
use crate::metrics::CONTENT_TYPE;

/// How long a store has to show that it can be written to.
const CHECK_MAX: Duration = Duration::from_secs(5);
/// The store is asked no more often than this, however many want to know.
const CHECK_PAUSE: Duration = Duration::from_secs(1);

/// What the store showed when it was asked last.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    at: Instant,
    took: Duration,
    wrong: Option<String>,
}

/// What `/health` tells.
#[derive(serde::Serialize)]
struct Checkup {
    #[serde(flatten)]
    health: Health,
    /// The store could be written to just now.
    writable: bool,
    /// How long that took, in milliseconds.
    store_ms: u64,
    /// What is wrong with it, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<String>,
}

/// Status 200 where everything is as it should be, 503 where nothing can be stored.
pub(super) async fn health(State(door): State<Door>) -> Response {
    let Checked { took, wrong, .. } = check(&door.host).await;
    let status = if wrong.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let store_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let checkup = Checkup { health: door.host.health(), writable: wrong.is_none(), store_ms, wrong };
    (status, Json(checkup)).into_response()
}

/// What the store showed within the last second; those who ask meanwhile wait for one answer.
async fn check(host: &Host) -> Checked {
    let mut last = host.inner.checked.lock().await;
    if let Some(checked) = last.as_ref().filter(|checked| checked.at.elapsed() < CHECK_PAUSE) {
        return checked.clone();
    }
    let began = Instant::now();
    let wrong = match timeout(CHECK_MAX, host.inner.shelf.check()).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store can't be written to");
            // Where it is, is nobody's business who may be anybody.
            Some("the store can't be written to".to_owned())
        }
        Err(_) => Some("the store does not answer".to_owned()),
    };
    last.insert(Checked { at: Instant::now(), took: began.elapsed(), wrong }).clone()
}

/// What is counted, for those who may read it.
pub(super) async fn metrics(
    State(door): State<Door>,
    ConnectInfo(meter): ConnectInfo<Meter>,
    headers: HeaderMap,
) -> Response {
    let options = &door.host.inner.options;
    let may = match options.metrics {
        MetricsFor::Nobody => false,
        MetricsFor::ThisMachine => {
            // A page of somebody else's, under a name that was pointed here, is on this machine too.
            guard::is_here(meter.from().ip(), &headers) && guard::authority(&headers, &options.names).is_ok()
        }
        MetricsFor::Everybody => true,
    };
    if !may {
        let words = "What this server counts is not told here; whoever runs it can change that with --metrics.\n";
        return (StatusCode::FORBIDDEN, words).into_response();
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")], door.host.metrics()).into_response()
}
