//! `zapiki list`: make the root of a published list offline, make a key, have a list refreshed, see what is stored.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use zapiki_activities::lists::{FILE_BYTES_MAX, ListFormat, parse};
use zapiki_core::credential::FieldElement;
use zapiki_core::gap_tree::GapTree;
use zapiki_core::screening::{ListReport, SourceDigest};
use zapiki_core::signed_root::ListName;
use zapiki_store::ListRoot;
use zapiki_workflows::lists::RefreshRequest;

use crate::database::StoreArgs;
use crate::exit::Outcome;
use crate::files;
use crate::kek::KekArgs;
use crate::out;
use crate::screening::Identity;
use crate::temporal::TemporalArgs;

const BUILD_EXAMPLES: &str = "\
Examples:
  zapiki list build --format ofac-xml SDN.XML
  zapiki list build --format ofac-csv SDN.CSV ALT.CSV SDN_COMMENTS.CSV
  zapiki list build --format csv list.csv --expect-root 0x1f…

The root is what a worker signs that reads the same files: with --expect-root it is compared with the one in a proof.";

const KEY_EXAMPLES: &str = "\
Examples:
  zapiki list key --document-number X123456 --document-country PT
  zapiki list key --name 'Ana Example' --birth-date 2001-05-17
  zapiki list key --name 'Ana Example' --birth-year 2001

Arguments of a command can be seen by others on the machine, and a key tells who it is about to whoever tries names. An issuer
writes the same fields into its attributes document, as `screening`, and makes no key by hand.";

/// What can be done with lists.
#[derive(Debug, Subcommand)]
pub(crate) enum ListCommand {
    /// Make the root of a published list from its files, offline
    #[command(after_help = BUILD_EXAMPLES)]
    Build(BuildArgs),
    /// Print the screening key of a person
    #[command(after_help = KEY_EXAMPLES)]
    Key(KeyArgs),
    /// Have a worker read a list now, and wait for it
    #[command(after_help = "Example:\n  zapiki list refresh ofac-sdn")]
    Refresh(RefreshArgs),
    /// Show the newest signed root of each list, or of one
    #[command(after_help = "Example:\n  zapiki list show ofac-sdn --json")]
    Show(ShowArgs),
}

/// Options of `list build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// The form of the list: ofac-xml, ofac-csv, csv
    #[arg(long, value_name = "FORMAT")]
    format: ListFormat,
    /// Its files, in the order of the form
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Compare the root with this one
    #[arg(long, value_name = "0xHEX")]
    expect_root: Option<FieldElement>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Options of `list key`.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(flatten)]
    identity: Identity,
}

/// Options of `list refresh`.
#[derive(Debug, Args)]
pub(crate) struct RefreshArgs {
    /// The list's name
    #[arg(value_name = "NAME")]
    name: ListName,
    /// Take it though it has lost more than half of its keys, or has none
    #[arg(long)]
    accept_shrink: bool,
    /// The longest wait for it
    #[arg(long, value_name = "S", default_value_t = 300)]
    wait_s_max: u64,
    #[command(flatten)]
    temporal: TemporalArgs,
    #[command(flatten)]
    kek: KekArgs,
}

/// Options of `list show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The list's name; default: all
    #[arg(value_name = "NAME")]
    name: Option<ListName>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    kek: KekArgs,
}

/// Makes a root or a key; what talks to nobody.
pub(crate) fn run_offline(command: &ListCommand) -> Option<Result<Outcome>> {
    match command {
        ListCommand::Build(args) => Some(build(args)),
        ListCommand::Key(args) => Some(key(args)),
        ListCommand::Refresh(_) | ListCommand::Show(_) => None,
    }
}

/// Runs what needs services.
pub(crate) async fn run(command: ListCommand) -> Result<Outcome> {
    match command {
        ListCommand::Build(args) => build(&args),
        ListCommand::Key(args) => key(&args),
        ListCommand::Refresh(args) => refresh(args).await,
        ListCommand::Show(args) => show(args).await,
    }
}

