//! `zapiki bench growth`: what a proof costs by how much it says, and by how long the list is that it is about.

use std::num::NonZeroUsize;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use zapiki_backends::groth16::{self, Groth16Backend};
use zapiki_backends::{ProofBackend as _, Verdict};
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::SuiteId;

use super::BenchArgs;
use super::harness::{Figures, Samples, Unit, progress};
use crate::sample::{Person, Sample, tree_around_holder};

const THREADS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// What is said, in the order in which it is added. A compound statement says each kind of thing once, and has one bound or
/// two on an income: these are all there are.
const STATEMENTS: [StatementKind; 5] = [
    StatementKind::AgeOver,
    StatementKind::ResidentOf,
    StatementKind::IncomeAtLeast,
    StatementKind::NotSanctioned,
    StatementKind::NotRevoked,
];

/// Options of `bench growth`.
#[derive(Debug, Args)]
pub(crate) struct GrowthArgs {
    #[command(flatten)]
    bench: BenchArgs,
    /// How many values the lists have
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000, 1_000_000], value_parser = clap::value_parser!(u64).range(2..=4_000_000))]
    values: Vec<u64>,
}

/// Measures and publishes.
pub(crate) fn run(args: &GrowthArgs) -> Result<()> {
    let rounds = args.bench.rounds as usize;
    let mut figures = Figures::default();
    let backend = Groth16Backend::new(groth16::setup()?, THREADS)?;
    for count in 1..=STATEMENTS.len() {
        together(&backend, &STATEMENTS[..count], rounds, &mut figures)?;
    }
    for &values in &args.values {
        by_list(&backend, values, rounds, &mut figures)?;
    }
    figures.publish(args.bench.json.as_deref())
}

fn prove(backend: &Groth16Backend, sample: &Sample) -> Result<()> {
    let kind = sample.claim.statement.kind();
    let mut circuits = backend.circuits().iter();
    let circuit = circuits.find(|circuit| circuit.id.statement == kind);
    let circuit = circuit.context("no circuit for this statement")?.id;
    let envelope = backend.prove(circuit, &sample.claim, &sample.witness)?;
    ensure!(
        backend.verify(&envelope)? == Verdict::Valid,
        "a proof did not verify"
    );
    Ok(())
}

/// Several statements in one proof, and each in one of its own, in turns.
fn together(
    backend: &Groth16Backend,
    kinds: &[StatementKind],
    rounds: usize,
    figures: &mut Figures,
) -> Result<()> {
    let tree = tree_around_holder(2)?;
    let person = Person::new(&tree)?;
    let suite = SuiteId::BjjPoseidonBn254;
    let one = person.sample(kinds, suite)?;
    let each = kinds
        .iter()
        .map(|kind| person.sample(&[*kind], suite))
        .collect::<Result<Vec<_>>>()?;
    let count = kinds.len();
    let (mut together, mut apart) = (Samples::default(), Samples::default());
    let all_apart = || each.iter().try_for_each(|sample| prove(backend, sample));
    // The keys are prepared before anything is measured.
    prove(backend, &one)?;
    all_apart()?;
    let bar = progress(&format!("statements: {count}"), rounds)?;
    for _ in 0..rounds {
        together.time(|| prove(backend, &one))?;
        apart.time(all_apart)?;
        bar.inc(1);
    }
    bar.finish();
    let (together, apart) = (together.percentile_ms(50)?, apart.percentile_ms(50)?);
    let name = format!("growth.statements_{count}");
    figures.ms(format!("{name}.in_one_proof_ms_p50"), together)?;
    figures.ms(format!("{name}.in_proofs_of_their_own_ms_p50"), apart)?;
    figures.ratio(format!("{name}.one_over_own"), together / apart)
}

/// Absence from a list of so many values: its tree, the path in it, the proof.
fn by_list(
    backend: &Groth16Backend,
    values: u64,
    rounds: usize,
    figures: &mut Figures,
) -> Result<()> {
    let name = format!("growth.list_{values}");
    let mut building = Samples::default();
    let tree = building.time(|| tree_around_holder(values))?;
    let person = Person::new(&tree)?;
    let of_list = [StatementKind::NotSanctioned];
    let (mut looking_up, mut proving) = (Samples::default(), Samples::default());
    let bar = progress(&format!("a list of {values}"), rounds)?;
    for _ in 0..rounds {
        // With the signature of a credential and of a root.
        let sample = looking_up.time(|| person.sample(&of_list, SuiteId::BjjPoseidonBn254))?;
        proving.time(|| prove(backend, &sample))?;
        bar.inc(1);
    }
    bar.finish();
    figures.whole(format!("{name}.values"), tree.len(), Unit::Count)?;
    figures.ms(format!("{name}.tree_ms"), building.percentile_ms(50)?)?;
    figures.ms(
        format!("{name}.witness_ms_p50"),
        looking_up.percentile_ms(50)?,
    )?;
    figures.ms(
        format!("{name}.prove_ms_p50_threads_2"),
        proving.percentile_ms(50)?,
    )
}
