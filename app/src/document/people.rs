//! Where others' pointers are: they glide to where they were last seen, and never jump.

use std::collections::BTreeMap;

use collab::Session;
use drawing::{BlockId, Drawing, Point, Vec2, View};
use protocol::{Presence, SessionId};

use super::Document;

/// How long a glide takes to get most of the way, in seconds.
const GLIDE_S: f64 = 0.08;
/// A name is shown so long after the pointer came to rest, in seconds.
const NAMED_S: f64 = 3.0;
/// Who has not moved for so long is idle, in seconds.
const IDLE_S: f64 = 300.0;
/// A pointer that left fades so long, in seconds.
const FADE_S: f64 = 0.12;

/// A pointer of somebody else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glide {
    /// Where it is drawn.
    pub at: Point,
    speed: Vec2,
    target: Point,
    /// When the target last moved, in seconds of the window's clock.
    moved_s: f64,
    /// When it left, if it has.
    left_s: Option<f64>,
}

impl Glide {
    fn new(at: Point, now_s: f64) -> Glide {
        Glide { at, speed: Vec2::ZERO, target: at, moved_s: now_s, left_s: None }
    }

    /// One step of a critically damped spring: exact for any step, so it never swings over.
    fn step(&mut self, dt_s: f64) {
        let omega = 2.0 / GLIDE_S;
        let off = self.at - self.target;
        let push = (self.speed + off * omega) * dt_s;
        let decay = (-omega * dt_s).exp();
        self.at = self.target + (off + push) * decay;
        self.speed = (self.speed - push * omega) * decay;
    }

    /// How visible the name is, 0 to 1.
    pub fn name_opacity(&self, now_s: f64) -> f32 {
        let rest = now_s - self.moved_s - NAMED_S;
        (1.0 - rest / 0.3).clamp(0.0, 1.0) as f32 * self.opacity(now_s)
    }

    /// How visible the pointer is, 0 to 1.
    pub fn opacity(&self, now_s: f64) -> f32 {
        self.left_s.map_or(1.0, |left| (1.0 - (now_s - left) / FADE_S).clamp(0.0, 1.0) as f32)
    }
}

/// The pointers of all others.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// By session.
    pub glides: BTreeMap<SessionId, Glide>,
    /// What each showed last, and since when: by that somebody is idle.
    shown: BTreeMap<SessionId, (Option<Point>, Option<View>, f64)>,
    /// Pointers jump and vanish at once.
    pub still: bool,
    last_s: f64,
}

impl People {
    /// For how many whole minutes somebody has not moved, once that is worth a word.
    pub fn idle_min(&self, session: SessionId, now_s: f64) -> Option<u64> {
        let (_, _, since_s) = self.shown.get(&session)?;
        let idle_s = now_s - since_s;
        (idle_s >= IDLE_S).then(|| (idle_s / 60.0) as u64)
    }

    /// Moves all pointers in `space` to `now_s`. Gives the seconds after which they look different again, 0 while one glides;
    /// none where all rest.
    pub fn step(&mut self, session: &Session, space: Option<BlockId>, now_s: f64, unit: f64) -> Option<f64> {
        // After a rest there is nothing to catch up with.
        let dt_s = (now_s - self.last_s).clamp(0.0, 0.1);
        self.last_s = now_s;
        let me = session.me();
        self.shown.retain(|id, _| session.person(*id).is_some());
        for person in session.people().filter(|person| Some(person.session) != me) {
            let shown = session.presence_of(person.session).map_or((None, None), |shown| (shown.cursor, shown.view));
            let last = self.shown.entry(person.session).or_insert((shown.0, shown.1, now_s));
            if (last.0, last.1) != shown {
                *last = (shown.0, shown.1, now_s);
            }
            let presence = session.presence_of(person.session).filter(|shown| is_in(shown, space, session.drawing()));
            let cursor = presence.and_then(|presence| presence.cursor);
            match (cursor, self.glides.get_mut(&person.session)) {
                (Some(at), None) => {
                    self.glides.insert(person.session, Glide::new(at, now_s));
                }
                (Some(at), Some(glide)) => {
                    if glide.left_s.take().is_some() {
                        *glide = Glide::new(at, now_s);
                    } else if glide.target != at {
                        glide.target = at;
                        glide.moved_s = now_s;
                    }
                }
                (None, Some(glide)) => {
                    glide.left_s.get_or_insert(now_s);
                }
                (None, None) => {}
            }
        }
        let mut next: Option<f64> = None;
        let mut sooner = |seconds: f64| next = Some(next.map_or(seconds, |n| n.min(seconds)));
        self.glides.retain(|id, glide| {
            if session.person(*id).is_none() {
                glide.left_s.get_or_insert(now_s);
            }
            if self.still {
                glide.at = glide.target;
                if glide.left_s.is_some() {
                    return false;
                }
            }
            glide.step(dt_s);
            let near = (glide.at - glide.target).hypot() < unit * 0.25 && glide.speed.hypot() < unit;
            if near {
                glide.at = glide.target;
                glide.speed = Vec2::ZERO;
            } else {
                sooner(0.0);
            }
            if let Some(left) = glide.left_s {
                sooner(0.0);
                return now_s - left < FADE_S;
            }
            let name_goes = glide.moved_s + NAMED_S - now_s;
            if name_goes > 0.0 {
                sooner(name_goes);
            } else if glide.name_opacity(now_s) > 0.0 {
                sooner(0.0);
            }
            true
        });
        next
    }
}

