//! A rank-1 constraint system that is built once and solved many times.
//!
//! One description of a circuit runs in two modes. [`Mode::Shape`] records every row `⟨a,z⟩·⟨b,z⟩ = ⟨c,z⟩`; setup and
//! the prover's matrices come from it. [`Mode::Solve`] computes values alone, with no linear combinations to allocate,
//! which is all that one proof needs. Both walk the same code, so a witness cannot be out of step with the rows.
//!
//! Nothing here checks that a witness satisfies the rows: solving a false claim gives a vector that fails them, which
//! is what the tests of each constraint live on.

use std::collections::BTreeMap;

use ark_bn254::Fr;
use ark_ff::{BigInteger, Field, One, PrimeField, Zero};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

/// A sum of variables with coefficients, ordered by variable, no coefficient zero. Variable 0 is the constant one, then
/// come the public inputs, then the witnesses: the order of arkworks' full assignment.
pub(crate) type Combination = Vec<(usize, Fr)>;

/// The room for values to begin with: that of the smallest circuits.
const VALUES_MIN: usize = 4096;

/// Whether rows are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Record rows.
    Shape,
    /// Compute values only.
    Solve,
}

/// A number in the circuit: its value and what it is made of.
#[derive(Clone)]
pub(crate) struct Num {
    value: Fr,
    terms: Terms,
}

/// What a number is made of. Whether it is a constant is the same in both modes, or they would not build the same rows.
#[derive(Clone)]
enum Terms {
    /// The same in every witness.
    Constant,
    /// Variables, which are not written down when values alone are computed.
    Unrecorded,
    /// These variables.
    Recorded(Combination),
}

impl Num {
    /// A number that every verifier knows.
    pub(crate) const fn constant(value: Fr) -> Self {
        Self {
            value,
            terms: Terms::Constant,
        }
    }

    /// Its value in this witness.
    pub(crate) const fn value(&self) -> Fr {
        self.value
    }

    const fn is_constant(&self) -> bool {
        matches!(self.terms, Terms::Constant)
    }

    /// The combination of variables that it stands for, when rows are recorded.
    fn combination(&self) -> Combination {
        match &self.terms {
            Terms::Constant if self.value.is_zero() => Vec::new(),
            Terms::Constant => vec![(0, self.value)],
            Terms::Unrecorded => Vec::new(),
            Terms::Recorded(terms) => terms.clone(),
        }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self::sum([(Fr::one(), self), (Fr::one(), other)])
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self::sum([(Fr::one(), self), (-Fr::one(), other)])
    }

    pub(crate) fn plus_constant(&self, constant: Fr) -> Self {
        self.plus(&Self::constant(constant))
    }

    pub(crate) fn times(&self, factor: Fr) -> Self {
        Self::sum([(factor, self)])
    }

    /// Σ factor·number. Costs no constraint.
    pub(crate) fn sum<'a>(parts: impl IntoIterator<Item = (Fr, &'a Self)>) -> Self {
        let mut value = Fr::zero();
        let mut constant = Fr::zero();
        let mut is_constant = true;
        let mut is_recorded = true;
        let mut merged = BTreeMap::<usize, Fr>::new();
        for (factor, number) in parts {
            let product = factor * number.value;
            value += product;
            match &number.terms {
                Terms::Constant => constant += product,
                Terms::Unrecorded => (is_constant, is_recorded) = (false, false),
                Terms::Recorded(terms) => {
                    is_constant = false;
                    for (variable, coefficient) in terms {
                        *merged.entry(*variable).or_default() += factor * coefficient;
                    }
                }
            }
        }
        let terms = if is_constant {
            Terms::Constant
        } else if is_recorded {
            *merged.entry(0).or_default() += constant;
            merged.retain(|_, coefficient| !coefficient.is_zero());
            Terms::Recorded(merged.into_iter().collect())
        } else {
            Terms::Unrecorded
        };
        Self { value, terms }
    }
}

