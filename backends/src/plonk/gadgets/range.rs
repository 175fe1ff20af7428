//! Comparisons: a ≤ b as 0 ≤ b − a < 2ⁿ, in words of ten bits that a table holds.
//!
//! With both sides below 2ⁿ a negative difference is p less at most 2ⁿ, far above the range.

use halo2_gadgets::utilities::lookup_range_check::LookupRangeCheck as _;
use halo2_proofs::circuit::Layouter;
use halo2_proofs::plonk::Error;
use pasta_curves::pallas::Base;
use zapiki_core::day::DAY_BITS;
use zapiki_core::statements::income::AMOUNT_BITS;

use crate::plonk::config::{Config, Number, WORD_BITS};

/// Words of a day number, and none over.
const DAY_WORDS: usize = DAY_BITS / WORD_BITS;
const _: () = assert!(DAY_WORDS * WORD_BITS == DAY_BITS);

/// Whole words of an amount, and the bits over.
const AMOUNT_WORDS: usize = AMOUNT_BITS / WORD_BITS;
const AMOUNT_REST_BITS: usize = AMOUNT_BITS - AMOUNT_WORDS * WORD_BITS;
const _: () = assert!(AMOUNT_REST_BITS > 0);

/// Demands a ≤ b of two day numbers.
pub(crate) fn enforce_days_in_order(
    config: &Config,
    mut layouter: impl Layouter<Base>,
    a: &Number,
    b: &Number,
) -> Result<(), Error> {
    let namespace = layouter.namespace(|| "");
    let difference = config.difference.assign(namespace, b, a)?;
    let namespace = layouter.namespace(|| "");
    config
        .words
        .copy_check(namespace, difference, DAY_WORDS, true)?;
    Ok(())
}

/// Demands a ≤ b of two amounts.
pub(crate) fn enforce_amounts_in_order(
    config: &Config,
    mut layouter: impl Layouter<Base>,
    a: &Number,
    b: &Number,
) -> Result<(), Error> {
    let namespace = layouter.namespace(|| "");
    let difference = config.difference.assign(namespace, b, a)?;
    let namespace = layouter.namespace(|| "");
    let sums = config
        .words
        .copy_check(namespace, difference, AMOUNT_WORDS, false)?;
    // What the words leave over is bound by nothing yet.
    let rest = sums.last().cloned().ok_or(Error::Synthesis)?;
    let namespace = layouter.namespace(|| "");
    config
        .words
        .copy_short_check(namespace, rest, AMOUNT_REST_BITS)
}
