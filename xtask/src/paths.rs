//! Where things are.
//!
//! | path | holds |
//! | --- | --- |
//! | `.tools` or `$ZAPIKI_TOOLS_DIR` | installed tools |
//! | `.zapiki/logs`, `.zapiki/keys` | logs of the last run, circuit keys |
//! | `.zapiki/data` | state of `dev`: database, Temporal's history, secrets |
//! | `.zapiki/run` | state of `demo` and `test`, gone when they end |
//!
//! Root's PostgreSQL runs as another account, which cannot enter a checkout below a 0700 home. So for root the last
//! two are in `/var/tmp/zapiki-<digest of the checkout's path>`, and PostgreSQL itself in `/var/tmp/zapiki-tools`.

use std::{
    env, fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

use crate::{file, identity};

/// The folders of one checkout.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Installed tools.
    pub(crate) tools: PathBuf,
    /// Where a pinned PostgreSQL is unpacked.
    pub(crate) postgres_tools: PathBuf,
    /// Logs.
    pub(crate) logs: PathBuf,
    /// Circuit keys, shared by `dev`, `demo` and `test`: they are named by digest.
    pub(crate) keys: PathBuf,
    /// State that `dev` keeps.
    pub(crate) data: PathBuf,
    /// Parent of throw-away state.
    pub(crate) run: PathBuf,
}

impl Paths {
    /// Finds the checkout and makes the folders that must exist.
    pub(crate) fn find() -> anyhow::Result<Self> {
        // Set by `cargo run`; the compiled-in value serves a binary that is started by hand.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .parent()
            .context("the xtask crate has no parent folder")?;
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot find the checkout at {}", root.display()))?;
        let tools = match env::var_os("ZAPIKI_TOOLS_DIR") {
            Some(dir) => root.join(dir),
            None => root.join(".tools"),
        };
        let state = root.join(".zapiki");
        let (owned, postgres_tools) = if identity::is_root() {
            let shared = root_owned_dir(Path::new("/var/tmp/zapiki-tools"))?;
            (
                root_owned_dir(&Path::new("/var/tmp").join(format!("zapiki-{}", digest(&root))))?,
                shared,
            )
        } else {
            (state.clone(), tools.clone())
        };
        let paths = Self {
            tools,
            postgres_tools,
            logs: state.join("logs"),
            keys: state.join("keys"),
            data: owned.join("data"),
            run: owned.join("run"),
            root,
        };
        for dir in [&paths.tools, &paths.logs, &paths.keys, &paths.run] {
            file::make_dir(dir)?;
        }
        Ok(paths)
    }

    /// What `.cargo/config.toml` sets PROTOC to when the user has none of his own.
    pub(crate) fn configured_protoc(&self) -> PathBuf {
        self.root.join(".tools/bin/protoc")
    }
}

/// A short name for a checkout, so that two of them never share state.
fn digest(root: &Path) -> String {
    hex::encode(&Sha256::digest(root.as_os_str().as_encoded_bytes())[..6])
}

/// Makes a folder in a place where anybody may create one, and refuses one that is not ours: whoever owns it could
/// swap what root runs from it.
fn root_owned_dir(path: &Path) -> anyhow::Result<PathBuf> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("cannot create {}", path.display()));
        }
        _ => {}
    }
    let metadata =
        fs::symlink_metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        metadata.is_dir() && metadata.uid() == 0,
        "{} exists and does not belong to root; remove it and try again",
        path.display()
    );
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot open {} to its readers", path.display()))?;
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkouts_do_not_share_state() {
        assert_ne!(digest(Path::new("/a")), digest(Path::new("/b")));
        assert_eq!(digest(Path::new("/a")).len(), 12);
    }
}