/// One constraint: the product of the first two combinations is the third.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) a: Combination,
    pub(crate) b: Combination,
    pub(crate) c: Combination,
    /// Which part of the circuit asks for it.
    pub(crate) part: &'static str,
}

/// The circuit under construction.
pub(crate) struct Builder {
    mode: Mode,
    part: &'static str,
    /// Values of all variables: one, public inputs, witnesses.
    assignment: Values,
    /// Values of each row's a and b, when rows are not recorded.
    left: Values,
    right: Values,
    /// See [`Builder::foresee`]; and which of them is next.
    foreseen: Values,
    divisions: usize,
    public_inputs: usize,
    rows: Vec<Row>,
}

impl Builder {
    /// A circuit with these public inputs, and the numbers that stand for them.
    #[cfg(test)]
    pub(crate) fn new<const N: usize>(mode: Mode, public_inputs: &[Fr; N]) -> (Self, [Num; N]) {
        let mut builder = Self::empty(mode, N);
        let numbers = public_inputs.map(|value| builder.allocate(value));
        (builder, numbers)
    }

    /// As [`Self::new`], for a number of public inputs that only the circuit knows.
    pub(crate) fn over(mode: Mode, public_inputs: &[Fr]) -> (Self, Vec<Num>) {
        let mut builder = Self::empty(mode, public_inputs.len());
        let numbers = public_inputs
            .iter()
            .map(|value| builder.allocate(*value))
            .collect();
        (builder, numbers)
    }

    fn empty(mode: Mode, public_inputs: usize) -> Self {
        Self {
            mode,
            part: "",
            assignment: Values(vec![Fr::one()]),
            left: Values(Vec::new()),
            right: Values(Vec::new()),
            foreseen: Values(Vec::new()),
            divisions: 0,
            public_inputs,
            rows: Vec::new(),
        }
    }

    /// Names the part that the next rows belong to.
    pub(crate) fn part(&mut self, name: &'static str) {
        self.part = name;
    }

    /// A private variable. Whoever asks for one must constrain it.
    pub(crate) fn witness(&mut self, value: Fr) -> Num {
        self.allocate(value)
    }

    fn allocate(&mut self, value: Fr) -> Num {
        let terms = match self.mode {
            Mode::Shape => Terms::Recorded(vec![(self.assignment.0.len(), Fr::one())]),
            Mode::Solve => Terms::Unrecorded,
        };
        self.assignment.push(value);
        Num { value, terms }
    }

    /// Demands a·b = c.
    pub(crate) fn enforce(&mut self, a: &Num, b: &Num, c: &Num) {
        match self.mode {
            Mode::Shape => self.rows.push(Row {
                a: a.combination(),
                b: b.combination(),
                c: c.combination(),
                part: self.part,
            }),
            Mode::Solve => {
                self.left.push(a.value);
                self.right.push(b.value);
            }
        }
    }

    /// The product, as a new variable; no constraint if a factor is a constant.
    pub(crate) fn multiply(&mut self, a: &Num, b: &Num) -> Num {
        if a.is_constant() {
            return b.times(a.value);
        }
        if b.is_constant() {
            return a.times(b.value);
        }
        let product = self.witness(a.value * b.value);
        self.enforce(a, b, &product);
        product
    }

    /// Whether values alone are computed.
    pub(crate) fn is_solving(&self) -> bool {
        self.mode == Mode::Solve
    }

    /// Gives the inverses of what the next divisions divide by, in order: many together cost one inversion. A wrong one costs
    /// time and nothing else.
    pub(crate) fn foresee(&mut self, inverses: Vec<Fr>) {
        self.foreseen = Values(inverses);
        self.divisions = 0;
    }

    fn inverse(&mut self, divisor: Fr) -> Fr {
        let foreseen = self.foreseen.0.get(self.divisions).copied();
        self.divisions += 1;
        match foreseen {
            Some(inverse) if (inverse * divisor).is_one() => inverse,
            _ => divisor.inverse().unwrap_or_default(),
        }
    }

