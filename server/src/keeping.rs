//! What whoever a host belongs to does to its drawings. What changes a room is asked of its desk, by a connection within
//! the process, so that it is an entry that says who did it; whether a drawing is archived, and which secret lets one
//! in, is the shelf's own business.

use std::path::Path;
use std::time::Duration;

use protocol::{
    Answer, ClientId, ClientMessage, ClientSeq, Hello, Refusal, Request, Seq, ServerMessage, SessionId, Token,
};
use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use crate::host::end;
use crate::live::Live;
use crate::{Delivery, Host, HostError, Listing, name, secret};

/// What the owner is called in the log.
const OWNER: &str = "The host";
/// How long an act of the owner may take.
const ACT_MAX: Duration = Duration::from_secs(20);
/// What everybody is told when their drawing is put away.
pub(crate) const ARCHIVED: &str = "this drawing was archived by the host; everything in it is kept";
/// What everybody is told when the link that they came by is good no longer.
pub(crate) const RELINKED: &str =
    "a new link was made for this drawing; ask the host for it. Everything that was acknowledged is kept";

impl Host {
    /// A drawing by its name.
    ///
    /// # Errors
    /// [`HostError::NoSuchDrawing`].
    pub fn listing(&self, name: &str) -> Result<Listing, HostError> {
        Ok(self.slot(name).ok_or_else(|| no_such(name))?.listing())
    }

    /// The drawing that a file of this title was added as: by its title, or by its name, which stays whatever it is called
    /// since.
    pub fn added_as(&self, title: &str) -> Option<Listing> {
        let all = self.drawings();
        let by_title = all.iter().find(|listing| listing.title == title);
        by_title.or_else(|| all.iter().find(|listing| listing.name == name::slug(title))).cloned()
    }

    /// A drawing by its name, as it is now even if another host changed it.
    pub(crate) async fn listing_now(&self, name: &str) -> Result<Listing, HostError> {
        Ok(self.find(name).await?.ok_or_else(|| no_such(name))?.listing())
    }

    /// Gives a drawing another name for people.
    ///
    /// # Errors
    /// [`HostError::NoSuchDrawing`], `Archived`, `Refused` with the reason, or why it can't be opened.
    pub async fn rename(&self, name: &str, title: &str) -> Result<(), HostError> {
        self.act(name, Request::Rename { title: title.into() }).await?;
        Ok(())
    }

    /// Ends the lock that was granted as this entry: at once if its holder is not connected, else after a countdown that they
    /// see. `of` says whose, where one entry granted something to several. False if it had ended by itself, or is ending.
    ///
    /// # Errors
    /// As [`Host::rename`].
    pub async fn end_lock(&self, name: &str, token: Token, of: Option<SessionId>) -> Result<bool, HostError> {
        Ok(self.act(name, Request::Override { token, of }).await? != Answer::Nothing)
    }

    /// Archives a drawing, or brings it back. Who is in one that is archived is told and sent off; nobody comes in.
    ///
    /// # Errors
    /// [`HostError::NoSuchDrawing`], `Closing`, `Folder`, `Refused`, `Away`; nothing has changed then. `Doubtful`.
    pub async fn archive(&self, name: &str, archived: bool) -> Result<(), HostError> {
        let (host, named) = (self.clone(), name.to_owned());
        self.to_the_end(name, async move { host.archive_now(&named, archived).await }).await
    }

    async fn archive_now(&self, name: &str, archived: bool) -> Result<(), HostError> {
        let slot = self.find(name).await?.ok_or_else(|| no_such(name))?;
        // Nobody comes in or goes out while this is held.
        let mut live = slot.live.lock().await;
        if self.is_closing() {
            return Err(HostError::Closing);
        }
        self.inner.shelf.set_archived(name, archived).await?;
        let listing = slot.change(|listing| listing.archived = archived);
        if archived {
            end(&mut live, ARCHIVED, false).await;
        }
        self.inner.board.put_listing(&listing);
        tracing::info!(drawing = name, archived, "put away or brought back");
        Ok(())
    }

    /// Makes a new secret for a drawing: links that were made before let nobody in. Who came in by one is told.
    ///
    /// # Errors
    /// As [`Host::archive`].
    pub async fn renew_link(&self, name: &str) -> Result<Listing, HostError> {
        let (host, named) = (self.clone(), name.to_owned());
        self.to_the_end(name, async move { host.renew_link_now(&named).await }).await
    }

    async fn renew_link_now(&self, name: &str) -> Result<Listing, HostError> {
        let slot = self.find(name).await?.ok_or_else(|| no_such(name))?;
        let mut live = slot.live.lock().await;
        if self.is_closing() {
            return Err(HostError::Closing);
        }
        let secret = self.inner.shelf.renew_secret(name).await?;
        let listing = slot.change(|listing| listing.secret = secret);
        end(&mut live, RELINKED, true).await;
        tracing::info!(drawing = name, "has a new link");
        Ok(listing)
    }

