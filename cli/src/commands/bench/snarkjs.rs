//! `bench snarkjs`: our Groth16 and snarkjs in turns, over the same credential. `cargo xtask bench-snarkjs` sets the peer up.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zapiki_backends::groth16::{self, Groth16Backend};
use zapiki_backends::{ProofBackend as _, Verdict};
use zapiki_core::credential::Slot;
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::suites::bjj_poseidon::nullifier;
use zapiki_core::suites::{IssuerKey, SuiteId};

use super::BenchArgs;
use super::harness::{Figures, Samples, Unit, progress};
use crate::files::{self, Access, Existing};
use crate::sample::Sample;

/// Rounds that are not counted: V8 compiles what is hot only after a while.
const WARM_UP: usize = 3;

/// Options of `bench snarkjs`.
#[derive(Debug, Args)]
pub(crate) struct SnarkjsArgs {
    /// The folder of the peer: its packages, circuit and keys
    #[arg(long, value_name = "DIR")]
    peer: PathBuf,
    /// The peer's program
    #[arg(long, value_name = "FILE")]
    script: PathBuf,
    #[command(flatten)]
    bench: BenchArgs,
}

/// What the peer says of itself.
#[derive(Deserialize)]
struct Hello {
    constraints: usize,
    threads: usize,
    refuses_false_claims: bool,
}

/// What it says of a proof.
#[derive(Deserialize)]
struct Proved {
    prove_ms: f64,
    verify_ms: f64,
    is_valid: bool,
    public_signals: Vec<String>,
}

/// The peer's process. It ends with its input.
struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    fn start(args: &SnarkjsArgs) -> Result<Self> {
        let mut child = Command::new("node")
            .arg(&args.script)
            .arg(&args.peer)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node cannot be started")?;
        let input = child.stdin.take();
        let answers = child.stdout.take().context("node has no output")?;
        Ok(Self {
            child,
            input,
            answers: BufReader::new(answers).lines(),
        })
    }

    fn answer<T: DeserializeOwned>(&mut self) -> Result<T> {
        let line = self.answers.next().context("the peer ended early")??;
        serde_json::from_str(&line).context("the peer answered something else")
    }

    fn prove(&mut self) -> Result<Proved> {
        let input = self.input.as_mut().context("the peer takes no input")?;
        input.write_all(b"prove\n")?;
        self.answer()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        // It ends by itself; a failure to wait leaves nothing behind once this process ends.
        let _ended = self.child.wait();
    }
}

