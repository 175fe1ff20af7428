//! The AIR: which tables are valid traces.
//!
//! A constraint is a polynomial in the cells of two rows that follow one another, times a selector that is one in the rows
//! where it must vanish and zero in all others. Values of single cells are assertions. The parts are in [`Part`], with the
//! soundness argument of each in `docs/circuits/stark.md`.
//!
//! The round of Rescue is constrained from both sides, as winterfell's own examples do: the first half of a round
//! computed from the row before, the second half undone from the row after, meet in the middle with degree 7 instead of
//! the inverse S-box's.

use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;
use winterfell::{
    Air, AirContext, Assertion, EvaluationFrame, ProofOptions, TraceInfo,
    TransitionConstraintDegree,
};
use zapiki_core::day::DAY_BITS;
use zapiki_core::suites::rescue_merkle::{
    Domain, LEAF_ELEMENTS, Place, RATE, SCHEMA_PERSON_V1, STATE_WIDTH,
};

use super::layout::{
    ABSORB_1, ABSORB_2, ARK1, ARK2, BOUND, BOUND_DIGITS, DAY_DIGITS, DIRECTION, FIRST, FROM,
    HOLD_SECRET, NULLIFIER_END, RATE_START, ROOT_ROW, ROUND, SECRET, START_COMMITMENT, START_LEAF,
    START_NODE, TRACE_LENGTH, UNTIL, column_of, digits_start, selectors,
};
use super::public::{Bound, PublicElements};
use super::rescue::{INVERSE_MDS, MDS, constants};

/// The width of an amount's range check, in bits: the digits hold an even number, and amounts are below 2⁵³.
pub(crate) const AMOUNT_BITS: usize = 54;

/// Constraints of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) constraints: usize,
    /// In the cells; a selector comes on top.
    pub(crate) degree: usize,
}

const fn part(name: &'static str, constraints: usize, degree: usize) -> Part {
    Part {
        name,
        constraints,
        degree,
    }
}

/// What every circuit has.
const COMMON: [Part; 12] = [
    part("round", STATE_WIDTH, 7),
    part("capacity", RATE_START, 1),
    part("secret: held", 4, 1),
    part("secret: nullifier", 4, 1),
    part("secret: commitment", RATE, 1),
    part("leaf: commitment", 4, 1),
    part("leaf: constants", 3, 1),
    part("path: direction", 1, 2),
    part("path: node", 4, 2),
    part("validity: digits", 2, 4),
    part("validity: from", 1, 1),
    part("validity: until", 1, 1),
];
const AGE_OVER: [Part; 2] = [part("birth date: digits", 1, 4), part("birth date", 1, 1)];
const INCOME_AT_LEAST: [Part; 3] = [
    part("income: digits", 1, 4),
    part("income: minimum", 1, 1),
    part("income: unit", 2, 1),
];

/// The parts of the circuit of a statement, in order.
pub(crate) fn parts(bound: Bound) -> Vec<Part> {
    let own: &[Part] = match bound {
        Bound::AgeOver { .. } => &AGE_OVER,
        Bound::IncomeAtLeast { .. } => &INCOME_AT_LEAST,
    };
    [&COMMON[..], own].concat()
}

/// The width of the statement's range check, in bits.
pub(crate) const fn bound_bits(bound: Bound) -> usize {
    match bound {
        Bound::AgeOver { .. } => DAY_BITS,
        Bound::IncomeAtLeast { .. } => AMOUNT_BITS,
    }
}

/// The AIR of one claim.
pub(crate) struct CredentialAir {
    context: AirContext<BaseElement>,
    public: PublicElements,
}

impl Air for CredentialAir {
    type BaseField = BaseElement;
    type PublicInputs = PublicElements;

    fn new(trace_info: TraceInfo, public: PublicElements, options: ProofOptions) -> Self {
        let degrees = parts(public.bound)
            .into_iter()
            .flat_map(|part| {
                let degree =
                    TransitionConstraintDegree::with_cycles(part.degree, vec![TRACE_LENGTH]);
                std::iter::repeat_n(degree, part.constraints)
            })
            .collect();
        let assertions = assertions(&public).len();
        Self {
            context: AirContext::new(trace_info, degrees, assertions, options),
            public,
        }
    }