    /// The quotient, as a new variable. If the divisor is zero the row holds only if the dividend is zero too, and then
    /// the quotient is free: callers argue why the divisor is not zero.
    pub(crate) fn divide(&mut self, dividend: &Num, divisor: &Num) -> Num {
        let inverse = self.inverse(divisor.value);
        let quotient = self.witness(dividend.value * inverse);
        self.enforce(&quotient, divisor, dividend);
        quotient
    }

    /// Demands that the number is not zero, by showing its inverse.
    pub(crate) fn enforce_non_zero(&mut self, number: &Num) {
        let inverse = self.witness(number.value.inverse().unwrap_or_default());
        self.enforce(number, &inverse, &Num::constant(Fr::one()));
    }

    /// Demands that the number is 0 or 1.
    pub(crate) fn enforce_bit(&mut self, number: &Num) {
        let complement = number.minus(&Num::constant(Fr::one()));
        self.enforce(number, &complement, &Num::constant(Fr::zero()));
    }

    /// Demands that two numbers are equal.
    pub(crate) fn enforce_equal(&mut self, a: &Num, b: &Num) {
        self.enforce(a, &Num::constant(Fr::one()), b);
    }

    /// The values of one witness.
    pub(crate) fn into_solution(self) -> Solution {
        Solution {
            assignment: self.assignment,
            left: self.left,
            right: self.right,
        }
    }

    /// The values of all variables.
    #[cfg(test)]
    pub(crate) fn into_assignment(self) -> Values {
        self.assignment
    }

    /// The rows.
    pub(crate) fn into_shape(self) -> Shape {
        Shape {
            rows: self.rows,
            public_inputs: self.public_inputs,
            variables: self.assignment.0.len(),
        }
    }
}

/// What a circuit computes for one witness.
pub(crate) struct Solution {
    /// The values of all variables: one, public inputs, witnesses.
    pub(crate) assignment: Values,
    /// The values of each row's a.
    pub(crate) left: Values,
    /// The values of each row's b.
    pub(crate) right: Values,
}

/// Values of one proof. Private; wiped on drop.
pub(crate) struct Values(pub(crate) Vec<Fr>);

impl Values {
    /// Adds a value. Growing is done here and not by the vector, which would leave its old buffer behind unwiped.
    fn push(&mut self, value: Fr) {
        if self.0.len() == self.0.capacity() {
            let mut larger = Vec::with_capacity((2 * self.0.len()).max(VALUES_MIN));
            larger.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = larger;
        }
        self.0.push(value);
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        // Its spare room was never written.
        self.0.iter_mut().zeroize();
    }
}

/// What a circuit demands, without any values.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) rows: Vec<Row>,
    /// Without the constant one.
    pub(crate) public_inputs: usize,
    /// With the constant one and the public inputs.
    pub(crate) variables: usize,
}

impl Shape {
    /// Rows per part, in order of first appearance.
    pub(crate) fn parts(&self) -> Vec<(&'static str, usize)> {
        let mut parts: Vec<(&'static str, usize)> = Vec::new();
        for row in &self.rows {
            match parts.iter_mut().find(|(name, _)| *name == row.part) {
                Some((_, count)) => *count += 1,
                None => parts.push((row.part, 1)),
            }
        }
        parts
    }

    /// SHA-256 over all rows: names the relation that keys belong to.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"zapiki.r1cs.v1");
        let number = |n: usize| (n as u64).to_le_bytes();
        hash.update(number(self.public_inputs));
        hash.update(number(self.variables));
        hash.update(number(self.rows.len()));
        for combination in self.rows.iter().flat_map(|row| [&row.a, &row.b, &row.c]) {
            hash.update(number(combination.len()));
            for (variable, coefficient) in combination {
                hash.update(number(*variable));
                hash.update(coefficient.into_bigint().to_bytes_le());
            }
        }
        hash.finalize().into()
    }

