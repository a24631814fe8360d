//! Files in and out: a drawing that is added, a drawing or its log to keep. Each goes through a file in a folder for that or
//! through memory once, a few at a time.

use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{Path as Named, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::Office;
use super::answers::{Answer, Refused, failed, refuse, tell};
use crate::passing::PassingFile;
use crate::{Host, HostError, Listing, name};

/// Bytes read from a file at a time.
const PIECE_BYTES: usize = 64 << 10;
/// How long the rest of what is too large is read and thrown away, so that whoever sends it hears why it was refused.
const DRAIN: Duration = Duration::from_secs(10);
/// Nothing coming for so long ends an upload.
const SILENCE_MAX: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
pub(super) struct Upload {
    /// What the file is called where it comes from.
    file: String,
}

#[derive(Serialize)]
struct Added {
    name: String,
    title: String,
    findings: usize,
}

/// Waits until there is memory for one more file.
async fn turn(host: &Host) -> Result<OwnedSemaphorePermit, HostError> {
    let console = host.inner.console.as_ref().ok_or(HostError::NoConsole)?;
    console.transfers.clone().acquire_owned().await.map_err(|_| HostError::Closing)
}

/// Adds a drawing from a file.
pub(super) async fn upload(
    State(office): State<Office>,
    Query(Upload { file }): Query<Upload>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let title = name::title_of_file(&file);
    let max = office.host.inner.options.upload_bytes_max;
    let mut coming = body.into_data_stream();
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > max) {
        drain(coming).await;
        return Err(too_large(&title, max));
    }
    // Apart, so that what has come whole is added even if nobody waits for the answer: a browser that goes away leaves
    // nothing half done.
    let adding = tokio::spawn(async move {
        let passing = office.host.inner.passing.file().map_err(|error| failed(&error))?;
        match receive(&mut coming, &passing, max).await {
            Ok(()) => add(&office.host, &title, passing).await,
            Err(Broken::TooLarge) => {
                drain(coming).await;
                Err(too_large(&title, max))
            }
            Err(Broken::Disk(error)) => Err(failed(&not_added(&title, error_words(&error)))),
            Err(Broken::Cut) => {
                let why = format!("{title} did not arrive whole, so nothing was added; try again.");
                Err(refuse(StatusCode::BAD_REQUEST, &why))
            }
        }
    });
    adding.await.map_err(|_| failed(&HostError::Closing))?
}

/// Reads a file that has come whole, and adds it.
async fn add(host: &Host, title: &str, passing: PassingFile) -> Answer {
    // A file that is still coming takes no memory: the turn begins here.
    let turn = turn(host).await.map_err(|error| failed(&error))?;
    let read = move || {
        // The guard goes with this: the file is removed before anything else is done with what was in it.
        let bytes = std::fs::read(passing.path()).map_err(|error| ReadError::Disk(error_words(&error).into()))?;
        drop(passing);
        let reading = formats::read(&bytes, &mut |_| ControlFlow::Continue(()));
        reading.map(|reading| (bytes, reading)).map_err(|error| ReadError::File(error.to_string()))
    };
    let read =
        tokio::task::spawn_blocking(read).await.map_err(|_| failed(&not_added(title, "reading it ended early")))?;
    let (bytes, reading) = match read {
        Ok(read) => read,
        Err(ReadError::Disk(why)) => return Err(failed(&not_added(title, &why))),
        Err(ReadError::File(why)) => {
            let why = format!("{title} was not added: {why}.");
            return Err(refuse(StatusCode::UNPROCESSABLE_ENTITY, &why));
        }
    };
    let findings = reading.findings.len();
    let added = host.add(title, Some(bytes), reading.drawing).await;
    drop(turn);
    let Listing { name, title, .. } = added.map_err(|error| failed(&error))?;
    Ok((StatusCode::CREATED, tell(Added { name, title, findings })).into_response())
}

enum Broken {
    TooLarge,
    /// It ended before its end.
    Cut,
    Disk(std::io::Error),
}