    fn context(&self) -> &AirContext<BaseElement> {
        &self.context
    }

    fn evaluate_transition<E: FieldElement<BaseField = BaseElement>>(
        &self,
        frame: &EvaluationFrame<E>,
        periodic: &[E],
        result: &mut [E],
    ) {
        let (row, next) = (frame.current(), frame.next());
        evaluate(&self.public, row, next, periodic, result);
    }

    fn get_assertions(&self) -> Vec<Assertion<BaseElement>> {
        assertions(&self.public)
    }

    fn get_periodic_column_values(&self) -> Vec<Vec<BaseElement>> {
        let mut columns = selectors(bound_bits(self.public.bound));
        columns.extend(constants());
        columns
    }
}

/// What is public of the trace's cells, and where digits begin.
fn assertions(public: &PublicElements) -> Vec<Assertion<BaseElement>> {
    let cell = Assertion::single;
    let mut assertions = Vec::new();
    // The nullifier's sponge starts as its domain says.
    let capacity = [2 * 4, Domain::Nullifier as u64, 0, 0];
    for (i, value) in capacity.into_iter().enumerate() {
        assertions.push(cell(i, 0, BaseElement::new(value)));
    }
    for i in 0..4 {
        assertions.push(cell(RATE_START + 4 + i, 0, public.scope[i]));
        assertions.push(cell(RATE_START + i, NULLIFIER_END, public.nullifier[i]));
        assertions.push(cell(RATE_START + i, ROOT_ROW, public.root.root.0[i]));
    }
    let days = digits_start(DAY_BITS);
    let bound = digits_start(bound_bits(public.bound));
    for (column, row) in [(FROM, days), (UNTIL, days), (BOUND, bound)] {
        assertions.push(cell(column, row, BaseElement::ZERO));
    }
    assertions
}

/// Writes constraints one after another.
struct Sink<'a, E> {
    rest: std::slice::IterMut<'a, E>,
}

impl<E: FieldElement> Sink<'_, E> {
    fn demand_zero(&mut self, value: E) {
        if let Some(slot) = self.rest.next() {
            *slot = value;
        }
    }
}

