//! Cargo, run as a child: same PROTOC as a plain `cargo build` sees, so nothing is compiled twice.

use std::{env, path::PathBuf};

use anyhow::{Context as _, anyhow};
use serde_json::Value;

use crate::{process::Launch, setup::Kit};

/// A cargo command in the checkout.
pub(crate) fn command(kit: &Kit, name: &str) -> Launch {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut launch = Launch::new(name, cargo).directory(&kit.paths.root);
    // These describe the xtask package to cargo's child. Left set, they would leak into build scripts' fingerprints.
    for (key, _) in env::vars_os() {
        let key = key.to_string_lossy();
        if key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_") {
            launch = launch.without_env(&key);
        }
    }
    launch.env("PROTOC", &kit.protoc)
}

/// Builds the `zapiki` binary and returns its path.
///
/// Of the whole workspace, so that dependencies have the features that the tests give them: building `--package zapiki` and
/// then the tests would compile some of the largest twice.
pub(crate) fn build_zapiki(kit: &Kit) -> anyhow::Result<PathBuf> {
    let [zapiki] = build(kit, ["zapiki"])?;
    Ok(zapiki)
}

/// Builds binaries and returns their paths; see [`build_zapiki`].
pub(crate) fn build<const N: usize>(kit: &Kit, names: [&str; N]) -> anyhow::Result<[PathBuf; N]> {
    let mut cargo = command(kit, "cargo build").args(["build", "--workspace"]);
    for name in names {
        cargo = cargo.args(["--bin", name]);
    }
    let messages = cargo
        .args(["--message-format", "json-render-diagnostics"])
        .read()?;
    let mut paths = Vec::new();
    for name in names {
        let path = executable(&messages, name);
        paths.push(path.with_context(|| format!("cargo built no `{name}` binary"))?);
    }
    <[PathBuf; N]>::try_from(paths).map_err(|_| anyhow!("cargo built other binaries"))
}

/// The path of a binary in cargo's messages.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| {
            message["reason"] == "compiler-artifact" && message["target"]["name"] == name
        })
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executable_is_found_among_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"zapiki"},"executable":"/t/debug/zapiki"}"#,
        );
        assert_eq!(
            executable(messages, "zapiki"),
            Some(PathBuf::from("/t/debug/zapiki"))
        );
        assert_eq!(executable(messages, "other"), None);
    }
}
