//! Prometheus and promtool, which test the alert rules: from PATH if new enough, else unpacked from Debian's package.
//!
//! apt downloads the package and checks its signature; nothing is installed into the system, and root is not needed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::{Source, path_dirs, version, version_text};
use crate::{file, process::Launch, ui};

/// What we run.
const PROGRAMS: [&str; 2] = ["prometheus", "promtool"];
/// The first with all that rules and tests use.
const VERSION_MIN: version::Version = (2, 40);
const PACKAGE: &str = "prometheus";
const HELP: &str = "the alert rules are tested with Prometheus 2.40 or later, and it cannot be had here; install the package \
                    `prometheus` (Debian, Ubuntu, Homebrew) and try again";

/// The folder with both programs.
pub(super) fn find_or_install(tools: &Path, source: Source) -> anyhow::Result<PathBuf> {
    if source == Source::PathThenPinned
        && let Some(dir) = path_dirs().into_iter().find(|dir| serves(dir))
    {
        return Ok(dir);
    }
    let place = tools.join("prometheus");
    let bin = place.join("usr/bin");
    if !serves(&bin) {
        unpack(&place).context(HELP)?;
    }
    anyhow::ensure!(serves(&bin), HELP);
    Ok(bin)
}

fn serves(dir: &Path) -> bool {
    PROGRAMS.iter().all(|program| {
        let file = dir.join(program);
        let text = file.is_file().then(|| version_text(Command::new(&file)));
        let version = text
            .flatten()
            .and_then(|text| version::find(&text, "version "));
        version.is_some_and(|version| version >= VERSION_MIN)
    })
}

fn unpack(place: &Path) -> anyhow::Result<()> {
    let _spinner = ui::Spinner::start("downloading Prometheus");
    let work = file::partial_of(place);
    file::remove_dir(&work)?;
    let download = work.join("download");
    file::make_dir(&download)?;
    let log = work.join("apt.log");
    // The system's lists of packages may be missing or old; ours are read where anybody may write.
    let (lists, cache) = (work.join("lists"), work.join("cache"));
    file::make_dir(&lists.join("partial"))?;
    file::make_dir(&cache.join("archives/partial"))?;
    let apt = || {
        Launch::new("apt-get", "apt-get")
            .directory(&download)
            .args(["-q", "-o"])
            .arg(format!("Dir::State::Lists={}", lists.display()))
            .arg("-o")
            .arg(format!("Dir::Cache={}", cache.display()))
            .log(&log)
    };
    apt().arg("update").run()?;
    apt().args(["download", PACKAGE]).run()?;
    let package = fs::read_dir(&download)?.flatten().next();
    let package = package.context("apt-get downloaded nothing")?.path();
    let tree = work.join("tree");
    Launch::new("dpkg-deb", "dpkg-deb")
        .arg("-x")
        .args([&package, &tree])
        .log(&work.join("dpkg.log"))
        .run()?;
    file::remove_dir(place)?;
    file::move_into_place(&tree, place)?;
    file::remove_dir(&work)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(dir: &Path, name: &str, version: &str) {
        let text = format!("#!/bin/sh\necho '{name}, version {version} (branch: x)'\n");
        fs::write(dir.join(name), text).unwrap();
        file::make_executable(&dir.join(name)).unwrap();
    }

    #[test]
    fn a_folder_serves_with_both_programs_new_enough() {
        let dir = tempfile::tempdir().unwrap();
        program(dir.path(), "prometheus", "2.53.1");
        assert!(!serves(dir.path()), "no promtool");
        program(dir.path(), "promtool", "2.39.0");
        assert!(!serves(dir.path()), "too old");
        program(dir.path(), "promtool", "3.5.0");
        assert!(serves(dir.path()));
    }
}
