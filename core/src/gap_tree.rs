//! Gap trees: Merkle trees over a sorted set, in which absence can be shown.
//!
//! A leaf is Poseidon(low, next) of two neighbours of the sorted set: nothing of the set lies between them. Whoever shows a leaf
//! with low < x < next and its path to the root has shown that x is not in the set. The set is closed off by 0 below and
//! [`HIGH`] above, which are no values, so every x has exactly one place: in the set, or in one gap.
//!
//! - Values are numbers from 1 to 2²⁴⁸ − 2, so that a circuit compares two of them without wrapping around the field.
//! - A node is Poseidon of its four children; the tree has [`DEPTH`] levels of them, so that a path has one length. The
//!   hash of a leaf has another width than that of a node: neither passes for the other.
//! - Places without a leaf hold 0, which is no known digest, and so is no leaf that anybody could open.
//!
//! The construction is the sorted Merkle tree of certificate revocation (Nuckolls, "Verified Query Results from Hybrid Authentication
//! Trees", 2005; Laurie and Kasper, "Revocation Transparency", 2012), with pairs in the leaves as in Aztec's indexed Merkle
//! trees. Four children per node make a path of the same set half as long at about the cost of two children.

use std::fmt;
use std::sync::LazyLock;

use ark_ff::AdditiveGroup as _;
use thiserror::Error;
use zeroize::Zeroize as _;

use crate::suites::bjj_poseidon::{Fr, poseidon};

/// Levels of nodes above the leaves.
pub const DEPTH: usize = 11;

/// How many children a node has.
pub const ARITY: usize = 4;

/// The most values that a tree holds: one less than it has leaves.
pub const VALUES_MAX: usize = ARITY.pow(DEPTH as u32) - 1;

/// Bits of a value.
pub const VALUE_BITS: usize = 248;

/// What closes the set off above: 2²⁴⁸ − 1.
pub static HIGH: LazyLock<Fr> = LazyLock::new(|| {
    let mut power = Fr::from(1u8);
    for _ in 0..VALUE_BITS {
        power.double_in_place();
    }
    power - Fr::from(1u8)
});

/// The root of a place without leaves, by the number of levels below it.
static EMPTY: LazyLock<[Fr; DEPTH + 1]> = LazyLock::new(|| {
    let mut empty = [Fr::ZERO; DEPTH + 1];
    for level in 0..DEPTH {
        empty[level + 1] = poseidon(&[empty[level]; ARITY]);
    }
    empty
});

/// The values are none that a tree can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GapTreeError {
    /// A value that is 0, or above 2²⁴⁸ − 2.
    #[error("a value of the set is 0 or above 2^248 - 2")]
    OutOfRange,
    /// More than [`VALUES_MAX`].
    #[error("the set has more than {VALUES_MAX} values")]
    TooMany,
}

/// Whether a number can be in a set.
#[must_use]
pub fn is_value(number: &Fr) -> bool {
    *number != Fr::ZERO && number < &*HIGH
}

/// A set with its tree.
pub struct GapTree {
    /// Sorted, with 0 and [`HIGH`] around them.
    bounds: Vec<Fr>,
    /// Digests by level, leaves first; only those that are not of an empty place.
    levels: Vec<Vec<Fr>>,
}

impl fmt::Debug for GapTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GapTree({} values)", self.len())
    }
}

impl GapTree {
    /// The tree of these values, in any order; a repeated one counts once.
    ///
    /// # Errors
    /// One of them is no value, or there are too many.
    pub fn new(values: impl IntoIterator<Item = Fr>) -> Result<Self, GapTreeError> {
        let mut bounds = vec![Fr::ZERO, *HIGH];
        for value in values {
            if !is_value(&value) {
                return Err(GapTreeError::OutOfRange);
            }
            bounds.push(value);
        }
        bounds.sort_unstable();
        bounds.dedup();
        if bounds.len() - 2 > VALUES_MAX {
            return Err(GapTreeError::TooMany);
        }
        let mut level: Vec<Fr> = bounds.windows(2).map(poseidon).collect();
        let mut levels = Vec::with_capacity(DEPTH + 1);
        for empty in &EMPTY[..DEPTH] {
            let above = level
                .chunks(ARITY)
                .map(|children| poseidon(&padded(children, empty)))
                .collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Ok(Self { bounds, levels })
    }

    /// The root, which names the set.
    #[must_use]
    pub fn root(&self) -> Fr {
        // The top level is one node: a level of n ≥ 1 digests has ⌈n / 4⌉ above it.
        self.levels[DEPTH][0]
    }

    /// How many values the set has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bounds.len() - 2
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values, in ascending order.
    #[must_use]
    pub fn values(&self) -> &[Fr] {
        &self.bounds[1..self.bounds.len() - 1]
    }

    /// What shows that the value is not in the set; `None` if it is, or is no value.
    #[must_use]
    pub fn absence(&self, value: &Fr) -> Option<Absence> {
        if !is_value(value) {
            return None;
        }
        let next = self.bounds.binary_search(value).err()?;
        let mut place = next - 1;
        let path = std::array::from_fn(|level| {
            let first = place / ARITY * ARITY;
            place /= ARITY;
            let digests = &self.levels[level];
            let end = digests.len().min(first + ARITY);
            padded(&digests[first..end], &EMPTY[level])
        });
        Some(Absence {
            low: self.bounds[next - 1],
            next: self.bounds[next],
            path,
        })
    }
}

impl AsRef<Self> for GapTree {
    fn as_ref(&self) -> &Self {
        self
    }
}

fn padded(children: &[Fr], empty: &Fr) -> [Fr; ARITY] {
    std::array::from_fn(|i| children.get(i).copied().unwrap_or(*empty))
}

/// A gap of a set with its path: shows that what lies in the gap is not in the set. Tells where the value lies, so it is as
/// private as the value. Wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Absence {
    /// The greatest value of the set below.
    pub low: Fr,
    /// The least value of the set above.
    pub next: Fr,
    /// By level from the leaves: all children of the node on the path, one of which is the digest of the level below.
    pub path: [[Fr; ARITY]; DEPTH],
}

