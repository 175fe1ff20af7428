//! The checks of a whole ceremony: powers, initial key, every contribution, and what came of the key.
//!
//! The two long lists are compared in one random combination each: e(Σ ρᵢ·Lᵢ, δ) = e(Σ ρᵢ·Lᵢ⁰, 1), which a false list passes with a chance
//! of 2⁻¹²⁸.

use std::fmt;

use ark_bn254::{Bn254, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr as _, CurveGroup as _, VariableBaseMSM as _};
use ark_groth16::ProvingKey;
use rand::{CryptoRng, RngCore};

use super::contribution::{Chain, Contribution};
use super::parameters::Parameters;
use super::powers::{Powers, combiners, same_ratio};
use super::transcript::Transcript;
use super::{Ceremony, CeremonyCircuit, CeremonyError, initial};

/// The most contributions that are read.
pub(super) const CONTRIBUTIONS_MAX: usize = 10_000;

/// A check that held.
#[derive(Debug, Clone, Copy)]
pub enum Check<'a> {
    /// The file is the one of the transcript, and its points are powers of one τ, α and β.
    Powers,
    /// The initial key is what comes from these powers and this circuit.
    InitialKey,
    /// A contribution follows on the ones before, and its factor was known to whoever made it.
    Contribution(usize, &'a Contribution),
    /// The last δ is the key's, in both groups.
    Delta,
    /// The L query was divided by δ.
    LQuery,
    /// The H query was divided by δ.
    HQuery,
}

impl fmt::Display for Check<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Powers => f.write_str("the file of powers holds the powers of one tau"),
            Self::InitialKey => {
                f.write_str("the initial key comes from these powers and this circuit")
            }
            Self::Contribution(number, by) => match by.beacon {
                None => write!(
                    f,
                    "contribution {number} ({}) multiplied delta by a factor it knew",
                    by.name
                ),
                Some(_) => write!(f, "contribution {number} ({}) is the beacon's", by.name),
            },
            Self::Delta => f.write_str("the key has the delta of the last contribution"),
            Self::LQuery => f.write_str("the L query was divided by delta"),
            Self::HQuery => f.write_str("the H query was divided by delta"),
        }
    }
}

/// Checks all, and gives the key.
pub(super) fn verify(
    ceremony: &Ceremony,
    circuit: &CeremonyCircuit,
    powers: &Powers,
    rng: &mut (impl RngCore + CryptoRng),
    on_check: &mut dyn FnMut(Check<'_>),
) -> Result<ProvingKey<Bn254>, CeremonyError> {
    let transcript = &ceremony.transcript;
    if transcript.circuit != circuit.id || transcript.relation != circuit.relation() {
        return Err(CeremonyError::OtherRelation(transcript.circuit));
    }
    if transcript.powers != *powers.origin() {
        return Err(CeremonyError::OtherPowers);
    }
    // The cheap checks come first: what is forged is mostly found by them.
    check_chain(transcript, &ceremony.parameters, on_check)?;
    powers.check(rng)?;
    on_check(Check::Powers);
    let mut key =
        initial::initial_key(powers, &circuit.shape).ok_or(CeremonyError::PowersTooFew)?;
    if initial::digest(&key) != transcript.initial_key {
        return Err(CeremonyError::OtherInitialKey);
    }
    on_check(Check::InitialKey);
    check_parameters(&ceremony.parameters, &key, rng, on_check)?;
    ceremony.parameters.clone().put_into(&mut key);
    Ok(key)
}

/// Checks every contribution, and that the parameters' δ is the last one's.
pub(super) fn check_chain(
    transcript: &Transcript,
    parameters: &Parameters,
    on_check: &mut dyn FnMut(Check<'_>),
) -> Result<Chain, CeremonyError> {
    let contributions = &transcript.contributions;
    if contributions.len() > CONTRIBUTIONS_MAX {
        return Err(CeremonyError::TooManyContributions(CONTRIBUTIONS_MAX));
    }
    let chain = Chain::new(&transcript.initial_key);
    let (chain, delta) = check_contributions(chain, contributions, on_check)?;
    if parameters.delta_g1 != delta {
        return Err(CeremonyError::DeltaMismatch);
    }
    if !same_ratio(
        (G1Affine::generator(), delta),
        (G2Affine::generator(), parameters.delta_g2),
    ) {
        return Err(CeremonyError::DeltaG2);
    }
    on_check(Check::Delta);
    Ok(chain)
}

/// Checks contributions one after the other, and gives the chain and δ behind the last.
pub(super) fn check_contributions(
    mut chain: Chain,
    contributions: &[Contribution],
    on_check: &mut dyn FnMut(Check<'_>),
) -> Result<(Chain, G1Affine), CeremonyError> {
    let mut delta = G1Affine::generator();
    let mut is_closed = false;
    for (number, contribution) in (1..).zip(contributions) {
        if is_closed {
            return Err(CeremonyError::AfterBeacon(number));
        }
        contribution
            .check(&chain, delta)
            .map_err(|flaw| CeremonyError::Contribution {
                number,
                name: contribution.name.to_string(),
                flaw,
            })?;
        on_check(Check::Contribution(number, contribution));
        chain.push(contribution);
        delta = contribution.delta.0;
        is_closed = contribution.beacon.is_some();
    }
    Ok((chain, delta))
}

/// Checks that the two lists are the initial key's, divided by δ.
pub(super) fn check_parameters(
    parameters: &Parameters,
    initial: &ProvingKey<Bn254>,
    rng: &mut (impl RngCore + CryptoRng),
    on_check: &mut dyn FnMut(Check<'_>),
) -> Result<(), CeremonyError> {
    let delta = (G2Affine::generator(), parameters.delta_g2);
    let mut is_divided = |now: &[G1Affine], before: &[G1Affine]| {
        let scalars = combiners(before.len(), rng);
        let combine =
            |points: &[G1Affine]| G1Projective::msm_unchecked(points, &scalars).into_affine();
        now.len() == before.len() && same_ratio((combine(now), combine(before)), delta)
    };
    if !is_divided(&parameters.l_query, &initial.l_query) {
        return Err(CeremonyError::LQuery);
    }
    on_check(Check::LQuery);
    if !is_divided(&parameters.h_query, &initial.h_query) {
        return Err(CeremonyError::HQuery);
    }
    on_check(Check::HQuery);
    Ok(())
}
