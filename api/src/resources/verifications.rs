//! `/v1/verifications`: does the proof hold, and is it a proof for you, now?
//!
//! Two answers, because they fail apart: a valid proof of somebody else's challenge is mathematics without meaning.

use chrono::Utc;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;
use zapiki_backends::{CircuitStatus, InvalidReason, Verdict, VerifyError};
use zapiki_core::day::Day;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::ids::TenantId;
use zapiki_core::problem::ProblemCode;
use zapiki_store::ChallengeUse;

use super::Tag;
use crate::auth::Auth;
use crate::body::Body;
use crate::problem::Problem;
use crate::schemas::{CheckName, CheckStatus, NewVerificationRequest, PolicyCheck, Verification};
use crate::state::Api;

const AS_OF_AGE_DAYS_DEFAULT: u16 = 1;

pub(crate) struct VerificationsApi;

#[OpenApi(prefix_path = "/v1", tag = "Tag::Verifications")]
impl VerificationsApi {
    /// Judge a proof
    ///
    /// `proof_valid`: the mathematics hold. `policy_satisfied`: you trust the issuer, the challenge is yours and unused, the
    /// as-of date is fresh and the circuit not withdrawn. A verification of a valid proof uses its challenge up.
    #[oai(
        path = "/verifications",
        method = "post",
        operation_id = "verify_proof"
    )]
    async fn create(
        &self,
        api: &Api,
        auth: Auth,
        request: Body<NewVerificationRequest>,
    ) -> Result<Json<Verification>, Problem> {
        let NewVerificationRequest {
            proof,
            as_of_age_days_max,
        } = request.into_inner();
        let envelope = proof.value;
        let verdict = judge(api, envelope.clone()).await?;
        let proof_valid = verdict == Verdict::Valid;
        let age_days_max = as_of_age_days_max.unwrap_or(AS_OF_AGE_DAYS_DEFAULT);
        let checks = if proof_valid {
            check_policy(api, auth.tenant(), &envelope, age_days_max).await?
        } else {
            skipped()
        };
        Ok(Json(Verification {
            proof_valid,
            policy_satisfied: proof_valid
                && checks
                    .iter()
                    .all(|check| check.status == CheckStatus::Passed),
            reason: reason(verdict).to_owned(),
            checks,
        }))
    }
}

/// Verifies, off the threads that answer requests.
async fn judge(api: &Api, envelope: ProofEnvelope) -> Result<Verdict, Problem> {
    let system = envelope.system;
    let backend = api.registry.get(system).cloned().ok_or_else(|| {
        let detail = format!("The proof system `{system}` is not offered here.");
        Problem::new(ProblemCode::UnknownSystem, detail).at("proof.system")
    })?;
    let verified = tokio::task::spawn_blocking(move || backend.verify(&envelope)).await;
    let verified =
        verified.map_err(|_| Problem::new(ProblemCode::Internal, "The verifier failed."))?;
    verified.map_err(|error| match error {
        VerifyError::UnknownCircuit(circuit) => {
            let detail =
                format!("There is no circuit {circuit} here, so its proofs cannot be judged.");
            Problem::new(ProblemCode::UnknownCircuit, detail).at("proof.circuit")
        }
        VerifyError::ForeignSystem(_) => {
            Problem::new(ProblemCode::UnknownSystem, error.to_string()).at("proof.system")
        }
    })
}

const fn reason(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "The proof holds.",
        Verdict::Invalid(InvalidReason::VerifyingKeyMismatch) => {
            "The proof names another verifying key than its circuit has."
        }
        Verdict::Invalid(InvalidReason::Mislabelled) => {
            "The envelope says of the proof system what is not so."
        }
        Verdict::Invalid(InvalidReason::MalformedProof) => "The bytes are no proof of this system.",
        Verdict::Invalid(InvalidReason::EquationFailed) => {
            "The proof is not of these public inputs: one of the two was changed."
        }
    }
}

