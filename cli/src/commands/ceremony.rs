//! `zapiki ceremony`: hold a trusted setup that no single party can betray, take part in one, check one.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use rand::RngCore as _;
use rand::rngs::OsRng;
use zapiki_backends::Provenance;
use zapiki_backends::groth16::ceremony::{
    Beacon, BeaconValue, Ceremony, CeremonyCircuit, CeremonyError, Check, IterationsLog2, Name,
    POWER_MAX, Powers, Secret, read_powers, write_powers,
};
use zapiki_core::circuit::CircuitId;
use zeroize::Zeroizing;

use crate::exit::Outcome;
use crate::files::{self, Access, DOCUMENT_BYTES_MAX, Existing};
use crate::{ceremony_dir, keys_dir, out};

const HELP: &str = "\
A Groth16 circuit needs keys with a secret in them, and whoever knows the secret can forge proofs. A ceremony makes the secret of \
many parts: each contributor adds one and forgets it. If a single one of them does, nobody knows the whole.

  coordinator    zapiki ceremony new --circuit age_over@1.0.0 --ptau powers.ptau --out age-over
  each in turn   zapiki ceremony contribute --dir age-over --name \"Ana of Example Bank\"
                 … publishes the digest that it prints, and hands the folder on
  coordinator    zapiki ceremony beacon --dir age-over --value HEX       a public value of after the last contribution
  anybody        zapiki ceremony verify --dir age-over --ptau powers.ptau
  operator       zapiki ceremony export --dir age-over --ptau powers.ptau --out keys

The file of powers is the result of a public first phase, which serves every circuit: snarkjs' README lists such files \
(powersOfTau28_hez_final_14.ptau and others) with their BLAKE2b digests. Compare the digest that `new` and `verify` print. To \
rehearse without one: zapiki ceremony rehearsal-powers.

docs/CEREMONY.md says how to hold one, what each check shows and what remains to be trusted.";

/// The parts of a ceremony.
#[derive(Debug, Subcommand)]
#[command(after_help = HELP)]
pub(crate) enum CeremonyCommand {
    /// Begin: compute a circuit's initial key from a file of powers of tau
    New(NewArgs),
    /// Contribute: multiply the secret by a part that is forgotten at once
    Contribute(ContributeArgs),
    /// Close: contribute what comes from a public random beacon
    Beacon(BeaconArgs),
    /// Check everything: powers, initial key, each contribution, the resulting key
    Verify(VerifyArgs),
    /// Make the circuit's keys from a closed ceremony, after checking everything
    Export(ExportArgs),
    /// Write powers of tau for a rehearsal; keys made with them are development keys
    RehearsalPowers(RehearsalArgs),
}

/// The folder of a ceremony.
#[derive(Debug, Args)]
pub(crate) struct DirArgs {
    /// The ceremony's folder
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

/// The file of powers.
#[derive(Debug, Args)]
pub(crate) struct PtauArgs {
    /// The file of powers of tau (.ptau, as snarkjs writes it), the same for the whole ceremony
    #[arg(long, value_name = "FILE")]
    ptau: PathBuf,
}

/// Options of `ceremony new`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  zapiki ceremony new --circuit age_over@1.0.0 --ptau powers.ptau --out age-over"
)]
pub(crate) struct NewArgs {
    /// The circuit, with its exact version; `zapiki circuits list` names them
    #[arg(long, value_name = "CIRCUIT")]
    circuit: CircuitId,
    #[command(flatten)]
    ptau: PtauArgs,
    /// The folder to create
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

const CONTRIBUTE_HELP: &str = "\
The random part comes from the operating system and is wiped when it was used. It is neither written nor printed. For more \
certainty take a machine without network, add entropy of your own (dice, noise), and destroy the machine's memory afterwards: \
switch it off.

Publish the digest that is printed, under your name, where others see it: so everybody finds your contribution in the transcript.

Example:
  zapiki ceremony contribute --dir age-over --name \"Ana of Example Bank\" --entropy-file dice.txt";

/// Options of `ceremony contribute`.
#[derive(Debug, Args)]
#[command(after_help = CONTRIBUTE_HELP)]
pub(crate) struct ContributeArgs {
    #[command(flatten)]
    dir: DirArgs,
    /// Who you are, as the transcript will say for ever
    #[arg(long, value_name = "NAME")]
    name: Name,
    /// A file with entropy of your own, on top of the operating system's
    #[arg(long, value_name = "FILE")]
    entropy_file: Option<PathBuf>,
}

const BEACON_HELP: &str = "\
The value must be public, beyond anybody's control, and unknown when the last contribution was made: announce beforehand which it \
will be, such as the hash of a Bitcoin block of a height yet to come, or a round of drand.

Example:
  zapiki ceremony beacon --dir age-over --value 00000000000000000002a7c4c1e48d76c5a37902165a270156b7a8d72728a054 --iterations-log2 20";

/// Options of `ceremony beacon`.
#[derive(Debug, Args)]
#[command(after_help = BEACON_HELP)]
pub(crate) struct BeaconArgs {
    #[command(flatten)]
    dir: DirArgs,
    /// What the beacon published
    #[arg(long, value_name = "HEX")]
    value: BeaconValue,
    /// It is hashed 2 to this power times; whoever verifies does the same
    #[arg(long, value_name = "N", default_value = "10")]
    iterations_log2: IterationsLog2,
    /// What the transcript calls it
    #[arg(long, value_name = "NAME", default_value = "beacon")]
    name: Name,
}

const VERIFY_HELP: &str = "\
Needs nothing but the ceremony's folder and the file of powers, and trusts nobody. It does not know who the contributors are: \
compare the digests with those that they published, and the file's digest with the one that it is listed with.

Examples:
  zapiki ceremony verify --dir age-over --ptau powers.ptau
  zapiki ceremony verify --dir age-over --ptau powers.ptau --vk age_over@1.0.0.vk.json

Exit codes: 0 it holds, 1 it does not, 2 wrong usage.";

/// Options of `ceremony verify`.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    dir: DirArgs,
    #[command(flatten)]
    ptau: PtauArgs,
    /// A verifying key's document, which must be the one that comes out of this ceremony
    #[arg(long, value_name = "FILE")]
    vk: Option<PathBuf>,
}

