//! Changes to the drawing: each is one op, refused in words where others hold a part of it.

use std::collections::BTreeSet;

use collab::SubmitError;
use drawing::{Entity, EntityId, Op, Record, RecordId, Shape, Vec2};

use super::Document;
use super::turn::{Turn, turned};

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq)]
pub enum Hindrance {
    /// Others hold some of it: who and how many, and what is free.
    Held {
        /// `Ana holds 2 of 14`.
        who: String,
        /// What nobody else holds.
        free: Vec<EntityId>,
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
            SubmitError::Invalid(error) => Hindrance::Other(first_capital(&error.to_string())),
            other => Hindrance::Other(first_capital(&other.to_string())),
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
        let mut free = Vec::new();
        for &id in ids {
            match self.session.holder(id.into()).filter(|holding| Some(holding.session) != me) {
                None => free.push(id),
                Some(holding) => match holders.iter_mut().find(|(session, _)| *session == holding.session) {
                    Some((_, count)) => *count += 1,
                    None => holders.push((holding.session, 1)),
                },
            }
        }
        if holders.is_empty() {
            return None;
        }
        let who = holders.iter().map(|(session, count)| {
            let name = self.session.person(*session).map_or("somebody", |person| &person.name);
            if ids.len() == 1 { format!("{name} holds it") } else { format!("{name} holds {count} of {}", ids.len()) }
        });
        Some(Hindrance::Held { who: who.collect::<Vec<_>>().join(", "), free })
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
        self.submit(Op::Remove(ids.iter().map(|id| RecordId(id.0)).collect()))?;
        self.selection.retain(|id| !ids.contains(id));
        Ok(())
    }

    /// Turns the selection; returns how many were turned.
    pub fn rotate(&mut self, center: drawing::Point, radians: f64) -> Result<usize, Hindrance> {
        let turn = Turn::new(center, radians);
        self.change_selection(|entity| {
            entity.shape = turned(&entity.shape, &turn)?;
            Ok(())
        })
    }

    /// Changes each selected entity in one op; returns how many.
    pub fn change_selection(&mut self, change: impl Fn(&mut Entity) -> Result<(), String>) -> Result<usize, Hindrance> {
        let ids: Vec<_> = self.selection.iter().copied().collect();
        self.clear_to_change(&ids)?;
        let mut records = Vec::with_capacity(ids.len());
        for id in &ids {
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

    /// Puts new entities on top of the shown space, in the current style; returns their ids.
    pub fn draw(&mut self, shapes: Vec<Shape>) -> Result<Vec<EntityId>, Hindrance> {
        let style = self.style().ok_or(Hindrance::Other("The drawing is not here yet".into()))?;
        self.put(shapes.into_iter().map(|shape| (style.clone(), shape)).collect())
    }

    /// Puts new entities on top of the shown space; returns their ids.
    pub fn put(&mut self, new: Vec<(drawing::Style, Shape)>) -> Result<Vec<EntityId>, Hindrance> {
        let space = self.space.ok_or(Hindrance::Other("The drawing is not here yet".into()))?;
        let Some(ids) = self.session.take_ids(new.len()) else {
            return Err(Hindrance::Other(
                "The server has to grant numbers for new things first; try again in a moment".into(),
            ));
        };
        let first = self.drawing().order_on_top(space);
        let ids: Vec<_> = ids.into_iter().map(|id| EntityId(id.0)).collect();
        let entities = new.into_iter().zip(&ids).enumerate().map(|(at, ((style, shape), id))| {
            let order = drawing::Order(first.0.saturating_add(at as u64 * drawing::Order::STEP));
            Record::Entity(Entity { id: *id, handle: None, source: None, owner: space, order, style, shape })
        });
        let op = Op::New(entities.collect());
        self.submit(op)?;
        Ok(ids)
    }

    /// Puts copies of the selection that far away.
    pub fn copy_by(&mut self, by: Vec2) -> Result<usize, Hindrance> {
        let mut new = Vec::new();
        for entity in self.selection.iter().filter_map(|id| self.drawing().entity(*id)) {
            let mut shape = entity.shape.clone();
            shape
                .translate(by)
                .map_err(|kind| Hindrance::Other(format!("{kind} can't be copied: Linework does not read it")))?;
            detach(&mut shape);
            new.push((entity.style.clone(), shape));
        }
        let count = new.len();
        if count > 0 {
            self.put(new)?;
        }
        Ok(count)
    }
}

/// Makes a copied shape's parts new ones: what points into the file, or has a handle there, is the original's.
pub fn detach(shape: &mut Shape) {
    if let Shape::Insert(insert) = shape {
        for attribute in &mut insert.attributes {
            attribute.handle = None;
            attribute.source = None;
        }
    }
}

/// A sentence begins with a capital.
pub fn first_capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
