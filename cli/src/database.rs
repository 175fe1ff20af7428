//! How commands reach the database.

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use secrecy::SecretString;
use url::Url;
use zapiki_store::{KeyRing, Store, StoreConfig};

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
}

impl StoreArgs {
    /// The store, not yet connected, with the keys that seal its private input.
    pub(crate) fn open(&self, keys: KeyRing) -> Result<Store> {
        Ok(Store::connect(StoreConfig {
            database_url: self.database_url.clone(),
            pool_size_max: self.database_pool_size_max,
            keys,
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
