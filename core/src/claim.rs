//! Whether a witness satisfies a claim: the native form of the relation that the circuits prove.
//!
//! A prover could skip this and fail; the caller would learn nothing from that. So each way to fail has a name here,
//! and the name is all that leaves: no value of the witness is in an error.

use thiserror::Error;

use crate::problem::ProblemCode;
use crate::public_inputs::{Claim, Nullifier};
use crate::statement::Statement;
use crate::suites::bjj_poseidon;
use crate::witness::Witness;

/// Why a witness does not satisfy a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClaimError {
    /// The credential carries no signature of the suite that the claim's issuer key is of.
    #[error("the credential carries no signature of the claimed suite")]
    SuiteMissing,
    /// The credential is signed by another key than the claim names.
    #[error("the credential was signed by another issuer key than the one claimed")]
    ForeignIssuer,
    /// The signature is not the issuer's over these attributes.
    #[error("the issuer's signature does not match the credential's attributes")]
    ForgedSignature,
    /// The as-of day comes before the credential's first day.
    #[error("the credential is not yet valid on the as-of date")]
    NotYetValid,
    /// The as-of day comes after the credential's last day.
    #[error("the credential has expired on the as-of date")]
    Expired,
    /// The holder secret does not open the credential's commitment.
    #[error("the holder secret does not belong to this credential")]
    ForeignHolder,
    /// The credential lacks the attribute that the statement is about.
    #[error("the credential lacks the attribute that the statement is about")]
    AttributeMissing,
    /// All is in order, and the statement is false.
    #[error("the credential does not satisfy the statement")]
    NotSatisfied,
}

impl ClaimError {
    /// The stable code of the problem.
    #[must_use]
    pub const fn code(self) -> ProblemCode {
        match self {
            Self::SuiteMissing => ProblemCode::CredentialSuiteMissing,
            Self::ForeignIssuer => ProblemCode::CredentialForeignIssuer,
            Self::ForgedSignature => ProblemCode::CredentialSignatureInvalid,
            Self::NotYetValid => ProblemCode::CredentialNotYetValid,
            Self::Expired => ProblemCode::CredentialExpired,
            Self::ForeignHolder => ProblemCode::CredentialForeignHolder,
            Self::AttributeMissing => ProblemCode::CredentialAttributeMissing,
            Self::NotSatisfied => ProblemCode::StatementNotSatisfied,
        }
    }
}

/// Checks the witness against the claim and computes the nullifier.
///
/// # Errors
/// The first part of the relation that does not hold. Whose credential it is comes first: nothing is said about the
/// contents of a credential that the claimed issuer did not sign.
pub fn check_claim(claim: &Claim, witness: &Witness) -> Result<Nullifier, ClaimError> {
    let credential = &witness.credential;
    let attributes = &credential.attributes;

    let signed = credential
        .signatures
        .get(&claim.issuer.suite)
        .ok_or(ClaimError::SuiteMissing)?;
    if signed.issuer_key != claim.issuer.key {
        return Err(ClaimError::ForeignIssuer);
    }
    credential
        .check_signature(signed)
        .map_err(|_| ClaimError::ForgedSignature)?;

    let secret = witness.holder_secret.expose();
    if bjj_poseidon::holder_commitment(secret) != attributes.holder_commitment.0 {
        return Err(ClaimError::ForeignHolder);
    }

    let as_of = claim.statement.as_of();
    if as_of < attributes.issued_at {
        return Err(ClaimError::NotYetValid);
    }
    if as_of > attributes.expires_at {
        return Err(ClaimError::Expired);
    }

    match &claim.statement {
        Statement::AgeOver(statement) => {
            let birth_date = attributes.birth_date.ok_or(ClaimError::AttributeMissing)?;
            if birth_date > statement.birth_cutoff() {
                return Err(ClaimError::NotSatisfied);
            }
        }
    }

    let nullifier = bjj_poseidon::nullifier(secret, &claim.scope.to_field());
    Ok(crate::credential::FieldElement(nullifier))
}