    /// The matrices A, B, C as arkworks' prover takes them.
    pub(crate) fn matrices(&self) -> [Vec<Vec<(Fr, usize)>>; 3] {
        let matrix = |side: fn(&Row) -> &Combination| {
            self.rows
                .iter()
                .map(|row| {
                    side(row)
                        .iter()
                        .map(|(variable, factor)| (*factor, *variable))
                        .collect()
                })
                .collect()
        };
        [
            matrix(|row| &row.a),
            matrix(|row| &row.b),
            matrix(|row| &row.c),
        ]
    }
}

/// Replays a shape into arkworks' constraint system, for its key generator.
impl ConstraintSynthesizer<Fr> for &Shape {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut variables = vec![Variable::One];
        for index in 1..self.variables {
            // The generator never asks for a value.
            let missing = || Err(SynthesisError::AssignmentMissing);
            variables.push(if index <= self.public_inputs {
                cs.new_input_variable(missing)?
            } else {
                cs.new_witness_variable(missing)?
            });
        }
        let combination = |terms: &Combination| {
            LinearCombination(
                terms
                    .iter()
                    .map(|(index, factor)| (*factor, variables[*index]))
                    .collect(),
            )
        };
        for row in &self.rows {
            cs.enforce_r1cs_constraint(
                || combination(&row.a),
                || combination(&row.b),
                || combination(&row.c),
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
impl Row {
    /// Whether the values satisfy the row.
    pub(crate) fn holds(&self, assignment: &[Fr]) -> bool {
        let value = |terms: &Combination| -> Fr {
            terms
                .iter()
                .map(|(variable, factor)| assignment[*variable] * factor)
                .sum()
        };
        value(&self.a) * value(&self.b) == value(&self.c)
    }

    /// The variables that it mentions.
    pub(crate) fn variables(&self) -> impl Iterator<Item = usize> {
        [&self.a, &self.b, &self.c]
            .into_iter()
            .flatten()
            .map(|(variable, _)| *variable)
    }
}

#[cfg(test)]
impl Shape {
    /// Rows plus one per public input and one for the constant: what the FFT domain must hold.
    pub(crate) fn domain_rows(&self) -> usize {
        self.rows.len() + self.public_inputs + 1
    }

    /// The parts with a row that the values break, each once.
    pub(crate) fn broken_parts(&self, assignment: &[Fr]) -> Vec<&'static str> {
        let mut parts: Vec<_> = self
            .rows
            .iter()
            .filter(|row| !row.holds(assignment))
            .map(|row| row.part)
            .collect();
        parts.dedup();
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_fold_alike_in_both_modes() {
        for mode in [Mode::Shape, Mode::Solve] {
            let (mut builder, [x]) = Builder::new(mode, &[Fr::from(3u8)]);
            let five = Num::constant(Fr::from(5u8));
            let product = builder.multiply(&five, &five);
            let scaled = builder.multiply(&product, &x);
            assert_eq!(scaled.value(), Fr::from(75u8));
            assert_eq!(builder.assignment.0.len(), 2, "no variable was needed");
        }
    }

    #[test]
    fn the_digest_names_the_rows() {
        let shape = |factor: u8| {
            let (mut builder, [x]) = Builder::new(Mode::Shape, &[Fr::from(3u8)]);
            let _ = builder.multiply(&x, &x.times(Fr::from(factor)));
            builder.into_shape()
        };
        assert_eq!(shape(2).digest(), shape(2).digest());
        assert_ne!(shape(2).digest(), shape(3).digest());
    }

    #[test]
    fn zero_is_refused_where_it_must_not_be() {
        let (mut builder, [x]) = Builder::new(Mode::Shape, &[Fr::zero()]);
        builder.part("non-zero");
        builder.enforce_non_zero(&x);
        let values = builder.assignment.0.clone();
        let shape = builder.into_shape();
        // Whatever inverse a forger shows.
        for inverse in [values[2], Fr::one(), -Fr::one()] {
            assert_eq!(
                shape.broken_parts(&[Fr::one(), Fr::zero(), inverse]),
                ["non-zero"]
            );
        }
    }
}
