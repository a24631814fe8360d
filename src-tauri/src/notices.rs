//! What the owner hears of while the window is away: a lock that is asked for, a disk that fills.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use server::HostEvent;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// For so long one person's asking in one drawing is told once.
const QUIET: Duration = Duration::from_secs(60);
/// People and drawings that are kept in mind; the one that asked first is forgotten first.
const ASKED_MAX: usize = 256;

/// Shows what happens at a host as notifications of the desktop, until the host is gone.
pub async fn show(mut events: broadcast::Receiver<HostEvent>) {
    let mut asked = Asked::default();
    loop {
        match events.recv().await {
            Ok(event) => {
                if !asked.is_news(&event, Instant::now()) {
                    continue;
                }
                let (summary, body) = words(&event);
                // The desktop's own service may take its time, or not be there.
                let shown = tokio::task::spawn_blocking(move || {
                    notify_rust::Notification::new()
                        .appname("Linework Host")
                        .icon("linework")
                        .summary(&summary)
                        .body(&body)
                        .show()
                        .map(drop)
                });
                match shown.await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::warn!(%error, ?event, "the desktop shows no notifications"),
                    Err(error) => tracing::warn!(%error, ?event, "a notification ended early"),
                }
            }
            // What was missed is on the console.
            Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "notifications were passed over"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Who asked for a lock lately, and where: who goes on clicking is not told again and again.
#[derive(Debug, Default)]
struct Asked(VecDeque<(String, String, Instant)>);

impl Asked {
    fn is_news(&mut self, event: &HostEvent, now: Instant) -> bool {
        let HostEvent::LockAskedFor { drawing, asker, .. } = event else { return true };
        self.0.retain(|(_, _, at)| now.saturating_duration_since(*at) < QUIET);
        if self.0.iter().any(|(where_, who, _)| where_ == drawing && who == asker) {
            return false;
        }
        if self.0.len() >= ASKED_MAX {
            self.0.pop_front();
        }
        self.0.push_back((drawing.clone(), asker.clone(), now));
        true
    }
}

/// Somebody else's word in a text that desktops read as markup.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A headline, which is text, and a sentence, which is markup.
fn words(event: &HostEvent) -> (String, String) {
    match event {
        HostEvent::LockAskedFor { drawing, asker, holder, records } => {
            let what = if *records == 1 { "something".to_owned() } else { format!("{records} things") };
            (
                format!("{asker} asks for a lock"),
                format!("In {}, {} wants to change {what} that {} holds.", plain(drawing), plain(asker), plain(holder)),
            )
        }
        HostEvent::DiskFilling { free_bytes } => (
            "The disk is filling up".into(),
            format!(
                "{} MB are free where the drawings are kept. When it is full, changes are refused until there is room; \
                 nothing that was acknowledged is lost.",
                free_bytes >> 20
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_in_words() {
        let asked =
            HostEvent::LockAskedFor { drawing: "Plan".into(), asker: "Ben".into(), holder: "Ana".into(), records: 3 };
        assert_eq!(words(&asked).1, "In Plan, Ben wants to change 3 things that Ana holds.");
        let odd = HostEvent::LockAskedFor {
            drawing: "A<B & C".into(),
            asker: "<a href=\"http://evil.example\">Ben</a>".into(),
            holder: "Ana<img src=x>".into(),
            records: 1,
        };
        let body = words(&odd).1;
        assert!(!body.contains('<') && !body.contains('>') && body.starts_with("In A&lt;B &amp; C, &lt;a"), "{body}");
        let filling = HostEvent::DiskFilling { free_bytes: 300 << 20 };
        assert!(words(&filling).1.starts_with("300 MB are free"));
    }

    #[test]
    fn who_goes_on_asking_is_told_of_once_a_minute() {
        let (mut asked, start) = (Asked::default(), Instant::now());
        let by = |asker: &str| HostEvent::LockAskedFor {
            drawing: "Plan".into(),
            asker: asker.into(),
            holder: "Ana".into(),
            records: 1,
        };
        for (asker, after_s, expect) in
            [("Ben", 0, true), ("Ben", 1, false), ("Cleo", 2, true), ("Ben", 59, false), ("Ben", 60, true)]
        {
            assert_eq!(asked.is_news(&by(asker), start + Duration::from_secs(after_s)), expect, "{asker} at {after_s}");
        }
        assert!((0..1_000).all(|n| asked.is_news(&by(&format!("Somebody {n}")), start)));
        assert!(asked.0.len() <= ASKED_MAX);
        assert!(asked.is_news(&HostEvent::DiskFilling { free_bytes: 1 }, start));
    }
}
