//! `zapiki migrate`: brings the database up to date.

use anyhow::Result;
use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use crate::database::{AdminArgs, password};
use crate::exit::Outcome;
use crate::out;

const HELP: &str = "\
Creates the role `zapiki_app` and gives it the password that stands in --database-url, so that the services can log in
with that URL. Runs any number of times; two at once take turns.";

/// Options of `migrate`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    admin: AdminArgs,
    /// The URL that the services will use: its password is set
    #[arg(
        long,
        value_name = "URL",
        env = "ZAPIKI_DATABASE_URL",
        hide_env_values = true
    )]
    database_url: SecretString,
}

/// Runs it.
pub(crate) async fn run(args: &MigrateArgs) -> Result<Outcome> {
    let app_password = password(args.database_url.expose_secret())?;
    let report = zapiki_store::migrate(&args.admin.database_admin_url, &app_password).await?;
    if report.applied.is_empty() {
        out::line("the database is up to date");
    }
    for name in &report.applied {
        out::line(format!("applied {name}"));
    }
    Ok(Outcome::Success)
}
