//! What lies over the drawing and is made of it: selection, hover, what others hold, and ghosts.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawing::{EntityId, Op, Record, Vec2};
use egui::Color32;
use render::{Casing, OverlayPaint};

use super::Drag;
use crate::document::turn::{Turn, turned};
use crate::document::{Cover, Document, Facts};
use crate::theme::{Theme, size};
use crate::tools::Ghosting;

/// Places of the overlays: those of people lie below one's own.
const HELD: u32 = 1_000;
const GHOST_OF: u32 = 2_000;
const LIT: u32 = 9_000;
const SELECTED: u32 = 10_000;
const HOVER: u32 = 9_999;
const GHOST: u32 = 10_001;
const GUEST: u32 = 10_002;
const LAPSED: u32 = 10_003;
const DRAFTED: u32 = 10_004;
const DRAFTED_AWAY: u32 = 10_005;
const DRAFT_LIT: u32 = 10_006;

/// Dash and gap of what a person holds, by their place among the colours: the pattern tells them apart where the colour
/// can't.
const DASHES: [[f32; 4]; 8] = [
    [0.0, 0.0, 0.0, 0.0],
    [10.0, 4.0, 10.0, 4.0],
    [4.0, 4.0, 4.0, 4.0],
    [12.0, 4.0, 3.0, 4.0],
    [16.0, 6.0, 16.0, 6.0],
    [3.0, 3.0, 8.0, 3.0],
    [20.0, 4.0, 4.0, 4.0],
    [2.0, 5.0, 2.0, 5.0],
];

/// Entities that a turning ghost is made of at most: it is made anew in each frame.
const TURNED_MAX: usize = 300;

fn srgb(color: Color32, opacity: f32) -> [f32; 4] {
    let [red, green, blue, _] = color.to_normalized_gamma_f32();
    [red, green, blue, opacity]
}

fn outline(theme: &Theme, color: Color32) -> OverlayPaint {
    OverlayPaint {
        // On both sides of a line that keeps its own colour.
        width_px: 2.0 * size::HELD + 1.0,
        casing: Some(Casing { color: srgb(theme.canvas, 1.0), reach_px: 1.5 }),
        fill_opacity: 0.8,
        ..OverlayPaint::outline(srgb(color, 1.0))
    }
}

/// How far the running command would move the selection.
pub(super) fn preview_shift(document: &Document) -> Option<Vec2> {
    let preview = document.tool.as_ref()?.preview(&document.view());
    match preview.ghost {
        Some(Ghosting::Moved(by)) => Some(by),
        _ => None,
    }
}

pub(super) fn show(document: &mut Document, theme: &Theme) {
    let mut keep = BTreeSet::new();
    let facts = document.facts();
    people(document, &facts, theme, &mut keep);
    let drawing = document.drawing().clone();
    let revision = document.revision;

    lit(document, theme, &mut keep);

    let mut paint = outline(theme, theme.accent);
    if facts.asked {
        paint.dash_px = DASHES[2];
    }
    // Where others hold a part, their outline says so; one's own lies on top of the rest.
    keep.insert(SELECTED);
    document.picture.outline(&drawing, SELECTED, &facts.outlined, revision, paint);

    // Whose lock lapsed: selected as before, and open to everybody.
    keep.insert(LAPSED);
    let mut paint = outline(theme, theme.warn);
    paint.dash_px = DASHES[2];
    document.picture.outline(&drawing, LAPSED, &facts.lapsed, revision, paint);

    let hover: Vec<_> = document.pointer.hover.into_iter().collect();
    keep.insert(HOVER);
    let paint = OverlayPaint { width_px: 4.0, fill_opacity: 0.6, ..OverlayPaint::outline(srgb(theme.accent, 0.45)) };
    document.picture.overlay(&drawing, HOVER, &hover, revision, (paint, Cover::Whole));

    drafted(document, theme, &mut keep);
    if let Some(place) = ghost(document, &facts, theme) {
        keep.insert(place);
    }
    document.picture.keep_overlays(&keep);
}

/// What the last step of a look back did, in its author's colour.
fn lit(document: &mut Document, theme: &Theme, keep: &mut BTreeSet<u32>) {
    let Some(review) = document.review.as_ref().filter(|_| document.past().is_some()) else { return };
    let lit = review.lit_up();
    let ids = lit.ids.clone();
    let color = lit.color.map_or(theme.quiet, |color| theme.person(color));
    let drawing = document.drawing().clone();
    keep.insert(LIT);
    let paint = OverlayPaint { width_px: 2.0 * size::HELD + 3.0, ..outline(theme, color) };
    document.picture.overlay(&drawing, LIT, &ids, document.revision, (paint, Cover::Around));
}

