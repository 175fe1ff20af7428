//! A customer: calls the API with a key of its own, through the generated client or with bytes.

use std::num::NonZeroU32;

use zapiki_core::ids::TenantId;

use crate::client::{Client, ok, types};
use crate::http::Http;
use crate::people::Issuer;
use crate::wait::eventually;

/// The customer.
#[derive(Debug)]
pub struct Tenant {
    /// Who.
    pub id: TenantId,
    /// Its key.
    pub key: String,
    /// Calls through the generated client.
    pub client: Client,
    /// Calls as bytes.
    pub http: Http,
}

impl Tenant {
    /// Trusts an issuer's key.
    pub async fn trust(&self, issuer: &Issuer<'_>) -> types::Issuer {
        let request = types::NewIssuerRequest {
            key: issuer.key.clone(),
            name: "Example Bank".parse().unwrap(),
        };
        ok(self.client.trust_issuer(&request)).await.into_inner()
    }

    /// Makes a challenge.
    pub async fn challenge(&self) -> types::ChallengeValue {
        let request = types::NewChallengeRequest { lifetime_s: None };
        ok(self.client.create_challenge(&request))
            .await
            .into_inner()
            .challenge
    }

    /// Asks for a proof in the long form and does not wait for it.
    pub async fn order(&self, request: &types::NewProofRequest) -> types::ProofId {
        let answer = ok(self
            .client
            .create_proof(None, Some("respond-async"), request))
        .await;
        assert_eq!(answer.status(), 202);
        answer.into_inner().id
    }

    /// Has a proof judged.
    pub async fn verify(&self, proof: &types::ProofEnvelope) -> types::Verification {
        let request = types::NewVerificationRequest {
            allow_experimental: None,
            require_ceremony: None,
            list_age_days_max: None,
            as_of_age_days_max: None,
            proof: proof.clone(),
        };
        ok(self.client.verify_proof(&request)).await.into_inner()
    }

    /// A proof as it stands.
    pub async fn proof(&self, id: &types::ProofId) -> types::Proof {
        ok(self.client.get_proof(id)).await.into_inner()
    }

    /// A proof on its way through the pipeline, as it stands.
    pub async fn job(&self, id: &types::ProofId) -> types::Job {
        ok(self.client.get_job(id)).await.into_inner()
    }

    /// The job once it is finished: the books are written after the proof is answered.
    pub async fn finished(&self, id: &types::ProofId) -> types::Job {
        eventually("the job is finished", async || {
            let job = self.job(id).await;
            assert_ne!(job.pipeline, types::PipelineState::Broken, "{job:?}");
            (job.pipeline == types::PipelineState::Finished).then_some(job)
        })
        .await
    }

    /// How many proofs were counted this month.
    pub async fn proofs_used(&self) -> u64 {
        let usage = ok(self.client.get_usage(None, None)).await;
        usage.lines.iter().map(|line| line.proofs).sum()
    }

    /// The audit log.
    pub async fn audit(&self) -> types::AuditPage {
        ok(self.client.list_audit_entries(None, NonZeroU32::new(100)))
            .await
            .into_inner()
    }

    /// What the audit log says happened to a proof.
    pub async fn audited(&self, id: &types::ProofId) -> Vec<types::AuditKind> {
        let entries = self.audit().await.entries;
        let of_proof = entries.iter().filter(|entry| entry.proof_id == *id);
        of_proof.map(|entry| entry.kind).collect()
    }
}
