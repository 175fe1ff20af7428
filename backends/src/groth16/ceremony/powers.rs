//! Powers of tau: the result of a first phase, which serves all circuits, and the check that they are powers.
//!
//! The check shows that there are τ, α and β, none of them trivial, of which these are the powers. That nobody knows them is what a first
//! phase of many parties is for, and what no check of its result can show.

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing as _;
use ark_ec::scalar_mul::BatchMulPreprocessing;
use ark_ec::{AffineRepr as _, CurveGroup, PrimeGroup as _, VariableBaseMSM};
use ark_ff::{One as _, Zero as _};
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::sampling::Stream;
use crate::digest::Blake2bDigest;

/// The seed of the powers for rehearsals. It is public, so they are worth nothing.
const REHEARSAL_SEED: &[u8; 32] = b"zapiki rehearsal: worth nothing.";

/// Which powers they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowersOrigin {
    /// BLAKE2b-512 over the file, as published files of powers are listed.
    pub digest: Blake2bDigest,
    /// Logarithm of the largest domain that they serve.
    pub power: u32,
    /// How many contributions the file says that it has.
    pub contributions: u32,
}

/// The points are not powers of one τ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PowersError {
    /// The first of them is not the generator.
    #[error("the first power of tau is not one")]
    First,
    /// Without a contribution τ, α or β is one, and everybody knows it.
    #[error("nobody has contributed to these powers: tau, alpha or beta is still one")]
    NoContribution,
    /// Two neighbours in G1 are not as far from each other as one and τ.
    #[error("the powers of tau in G1 are not powers")]
    TauG1,
    /// The same in G2.
    #[error("the powers of tau in G2 are not those in G1")]
    TauG2,
    /// The same, times α.
    #[error("the powers times alpha are not powers")]
    Alpha,
    /// The same, times β.
    #[error("the powers times beta are not powers")]
    Beta,
    /// β in G2 is another one than in G1.
    #[error("beta in G2 is not beta in G1")]
    BetaG2,
}

/// Points of which [`Powers::check`] says whether they are powers of tau.
#[derive(Debug, Clone, Default)]
pub struct Powers {
    /// τⁱ for i < 2n − 1.
    pub(super) tau_g1: Vec<G1Affine>,
    /// τⁱ for i < n.
    pub(super) tau_g2: Vec<G2Affine>,
    /// α·τⁱ for i < n.
    pub(super) alpha_tau_g1: Vec<G1Affine>,
    /// β·τⁱ for i < n.
    pub(super) beta_tau_g1: Vec<G1Affine>,
    /// β.
    pub(super) beta_g2: G2Affine,
    pub(super) origin: PowersOrigin,
}

impl Default for PowersOrigin {
    fn default() -> Self {
        Self {
            digest: Blake2bDigest([0; 64]),
            power: 0,
            contributions: 0,
        }
    }
}

impl Powers {
    /// Which they are.
    #[must_use]
    pub const fn origin(&self) -> &PowersOrigin {
        &self.origin
    }

    /// The powers for rehearsals, up to a domain of 2^`power` rows. Their secrets are published here: a key made with them is a
    /// development key, and [`Self::is_rehearsal`] knows them again.
    #[must_use]
    pub fn rehearsal(power: u32) -> Self {
        Self::from_seed(REHEARSAL_SEED, power)
    }

