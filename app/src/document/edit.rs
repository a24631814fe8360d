//! Changes to the drawing: each is one op, refused in words where others hold a part of it.

use std::collections::BTreeSet;

use collab::SubmitError;
use drawing::{Entity, EntityId, Op, OpError, Record, RecordId, Vec2};

use super::Document;
use super::turn::{Turn, turned};
use crate::action::{CanvasEvent, Restyle};

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq)]
pub enum Hindrance {
    /// Others hold some of it: who and how many, and what is free.
    Held {
        /// `Ana holds 2 of 14`.
        who: String,
        /// What nobody else holds.
        free: Vec<EntityId>,
        /// What others hold.
        held: Vec<EntityId>,
    },
    /// Anything else, in words.
    Other(String),
}

impl Document {
    /// Makes a change. What can be told at once is refused at once.
    pub fn submit(&mut self, op: Op) -> Result<(), Hindrance> {
        if !self.may_edit() {
            return Err(Hindrance::Other(self.why_not()));
        }
        self.submit_from_anywhere(op)
    }

    /// As [`Document::submit`], from the past too: for what one sees there.
    pub(super) fn submit_from_anywhere(&mut self, op: Op) -> Result<(), Hindrance> {
        if self.drafts.len() >= super::drafts::UNDONE_MAX {
            let why = "Too many of your changes were not done: apply them again or discard them first";
            return Err(Hindrance::Other(why.into()));
        }
        let changes = self.session.submit(op).map_err(|error| self.in_words(error))?;
        self.edited = true;
        self.take_changes(changes);
        Ok(())
    }

    /// Why the session did not take a change.
    pub fn in_words(&self, error: SubmitError) -> Hindrance {
        match error {
            SubmitError::Held { by } => {
                let ids: Vec<_> = by.iter().flat_map(|held| held.ids.iter().map(|id| EntityId(id.0))).collect();
                self.held_of(&ids).unwrap_or(Hindrance::Other("Somebody else holds some of it".into()))
            }
            SubmitError::Invalid(error) => Hindrance::Other(first_capital(&self.broken_rule(&error))),
            other => Hindrance::Other(first_capital(&other.to_string())),
        }
    }

    /// A rule of the drawing in the names that people know.
    fn broken_rule(&self, error: &OpError) -> String {
        let called = |id: &RecordId| match self.session.drawing().get(*id) {
            Some(Record::Layer(layer)) => format!("layer {}", layer.name),
            Some(Record::Block(block)) => format!("block {}", block.name),
            Some(Record::Linetype(linetype)) => format!("linetype {}", linetype.name),
            Some(Record::TextStyle(style)) => format!("text style {}", style.name),
            Some(record) => format!("{} {id}", record.kind()),
            None => format!("record {id}"),
        };
        match error {
            OpError::InUse { id, by } => format!("{} is in use by {}", called(id), called(by)),
            OpError::NameTaken { name, by } => format!("the name {name:?} is taken by {}", called(by)),
            OpError::Cycle(id) => format!("{} would be inside itself", called(id)),
            other => other.to_string(),
        }
    }

    /// What stands in the way of changing `ids`; asks for locks on those that are not held yet.
    pub fn clear_to_change(&mut self, ids: &[EntityId]) -> Result<(), Hindrance> {
        if let Some(held) = self.held_of(ids) {
            return Err(held);
        }
        if let Some(layer) = self.locked_layer(ids) {
            return Err(Hindrance::Other(format!("Layer {layer} is locked in the drawing")));
        }
        self.session.lock(ids.iter().map(|id| RecordId(id.0)).collect());
        Ok(())
    }

    fn locked_layer(&self, ids: &[EntityId]) -> Option<String> {
        let layers: BTreeSet<_> =
            ids.iter().filter_map(|id| self.drawing().entity(*id)).map(|entity| entity.style.layer).collect();
        let mut layers = layers.into_iter().filter_map(|id| self.drawing().layer(id));
        layers.find(|layer| layer.locked).map(|layer| layer.name.clone())
    }