/// The constraints, in the order of [`parts`].
pub(crate) fn evaluate<E: FieldElement<BaseField = BaseElement>>(
    public: &PublicElements,
    row: &[E],
    next: &[E],
    periodic: &[E],
    result: &mut [E],
) {
    let mut sink = Sink {
        rest: result.iter_mut(),
    };
    let on = |selector: usize| periodic[selector];
    let number = |n: u64| E::from(BaseElement::new(n));
    let rate = |i: usize| row[RATE_START + i];
    let next_rate = |i: usize| next[RATE_START + i];

    enforce_round(row, next, periodic, &mut sink);

    // Capacity: a new hash says what it is of, a further block carries it on.
    let absorb = on(ABSORB_1) + on(ABSORB_2);
    let starts = [
        (START_COMMITMENT, 4, Domain::HolderCommitment),
        (START_LEAF, LEAF_ELEMENTS as u64, Domain::Leaf),
        (START_NODE, RATE as u64, Domain::Node),
    ];
    for i in 0..RATE_START {
        let mut sum = absorb * (next[i] - row[i]);
        for (selector, inputs, domain) in starts {
            let initial = [inputs, domain as u64, 0, 0][i];
            sum += on(selector) * (next[i] - number(initial));
        }
        sink.demand_zero(sum);
    }

    // The secret is the same in nullifier and commitment.
    for i in 0..4 {
        sink.demand_zero(on(HOLD_SECRET) * (next[SECRET + i] - row[SECRET + i]));
    }
    for i in 0..4 {
        sink.demand_zero(on(FIRST) * (rate(i) - row[SECRET + i]));
    }
    for i in 0..RATE {
        let input = if i < 4 { next[SECRET + i] } else { E::ZERO };
        sink.demand_zero(on(START_COMMITMENT) * (next_rate(i) - input));
    }

    // The leaf begins with the commitment as computed. A block's inputs are what it adds to the rate.
    for i in 0..4 {
        sink.demand_zero(on(START_LEAF) * (next_rate(i) - rate(i)));
    }
    let input = |place: Place, offset: usize| {
        let column = column_of(place) + offset;
        next[column] - row[column]
    };
    let schema = input(Place::Schema, 0) - E::from(SCHEMA_PERSON_V1);
    sink.demand_zero(on(ABSORB_1) * schema);
    for offset in 0..2 {
        sink.demand_zero(on(ABSORB_2) * input(Place::Reserved, offset));
    }

    // A node's inputs: the node below on one side, anything on the other.
    let is_right = next[DIRECTION];
    sink.demand_zero(on(START_NODE) * is_right * (is_right - E::ONE));
    for i in 0..4 {
        let (left, right) = (next_rate(i), next_rate(4 + i));
        let chosen = left + is_right * (right - left);
        sink.demand_zero(on(START_NODE) * (chosen - rate(i)));
    }

    // Validity: both differences have ten digits.
    let as_of = E::from(public.as_of);
    for column in [FROM, UNTIL] {
        sink.demand_zero(on(DAY_DIGITS) * no_digit(row[column], next[column]));
    }
    let since = as_of - input(Place::IssuedAt, 0);
    sink.demand_zero(on(ABSORB_2) * (since - next[FROM]));
    let left = input(Place::ExpiresAt, 0) - as_of;
    sink.demand_zero(on(ABSORB_2) * (left - next[UNTIL]));

    // The statement: the difference to its bound has that many digits.
    sink.demand_zero(on(BOUND_DIGITS) * no_digit(row[BOUND], next[BOUND]));
    match public.bound {
        Bound::AgeOver { cutoff } => {
            let older = E::from(cutoff) - input(Place::BirthDate, 0);
            sink.demand_zero(on(ABSORB_2) * (older - next[BOUND]));
        }
        Bound::IncomeAtLeast {
            currency,
            period,
            minimum,
        } => {
            let more = input(Place::IncomeAmount, 0) - E::from(minimum);
            sink.demand_zero(on(ABSORB_2) * (more - next[BOUND]));
            let unit = input(Place::IncomeCurrency, 0) - E::from(currency);
            sink.demand_zero(on(ABSORB_2) * unit);
            let unit = input(Place::IncomePeriod, 0) - E::from(period);
            sink.demand_zero(on(ABSORB_2) * unit);
        }
    }
    debug_assert!(sink.rest.next().is_none());
}

/// Zero if the next number is this one with one more digit in base 4.
fn no_digit<E: FieldElement<BaseField = BaseElement>>(number: E, next: E) -> E {
    let digit = next - number.double().double();
    (0..4u32).fold(E::ONE, |product, value| {
        product * (digit - E::from(BaseElement::from(value)))
    })
}

/// MDS · row⁷ + ARK1 = (MDS⁻¹ · (next − ARK2))⁷.
fn enforce_round<E: FieldElement<BaseField = BaseElement>>(
    row: &[E],
    next: &[E],
    periodic: &[E],
    sink: &mut Sink<'_, E>,
) {
    let seventh = |x: E| {
        let square = x.square();
        square * square.square() * x
    };
    let multiply = |matrix: &[[BaseElement; STATE_WIDTH]; STATE_WIDTH], vector: &[E]| {
        let mut product = [E::ZERO; STATE_WIDTH];
        for (sum, factors) in product.iter_mut().zip(matrix) {
            for (x, factor) in vector.iter().zip(factors) {
                *sum += x.mul_base(*factor);
            }
        }
        product
    };
    let raised: [E; STATE_WIDTH] = std::array::from_fn(|i| seventh(row[i]));
    let forward = multiply(&MDS, &raised);
    let undone: [E; STATE_WIDTH] = std::array::from_fn(|i| next[i] - periodic[ARK2 + i]);
    let backward = multiply(&INVERSE_MDS, &undone);
    for i in 0..STATE_WIDTH {
        let meets = forward[i] + periodic[ARK1 + i] - seventh(backward[i]);
        sink.demand_zero(periodic[ROUND] * meets);
    }
}
