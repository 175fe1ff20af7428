//! What all short forms of a proof request have, and the one way that they go: parts become a statement, the issuer is the
//! credential's own, and then it is an order like any other.

use chrono::Utc;
use zapiki_core::circuit::CircuitPin;
use zapiki_core::credential::Credential;
use zapiki_core::day::Day;
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Claim, Scope};
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::{HolderSecret, Witness};

use super::proofs::{Order, ProofAnswer, make};
use crate::auth::Auth;
use crate::body::Body;
use crate::deprecation::Noted;
use crate::headers::IdempotencyKey;
use crate::parts::{self, Part, PartError};
use crate::prefer::Prefer;
use crate::problem::Problem;
use crate::schemas::ShortFormRequest;
use crate::state::Api;

/// What every short form says beside what it is about.
pub(crate) struct Terms {
    pub(crate) challenge: Challenge,
    pub(crate) scope: Scope,
    pub(crate) system: Option<ProofSystem>,
    pub(crate) pin: Option<CircuitPin>,
    pub(crate) allow_experimental: Option<bool>,
    pub(crate) credential: Credential,
    pub(crate) holder_secret: HolderSecret,
}

/// A short form as it was sent.
pub(super) struct ShortForm {
    pub(super) parts: Vec<Part>,
    /// Today (UTC), if it does not say.
    pub(super) as_of: Option<Day>,
    pub(super) terms: Terms,
    pub(super) digest: [u8; 32],
    /// The field that holds the parameters of the parts, if they do not stand at the top.
    pub(super) within: Option<&'static str>,
}

impl<T: ShortFormRequest> From<Body<T>> for ShortForm {
    fn from(body: Body<T>) -> Self {
        let digest = body.digest();
        let request = body.into_inner();
        Self {
            parts: vec![request.part()],
            as_of: request.as_of(),
            terms: request.terms(),
            digest,
            within: None,
        }
    }
}

/// Makes the proof that a short form asks for.
pub(super) async fn prove(
    api: &Api,
    auth: &Auth,
    form: ShortForm,
    idempotency_key: IdempotencyKey,
    prefer: Prefer,
) -> Result<Noted<ProofAnswer>, Problem> {
    let terms = form.terms;
    let system = terms.system.unwrap_or(ProofSystem::Groth16);
    // Whether its circuit may still be used is looked at later, when it is known that this is no retry.
    let suite = api
        .registry
        .suite(system, terms.pin, parts::kind(&form.parts))?;
    let issuer = terms.credential.signatures.issuer(suite).ok_or_else(|| {
        let detail = format!("The credential carries no signature of the suite `{suite}`.");
        Problem::new(ProblemCode::CredentialSuiteMissing, detail).at("credential")
    })?;
    let as_of = day_or_today(form.as_of)?;
    let statement = parts::statement(api, &form.parts, as_of, &issuer)
        .await
        .map_err(|error| at_fault(error, form.within))?;
    let order = Order {
        claim: Claim {
            statement,
            issuer,
            challenge: terms.challenge,
            scope: terms.scope,
        },
        system,
        pin: terms.pin,
        allow_experimental: terms.allow_experimental.unwrap_or(false),
        witness: Witness::new(terms.credential, terms.holder_secret),
        issuer_field: "credential",
    };
    make(api, auth, order, form.digest, idempotency_key, prefer).await
}

/// The problem that a part is, at the field where its parameter stands.
fn at_fault(error: PartError, within: Option<&'static str>) -> Problem {
    match (error.field, within) {
        ("", _) => error.problem,
        ("credential", _) | (_, None) => error.problem.at(error.field),
        (field, Some(within)) => error.problem.at(format!("{within}.{field}")),
    }
}

fn day_or_today(day: Option<Day>) -> Result<Day, Problem> {
    match day {
        Some(day) => Ok(day),
        None => Day::try_from(Utc::now().date_naive())
            .map_err(|_| Problem::new(ProblemCode::Internal, "Our clock is wrong.")),
    }
}
