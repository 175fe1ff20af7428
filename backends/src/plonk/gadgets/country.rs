//! The table of the allowed countries has a 1 at the country's two letters.
//!
//! The whole set is public: a row of 26 bits per first letter, 26 numbers below 2²⁶ by type. One row of the circuit for each
//! letter of the alphabet, and one more for the sums; i is the row, a prime the next one:
//!
//! | cell | meaning | gate |
//! | --- | --- | --- |
//! | first | the first letter is i | first·(first − 1) = 0 |
//! | second | the second letter is i | second·(second − 1) = 0 |
//! | firsts, seconds | how many there were above | firsts′ = firsts + first, and likewise |
//! | code | 256·65 + 65 and what the letters above add | code′ = code + i·(256·first + second) |
//! | row | the public row of i | |
//! | picked | the row of the first letter | picked′ = picked + first·row |
//! | rest | the picked row without the bits above | bit = rest − 2·rest′, bit·(bit − 1) = 0 |
//! | allowed | the bit of the second letter | allowed′ = allowed + second·bit |
//!
//! The sums begin at zero. At the end firsts, seconds and allowed are 1, rest is 0, and picked is the rest that it began with. 26 bits
//! whose sum is 1 have one that is set: so each letter is one. 26 bits below a zero rest are the picked number's only ones.
//! The code that comes out *is* the cell that is hashed: a code that is not two letters, or none at all (2¹²⁸), has no rows.

use halo2_proofs::circuit::{Layouter, Region, Value};
use halo2_proofs::plonk::{
    Advice, Column, ConstraintSystem, Constraints, Error, Expression, Fixed, Selector,
};
use halo2_proofs::poly::Rotation;
use pasta_curves::pallas::Base;
use zapiki_core::statements::resident_of::LETTERS;

use crate::plonk::config::Number;

/// What a first letter counts for in a country's code.
const FIRST: u64 = 1 << 8;
/// The code of two letters A.
const CODE_OF_AA: u64 = (b'A' as u64) * FIRST + b'A' as u64;

/// Columns and gate.
#[derive(Debug, Clone)]
pub(crate) struct CountryConfig {
    selector: Selector,
    /// i.
    letter: Column<Fixed>,
    first: Column<Advice>,
    row: Column<Advice>,
    firsts: Column<Advice>,
    code: Column<Advice>,
    picked: Column<Advice>,
    second: Column<Advice>,
    seconds: Column<Advice>,
    rest: Column<Advice>,
    allowed: Column<Advice>,
}

impl CountryConfig {
    pub(crate) fn configure(
        meta: &mut ConstraintSystem<Base>,
        advices: [Column<Advice>; 10],
        letter: Column<Fixed>,
    ) -> Self {
        let [
            first,
            row,
            firsts,
            code,
            picked,
            second,
            seconds,
            rest,
            allowed,
            _,
        ] = advices;
        let config = Self {
            selector: meta.selector(),
            letter,
            first,
            row,
            firsts,
            code,
            picked,
            second,
            seconds,
            rest,
            allowed,
        };
        meta.create_gate("country", |meta| {
            let selector = meta.query_selector(config.selector);
            let letter = meta.query_fixed(letter);
            let mut now = |column| meta.query_advice(column, Rotation::cur());
            let (first, second, row) = (now(first), now(second), now(row));
            let sums = [firsts, seconds, code, picked, allowed].map(&mut now);
            let rest_now = now(rest);
            let mut next = |column| meta.query_advice(column, Rotation::next());
            let sums_next = [firsts, seconds, code, picked, allowed].map(&mut next);
            let bit = rest_now - next(rest) * Base::from(2);

            let is_bit = |x: &Expression<Base>| x.clone() * (x.clone() - one());
            let added = [
                first.clone(),
                second.clone(),
                letter * (first.clone() * Base::from(FIRST) + second.clone()),
                first.clone() * row,
                second.clone() * bit.clone(),
            ];
            let names = ["firsts", "seconds", "code", "picked", "allowed"];
            let bits = [
                ("first", is_bit(&first)),
                ("second", is_bit(&second)),
                ("bit", is_bit(&bit)),
            ];
            let sums = names
                .into_iter()
                .zip(sums.into_iter().zip(sums_next).zip(added))
                .map(|(name, ((sum, next), added))| (name, sum + added - next));
            Constraints::with_selector(selector, bits.into_iter().chain(sums).collect::<Vec<_>>())
        });
        config
    }

