//! The sanctions lists of a worker, and the key that signs their roots.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use zapiki_activities::lists::{ListSources, ListsConfig};

use crate::issuer_key::IssuerKeyFile;

// The lists of a worker. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Sanctions lists")]
pub(crate) struct ListsArgs {
    /// The lists to read, separated by commas: NAME=FORMAT:LOCATION. FORMAT is `ofac-xml`, `ofac-csv` or `csv`, LOCATION a path or
    /// an http(s) URL; the files of `ofac-csv` are joined by `|`. All workers of a deployment have the same lists
    #[arg(
        long,
        value_name = "LISTS",
        env = "ZAPIKI_LISTS",
        hide_env_values = true
    )]
    // A URL may hold a password, which clap would quote in its own errors.
    lists: Option<SecretString>,
    /// The key that signs the lists' roots, made by `zapiki issuer keygen`; mode 0600
    #[arg(long, value_name = "FILE", env = "ZAPIKI_LIST_KEY_FILE")]
    list_key_file: Option<PathBuf>,
    /// How often the lists are read
    #[arg(
        long,
        value_name = "HOURS",
        env = "ZAPIKI_LIST_REFRESH_HOURS",
        default_value_t = 24,
        value_parser = clap::value_parser!(u32).range(1..=8_760)
    )]
    list_refresh_hours: u32,
}

impl ListsArgs {
    /// The lists, if there are any.
    pub(crate) fn open(&self) -> Result<Option<ListsConfig>> {
        let text = self
            .lists
            .as_ref()
            .map_or("", |lists| lists.expose_secret());
        let sources: ListSources = text.parse().context("--lists (ZAPIKI_LISTS)")?;
        if sources.0.is_empty() {
            return Ok(None);
        }
        let path = self.list_key_file.as_deref().context(
            "lists need a key that signs their roots: make one with `zapiki issuer keygen`, and pass it as --list-key-file",
        )?;
        Ok(Some(ListsConfig {
            sources,
            key: IssuerKeyFile::load(path)?.unlock_for_lists(None)?,
            every: Duration::from_secs(60 * 60 * u64::from(self.list_refresh_hours)),
        }))
    }
}
