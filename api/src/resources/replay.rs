//! The answer to a repeated request: what was answered first, kept under the request's `Idempotency-Key`.
//!
//! A proof that was made and a claim that does not hold are outcomes for ever: their rows say them again. Kept is what a row may say
//! otherwise later, that a proof was on its way or could not be made. What was refused before anything was accepted is not kept: the
//! caller mends it and tries again under the same key.

use std::time::Duration;

use chrono::Utc;
use serde::{Deserialize, Serialize};
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_store::EarlierRequest;

use super::proofs::{Outcome, outcome_of_row};
use crate::forms::Text;
use crate::problem::Problem;
use crate::schemas::Proof;
use crate::state::Api;

/// How long after the longest wait an answer can still be on its way. Later, whoever was to give it is gone.
const ANSWER_GRACE: Duration = Duration::from_secs(10);
/// When to ask again about a request in flight.
const RETRY_AFTER_S: u64 = 1;

/// An answer as it is kept, owned or borrowed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Kept<P, D> {
    OnItsWay(P),
    Problem {
        code: Text<ProblemCode>,
        detail: D,
        proof_id: Text<ProofId>,
    },
}

/// Keeps an answer, if the proof's row may say another later. One that cannot be kept is found by the row.
pub(super) async fn keep(
    api: &Api,
    tenant: TenantId,
    key: &str,
    answer: &Result<Outcome, Problem>,
) {
    let kept: Kept<&Proof, &str> = match answer {
        Ok(Outcome::Made(_)) => return,
        Ok(Outcome::OnItsWay(proof)) => Kept::OnItsWay(proof),
        Err(problem) => match (problem.code(), problem.proof_id()) {
            (
                code @ (ProblemCode::ProofDeadLettered | ProblemCode::ProofCancelled),
                Some(proof_id),
            ) => Kept::Problem {
                code: Text(code),
                detail: problem.detail(),
                proof_id: Text(proof_id),
            },
            // A claim that does not hold; or a part was away, and that is no outcome.
            _ => return,
        },
    };
    let Ok(kept) = serde_json::to_value(kept) else {
        tracing::error!("an answer has no JSON form");
        return;
    };
    if let Err(error) = api.store.keep_answer(tenant, key, &kept, Utc::now()).await {
        tracing::warn!(%error, "the answer to a request could not be kept");
    }
}

/// Answers a repeated request as the first one was answered.
pub(super) async fn replay(
    api: &Api,
    tenant: TenantId,
    key: &str,
    earlier: EarlierRequest,
) -> Result<Outcome, Problem> {
    if let Some(kept) = earlier.answer {
        return match serde_json::from_value::<Kept<Box<Proof>, String>>(kept) {
            Ok(Kept::OnItsWay(proof)) => Ok(Outcome::OnItsWay(proof)),
            Ok(Kept::Problem {
                code,
                detail,
                proof_id,
            }) => Err(Problem::new(code.0, detail).about(proof_id.0).replayed()),
            Err(error) => {
                tracing::error!(proof_id = %earlier.proof.id, %error, "a kept answer cannot be read");
                outcome_of_row(earlier.proof)
            }
        };
    }
    let age = (Utc::now() - earlier.accepted_at).to_std();
    let is_in_flight = age.unwrap_or_default() < api.sync_wait_max + ANSWER_GRACE;
    if earlier.proof.state == ProofState::Accepted && is_in_flight {
        let detail = "The first request under this Idempotency-Key is not answered yet. Its answer will be yours, too.";
        return Err(Problem::new(ProblemCode::IdempotencyKeyInFlight, detail)
            .at("Idempotency-Key")
            .retry_after(RETRY_AFTER_S));
    }
    // The row says it, or the first answer was lost on its way here and the row is as good.
    let answer = outcome_of_row(earlier.proof);
    keep(api, tenant, key, &answer).await;
    answer.map_err(Problem::replayed)
}