/// What the changes that were not done would make of the drawing.
fn drafted(document: &mut Document, theme: &Theme, keep: &mut BTreeSet<u32>) {
    let Some(space) = document.space.filter(|_| !document.drafts.is_empty() && !document.is_looking_back()) else {
        return;
    };
    let drafted = document.drafted();
    let now = document.session.drawing().clone();
    // What they are made of: the drawing as it is and the list, of which neither goes back.
    let made_of = document.revision.wrapping_mul(1 << 20) ^ document.drafts.revision() ^ (1 << 62);
    let [put, gone] = drafted.seen(&now, space, None);
    let mut paint = OverlayPaint { width_px: 2.0, ..OverlayPaint::outline(srgb(theme.warn, 0.9)) };
    paint.dash_px = DASHES[2];
    document.picture.overlay(&drafted.drawing, DRAFTED, &put, made_of, (paint, Cover::Whole));
    let mut paint = OverlayPaint { width_px: 3.0, ..OverlayPaint::outline(srgb(theme.bad, 0.8)) };
    paint.dash_px = DASHES[7];
    document.picture.overlay(&now, DRAFTED_AWAY, &gone, made_of, (paint, Cover::Whole));
    keep.extend([DRAFTED, DRAFTED_AWAY]);
    if let Some(lit) = document.drafts.lit {
        let [put, gone] = drafted.seen(&now, space, Some(lit));
        let of = if put.is_empty() { (&now, gone) } else { (&drafted.drawing, put) };
        let paint = OverlayPaint { width_px: 5.0, ..OverlayPaint::outline(srgb(theme.warn, 0.6)) };
        document.picture.overlay(of.0, DRAFT_LIT, &of.1, made_of, (paint, Cover::Whole));
        keep.insert(DRAFT_LIT);
    }
}

/// The selection as a drag or a command would leave it, or what is about to be pasted. Which overlay shows it.
fn ghost(document: &mut Document, facts: &Facts, theme: &Theme) -> Option<u32> {
    let selected = &*facts.outlined;
    let paint = OverlayPaint { width_px: 2.0, ..OverlayPaint::outline(srgb(theme.accent, 0.85)) };
    let drawing = document.drawing().clone();
    let moved = match document.pointer.drag {
        Drag::Move { by, .. } => Some(Ghosting::Moved(by)),
        _ => document.tool.as_ref().and_then(|tool| tool.preview(&document.view()).ghost),
    };
    match moved? {
        Ghosting::Guest(by) => {
            let paint = OverlayPaint { offset: by, ..paint };
            document.picture.overlay_guest(GUEST, document.guest.as_ref()?, paint);
            Some(GUEST)
        }
        Ghosting::Moved(by) => {
            let paint = OverlayPaint { offset: by, ..paint };
            document.picture.overlay(&drawing, GHOST, selected, document.revision, (paint, Cover::Whole));
            Some(GHOST)
        }
        Ghosting::Turned(center, radians) => {
            let turn = Turn::new(center, radians);
            let ids = &selected[..selected.len().min(TURNED_MAX)];
            let records = ids.iter().filter_map(|id| {
                let mut entity = drawing.entity(*id)?.clone();
                entity.shape = turned(&entity.shape, &turn).ok()?;
                Some(Record::Entity(entity))
            });
            let op = Op::Change(records.collect());
            let mut as_turned = drawing.clone();
            as_turned.apply(&op).ok()?;
            // The angle is part of what it was made of.
            let made_of = document.revision ^ radians.to_bits() ^ (1 << 63);
            document.picture.overlay(&as_turned, GHOST, ids, made_of, (paint, Cover::Whole));
            Some(GHOST)
        }
    }
}

/// What others hold, and what they are dragging.
fn people(document: &mut Document, facts: &Facts, theme: &Theme, keep: &mut BTreeSet<u32>) {
    if document.is_looking_back() {
        // They are at work now, not then.
        return;
    }
    let drawing = document.drawing().clone();
    let revision = document.revision;
    let me = document.session.me();
    let others: Vec<_> =
        document.session.people().filter(|person| Some(person.session) != me).cloned().enumerate().collect();
    for (place, person) in others {
        let color = theme.person(person.color);
        let none = Arc::default();
        let ids = facts.held_by.get(&person.session).unwrap_or(&none);
        let mut paint = outline(theme, color);
        paint.dash_px = DASHES[usize::from(person.color) % DASHES.len()];
        let id = HELD + place as u32;
        keep.insert(id);
        document.picture.outline(&drawing, id, ids, revision, paint);

        let ghost = document.presence_here(person.session).and_then(|presence| presence.ghost.clone());
        let id = GHOST_OF + place as u32;
        keep.insert(id);
        let ids: Vec<_> = ghost.iter().flat_map(|ghost| ghost.ids.iter().map(|id| EntityId(id.0))).collect();
        let offset = ghost.map_or(Vec2::ZERO, |ghost| ghost.by);
        let paint = OverlayPaint { offset, width_px: 2.0, ..OverlayPaint::outline(srgb(color, 0.4)) };
        document.picture.overlay(&drawing, id, &ids, revision, (paint, Cover::Whole));
    }
}
