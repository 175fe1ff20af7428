//! Where everything stands in the trace: columns, rows, periodic columns.
//!
//! One Rescue permutation takes eight rows: the state before it, and after each of its seven rounds. The hashes follow one
//! another in the same twelve columns:
//!
//! | rows | what |
//! | --- | --- |
//! | 0–7 | nullifier: secret, scope |
//! | 8–15 | holder commitment: secret |
//! | 16–39 | leaf: commitment and salt, then two more blocks of attributes |
//! | 40–167 | path: a node per level, the root in the last row |
//! | 168–511 | nothing: random in every column |
//!
//! A hash's result is in the rate of its last row, the inputs of the next in the rate of the row after it.

use winterfell::math::fields::f64::BaseElement;
use zapiki_core::suites::rescue_merkle::{DEPTH, Place, RATE, STATE_WIDTH};

/// Rows of the trace.
pub(crate) const TRACE_LENGTH: usize = 512;

/// Rows of one permutation.
pub(crate) const CYCLE: usize = 8;

// Columns.
/// The sponge's state.
pub(crate) const STATE: usize = 0;
/// Where the rate starts in the state.
pub(crate) const RATE_START: usize = 4;
/// Four copies of the secret, from the nullifier to the commitment.
pub(crate) const SECRET: usize = STATE + STATE_WIDTH;
/// Whether the node below is the right one.
pub(crate) const DIRECTION: usize = SECRET + 4;
/// as_of − issued_at, digit by digit.
pub(crate) const FROM: usize = DIRECTION + 1;
/// expires_at − as_of, digit by digit.
pub(crate) const UNTIL: usize = FROM + 1;
/// What the statement's bound leaves, digit by digit.
pub(crate) const BOUND: usize = UNTIL + 1;
/// Columns of nothing but random cells: one for each coordinate of the extension field.
pub(crate) const MASK: usize = BOUND + 1;
/// How many there are.
pub(crate) const MASKS: usize = 3;
/// Columns of the trace.
pub(crate) const WIDTH: usize = MASK + MASKS;

// Rows in which the hashes end. The next begins in the row after.
pub(crate) const NULLIFIER_END: usize = CYCLE - 1;
pub(crate) const COMMITMENT_END: usize = 2 * CYCLE - 1;
pub(crate) const LEAF_BLOCK_0_END: usize = 3 * CYCLE - 1;
pub(crate) const LEAF_BLOCK_1_END: usize = 4 * CYCLE - 1;
pub(crate) const LEAF_END: usize = 5 * CYCLE - 1;
/// The last row with a meaning: the root.
pub(crate) const ROOT_ROW: usize = LEAF_END + CYCLE * DEPTH;

/// Digits are in base 4: two bits a row.
pub(crate) const DIGIT_BITS: usize = 2;
/// Where digits end: in the row in which the third block of attributes stands.
pub(crate) const DIGITS_END: usize = LEAF_BLOCK_1_END + 1;

/// The row in which `bits` bits of digits begin.
pub(crate) const fn digits_start(bits: usize) -> usize {
    DIGITS_END - bits / DIGIT_BITS
}

/// The column of an attribute, in the row that absorbs it.
pub(crate) const fn column_of(place: Place) -> usize {
    STATE + RATE_START + place as usize % RATE
}

// Periodic columns: selectors, one in the rows where a constraint holds. The constants of the rounds follow.
pub(crate) const ROUND: usize = 0;
pub(crate) const START_COMMITMENT: usize = 1;
pub(crate) const START_LEAF: usize = 2;
pub(crate) const ABSORB_1: usize = 3;
pub(crate) const ABSORB_2: usize = 4;
pub(crate) const START_NODE: usize = 5;
pub(crate) const HOLD_SECRET: usize = 6;
pub(crate) const FIRST: usize = 7;
pub(crate) const DAY_DIGITS: usize = 8;
pub(crate) const BOUND_DIGITS: usize = 9;
/// How many selectors there are.
pub(crate) const SELECTORS: usize = 10;
/// First constants of a round.
pub(crate) const ARK1: usize = SELECTORS;
/// Second constants of a round.
pub(crate) const ARK2: usize = ARK1 + STATE_WIDTH;

/// The selector columns, for a bound of so many bits.
pub(crate) fn selectors(bound_bits: usize) -> Vec<Vec<BaseElement>> {
    let rows = |holds: &dyn Fn(usize) -> bool| -> Vec<BaseElement> {
        (0..TRACE_LENGTH)
            .map(|row| BaseElement::from(u32::from(holds(row))))
            .collect()
    };
    let at = |row: usize| rows(&|other| other == row);
    let digits = |bits: usize| rows(&|row| (digits_start(bits)..DIGITS_END).contains(&row));
    vec![
        rows(&|row| row < ROOT_ROW && row % CYCLE != CYCLE - 1),
        at(NULLIFIER_END),
        at(COMMITMENT_END),
        at(LEAF_BLOCK_0_END),
        at(LEAF_BLOCK_1_END),
        rows(&|row| (LEAF_END..ROOT_ROW).contains(&row) && row % CYCLE == CYCLE - 1),
        rows(&|row| row <= NULLIFIER_END),
        at(0),
        digits(zapiki_core::day::DAY_BITS),
        digits(bound_bits),
    ]
}

/// Bytes as field elements, seven to each, big-endian: any seven are below the modulus.
pub(crate) fn byte_elements(bytes: &[u8]) -> impl Iterator<Item = BaseElement> {
    bytes.chunks(7).map(|chunk| {
        let number = chunk
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        BaseElement::new(number)
    })
}
