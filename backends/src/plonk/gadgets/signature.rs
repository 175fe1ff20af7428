//! The issuer's signature: S·G = R + e·A with e = Poseidon(tag, R, A, message), by the library's curve gadget.
//!
//! R and A are witnessed as points of the curve other than the identity; A's coordinates are public, R's are in the challenge. The gadget
//! multiplies by an element of the base field: it decomposes the integer below p and shows that there is no second decomposition,
//! and its incomplete additions meet no exception for any scalar and any point but the identity (Halo 2 book, variable-base scalar
//! multiplication). Zero times a point is the identity, which the last addition, a complete one, takes.

use halo2_gadgets::ecc::{NonIdentityPoint, ScalarVar};
use halo2_proofs::circuit::{Layouter, Value};
use halo2_proofs::plonk::Error;
use pasta_curves::pallas::Base;
use zapiki_core::suites::pallas_poseidon::{Point, SIGNATURE_TAG, Signature};

use super::hash::hash;
use crate::plonk::config::{Config, Number};

/// The issuer's key: the point as the prover knows it, and its public coordinates.
pub(crate) struct IssuerCells {
    pub(crate) point: Value<Point>,
    pub(crate) x: Number,
    pub(crate) y: Number,
}

/// Demands that the signature over the message is the issuer's.
pub(crate) fn enforce_signature(
    config: &Config,
    mut layouter: impl Layouter<Base>,
    issuer: &IssuerCells,
    message: Number,
    signature: Value<&Signature>,
) -> Result<(), Error> {
    let curve = config.curve();
    let public_key = NonIdentityPoint::new(
        curve.clone(),
        layouter.namespace(|| ""),
        issuer.point.map(|point| *point.affine()),
    )?;
    let nonce = NonIdentityPoint::new(
        curve.clone(),
        layouter.namespace(|| ""),
        signature.map(|signature| *signature.r.affine()),
    )?;
    let (tag, response) = layouter.assign_region(
        || "public key, tag, response",
        |mut region| {
            region.constrain_equal(public_key.inner().x().cell(), issuer.x.cell())?;
            region.constrain_equal(public_key.inner().y().cell(), issuer.y.cell())?;
            let column = config.advices[0];
            let tag = region.assign_advice_from_constant(|| "tag", column, 0, *SIGNATURE_TAG)?;
            let value = signature.map(|signature| signature.s);
            let response = region.assign_advice(|| "response", column, 1, || value)?;
            Ok((tag, response))
        },
    )?;

    let (r, a) = (nonce.inner(), public_key.inner());
    let inputs = [tag, r.x(), r.y(), a.x(), a.y(), message];
    let challenge = hash(config, layouter.namespace(|| "challenge"), inputs)?;

    let generator = NonIdentityPoint::new_from_constant(
        curve.clone(),
        layouter.namespace(|| ""),
        *Point::generator().affine(),
    )?;
    let response = ScalarVar::from_base(curve.clone(), layouter.namespace(|| ""), &response)?;
    let (left, _) = generator.mul(layouter.namespace(|| "S·G"), response)?;
    let challenge = ScalarVar::from_base(curve, layouter.namespace(|| ""), &challenge)?;
    let (right, _) = public_key.mul(layouter.namespace(|| "e·A"), challenge)?;
    let right = right.add(layouter.namespace(|| "R + e·A"), &nonce)?;
    left.constrain_equal(layouter.namespace(|| "equation"), &right)
}
