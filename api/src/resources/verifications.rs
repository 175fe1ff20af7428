//! `/v1/verifications`: does the proof hold, and is it a proof for you, now?
//!
//! Two answers, because they fail apart: a valid proof of somebody else's challenge is mathematics without meaning.

use chrono::Utc;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;
use zapiki_backends::{CircuitStatus, InvalidReason, ProvenanceKind, Verdict, VerifyError};
use zapiki_core::day::Day;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::ids::TenantId;
use zapiki_core::problem::ProblemCode;
use zapiki_core::signed_root::SignedRoot;
use zapiki_core::statement::Statement;
use zapiki_core::suites::IssuerKey;
use zapiki_store::ChallengeUse;

use super::Tag;
use super::proofs::experimental;
use crate::auth::Auth;
use crate::body::Body;
use crate::deprecation::Noted;
use crate::forms::Text;
use crate::problem::Problem;
use crate::schemas::{
    CheckName, CheckStatus, NewVerificationRequest, PolicyCheck, Verification, VerificationBatch,
    VerificationBatchRequest,
};
use crate::state::Api;

const AS_OF_AGE_DAYS_DEFAULT: u16 = 1;
const LIST_AGE_DAYS_DEFAULT: u16 = 7;
/// The most proofs of one batch.
const BATCH_MAX: usize = 100;

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
    ) -> Result<Noted<Json<Verification>>, Problem> {
        let request = request.into_inner();
        let place = |_| "proof".to_owned();
        let terms = Terms {
            as_of_age_days_max: request.as_of_age_days_max,
            list_age_days_max: request.list_age_days_max,
            allow_experimental: request.allow_experimental,
            require_ceremony: request.require_ceremony.unwrap_or(false),
        };
        let envelope = request.proof.value;
        let (system, circuit) = (envelope.system, envelope.circuit);
        let mut judged = judge(api, &auth, vec![envelope], place, terms).await?;
        let missing = || Problem::new(ProblemCode::Internal, "The verifier gave no answer.");
        let judged = judged.pop().map(Json).ok_or_else(missing)?;
        Ok(Noted::new(api, system, circuit, judged))
    }

    /// Judge many proofs
    ///
    /// Each as a verification of its own would judge it, in the order given; two proofs of one challenge are a use and a
    /// replay. The mathematics are checked together, which takes a fraction of the time. A proof that cannot be judged at
    /// all refuses the whole request, and uses no challenge up.
    #[oai(
        path = "/verifications/batch",
        method = "post",
        operation_id = "verify_proofs"
    )]
    async fn create_batch(
        &self,
        api: &Api,
        auth: Auth,
        request: Body<VerificationBatchRequest>,
    ) -> Result<Json<VerificationBatch>, Problem> {
        let request = request.into_inner();
        if !(1..=BATCH_MAX).contains(&request.proofs.len()) {
            let detail = format!("A batch has 1 to {BATCH_MAX} proofs.");
            return Err(Problem::new(ProblemCode::InvalidField, detail).at("proofs"));
        }
        let proofs = request.proofs.into_iter().map(|proof| proof.value);
        let place = |index| format!("proofs[{index}]");
        let terms = Terms {
            as_of_age_days_max: request.as_of_age_days_max,
            list_age_days_max: request.list_age_days_max,
            allow_experimental: request.allow_experimental,
            require_ceremony: request.require_ceremony.unwrap_or(false),
        };
        let verifications = judge(api, &auth, proofs.collect(), place, terms).await?;
        let satisfied = verifications.iter().filter(|v| v.policy_satisfied);
        Ok(Json(VerificationBatch {
            satisfied: satisfied.count() as u64,
            verifications,
        }))
    }
}

/// What the caller accepts.
#[derive(Clone, Copy)]
struct Terms {
    as_of_age_days_max: Option<u16>,
    list_age_days_max: Option<u16>,
    allow_experimental: Option<bool>,
    require_ceremony: bool,
}