/// Options of `ceremony export`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  zapiki ceremony export --dir age-over --ptau powers.ptau --out keys"
)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    dir: DirArgs,
    #[command(flatten)]
    ptau: PtauArgs,
    /// The folder of circuit keys to put them into, as `zapiki api` and `zapiki worker` read it; keys of other circuits in it stay
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Options of `ceremony rehearsal-powers`.
#[derive(Debug, Args)]
#[command(
    after_help = "Their secrets are published: the keys are marked `dev`, and production refuses them.\n\nExample:\n  \
                  zapiki ceremony rehearsal-powers --power 12 --out rehearsal.ptau"
)]
pub(crate) struct RehearsalArgs {
    /// Logarithm of the largest circuit that they serve
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20))]
    power: u32,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs one of them.
pub(crate) fn run(command: CeremonyCommand) -> Result<Outcome> {
    match command {
        CeremonyCommand::New(args) => new(&args)?,
        CeremonyCommand::Contribute(args) => contribute(args)?,
        CeremonyCommand::Beacon(args) => beacon(args)?,
        CeremonyCommand::Verify(args) => return verify(&args),
        CeremonyCommand::Export(args) => export(&args)?,
        CeremonyCommand::RehearsalPowers(args) => rehearsal_powers(&args)?,
    }
    Ok(Outcome::Success)
}

fn new(args: &NewArgs) -> Result<()> {
    let circuit = CeremonyCircuit::find(args.circuit)?;
    let powers = args.ptau.read(&circuit)?;
    out::note("Checking the powers and computing the initial key …");
    let ceremony = Ceremony::begin(&circuit, &powers, &mut OsRng)
        .with_context(|| format!("{} cannot be used", args.ptau.ptau.display()))?;
    ceremony_dir::create(&args.out, &ceremony)?;
    out::line(format!(
        "a ceremony for {} begins in {}",
        circuit.id(),
        args.out.display()
    ));
    let transcript = ceremony.transcript();
    out::fact("relation", transcript.relation);
    show_powers(&powers);
    out::fact("initial key", transcript.initial_key);
    out::note("Hand the folder to the first contributor: zapiki ceremony contribute --help");
    Ok(())
}

fn contribute(args: ContributeArgs) -> Result<()> {
    let extra = match &args.entropy_file {
        Some(path) => files::read(path, DOCUMENT_BYTES_MAX)?,
        None => Zeroizing::new(Vec::new()),
    };
    ensure!(
        args.entropy_file.is_none() || !extra.is_empty(),
        "the file of entropy is empty"
    );
    let (_, mut ceremony) = ceremony_dir::load(&args.dir.dir)?;
    let before = ceremony.transcript().parameters;
    let mut random = Zeroizing::new([0; 64]);
    OsRng
        .try_fill_bytes(&mut *random)
        .context("the operating system gives no random bytes")?;
    let secret = Secret::new(&random, &extra);
    let contribution = ceremony.contribute(args.name, secret)?;
    let (name, digest) = (contribution.name.clone(), contribution.digest());
    ceremony_dir::replace(&args.dir.dir, before, &ceremony)?;
    let number = ceremony.transcript().contributions.len();
    out::line(format!("contribution {number} ({name})"));
    out::fact("digest", digest);
    out::note("Publish the digest under your name, and hand the folder on. The secret is gone.");
    Ok(())
}

