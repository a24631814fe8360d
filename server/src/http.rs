//! One port for everything: WebSockets at `/ws`, the state of the server at `/health`, what is counted at `/metrics`, the
//! console at `/`.

mod state;

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use protocol::{Encoding, SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::connection::socket::{self, Caller};
use crate::console::{self, Office, guard};
use crate::line::{Lines, Meter, Patience, Totals};
use crate::nearby::NearbyDrawing;
use crate::{Host, HostError};

pub(crate) use state::Checked;

/// Connections besides, of those who only ask something.
const ASKERS_MIN: usize = 64;
/// How long those who are connected have to hear that the listener closes.
const CLOSE_MAX: Duration = Duration::from_secs(5);
/// What a socket reads at a time: enough for many cursors, little enough for thousands of people.
const READ_BUFFER_BYTES: usize = 4 << 10;
/// What a socket gathers before it writes.
const WRITE_BUFFER_BYTES: usize = 16 << 10;
/// Messages over the limit by no more than this are read, so that whoever sent them can be told how large they were.
const MESSAGE_SLACK_BYTES: usize = 1 << 20;

/// The page at `/` where there is no console.
const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Linework</title>
<h1>Linework</h1>
<p>Here people look at CAD drawings and edit them together. To join one, start Linework and give it the address that
you were sent; it starts with <code>linework://</code>.</p>
</html>
";

/// What every request at one listener shares.
#[derive(Clone)]
struct Door {
    host: Host,
    closing: watch::Receiver<bool>,
    /// A clone lives as long as a connection does.
    places: mpsc::Sender<std::convert::Infallible>,
    free: std::sync::Arc<tokio::sync::Semaphore>,
}

/// Listens at an address.
///
/// # Errors
/// [`HostError::PortInUse`] or `Listen`.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, HostError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => HostError::PortInUse { address },
        _ => HostError::Listen { address: address.to_string(), source },
    })
}

/// Serves a host at a listener until `shutdown` resolves.
pub(crate) async fn serve(
    host: Host,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), HostError> {
    let listening = match listener.local_addr() {
        Ok(address) => address,
        Err(source) => return Err(HostError::Listen { address: "its address".into(), source }),
    };
    let address = listening.to_string();
    let beacon = host.light_beacon(listening);
    let (close, closing) = watch::channel(false);
    let (places, mut occupied) = mpsc::channel(1);
    let connections_max = connections_max(host.inner.options.connections_max);
    let free = std::sync::Arc::new(tokio::sync::Semaphore::new(connections_max));
    // A few besides those who stay, for those who ask something, and to say that there is no room.
    let metrics = &host.inner.metrics;
    let totals = Totals { read: metrics.bytes_in.clone(), written: metrics.bytes_out.clone() };
    let lines = Lines::new(listener, connections_max + ASKERS_MIN, Patience::default(), totals);
    let door = Door { host, closing: closing.clone(), places, free };
    let page = match door.host.inner.console {
        Some(_) => console::router(Office { host: door.host.clone(), listening }),
        None => Router::new().route("/", get(async || Html(PAGE))),
    };
    let router = Router::new()
        .route("/health", get(state::health))
        .route("/metrics", get(state::metrics))
        .route("/nearby", get(nearby))
        .route("/ws", any(upgrade))
        .with_state(door)
        .merge(page)
        .layer(axum::middleware::from_fn(attend));
    let told = async move {
        shutdown.await;
        close.send_replace(true);
    };
    let serving =
        axum::serve(lines, router.into_make_service_with_connect_info::<Meter>()).with_graceful_shutdown(told);
    let mut closing_here = closing;
    let overdue = async move {
        // The other half is dropped only after it has said so.
        let _ = closing_here.wait_for(|closing| *closing).await;
        tokio::time::sleep(CLOSE_MAX).await;
    };
    tokio::select! {
        served = serving.into_future() => served.map_err(|source| HostError::Listen { address, source })?,
        () = overdue => {}
    }
    // Nobody is to find what is about to go. Saying so waits for the network, so it does that elsewhere.
    let farewell = tokio::task::spawn_blocking(move || drop(beacon));
    // Every connection that is left holds a place; none is ever sent.
    if tokio::time::timeout(CLOSE_MAX, occupied.recv()).await.is_err() {
        tracing::warn!("some connections did not end in time and are cut");
    }
    // A thread that ended early has nothing more to say either.
    let _ = farewell.await;
    Ok(())
}

