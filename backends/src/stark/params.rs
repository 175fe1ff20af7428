//! The parameters of the proof system, and what winterfell estimates of their security.
//!
//! | parameter | value | why |
//! | --- | --- | --- |
//! | field | p = 2⁶⁴ − 2³² + 1, cubic extension | 192 bits to draw challenges from |
//! | blow-up | 16 | rate 1/16: degree 8 needs 8 at least; more makes queries count more |
//! | queries | 44 | at two bits each in the proven regime |
//! | grinding | 16 bits | |
//! | folding | by 8, to a remainder below degree 32 | |
//! | hash | BLAKE3, 256 bits | 128 bits against collisions: the ceiling of every estimate |
//! | batching | linear | independent coefficients: no loss by their number |
//!
//! Conjectured security by the library's estimate (ethSTARK documentation, ePrint 2021/582, conjecture 1) is 128 bits. That conjecture
//! speaks of proximity up to capacity, which was refuted in this strong form (Crites and Stewart, ePrint 2025/2046). So the
//! *proven* estimate (list decoding up to the Johnson bound, ePrint 2024/1553) is asserted too, at the same level. It is worth
//! some queries.

use winter_air::proof::Context;
use winterfell::crypto::hashers::Blake3_256;
use winterfell::crypto::{DefaultRandomCoin, MerkleTree};
use winterfell::math::fields::f64::BaseElement;
use winterfell::{AcceptableOptions, BatchingMethod, FieldExtension, Proof, ProofOptions};

/// Hash of the commitments and of the transcript.
pub(crate) type TraceHash = Blake3_256<BaseElement>;
/// Commits to rows.
pub(crate) type Commitment = MerkleTree<TraceHash>;
/// The transcript.
pub(crate) type Coin = DefaultRandomCoin<TraceHash>;

/// The least security of a proof, in bits, by each of the library's two estimates.
pub(crate) const SECURITY_BITS_MIN: u32 = 96;

/// The one set of parameters there is.
pub(crate) const OPTIONS: ProofOptions = ProofOptions::new(
    44,
    16,
    16,
    FieldExtension::Cubic,
    8,
    31,
    BatchingMethod::Linear,
    BatchingMethod::Linear,
);

/// What the library estimates of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Security {
    pub(crate) conjectured_bits: u32,
    pub(crate) proven_bits: u32,
}

impl Security {
    pub(crate) fn of_proof(proof: &Proof) -> Self {
        let proven = proof.proven_security::<TraceHash>();
        Self {
            conjectured_bits: proof.conjectured_security::<TraceHash>().bits(),
            proven_bits: proven.ldr_bits().max(proven.udr_bits()),
        }
    }

    /// Of every proof with this context: the estimates depend on nothing else.
    pub(crate) fn of_context(context: &Context) -> Self {
        let mut proof = Proof::new_dummy();
        proof.context = context.clone();
        Self::of_proof(&proof)
    }

    pub(crate) const fn is_enough(self) -> bool {
        self.conjectured_bits >= SECURITY_BITS_MIN && self.proven_bits >= SECURITY_BITS_MIN
    }
}

/// What the library's verifier is to demand.
pub(crate) const fn acceptable() -> AcceptableOptions {
    AcceptableOptions::MinConjecturedSecurity(SECURITY_BITS_MIN)
}
