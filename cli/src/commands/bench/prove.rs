//! `zapiki bench prove`: the prover alone, in this process, with keys made on the spot.

use std::num::NonZeroUsize;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use zapiki_backends::groth16::{self, Groth16Backend};
use zapiki_backends::stark::StarkBackend;
use zapiki_backends::{CircuitInfo, ProofBackend, Verdict};

use super::BenchArgs;
use super::harness::{Figures, Samples, Unit, progress};
use crate::sample::Sample;

/// How many proofs are checked together.
const BATCH: usize = 64;

/// Options of `bench prove`.
#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    bench: BenchArgs,
}

/// Measures and publishes.
pub(crate) fn run(args: &ProveArgs) -> Result<()> {
    let rounds = args.bench.rounds as usize;
    let keys = groth16::setup()?;
    let mut figures = Figures::default();
    let two_threads = NonZeroUsize::MIN.saturating_add(1);
    let groth16 = [
        Groth16Backend::new(keys.clone(), NonZeroUsize::MIN)?,
        Groth16Backend::new(keys, two_threads)?,
    ];
    let stark = [
        StarkBackend::new(NonZeroUsize::MIN)?,
        StarkBackend::new(two_threads)?,
    ];
    let [one, two] = &groth16;
    measure_all([one, two], rounds, &mut figures)?;
    measure_batch(one, rounds, &mut figures)?;
    let [one, two] = &stark;
    measure_all([one, two], rounds, &mut figures)?;
    figures.publish(args.bench.json.as_deref())
}

/// Every circuit of a backend, with one thread and with two.
fn measure_all(
    [one, two]: [&dyn ProofBackend; 2],
    rounds: usize,
    figures: &mut Figures,
) -> Result<()> {
    for circuit in one.circuits() {
        measure(circuit, [(one, 1), (two, 2)], rounds, figures)?;
    }
    Ok(())
}

/// Checks proofs of one circuit together, on one thread as the API does.
fn measure_batch(backend: &Groth16Backend, rounds: usize, figures: &mut Figures) -> Result<()> {
    let circuit = backend.circuits().first().context("no circuit has keys")?;
    let sample = Sample::new(circuit.id.statement, circuit.suite)?;
    let circuit = circuit.id;
    let envelope = backend.prove(circuit, &sample.claim, &sample.witness)?;
    // The same proof again is as much work as another: its random factor is its own.
    let envelopes = vec![&envelope; BATCH];
    let mut batch = Samples::default();
    let bar = progress(&format!("verify {BATCH} together"), rounds)?;
    for _ in 0..rounds {
        let verdicts = batch.time(|| Ok(backend.verify_batch(&envelopes)))?;
        let valid = verdicts.iter().all(|v| *v == Ok(Verdict::Valid));
        ensure!(valid, "a proof did not verify");
        bar.inc(1);
    }
    bar.finish();
    figures.ms(
        format!("groth16.batch_verify_ms_per_proof_{BATCH}"),
        batch.percentile_ms(50)? / BATCH as f64,
    )
}

fn measure(
    circuit: &CircuitInfo,
    backends: [(&dyn ProofBackend, usize); 2],
    rounds: usize,
    figures: &mut Figures,
) -> Result<()> {
    let id = circuit.id;
    let sample = Sample::new(id.statement, circuit.suite)?;
    let name = format!("{}.{}", id.statement, backends[0].0.system());
    figures.whole(
        format!("{name}.{}", circuit.size.unit()),
        circuit.size.count(),
        Unit::Count,
    )?;
    let mut verify = Samples::default();
    for (backend, threads) in backends {
        let prove_once = || {
            backend
                .prove(id, &sample.claim, &sample.witness)
                .context("the sample cannot be proved")
        };
        // Page in the keys and start the threads before anything is measured.
        let envelope = prove_once()?;
        if threads == 1 {
            figures.whole(
                format!("{name}.proof_bytes"),
                envelope.proof.0.len(),
                Unit::Bytes,
            )?;
        }
        let mut prove = Samples::default();
        let bar = progress(&format!("{name}, threads: {threads}"), rounds)?;
        for _ in 0..rounds {
            let envelope = prove.time(prove_once)?;
            let verdict = verify.time(|| Ok(backend.verify(&envelope)?))?;
            ensure!(verdict == Verdict::Valid, "a proof did not verify");
            bar.inc(1);
        }
        bar.finish();
        figures.ms(
            format!("{name}.prove_ms_p50_threads_{threads}"),
            prove.percentile_ms(50)?,
        )?;
    }
    figures.ms(format!("{name}.verify_ms_p50"), verify.percentile_ms(50)?)
}
