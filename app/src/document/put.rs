//! New things: drawn, copied, pasted, a layer. Each needs ids that the room grants; without enough of them it waits for
//! the grant instead of failing.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawing::{BlockId, Drawing, Entity, EntityId, Layer, Op, Order, Point, Record, RecordId, Shape, Style, Vec2};

use super::graft::Graft;
use super::{Document, Hindrance};
use crate::action::Pick;
use crate::review::{Restoring, Unrestored, restoring};

/// How many changes may wait for ids.
const HELD_MAX: usize = 64;
/// How many of what is pasted are shown under the pointer.
const SHOWN_MAX: usize = 1_000;

/// What was copied: the drawing as it was then, which costs nothing to keep, and which of it.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The drawing.
    pub drawing: Drawing,
    /// What of it.
    pub ids: Vec<EntityId>,
    /// The number of the document that it is of.
    pub document: u64,
    /// What the system's clipboard says while this is what was copied last.
    pub text: String,
}

/// What is about to be pasted, as a small drawing of its own.
pub struct Guest {
    /// The drawing.
    pub drawing: Drawing,
    /// Its entities, as many as are shown.
    pub ids: Vec<EntityId>,
    /// Where they are, for the overlay.
    pub scene: scene::Scene,
    /// What they are put by: the lower left corner around them.
    pub base: Point,
    /// Tells one from the next.
    pub number: u64,
}

/// Something new.
#[derive(Debug, Clone)]
pub enum New {
    /// Entities drawn here.
    Shapes(BlockId, Vec<(Style, Shape)>),
    /// Copies, moved by this much; selected if they are pasted.
    Copies {
        /// The space they go to.
        space: BlockId,
        /// Of what.
        of: Arc<Copied>,
        /// How far from where they were.
        by: Vec2,
        /// Whether they are pasted, and so selected.
        pasted: bool,
    },
    /// A layer; its id is still to come.
    Layer(Layer),
    /// What the drawing was at a moment that one looked back at.
    Moment(Drawing),
}

/// How something new came in.
#[derive(Debug, Clone, PartialEq)]
pub enum Put {
    /// It is in the drawing; the words are for the person.
    Done(String),
    /// It waits for ids.
    Waits,
}

impl Document {
    /// Puts new entities on top of the shown space, in the current style.
    pub fn draw(&mut self, shapes: Vec<Shape>) -> Result<Put, Hindrance> {
        let here = self.style().zip(self.space);
        let (style, space) = here.ok_or(Hindrance::Other("The drawing is not here yet".into()))?;
        self.put(New::Shapes(space, shapes.into_iter().map(|shape| (style.clone(), shape)).collect()))
    }

    /// Puts copies of the selection that far away.
    pub fn copy_by(&mut self, by: Vec2) -> Result<Put, Hindrance> {
        let of = Arc::new(self.copied(String::new()));
        self.put_copies(of, by, false)
    }

    /// Puts in what was copied.
    pub fn put_copies(&mut self, of: Arc<Copied>, by: Vec2, pasted: bool) -> Result<Put, Hindrance> {
        let space = self.space.ok_or(Hindrance::Other("The drawing is not here yet".into()))?;
        self.put(New::Copies { space, of, by, pasted })
    }

    /// The selection as it is now, for copying.
    pub fn copied(&self, text: String) -> Copied {
        let ids = self.selection.iter().copied().collect();
        Copied { drawing: self.drawing().clone(), ids, document: self.id, text }
    }

    /// Puts something new in, at once or as soon as there are ids for it.
    pub fn put(&mut self, new: New) -> Result<Put, Hindrance> {
        if !self.may_edit() {
            return Err(Hindrance::Other(self.why_not()));
        }
        if self.held_back.is_empty()
            && let Some(done) = self.try_put(&new)
        {
            return done;
        }
        if self.held_back.len() >= HELD_MAX {
            return Err(Hindrance::Other(
                "Too many changes wait for the server to grant numbers for new things".into(),
            ));
        }
        self.held_back.push_back(new);
        Ok(Put::Waits)
    }

    /// Gives up the last of what waits for ids; whether there was something.
    pub fn take_back_held(&mut self) -> bool {
        self.held_back.pop_back().is_some()
    }

    /// Puts in what waited for ids and can be put in now.
    pub fn put_held_back(&mut self) -> Vec<Result<Put, Hindrance>> {
        let mut done = Vec::new();
        while self.may_edit()
            && let Some(new) = self.held_back.pop_front()
        {
            match self.try_put(&new) {
                Some(result) => done.push(result),
                None => {
                    self.held_back.push_front(new);
                    break;
                }
            }
        }
        done
    }

    /// None while there are too few ids.
    fn try_put(&mut self, new: &New) -> Option<Result<Put, Hindrance>> {
        match new {
            New::Shapes(space, shapes) => {
                let ids = self.take_ids(shapes.len())?;
                Some(ids.and_then(|ids| self.put_shapes(*space, shapes, &ids)))
            }
            New::Copies { space, of, by, pasted } => {
                let graft = Graft::new(&of.drawing, &of.ids, self.drawing(), of.document == self.id);
                let ids = self.take_ids(graft.count())?;
                Some(ids.and_then(|ids| {
                    let (op, copies) = graft
                        .op(&of.drawing, self.drawing(), &ids, *space, *by)
                        .map_err(|why| Hindrance::Other(super::first_capital(&why)))?;
                    let verb = if *pasted { "pasted" } else { "copied" };
                    let words = format!("{} {verb}{}", objects(copies.len()), graft.words());
                    self.put_op(op, &copies)?;
                    if *pasted && self.space == Some(*space) {
                        self.select_none();
                        self.select(&copies, Pick::Add);
                    }
                    Ok(Put::Done(words))
                }))
            }
            New::Moment(then) => self.try_restore(then),
            New::Layer(layer) => {
                let ids = self.take_ids(1)?;
                Some(ids.and_then(|ids| {
                    let layer = Layer { id: drawing::LayerId(ids[0].0), ..layer.clone() };
                    let (id, words) = (layer.id, format!("Layer {} added", layer.name));
                    self.put_op(Op::New(vec![Record::Layer(layer)]), &[])?;
                    self.current.layer = Some(id);
                    Ok(Put::Done(words))
                }))
            }
        }
    }

