//! What the shell's page can ask for.

use std::net::IpAddr;

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

/// Serves there; a sentence if it can't.
#[tauri::command]
pub async fn start(shell: State<'_, Shell>, address: IpAddr, port: u16, open: bool) -> Result<Status, String> {
    shell.start(Settings { address, port, open }).await.map_err(|error| format!("{error:#}"))?;
    Ok(shell.status().await)
}

/// The owner's secret, where it was made and no page has shown it yet.
#[tauri::command]
pub async fn owner_secret(shell: State<'_, Shell>) -> Result<Option<String>, String> {
    Ok(shell.owner_secret().await)
}

/// The page shows the owner's secret: it is shown this once.
#[tauri::command]
pub async fn owner_secret_shown(shell: State<'_, Shell>) -> Result<(), String> {
    shell.owner_secret_shown().await;
    Ok(())
}

/// Makes another secret for the owner, and gives it.
#[tauri::command]
pub async fn new_owner_secret(shell: State<'_, Shell>) -> Result<String, String> {
    shell.new_owner_secret().await.map_err(|error| format!("{error:#}"))
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
