//! The key that a ceremony begins with: a circuit's proving key with γ = δ = 1, computed from powers of tau alone.
//!
//! The polynomials of the quadratic arithmetic program are given by their values on a domain of n-th roots of unity, a row each, so their
//! values at τ are combinations of Lagrange polynomials at τ; those, in the group, are the inverse Fourier transform of the powers
//! (Bowe, Gabizon and Miers, ePrint 2017/1050, section 6). Rows, then public inputs in a alone: the reduction of libsnark, which this
//! project's prover and arkworks have too, and snarkjs.
//!
//! Nothing here is secret or random: everybody computes the same key from the same file.

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::One as _;
use ark_groth16::{ProvingKey, VerifyingKey};
use ark_poly::{EvaluationDomain as _, Radix2EvaluationDomain};
use blake2::{Blake2b512, Digest as _};
use rayon::iter::{IntoParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};

use super::points;
use super::powers::Powers;
use crate::digest::Blake2bDigest;
use crate::groth16::r1cs::{Combination, Row, Shape};

/// From so many terms on, Pippenger's method is worth its buckets.
const MSM_TERMS_MIN: usize = 32;

/// Logarithm of the domain that a circuit's rows and public inputs take.
pub(super) fn domain_power(shape: &Shape) -> u32 {
    (shape.rows.len() + shape.public_inputs + 1)
        .next_power_of_two()
        .trailing_zeros()
}

/// A column of one of the three matrices: row and coefficient.
type Column = Vec<(usize, Fr)>;

/// The columns of a matrix, one per variable.
fn columns(shape: &Shape, side: fn(&Row) -> &Combination) -> Vec<Column> {
    let mut columns = vec![Column::new(); shape.variables];
    for (row, combination) in shape.rows.iter().map(side).enumerate() {
        for (variable, coefficient) in combination {
            columns[*variable].push((row, *coefficient));
        }
    }
    columns
}

/// A column's polynomial at τ, in the group.
fn evaluate<G: CurveGroup<ScalarField = Fr> + VariableBaseMSM>(
    lagrange: &[G::Affine],
    column: &Column,
) -> G {
    if column.len() >= MSM_TERMS_MIN {
        let bases: Vec<_> = column.iter().map(|(row, _)| lagrange[*row]).collect();
        let scalars: Vec<_> = column.iter().map(|(_, coefficient)| *coefficient).collect();
        return G::msm_unchecked(&bases, &scalars);
    }
    let mut sum = G::zero();
    for (row, coefficient) in column {
        let base = lagrange[*row];
        if coefficient.is_one() {
            sum += base;
        } else if (-*coefficient).is_one() {
            sum -= base;
        } else {
            sum += base * coefficient;
        }
    }
    sum
}

/// The Lagrange polynomials at τ, times what the powers are times.
fn lagrange<G: CurveGroup<ScalarField = Fr>>(
    domain: &Radix2EvaluationDomain<Fr>,
    powers: &[G::Affine],
) -> Vec<G::Affine> {
    let powers: Vec<G> = powers.iter().map(|power| power.into_group()).collect();
    G::normalize_batch(&domain.ifft(&powers))
}

/// The key. `None` if the powers are too few.
pub(super) fn initial_key(powers: &Powers, shape: &Shape) -> Option<ProvingKey<Bn254>> {
    let n = 1usize << domain_power(shape);
    let domain = Radix2EvaluationDomain::<Fr>::new(n)?;
    let tau_powers = powers.tau_g1.get(..2 * n - 1)?;
    let tau = lagrange::<G1Projective>(&domain, &tau_powers[..n]);
    let tau_g2 = lagrange::<G2Projective>(&domain, powers.tau_g2.get(..n)?);
    let alpha_tau = lagrange::<G1Projective>(&domain, powers.alpha_tau_g1.get(..n)?);
    let beta_tau = lagrange::<G1Projective>(&domain, powers.beta_tau_g1.get(..n)?);

    let mut a = columns(shape, |row| &row.a);
    let b = columns(shape, |row| &row.b);
    let c = columns(shape, |row| &row.c);
    for (input, column) in a.iter_mut().take(shape.public_inputs + 1).enumerate() {
        column.push((shape.rows.len() + input, Fr::one()));
    }

    let in_g1 = |columns: &[Column]| {
        let sums: Vec<_> = columns
            .par_iter()
            .map(|column| evaluate(&tau, column))
            .collect();
        G1Projective::normalize_batch(&sums)
    };
    let b_g2: Vec<_> = b
        .par_iter()
        .map(|column| evaluate::<G2Projective>(&tau_g2, column))
        .collect();
    // β·a + α·b + c, of which γ divides the public inputs' and δ the others': both are one.
    let mixed: Vec<_> = (0..shape.variables)
        .into_par_iter()
        .map(|i| {
            evaluate::<G1Projective>(&beta_tau, &a[i])
                + evaluate::<G1Projective>(&alpha_tau, &b[i])
                + evaluate::<G1Projective>(&tau, &c[i])
        })
        .collect();
    let mut gamma_abc_g1 = G1Projective::normalize_batch(&mixed);
    let l_query = gamma_abc_g1.split_off(shape.public_inputs + 1);
    // τⁱ·(τⁿ − 1).
    let (low, high) = (&tau_powers[..n - 1], &tau_powers[n..]);
    let h: Vec<_> = low
        .iter()
        .zip(high)
        .map(|(low, high)| *high - *low)
        .collect();

    Some(ProvingKey {
        vk: VerifyingKey {
            alpha_g1: *powers.alpha_tau_g1.first()?,
            beta_g2: powers.beta_g2,
            gamma_g2: G2Affine::generator(),
            delta_g2: G2Affine::generator(),
            gamma_abc_g1,
        },
        beta_g1: *powers.beta_tau_g1.first()?,
        delta_g1: G1Affine::generator(),
        a_query: in_g1(&a),
        b_g1_query: in_g1(&b),
        b_g2_query: G2Projective::normalize_batch(&b_g2),
        h_query: G1Projective::normalize_batch(&h),
        l_query,
    })
}

/// Names an initial key, and with it the circuit and the powers: snarkjs' "circuit hash", over every point of it.
pub(super) fn digest(key: &ProvingKey<Bn254>) -> Blake2bDigest {
    let mut hash = Blake2b512::new();
    hash.update(points::to_bytes(&key.vk.alpha_g1));
    hash.update(points::to_bytes(&key.beta_g1));
    hash.update(points::to_bytes(&key.vk.beta_g2));
    hash.update(points::to_bytes(&key.vk.gamma_g2));
    hash.update(points::to_bytes(&key.delta_g1));
    hash.update(points::to_bytes(&key.vk.delta_g2));
    let lists = [
        &key.vk.gamma_abc_g1,
        &key.h_query,
        &key.l_query,
        &key.a_query,
        &key.b_g1_query,
    ];
    for list in lists {
        hash.update((list.len() as u32).to_be_bytes());
        for point in list {
            hash.update(points::to_bytes(point));
        }
    }
    hash.update((key.b_g2_query.len() as u32).to_be_bytes());
    for point in &key.b_g2_query {
        hash.update(points::to_bytes(point));
    }
    Blake2bDigest::of(hash)
}
