//! Whether a witness satisfies a claim: the native form of the relation that the circuits prove.
//!
//! A prover could skip this and fail; the caller would learn nothing from that. So each way to fail has a name here,
//! and the name is all that leaves: no value of the witness is in an error.

use thiserror::Error;

use crate::credential::Attributes;
use crate::problem::ProblemCode;
use crate::public_inputs::{Claim, Nullifier};
use crate::signed_root::SignedRoot;
use crate::statement::Statement;
use crate::statements::income::IncomeUnit;
use crate::statements::listed::{revocation_value, screening_value};
use crate::suites::bjj_poseidon::Fr;
use crate::suites::{IssuerKey, SuiteId, bjj_poseidon, pallas_poseidon, rescue_merkle};
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
    /// The income is in another currency than the statement's.
    #[error("the credential's income is in another currency than the statement's")]
    CurrencyDiffers,
    /// The income is counted by another period than the statement's.
    #[error("the credential's income is counted by another period than the statement's")]
    PeriodDiffers,
    /// The list of revocations is not the claimed issuer's.
    #[error("the list of revocations was signed by another key than the claimed issuer's")]
    ForeignRevocations,
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
            Self::CurrencyDiffers => ProblemCode::CredentialCurrencyDiffers,
            Self::PeriodDiffers => ProblemCode::CredentialPeriodDiffers,
            Self::ForeignRevocations => ProblemCode::RevocationsForeignIssuer,
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

    let suite = claim.issuer.suite();
    let signer = credential.signatures.issuer(suite);
    if signer.ok_or(ClaimError::SuiteMissing)? != claim.issuer {
        return Err(ClaimError::ForeignIssuer);
    }
    credential
        .check_signature(suite)
        .ok_or(ClaimError::SuiteMissing)?
        .map_err(|_| ClaimError::ForgedSignature)?;

    let nullifier = open_holder(claim, witness)?;

    let as_of = claim.statement.as_of();
    if as_of < attributes.issued_at {
        return Err(ClaimError::NotYetValid);
    }
    if as_of > attributes.expires_at {
        return Err(ClaimError::Expired);
    }

    for part in claim.statement.parts() {
        if !is_satisfied(part, claim, witness)? {
            return Err(ClaimError::NotSatisfied);
        }
    }

    Ok(nullifier)
}

/// Checks that the holder secret opens the commitment of the claim's suite, and computes the nullifier.
fn open_holder(claim: &Claim, witness: &Witness) -> Result<Nullifier, ClaimError> {
    let secret = witness.holder_secret.expose();
    match claim.issuer.suite() {
        SuiteId::BjjPoseidonBn254 => {
            let commitment = witness.credential.attributes.holder_commitment.0;
            if bjj_poseidon::holder_commitment(secret) != commitment {
                return Err(ClaimError::ForeignHolder);
            }
            Ok(bjj_poseidon::nullifier(secret, &claim.scope.to_field()).into())
        }
        SuiteId::RescueMerkleEd25519 => {
            let signed = witness.credential.signatures.rescue_merkle_ed25519.as_ref();
            let signed = signed.ok_or(ClaimError::SuiteMissing)?;
            let key = rescue_merkle::HolderKey::derive(&witness.holder_secret.to_bytes());
            if rescue_merkle::holder_commitment(&key) != signed.holder_commitment {
                return Err(ClaimError::ForeignHolder);
            }
            Ok(rescue_merkle::nullifier(&key, claim.scope.as_str()).into())
        }
        SuiteId::PallasPoseidon => {
            let signed = witness.credential.signatures.pallas_poseidon.as_ref();
            let signed = signed.ok_or(ClaimError::SuiteMissing)?;
            let key = pallas_poseidon::HolderKey::derive(&witness.holder_secret.to_bytes());
            if pallas_poseidon::holder_commitment(&key) != signed.holder_commitment.0 {
                return Err(ClaimError::ForeignHolder);
            }
            let nullifier = pallas_poseidon::nullifier(&key, claim.scope.as_str());
            Ok(pallas_poseidon::Element(nullifier).into())
        }
    }
}

/// Whether a statement without parts is true of the witness.
fn is_satisfied(
    statement: &Statement,
    claim: &Claim,
    witness: &Witness,
) -> Result<bool, ClaimError> {
    const MISSING: ClaimError = ClaimError::AttributeMissing;
    let attributes = &witness.credential.attributes;
    let is_absent = |list: &SignedRoot, value: Fr| {
        let absence = witness.absences.of(list);
        absence.is_some_and(|absence| absence.shows(&value, &list.root.0))
    };
    Ok(match statement {
        Statement::AgeOver(statement) => {
            attributes.birth_date.ok_or(MISSING)? <= statement.birth_cutoff()
        }
        Statement::IncomeAtLeast(statement) => {
            amount_in(statement.unit(), attributes)? >= statement.minimum_minor()
        }
        Statement::IncomeInRange(statement) => {
            let amount = amount_in(statement.unit(), attributes)?;
            (statement.minimum_minor()..=statement.maximum_minor()).contains(&amount)
        }
        Statement::ResidentOf(statement) => {
            let country = attributes.country_of_residence.ok_or(MISSING)?;
            statement.countries().contains(&country)
        }
        Statement::NotSanctioned(statement) => {
            let id = screening_value(attributes).ok_or(MISSING)?;
            is_absent(statement.list(), id)
        }
        Statement::NotRevoked(statement) => {
            if !is_signer(&claim.issuer, statement.list()) {
                return Err(ClaimError::ForeignRevocations);
            }
            is_absent(statement.list(), revocation_value(attributes.revocation_id))
        }
        // Its parts are asked one by one.
        Statement::AllOf(_) => false,
    })
}

/// Whether the list is the issuer's own word.
#[must_use]
pub fn is_signer(issuer: &IssuerKey, list: &SignedRoot) -> bool {
    match issuer {
        IssuerKey::BjjPoseidonBn254(key) => *key == list.signer,
        // Lists are signed under that suite alone.
        IssuerKey::RescueMerkleEd25519(_) | IssuerKey::PallasPoseidon(_) => false,
    }
}

/// The amount of the income, if it is counted in this unit.
fn amount_in(unit: IncomeUnit, attributes: &Attributes) -> Result<u64, ClaimError> {
    let income = attributes
        .income
        .as_ref()
        .ok_or(ClaimError::AttributeMissing)?;
    if income.currency != unit.currency {
        return Err(ClaimError::CurrencyDiffers);
    }
    if income.period != unit.period {
        return Err(ClaimError::PeriodDiffers);
    }
    Ok(income.amount_minor)
}
