//! No memory on disk: a service holds private input and keys in memory, so a crash of it must leave no core dump.

use anyhow::{Context as _, Result};

/// Called by services before they read any secret.
///
/// Both locks: a limit of zero stops dumps into files, and is not asked for those that the system pipes into a collector;
/// these a process that is not dumpable gets none of. Nor can another process of the same user read its memory then.
#[cfg(unix)]
pub(crate) fn forbid() -> Result<()> {
    use nix::sys::resource::{Resource, setrlimit};
    setrlimit(Resource::RLIMIT_CORE, 0, 0).context("core dumps cannot be limited")?;
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_dumpable(false).context("core dumps cannot be forbidden")?;
    Ok(())
}

/// Called by services before they read any secret. Other systems have no core dumps.
#[cfg(not(unix))]
pub(crate) fn forbid() -> Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_dumpable_is_not_any_more() {
        assert!(nix::sys::prctl::get_dumpable().unwrap());
        forbid().unwrap();
        assert!(!nix::sys::prctl::get_dumpable().unwrap());
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let cores = limits
            .lines()
            .find(|line| line.contains("core file"))
            .unwrap();
        let values: Vec<_> = cores.split_whitespace().skip(4).take(2).collect();
        assert_eq!(values, ["0", "0"]);
    }
}
