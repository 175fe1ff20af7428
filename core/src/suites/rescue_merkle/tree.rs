//! The tree of a batch: [`DEPTH`] levels, each node the hash of two below.
//!
//! A batch may have fewer leaves than the tree has room for. The room that is left is not filled: where a level has a last node
//! without a neighbour, the neighbour is a random digest. Nobody knows a leaf below it, so nobody has a path through it,
//! and it tells nothing of how many leaves there are.

use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use winter_math::fields::f64::BaseElement;

use super::Digest;
use super::rescue::{Domain, hash};

/// Levels of every tree: room for 65,536 credentials.
pub const DEPTH: usize = 16;

/// The node above two others.
#[must_use]
pub fn merge(left: &Digest, right: &Digest) -> Digest {
    let ([a, b, c, d], [e, f, g, h]) = (left.0, right.0);
    hash(Domain::Node, &[a, b, c, d, e, f, g, h])
}

/// The way from a leaf to the root: its place, and the neighbours from the bottom up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Path {
    index: u16,
    siblings: [Digest; DEPTH],
}

/// The text is no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a path of {DEPTH} digests")]
pub struct PathError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    index: u16,
    siblings: Vec<Digest>,
}

impl TryFrom<Form> for Path {
    type Error = PathError;
    fn try_from(form: Form) -> Result<Self, PathError> {
        Ok(Self {
            index: form.index,
            siblings: form.siblings.try_into().map_err(|_| PathError)?,
        })
    }
}

impl From<Path> for Form {
    fn from(path: Path) -> Self {
        Self {
            index: path.index,
            siblings: path.siblings.to_vec(),
        }
    }
}

impl std::fmt::Debug for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Path([private])")
    }
}

impl Path {
    /// For each level from the bottom: whether the node stands on the right, and its neighbour.
    pub fn steps(&self) -> impl Iterator<Item = (bool, &Digest)> {
        (0..DEPTH).map(|level| (self.index >> level & 1 == 1, &self.siblings[level]))
    }

    /// The root above the leaf.
    #[must_use]
    pub fn root(&self, leaf: &Digest) -> Digest {
        self.steps()
            .fold(*leaf, |node, (is_right, sibling)| match is_right {
                true => merge(sibling, &node),
                false => merge(&node, sibling),
            })
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        // A path names its credential within the batch.
        self.index = 0;
        self.siblings = [Digest([BaseElement::default(); 4]); DEPTH];
        std::hint::black_box(&self.siblings);
    }
}

/// Root and paths of a tree over 1 to 2^[`DEPTH`] leaves; `None` of none or more.
pub(super) fn build(
    leaves: Vec<Digest>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Option<(Digest, Vec<Path>)> {
    if leaves.is_empty() || leaves.len() > 1 << DEPTH {
        return None;
    }
    let mut levels = vec![leaves];
    for level in 0..DEPTH {
        let nodes = &mut levels[level];
        if nodes.len() % 2 == 1 {
            nodes.push(Digest::random(rng));
        }
        let above = nodes
            .chunks_exact(2)
            .map(|pair| merge(&pair[0], &pair[1]))
            .collect();
        levels.push(above);
    }
    let root = levels[DEPTH][0];
    let paths = (0..=u16::MAX).zip(&levels[0]).map(|(index, _)| Path {
        index,
        siblings: std::array::from_fn(|level| levels[level][usize::from(index) >> level ^ 1]),
    });
    Some((root, paths.collect()))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn every_leaf_has_its_own_way_to_the_root() {
        let mut rng = StdRng::seed_from_u64(1);
        for count in [1, 2, 3, 7, 64] {
            let leaves: Vec<_> = (0..count).map(|_| Digest::random(&mut rng)).collect();
            let (root, paths) = build(leaves.clone(), &mut rng).unwrap();
            for (leaf, path) in leaves.iter().zip(&paths) {
                assert_eq!(path.root(leaf), root);
            }
            assert_ne!(paths[0].root(&Digest::random(&mut rng)), root);
        }
        assert!(build(Vec::new(), &mut rng).is_none());
    }

    #[test]
    fn what_fills_the_tree_differs_each_time() {
        let mut rng = StdRng::seed_from_u64(1);
        let leaf = Digest::random(&mut rng);
        let (one, _) = build(vec![leaf], &mut rng).unwrap();
        let (other, _) = build(vec![leaf], &mut rng).unwrap();
        assert_ne!(one, other);
    }

    #[test]
    fn a_path_of_another_length_is_none() {
        let mut rng = StdRng::seed_from_u64(1);
        let (_, paths) = build(vec![Digest::random(&mut rng)], &mut rng).unwrap();
        let text = serde_json::to_string(&paths[0]).unwrap();
        assert!(serde_json::from_str::<Path>(&text).unwrap() == paths[0]);
        let mut form: serde_json::Value = serde_json::from_str(&text).unwrap();
        form["siblings"].as_array_mut().unwrap().pop();
        assert!(serde_json::from_value::<Path>(form).is_err());
        assert!(serde_json::from_str::<Path>(&text.replace(":0,", ":65536,")).is_err());
    }
}
