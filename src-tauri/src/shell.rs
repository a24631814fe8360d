//! The shell: one window, one server, one place that starts and stops it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tauri::async_runtime::RuntimeHandle;
use tauri::{AppHandle, Manager as _, RunEvent, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tokio::sync::Mutex;

use crate::serving::{Serving, Status};
use crate::settings::{self, Settings};
use crate::tray::StatusLine;
use crate::{Arguments, commands, networks, notices, tray};

/// The window's name.
const WINDOW: &str = "main";
/// How often the tray's line is brought up to date; a tray has no other way to hear of it.
const TRAY_PAUSE: Duration = Duration::from_secs(2);

/// What the window, the tray and the page share. Clones are the same shell.
#[derive(Clone)]
pub struct Shell {
    app: AppHandle,
    data: PathBuf,
    config: PathBuf,
    state: Arc<Mutex<State>>,
}

struct State {
    serving: Option<Serving>,
    settings: Settings,
    /// Why it doesn't run, if it should.
    trouble: Option<String>,
}

/// Runs until somebody quits.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let data = arguments.data.clone().map_or_else(settings::usual_data, Ok)?;
    let config = arguments.config.clone().map_or_else(settings::usual_folder, Ok)?;
    let background = arguments.background;
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            let shell = app.state::<Shell>().inner().clone();
            runtime().spawn(async move { shell.show_console().await });
        }))
        .invoke_handler(tauri::generate_handler![
            commands::networks,
            commands::status,
            commands::start,
            commands::stop,
            commands::open_console
        ])
        .on_window_event(|window, event| {
            // Closing the window stops nobody's work; quitting is said in the tray or on the page.
            if let WindowEvent::CloseRequested { api, .. } = event {
                let shell = window.state::<Shell>().inner().clone();
                api.prevent_close();
                runtime().spawn(async move { shell.window_closed().await });
            }
        })
        .setup(move |app| {
            let state = State { serving: None, settings: Settings::load(&config), trouble: None };
            let shell = Shell { app: app.handle().clone(), data, config, state: Arc::new(Mutex::new(state)) };
            app.manage(shell.clone());
            let line = tray::build(app)?;
            if !background {
                shell.open_window(WebviewUrl::App("index.html".into()))?;
            }
            let watched = shell.clone();
            runtime().spawn(async move {
                if background {
                    watched.start_as_before().await;
                }
                watched.keep_tray(line).await;
            });
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("the desktop's window system can't be used; linework-server serves without one")?;
    app.run(|app, event| {
        if let RunEvent::ExitRequested { api, code: None, .. } = &event {
            // The last window closed; the server goes on.
            api.prevent_exit();
        }
        if let RunEvent::Exit = event {
            let shell = app.state::<Shell>().inner().clone();
            tauri::async_runtime::block_on(async move { shell.stop().await });
        }
    });
    Ok(())
}

/// The runtime that everything waits on.
pub fn runtime() -> RuntimeHandle {
    tauri::async_runtime::handle()
}

impl Shell {
    /// How the server is doing.
    pub async fn status(&self) -> Status {
        let state = self.state.lock().await;
        let health = state.serving.as_ref().map(|serving| serving.host.health());
        Status {
            at: state.serving.as_ref().map(|serving| serving.at),
            people: health.as_ref().map_or(0, |health| health.people),
            drawings: health.as_ref().map_or(0, |health| health.drawings),
            trouble: state.trouble.clone(),
            settings: state.settings.clone(),
            data: self.data.clone(),
        }
    }

    /// Serves there; whatever was served elsewhere is ended in good order first.
    pub async fn start(&self, settings: Settings) -> anyhow::Result<()> {
        let mut state = self.state.lock().await;
        if let Some(before) = state.serving.take() {
            before.stop().await;
        }
        let started = Serving::start(&settings, self.data.clone()).await;
        match started {
            Ok(serving) => {
                tracing::info!(at = %serving.at, data = %self.data.display(), "serving");
                runtime().spawn(notices::show(serving.events()));
                state.serving = Some(serving);
                state.trouble = None;
                if let Err(error) = settings.save(&self.config) {
                    tracing::warn!(error = format!("{error:#}"), "where it serves is not remembered");
                }
                state.settings = settings;
                Ok(())
            }
            Err(error) => {
                state.trouble = Some(error.to_string());
                Err(error.into())
            }
        }
    }

    async fn start_as_before(&self) {
        let settings = self.state.lock().await.settings.clone();
        if let Err(error) = self.start(settings).await {
            tracing::error!(error = format!("{error:#}"), "not serving");
            // Whoever started it in the background has to be told somewhere.
            self.show_page();
        }
    }

    /// The owner's secret, if it was just made: whoever is told it has to keep it.
    pub async fn take_owner_secret(&self) -> Option<String> {
        self.state.lock().await.serving.as_ref()?.host.take_owner_secret()
    }

    /// Serves no more; everything is kept.
    pub async fn stop(&self) {
        let serving = self.state.lock().await.serving.take();
        if let Some(serving) = serving {
            serving.stop().await;
        }
    }

    /// Ends the server in good order, then the program.
    pub async fn quit(&self) {
        self.stop().await;
        self.app.exit(0);
    }

    /// Shows the console of the server that runs, or the page that starts one.
    pub async fn show_console(&self) {
        let console = self.console().await;
        let shown = match console {
            Some(url) => self.show(WebviewUrl::External(url)),
            None => self.show(WebviewUrl::App("index.html".into())),
        };
        self.told(shown);
    }

    /// Shows the page that says where to serve.
    pub fn show_page(&self) {
        let shown = self.show(WebviewUrl::App("index.html".into()));
        self.told(shown);
    }

    /// Where the console is for whoever sits at this machine: signed in already, by a ticket that works once.
    async fn console(&self) -> Option<Url> {
        let state = self.state.lock().await;
        let serving = state.serving.as_ref()?;
        let at = networks::from_here(serving.at);
        let url = match serving.host.ticket() {
            Ok(ticket) => format!("http://{at}/#ticket={ticket}"),
            Err(error) => {
                tracing::warn!(%error, "the console asks for the owner's secret");
                format!("http://{at}/")
            }
        };
        Url::parse(&url).ok()
    }

    fn show(&self, what: WebviewUrl) -> tauri::Result<()> {
        match self.app.get_webview_window(WINDOW) {
            Some(window) => {
                navigate(&window, &what)?;
                window.show()?;
                window.unminimize()?;
                window.set_focus()
            }
            None => self.open_window(what),
        }
    }

    fn open_window(&self, what: WebviewUrl) -> tauri::Result<()> {
        WebviewWindowBuilder::new(&self.app, WINDOW, what)
            .title("Linework Host")
            .inner_size(1180.0, 780.0)
            .min_inner_size(420.0, 420.0)
            .build()
            .map(drop)
    }

    fn told(&self, shown: tauri::Result<()>) {
        if let Err(error) = shown {
            tracing::error!(%error, "the window can't be shown; the server goes on");
        }
    }

    /// The window was closed: with a server it goes out of sight, else the program ends.
    async fn window_closed(&self) {
        if self.state.lock().await.serving.is_none() {
            return self.app.exit(0);
        }
        if let Some(window) = self.app.get_webview_window(WINDOW) {
            self.told(window.hide());
        }
    }

    async fn keep_tray(&self, line: StatusLine) {
        let mut before = None;
        loop {
            let status = self.status().await;
            if before.as_ref() != Some(&status) {
                line.say(&status);
                before = Some(status);
            }
            tokio::time::sleep(TRAY_PAUSE).await;
        }
    }
}

fn navigate(window: &WebviewWindow, what: &WebviewUrl) -> tauri::Result<()> {
    match what {
        WebviewUrl::External(url) => window.navigate(url.clone()),
        // The shell's own pages have an origin of their own on each system; the window knows it from its first page.
        _ => window.navigate(own_page()),
    }
}

/// Where the shell's own page is.
fn own_page() -> Url {
    let url = if cfg!(windows) { "http://tauri.localhost/index.html" } else { "tauri://localhost/index.html" };
    Url::parse(url).expect("the shell's own address is one")
}
