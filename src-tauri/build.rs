//! Reads `tauri.conf.json` and what the page may call.

fn main() {
    let commands = &[
        "networks",
        "status",
        "start",
        "stop",
        "open_console",
        "owner_secret",
        "owner_secret_shown",
        "new_owner_secret",
    ];
    let attributes = tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(commands));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error=the shell's configuration can't be read: {error:#}");
    }
}
