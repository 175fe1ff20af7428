//! `/v1/aml`: proofs by what they are for. Each is the short form of a proof request: the statement goes without saying, the
//! issuer is the credential's own, if the tenant trusts it.

use poem_openapi::OpenApi;

use super::Tag;
use super::proofs::ProofAnswer;
use super::short_forms::prove;
use crate::auth::Auth;
use crate::body::Body;
use crate::deprecation::Noted;
use crate::headers::IdempotencyKey;
use crate::prefer::Prefer;
use crate::problem::Problem;
use crate::schemas::{
    AgeVerificationRequest, IncomeVerificationRequest, ResidencyProofRequest, SanctionsCheckRequest,
};
use crate::state::Api;

pub(crate) struct AmlApi;

#[OpenApi(prefix_path = "/v1", tag = "Tag::Proofs")]
impl AmlApi {
    /// Prove an age
    ///
    /// The short form of a proof request: the issuer is the credential's own, if you trust it.
    #[oai(
        path = "/aml/age-verification",
        method = "post",
        operation_id = "verify_age"
    )]
    async fn verify_age(
        &self,
        api: &Api,
        auth: Auth,
        /// Your name for this request: the same key and body make one proof.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: IdempotencyKey,
        /// `respond-async`, or `wait=` and seconds (RFC 7240). Others are ignored.
        #[oai(name = "Prefer")]
        prefer: Prefer,
        request: Body<AgeVerificationRequest>,
    ) -> Result<Noted<ProofAnswer>, Problem> {
        prove(api, &auth, request.into(), idempotency_key, prefer).await
    }

    /// Prove an income
    ///
    /// The short form of a proof request: at least the minimum, and at most the maximum if there is one, in the stated
    /// currency and period. The issuer is the credential's own, if you trust it.
    #[oai(
        path = "/aml/income-verification",
        method = "post",
        operation_id = "verify_income"
    )]
    async fn verify_income(
        &self,
        api: &Api,
        auth: Auth,
        /// Your name for this request: the same key and body make one proof.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: IdempotencyKey,
        /// `respond-async`, or `wait=` and seconds (RFC 7240). Others are ignored.
        #[oai(name = "Prefer")]
        prefer: Prefer,
        request: Body<IncomeVerificationRequest>,
    ) -> Result<Noted<ProofAnswer>, Problem> {
        prove(api, &auth, request.into(), idempotency_key, prefer).await
    }

    /// Prove a residency
    ///
    /// The short form of a proof request: the country of residence is one of these, and the proof does not say which. The
    /// issuer is the credential's own, if you trust it.
    #[oai(
        path = "/aml/residency-proof",
        method = "post",
        operation_id = "prove_residency"
    )]
    async fn prove_residency(
        &self,
        api: &Api,
        auth: Auth,
        /// Your name for this request: the same key and body make one proof.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: IdempotencyKey,
        /// `respond-async`, or `wait=` and seconds (RFC 7240). Others are ignored.
        #[oai(name = "Prefer")]
        prefer: Prefer,
        request: Body<ResidencyProofRequest>,
    ) -> Result<Noted<ProofAnswer>, Problem> {
        prove(api, &auth, request.into(), idempotency_key, prefer).await
    }

    /// Prove an absence from a sanctions list
    ///
    /// The short form of a proof request: the credential's screening identity is not on the list as it is now. The proof names the
    /// list's signed root and its date. A holder who is on the list gets no proof: `statement_not_satisfied`. The issuer is the
    /// credential's own, if you trust it.
    #[oai(
        path = "/aml/sanctions-check",
        method = "post",
        operation_id = "check_sanctions"
    )]
    async fn check_sanctions(
        &self,
        api: &Api,
        auth: Auth,
        /// Your name for this request: the same key and body make one proof.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: IdempotencyKey,
        /// `respond-async`, or `wait=` and seconds (RFC 7240). Others are ignored.
        #[oai(name = "Prefer")]
        prefer: Prefer,
        request: Body<SanctionsCheckRequest>,
    ) -> Result<Noted<ProofAnswer>, Problem> {
        prove(api, &auth, request.into(), idempotency_key, prefer).await
    }
}
