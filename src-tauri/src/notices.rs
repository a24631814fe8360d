//! What the owner hears of while the window is away: a lock that is asked for, a disk that fills.

use server::HostEvent;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// Shows what happens at a host as notifications of the desktop, until the host is gone.
pub async fn show(mut events: broadcast::Receiver<HostEvent>) {
    loop {
        match events.recv().await {
            Ok(event) => {
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

/// A headline and a sentence.
fn words(event: &HostEvent) -> (String, String) {
    match event {
        HostEvent::LockAskedFor { drawing, asker, holder, records } => {
            let what = if *records == 1 { "something".to_owned() } else { format!("{records} things") };
            (
                format!("{asker} asks for a lock"),
                format!("In {drawing}, {asker} wants to change {what} that {holder} holds."),
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
        let filling = HostEvent::DiskFilling { free_bytes: 300 << 20 };
        assert!(words(&filling).1.starts_with("300 MB are free"));
    }
}
