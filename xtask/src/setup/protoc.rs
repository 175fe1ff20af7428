//! protoc: the one on PATH if it is complete and new enough, else the one this program carries.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::{Source, path_dirs, version, version_text};
use crate::file;

/// The first release with proto3 optional fields switched on.
const VERSION_MIN: version::Version = (3, 15);

/// Makes `link` a protoc that works. `tools` is where a copy goes.
pub(super) fn install(tools: &Path, link: &Path, source: Source) -> anyhow::Result<()> {
    let found = match source {
        Source::PathThenPinned => path_dirs()
            .iter()
            .map(|dir| dir.join("protoc"))
            .find_map(|file| complete(&file)),
        Source::PinnedOnly => None,
    };
    let target = match found {
        Some(file) => file,
        None => copy(tools)?,
    };
    file::make_dir(link.parent().context("protoc needs a folder")?)?;
    let partial = file::partial_of(link);
    let _ = fs::remove_file(&partial);
    symlink(&target, &partial)
        .and_then(|()| fs::rename(&partial, link))
        .with_context(|| format!("cannot write {}", link.display()))
}

/// The real file, if it is new enough and has Google's own types beside it (some packages split them off).
fn complete(file: &Path) -> Option<PathBuf> {
    let file = file.canonicalize().ok()?;
    let include = file
        .parent()?
        .parent()?
        .join("include/google/protobuf/timestamp.proto");
    let version = version::find(&version_text(Command::new(&file))?, "libprotoc ")?;
    (include.exists() && version >= VERSION_MIN).then_some(file)
}

/// Copies the carried one out of cargo's registry, which may be swept at any time. Returns a path relative to
/// `tools/bin`, so that the folder can be moved.
fn copy(tools: &Path) -> anyhow::Result<PathBuf> {
    const HELP: &str = "no protoc for this platform is bundled; install protoc 3.15 or later with its include files";
    let program = protoc_bin_vendored::protoc_bin_path().context(HELP)?;
    let include = protoc_bin_vendored::include_path().context(HELP)?;
    let place = tools.join("protoc");
    let partial = file::partial_of(&place);
    file::remove_dir(&partial)?;
    file::copy_tree(&include, &partial.join("include"))?;
    file::make_dir(&partial.join("bin"))?;
    let copied = partial.join("bin/protoc");
    fs::copy(&program, &copied).with_context(|| format!("cannot write {}", copied.display()))?;
    file::make_executable(&copied)?;
    file::move_into_place(&partial, &place)?;
    Ok(PathBuf::from("../protoc/bin/protoc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carried_protoc_runs_and_finds_its_types() {
        let tools = tempfile::tempdir().unwrap();
        let link = tools.path().join("bin/protoc");
        install(tools.path(), &link, Source::PinnedOnly).unwrap();
        assert!(complete(&link).is_some());
        // Once more over what is there, as after an interrupted run.
        install(tools.path(), &link, Source::PinnedOnly).unwrap();
        assert!(complete(&link).is_some());
    }

    #[test]
    fn a_protoc_without_its_types_is_not_used() {
        let tools = tempfile::tempdir().unwrap();
        let link = tools.path().join("bin/protoc");
        install(tools.path(), &link, Source::PinnedOnly).unwrap();
        fs::remove_dir_all(tools.path().join("protoc/include")).unwrap();
        assert!(complete(&link).is_none());
    }
}