/// Measures and publishes.
pub(crate) fn run(args: &SnarkjsArgs) -> Result<()> {
    let rounds = args.bench.rounds as usize;
    let sample = Sample::new(StatementKind::AgeOver, SuiteId::BjjPoseidonBn254)?;
    let input = circom_input(&sample)?;
    write_input(&args.peer, &input)?;

    let mut peer = Peer::start(args)?;
    let hello: Hello = peer.answer()?;
    ensure!(
        hello.refuses_false_claims,
        "the peer's circuit proves what is false"
    );
    let threads = NonZeroUsize::new(hello.threads).context("the peer has no threads")?;
    let mut keys = groth16::setup()?;
    keys.retain(|keys| keys.document.circuit.statement == StatementKind::AgeOver);
    let ours = Groth16Backend::new(keys, threads)?;
    let circuit = ours.circuits()[0].clone();

    let mut figures = Figures::default();
    let (mut prove, mut peer_prove) = (Samples::default(), Samples::default());
    let (mut verify, mut peer_verify) = (Samples::default(), Samples::default());
    let bar = progress("our Groth16 and snarkjs in turns", rounds)?;
    for round in 0..WARM_UP + rounds {
        let theirs = peer.prove()?;
        ensure!(theirs.is_valid, "a proof of snarkjs did not verify");
        // The public inputs of the two are the same, so the relations are about the same thing.
        ensure!(
            theirs.public_signals.last() == input["nullifier"].as_str().map(str::to_owned).as_ref(),
            "snarkjs proved something else"
        );
        let (mut once, mut once_verified) = (Samples::default(), Samples::default());
        let counted = round >= WARM_UP;
        let (prove, verify) = if counted {
            (&mut prove, &mut verify)
        } else {
            (&mut once, &mut once_verified)
        };
        let envelope =
            prove.time(|| Ok(ours.prove(circuit.id, &sample.claim, &sample.witness)?))?;
        let verdict = verify.time(|| Ok(ours.verify(&envelope)?))?;
        ensure!(verdict == Verdict::Valid, "a proof did not verify");
        if counted {
            peer_prove.push(Duration::from_secs_f64(theirs.prove_ms / 1e3));
            peer_verify.push(Duration::from_secs_f64(theirs.verify_ms / 1e3));
            bar.inc(1);
        }
    }
    bar.finish();

    let (own, theirs) = (prove.percentile_ms(50)?, peer_prove.percentile_ms(50)?);
    figures.whole(
        "age_over.snarkjs.constraints",
        hello.constraints,
        Unit::Count,
    )?;
    figures.whole(
        "age_over.groth16.constraints",
        circuit.size.count(),
        Unit::Count,
    )?;
    figures.whole("age_over.snarkjs.threads", hello.threads, Unit::Count)?;
    figures.ms("age_over.snarkjs.prove_ms_p50", theirs)?;
    figures.ms("age_over.groth16.prove_ms_p50", own)?;
    figures.ms(
        "age_over.snarkjs.verify_ms_p50",
        peer_verify.percentile_ms(50)?,
    )?;
    figures.ms("age_over.groth16.verify_ms_p50", verify.percentile_ms(50)?)?;
    figures.ratio("age_over.groth16.speedup_vs_snarkjs", theirs / own)?;
    // On a busy machine the best of the rounds is the one that was least disturbed.
    let (own, theirs) = (prove.percentile_ms(0)?, peer_prove.percentile_ms(0)?);
    figures.ms("age_over.snarkjs.prove_ms_min", theirs)?;
    figures.ms("age_over.groth16.prove_ms_min", own)?;
    figures.publish(args.bench.json.as_deref())
}

/// The sample as the inputs of `age_over.circom`. The suites are the same, so a credential of ours is one of theirs.
fn circom_input(sample: &Sample) -> Result<Value> {
    let claim = &sample.claim;
    let (IssuerKey::BjjPoseidonBn254(issuer), Statement::AgeOver(statement)) =
        (&claim.issuer, &claim.statement)
    else {
        bail!("the sample is not of age_over");
    };
    let credential = &sample.witness.credential;
    let signed = credential.signatures.bjj_poseidon_bn254.as_ref();
    let signature = &signed.context("the sample is not signed")?.signature;
    let slots = credential.attributes.encode();
    let slot = |slot: Slot| slots[slot as usize].to_string();
    let secret = sample.witness.holder_secret.expose();
    let scope = claim.scope.to_field();
    Ok(json!({
        "issuer": [issuer.x().to_string(), issuer.y().to_string()],
        "asOf": claim.statement.as_of().number().to_string(),
        "cutoff": statement.birth_cutoff().number().to_string(),
        "challenge": claim.challenge.to_field().to_string(),
        "scope": scope.to_string(),
        "nullifier": nullifier(secret, &scope).to_string(),
        "holderSecret": secret.to_string(),
        "birthDate": slot(Slot::BirthDate),
        "income": [slot(Slot::IncomeAmount), slot(Slot::IncomeCurrency), slot(Slot::IncomePeriod)],
        "country": slot(Slot::Country),
        "screeningId": slot(Slot::ScreeningId),
        "issuedAt": slot(Slot::IssuedAt),
        "expiresAt": slot(Slot::ExpiresAt),
        "revocationId": slot(Slot::RevocationId),
        "r8": [signature.r8.x.to_string(), signature.r8.y.to_string()],
        "s": signature.s.to_string(),
    }))
}

/// The holder is made up, and the file is of no use to anybody.
fn write_input(peer: &Path, input: &Value) -> Result<()> {
    let path = peer.join("input.json");
    let text = serde_json::to_vec_pretty(input)?;
    files::write(&path, &text, Access::Private, Existing::Replace)
}