impl Absence {
    /// Whether this shows that the value is not in the set of this root: what the circuits demand, computed natively.
    #[must_use]
    pub fn shows(&self, value: &Fr, root: &Fr) -> bool {
        let mut digest = poseidon(&[self.low, self.next]);
        for children in &self.path {
            if !children.contains(&digest) {
                return false;
            }
            digest = poseidon(children);
        }
        digest == *root && self.low < *value && *value < self.next
    }
}

impl fmt::Debug for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Absence([private])")
    }
}

impl Drop for Absence {
    fn drop(&mut self) {
        self.low.zeroize();
        self.next.zeroize();
        self.path.iter_mut().flatten().for_each(|d| d.zeroize());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(values: &[u64]) -> GapTree {
        GapTree::new(values.iter().map(|value| Fr::from(*value))).unwrap()
    }

    #[test]
    fn every_number_is_in_the_set_or_in_a_gap() {
        let values = [3, 5, 6, 9, 20, 21, 22, 40, 41];
        for size in 0..=values.len() {
            let set = &values[..size];
            let tree = tree(set);
            assert_eq!(tree.len(), size);
            for number in 1..50u64 {
                let value = Fr::from(number);
                let absence = tree.absence(&value);
                assert_eq!(absence.is_none(), set.contains(&number), "{number}");
                if let Some(absence) = absence {
                    assert!(absence.shows(&value, &tree.root()));
                }
            }
        }
    }

    #[test]
    fn a_gap_shows_nothing_of_its_ends_of_others_or_of_another_set() {
        let (tree, other) = (tree(&[10, 20, 30]), tree(&[10, 20, 31]));
        let absence = tree.absence(&Fr::from(15u8)).unwrap();
        for value in [10u8, 20, 5, 25] {
            assert!(!absence.shows(&Fr::from(value), &tree.root()), "{value}");
        }
        assert!(!absence.shows(&Fr::from(15u8), &other.root()));
        let mut wider = absence.clone();
        wider.next = Fr::from(30u8);
        assert!(!wider.shows(&Fr::from(15u8), &tree.root()));
        for level in 0..DEPTH {
            let mut broken = absence.clone();
            broken.path[level][3] += Fr::from(1u8);
            assert!(!broken.shows(&Fr::from(15u8), &tree.root()), "{level}");
        }
    }

    #[test]
    fn order_and_repetition_do_not_matter_and_every_value_does() {
        assert_eq!(tree(&[1, 2, 3]).root(), tree(&[3, 1, 2, 1]).root());
        assert_ne!(tree(&[1, 2, 3]).root(), tree(&[1, 2]).root());
        assert_ne!(tree(&[]).root(), tree(&[1]).root());
        assert_eq!(
            tree(&[7, 5]).values(),
            [5u8, 7].map(Fr::from),
            "in ascending order"
        );
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for number in [Fr::ZERO, *HIGH, -Fr::from(1u8)] {
            assert_eq!(
                GapTree::new([number]).unwrap_err(),
                GapTreeError::OutOfRange
            );
            assert_eq!(tree(&[1]).absence(&number), None);
        }
        let highest = *HIGH - Fr::from(1u8);
        let tree = GapTree::new([highest]).unwrap();
        assert!(tree.absence(&Fr::from(1u8)).is_some());
        assert!(tree.absence(&highest).is_none());
    }
}
