//! `zapiki holder`: the holder's own secret, made where the holder is.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::exit::Outcome;
use crate::files::Existing;
use crate::holder_file::HolderFile;
use crate::out;

/// What a holder does.
#[derive(Debug, Subcommand)]
pub(crate) enum HolderCommand {
    /// Make a holder secret and print the commitments that an issuer puts into a credential
    #[command(after_help = "Example:\n  zapiki holder keygen --out ana.holder")]
    Keygen(KeygenArgs),
}

/// Options of `holder keygen`.
#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// The file to write the secret to, with mode 0600
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace an existing file: credentials bound to the secret in it become useless
    #[arg(long)]
    force: bool,
}

/// Runs one of them.
pub(crate) fn run(command: HolderCommand) -> Result<Outcome> {
    let HolderCommand::Keygen(args) = command;
    let holder = HolderFile::generate();
    holder.save(
        &args.out,
        if args.force {
            Existing::Replace
        } else {
            Existing::Keep
        },
    )?;
    out::line(format!("holder secret written to {}", args.out.display()));
    // As `zapiki issuer issue --holder-commitment` takes them.
    for (suite, commitment) in holder.holder_commitments.texts() {
        out::fact("commitment", format_args!("{suite}={commitment}"));
    }
    Ok(Outcome::Success)
}