enum ReadError {
    Disk(String),
    File(String),
}

async fn receive(coming: &mut BodyDataStream, passing: &PassingFile, max: u64) -> Result<(), Broken> {
    let mut file = File::create_new(passing.path()).await.map_err(Broken::Disk)?;
    let mut bytes = 0;
    loop {
        match timeout_at(Instant::now() + SILENCE_MAX, coming.next()).await {
            Ok(None) => return file.flush().await.map_err(Broken::Disk),
            Ok(Some(Ok(piece))) => {
                bytes += piece.len() as u64;
                if bytes > max {
                    return Err(Broken::TooLarge);
                }
                file.write_all(&piece).await.map_err(Broken::Disk)?;
            }
            Ok(Some(Err(_))) | Err(_) => return Err(Broken::Cut),
        }
    }
}

/// Reads on for a while: a connection that is closed with something unread in it takes back what it answered.
async fn drain(mut coming: BodyDataStream) {
    let until = Instant::now() + DRAIN;
    while let Ok(Some(Ok(_))) = timeout_at(until, coming.next()).await {}
}

fn too_large(title: &str, max: u64) -> Refused {
    let why = format!("{title} is larger than the {} MiB that a file may have here; nothing was added.", max >> 20);
    refuse(StatusCode::PAYLOAD_TOO_LARGE, &why)
}

fn not_added(title: &str, why: &str) -> HostError {
    HostError::NotAdded { title: title.into(), why: why.into() }
}

fn error_words(error: &std::io::Error) -> &'static str {
    if error.kind() == ErrorKind::StorageFull {
        "the server's disk is full"
    } else {
        "the server can't write to its disk"
    }
}

/// The drawing as it is now, as a DXF file.
pub(super) async fn download_dxf(State(office): State<Office>, Named(name): Named<String>) -> Answer {
    let (host, asked) = (office.host.clone(), name.clone());
    // Apart, so that whoever goes away doesn't give their turn to the next while the memory is still taken.
    let written = tokio::spawn(async move {
        let _turn = turn(&host).await?;
        host.export(&asked).await
    });
    let bytes = written.await.map_err(|_| failed(&HostError::Closing))?.map_err(|error| failed(&error))?;
    Ok(attached(&name, "dxf", "image/vnd.dxf", Body::from(bytes)))
}

/// The whole log, as one file.
pub(super) async fn download_log(State(office): State<Office>, Named(name): Named<String>) -> Answer {
    let (host, asked) = (office.host.clone(), name.clone());
    // Apart, so that the copy is removed once it is written if nobody waits for it any more.
    let copied = tokio::spawn(async move {
        let _turn = turn(&host).await?;
        let passing = host.inner.passing.file()?;
        host.backup(&asked, passing.path()).await?;
        Ok::<_, HostError>(passing)
    });
    let passing = copied.await.map_err(|_| failed(&HostError::Closing))?.map_err(|error| failed(&error))?;
    let read = |why: std::io::Error| HostError::Folder { path: passing.path().to_owned(), source: why };
    let file = File::open(passing.path()).await.map_err(|error| failed(&read(error)))?;
    let pieces = stream::try_unfold((file, passing), async |(mut file, passing)| {
        let mut piece = vec![0; PIECE_BYTES];
        let len = file.read(&mut piece).await?;
        piece.truncate(len);
        let more = (len > 0).then(|| (Bytes::from(piece), (file, passing)));
        Ok::<_, std::io::Error>(more)
    });
    Ok(attached(&name, "linework", "application/x-linework", Body::from_stream(pieces)))
}

fn attached(name: &str, ending: &str, kind: &'static str, body: Body) -> Response {
    // A name is letters, digits and hyphens: it needs no quoting.
    let disposition = format!("attachment; filename=\"{name}.{ending}\"");
    let kept = [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, kind)];
    (kept, [(header::CONTENT_DISPOSITION, disposition)], [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")], body)
        .into_response()
}
