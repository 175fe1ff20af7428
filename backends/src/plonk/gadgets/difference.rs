//! a − b, one row.

use halo2_proofs::circuit::Layouter;
use halo2_proofs::plonk::{Advice, Column, ConstraintSystem, Constraints, Error, Selector};
use halo2_proofs::poly::Rotation;
use pasta_curves::pallas::Base;

use crate::plonk::config::Number;

/// Columns and gate.
#[derive(Debug, Clone)]
pub(crate) struct DifferenceConfig {
    selector: Selector,
    columns: [Column<Advice>; 3],
}

impl DifferenceConfig {
    pub(crate) fn configure(
        meta: &mut ConstraintSystem<Base>,
        columns: [Column<Advice>; 3],
    ) -> Self {
        let selector = meta.selector();
        meta.create_gate("difference", |meta| {
            let [a, b, difference] = columns.map(|c| meta.query_advice(c, Rotation::cur()));
            let selector = meta.query_selector(selector);
            Constraints::with_selector(selector, [("a - b", a - b - difference)])
        });
        Self { selector, columns }
    }

    /// The cell of a − b.
    pub(crate) fn assign(
        &self,
        mut layouter: impl Layouter<Base>,
        a: &Number,
        b: &Number,
    ) -> Result<Number, Error> {
        layouter.assign_region(
            || "difference",
            |mut region| {
                self.selector.enable(&mut region, 0)?;
                a.copy_advice(|| "a", &mut region, self.columns[0], 0)?;
                b.copy_advice(|| "b", &mut region, self.columns[1], 0)?;
                let difference = a.value().zip(b.value()).map(|(a, b)| a - b);
                region.assign_advice(|| "a - b", self.columns[2], 0, || difference)
            },
        )
    }
}
