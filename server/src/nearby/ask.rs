//! Asking a host what it has.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use protocol::Address;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

/// A host that doesn't answer within this time is as good as gone.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A drawing that a host lists for everybody on its network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearbyDrawing {
    /// Its name in addresses.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What lets one in, where the host lets in whoever is on its network; else one needs an invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// How many people are in it now; none where the host doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<u32>,
}

impl NearbyDrawing {
    /// The address that joins it, where the host lets everybody in.
    pub fn address(&self, host: SocketAddr) -> Option<Address> {
        let secret = self.secret.clone()?;
        Some(Address { host: host.ip().to_string(), port: host.port(), drawing: self.name.clone(), secret })
    }
}

/// Why a host did not say what it has.
#[derive(Debug, thiserror::Error)]
pub enum NearbyError {
    /// Nobody is there, or not in time.
    #[error("{host} does not answer")]
    Silent {
        /// Where.
        host: SocketAddr,
    },
    /// Something else than a host of this kind is there.
    #[error("{host} does not answer as a Linework host: {why}")]
    Stranger {
        /// Where.
        host: SocketAddr,
        /// What it did instead.
        why: String,
    },
}

/// What a host lists for everybody on its network, by title.
///
/// # Errors
/// [`NearbyError`].
pub async fn ask(host: SocketAddr) -> Result<Vec<NearbyDrawing>, NearbyError> {
    match tokio::time::timeout(ANSWER_MAX, listed(host)).await {
        Ok(answer) => answer,
        Err(_) => Err(NearbyError::Silent { host }),
    }
}

async fn listed(host: SocketAddr) -> Result<Vec<NearbyDrawing>, NearbyError> {
    let stranger = |why: String| NearbyError::Stranger { host, why };
    let stream = TcpStream::connect(host).await.map_err(|_| NearbyError::Silent { host })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| stranger(error.to_string()))?;
    let request = Request::get("/nearby").header(header::HOST, host.to_string()).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| stranger(error.to_string()))?;
    // Ends with the answer, or when the other side hangs up, which the answer then tells.
    let connection = tokio::spawn(connection);
    let answer = async {
        let answer = sender.send_request(request).await.map_err(|error| stranger(error.to_string()))?;
        if answer.status() != StatusCode::OK {
            return Err(stranger(format!("it says {}", answer.status())));
        }
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| stranger(error.to_string()))?.to_bytes();
        let mut drawings: Vec<NearbyDrawing> =
            serde_json::from_slice(&body).map_err(|error| stranger(error.to_string()))?;
        drawings.sort_by(|a, b| (&a.title, &a.name).cmp(&(&b.title, &b.name)));
        Ok(drawings)
    };
    let answer = answer.await;
    connection.abort();
    answer
}
