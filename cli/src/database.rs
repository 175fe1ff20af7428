//! How commands reach the database, and the keys that seal its private input.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use secrecy::SecretString;
use url::Url;
use zapiki_store::{KeyRing, Store, StoreConfig};

use crate::files;

/// The longest key file that is read, in bytes.
pub(crate) const KEK_FILE_BYTES_MAX: u64 = 64 * 1024;

// The database of a service. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct StoreArgs {
    /// PostgreSQL, as the service's own role
    #[arg(
        long,
        value_name = "URL",
        env = "ZAPIKI_DATABASE_URL",
        hide_env_values = true
    )]
    database_url: SecretString,
    /// The most connections that are open at a time
    #[arg(
        long,
        value_name = "N",
        env = "ZAPIKI_DATABASE_POOL_SIZE_MAX",
        default_value_t = 16
    )]
    database_pool_size_max: usize,
    /// The keys that seal private input, made by `zapiki dev kek`; mode 0600
    #[arg(long, value_name = "FILE", env = "ZAPIKI_KEK_FILE")]
    kek_file: PathBuf,
}

impl StoreArgs {
    /// Where the keys are.
    pub(crate) fn kek_file(&self) -> &Path {
        &self.kek_file
    }

    /// The keys that seal private input.
    pub(crate) fn key_ring(&self) -> Result<KeyRing> {
        files::check_private(&self.kek_file)?;
        let text = files::read(&self.kek_file, KEK_FILE_BYTES_MAX)?;
        let not_keys = || {
            format!(
                "{} is no file of key-encryption keys",
                self.kek_file.display()
            )
        };
        let text = std::str::from_utf8(&text).with_context(not_keys)?;
        KeyRing::parse(text).with_context(not_keys)
    }

    /// The store, not yet connected.
    pub(crate) fn open(&self) -> Result<Store> {
        Ok(Store::connect(StoreConfig {
            database_url: self.database_url.clone(),
            pool_size_max: self.database_pool_size_max,
            keys: self.key_ring()?,
        })?)
    }
}

// The database of an operator. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Args)]
pub(crate) struct AdminArgs {
    /// PostgreSQL, as a role that may create roles and tables
    #[arg(
        long,
        value_name = "URL",
        env = "ZAPIKI_DATABASE_ADMIN_URL",
        hide_env_values = true
    )]
    pub(crate) database_admin_url: SecretString,
}

/// The password in a database URL.
pub(crate) fn password(url: &str) -> Result<SecretString> {
    // No part of the URL goes into an error.
    let url = Url::parse(url).map_err(|_| {
        anyhow!("the database URL is not of the form postgres://user:password@host/name")
    })?;
    let password = url.password().context("the database URL has no password")?;
    let decoded = percent_encoding::percent_decode_str(password)
        .decode_utf8()
        .map_err(|_| anyhow!("the password in the database URL is not UTF-8"))?;
    Ok(SecretString::from(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn the_password_is_found_and_never_quoted() {
        let found = password("postgres://app:p%40ss@localhost/db").unwrap();
        assert_eq!(found.expose_secret(), "p@ss");
        for bad in ["hunter2", "postgres://hunter2@localhost/db"] {
            let error = password(bad).unwrap_err();
            assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
        }
    }
}
