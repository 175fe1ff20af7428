//! Absence from a gap tree ([`zapiki_core::gap_tree`]): a gap around the value, and the gap's path to the root.
//!
//! *Path.* The leaf is Poseidon(low, next). At each level the digest so far is one of four children: the product of the four
//! differences is zero, three rows and no position. The next digest is Poseidon of the children. A leaf has another width than
//! a node and the path one length, so a prover who reaches the root has shown a leaf of the tree, or a collision.
//!
//! *Order.* low and next are bounds of the tree and thus below 2²⁴⁸. With a = value − low − 1 and b = next − value − 1 both below
//! 2²⁴⁸, value = low + 1 + a is below 2²⁴⁹ and value + 1 + b below 2²⁵⁰: no sum wraps around the field, and low < value <
//! next holds for the integers.
//!
//! *Asked.* In a circuit for several statements a public bit says whether this one is asked for. If it is not, root and order are
//! compared times zero, and any path will do.

use ark_bn254::Fr;
use ark_ff::{One as _, Zero as _};
use zapiki_core::gap_tree::{ARITY, Absence, DEPTH, VALUE_BITS};

use super::{poseidon, range};
use crate::groth16::r1cs::{Builder, Num};

/// Names of the parts, for one list of a circuit.
pub(crate) struct Parts {
    pub(crate) leaf: &'static str,
    pub(crate) path: &'static str,
    pub(crate) root: &'static str,
    pub(crate) order: &'static str,
}

/// Demands that the value is in a gap of the tree with this root, if `asked` is not 0. Without an absence the rows
/// are built over numbers that do not satisfy them.
pub(crate) fn enforce_absence(
    b: &mut Builder,
    parts: &Parts,
    asked: &Num,
    value: &Num,
    root: &Num,
    absence: Option<&Absence>,
) {
    b.part(parts.leaf);
    let low = b.witness(absence.map_or(Fr::zero(), |absence| absence.low));
    let next = b.witness(absence.map_or(Fr::zero(), |absence| absence.next));
    let mut digest = poseidon::hash(b, &[low.clone(), next.clone()]);

    b.part(parts.path);
    for level in 0..DEPTH {
        // A path of nothing but the digest itself leads somewhere, if not to the root.
        let children = absence.map_or([digest.value(); ARITY], |absence| absence.path[level]);
        let children = children.map(|child| b.witness(child));
        let [w, x, y, z] = children.each_ref().map(|child| child.minus(&digest));
        let (one_pair, other_pair) = (b.multiply(&w, &x), b.multiply(&y, &z));
        b.enforce(&one_pair, &other_pair, &Num::constant(Fr::zero()));
        digest = poseidon::hash(b, &children);
    }

    b.part(parts.root);
    b.enforce(asked, &digest.minus(root), &Num::constant(Fr::zero()));

    b.part(parts.order);
    for (greater, less) in [(value, &low), (&next, value)] {
        let between = greater.minus(less).plus_constant(-Fr::one());
        let between = b.multiply(asked, &between);
        range::enforce_below_power_of_two::<VALUE_BITS>(b, &between);
    }
}
