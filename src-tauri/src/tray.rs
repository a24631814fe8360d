//! The icon in the desktop's tray: how the server is doing, the console, the end. Where a desktop has no tray, starting
//! the program again shows the window.

use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent};
use tauri::{App, AppHandle, Manager as _};

use crate::serving::Status;
use crate::shell::{self, Shell};

/// The line that says how the server is doing.
pub struct StatusLine(MenuItem<tauri::Wry>);

/// Puts the icon up.
pub fn build(app: &App) -> tauri::Result<StatusLine> {
    let line = MenuItem::with_id(app, "status", words(None), false, None::<&str>)?;
    let show = MenuItem::with_id(app, "show", "Show the console", true, None::<&str>)?;
    let network = MenuItem::with_id(app, "network", "Network and port...", true, None::<&str>)?;
    let quit = MenuItem::with_id(app, "quit", "Stop serving and quit", true, None::<&str>)?;
    let menu = Menu::with_items(app, &[&line, &PredefinedMenuItem::separator(app)?, &show, &network, &quit])?;
    let mut tray = TrayIconBuilder::with_id("linework").menu(&menu).tooltip("Linework Host").title("Linework Host");
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.on_menu_event(|app, event| match event.id.as_ref() {
        "show" => run(app, |shell| async move { shell.show_console().await }),
        "network" => run(app, |shell| async move { shell.show_page() }),
        "quit" => run(app, |shell| async move { shell.quit().await }),
        _ => {}
    })
    .on_tray_icon_event(|tray, event| {
        if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
            run(tray.app_handle(), |shell| async move { shell.show_console().await });
        }
    })
    .build(app)?;
    Ok(StatusLine(line))
}

impl StatusLine {
    /// Says how the server is doing.
    pub fn say(&self, status: &Status) {
        if let Err(error) = self.0.set_text(words(Some(status))) {
            tracing::debug!(%error, "the tray does not say how the server is doing");
        }
    }
}

fn run<F: Future<Output = ()> + Send + 'static>(app: &AppHandle, work: impl FnOnce(Shell) -> F) {
    let shell = app.state::<Shell>().inner().clone();
    shell::runtime().spawn(work(shell));
}

fn words(status: Option<&Status>) -> String {
    match status {
        Some(Status { at: Some(at), people, .. }) => match people {
            0 => format!("Serving at port {}, nobody is in", at.port()),
            1 => format!("Serving at port {}, 1 person is in", at.port()),
            people => format!("Serving at port {}, {people} people are in", at.port()),
        },
        Some(Status { trouble: Some(_), .. }) => "Not serving: something is wrong".into(),
        Some(_) | None => "Not serving".into(),
    }
}
