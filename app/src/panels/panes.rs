//! The parts of the window as the keyboard goes through them: F6 takes it to the next one, Tab walks inside it.

use egui::{Context, Id, Rect, Response, Ui};

/// A part of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pane {
    /// Where it is.
    area: Rect,
    /// What takes the keyboard in it first.
    first: Id,
}

fn key() -> Id {
    Id::unique("panes")
}

/// The panes of this frame, in order. At most a handful.
#[derive(Debug, Clone, Default)]
struct Panes {
    shown: Vec<Pane>,
    before: Vec<Pane>,
}

/// A frame begins.
pub fn begin(ctx: &Context) {
    ctx.data_mut(|data| {
        let panes: &mut Panes = data.get_temp_mut_or_default(key());
        panes.before = std::mem::take(&mut panes.shown);
    });
    stay_inside(ctx);
}

/// This area is a pane that begins with this control.
pub fn pane(ui: &Ui, area: Rect, first: &Response) {
    let pane = Pane { area, first: first.id };
    ui.ctx().data_mut(|data| data.get_temp_mut_or_default::<Panes>(key()).shown.push(pane));
}

/// Takes the keyboard to the next pane.
pub fn next(ctx: &Context) {
    let panes: Panes = ctx.data(|data| data.get_temp(key())).unwrap_or_default();
    let focused = ctx.memory(|memory| memory.focused()).and_then(|id| ctx.read_response(id));
    let at = focused.and_then(|response| of(&panes.before, response.rect));
    let next = at.map_or(0, |at| (at + 1) % panes.before.len().max(1));
    if let Some(pane) = panes.before.get(next) {
        ctx.memory_mut(|memory| memory.request_focus(pane.first));
    }
}

fn of(panes: &[Pane], control: Rect) -> Option<usize> {
    panes.iter().position(|pane| pane.area.contains(control.center()))
}

/// Tab that would leave the pane goes to its beginning.
fn stay_inside(ctx: &Context) {
    let id = Id::unique("pane of the keyboard");
    let panes: Panes = ctx.data(|data| data.get_temp(key())).unwrap_or_default();
    let focused = ctx.memory(|memory| memory.focused()).and_then(|id| ctx.read_response(id));
    let at = focused.and_then(|response| of(&panes.before, response.rect));
    let before: Option<usize> = ctx.data(|data| data.get_temp(id));
    let tabbed: bool = ctx.data(|data| data.get_temp(id.with("tab"))).unwrap_or_default();
    if let (Some(was), Some(now)) = (before, at)
        && tabbed
        && was != now
        && let Some(pane) = panes.before.get(was)
    {
        ctx.memory_mut(|memory| memory.request_focus(pane.first));
    } else if let Some(at) = at {
        ctx.data_mut(|data| data.insert_temp(id, at));
    } else {
        ctx.data_mut(|data| data.remove::<usize>(id));
    }
    let tab = ctx.input(|input| input.key_pressed(egui::Key::Tab));
    ctx.data_mut(|data| data.insert_temp(id.with("tab"), tab));
}
