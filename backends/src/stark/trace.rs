//! The trace: the relation computed, row by row, over inputs that need not satisfy it.
//!
//! Every cell without a meaning is drawn at random, in each proof anew: 344 whole rows, the rows in which the secret,
//! directions and digits have nothing to hold, and the mask columns. See `docs/circuits/stark.md` for what that hides and what
//! it does not.

use rand::{CryptoRng, RngCore};
use winterfell::TraceTable;
use winterfell::math::FieldElement as _;
use winterfell::math::fields::f64::BaseElement;
use zapiki_core::day::DAY_BITS;
use zapiki_core::suites::rescue_merkle::{
    DEPTH, Digest, Domain, HolderKey, LEAF_ELEMENTS, Place, RATE, STATE_WIDTH, initial_state,
    leaf_elements,
};
use zapiki_core::witness::Witness;

use super::air::bound_bits;
use super::layout::{
    BOUND, CYCLE, DIGIT_BITS, DIGITS_END, DIRECTION, FROM, LEAF_END, NULLIFIER_END, RATE_START,
    SECRET, TRACE_LENGTH, UNTIL, WIDTH, digits_start,
};
use super::public::{Bound, PublicElements};
use super::rescue::apply_round;

/// The private inputs as the AIR has them. Wiped on drop, as far as safe Rust can force it.
pub(crate) struct PrivateElements {
    pub(crate) secret: [BaseElement; 4],
    pub(crate) leaf: [BaseElement; LEAF_ELEMENTS],
    pub(crate) path: [(bool, Digest); DEPTH],
}

impl Drop for PrivateElements {
    fn drop(&mut self) {
        self.secret = [BaseElement::ZERO; 4];
        self.leaf = [BaseElement::ZERO; LEAF_ELEMENTS];
        self.path = [(false, Digest([BaseElement::ZERO; 4])); DEPTH];
        std::hint::black_box(&*self);
    }
}

impl PrivateElements {
    /// `None` if the credential has no signature of the suite, or no encoding.
    pub(crate) fn new(witness: &Witness) -> Option<Self> {
        let credential = &witness.credential;
        let signed = credential.signatures.rescue_merkle_ed25519.as_ref()?;
        let key = HolderKey::derive(&witness.holder_secret.to_bytes());
        let mut path = [(false, Digest([BaseElement::ZERO; 4])); DEPTH];
        for (step, (is_right, sibling)) in path.iter_mut().zip(signed.path.steps()) {
            *step = (is_right, *sibling);
        }
        let leaf = leaf_elements(
            &credential.attributes,
            &signed.holder_commitment,
            &signed.salt,
        );
        Some(Self {
            secret: key.expose(),
            leaf: leaf.ok()?,
            path,
        })
    }
}

/// The columns while they are filled.
pub(crate) struct Table(pub(crate) Vec<Vec<BaseElement>>);

impl Table {
    /// Nothing but random cells.
    fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut column = || -> Vec<BaseElement> {
            let drawn = std::iter::repeat_with(|| Digest::random(rng).0);
            drawn.flatten().take(TRACE_LENGTH).collect()
        };
        Self((0..WIDTH).map(|_| column()).collect())
    }

    /// Writes a permutation: a state with inputs added to its rate, and its rounds below. Gives its output.
    pub(crate) fn permute(
        &mut self,
        first: usize,
        mut state: [BaseElement; STATE_WIDTH],
        inputs: &[BaseElement],
    ) -> [BaseElement; STATE_WIDTH] {
        for (element, input) in state[RATE_START..].iter_mut().zip(inputs) {
            *element += *input;
        }
        self.put_state(first, &state);
        for round in 0..CYCLE - 1 {
            apply_round(&mut state, round);
            self.put_state(first + round + 1, &state);
        }
        state
    }

    fn put_state(&mut self, row: usize, state: &[BaseElement; STATE_WIDTH]) {
        for (column, value) in self.0.iter_mut().zip(state) {
            column[row] = *value;
        }
    }

    /// Writes the hash of the leaf and of all nodes above it.
    pub(crate) fn put_leaf_and_path(
        &mut self,
        leaf: &[BaseElement; LEAF_ELEMENTS],
        path: &[(bool, Digest); DEPTH],
    ) {
        let mut state = initial_state(Domain::Leaf, LEAF_ELEMENTS);
        for (block, inputs) in leaf.chunks(RATE).enumerate() {
            state = self.permute((2 + block) * CYCLE, state, inputs);
        }
        for (level, (is_right, sibling)) in path.iter().enumerate() {
            let node = &state[RATE_START..RATE_START + 4];
            let inputs = match is_right {
                true => [&sibling.0[..], node].concat(),
                false => [node, &sibling.0[..]].concat(),
            };
            let first = LEAF_END + 1 + level * CYCLE;
            self.0[DIRECTION][first] = BaseElement::from(u32::from(*is_right));
            state = self.permute(first, initial_state(Domain::Node, RATE), &inputs);
        }
    }

    /// Writes the lowest `bits` bits of a number as digits, from a zero to the number itself.
    pub(crate) fn put_digits(&mut self, column: usize, number: BaseElement, bits: usize) {
        let number = number.as_int();
        for row in digits_start(bits)..=DIGITS_END {
            let missing = (DIGITS_END - row) * DIGIT_BITS;
            let known = (number >> missing) & ((1 << (bits - missing)) - 1);
            self.0[column][row] = BaseElement::new(known);
        }
    }
}

/// Fills the columns.
pub(crate) fn fill(
    public: &PublicElements,
    private: &PrivateElements,
    rng: &mut (impl RngCore + CryptoRng),
) -> Table {
    let mut table = Table::random(rng);

    for (i, element) in private.secret.into_iter().enumerate() {
        table.0[SECRET + i][..=NULLIFIER_END + 1].fill(element);
    }
    let inputs = [&private.secret[..], &public.scope].concat();
    table.permute(0, initial_state(Domain::Nullifier, RATE), &inputs);
    let initial = initial_state(Domain::HolderCommitment, 4);
    let commitment = table.permute(CYCLE, initial, &private.secret);

    // The commitment as computed stands in the leaf, whatever the credential says.
    let mut leaf = private.leaf;
    leaf[..4].copy_from_slice(&commitment[RATE_START..RATE_START + 4]);
    table.put_leaf_and_path(&leaf, &private.path);

    let at = |place: Place| leaf[place as usize];
    let since = public.as_of - at(Place::IssuedAt);
    let left = at(Place::ExpiresAt) - public.as_of;
    let bound = match public.bound {
        Bound::AgeOver { cutoff } => cutoff - at(Place::BirthDate),
        Bound::IncomeAtLeast { minimum, .. } => at(Place::IncomeAmount) - minimum,
    };
    table.put_digits(FROM, since, DAY_BITS);
    table.put_digits(UNTIL, left, DAY_BITS);
    table.put_digits(BOUND, bound, bound_bits(public.bound));
    table
}

/// Builds the trace.
pub(crate) fn build(
    public: &PublicElements,
    private: &PrivateElements,
    rng: &mut (impl RngCore + CryptoRng),
) -> TraceTable<BaseElement> {
    TraceTable::init(fill(public, private, rng).0)
}
