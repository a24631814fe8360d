//! The shell: one window, one server, one place that starts and stops it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use server::HostError;
use tauri::async_runtime::RuntimeHandle;
use tauri::{AppHandle, Manager as _, RunEvent, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tokio::net::TcpListener;
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
    /// The owner's secret, which was made and which no page has shown yet.
    secret: Option<String>,
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
            commands::owner_secret,
            commands::owner_secret_shown,
            commands::new_owner_secret,
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
            let state = State { serving: None, settings: Settings::load(&config), trouble: None, secret: None };
            let shell = Shell { app: app.handle().clone(), data, config, state: Arc::new(Mutex::new(state)) };
            app.manage(shell.clone());
            let line = tray::build(app)?;
            if !background {
                shell.open_window(WebviewUrl::App("index.html".into()))?;
            }
            end_when_told(&shell);
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
        // While the old server runs: if the port is somebody else's, nobody is sent off for nothing. Its own port is free
        // only once it has stopped.
        let own = state.serving.as_ref().is_some_and(|before| before.at.port() == settings.port);
        let listener = if own { None } else { Some(Serving::listen(&settings).await) };
        let listener = match listener.transpose() {
            Ok(listener) => listener,
            Err(error) => {
                if state.serving.is_none() {
                    state.trouble = Some(error.to_string());
                }
                return Err(error.into());
            }
        };
        let before = state.serving.take();
        let stopped = before.is_some();
        if let Some(before) = before {
            before.stop().await;
        }
        match self.serve(&mut state, listener, &settings).await {
            Ok(()) => {
                if let Err(error) = settings.save(&self.config) {
                    tracing::warn!(error = format!("{error:#}"), "where it serves is not remembered");
                }
                state.settings = settings;
                Ok(())
            }
            Err(error) => {
                let before = state.settings.clone();
                // Where it served before it serves again, if it can.
                if !stopped || self.serve(&mut state, None, &before).await.is_err() {
                    state.trouble = Some(error.to_string());
                }
                Err(error.into())
            }
        }
    }

    async fn serve(
        &self,
        state: &mut State,
        listener: Option<TcpListener>,
        settings: &Settings,
    ) -> Result<(), HostError> {
        let listener = match listener {
            Some(listener) => listener,
            None => Serving::listen(settings).await?,
        };
        let serving = Serving::start(listener, settings, self.data.clone()).await?;
        tracing::info!(at = %serving.at, data = %self.data.display(), "serving");
        runtime().spawn(notices::show(serving.events()));
        state.secret = serving.host.take_owner_secret().or(state.secret.take());
        state.serving = Some(serving);
        state.trouble = None;
        Ok(())
    }

    async fn start_as_before(&self) {
        let settings = self.state.lock().await.settings.clone();
        if let Err(error) = self.start(settings).await {
            tracing::error!(error = format!("{error:#}"), "not serving");
            // Whoever started it in the background has to be told somewhere.
            self.show_page();
        }
    }

    /// The owner's secret, if it was made and no page has shown it yet: whoever is told it has to keep it.
    pub async fn owner_secret(&self) -> Option<String> {
        self.state.lock().await.secret.clone()
    }

    /// A page shows the owner's secret.
    pub async fn owner_secret_shown(&self) {
        self.state.lock().await.secret = None;
    }

    /// Makes another secret for the owner; everybody who was signed in is signed out.
    pub async fn new_owner_secret(&self) -> anyhow::Result<String> {
        let serving = self.state.lock().await.serving.as_ref().map(|serving| serving.host.clone());
        let host = serving.context("there is no server, so nothing was changed; start it first")?;
        Ok(host.new_owner_secret().await?)
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
        // A secret that nobody has seen is seen first.
        let console = if self.owner_secret().await.is_some() { None } else { self.console().await };
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

    /// Where the console is for whoever sits at this machine: signed in already, by a ticket that works once. A window
    /// that shows the console already stays as it is: only what is behind # is new to it.
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
            // Else the window keeps what is dropped on it from the page, which adds drawings by it.
            .disable_drag_drop_handler()
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

/// Ends in good order when the system or a person at a terminal asks for it, as at the end of a desktop's session.
#[cfg(unix)]
fn end_when_told(shell: &Shell) {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let shell = shell.clone();
        runtime().spawn(async move {
            match signal(kind) {
                Ok(mut told) => {
                    if told.recv().await.is_some() {
                        shell.quit().await;
                    }
                }
                Err(error) => tracing::warn!(%error, "a signal can't be caught; people would be cut off by it"),
            }
        });
    }
}

/// Other systems close the window when a session ends.
#[cfg(not(unix))]
fn end_when_told(_: &Shell) {}

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
