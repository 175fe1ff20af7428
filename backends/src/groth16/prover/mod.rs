//! The prover: Groth16's three group elements over a key that is prepared once.
//!
//! The proof is arkworks' own, bit for bit, for the same key, assignment, r and s (`tests` compares the two for every
//! circuit). What is different is that a proving key does not change while a circuit lives:
//!
//! | file | what is saved |
//! | --- | --- |
//! | [`fixed_base`] | multiples of the key's points are at hand, so all windows share one set of buckets |
//! | [`sums`] | the buckets' additions are affine, and share their inversions |
//! | [`scalars`] | signed digits; bits and small values, most of an assignment's short ones, cost one addition |
//! | [`qap`], [`fft`] | domain, roots and coset are kept; six transforms instead of seven; no matrix is evaluated |
//! | [`wiped`] | nothing: it wipes what was derived from the assignment |
//!
//! Of the paper's (EUROCRYPT 2016, section 3.2) elements, with z the assignment,
//!
//! - A = α + Σ zᵢ·Aᵢ + r·δ, and B = β + Σ zᵢ·Bᵢ + s·δ in both groups, are one sum each: z₀ is one, so α and β are part of the
//!   first base, and δ is one more base;
//! - C = Σ zᵢ·Lᵢ + Σ hᵢ·Hᵢ − r·s·δ + s·A + r·B is one sum over L, H and δ, and two multiplications.
//!
//! The four sums, and the ranges of buckets within each, are shared out among the threads of the pool that calls.
//! The time depends on the assignment, and so does the pattern of memory access: short values have fewer digits.

mod fft;
mod fixed_base;
mod qap;
mod scalars;
mod sums;
mod wiped;

#[cfg(test)]
mod tests;

use ark_bn254::{Bn254, Fr, g1, g2};
use ark_ec::CurveGroup as _;
use ark_groth16::{Proof, ProvingKey};

use self::fixed_base::FixedBases;
use self::qap::Qap;
use self::scalars::SignedScalar;
use self::wiped::Wiped;
use super::r1cs::{Shape, Solution};

/// A proving key in the form that proves fast.
pub(crate) struct PreparedKey {
    a: FixedBases<g1::Config>,
    b_g1: FixedBases<g1::Config>,
    b_g2: FixedBases<g2::Config>,
    c: FixedBases<g1::Config>,
    qap: Qap,
    /// The constant one and the public inputs.
    instances: usize,
}

impl PreparedKey {
    /// Prepares the key of this shape, on the threads of the pool that calls. `None` if the shape is too large for the field.
    pub(crate) fn new(key: &ProvingKey<Bn254>, shape: &Shape) -> Option<Self> {
        let instances = shape.public_inputs + 1;
        let qap = Qap::new(shape.rows.len() + instances)?;

        // The scalars of A are z and r, those of B are z and s.
        let with_delta = shape.variables;
        let mut a_query = key.a_query.clone();
        let mut b_g1_query = key.b_g1_query.clone();
        let mut b_g2_query = key.b_g2_query.clone();
        *a_query.first_mut()? = (a_query[0] + key.vk.alpha_g1).into_affine();
        *b_g1_query.first_mut()? = (b_g1_query[0] + key.beta_g1).into_affine();
        *b_g2_query.first_mut()? = (b_g2_query[0] + key.vk.beta_g2).into_affine();
        let a = a_query.into_iter().enumerate();
        let b_g1 = b_g1_query.into_iter().enumerate();
        let b_g2 = b_g2_query.into_iter().enumerate();

        // Those of C are z, −r·s and h.
        let l = key.l_query.iter().enumerate();
        let l = l.map(|(i, base)| (instances + i, *base));
        let h = key.h_query.iter().enumerate();
        let h = h.map(|(i, base)| (with_delta + 1 + qap.place(i), *base));

        let delta_g1 = (with_delta, key.delta_g1);
        Some(Self {
            a: FixedBases::new(a.chain([delta_g1])),
            b_g1: FixedBases::new(b_g1.chain([delta_g1])),
            b_g2: FixedBases::new(b_g2.chain([(with_delta, key.vk.delta_g2)])),
            c: FixedBases::new(l.chain(h).chain([delta_g1])),
            qap,
            instances,
        })
    }

    /// What the precomputed points take, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.a.bytes() + self.b_g1.bytes() + self.b_g2.bytes() + self.c.bytes()
    }

    /// The proof for these r and s, which must be uniform and used once.
    pub(crate) fn prove(&self, solution: &Solution, r: Fr, s: Fr) -> Proof<Bn254> {
        let z = Wiped::collected(solution.assignment.0.iter().map(|z| SignedScalar::from(*z)));
        let z_and = |scalar: Fr| Wiped::joined(&z, &[scalar.into()]);

        let sum_c = || {
            let inputs = &solution.assignment.0[..self.instances];
            let h = self
                .qap
                .quotient(&solution.left.0, &solution.right.0, inputs);
            let h = Wiped::collected(h.iter().map(|h| SignedScalar::from(*h)));
            self.c.sum(&Wiped::joined(&z_and(-r * s), &h))
        };
        let sum_a = || self.a.sum(&z_and(r));
        let sum_b = || {
            let scalars = z_and(s);
            rayon::join(|| self.b_g2.sum(&scalars), || self.b_g1.sum(&scalars))
        };
        let (c, ((b_g2, b_g1), a)) = rayon::join(sum_c, || rayon::join(sum_b, sum_a));

        Proof {
            a: a.into_affine(),
            b: b_g2.into_affine(),
            c: (c + a * s + b_g1 * r).into_affine(),
        }
    }
}