fn build(args: &BuildArgs) -> Result<Outcome> {
    let files = args.files.iter().map(|path| {
        let mut bytes = files::read(path, FILE_BYTES_MAX as u64)?;
        Ok(std::mem::take(&mut *bytes))
    });
    let files = files.collect::<Result<Vec<_>>>()?;
    let source = SourceDigest::of(&files);
    let list = parse(args.format, &files)?;
    let tree = GapTree::new(list.keys.iter().map(|key| key.to_field()))?;
    let root = FieldElement(tree.root());
    if args.json {
        out::json(
            &json!({"root": root, "entries": tree.len(), "source": source, "report": list.report}),
        );
    } else {
        out::line(format!("list of {} keys", tree.len()));
        out::fact("root", root);
        out::fact("source", source);
        show_report(&list.report);
    }
    match args.expect_root {
        Some(expected) if expected != root => {
            out::note(format!(
                "the root is NOT {expected}: it was made of other files, or by another version"
            ));
            Ok(Outcome::Refused)
        }
        _ => Ok(Outcome::Success),
    }
}

fn show_report(report: &ListReport) {
    if let Some(day) = report.published {
        out::fact("published", day);
    }
    out::fact("entries", report.entries);
    out::fact("persons", report.persons);
    for (kind, count) in &report.keys {
        out::fact("keys", format!("{count} by {kind}"));
    }
    out::line("not screened for");
    for (kind, count) in &report.not_persons {
        out::fact("no person", format!("{count} {kind}"));
    }
    let without = format!(
        "{} with neither document nor birth",
        report.persons_without_keys
    );
    out::fact("persons", without);
    if !report.unscreened.is_empty() {
        out::fact("  such as", report.unscreened.join(", "));
    }
    for (what, count) in [
        ("births unreadable", report.births_unreadable),
        ("names unusable", report.names_unusable),
        ("documents unusable", report.documents_unusable),
        (
            "documents without a country",
            report.documents_without_country,
        ),
        ("aliases without an entry", report.aliases_without_entry),
    ] {
        if count > 0 {
            out::fact(what, count);
        }
    }
    for (name, count) in &report.countries_unknown {
        out::fact("unknown country", format!("{count} {name}"));
    }
    for (kind, count) in &report.not_documents {
        out::fact("no document", format!("{count} {kind}"));
    }
}

fn key(args: &KeyArgs) -> Result<Outcome> {
    out::line(FieldElement::from(args.identity.key(None)?).to_string());
    Ok(Outcome::Success)
}

async fn refresh(args: RefreshArgs) -> Result<Outcome> {
    let request = RefreshRequest {
        list: args.name,
        accept_shrink: args.accept_shrink,
    };
    let wait = Duration::from_secs(args.wait_s_max);
    let pipeline = args.temporal.pipeline(&args.kek.key_ring().await?);
    let refreshed = pipeline.refresh_list(&request, wait).await;
    let refreshed = refreshed.with_context(|| format!("`{}` was not refreshed", request.list))?;
    let what = if refreshed.is_new {
        "has a new root"
    } else {
        "is unchanged today"
    };
    out::line(format!("list {} {what}", refreshed.list));
    out::fact("root", refreshed.root);
    out::fact("keys", refreshed.entries);
    out::fact("dated", refreshed.dated);
    Ok(Outcome::Success)
}

async fn show(args: ShowArgs) -> Result<Outcome> {
    let store = args.store.open(args.kek.key_ring().await?)?;
    let lists = match &args.name {
        None => store.lists().await?,
        Some(name) => match store.list(name).await? {
            Some(list) => vec![list],
            None => bail!("there is no list `{name}`; no worker has read it yet"),
        },
    };
    let mut outcome = Outcome::Success;
    let documents: Vec<_> = lists.iter().map(document).collect();
    for list in &lists {
        if list.signed.check().is_err() {
            outcome = Outcome::Refused;
        }
        if !args.json {
            show_list(list);
        }
    }
    if args.json {
        out::json(&json!(documents));
    } else if lists.is_empty() {
        out::line("no lists");
    }
    Ok(outcome)
}

fn document(list: &ListRoot) -> serde_json::Value {
    json!({
        "signed_root": list.signed, "source": list.source, "report": list.report,
        "signed_at": list.signed_at, "refreshed_at": list.refreshed_at,
    })
}

fn show_list(list: &ListRoot) {
    let signed = &list.signed;
    out::line(format!("list {}", signed.name));
    out::fact("root", signed.root);
    out::fact("keys", signed.entries);
    out::fact("dated", signed.dated);
    out::fact("signer", signed.signer);
    let verdict = match signed.check() {
        Ok(()) => "holds",
        Err(_) => "DOES NOT HOLD: the root was changed, or another key signed it",
    };
    out::fact("signature", verdict);
    out::fact("source", list.source);
    out::fact("signed at", list.signed_at);
    out::fact("refreshed at", list.refreshed_at);
    show_report(&list.report);
}
