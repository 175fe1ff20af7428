//! `zapiki keys`: the key-encryption keys, and their rotation while services run.
//!
//! A key is taken out once no input stands under it. What opens payloads in Temporal is derived from it, and stays until it is
//! forgotten: payloads cannot be sealed anew, and histories outlive their proofs.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use rand::rngs::OsRng;
use zapiki_store::KeyRing;

use crate::database::StoreArgs;
use crate::exit::Outcome;
use crate::files::{self, Access, Existing};
use crate::kek::{KekArgs, bad, read};
use crate::out;

/// How many data keys are wrapped between two lines of progress.
const BATCH: u32 = 500;

const HELP: &str = "\
A rotation, without a pause. Every service reads the file when it starts.
  zapiki keys add --kek-file kek        a new key, which opens and does not seal yet
  … restart every API and worker, one after the other: now all of them can open what it will seal
  zapiki keys promote --kek-file kek    it seals from now on
  … restart every API and worker again
  zapiki keys rotate                    wraps the data keys of what is there under it
  zapiki keys remove --version 1        takes the old key out, if no input stands under it
  … restart them once more; then destroy every copy of the old key

What lies in Temporal was sealed under a key that is derived from the old one, and is not sealed anew. `remove` leaves that in
the file, and nothing from which the old key could be had: workflows that began before the rotation go on. It may go too when
none of those is left, neither running nor kept: after the last restart, wait for as long as a proof may run and a dead letter
is kept (--dead-letter-days), and then for the retention of Temporal's namespace.
  zapiki keys forget --version 1        takes it out; what was sealed under it stays shut";

/// What can be done with keys.
#[derive(Debug, Subcommand)]
#[command(after_help = HELP)]
pub(crate) enum KeysCommand {
    /// Show the keys, and how much stands under each
    Status(StatusArgs),
    /// Add a fresh key that opens and does not seal yet
    Add(FileArgs),
    /// Let the newest key seal
    Promote(FileArgs),
    /// Wrap the data keys of all sealed inputs under the key that seals; services go on meanwhile
    Rotate(StatusArgs),
    /// Take a key out of the file, if no input stands under it; what opens Temporal's payloads stays
    Remove(RemoveArgs),
    /// Take out what is left of a removed key; Temporal's payloads that were sealed under it stay shut for ever
    Forget(ForgetArgs),
    /// Write the keys that open Temporal's payloads and nothing else, for `zapiki codec-server`; again after each `promote`
    Payloads(PayloadsArgs),
}

/// Options of `keys add` and `keys promote`.
#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// The file of key-encryption keys
    #[arg(long, value_name = "FILE", env = "ZAPIKI_KEK_FILE")]
    kek_file: PathBuf,
}

/// Options of `keys status` and `keys rotate`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    kek: KekArgs,
}

/// Options of `keys remove`.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    kek: KekArgs,
    /// Which key
    #[arg(long, value_name = "N")]
    version: u32,
}

/// Options of `keys forget`.
#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Which key
    #[arg(long, value_name = "N")]
    version: u32,
}

/// Options of `keys payloads`.
#[derive(Debug, Args)]
pub(crate) struct PayloadsArgs {
    #[command(flatten)]
    kek: KekArgs,
    /// The file to write, with mode 0600
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace it if it is there
    #[arg(long)]
    force: bool,
}

/// Runs one of them.
pub(crate) async fn run(command: KeysCommand) -> Result<Outcome> {
    match command {
        KeysCommand::Add(args) => {
            let text = read(&args.kek_file)?;
            let added = KeyRing::with_next_key(&text, &mut OsRng)
                .with_context(|| bad(args.kek_file.display()))?;
            write(&args.kek_file, &added)?;
            out::line("a key was added that does not seal yet");
            out::note("Restart every API and worker, then: zapiki keys promote");
        }
        KeysCommand::Promote(args) => {
            let text = read(&args.kek_file)?;
            let promoted =
                KeyRing::with_all_promoted(&text).with_context(|| bad(args.kek_file.display()))?;
            if *promoted == *text {
                bail!("no key is marked `next`: `zapiki keys add` adds one");
            }
            write(&args.kek_file, &promoted)?;
            let current =
                KeyRing::parse(&promoted).with_context(|| bad(args.kek_file.display()))?;
            out::line(format!("key {} seals from now on", current.current()));
            out::note("Restart every API and worker, then: zapiki keys rotate");
        }
        KeysCommand::Status(args) => status(&args).await?,
        KeysCommand::Rotate(args) => rotate(&args).await?,
        KeysCommand::Remove(args) => remove(&args).await?,
        KeysCommand::Forget(args) => forget(&args)?,
        KeysCommand::Payloads(args) => payloads(&args).await?,
    }
    Ok(Outcome::Success)
}