/// Whether somebody looks at this space.
fn is_in(presence: &Presence, space: Option<BlockId>, drawing: &Drawing) -> bool {
    presence.space.or_else(|| drawing.model_space()) == space
}

/// How long a chain of people who follow one another may be.
const CHAIN_MAX: usize = 1_000;

impl Document {
    /// What somebody shows, if they look at the space that is in front here.
    pub fn presence_here(&self, session: SessionId) -> Option<&Presence> {
        // Whoever looks back sees who was at work then, not who is now.
        let presence = self.session.presence_of(session).filter(|_| !self.is_looking_back());
        presence.filter(|presence| is_in(presence, self.space, self.drawing()))
    }

    /// Whether somebody's view is one's own in the end: they follow oneself, or one who does.
    pub fn follows_me(&self, session: SessionId) -> bool {
        let mut at = session;
        for _ in 0..CHAIN_MAX {
            match self.session.presence_of(at).and_then(|presence| presence.following) {
                Some(next) if Some(next) == self.session.me() => return true,
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }

    /// Sees what the one who is followed sees, on the sheet where they see it.
    pub fn follow(&mut self) {
        let Some(session) = self.following else { return };
        // Two who began at the same moment: the one who was here first leads.
        let leads = self.session.me().is_some_and(|me| me < session);
        if self.session.person(session).is_none() || (leads && self.follows_me(session)) {
            self.following = None;
            return;
        }
        let Some(presence) = self.session.presence_of(session) else { return };
        let space = presence.space.or_else(|| self.drawing().model_space());
        let view = presence.view;
        if let Some(space) = space.filter(|space| Some(*space) != self.space && self.drawing().block(*space).is_some())
        {
            if self.tool.is_some() {
                // What one is drawing is on this sheet.
                self.following = None;
                return;
            }
            self.show_space(space);
        }
        if let Some(view) = view {
            self.camera.follow(view);
            self.placed = true;
        }
    }

    /// While another drawing is in front, nobody sees one's pointer in this one.
    pub fn show_no_pointer(&mut self) {
        self.pointer.over = false;
        if self.presence.0.cursor.is_some() || self.presence.0.ghost.is_some() {
            let presence = Presence { cursor: None, ghost: None, ..self.presence.0.clone() };
            self.show_presence(presence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glide_arrives_without_swinging_over() {
        for dt in [0.004, 0.016, 0.1] {
            let mut glide = Glide::new(Point::ZERO, 0.0);
            glide.target = Point::new(100.0, 0.0);
            let mut last = 0.0;
            let mut passed = 0.0;
            while passed < 0.4 {
                glide.step(dt);
                assert!(glide.at.x >= last && glide.at.x <= 100.0, "{dt}: {}", glide.at.x);
                last = glide.at.x;
                passed += dt;
            }
            assert!(last > 99.0, "{dt}: {last}");
        }
    }

    #[test]
    fn who_has_not_moved_for_five_minutes_is_idle() {
        let mut people = People::default();
        people.shown.insert(SessionId(protocol::Seq(7)), (None, None, 100.0));
        let idle = |now_s| people.idle_min(SessionId(protocol::Seq(7)), now_s);
        assert_eq!((idle(399.0), idle(401.0), idle(830.0)), (None, Some(5), Some(12)));
    }

    #[test]
    fn a_name_fades_after_a_rest() {
        let glide = Glide::new(Point::ZERO, 10.0);
        assert_eq!(glide.name_opacity(12.9), 1.0);
        assert_eq!(glide.name_opacity(14.0), 0.0);
        assert_eq!(glide.opacity(14.0), 1.0);
    }
}
