//! `zapiki bench prove`: the provers alone, in this process, with keys made on the spot.
//!
//! A prover is measured on one thread and on two, and arkworks' own Groth16 prover beside ours, in turns: what slows the
//! machine down slows both, and their ratio stays.

use std::num::NonZeroUsize;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use zapiki_backends::groth16::{self, CircuitKeys, Groth16Backend};
use zapiki_backends::plonk::PlonkBackend;
use zapiki_backends::stark::StarkBackend;
use zapiki_backends::{CircuitInfo, ProofBackend, Verdict};
use zapiki_core::circuit::CircuitId;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::SuiteId;

use super::BenchArgs;
use super::harness::{Figures, Samples, Unit, progress};
use crate::sample::Sample;

/// How many proofs are checked together.
const BATCH: usize = 64;

const ONE_THREAD: NonZeroUsize = NonZeroUsize::MIN;
const TWO_THREADS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// Options of `bench prove`.
#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    /// Measure this statement alone
    #[arg(long, value_name = "STATEMENT")]
    statement: Option<StatementKind>,
    #[command(flatten)]
    bench: BenchArgs,
}

/// One proof system, on one thread and on two.
struct System<'a> {
    backends: [&'a dyn ProofBackend; 2],
    /// The size of a circuit's proving key, where there is one.
    proving_key_bytes: &'a dyn Fn(CircuitId) -> Option<usize>,
}

/// Measures and publishes.
pub(crate) fn run(args: &ProveArgs) -> Result<()> {
    let rounds = args.bench.rounds as usize;
    let mut figures = Figures::default();
    let is_wanted = |kind| args.statement.is_none_or(|wanted| wanted == kind);

    let mut keys = groth16::setup()?;
    keys.retain(|keys| is_wanted(keys.document.circuit.statement));
    let one = Groth16Backend::new(keys.clone(), ONE_THREAD)?;
    let mut start = Samples::default();
    let two = start.time(|| Ok(Groth16Backend::new(keys.clone(), TWO_THREADS)?))?;
    figures.ms("groth16.start_ms_threads_2", start.percentile_ms(50)?)?;
    let stark = [
        StarkBackend::new(ONE_THREAD)?,
        StarkBackend::new(TWO_THREADS)?,
    ];
    let plonk = [
        PlonkBackend::new(ONE_THREAD)?,
        PlonkBackend::new(TWO_THREADS)?,
    ];
    // A new proof system is an entry here.
    let systems = [
        System {
            backends: [&one, &two],
            proving_key_bytes: &|circuit| proving_key_bytes(&keys, circuit),
        },
        System {
            backends: [&stark[0], &stark[1]],
            proving_key_bytes: &|_| None,
        },
        System {
            backends: [&plonk[0], &plonk[1]],
            proving_key_bytes: &|circuit| plonk[0].proving_key_bytes(circuit),
        },
    ];

    for system in &systems {
        for circuit in system.backends[0].circuits() {
            if !is_wanted(circuit.id.statement) {
                continue;
            }
            let sample = Sample::new(circuit.id.statement, circuit.suite)?;
            measure(system, circuit, &sample, rounds, &mut figures)?;
        }
    }
    for circuit in two.circuits() {
        if let Some(bytes) = two.prepared_key_bytes(circuit.id) {
            let key = format!("{}.groth16.prepared_key_bytes", circuit.id.statement);
            figures.whole(key, bytes, Unit::Bytes)?;
        }
    }
    if is_wanted(StatementKind::AgeOver) {
        let sample = Sample::new(StatementKind::AgeOver, SuiteId::BjjPoseidonBn254)?;
        let stock = Groth16Backend::with_stock_prover(keys, TWO_THREADS)?;
        measure_against_stock([&two, &stock], &sample, rounds, &mut figures)?;
        measure_batch(&one, &sample, rounds, &mut figures)?;
    }
    figures.publish(args.bench.json.as_deref())
}