/// Judges proofs, each as if alone. `place` says where one stands in the request.
async fn judge(
    api: &Api,
    auth: &Auth,
    envelopes: Vec<ProofEnvelope>,
    place: impl Fn(usize) -> String,
    terms: Terms,
) -> Result<Vec<Verification>, Problem> {
    let registry = api.registry.clone();
    if !terms.allow_experimental.unwrap_or(false) {
        // Before anything is judged or used up: who did not ask for such a proof gets no verdict on it.
        for (index, envelope) in envelopes.iter().enumerate() {
            if registry.is_experimental(envelope.system) {
                let at = format!("{}.system", place(index));
                return Err(experimental(envelope.system).at(at));
            }
        }
    }
    // Off the threads that answer requests.
    let verified = tokio::task::spawn_blocking(move || {
        let verdicts = registry.verify_batch(&envelopes);
        (envelopes, verdicts)
    })
    .await;
    let (envelopes, verdicts) =
        verified.map_err(|_| Problem::new(ProblemCode::Internal, "The verifier failed."))?;
    let mut judged = Vec::with_capacity(envelopes.len());
    for (index, (envelope, verdict)) in envelopes.into_iter().zip(verdicts).enumerate() {
        judged.push((
            envelope,
            verdict.map_err(|error| unjudged(error, &place(index)))?,
        ));
    }

    let valid = judged
        .iter()
        .filter(|(_, verdict)| *verdict == Verdict::Valid);
    let valid: Vec<&ProofEnvelope> = valid.map(|(envelope, _)| envelope).collect();
    let mut checked = check_policy(api, auth.tenant(), &valid, terms)
        .await?
        .into_iter();
    let verifications = judged.iter().map(|(envelope, verdict)| {
        let provenance = provenance(api, envelope);
        let proof_valid = *verdict == Verdict::Valid;
        let checks = if proof_valid { checked.next() } else { None };
        let checks = checks.unwrap_or_else(|| skipped(terms));
        Ok(Verification {
            proof_valid,
            policy_satisfied: checks
                .iter()
                .all(|check| check.status == CheckStatus::Passed),
            reason: reason(*verdict).to_owned(),
            provenance: Text(provenance?),
            checks,
        })
    });
    verifications.collect()
}

/// Where the keys come from that the proof was judged by.
fn provenance(api: &Api, envelope: &ProofEnvelope) -> Result<ProvenanceKind, Problem> {
    let mut circuits = api.registry.circuits();
    let of_proof = circuits
        .find(|(system, circuit)| *system == envelope.system && circuit.id == envelope.circuit);
    let missing = || Problem::new(ProblemCode::Internal, "The judged proof's circuit is gone.");
    let (_, circuit) = of_proof.ok_or_else(missing)?;
    Ok(circuit.provenance.kind())
}

