//! What the system says of this process, under the names that Prometheus has for it. Where it says nothing, nothing is
//! told.

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Puts what the system says now into a registry.
pub(super) fn register(registry: &mut Registry) {
    for (name, help, value) in [
        ("process_resident_memory_bytes", "Memory that is resident", resident_bytes()),
        ("process_open_fds", "Files and sockets that are open", open_files()),
        ("process_max_fds", "Files and sockets that may be open", files_max()),
    ] {
        if let Some(value) = value.and_then(|value| i64::try_from(value).ok()) {
            let gauge = Gauge::<i64>::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        }
    }
}

/// Memory that is resident.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib << 10)
}

fn open_files() -> Option<u64> {
    // The folder itself is open while it is read.
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as u64)
}

fn files_max() -> Option<u64> {
    rlimit::getrlimit(rlimit::Resource::NOFILE).ok().map(|(soft, _)| soft)
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_has_memory_and_files() {
        use super::*;
        assert!(resident_bytes().unwrap() > 1 << 20);
        let before = open_files().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let _files: Vec<_> =
            (0..50).map(|n| std::fs::File::create(folder.path().join(n.to_string())).unwrap()).collect();
        assert!(open_files().unwrap() >= before.min(3) + 50 && files_max().unwrap() > 50);
    }
}
