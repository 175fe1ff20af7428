//! Who runs what: PostgreSQL refuses to run as root, so root lends it an unprivileged account.

use std::{os::unix::process::CommandExt as _, process::Command};

use anyhow::Context as _;
use nix::unistd::{User, geteuid};

/// Accounts that may own a database, in order of preference.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// The account PostgreSQL runs under, when it is not simply ours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Account {
    /// Its name, for messages.
    pub(crate) name: String,
    /// Its user id.
    pub(crate) uid: u32,
    /// Its primary group id.
    pub(crate) gid: u32,
}

impl Account {
    /// Makes a command run as this account, without any of our groups.
    pub(crate) fn apply(&self, command: &mut Command) {
        // The standard library drops supplementary groups when root changes the user id.
        command.uid(self.uid).gid(self.gid);
    }
}

/// Whether we are root.
pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// The account for PostgreSQL: `None` for an ordinary user, who runs it as himself.
pub(crate) fn database_account() -> anyhow::Result<Option<Account>> {
    if !is_root() {
        return Ok(None);
    }
    for name in ACCOUNTS {
        let user = User::from_name(name).context("cannot read the user database")?;
        if let Some(user) = user.filter(|user| !user.uid.is_root()) {
            return Ok(Some(Account {
                name: user.name,
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            }));
        }
    }
    anyhow::bail!(
        "PostgreSQL refuses to run as root, and this machine has neither a `postgres` nor a `nobody` account to lend \
         it; run the command as an ordinary user"
    )
}
