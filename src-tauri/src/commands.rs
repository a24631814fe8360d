//! What the shell's page can ask for.

use std::net::IpAddr;

use serde::Serialize;
use tauri::State;

use crate::networks::{self, Network};
use crate::serving::Status;
use crate::settings::Settings;
use crate::shell::Shell;

/// The networks to choose from.
#[tauri::command]
pub async fn networks() -> Vec<Network> {
    // Asking the system takes a moment on some.
    tauri::async_runtime::spawn_blocking(networks::all).await.unwrap_or_default()
}

/// How the server is doing.
#[tauri::command]
pub async fn status(shell: State<'_, Shell>) -> Result<Status, String> {
    Ok(shell.status().await)
}

/// A server that was started.
#[derive(Debug, Serialize)]
pub struct Started {
    status: Status,
    /// The owner's secret, where this start made it: it is shown this once.
    owner_secret: Option<String>,
}

/// Serves there; a sentence if it can't.
#[tauri::command]
pub async fn start(shell: State<'_, Shell>, address: IpAddr, port: u16, open: bool) -> Result<Started, String> {
    shell.start(Settings { address, port, open }).await.map_err(|error| format!("{error:#}"))?;
    Ok(Started { owner_secret: shell.take_owner_secret().await, status: shell.status().await })
}

/// Serves no more; everything is kept.
#[tauri::command]
pub async fn stop(shell: State<'_, Shell>) -> Result<Status, String> {
    shell.stop().await;
    Ok(shell.status().await)
}

/// Shows the console of the server that runs.
#[tauri::command]
pub async fn open_console(shell: State<'_, Shell>) -> Result<(), String> {
    shell.show_console().await;
    Ok(())
}
