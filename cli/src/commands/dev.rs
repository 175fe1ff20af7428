//! `zapiki dev`: what a development or test stack needs and a production one gets otherwise.

use std::path::PathBuf;

use anyhow::Result;
use chrono::Utc;
use clap::{Args, Subcommand};
use rand::rngs::OsRng;
use serde_json::json;
use zapiki_core::plan::Plan;
use zapiki_store::{Admin, KeyRing};

use crate::database::AdminArgs;
use crate::exit::Outcome;
use crate::files::{self, Access, Existing};
use crate::out;

/// What a stack needs.
#[derive(Debug, Subcommand)]
pub(crate) enum DevCommand {
    /// Make a file of key-encryption keys, with mode 0600
    #[command(after_help = "Example:\n  zapiki dev kek --out kek")]
    Kek(KekArgs),
    /// Make a tenant, if there is none of that name, and a fresh API key for it
    #[command(after_help = "Example:\n  zapiki dev seed --tenant demo --json")]
    Seed(SeedArgs),
}

/// Options of `dev kek`.
#[derive(Debug, Args)]
pub(crate) struct KekArgs {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Options of `dev seed`.
#[derive(Debug, Args)]
pub(crate) struct SeedArgs {
    #[command(flatten)]
    admin: AdminArgs,
    /// The tenant's name
    #[arg(long, value_name = "NAME", default_value = "demo")]
    tenant: String,
    /// The plan, if the tenant is made
    #[arg(long, value_name = "PLAN", default_value = "growth")]
    plan: Plan,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs one of them.
pub(crate) async fn run(command: DevCommand) -> Result<Outcome> {
    match command {
        DevCommand::Kek(args) => {
            let text = KeyRing::generate_text(&mut OsRng);
            // A file of keys is never replaced: what they sealed would be lost.
            files::write(&args.out, text.as_bytes(), Access::Private, Existing::Keep)?;
            out::line(format!(
                "key-encryption key written to {}",
                args.out.display()
            ));
        }
        DevCommand::Seed(args) => seed(&args).await?,
    }
    Ok(Outcome::Success)
}

async fn seed(args: &SeedArgs) -> Result<()> {
    let admin = Admin::connect(&args.admin.database_admin_url)?;
    let tenant = match admin.tenant_by_name(&args.tenant).await? {
        Some(tenant) => tenant,
        None => {
            admin
                .create_tenant(&args.tenant, args.plan, Utc::now())
                .await?
        }
    };
    let (key_id, key) = admin
        .create_api_key(tenant.id, "dev seed", Utc::now())
        .await?;
    if args.json {
        out::json(&json!({"tenant": tenant.id, "api_key_id": key_id, "api_key": key.expose()}));
    } else {
        out::line(format!("tenant {} ({})", tenant.name, tenant.id));
        out::fact("plan", tenant.plan);
        out::fact("API key", key.expose());
        out::note("The key is shown this once.");
    }
    Ok(())
}
