//! Columns and gates of the circuits.
//!
//! Ten advice columns, as the curve gadget wants them; the hash shares four of them, comparisons and the table of countries what is
//! left. One instance column. Eight fixed columns that the curve gadget asks for, of which the hash takes six for its round
//! constants, one holds the constants, and one the places of letters. One column with the table of all integers below 2¹⁰.
//!
//! The curve gadget brings the gates of fixed-base multiplication with it. No row of these circuits enables them: the one fixed base,
//! the generator, is multiplied as any other point.

use halo2_gadgets::ecc::CircuitVersion;
use halo2_gadgets::ecc::chip::{
    BaseFieldElem, EccChip, EccConfig, FixedPoint, FullScalar, H, ShortScalar,
};
use halo2_gadgets::poseidon::primitives::P128Pow5T3;
use halo2_gadgets::poseidon::{Pow5Chip, Pow5Config};
use halo2_gadgets::utilities::lookup_range_check::{
    LookupRangeCheck as _, PallasLookupRangeCheckConfig,
};
use halo2_proofs::circuit::{AssignedCell, Layouter, Value};
use halo2_proofs::plonk::{Advice, Column, ConstraintSystem, Error, Fixed, Instance, TableColumn};
use pasta_curves::pallas::{Affine, Base};

use super::gadgets::country::CountryConfig;
use super::gadgets::difference::DifferenceConfig;

/// A cell with its value, if there is one.
pub(crate) type Number = AssignedCell<Base, Base>;

/// What the curve gadget wants.
pub(crate) const ADVICE_COLUMNS: usize = 10;
/// The public inputs.
pub(crate) const INSTANCE_COLUMNS: usize = 1;

/// Bits of a word that the table holds.
pub(crate) const WORD_BITS: usize = 10;

/// Columns and gates.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) advices: [Column<Advice>; ADVICE_COLUMNS],
    pub(crate) instance: Column<Instance>,
    /// Where the constants are.
    pub(crate) constants: Column<Fixed>,
    table: TableColumn,
    pub(crate) words: PallasLookupRangeCheckConfig,
    ecc: EccConfig<NoFixedBases>,
    pub(crate) poseidon: Pow5Config<Base, 3, 2>,
    pub(crate) difference: DifferenceConfig,
    /// Of circuits with a table of countries.
    pub(crate) country: Option<CountryConfig>,
}

impl Config {
    pub(crate) fn configure(meta: &mut ConstraintSystem<Base>, with_countries: bool) -> Self {
        let advices: [_; ADVICE_COLUMNS] = std::array::from_fn(|_| meta.advice_column());
        let instance = meta.instance_column();
        meta.enable_equality(instance);
        for column in advices {
            meta.enable_equality(column);
        }
        let fixed: [_; 8] = std::array::from_fn(|_| meta.fixed_column());
        let [constants, letters, a0, a1, a2, b0, b1, b2] = fixed;
        meta.enable_constant(constants);

        let table = meta.lookup_table_column();
        let words = PallasLookupRangeCheckConfig::configure(meta, advices[9], table);
        let ecc = EccChip::<NoFixedBases>::configure(meta, advices, fixed, words);
        let poseidon = Pow5Chip::configure::<P128Pow5T3>(
            meta,
            [advices[6], advices[7], advices[8]],
            advices[5],
            [a0, a1, a2],
            [b0, b1, b2],
        );
        let difference = DifferenceConfig::configure(meta, [advices[0], advices[1], advices[2]]);
        let country = with_countries.then(|| CountryConfig::configure(meta, advices, letters));
        Self {
            advices,
            instance,
            constants,
            table,
            words,
            ecc,
            poseidon,
            difference,
            country,
        }
    }

    /// The curve gadget. It must anchor the base of a multiplication to the point that is to be multiplied: earlier releases of
    /// the library left it free.
    pub(crate) fn curve(&self) -> EccChip<NoFixedBases> {
        EccChip::construct(self.ecc.clone(), CircuitVersion::AnchoredBase)
    }

    /// Fills the table of words.
    pub(crate) fn load_table(&self, mut layouter: impl Layouter<Base>) -> Result<(), Error> {
        layouter.assign_table(
            || "words",
            |mut table| {
                for word in 0..1usize << WORD_BITS {
                    let value = Value::known(Base::from(word as u64));
                    table.assign_cell(|| "word", self.table, word, || value)?;
                }
                Ok(())
            },
        )
    }
}

/// The curve gadget wants to know the bases that it multiplies by tables. There are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoFixedBases {}

impl halo2_gadgets::ecc::FixedPoints<Affine> for NoFixedBases {
    type FullScalar = NoFullScalar;
    type ShortScalar = NoShortScalar;
    type Base = NoBaseFieldElem;
}

macro_rules! no_base {
    ($name:ident, $kind:ty) => {
        /// No base of this kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) enum $name {}

        impl FixedPoint<Affine> for $name {
            type FixedScalarKind = $kind;

            fn generator(&self) -> Affine {
                match *self {}
            }

            fn u(&self) -> Vec<[[u8; 32]; H]> {
                match *self {}
            }

            fn z(&self) -> Vec<u64> {
                match *self {}
            }
        }
    };
}

no_base!(NoFullScalar, FullScalar);
no_base!(NoShortScalar, ShortScalar);
no_base!(NoBaseFieldElem, BaseFieldElem);
