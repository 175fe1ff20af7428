//! `zapiki audit`: checks an export of a tenant's audit log, offline.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde::Deserialize;
use zapiki_core::audit::{AuditEntry, AuditHash, CHAIN_START, verify_chain};
use zapiki_core::ids::TenantId;

use crate::exit::Outcome;
use crate::{files, out};

/// The longest export that is read, in bytes.
const EXPORT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

const HELP: &str = "\
The file is what GET /v1/audit answers: an object with `entries`, or the list of entries alone. It must begin with entry 1,
or --after must give the hash of the entry before its first one.

Exit codes: 0 the chain holds, 1 it is broken, 2 wrong usage.";

/// What can be done with an audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no entry was changed, cut out or moved
    #[command(after_help = HELP)]
    Verify(VerifyArgs),
}

/// Options of `audit verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The export
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Whose log it is
    #[arg(long, value_name = "TENANT")]
    tenant: TenantId,
    /// The hash of the entry before the first one in the file
    #[arg(long, value_name = "sha256:HEX")]
    after: Option<AuditHash>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Export {
    Page { entries: Vec<AuditEntry> },
    List(Vec<AuditEntry>),
}

/// Runs it.
pub(crate) fn run(command: AuditCommand) -> Result<Outcome> {
    let AuditCommand::Verify(args) = command;
    let bytes = files::read(&args.file, EXPORT_BYTES_MAX)?;
    let export: Export = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is no export of an audit log", args.file.display()))?;
    let (Export::Page { entries } | Export::List(entries)) = export;
    let Some(first) = entries.first() else {
        bail!("{} has no entries", args.file.display());
    };
    let (sequence, previous) = match args.after {
        None => (0, CHAIN_START),
        Some(hash) => (first.sequence.saturating_sub(1), hash),
    };
    match verify_chain(args.tenant, sequence, previous, &entries) {
        Ok(()) => {
            out::line(format!(
                "HOLDS: {} entries, {} to {}",
                entries.len(),
                sequence + 1,
                sequence + entries.len() as u64
            ));
            if let Some(last) = entries.last() {
                out::fact("last hash", last.hash);
            }
            Ok(Outcome::Success)
        }
        Err(error) => {
            out::line(format!("BROKEN: {error}"));
            Ok(Outcome::Refused)
        }
    }
}