/// How many may stay at one listener at a time: fewer where the system gives the program few files and sockets, of which
/// the logs need some too.
fn connections_max(wished: usize) -> usize {
    // Where nothing is said it is the program's own limit.
    let files = rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(u64::MAX, |(soft, _)| soft);
    let fit = usize::try_from(files / 2).unwrap_or(usize::MAX).saturating_sub(ASKERS_MIN).max(ASKERS_MIN);
    wished.min(fit)
}

/// A request is looked after from the moment that its head has come: how long that takes is another's business.
async fn attend(ConnectInfo(meter): ConnectInfo<Meter>, request: Request, next: Next) -> Response {
    let _attended = meter.attend();
    next.run(request).await
}

/// What whoever is on the network may know; under this server's own names only, so that no foreign page reads it.
async fn nearby(State(door): State<Door>, ConnectInfo(meter): ConnectInfo<Meter>, headers: HeaderMap) -> Response {
    if guard::authority(&headers, &door.host.inner.options.names).is_err() {
        return (StatusCode::MISDIRECTED_REQUEST, format!("{}\n", guard::NOT_THIS_NAME)).into_response();
    }
    let mut listed: Vec<NearbyDrawing> = door.host.listed();
    if !guard::is_near(meter.from().ip(), &headers) {
        listed.iter_mut().for_each(|drawing| drawing.secret = None);
    }
    Json(listed).into_response()
}

async fn upgrade(
    State(door): State<Door>,
    ConnectInfo(meter): ConnectInfo<Meter>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(place) = door.free.clone().try_acquire_owned() else {
        door.host.inner.metrics.turned_away("connections");
        let words =
            "This server has as many connections already as it can (the limit connections_max); try again later.\n";
        return (StatusCode::SERVICE_UNAVAILABLE, words).into_response();
    };
    let Some(at_door) = door.host.inner.callers.come(meter.from().ip()) else {
        door.host.inner.metrics.turned_away("callers");
        let max = door.host.inner.callers.max;
        let words = format!(
            "{max} connections from this address have not said hello yet (the limit callers_max); say it first.\n"
        );
        return (StatusCode::TOO_MANY_REQUESTS, words).into_response();
    };
    let message_bytes_max = door.host.limits().message_bytes_max as usize;
    let readable = message_bytes_max.saturating_add(MESSAGE_SLACK_BYTES);
    let upgrade = upgrade
        .protocols([SUBPROTOCOL_MSGPACK, SUBPROTOCOL_JSON])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        // What is longer goes in parts.
        .max_write_buffer_size(WRITE_BUFFER_BYTES + 4 * protocol::WHOLE_BYTES_MAX)
        .max_message_size(readable)
        .max_frame_size(readable);
    let encoding = match upgrade.selected_protocol().and_then(|protocol| protocol.to_str().ok()) {
        Some(SUBPROTOCOL_MSGPACK) => Encoding::MessagePack,
        Some(SUBPROTOCOL_JSON) => Encoding::Json,
        _ => {
            let words = format!(
                "This server speaks {SUBPROTOCOL_MSGPACK} and {SUBPROTOCOL_JSON}: ask for one of them in \
                 Sec-WebSocket-Protocol.\n"
            );
            return (StatusCode::BAD_REQUEST, words).into_response();
        }
    };
    // A page under another name is a foreign one. Programs send no origin, and go by whatever name they were given.
    let foreign =
        headers.contains_key(header::ORIGIN) && guard::authority(&headers, &door.host.inner.options.names).is_err();
    let owner = match &door.host.inner.console {
        Some(console) => console.visit(&door.host, &headers),
        None => Err("this server has no console, so nobody can watch it"),
    };
    let upgraded = meter.clone();
    // Who doesn't say hello, or falls silent later, is found out by what comes over the WebSocket.
    upgraded.stay();
    let open = door.host.inner.metrics.connections.clone();
    upgrade.on_upgrade(async move |socket| {
        open.inc();
        let Door { host, closing, places, .. } = door;
        let caller = Caller { meter, owner, foreign, at_door };
        socket::converse(socket, caller, encoding, host, closing).await;
        open.dec();
        drop((places, place));
    })
}
