//! EdDSA over Baby Jubjub with Poseidon, as circomlib and iden3 have it: S·B8 = R8 + 8h·A, h = Poseidon(R8, A, message).
//!
//! The check is turned around: R8 is forced to be S·B8 − 8h·A. Then it is a point of the prime subgroup by
//! construction, and needs no check of its own. That is the signature relation itself: a signature that the native check
//! accepts has just this R8, since B8 and A (public, checked natively) generate nothing outside the subgroup.
//!
//! *Two challenges.* h has 254 bits that are not forced to be those below q: for h < 2²⁵⁴ − q a prover may use the bits of
//! h + q. A forger thus has at most two challenges per hash instead of one, which costs one bit of the 125 that the
//! group offers against a random-oracle forger (each hash query is good for two tries), and saves the 250 rows of a
//! strict decomposition.

use zapiki_core::suites::bjj_poseidon::Signature;

use super::montgomery::Point;
use super::scalar_mul::{H_BITS, multiply_fixed_base, multiply_public_base};
use super::{poseidon, range};
use crate::groth16::r1cs::{Builder, Num};

/// The issuer's key in the circuit: A for the hash, and what [`super::scalar_mul::public_base`] makes of it.
pub(crate) struct IssuerNums {
    pub(crate) x: Num,
    pub(crate) y: Num,
    pub(crate) base: Point,
    pub(crate) start: Point,
}

/// Demands that the signature is the issuer's over the message.
pub(crate) fn enforce_signature(
    builder: &mut Builder,
    issuer: &IssuerNums,
    message: &Num,
    signature: &Signature,
) {
    builder.part("signature: challenge hash");
    let r8_x = builder.witness(signature.r8.x);
    let r8_y = builder.witness(signature.r8.y);
    let inputs = [
        r8_x.clone(),
        r8_y.clone(),
        issuer.x.clone(),
        issuer.y.clone(),
        message.clone(),
    ];
    let h = poseidon::hash(builder, &inputs);

    builder.part("signature: challenge bits");
    let bits = range::to_bits::<H_BITS>(builder, &h);

    builder.part("signature: public base");
    let minus_8ha = multiply_public_base(builder, &bits, &issuer.base, &issuer.start);

    builder.part("signature: fixed base");
    let s_b8 = multiply_fixed_base(builder, &signature.s);

    // The operands are unrelated to anybody who does not know the issuer's key; the guard spares the argument, and
    // keeps the identity out.
    builder.part("signature: equation");
    let r8 = s_b8.add_guarded(builder, &minus_8ha);
    r8.enforce_edwards(builder, &r8_x, &r8_y);
}