    /// Does something whole, whether or not whoever asked still waits: else what the shelf has and what is in memory could
    /// be two things.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        title: &str,
        act: impl Future<Output = Result<T, HostError>> + Send + 'static,
    ) -> Result<T, HostError> {
        let ended = |_| HostError::Doubtful { title: title.into(), why: "what was to do it ended early".into() };
        self.runtime().spawn(act).await.map_err(ended)?
    }

    /// The drawing as it is now, as a DXF file: what nobody edited is as it was in the file that it came from.
    pub(crate) async fn export(&self, name: &str) -> Result<Vec<u8>, HostError> {
        // Held until all is read: a drawing that is closed in between would look like one that is broken.
        let open = self.look(name).await?;
        let live = open.as_ref().ok_or(HostError::Closing)?;
        let broken = |why: String| HostError::Broken { name: name.into(), why };
        let room = live.room().await.ok_or(HostError::Closing)?;
        let source = match room.source() {
            Some(hash) => Some(self.blob(live, name, hash).await?),
            None => None,
        };
        let original = self.blob(live, name, room.original()).await?;
        drop(open);
        let title = room.title().to_owned();
        let write = move || {
            let original = protocol::decode_drawing(&original).map_err(|error| error.to_string())?;
            let saved = formats::export(source.as_deref(), &original, room.drawing().clone());
            saved.map_err(|error| error.to_string())
        };
        let written = tokio::task::spawn_blocking(write).await.map_err(|_| broken("writing it ended early".into()))?;
        let saved = written.map_err(|why| HostError::Refused { title, why: format!("it can't be written: {why}") })?;
        for note in &saved.notes {
            tracing::info!(drawing = name, note, "not in the file");
        }
        Ok(saved.bytes)
    }

    /// Writes the drawing's log, whole, as a file of its own.
    pub(crate) async fn backup(&self, name: &str, to: &Path) -> Result<(), HostError> {
        let open = self.look(name).await?;
        let store = open.as_ref().ok_or(HostError::Closing)?.store.clone();
        drop(open);
        let copied = store.backup(to.to_owned()).await;
        copied.map_err(|error| HostError::Refused { title: name.into(), why: error.to_string() })
    }

    /// The drawing, open, archived or not, and held so until the guard goes.
    pub(crate) async fn look(&self, name: &str) -> Result<OwnedMutexGuard<Option<Live>>, HostError> {
        let slot = self.find(name).await?.ok_or_else(|| no_such(name))?;
        self.open_slot(&slot, true).await
    }

    async fn blob(&self, live: &Live, name: &str, hash: protocol::Hash) -> Result<bytes::Bytes, HostError> {
        let broken = |why: String| HostError::Broken { name: name.into(), why };
        let blob = live.store.blob(hash).await.map_err(|error| broken(error.to_string()))?;
        blob.ok_or_else(|| broken(format!("blob {hash} is missing")))
    }

    /// Asks something of a drawing's desk, as its owner: comes in, asks, leaves.
    pub(crate) async fn act(&self, name: &str, request: Request) -> Result<Answer, HostError> {
        let title = self.listing_now(name).await?.title;
        let refused = |why: String| HostError::Refused { title: title.clone(), why };
        let acted = timeout(ACT_MAX, self.ask(name, request)).await;
        let answer = acted.map_err(|_| HostError::Doubtful { title: title.clone(), why: "it took too long".into() })?;
        match answer?.map_err(&refused)? {
            Answer::Refused(refusal) => Err(refused(words(&refusal))),
            answer => Ok(answer),
        }
    }

    /// The answer to one request of the owner's, or why there is none.
    async fn ask(&self, name: &str, request: Request) -> Result<Result<Answer, String>, HostError> {
        let client = ClientId(u128::from_le_bytes(secret::random()?));
        let mut connection = self.connect(name).await?;
        let (first, floor) = (ClientSeq(Seq(1)), ClientSeq(Seq(0)));
        let hello = Hello {
            version: protocol::VERSION,
            client,
            name: OWNER.into(),
            drawing: name.into(),
            secret: String::new(),
            resume_key: None,
            resume: None,
        };
        let mut say = Some(ClientMessage::Ask { client_seq: first, floor, request });
        // The other side ends only after it has said why, which is heard below.
        let _ = connection.to_room.send(ClientMessage::Hello(hello)).await;
        while let Some(heard) = connection.from_room.recv().await {
            match heard {
                Delivery::Drawing(_) => {
                    if let Some(ask) = say.take() {
                        let _ = connection.to_room.send(ask).await;
                    }
                }
                Delivery::Message(message) => {
                    if let ServerMessage::Answer { client_seq, answer } = &*message
                        && *client_seq == first
                    {
                        let _ = connection.to_room.send(ClientMessage::Leave).await;
                        return Ok(Ok(answer.clone()));
                    }
                }
                Delivery::Closed { why, .. } => return Ok(Err(why)),
            }
        }
        Ok(Err("the drawing was closed meanwhile".into()))
    }
}

fn no_such(name: &str) -> HostError {
    HostError::NoSuchDrawing { name: name.into() }
}

/// Why the owner was refused something.
fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Invalid { why } | Refusal::Unavailable { why } => why.clone(),
        Refusal::Limit { limit, max, asked } if limit == "title_chars_max" => {
            format!("at most {max} characters, not {asked}")
        }
        Refusal::Limit { limit, max, .. } => format!("there is room for {max} ({limit})"),
        other => format!("the drawing refused it ({other:?})"),
    }
}