/// A proof that nobody here can judge. `at` is where it stands in the request.
fn unjudged(error: VerifyError, at: &str) -> Problem {
    match error {
        VerifyError::UnknownCircuit(circuit) => {
            let detail =
                format!("There is no circuit {circuit} here, so its proofs cannot be judged.");
            Problem::new(ProblemCode::UnknownCircuit, detail).at(format!("{at}.circuit"))
        }
        VerifyError::ForeignSystem(system) => {
            let detail = format!("The proof system `{system}` is not offered here.");
            Problem::new(ProblemCode::UnknownSystem, detail).at(format!("{at}.system"))
        }
    }
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
        Verdict::Invalid(InvalidReason::ParametersMismatch) => {
            "The proof was made under other parameters than its circuit has."
        }
        Verdict::Invalid(InvalidReason::IssuerSignatureInvalid) => {
            "The issuer that the proof names did not sign what the proof is about."
        }
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

fn skipped(terms: Terms) -> Vec<PolicyCheck> {
    let mut names = vec![
        CheckName::IssuerTrusted,
        CheckName::AsOfFresh,
        CheckName::CircuitActive,
        CheckName::ChallengeFresh,
    ];
    names.extend(terms.require_ceremony.then_some(CheckName::KeyProvenance));
    let skipped = |name| PolicyCheck {
        name,
        status: CheckStatus::Skipped,
        reason: "Not looked at: the proof itself is not valid.".to_owned(),
    };
    names.into_iter().map(skipped).collect()
}

/// The checks of each of these valid proofs. What the tenant trusts is asked once per issuer, and all challenges are used up
/// in one transaction: last, and all or none.
async fn check_policy(
    api: &Api,
    tenant: TenantId,
    valid: &[&ProofEnvelope],
    terms: Terms,
) -> Result<Vec<Vec<PolicyCheck>>, Problem> {
    let now = Utc::now();
    let as_of_age_days_max = terms.as_of_age_days_max.unwrap_or(AS_OF_AGE_DAYS_DEFAULT);
    let list_age_days_max = terms.list_age_days_max.unwrap_or(LIST_AGE_DAYS_DEFAULT);
    let mut issuers: Vec<(&IssuerKey, PolicyCheck)> = Vec::with_capacity(valid.len());
    for envelope in valid {
        let key = &envelope.public_inputs.claim.issuer;
        let known = issuers.iter().find(|(known, _)| *known == key);
        let check = match known {
            Some((_, check)) => check.clone(),
            None => check_issuer(api, tenant, key).await?,
        };
        issuers.push((key, check));
    }
    let mut lists = Vec::with_capacity(valid.len());
    for envelope in valid {
        lists.push(
            check_lists(
                api,
                &envelope.public_inputs.claim.statement,
                now,
                list_age_days_max,
            )
            .await?,
        );
    }
    let mut keys = Vec::with_capacity(valid.len());
    for envelope in valid {
        keys.push(match terms.require_ceremony {
            true => Some(check_keys(provenance(api, envelope)?)),
            false => None,
        });
    }
    let challenges: Vec<_> = valid
        .iter()
        .map(|e| e.public_inputs.claim.challenge)
        .collect();
    let used = match challenges[..] {
        [] => Vec::new(),
        _ => {
            api.store
                .consume_challenges(tenant, &challenges, now)
                .await?
        }
    };
    let checks = valid.iter().zip(issuers).zip(used).zip(lists).zip(keys);
    let checks = checks.map(|((((envelope, (_, issuer)), used), lists), keys)| {
        let as_of = envelope.public_inputs.claim.statement.as_of();
        let mut checks = vec![
            issuer,
            check_as_of(as_of, now, as_of_age_days_max),
            check_circuit(api, envelope, now),
            check_challenge(used),
        ];
        checks.extend(lists);
        checks.extend(keys);
        checks
    });
    Ok(checks.collect())
}

async fn check_issuer(
    api: &Api,
    tenant: TenantId,
    key: &IssuerKey,
) -> Result<PolicyCheck, Problem> {
    Ok(match api.store.issuer_by_key(tenant, key).await? {
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
    })
}

fn check_circuit(api: &Api, envelope: &ProofEnvelope, now: chrono::DateTime<Utc>) -> PolicyCheck {
    let mut circuits = api.registry.circuits();
    let circuit = circuits
        .find(|(system, info)| *system == envelope.system && info.id == envelope.circuit)
        .map(|(system, info)| api.registry.status(system, info, now));
    // What is deprecated or retired is sound: proofs made with it stay proofs.
    let (is_sound, reason) = match circuit {
        Some(CircuitStatus::Active) => (true, "The circuit is in use."),
        Some(CircuitStatus::Deprecated) => {
            (true, "The circuit is deprecated; its proofs are accepted.")
        }
        Some(CircuitStatus::Retired) => (
            true,
            "The circuit makes no new proofs; those made with it are accepted.",
        ),
        Some(CircuitStatus::Withdrawn) | None => (
            false,
            "The circuit was withdrawn. Ask for a proof with the current one.",
        ),
    };
    check(CheckName::CircuitActive, is_sound, reason)
}

fn check_keys(provenance: ProvenanceKind) -> PolicyCheck {
    let reason = match provenance {
        ProvenanceKind::Dev => {
            "The circuit's keys are development keys: anybody can make a valid proof under them."
        }
        ProvenanceKind::Ceremony => "The circuit's keys come from a ceremony.",
        ProvenanceKind::Transparent => "The proof system has no setup.",
    };
    let holds = provenance != ProvenanceKind::Dev;
    check(CheckName::KeyProvenance, holds, reason)
}

/// Whether each list of the statement is one of ours, or the issuer's own, and young enough. `None` if it is about no list.
async fn check_lists(
    api: &Api,
    statement: &Statement,
    now: chrono::DateTime<Utc>,
    age_days_max: u16,
) -> Result<Option<PolicyCheck>, Problem> {
    let mut reason = None;
    for list in statement.lists() {
        // The backend has seen to it that revocations are the issuer's word.
        let is_published = list.name.is_of_revocations() || {
            let published = api.store.list_with_root(&list.name, &list.root).await?;
            published.is_some_and(|published| published.signed.signer == list.signer)
        };
        match judge_list(list, is_published, now, age_days_max) {
            Ok(fresh) => reason = Some(fresh),
            Err(failed) => return Ok(Some(check(CheckName::ListFresh, false, failed))),
        }
    }
    Ok(reason.map(|reason| check(CheckName::ListFresh, true, reason)))
}

/// Why the list will do, or why not.
fn judge_list(
    list: &SignedRoot,
    is_published: bool,
    now: chrono::DateTime<Utc>,
    age_days_max: u16,
) -> Result<String, String> {
    let (name, dated) = (&list.name, list.dated);
    let age_days = (now.date_naive() - dated.as_naive_date()).num_days();
    match age_days {
        _ if !is_published => Err(format!(
            "The list `{name}` was not published here with this root by this signer."
        )),
        // Somewhere on earth tomorrow has begun.
        ..-1 => Err(format!(
            "The list `{name}` is dated {dated}, which lies in the future."
        )),
        _ if age_days > i64::from(age_days_max) => Err(format!(
            "The list `{name}` is of {dated}, {age_days} days ago; at most {age_days_max} are allowed."
        )),
        _ => Ok(format!("The list `{name}` is of {dated}.")),
    }
}

fn check_challenge(used: ChallengeUse) -> PolicyCheck {
    let reason = match used {
        ChallengeUse::Consumed => "The challenge was yours and unused. It is used up now.",
        ChallengeUse::Unknown => {
            "You never asked for this challenge. POST /v1/challenges makes one."
        }
        ChallengeUse::Expired => "The challenge expired before the proof came.",
        ChallengeUse::AlreadyUsed => "The challenge was used before: this may be a replay.",
    };
    check(
        CheckName::ChallengeFresh,
        used == ChallengeUse::Consumed,
        reason,
    )
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
    use zapiki_core::suites::bjj_poseidon::{Fr, SecretKey};

    use super::*;

    #[test]
    fn development_keys_alone_are_refused() {
        for (provenance, expected) in [
            (ProvenanceKind::Dev, CheckStatus::Failed),
            (ProvenanceKind::Ceremony, CheckStatus::Passed),
            (ProvenanceKind::Transparent, CheckStatus::Passed),
        ] {
            assert_eq!(check_keys(provenance).status, expected);
        }
    }

    #[test]
    fn a_list_is_ours_and_of_the_last_days() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let judged = |dated: &str, is_published, max| {
            let key = SecretKey::from_bytes([1; 32]);
            let (name, dated) = ("persons".parse().unwrap(), dated.parse().unwrap());
            let list = SignedRoot::sign(&key, name, Fr::from(1u8), 1, dated);
            judge_list(&list, is_published, now, max)
        };
        for (dated, is_published, max, says) in [
            ("2026-11-24", true, 0, Ok("is of 2026-11-24")),
            ("2026-11-25", true, 0, Ok("is of 2026-11-25")),
            ("2026-11-26", true, 7, Err("in the future")),
            ("2026-11-17", true, 7, Ok("is of 2026-11-17")),
            ("2026-11-16", true, 7, Err("8 days ago; at most 7")),
            ("2026-11-24", false, 7, Err("was not published here")),
        ] {
            match (judged(dated, is_published, max), says) {
                (Ok(text), Ok(says)) | (Err(text), Err(says)) => {
                    assert!(text.contains(says), "{text}");
                }
                (judged, _) => panic!("{dated}, {max} days: {judged:?}"),
            }
        }
    }

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