    /// Who else holds some of `ids`, in words, and what is free.
    pub fn held_of(&self, ids: &[EntityId]) -> Option<Hindrance> {
        let me = self.session.me();
        let mut holders: Vec<(protocol::SessionId, usize)> = Vec::new();
        let (mut free, mut held) = (Vec::new(), Vec::new());
        for &id in ids {
            match self.session.holder(id.into()).filter(|holding| Some(holding.session) != me) {
                None => free.push(id),
                Some(holding) => {
                    held.push(id);
                    match holders.iter_mut().find(|(session, _)| *session == holding.session) {
                        Some((_, count)) => *count += 1,
                        None => holders.push((holding.session, 1)),
                    }
                }
            }
        }
        if holders.is_empty() {
            return None;
        }
        let who = holders.iter().map(|(session, count)| {
            let name = self.session.person(*session).map_or("somebody", |person| &person.name);
            if ids.len() == 1 { format!("{name} holds it") } else { format!("{name} holds {count} of {}", ids.len()) }
        });
        Some(Hindrance::Held { who: who.collect::<Vec<_>>().join(", "), free, held })
    }

    /// Moves entities.
    pub fn translate(&mut self, ids: Vec<EntityId>, by: Vec2) -> Result<(), Hindrance> {
        if by == Vec2::ZERO || ids.is_empty() {
            return Ok(());
        }
        self.clear_to_change(&ids)?;
        self.submit(Op::Translate { ids, by })
    }

    /// Takes entities out of the drawing.
    pub fn erase(&mut self, ids: &[EntityId]) -> Result<(), Hindrance> {
        self.clear_to_change(ids)?;
        self.submit(Op::Remove(ids.iter().map(|id| RecordId(id.0)).collect()))
    }

    /// Changes a property of these; returns of how many.
    pub fn restyle(&mut self, ids: &[EntityId], change: Restyle) -> Result<usize, Hindrance> {
        self.change(ids, |entity| {
            change.change(&mut entity.style);
            Ok(())
        })
    }

    /// Changes a property of what one makes from here on.
    pub fn restyle_new(&mut self, change: Restyle) {
        match change {
            Restyle::Layer(layer) => self.current.layer = Some(layer),
            Restyle::Color(color) => self.current.color = color,
            Restyle::Linetype(linetype) => self.current.linetype = linetype,
            Restyle::Lineweight(weight) => self.current.lineweight = weight,
        }
    }

    /// What the running command just drew was not taken.
    pub fn tell_tool_of_refusal(&mut self) {
        if let Some(mut tool) = self.tool.take() {
            // It goes back a step, and wants nothing.
            tool.event(&CanvasEvent::Refused, &self.view());
            self.tool = Some(tool);
        }
    }

    /// Turns entities; returns how many were turned.
    pub fn rotate(&mut self, ids: &[EntityId], center: drawing::Point, radians: f64) -> Result<usize, Hindrance> {
        let turn = Turn::new(center, radians);
        self.change(ids, |entity| {
            entity.shape = turned(&entity.shape, &turn)?;
            Ok(())
        })
    }

    /// Changes each of these in one op; returns how many.
    pub fn change(
        &mut self,
        ids: &[EntityId],
        change: impl Fn(&mut Entity) -> Result<(), String>,
    ) -> Result<usize, Hindrance> {
        self.clear_to_change(ids)?;
        let mut records = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(entity) = self.drawing().entity(*id) {
                let mut entity = entity.clone();
                change(&mut entity).map_err(Hindrance::Other)?;
                records.push(Record::Entity(entity));
            }
        }
        let count = records.len();
        if count > 0 {
            self.submit(Op::Change(records))?;
        }
        Ok(count)
    }
}

/// A sentence begins with a capital.
pub fn first_capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