fn proving_key_bytes(keys: &[CircuitKeys], circuit: CircuitId) -> Option<usize> {
    let keys = keys.iter().find(|keys| keys.document.circuit == circuit)?;
    Some(keys.proving_key.as_ref()?.len())
}

fn circuit_of(backend: &dyn ProofBackend, sample: &Sample) -> Result<CircuitId> {
    let kind = sample.claim.statement.kind();
    let mut circuits = backend.circuits().iter();
    let circuit = circuits.find(|circuit| circuit.id.statement == kind);
    Ok(circuit.context("no circuit has keys")?.id)
}

fn prove(backend: &dyn ProofBackend, circuit: CircuitId, sample: &Sample) -> Result<ProofEnvelope> {
    backend
        .prove(circuit, &sample.claim, &sample.witness)
        .context("the sample cannot be proved")
}

fn measure(
    system: &System<'_>,
    circuit: &CircuitInfo,
    sample: &Sample,
    rounds: usize,
    figures: &mut Figures,
) -> Result<()> {
    let id = circuit.id;
    let name = format!("{}.{}", id.statement, system.backends[0].system());
    figures.whole(
        format!("{name}.{}", circuit.size.unit()),
        circuit.size.count(),
        Unit::Count,
    )?;
    let mut verify = Samples::default();
    for (backend, threads) in system.backends.into_iter().zip(1..) {
        // Page in the keys and start the threads before anything is measured.
        let envelope = prove(backend, id, sample)?;
        if threads == 1 {
            figures.whole(
                format!("{name}.proof_bytes"),
                envelope.proof.0.len(),
                Unit::Bytes,
            )?;
        }
        let mut times = Samples::default();
        let bar = progress(&format!("{name}, threads: {threads}"), rounds)?;
        for _ in 0..rounds {
            let envelope = times.time(|| prove(backend, id, sample))?;
            let verdict = verify.time(|| Ok(backend.verify(&envelope)?))?;
            ensure!(verdict == Verdict::Valid, "a proof did not verify");
            bar.inc(1);
        }
        bar.finish();
        figures.ms(
            format!("{name}.prove_ms_p50_threads_{threads}"),
            times.percentile_ms(50)?,
        )?;
    }
    figures.ms(format!("{name}.verify_ms_p50"), verify.percentile_ms(50)?)?;
    if let Some(bytes) = (system.proving_key_bytes)(id) {
        figures.whole(format!("{name}.proving_key_bytes"), bytes, Unit::Bytes)?;
    }
    Ok(())
}

/// Our prover and arkworks' in turns, each with witness generation and the check of its own proof.
fn measure_against_stock(
    backends: [&Groth16Backend; 2],
    sample: &Sample,
    rounds: usize,
    figures: &mut Figures,
) -> Result<()> {
    let circuit = circuit_of(backends[0], sample)?;
    let name = format!("{}.{}", circuit.statement, backends[0].system());
    let mut times = [Samples::default(), Samples::default()];
    let bar = progress("our prover and arkworks' in turns", rounds)?;
    for backend in backends {
        prove(backend, circuit, sample)?;
    }
    for _ in 0..rounds {
        for (backend, times) in backends.into_iter().zip(&mut times) {
            times.time(|| prove(backend, circuit, sample))?;
        }
        bar.inc(1);
    }
    bar.finish();
    let [ours, stock] = times;
    let (ours, stock) = (ours.percentile_ms(50)?, stock.percentile_ms(50)?);
    figures.ms(format!("{name}.stock_prove_ms_p50_threads_2"), stock)?;
    figures.ratio(format!("{name}.speedup_vs_stock"), stock / ours)?;
    Ok(())
}

/// Checks proofs of one circuit together, on one thread as the API does.
fn measure_batch(
    backend: &Groth16Backend,
    sample: &Sample,
    rounds: usize,
    figures: &mut Figures,
) -> Result<()> {
    let envelope = prove(backend, circuit_of(backend, sample)?, sample)?;
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
