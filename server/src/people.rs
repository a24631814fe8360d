//! What whoever a host belongs to says of people: who may do what, who has to go, who is kept out, who is invited.

use protocol::{Answer, Request, Role, Seq, SessionId};

use crate::{Host, HostError, Listing, invite};

/// An invite that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// What it lets one do.
    pub role: Role,
    /// For whom it is: what they are called by everybody. None for whoever has it.
    pub name: Option<String>,
    /// How many hours it is good; none for ever.
    pub hours: Option<u32>,
}

impl Invitation {
    /// For whom it is, as the desk takes names; why nobody can be invited so.
    pub(crate) fn whom(&self, chars_max: u32) -> Result<Option<String>, String> {
        let clean = |name: &String| name.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned();
        let name = self.name.as_ref().map(clean).filter(|name| !name.is_empty());
        let chars = name.as_ref().map_or(0, |name| name.chars().count());
        if chars > chars_max as usize {
            return Err(format!("a name has at most {chars_max} characters, this one has {chars}"));
        }
        if name.is_none() && self.role == Role::Owner {
            return Err("who is to own it is invited by name".into());
        }
        Ok(name)
    }
}

impl Host {
    /// Lets somebody in a drawing do something else from here on; false if they might already.
    ///
    /// # Errors
    /// As [`Host::rename`].
    pub async fn set_role(&self, name: &str, session: SessionId, role: Role) -> Result<bool, HostError> {
        Ok(self.act(name, Request::SetRole { session, role }).await? != Answer::Nothing)
    }

    /// Ends somebody's session; false if it had ended already. They may come back.
    ///
    /// # Errors
    /// As [`Host::rename`].
    pub async fn remove(&self, name: &str, session: SessionId) -> Result<bool, HostError> {
        Ok(self.act(name, Request::Remove { session }).await? != Answer::Nothing)
    }

    /// Ends somebody's sessions and keeps them out.
    ///
    /// # Errors
    /// As [`Host::rename`].
    pub async fn ban(&self, name: &str, session: SessionId) -> Result<(), HostError> {
        self.act(name, Request::Ban { session }).await.map(|_| ())
    }

    /// Lets somebody in again who was banned by this entry; false if that was so already.
    ///
    /// # Errors
    /// As [`Host::rename`].
    pub async fn lift_ban(&self, name: &str, ban: Seq) -> Result<bool, HostError> {
        Ok(self.act(name, Request::LiftBan { ban }).await? != Answer::Nothing)
    }

    /// What lets somebody into a drawing: to be put behind `#` in its address.
    ///
    /// # Errors
    /// [`HostError::Refused`] where nobody can be invited so; [`HostError::NoSuchDrawing`], or why it can't be opened.
    pub async fn invite(&self, drawing: &str, wanted: &Invitation) -> Result<String, HostError> {
        let Listing { name: drawing, secret, title, .. } = self.listing_now(drawing).await?;
        let refused = |why: String| HostError::Refused { title: title.clone(), why };
        let Invitation { role, hours, .. } = wanted;
        let name = wanted.whom(self.limits().name_chars_max).map_err(refused)?;
        let until = hours.map_or(0, |hours| self.inner.clock.time_of_day() / 1_000 + u64::from(hours) * 3_600);
        let Some(name) = name else {
            // The plain secret is the shortest link there is, and the one that the program prints.
            let plain = *role == Role::Editor && until == 0;
            return Ok(if plain { secret } else { invite::sign(&secret, &drawing, *role, until) });
        };
        // What was said of that name before is over with this: so it has to be known what was.
        let open = self.look(&drawing).await?;
        let room = open.as_ref().ok_or(HostError::Closing)?.room().await.ok_or(HostError::Closing)?;
        drop(open);
        Ok(invite::sign_for(&secret, &drawing, (*role, &name), until, room.position().seq))
    }
}