fn check(name: CheckName, holds: bool, reason: impl Into<String>) -> PolicyCheck {
    let status = if holds {
        CheckStatus::Passed
    } else {
        CheckStatus::Failed
    };
    PolicyCheck {
        name,
        status,
        reason: reason.into(),
    }
}

fn skipped() -> Vec<PolicyCheck> {
    let names = [
        CheckName::IssuerTrusted,
        CheckName::AsOfFresh,
        CheckName::CircuitActive,
        CheckName::ChallengeFresh,
    ];
    let reason = "Not looked at: the proof itself is not valid.".to_owned();
    names
        .map(|name| PolicyCheck {
            name,
            status: CheckStatus::Skipped,
            reason: reason.clone(),
        })
        .into()
}

async fn check_policy(
    api: &Api,
    tenant: TenantId,
    envelope: &ProofEnvelope,
    age_days_max: u16,
) -> Result<Vec<PolicyCheck>, Problem> {
    let claim = &envelope.public_inputs.claim;
    let now = Utc::now();

    let trusted = api.store.issuer_by_key(tenant, &claim.issuer).await?;
    let issuer = match trusted {
        Some(issuer) => check(
            CheckName::IssuerTrusted,
            true,
            format!("You trust this issuer as `{}`.", issuer.name),
        ),
        None => check(
            CheckName::IssuerTrusted,
            false,
            "You do not trust this issuer key. POST /v1/issuers adds one.",
        ),
    };

    let as_of = check_as_of(claim.statement.as_of(), now, age_days_max);

    let is_active = api.registry.circuits().any(|(system, circuit)| {
        system == envelope.system
            && circuit.id == envelope.circuit
            && circuit.status == CircuitStatus::Active
    });
    let circuit = if is_active {
        check(CheckName::CircuitActive, true, "The circuit is in use.")
    } else {
        check(
            CheckName::CircuitActive,
            false,
            "The circuit was withdrawn. Ask for a proof with the current one.",
        )
    };

    // Last: it is used up by being looked at.
    let used = api
        .store
        .consume_challenge(tenant, &claim.challenge, now)
        .await?;
    let (is_fresh, reason) = match used {
        ChallengeUse::Consumed => (
            true,
            "The challenge was yours and unused. It is used up now.",
        ),
        ChallengeUse::Unknown => (
            false,
            "You never asked for this challenge. POST /v1/challenges makes one.",
        ),
        ChallengeUse::Expired => (false, "The challenge expired before the proof came."),
        ChallengeUse::AlreadyUsed => (
            false,
            "The challenge was used before: this may be a replay.",
        ),
    };
    Ok(vec![
        issuer,
        as_of,
        circuit,
        check(CheckName::ChallengeFresh, is_fresh, reason),
    ])
}

fn check_as_of(as_of: Day, now: chrono::DateTime<Utc>, age_days_max: u16) -> PolicyCheck {
    let age_days = (now.date_naive() - as_of.as_naive_date()).num_days();
    // Somewhere on earth tomorrow has begun.
    let is_fresh = (-1..=i64::from(age_days_max)).contains(&age_days);
    let reason = match age_days {
        ..-1 => format!("The as-of date {as_of} lies in the future."),
        _ if is_fresh => format!("The as-of date {as_of} is fresh."),
        _ => format!(
            "The as-of date {as_of} lies {age_days} days back; at most {age_days_max} are allowed."
        ),
    };
    check(CheckName::AsOfFresh, is_fresh, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_as_of_window_has_two_ends() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let status = |as_of: &str, max| check_as_of(as_of.parse().unwrap(), now, max).status;
        for (as_of, max, expected) in [
            ("2026-11-24", 0, CheckStatus::Passed),
            ("2026-11-25", 0, CheckStatus::Passed),
            ("2026-11-26", 1, CheckStatus::Failed),
            ("2026-11-23", 1, CheckStatus::Passed),
            ("2026-11-22", 1, CheckStatus::Failed),
            ("2026-11-22", 2, CheckStatus::Passed),
        ] {
            assert_eq!(status(as_of, max), expected, "{as_of}, {max} days");
        }
    }
}