    /// Demands that the table allows the country of this code, and gives the code's cell.
    pub(crate) fn assign(
        &self,
        mut layouter: impl Layouter<Base>,
        table: &[Number; LETTERS],
        letters: Value<[usize; 2]>,
    ) -> Result<Number, Error> {
        layouter.assign_region(
            || "country",
            |mut region| {
                let rows: Value<Vec<Base>> = table.iter().map(|row| row.value().copied()).collect();
                let mut sums = rows
                    .zip(letters)
                    .map(|(rows, letters)| Sums::new(&rows, letters));
                let start = self.assign_sums(&mut region, 0, &sums, true)?;
                let mut end = start.clone();
                for (i, row) in table.iter().enumerate() {
                    self.selector.enable(&mut region, i)?;
                    let letter = Base::from(i as u64);
                    region.assign_fixed(|| "letter", self.letter, i, || Value::known(letter))?;
                    row.copy_advice(|| "row", &mut region, self.row, i)?;
                    let is = |letter: usize| Base::from(u64::from(letter == i));
                    let first = letters.map(|[first, _]| is(first));
                    let second = letters.map(|[_, second]| is(second));
                    region.assign_advice(|| "first", self.first, i, || first)?;
                    region.assign_advice(|| "second", self.second, i, || second)?;
                    let row = row.value().copied();
                    sums = sums.zip(first.zip(second).zip(row)).map(
                        |(sums, ((first, second), row))| sums.next(letter, first, second, row),
                    );
                    end = self.assign_sums(&mut region, i + 1, &sums, false)?;
                }
                for (cell, value) in [
                    (&end.firsts, Base::one()),
                    (&end.seconds, Base::one()),
                    (&end.allowed, Base::one()),
                    (&end.rest, Base::zero()),
                ] {
                    region.constrain_constant(cell.cell(), value)?;
                }
                region.constrain_equal(end.picked.cell(), start.rest.cell())?;
                Ok(end.code)
            },
        )
    }

    fn assign_sums(
        &self,
        region: &mut Region<'_, Base>,
        at: usize,
        sums: &Value<Sums>,
        is_start: bool,
    ) -> Result<SumCells, Error> {
        let mut cell = |name, column, start: u64, value: fn(&Sums) -> Base| {
            if is_start {
                region.assign_advice_from_constant(|| name, column, at, Base::from(start))
            } else {
                region.assign_advice(|| name, column, at, || sums.as_ref().map(value))
            }
        };
        Ok(SumCells {
            firsts: cell("firsts", self.firsts, 0, |sums| sums.firsts)?,
            seconds: cell("seconds", self.seconds, 0, |sums| sums.seconds)?,
            code: cell("code", self.code, CODE_OF_AA, |sums| sums.code)?,
            picked: cell("picked", self.picked, 0, |sums| sums.picked)?,
            allowed: cell("allowed", self.allowed, 0, |sums| sums.allowed)?,
            rest: region.assign_advice(
                || "rest",
                self.rest,
                at,
                || sums.as_ref().map(|sums| Base::from(sums.rest)),
            )?,
        })
    }
}

fn one() -> Expression<Base> {
    Expression::Constant(Base::one())
}

/// The running cells of one row.
#[derive(Clone)]
struct SumCells {
    firsts: Number,
    seconds: Number,
    code: Number,
    picked: Number,
    allowed: Number,
    rest: Number,
}

/// The values of a row's running cells.
#[derive(Clone, Copy)]
struct Sums {
    firsts: Base,
    seconds: Base,
    code: Base,
    picked: Base,
    allowed: Base,
    rest: u64,
}

impl Sums {
    fn new(rows: &[Base], [first, _]: [usize; 2]) -> Self {
        Self {
            firsts: Base::zero(),
            seconds: Base::zero(),
            code: Base::from(CODE_OF_AA),
            picked: Base::zero(),
            allowed: Base::zero(),
            // Rows are below 2²⁶.
            rest: rows.get(first).map_or(0, low_bits),
        }
    }

    fn next(self, letter: Base, first: Base, second: Base, row: Base) -> Self {
        Self {
            firsts: self.firsts + first,
            seconds: self.seconds + second,
            code: self.code + letter * (first * Base::from(FIRST) + second),
            picked: self.picked + first * row,
            allowed: self.allowed + second * Base::from(self.rest & 1),
            rest: self.rest >> 1,
        }
    }
}

/// The lowest 64 bits of a number.
fn low_bits(number: &Base) -> u64 {
    use ff::PrimeField as _;
    let mut low = [0; 8];
    low.copy_from_slice(&number.to_repr()[..8]);
    u64::from_le_bytes(low)
}

/// The two letters of a country's code, each as its place in the alphabet. Of an absent or wrong code whatever comes: the signature will
/// not fit.
pub(crate) fn letters_of(code: &Base) -> [usize; 2] {
    let [second, first, ..] = low_bits(code).to_le_bytes();
    [first, second].map(|letter| usize::from(letter.wrapping_sub(b'A')) % LETTERS)
}
