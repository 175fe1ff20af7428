//! `not_sanctioned@1.0.0` and `not_revoked@1.0.0`: a value of the credential lies in a gap of a list.
//!
//! The one public input is the list's root; its name, date and signature are the verifier's to judge. For `not_sanctioned` the value
//! is the screening identity, and one row keeps out 2¹²⁸, which stands for a credential without one. For `not_revoked` it
//! is the revocation number and one more, since 0 is no value of a list.
//!
//! `docs/circuits/listed.md` has the counts and their reasons.

use ark_bn254::Fr;
use ark_ff::One as _;
use zapiki_core::claim::is_signer;
use zapiki_core::credential::{ABSENT, Slot};
use zapiki_core::public_inputs::Claim;
use zapiki_core::signed_root::SignedRoot;
use zapiki_core::statement::Statement;

use super::relation::{PrivateInputs, Relation, Slots};
use crate::groth16::gadgets::gap::{Parts, enforce_absence};
use crate::groth16::r1cs::{Builder, Num};

/// Public inputs of its own: the root.
pub(crate) const NOT_SANCTIONED: Relation = Relation {
    statement_inputs: 1,
    inputs: |claim| match &claim.statement {
        Statement::NotSanctioned(statement) => Some(vec![statement.list().root.0]),
        _ => None,
    },
    fill: |_, _, _| Vec::new(),
    enforce: |b, inputs, slots, private| {
        enforce_not_sanctioned(b, &Num::constant(Fr::one()), &inputs[0], slots, private);
    },
};

/// Public inputs of its own: the root.
pub(crate) const NOT_REVOKED: Relation = Relation {
    statement_inputs: 1,
    inputs: |claim| match &claim.statement {
        Statement::NotRevoked(statement) => {
            revocations_root(claim, statement.list()).map(|root| vec![root])
        }
        _ => None,
    },
    fill: |_, _, _| Vec::new(),
    enforce: |b, inputs, slots, private| {
        enforce_not_revoked(b, &Num::constant(Fr::one()), &inputs[0], slots, private);
    },
};

/// The root, if the list is the word of the claim's issuer: nobody else says what the issuer revoked.
pub(crate) fn revocations_root(claim: &Claim, list: &SignedRoot) -> Option<Fr> {
    is_signer(&claim.issuer, list).then_some(list.root.0)
}

/// Demands a screening identity that is not on the list.
pub(crate) fn enforce_not_sanctioned(
    b: &mut Builder,
    asked: &Num,
    root: &Num,
    slots: &Slots,
    private: &PrivateInputs,
) {
    let id = &slots[Slot::ScreeningId as usize];
    b.part("sanctions: identity");
    // asked·(id − absent) + (1 − asked): not zero exactly if nothing is asked or there is an identity.
    let presence = b.multiply(asked, &id.plus_constant(-*ABSENT));
    let idle = Num::constant(Fr::one()).minus(asked);
    b.enforce_non_zero(&presence.plus(&idle));
    let parts = Parts {
        leaf: "sanctions: leaf",
        path: "sanctions: path",
        root: "sanctions: root",
        order: "sanctions: order",
    };
    enforce_absence(b, &parts, asked, id, root, private.sanctions.as_ref());
}

/// Demands a revocation number that is not on the list.
pub(crate) fn enforce_not_revoked(
    b: &mut Builder,
    asked: &Num,
    root: &Num,
    slots: &Slots,
    private: &PrivateInputs,
) {
    let value = slots[Slot::RevocationId as usize].plus_constant(Fr::one());
    let parts = Parts {
        leaf: "revocation: leaf",
        path: "revocation: path",
        root: "revocation: root",
        order: "revocation: order",
    };
    enforce_absence(b, &parts, asked, &value, root, private.revocations.as_ref());
}
