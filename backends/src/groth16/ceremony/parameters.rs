//! What contributions change: δ, and the two lists that δ divides.
//!
//! As bytes: δ in G1 and in G2, the L query, the H query, all uncompressed, and nothing else. How many there are of each the circuit says.

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ec::{AffineRepr as _, CurveGroup as _};
use ark_groth16::ProvingKey;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSlice as _;
use sha2::{Digest as _, Sha256};
use zapiki_core::envelope::KeyDigest;

use super::initial::domain_power;
use super::points::{self, Coordinate, Form, G1_BYTES, G2_BYTES};
use crate::groth16::r1cs::Shape;

/// The part of a key that contributions change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    pub(super) delta_g1: G1Affine,
    pub(super) delta_g2: G2Affine,
    pub(super) l_query: Vec<G1Affine>,
    pub(super) h_query: Vec<G1Affine>,
}

impl Parameters {
    /// Those of an initial key.
    pub(super) fn of(key: &ProvingKey<Bn254>) -> Self {
        Self {
            delta_g1: key.delta_g1,
            delta_g2: key.vk.delta_g2,
            l_query: key.l_query.clone(),
            h_query: key.h_query.clone(),
        }
    }

    /// Puts them in the place of an initial key's.
    pub(super) fn put_into(self, key: &mut ProvingKey<Bn254>) {
        key.delta_g1 = self.delta_g1;
        key.vk.delta_g2 = self.delta_g2;
        key.l_query = self.l_query;
        key.h_query = self.h_query;
    }

    /// Multiplies δ by x, and divides the two lists. `None` if x is zero.
    pub(super) fn multiply(&mut self, x: Fr) -> Option<()> {
        let mut inverse = ark_ff::Field::inverse(&x)?;
        self.delta_g1 = (self.delta_g1 * x).into_affine();
        self.delta_g2 = (self.delta_g2 * x).into_affine();
        for query in [&mut self.l_query, &mut self.h_query] {
            let divided: Vec<_> = query.par_iter().map(|point| *point * inverse).collect();
            *query = G1Projective::normalize_batch(&divided);
        }
        zeroize::Zeroize::zeroize(&mut inverse);
        Some(())
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = points::to_bytes(&self.delta_g1);
        bytes.extend(points::to_bytes(&self.delta_g2));
        for point in self.l_query.iter().chain(&self.h_query) {
            points::write(point, Form::Uncompressed, &mut bytes);
        }
        bytes
    }

    /// Reads those of a circuit. `None` if the length is another, a point is none, or δ is the identity.
    pub(super) fn from_bytes(bytes: &[u8], shape: &Shape) -> Option<Self> {
        let l_len = shape.variables - shape.public_inputs - 1;
        let h_len = (1usize << domain_power(shape)) - 1;
        if bytes.len() != G1_BYTES + G2_BYTES + (l_len + h_len) * G1_BYTES {
            return None;
        }
        let (delta_g1, rest) = bytes.split_at(G1_BYTES);
        let (delta_g2, rest) = rest.split_at(G2_BYTES);
        let mut l_query = rest
            .par_chunks_exact(G1_BYTES)
            .map(|bytes| points::read(Form::Uncompressed, bytes))
            .collect::<Option<Vec<_>>>()?;
        let h_query = l_query.split_off(l_len);
        Some(Self {
            delta_g1: non_zero(delta_g1)?,
            delta_g2: non_zero(delta_g2)?,
            l_query,
            h_query,
        })
    }

    /// Names them.
    pub(super) fn digest(&self) -> KeyDigest {
        KeyDigest(Sha256::digest(self.to_bytes()).into())
    }
}

fn non_zero<P: SWCurveConfig>(bytes: &[u8]) -> Option<Affine<P>>
where
    P::BaseField: Coordinate,
{
    points::read(Form::Uncompressed, bytes).filter(|point: &Affine<P>| !point.is_zero())
}
