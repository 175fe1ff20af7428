//! Where a stack keeps its state and logs: for `dev` from run to run, for everything else until it ends.
//!
//! A lock on each place keeps two stacks apart. The system releases it when its owner dies, so a throw-away place that
//! nobody holds was left behind by a crash, and the next one sweeps it up.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::{file, process::cleanup, setup::Kit};

/// What becomes of a stack's state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keeping {
    /// It is there for the next run.
    Kept,
    /// Nobody will miss it, even after a crash.
    ThrownAway,
    /// It is thrown away, but outlives crashes of its servers, which are stopped by crashing.
    Crashed,
}

impl Keeping {
    /// Whether what a server has promised must be there when it starts again.
    pub(crate) fn is_durable(self) -> bool {
        self != Self::ThrownAway
    }
}

/// Folders for one stack, and the right to use them.
#[derive(Debug)]
pub(crate) struct Place {
    /// State.
    pub(crate) data: PathBuf,
    /// Logs.
    pub(crate) logs: PathBuf,
    /// What becomes of the state.
    pub(crate) keeping: Keeping,
    /// Where PostgreSQL's is: in a folder of `data`, unless it was given a disk of its own.
    pub(crate) database: PathBuf,
    // The order matters: the folder is removed while the lock is held.
    _removal: Option<cleanup::Ticket>,
    _lock: fs::File,
}

impl Place {
    /// The place of `dev`.
    pub(crate) fn kept(kit: &Kit, fresh: bool) -> anyhow::Result<Self> {
        let data = &kit.paths.data;
        file::make_dir(data)?;
        let Some(lock) = lock(&lock_of(data))? else {
            bail!("another `cargo xtask dev` or `stack` runs in this checkout; stop it first");
        };
        if fresh {
            file::remove_dir(data)?;
            file::make_dir(data)?;
        }
        Ok(Self {
            database: data.join("postgres"),
            data: data.clone(),
            logs: kit.paths.logs.clone(),
            keeping: Keeping::Kept,
            _removal: None,
            _lock: lock,
        })
    }

    /// A place for one run of `name`.
    pub(crate) fn thrown_away(kit: &Kit, name: &str) -> anyhow::Result<Self> {
        sweep(&kit.paths.run)?;
        let data = kit.paths.run.join(format!("{name}-{}", std::process::id()));
        let Some(lock) = lock(&lock_of(&data))? else {
            bail!("{} is in use", data.display());
        };
        file::remove_dir(&data)?;
        file::make_dir(&data)?;
        let removal = cleanup::register(cleanup::Task::Remove(data.clone()));
        // The last run's logs stay: they are what one reads after a failure.
        let logs = kit.paths.logs.join(name);
        file::remove_dir(&logs)?;
        Ok(Self {
            database: data.join("postgres"),
            data,
            logs,
            keeping: Keeping::ThrownAway,
            _removal: Some(removal),
            _lock: lock,
        })
    }

    /// The log file of a process.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// A random secret of this place, made when it is first asked for. Hex: it stands in URLs as it is.
    pub(crate) fn secret(&self, name: &str) -> anyhow::Result<String> {
        let path = self.data.join(name);
        if let Some(secret) = file::read_if_there(&path)? {
            return Ok(secret);
        }
        let secret = file::random_hex(24)?;
        file::write_private(&path, &secret)?;
        Ok(secret)
    }
}

/// Beside the folder, since the folder itself comes and goes.
fn lock_of(data: &Path) -> PathBuf {
    data.with_extension("lock")
}

/// The lock, unless somebody has it.
fn lock(path: &Path) -> anyhow::Result<Option<fs::File>> {
    let file =
        fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Removes throw-away places that nobody holds.
fn sweep(run: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(run)
        .with_context(|| format!("cannot read {}", run.display()))?
        .flatten()
    {
        let path = entry.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "lock")
            && let Some(_lock) = lock(&path)?
        {
            file::remove_dir(&path.with_extension(""))?;
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crash_left_is_swept_and_what_is_in_use_stays() {
        let run = tempfile::tempdir().unwrap();
        let (left, used) = (run.path().join("demo-1"), run.path().join("demo-2"));
        for place in [&left, &used] {
            file::make_dir(&place.join("postgres")).unwrap();
            drop(lock(&lock_of(place)).unwrap());
        }
        let held = lock(&lock_of(&used)).unwrap();
        assert!(held.is_some());
        assert!(
            lock(&lock_of(&used)).unwrap().is_none(),
            "a lock is had once"
        );
        sweep(run.path()).unwrap();
        assert!(used.exists() && lock_of(&used).exists());
        assert!(!left.exists() && !lock_of(&left).exists());
    }
}