    /// Makes the drawing what it was; none while there are too few ids for what was erased since.
    pub(super) fn try_restore(&mut self, then: &Drawing) -> Option<Result<Put, Hindrance>> {
        let now = self.session.drawing().clone();
        let most = self.session.limits().records_max as usize;
        let me = self.session.me();
        let session = &mut self.session;
        let others: BTreeSet<RecordId> =
            session.locks().filter(|(_, holding)| Some(holding.session) != me).map(|(id, _)| id).collect();
        let restoring = match restoring(&now, then, most, |id| others.contains(&id), |count| session.take_ids(count)) {
            Ok(restoring) => restoring,
            Err(Unrestored::NoNumbers(_)) => return None,
            Err(Unrestored::TooMany(most)) => {
                let why = format!("More than {most} things differ, which is more than the room takes at once");
                return Some(Err(Hindrance::Other(why)));
            }
        };
        Some(self.restored(restoring))
    }

    fn restored(&mut self, restoring: Restoring) -> Result<Put, Hindrance> {
        let who = self.held_of(&restoring.held.iter().map(|id| EntityId(id.0)).collect::<Vec<_>>());
        let mut left = Vec::new();
        if let Some(Hindrance::Held { who, .. }) = &who {
            left.push(format!("{who}, which stays as it is"));
        }
        match restoring.needed {
            0 => {}
            1 => left.push("1 thing stays since what stays needs it".into()),
            count => left.push(format!("{count} things stay since what stays needs them")),
        }
        match restoring.left_out {
            0 => {}
            1 => left.push("1 erased thing can't be made anew: Linework does not read its kind".into()),
            count => left.push(format!("{count} erased things can't be made anew: Linework does not read their kinds")),
        }
        let Some(op) = restoring.op else {
            let other = if left.is_empty() { "The drawing is as it was then".into() } else { left.join("; ") };
            return Err(who.unwrap_or(Hindrance::Other(super::first_capital(&other))));
        };
        self.submit_from_anywhere(op)?;
        let verb = if restoring.count == 1 { "is" } else { "are" };
        let done = format!("Restored: {} {verb} as then", objects(restoring.count));
        Ok(Put::Done([vec![done], left].concat().join("; ") + ". Undo takes it back"))
    }

    /// So many ids; none while there are too few, an error where there never will be as many.
    fn take_ids(&mut self, count: usize) -> Option<Result<Vec<RecordId>, Hindrance>> {
        let most = self.session.limits().records_max as usize;
        if count > most {
            let why = format!("{count} things are more than the {most} that the server takes at once");
            return Some(Err(Hindrance::Other(why)));
        }
        self.session.take_ids(count).map(Ok)
    }

    fn put_shapes(&mut self, space: BlockId, shapes: &[(Style, Shape)], ids: &[RecordId]) -> Result<Put, Hindrance> {
        let first = self.drawing().order_on_top(space);
        let entities = shapes.iter().zip(ids).enumerate().map(|(at, ((style, shape), id))| {
            let order = Order(first.0.saturating_add(at as u64 * Order::STEP));
            let (style, shape) = (style.clone(), shape.clone());
            Entity { id: EntityId(id.0), handle: None, source: None, owner: space, order, style, shape }
        });
        let op = Op::New(entities.map(Record::Entity).collect());
        let new: Vec<_> = ids.iter().map(|id| EntityId(id.0)).collect();
        self.put_op(op, &new)?;
        Ok(Put::Done(format!("{} drawn", objects(new.len()))))
    }

    fn put_op(&mut self, op: Op, entities: &[EntityId]) -> Result<(), Hindrance> {
        self.show_among_isolated(entities);
        self.submit(op)?;
        Ok(())
    }

    /// What is about to be pasted, as it is shown under the pointer.
    pub fn guest_of(&mut self, copied: &Copied) -> Option<Guest> {
        self.touched();
        let mut drawing = Drawing::new();
        let space = Drawing::MODEL_SPACE;
        let ids = &copied.ids[..copied.ids.len().min(SHOWN_MAX)];
        let graft = Graft::new(&copied.drawing, ids, &drawing, false);
        let first = drawing.id_max().0 + 1;
        let ids: Vec<_> = (first..).map(RecordId).take(graft.count()).collect();
        let (op, ids) = graft.op(&copied.drawing, &drawing, &ids, space, Vec2::ZERO).ok()?;
        drawing.apply(&op).ok()?;
        if ids.is_empty() {
            return None;
        }
        let scene = self.picture.scene_of(&drawing, space);
        let rect = scene.extents(&drawing, &scene::Visibility::default()).map(|extents| extents.rect);
        let base = rect.map_or(Point::ZERO, |rect| Point::new(rect.x0, rect.y0));
        Some(Guest { drawing, ids, scene, base, number: self.revision })
    }
}

/// `1 object`, `3 objects`.
pub fn objects(count: usize) -> String {
    if count == 1 { "1 object".into() } else { format!("{count} objects") }
}
