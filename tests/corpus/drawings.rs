//! Which drawings there are, and what is in them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use drawing::{Drawing, Entity, Handle};

/// A drawing in text that can be read.
pub struct Sample {
    pub path: PathBuf,
    pub name: String,
    pub bytes: Vec<u8>,
    pub drawing: Drawing,
}

impl Sample {
    pub fn path(&self) -> &str {
        self.path.to_str().expect("a path in UTF-8")
    }

    /// The first entity of each kind whose handle names it alone.
    pub fn one_of_each_kind(&self) -> Vec<(Handle, &Entity)> {
        let mut uses: BTreeMap<Handle, u32> = BTreeMap::new();
        for handle in self.drawing.entities().filter_map(|entity| entity.handle) {
            *uses.entry(handle).or_default() += 1;
        }
        let mut kinds: BTreeMap<&str, (Handle, &Entity)> = BTreeMap::new();
        for entity in self.drawing.entities() {
            if let Some(handle) = entity.handle.filter(|handle| uses[handle] == 1) {
                kinds.entry(entity.shape.kind()).or_insert((handle, entity));
            }
        }
        kinds.into_values().collect()
    }
}

fn paths() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/drawings");
    let folder = std::env::var_os("LINEWORK_DRAWINGS").map_or(beside, PathBuf::from);
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: there are no drawings at {}; set LINEWORK_DRAWINGS", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("the folder can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("dxf")));
    paths.sort();
    assert!(!paths.is_empty(), "no drawing in {}", folder.display());
    paths
}

/// Checks each drawing of up to `bytes_max` bytes, on all processors, and fails with everything that was wrong.
#[track_caller]
pub fn check_each(bytes_max: u64, check: impl Fn(&Sample) -> Vec<String> + Sync) {
    let paths = paths();
    let (next, read, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if path.metadata().expect("the file is there").len() > bytes_max {
                        continue;
                    }
                    let bytes = std::fs::read(path).expect("the file can be read");
                    let Ok(reading) = formats::read(&bytes, &mut |_| ControlFlow::Continue(())) else { continue };
                    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
                    let sample = Sample { path: path.clone(), name, bytes, drawing: reading.drawing };
                    read.fetch_add(1, Ordering::Relaxed);
                    let found = check(&sample).into_iter().map(|what| format!("{}: {what}", sample.name));
                    wrong.lock().expect("no check panicked").extend(found);
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("no check panicked");
    wrong.sort();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(paths.is_empty() || read.into_inner() > 0, "none of {} drawings could be read", paths.len());
}