fn beacon(args: BeaconArgs) -> Result<()> {
    let (_, mut ceremony) = ceremony_dir::load(&args.dir.dir)?;
    let before = ceremony.transcript().parameters;
    let beacon = Beacon {
        value: args.value,
        iterations_log2: args.iterations_log2,
    };
    out::note(format!("Hashing 2^{} times …", args.iterations_log2));
    let digest = ceremony.close(args.name, beacon)?.digest();
    ceremony_dir::replace(&args.dir.dir, before, &ceremony)?;
    out::line("the ceremony is closed");
    out::fact("digest", digest);
    out::fact("transcript", ceremony.transcript().digest());
    out::note("Publish the folder. Anybody can check it: zapiki ceremony verify --help");
    Ok(())
}

fn verify(args: &VerifyArgs) -> Result<Outcome> {
    let (circuit, ceremony) = ceremony_dir::load(&args.dir.dir)?;
    let powers = args.ptau.read(&circuit)?;
    let expected = match &args.vk {
        Some(path) => Some(keys_dir::read_verifying_key(path)?),
        None => None,
    };
    // With a key to compare, the key is made; which checks the same.
    let checked = match &expected {
        None => ceremony
            .verify(&circuit, &powers, &mut OsRng, &mut show_check)
            .map(|()| true),
        Some(expected) => ceremony
            .export(&circuit, &powers, &mut OsRng, &mut show_check)
            .map(|keys| keys.document == *expected),
    };
    let broken = match checked {
        Ok(true) => None,
        Ok(false) => Some("the verifying key does not come out of this ceremony".to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(broken) = broken {
        out::line(format!("BROKEN: {broken}"));
        return Ok(Outcome::Refused);
    }
    let transcript = ceremony.transcript();
    let is_closed = transcript
        .contributions
        .last()
        .is_some_and(|last| last.beacon.is_some());
    out::line(if is_closed {
        "HOLDS: the ceremony is closed, and every check held"
    } else {
        "HOLDS so far: every check held, and the ceremony is open"
    });
    out::fact("circuit", circuit.id());
    out::fact("relation", transcript.relation);
    show_powers(&powers);
    for (number, contribution) in (1..).zip(&transcript.contributions) {
        out::fact(
            &format!("contribution {number}"),
            format_args!("{}  {}", contribution.digest(), contribution.name),
        );
        if let Some(beacon) = &contribution.beacon {
            out::fact(
                "beacon",
                format_args!(
                    "{}, hashed 2^{} times",
                    beacon.value, beacon.iterations_log2
                ),
            );
        }
    }
    out::fact("transcript", transcript.digest());
    Ok(Outcome::Success)
}

fn export(args: &ExportArgs) -> Result<()> {
    let (circuit, ceremony) = ceremony_dir::load(&args.dir.dir)?;
    let powers = args.ptau.read(&circuit)?;
    let exported = ceremony.export(&circuit, &powers, &mut OsRng, &mut show_check);
    let keys = exported.map_err(|error| {
        let next = match error {
            CeremonyError::NoContribution => {
                "; contribute first: zapiki ceremony contribute --help"
            }
            CeremonyError::NoBeacon => "; close it first: zapiki ceremony beacon --help",
            _ => "",
        };
        anyhow::anyhow!("no keys were made: {error}{next}")
    })?;
    keys_dir::put(&args.out, &keys)?;
    let document = &keys.document;
    out::line(format!(
        "the keys of {} are in {}",
        document.circuit,
        args.out.display()
    ));
    out::fact("verifying key", document.digest);
    out::fact("provenance", document.provenance);
    out::fact("transcript", ceremony.transcript().digest());
    if document.provenance == Provenance::Dev {
        out::note("A rehearsal: anybody can forge proofs under these keys.");
    }
    Ok(())
}

fn rehearsal_powers(args: &RehearsalArgs) -> Result<()> {
    let mut bytes = Vec::new();
    let origin = write_powers(&Powers::rehearsal(args.power), &mut bytes)?;
    files::write(&args.out, &bytes, Access::Public, Existing::Keep)?;
    out::line(format!(
        "rehearsal powers written to {}",
        args.out.display()
    ));
    out::fact("digest", origin.digest);
    out::note("Their secrets are published: keys made with them are development keys.");
    Ok(())
}

impl PtauArgs {
    fn read(&self, circuit: &CeremonyCircuit) -> Result<Powers> {
        read_file(&self.ptau, circuit.power())
    }
}

fn read_file(path: &Path, power: u32) -> Result<Powers> {
    out::note(format!("Reading {} …", path.display()));
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    read_powers(
        BufReader::with_capacity(1 << 20, file),
        power.min(POWER_MAX),
    )
    .with_context(|| format!("{} cannot be used", path.display()))
}

fn show_powers(powers: &Powers) {
    let origin = powers.origin();
    out::fact("powers", origin.digest);
    let of = format_args!("2^{}, {} contributions", origin.power, origin.contributions);
    out::fact("", of);
    if powers.is_rehearsal() {
        out::note("These powers are for rehearsals: keys made with them are development keys.");
    }
}

fn show_check(check: Check<'_>) {
    out::note(format!("  held: {check}"));
}
