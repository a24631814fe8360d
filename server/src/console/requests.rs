//! What the console's page asks for: signing in and out, and what the owner does to a drawing.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use protocol::{Address, Role, Seq, SessionId};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};

use super::answers::{Answer, Refused, failed, refuse, tell};
use super::sessions::LIFE;
use super::{Console, Office, guard};
use crate::line::Meter;
use crate::{HostError, Invitation, Listing, reach};

/// The longest that an invite may be good, in hours: ten years.
const HOURS_MAX: u32 = 10 * 366 * 24;

#[derive(Serialize)]
struct SignedIn {
    signed_in: bool,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    /// The owner's secret, or a ticket.
    secret: String,
}

#[derive(Deserialize)]
pub(super) struct Change {
    title: Option<String>,
    archived: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Given {
    role: Role,
}

/// Whose lock is meant, where several people hold something under its token.
#[derive(Deserialize)]
pub(super) struct Whose {
    of: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Whom {
    session: SessionId,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    role: Role,
    /// For whom it is; for whoever has it if not said.
    #[serde(default)]
    name: Option<String>,
    /// How long it is good; for ever if not said.
    hours: Option<u32>,
    /// Void all links that were made before.
    #[serde(default)]
    renew: bool,
}

#[derive(Serialize)]
struct Invite {
    address: String,
    /// The address as a picture, SVG.
    picture: String,
    /// Others can't reach the server: it listens on this machine only.
    only_here: bool,
}

fn console(office: &Office) -> Result<&Console, Refused> {
    let none = || refuse(StatusCode::NOT_FOUND, "This server has no console.");
    office.host.inner.console.as_ref().ok_or_else(none)
}

fn authority<'h>(office: &Office, headers: &'h HeaderMap) -> &'h str {
    // Whoever goes by another name was refused before.
    guard::authority(headers, &office.host.inner.options.names).unwrap_or_default()
}

fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Refused> {
    body.map(|Json(body)| body).map_err(|error| refuse(error.status(), &format!("This can't be read: {error}.")))
}

/// Whether whoever asks is signed in.
pub(super) async fn who(State(office): State<Office>, headers: HeaderMap) -> Answer {
    let token = guard::cookie(&headers, authority(&office, &headers));
    let signed_in = token.and_then(|token| console(&office).ok()?.sessions.visit(token)).is_some();
    Ok(tell(SignedIn { signed_in }))
}

/// Exchanges the owner's secret for a session.
pub(super) async fn sign_in(
    State(office): State<Office>,
    ConnectInfo(line): ConnectInfo<Meter>,
    headers: HeaderMap,
    sign_in: Result<Json<SignIn>, JsonRejection>,
) -> Answer {
    let (console, from) = (console(&office)?, line.from());
    let SignIn { secret } = body(sign_in)?;
    office.host.follow_owner().await.map_err(|error| failed(&error))?;
    // The right one first: whoever guesses at the same address, or behind the same proxy, keeps nobody out.
    if !console.owner.is(secret.trim()) {
        let may_guess = console.guesses.may_guess(from.ip());
        if console.guesses.note_wrong(from.ip()) {
            tracing::warn!(%from, "wrong guesses of the owner's secret");
        }
        if !may_guess {
            let why = "Too many wrong guesses came from your address; wait some seconds and try again.";
            return Err(refuse(StatusCode::TOO_MANY_REQUESTS, why));
        }
        let why = "That is not the owner's secret. It was shown when the server started first; \
                   linework-server --new-owner-secret makes another.";
        return Err(refuse(StatusCode::FORBIDDEN, why));
    }
    let token = console.sessions.begin().map_err(|error| failed(&error))?;
    tracing::info!(%from, "the owner signed in");
    let seconds = LIFE.as_secs();
    Ok(with_cookie(&office, &headers, &token, seconds, tell(SignedIn { signed_in: true })))
}

/// Ends the session.
pub(super) async fn sign_out(State(office): State<Office>, headers: HeaderMap) -> Answer {
    if let Some(token) = guard::cookie(&headers, authority(&office, &headers)) {
        console(&office)?.sessions.end(token);
    }
    Ok(with_cookie(&office, &headers, "", 0, tell(SignedIn { signed_in: false })))
}

