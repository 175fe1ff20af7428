//! Logs: one line per event on stderr, as text for people or JSON for machines.
//!
//! stdout belongs to results. No private input reaches a log: the types that hold it have no useful `Debug`, and
//! events name things by id. No URL that is called does either, whatever the filter.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result, anyhow};
use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

// What is logged, and how. (A doc comment here would become the help text of the whole program.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs")]
pub(crate) struct LogArgs {
    /// What is logged: a level, or `target=level` pairs, such as `info,zapiki_api=debug`
    #[arg(
        long = "log",
        env = "ZAPIKI_LOG",
        global = true,
        value_name = "FILTER",
        default_value = "warn,zapiki=info"
    )]
    filter: String,

    /// How logs look
    #[arg(
        long,
        env = "ZAPIKI_LOG_FORMAT",
        global = true,
        value_enum,
        default_value = "text"
    )]
    log_format: LogFormat,
}

/// Starts logging. Called once, by `main`.
pub(crate) fn init(args: &LogArgs) -> Result<()> {
    let filter = EnvFilter::try_new(&args.filter)
        .with_context(|| format!("ZAPIKI_LOG=`{}` is no log filter; try `info`", args.filter))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => subscriber
            .with_ansi(std::io::stderr().is_terminal())
            .try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    }
    .map_err(|error| anyhow!("logging cannot start: {error}"))?;
    // At `trace` the HTTP client writes whole URLs, in which customers and operators may have passwords. It and a few others log by
    // this crate, ours by `tracing`.
    log::set_max_level(log::max_level().min(log::LevelFilter::Debug));
    Ok(())
}