async fn status(args: &StatusArgs) -> Result<()> {
    let source = args.kek.source()?;
    let keys = source.key_ring().await?;
    let store = args.store.open(source.key_ring().await?)?;
    let in_use = store.keys_in_use().await?;
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_header([
        "key",
        "sealed inputs",
        "webhook secrets",
        "",
    ]);
    for version in keys.versions() {
        let used = in_use.iter().find(|used| used.kek_version == version);
        let note = match version.cmp(&keys.current()) {
            std::cmp::Ordering::Less => "opens",
            std::cmp::Ordering::Equal => "seals",
            std::cmp::Ordering::Greater => "next: opens, does not seal yet",
        };
        let [inputs, secrets] = used.map_or([0, 0], |used| [used.inputs, used.webhook_secrets]);
        let counts = [inputs, secrets].map(|count| count.to_string());
        table.add_row(
            [
                vec![version.to_string()],
                counts.to_vec(),
                vec![note.to_owned()],
            ]
            .concat(),
        );
    }
    for version in keys.retired_versions() {
        let note = "removed: opens Temporal's payloads alone";
        table.add_row([&version.to_string(), "0", "0", note]);
    }
    out::line(table.to_string());
    for lost in in_use
        .iter()
        .filter(|used| keys.versions().all(|version| version != used.kek_version))
    {
        out::note(format!(
            "{} inputs and secrets stand under key {}, which is not in the file: they cannot be opened",
            lost.total(),
            lost.kek_version
        ));
    }
    Ok(())
}

async fn rotate(args: &StatusArgs) -> Result<()> {
    let keys = args.kek.key_ring().await?;
    let current = keys.current();
    let store = args.store.open(keys)?;
    let mut total = 0;
    loop {
        let wrapped = store.rewrap(BATCH).await?;
        if wrapped == 0 {
            break;
        }
        total += wrapped;
        out::note(format!("{total} data keys wrapped"));
    }
    out::line(format!(
        "everything stands under key {current}; {total} data keys were wrapped anew"
    ));
    Ok(())
}

async fn remove(args: &RemoveArgs) -> Result<()> {
    let source = args.kek.source()?;
    let path = source.file()?;
    let keys = source.key_ring().await?;
    let in_use = args.store.open(source.key_ring().await?)?;
    let in_use = in_use.keys_in_use().await?;
    if let Some(used) = in_use.iter().find(|used| used.kek_version == args.version) {
        bail!(
            "{} inputs and secrets stand under key {}: `zapiki keys rotate` first",
            used.total(),
            args.version
        );
    }
    if keys.versions().all(|version| version != args.version) {
        bail!("there is no key {} in {}", args.version, path.display());
    }
    if keys.current() == args.version {
        bail!(
            "key {} is the one that seals: `zapiki keys add` and `promote` another first",
            args.version
        );
    }
    let rest = KeyRing::with_retired(&read(path)?, args.version);
    write(path, &rest.with_context(|| bad(path.display()))?)?;
    out::line(format!(
        "key {} is no longer in {}; what opens Temporal's payloads under it is",
        args.version,
        path.display()
    ));
    Ok(())
}

fn forget(args: &ForgetArgs) -> Result<()> {
    let path = &args.file.kek_file;
    let text = read(path)?;
    let keys = KeyRing::parse(&text).with_context(|| bad(path.display()))?;
    if keys.versions().any(|version| version == args.version) {
        bail!(
            "key {} is still there: `zapiki keys remove` first",
            args.version
        );
    }
    let rest = KeyRing::without_retired(&text, args.version);
    write(
        path,
        &rest.with_context(|| format!("{} has nothing to forget", path.display()))?,
    )?;
    out::line(format!("nothing is left of key {}", args.version));
    Ok(())
}

async fn payloads(args: &PayloadsArgs) -> Result<()> {
    let source = args.kek.source()?;
    let text = KeyRing::payloads_text(&source.text().await?).with_context(|| bad(&source))?;
    let existing = if args.force {
        Existing::Replace
    } else {
        Existing::Keep
    };
    files::write(&args.out, text.as_bytes(), Access::Private, existing)?;
    out::line(format!(
        "keys for Temporal's payloads written to {}",
        args.out.display()
    ));
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    files::write(path, text.as_bytes(), Access::Private, Existing::Replace)
}
