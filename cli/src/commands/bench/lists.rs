//! `zapiki bench lists`: how long a sanctions list takes from its file to its root, in this process.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use clap::Args;
use zapiki_activities::lists::{ListFormat, parse};
use zapiki_core::gap_tree::GapTree;

use super::BenchArgs;
use super::harness::{Figures, Samples, Unit, progress};

/// Options of `bench lists`.
#[derive(Debug, Args)]
pub(crate) struct ListsArgs {
    #[command(flatten)]
    bench: BenchArgs,
    /// How many persons the made-up lists have
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1_000, 20_000], value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    persons: Vec<u32>,
}

/// Measures and publishes.
pub(crate) fn run(args: &ListsArgs) -> Result<()> {
    let mut figures = Figures::default();
    for &persons in &args.persons {
        measure(persons, args.bench.rounds as usize, &mut figures)?;
    }
    figures.publish(args.bench.json.as_deref())
}

fn measure(persons: u32, rounds: usize, figures: &mut Figures) -> Result<()> {
    let files = [table(persons)?.into_bytes()];
    let (mut reading, mut building) = (Samples::default(), Samples::default());
    let bar = progress(&format!("a list of {persons} persons"), rounds)?;
    let mut keys = 0;
    for _ in 0..rounds {
        let list = reading.time(|| Ok(parse(ListFormat::Csv, &files)?))?;
        keys = list.keys.len();
        // A document; a day and its year under each of two names.
        ensure!(keys == 5 * persons as usize, "the list lacks keys");
        building.time(|| Ok(GapTree::new(list.keys.iter().map(|key| key.to_field()))?))?;
        bar.inc(1);
    }
    bar.finish();
    figures.whole(format!("lists.{persons}.keys"), keys, Unit::Count)?;
    figures.whole(
        format!("lists.{persons}.source_bytes"),
        files[0].len(),
        Unit::Bytes,
    )?;
    figures.ms(
        format!("lists.{persons}.read_ms_p50"),
        reading.percentile_ms(50)?,
    )?;
    figures.ms(
        format!("lists.{persons}.tree_ms_p50"),
        building.percentile_ms(50)?,
    )
}

/// A list of made-up persons, no two alike.
fn table(persons: u32) -> Result<String> {
    let mut table = "name,aliases,birth_date,document_number,document_country\n".to_owned();
    for person in 0..persons {
        let (year, month, day) = (1940 + person % 60, 1 + person % 12, 1 + person % 28);
        writeln!(
            table,
            "\"SPECIMEN X{person}, José María\",Placeholder Y{person},{year}-{month:02}-{day:02},D-{person:08},ES"
        )?;
    }
    Ok(table)
}
