//! `zapiki keys`: the key-encryption keys, and their rotation while services run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use rand::rngs::OsRng;
use zapiki_store::KeyRing;
use zeroize::Zeroizing;

use crate::database::{KEK_FILE_BYTES_MAX, StoreArgs};
use crate::exit::Outcome;
use crate::files::{self, Access, Existing};
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
  zapiki keys remove --version 1        takes the old key out, if nothing stands under it
  … restart them once more; then destroy every copy of the old key";

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
    /// Take a key out of the file, if nothing stands under it
    Remove(RemoveArgs),
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
}

/// Options of `keys remove`.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Which key
    #[arg(long, value_name = "N")]
    version: u32,
}

/// Runs one of them.
pub(crate) async fn run(command: KeysCommand) -> Result<Outcome> {
    match command {
        KeysCommand::Add(args) => {
            let text = read(&args.kek_file)?;
            let added =
                KeyRing::with_next_key(&text, &mut OsRng).with_context(|| bad(&args.kek_file))?;
            write(&args.kek_file, &added)?;
            out::line("a key was added that does not seal yet");
            out::note("Restart every API and worker, then: zapiki keys promote");
        }
        KeysCommand::Promote(args) => {
            let text = read(&args.kek_file)?;
            let promoted =
                KeyRing::with_all_promoted(&text).with_context(|| bad(&args.kek_file))?;
            if *promoted == *text {
                bail!("no key is marked `next`: `zapiki keys add` adds one");
            }
            write(&args.kek_file, &promoted)?;
            let current = KeyRing::parse(&promoted).with_context(|| bad(&args.kek_file))?;
            out::line(format!("key {} seals from now on", current.current()));
            out::note("Restart every API and worker, then: zapiki keys rotate");
        }
        KeysCommand::Status(args) => status(&args).await?,
        KeysCommand::Rotate(args) => rotate(&args).await?,
        KeysCommand::Remove(args) => remove(&args).await?,
    }
    Ok(Outcome::Success)
}

async fn status(args: &StatusArgs) -> Result<()> {
    let keys = args.store.key_ring()?;
    let in_use = args.store.open()?.keys_in_use().await?;
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_header(["key", "sealed inputs", ""]);
    for version in keys.versions() {
        let used = in_use.iter().find(|used| used.kek_version == version);
        let note = match version.cmp(&keys.current()) {
            std::cmp::Ordering::Less => "opens",
            std::cmp::Ordering::Equal => "seals",
            std::cmp::Ordering::Greater => "next: opens, does not seal yet",
        };
        let inputs = used.map_or(0, |used| used.inputs);
        table.add_row([version.to_string(), inputs.to_string(), note.to_owned()]);
    }
    out::line(table.to_string());
    for lost in in_use
        .iter()
        .filter(|used| keys.versions().all(|version| version != used.kek_version))
    {
        out::note(format!(
            "{} inputs stand under key {}, which is not in the file: they cannot be opened",
            lost.inputs, lost.kek_version
        ));
    }
    Ok(())
}

async fn rotate(args: &StatusArgs) -> Result<()> {
    let store = args.store.open()?;
    let mut total = 0;
    loop {
        let wrapped = store.rewrap(BATCH).await?;
        if wrapped == 0 {
            break;
        }
        total += wrapped;
        out::note(format!("{total} data keys wrapped"));
    }
    let current = args.store.key_ring()?.current();
    out::line(format!(
        "everything stands under key {current}; {total} data keys were wrapped anew"
    ));
    Ok(())
}

async fn remove(args: &RemoveArgs) -> Result<()> {
    let path = args.store.kek_file();
    let in_use = args.store.open()?.keys_in_use().await?;
    if let Some(used) = in_use.iter().find(|used| used.kek_version == args.version) {
        bail!(
            "{} sealed inputs stand under key {}: `zapiki keys rotate` first",
            used.inputs,
            args.version
        );
    }
    let keys = args.store.key_ring()?;
    if keys.versions().all(|version| version != args.version) {
        bail!("there is no key {} in {}", args.version, path.display());
    }
    if keys.current() == args.version {
        bail!(
            "key {} is the one that seals: `zapiki keys add` and `promote` another first",
            args.version
        );
    }
    let rest = KeyRing::without(&read(path)?, args.version).with_context(|| bad(path))?;
    write(path, &rest)?;
    out::line(format!(
        "key {} is no longer in {}",
        args.version,
        path.display()
    ));
    Ok(())
}

fn read(path: &Path) -> Result<Zeroizing<String>> {
    files::check_private(path)?;
    let bytes = files::read(path, KEK_FILE_BYTES_MAX)?;
    let text = std::str::from_utf8(&bytes).with_context(|| bad(path))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    files::write(path, text.as_bytes(), Access::Private, Existing::Replace)
}

fn bad(path: &Path) -> String {
    format!("{} is no file of key-encryption keys", path.display())
}