fn with_cookie(office: &Office, headers: &HeaderMap, token: &str, seconds: u64, mut answer: Response) -> Response {
    // Only a program in front of the server can speak https; it says so.
    let https = headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https");
    let name = guard::cookie_name(authority(office, headers));
    let secure = if https { "; Secure" } else { "" };
    let cookie = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    // A name, letters and digits: always a header.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// Renames a drawing, archives it or brings it back.
pub(super) async fn change(
    State(office): State<Office>,
    Path(name): Path<String>,
    change: Result<Json<Change>, JsonRejection>,
) -> Answer {
    let Change { title, archived } = body(change)?;
    if let Some(title) = title {
        office.host.rename(&name, &title).await.map_err(|error| failed(&error))?;
    }
    if let Some(archived) = archived {
        office.host.archive(&name, archived).await.map_err(|error| failed(&error))?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Ends a lock of somebody's.
pub(super) async fn end_lock(
    State(office): State<Office>,
    Path((name, token)): Path<(String, u64)>,
    Query(whose): Query<Whose>,
) -> Answer {
    let of = whose.of.map(|of| protocol::SessionId(protocol::Seq(of)));
    let ended = office.host.end_lock(&name, protocol::Seq(token), of).await.map_err(|error| failed(&error))?;
    if !ended {
        let why = "That lock has ended already, or ends in a moment; nothing was changed.";
        return Err(refuse(StatusCode::CONFLICT, why));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Changes what somebody may do.
pub(super) async fn set_role(
    State(office): State<Office>,
    Path((name, session)): Path<(String, u64)>,
    given: Result<Json<Given>, JsonRejection>,
) -> Answer {
    let Given { role } = body(given)?;
    let set = office.host.set_role(&name, SessionId(Seq(session)), role).await;
    done(set, "They may do just that already; nothing was changed.")
}

/// Ends somebody's session.
pub(super) async fn remove(State(office): State<Office>, Path((name, session)): Path<(String, u64)>) -> Answer {
    done(office.host.remove(&name, SessionId(Seq(session))).await, "They have left already; nothing was changed.")
}

/// Ends somebody's sessions and keeps them out.
pub(super) async fn ban(
    State(office): State<Office>,
    Path(name): Path<String>,
    whom: Result<Json<Whom>, JsonRejection>,
) -> Answer {
    let Whom { session } = body(whom)?;
    done(office.host.ban(&name, session).await.map(|()| true), "")
}

/// Lets somebody in again who was banned.
pub(super) async fn lift_ban(State(office): State<Office>, Path((name, ban)): Path<(String, u64)>) -> Answer {
    done(office.host.lift_ban(&name, Seq(ban)).await, "They may come in already; nothing was changed.")
}

/// What came of an act: nothing to say, or why there was nothing to do.
fn done(acted: Result<bool, HostError>, so_already: &str) -> Answer {
    match acted {
        Ok(true) => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(false) => Err(refuse(StatusCode::CONFLICT, so_already)),
        Err(error) => Err(failed(&error)),
    }
}

/// Makes an address that lets somebody into a drawing.
pub(super) async fn invite(
    State(office): State<Office>,
    Path(name): Path<String>,
    headers: HeaderMap,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Answer {
    let Wanted { role, name: whom, hours, renew } = body(wanted)?;
    if hours.is_some_and(|hours| hours == 0 || hours > HOURS_MAX) {
        return Err(refuse(StatusCode::BAD_REQUEST, "A link is good for an hour at least and ten years at most."));
    }
    let wanted = Invitation { role, name: whom, hours };
    // Before a new link puts everybody out.
    if let Err(why) = wanted.whom(office.host.limits().name_chars_max) {
        return Err(refuse(StatusCode::BAD_REQUEST, &format!("Nobody was invited: {why}.")));
    }
    let listing = if renew { office.host.renew_link(&name).await } else { office.host.listing_now(&name).await };
    let Listing { name, .. } = listing.map_err(|error| failed(&error))?;
    let secret = office.host.invite(&name, &wanted).await.map_err(|error| failed(&error))?;
    let (host, port) = reach::seen_as(office.listening, authority(&office, &headers));
    let only_here = reach::is_only_here(office.listening, &host);
    let address = Address { host, port, drawing: name, secret }.to_string();
    let picture = picture(&address).map_err(|error| failed(&error))?;
    Ok(tell(Invite { address, picture, only_here }))
}

fn picture(address: &str) -> Result<String, HostError> {
    let refused = |error: qrcode::types::QrError| HostError::Refused {
        title: "the link".into(),
        why: format!("it can't be drawn as a QR code ({error})"),
    };
    let code = QrCode::new(address).map_err(refused)?;
    Ok(code.render::<svg::Color>().quiet_zone(true).build())
}