    /// Whether they are those for rehearsals, whatever file they come in.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        let [tau, alpha, beta] = secrets(REHEARSAL_SEED).map(|secret| {
            let point = G1Affine::generator() * secret;
            point.into_affine()
        });
        let first = |points: &[G1Affine]| points.first().copied();
        // Any of the three is enough to forge.
        self.tau_g1.get(1) == Some(&tau)
            || first(&self.alpha_tau_g1) == Some(alpha)
            || first(&self.beta_tau_g1) == Some(beta)
    }

    /// The powers whose secrets come from a seed. Whoever knows the seed can forge proofs under every key made with them.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32], power: u32) -> Self {
        Self::from_secrets(secrets(seed), power)
    }

    /// Those of τ, α and β.
    pub(super) fn from_secrets([tau, alpha, beta]: [Fr; 3], power: u32) -> Self {
        let n = 1usize << power;
        let powers: Vec<Fr> = std::iter::successors(Some(Fr::one()), |last| Some(*last * tau))
            .take(2 * n - 1)
            .collect();
        let times = |factor: Fr| -> Vec<Fr> { powers[..n].iter().map(|p| *p * factor).collect() };
        let g1 = BatchMulPreprocessing::new(G1Projective::generator(), 4 * n);
        let g2 = BatchMulPreprocessing::new(G2Projective::generator(), n);
        Self {
            tau_g1: g1.batch_mul(&powers),
            tau_g2: g2.batch_mul(&powers[..n]),
            alpha_tau_g1: g1.batch_mul(&times(alpha)),
            beta_tau_g1: g1.batch_mul(&times(beta)),
            beta_g2: (G2Affine::generator() * beta).into_affine(),
            origin: PowersOrigin {
                power,
                ..PowersOrigin::default()
            },
        }
    }

    /// Logarithm of the domain that they are kept for.
    pub(super) fn domain_power(&self) -> u32 {
        self.tau_g2.len().trailing_zeros()
    }

    /// Checks that they are powers. A false set passes with a chance of 2⁻¹²⁸: each list is compared with itself shifted by one, in a
    /// random combination (Bowe, Gabizon and Miers, ePrint 2017/1050, section 4).
    ///
    /// # Errors
    /// Which list is false.
    pub fn check(&self, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), PowersError> {
        let (one_g1, one_g2) = (G1Affine::generator(), G2Affine::generator());
        let (Some(tau_g1), Some(tau_g2)) = (self.tau_g1.get(1), self.tau_g2.get(1)) else {
            return Err(PowersError::First);
        };
        let (alpha, beta) = match (self.alpha_tau_g1.first(), self.beta_tau_g1.first()) {
            (Some(alpha), Some(beta)) => (alpha, beta),
            _ => return Err(PowersError::First),
        };
        if self.tau_g1[0] != one_g1 || self.tau_g2[0] != one_g2 {
            return Err(PowersError::First);
        }
        if [tau_g1, alpha, beta].contains(&&one_g1) {
            return Err(PowersError::NoContribution);
        }
        let tau = (one_g2, *tau_g2);
        let shifted = |list: &[G1Affine], rng: &mut _| combine_shifted::<G1Projective>(list, rng);
        let lists = [
            (&self.tau_g1, PowersError::TauG1),
            (&self.alpha_tau_g1, PowersError::Alpha),
            (&self.beta_tau_g1, PowersError::Beta),
        ];
        for (list, error) in lists {
            if !same_ratio(shifted(list, rng), tau) {
                return Err(error);
            }
        }
        let in_g2 = combine_shifted::<G2Projective>(&self.tau_g2, rng);
        if !same_ratio((one_g1, *tau_g1), in_g2) {
            return Err(PowersError::TauG2);
        }
        if !same_ratio((one_g1, *beta), (one_g2, self.beta_g2)) {
            return Err(PowersError::BetaG2);
        }
        Ok(())
    }
}

fn secrets(seed: &[u8; 32]) -> [Fr; 3] {
    let mut stream = Stream::new(seed);
    std::array::from_fn(|_| stream.scalar())
}

/// Scalars of 128 random bits.
pub(super) fn combiners(count: usize, rng: &mut (impl RngCore + CryptoRng)) -> Vec<Fr> {
    let random = || {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Fr::from(u128::from_le_bytes(bytes))
    };
    std::iter::repeat_with(random).take(count).collect()
}

/// A random combination of all but the last, and the same of all but the first.
fn combine_shifted<G: CurveGroup<ScalarField = Fr> + VariableBaseMSM>(
    points: &[G::Affine],
    rng: &mut (impl RngCore + CryptoRng),
) -> (G::Affine, G::Affine) {
    let scalars = combiners(points.len().saturating_sub(1), rng);
    let combine = |points: &[G::Affine]| G::msm_unchecked(points, &scalars).into_affine();
    (
        combine(&points[..scalars.len()]),
        combine(points.get(1..).unwrap_or_default()),
    )
}

/// Whether the second of a pair is the same multiple of the first in both groups. Of a pair with the identity it is not.
pub(super) fn same_ratio(g1: (G1Affine, G1Affine), g2: (G2Affine, G2Affine)) -> bool {
    let is_any_zero = g1.0.is_zero() || g1.1.is_zero() || g2.0.is_zero() || g2.1.is_zero();
    !is_any_zero && Bn254::multi_pairing([g1.0, -g1.1], [g2.1, g2.0]).is_zero()
}
