//! Many proofs under one verifying key, checked together.
//!
//! The small-exponents test (Bellare, Garay and Rabin, "Fast Batch Verification for Modular Exponentiation and Digital
//! Signatures", EUROCRYPT '98) on Groth16's equation, as in the Zcash protocol specification, appendix B.2. With a random 128-bit
//! rᵢ for each proof,
//!
//! Π e(rᵢ·Aᵢ, Bᵢ) = e(Σrᵢ·α, β) · e(Σ rᵢ·ICᵢ, γ) · e(Σ rᵢ·Cᵢ, δ)
//!
//! costs n + 3 Miller loops and one final exponentiation instead of 3n and n. If a proof's own equation does not hold, this one
//! holds for at most one of all its 2¹²⁸ values of rᵢ, since all points are in groups of prime order: whoever parsed the
//! proofs has checked that. The rᵢ are drawn after the proofs are known, and nobody else sees them.

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::Pairing as _;
use ark_ec::{AffineRepr as _, CurveGroup as _, VariableBaseMSM as _};
use ark_ff::Zero as _;
use ark_groth16::{Groth16, PreparedVerifyingKey, Proof};
use rand::{CryptoRng, RngCore};

/// A proof and the field elements that its verifier feeds in: as many as the key has points for, less one.
pub(crate) struct Item {
    pub(crate) proof: Proof<Bn254>,
    pub(crate) inputs: Vec<Fr>,
}

/// Which of the proofs hold. A batch that does not is halved until the ones to blame are found.
pub(crate) fn verify(
    key: &PreparedVerifyingKey<Bn254>,
    items: &[Item],
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<bool> {
    match items {
        [] => Vec::new(),
        [item] => vec![matches!(
            Groth16::<Bn254>::verify_proof(key, &item.proof, &item.inputs),
            Ok(true)
        )],
        _ if all_hold(key, items, rng) => vec![true; items.len()],
        _ => {
            let (left, right) = items.split_at(items.len() / 2);
            let mut held = verify(key, left, rng);
            held.extend(verify(key, right, rng));
            held
        }
    }
}

fn all_hold(
    key: &PreparedVerifyingKey<Bn254>,
    items: &[Item],
    rng: &mut (impl RngCore + CryptoRng),
) -> bool {
    let vk = &key.vk;
    let mut scalars = Vec::with_capacity(items.len());
    // Σrᵢ and Σ rᵢ·xᵢⱼ: the key's points are multiplied once for all proofs.
    let mut of_key = vec![Fr::zero(); vk.gamma_abc_g1.len()];
    let mut left = Vec::with_capacity(items.len() + 3);
    let mut right: Vec<G2Affine> = Vec::with_capacity(items.len() + 3);
    for item in items {
        if item.inputs.len() + 1 != of_key.len() {
            return false;
        }
        let r = [rng.next_u64(), rng.next_u64()];
        left.push(item.proof.a.mul_bigint(r));
        right.push(item.proof.b);
        let r = Fr::from(u128::from(r[1]) << 64 | u128::from(r[0]));
        scalars.push(r);
        of_key[0] += r;
        for (sum, input) in of_key[1..].iter_mut().zip(&item.inputs) {
            *sum += r * input;
        }
    }
    let c: Vec<G1Affine> = items.iter().map(|item| item.proof.c).collect();
    let msm = |points: &[G1Affine], scalars: &[Fr]| G1Projective::msm(points, scalars).ok();
    let (Some(inputs), Some(c)) = (msm(&vk.gamma_abc_g1, &of_key), msm(&c, &scalars)) else {
        return false;
    };
    left.extend([-(vk.alpha_g1 * of_key[0]), -inputs, -c]);
    right.extend([vk.beta_g2, vk.gamma_g2, vk.delta_g2]);
    Bn254::multi_pairing(G1Projective::normalize_batch(&left), right).is_zero()
}
