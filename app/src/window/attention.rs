//! Whether the person is at the window: what others see of it. Only the window knows when it had the keyboard, and when
//! something was done with it.

use std::time::Duration;

use protocol::Attention;

use super::Window;

/// After so long without a key or a move of the pointer one is idle, in seconds.
const IDLE_S: f64 = 120.0;
/// After so long out of sight, or without the keyboard, one is away, in seconds.
const AWAY_S: f64 = 300.0;

/// When the person was last seen at the window.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Watch {
    /// When something was last done, in seconds of the window's clock.
    acted_s: f64,
    /// Since when the window is not in front.
    left_s: Option<f64>,
}

impl Watch {
    /// Takes in a frame: whether something was done in it, and whether the window is in front.
    fn see(&mut self, now_s: f64, acted: bool, in_front: bool) {
        if acted {
            self.acted_s = now_s;
        }
        self.left_s = if in_front { None } else { self.left_s.or(Some(now_s)) };
    }

    /// Whether one is there, and in how many seconds that changes by itself.
    fn attention(&self, now_s: f64) -> (Attention, Option<f64>) {
        let away_in_s = self.left_s.map(|left_s| left_s + AWAY_S - now_s);
        let idle_in_s = self.acted_s + IDLE_S - now_s;
        match away_in_s {
            Some(in_s) if in_s <= 0.0 => (Attention::Away, None),
            _ if idle_in_s <= 0.0 => (Attention::Idle, away_in_s),
            Some(in_s) => (Attention::Here, Some(in_s.min(idle_in_s))),
            None => (Attention::Here, Some(idle_in_s)),
        }
    }
}

impl Window {
    /// Notes what is done, and shows everybody whether one is there; comes back when that changes by itself.
    pub(super) fn watch_attention(&mut self, ctx: &egui::Context) {
        let (now_s, acted, focused, viewport) = ctx.input(|input| {
            let acted = input.events.iter().any(|event| !matches!(event, egui::Event::WindowFocused(_)));
            (input.time, acted || input.pointer.is_moving(), input.focused, input.viewport().minimized)
        });
        self.watch.see(now_s, acted, focused && viewport != Some(true));
        let (attention, changes_in_s) = self.watch.attention(now_s);
        let shared = self.documents.iter().any(crate::document::Document::has_guests);
        for document in &mut self.documents {
            document.set_attention(attention);
        }
        // Alone, nobody has to be told.
        if let Some(seconds) = changes_in_s.filter(|_| shared) {
            ctx.request_repaint_after(Duration::from_secs_f64(seconds.max(0.0) + 0.01));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_nothing_is_idle_and_whose_window_is_not_in_front_is_away() {
        let mut watch = Watch::default();
        watch.see(10.0, true, true);
        assert_eq!(watch.attention(129.0), (Attention::Here, Some(1.0)));
        assert_eq!(watch.attention(130.0), (Attention::Idle, None));
        watch.see(200.0, false, false);
        assert_eq!(watch.attention(499.0), (Attention::Idle, Some(1.0)));
        assert_eq!(watch.attention(500.0), (Attention::Away, None));
        // Nothing but coming back makes that undone.
        watch.see(600.0, false, false);
        assert_eq!(watch.attention(600.0).0, Attention::Away);
        watch.see(601.0, true, true);
        assert_eq!(watch.attention(601.0), (Attention::Here, Some(IDLE_S)));
    }
}
