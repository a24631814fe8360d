//! The floors: a crate depends on crates below it, and on nothing that its floor must not know.

use std::collections::BTreeSet;
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand};

use super::assert_none;
use super::sources::root;

/// Each crate of the workspace and the floor it stands on, as the design lists them.
const FLOORS: &[(&str, u8)] = &[
    ("chain", 0),
    ("geometry", 0),
    ("manual", 0),
    ("drawing", 1),
    ("formats", 2),
    ("oplog", 2),
    ("protocol", 2),
    ("scene", 2),
    ("collab", 3),
    ("render", 3),
    ("server", 4),
    ("app", 4),
    ("linework-host", 5),
    ("tests", 9),
];

/// Edges between crates of one floor that the design allows: (from, to, why).
const ALLOWED: &[(&str, &str, &str)] =
    &[("app", "server", "sharing a drawing starts the bundled server inside the app")];

/// What must not be anywhere below a crate, however indirectly: (crates, packages, why).
const ABSENT: &[(&[&str], &[&str], &str)] = &[
    (
        &["chain", "geometry", "drawing", "formats", "protocol", "scene", "collab"],
        &["tokio", "async-std", "egui", "eframe", "winit", "wgpu", "rusqlite", "redis", "axum", "tungstenite"],
        "the cores are pure: no async, window, GPU, database or socket",
    ),
    (&["oplog"], &["tokio", "egui", "wgpu", "drawing", "protocol"], "the log file knows bytes, not drawings"),
    (&["render"], &["tokio", "egui", "winit", "rusqlite"], "the renderer knows the scene, not the app"),
    (&["server"], &["egui", "eframe", "winit", "wgpu"], "the server runs without a screen"),
    (&["app"], &["redis"], "the app shares a drawing through the bundled store only"),
];

fn floor_of(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(each, _)| *each == name).map(|(_, floor)| *floor)
}

#[test]
fn crates_depend_on_lower_floors_only() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata reads this workspace");
    let members: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut places = Vec::new();
    for package in &metadata.packages {
        let Some(floor) = floor_of(&package.name) else {
            places.push(format!(
                "{} has no floor: give it one in tests/house/floors.rs and in docs/architecture.md",
                package.name
            ));
            continue;
        };
        let inside = package.dependencies.iter().filter(|each| members.contains(each.name.as_str()));
        for dependency in inside.filter(|each| each.kind != DependencyKind::Development) {
            let below = floor_of(&dependency.name).is_some_and(|other| other < floor);
            let allowed = ALLOWED.iter().any(|(from, to, _)| *from == package.name.as_str() && *to == dependency.name);
            if !below && !allowed {
                places.push(format!("{} (floor {floor}) depends on {}", package.name, dependency.name));
            }
        }
    }
    for (name, _) in FLOORS.iter().filter(|(name, _)| !members.contains(name)) {
        places.push(format!("{name} has a floor but is not in the workspace"));
    }
    assert_none("a crate depends on lower floors only", places);
}

/// The names of all packages in the normal dependency graph of `name` alone, with the features it asks for itself:
/// `cargo metadata` would unite the features of the whole workspace.
fn graph_of(name: &str) -> BTreeSet<String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--offline", "--package", name, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "cargo tree -p {name}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn what_a_crate_must_not_know_is_absent() {
    let mut places = Vec::new();
    for (crates, packages, why) in ABSENT {
        for name in *crates {
            let graph = graph_of(name);
            assert!(graph.contains(*name), "the graph of {name} holds at least {name}");
            for package in packages.iter().filter(|package| graph.contains(**package)) {
                places.push(format!("{name} reaches {package}: {why}"));
            }
        }
    }
    assert_none("what a crate must not know is absent from its dependencies", places);
}
