//! `/v1/aml`: proofs by what they are for. Each is the short form of a proof request: the statement goes without saying, the
//! issuer is the credential's own, if the tenant trusts it.

use chrono::Utc;
use poem_openapi::OpenApi;
use zapiki_core::credential::Credential;
use zapiki_core::day::Day;
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Claim, Scope};
use zapiki_core::statement::Statement;
use zapiki_core::statements::age_over::{AgeOver, AgeOverError};
use zapiki_core::statements::income::{IncomeAtLeast, IncomeError, IncomeInRange, IncomeUnit};
use zapiki_core::statements::listed::NotSanctioned;
use zapiki_core::statements::resident_of::ResidentOf;
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::{HolderSecret, Witness};

use super::Tag;
use super::proofs::{Order, ProofAnswer, make};
use crate::auth::Auth;
use crate::body::Body;
use crate::deprecation::Noted;
use crate::forms::Text;
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
        let digest = request.digest();
        let request = request.into_inner();
        let statement =
            AgeOver::new(request.min_age, day_or_today(request.as_of)?).map_err(|error| {
                let field = match error {
                    AgeOverError::MinAge => "min_age",
                    AgeOverError::AsOf => "as_of",
                };
                invalid(&error, field)
            })?;
        let order = order(
            api,
            Statement::AgeOver(statement),
            Terms {
                challenge: request.challenge.0,
                scope: request.scope.0,
                system: request.system,
                allow_experimental: request.allow_experimental,
                credential: request.credential.value,
                holder_secret: request.holder_secret.value,
            },
            digest,
        )?;
        make(api, &auth, order, idempotency_key, prefer).await
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
        let digest = request.digest();
        let request = request.into_inner();
        let unit = IncomeUnit {
            currency: request.currency.0,
            period: request.period.0,
        };
        let (minimum, as_of) = (request.minimum_minor, day_or_today(request.as_of)?);
        let statement = match request.maximum_minor {
            None => IncomeAtLeast::new(minimum, unit, as_of).map(Statement::IncomeAtLeast),
            Some(maximum) => {
                IncomeInRange::new(minimum, maximum, unit, as_of).map(Statement::IncomeInRange)
            }
        };
        let statement = statement.map_err(|error| {
            let field = match error {
                IncomeError::TooLarge if request.maximum_minor.is_some() => "maximum_minor",
                IncomeError::Minimum | IncomeError::TooLarge => "minimum_minor",
                IncomeError::EmptyRange => "maximum_minor",
            };
            invalid(&error, field)
        })?;
        let order = order(
            api,
            statement,
            Terms {
                challenge: request.challenge.0,
                scope: request.scope.0,
                system: request.system,
                allow_experimental: request.allow_experimental,
                credential: request.credential.value,
                holder_secret: request.holder_secret.value,
            },
            digest,
        )?;
        make(api, &auth, order, idempotency_key, prefer).await
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
        let digest = request.digest();
        let request = request.into_inner();
        let countries = request.countries.into_iter().map(|country| country.0);
        let statement = ResidentOf::new(countries, day_or_today(request.as_of)?)
            .map_err(|error| invalid(&error, "countries"))?;
        let order = order(
            api,
            Statement::ResidentOf(statement),
            Terms {
                challenge: request.challenge.0,
                scope: request.scope.0,
                system: request.system,
                allow_experimental: request.allow_experimental,
                credential: request.credential.value,
                holder_secret: request.holder_secret.value,
            },
            digest,
        )?;
        make(api, &auth, order, idempotency_key, prefer).await
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
        let digest = request.digest();
        let request = request.into_inner();
        let Text(name) = request.list;
        let list = api.store.list(&name).await?.ok_or_else(|| {
            let detail = format!("There is no list `{name}` here. GET /v1/lists names them.");
            Problem::new(ProblemCode::ListUnknown, detail).at("list")
        })?;
        let statement = NotSanctioned::new(list.signed, day_or_today(request.as_of)?)
            .map_err(|error| invalid(&error, "list"))?;
        let order = order(
            api,
            Statement::NotSanctioned(statement),
            Terms {
                challenge: request.challenge.0,
                scope: request.scope.0,
                system: None,
                allow_experimental: None,
                credential: request.credential.value,
                holder_secret: request.holder_secret.value,
            },
            digest,
        )?;
        make(api, &auth, order, idempotency_key, prefer).await
    }
}

fn day_or_today(day: Option<Text<Day>>) -> Result<Day, Problem> {
    match day {
        Some(day) => Ok(day.0),
        None => Day::try_from(Utc::now().date_naive())
            .map_err(|_| Problem::new(ProblemCode::Internal, "Our clock is wrong.")),
    }
}

fn invalid(error: &impl std::fmt::Display, field: &str) -> Problem {
    Problem::new(ProblemCode::InvalidField, format!("{error}.")).at(field)
}

/// What all short forms have.
struct Terms {
    challenge: Challenge,
    scope: Scope,
    system: Option<Text<ProofSystem>>,
    allow_experimental: Option<bool>,
    credential: Credential,
    holder_secret: HolderSecret,
}

/// An order about a credential of whoever signed it, under the suite of the system's circuit.
fn order(
    api: &Api,
    statement: Statement,
    terms: Terms,
    digest: [u8; 32],
) -> Result<Order, Problem> {
    let system = terms.system.map_or(ProofSystem::Groth16, |system| system.0);
    // Whether its circuit may still be used is looked at later, when it is known that this is no retry.
    let suite = api.registry.suite(system, None, statement.kind())?;
    let issuer = terms.credential.signatures.issuer(suite).ok_or_else(|| {
        let detail = format!("The credential carries no signature of the suite `{suite}`.");
        Problem::new(ProblemCode::CredentialSuiteMissing, detail).at("credential")
    })?;
    Ok(Order {
        claim: Claim {
            statement,
            issuer,
            challenge: terms.challenge,
            scope: terms.scope,
        },
        system,
        pin: None,
        allow_experimental: terms.allow_experimental.unwrap_or(false),
        witness: Witness::new(terms.credential, terms.holder_secret),
        digest,
        issuer_field: "credential",
    })
}
