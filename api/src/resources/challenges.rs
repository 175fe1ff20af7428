//! `/v1/challenges`: what binds a proof to you and to now.

use chrono::Utc;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;
use zapiki_core::problem::ProblemCode;

use super::Tag;
use crate::auth::Auth;
use crate::body::Body;
use crate::forms::Text;
use crate::problem::Problem;
use crate::schemas::{ChallengeBody, NewChallengeRequest};
use crate::state::Api;

const LIFETIME_S_DEFAULT: u32 = 900;
const LIFETIME_S_MAX: u32 = 86_400;

pub(crate) struct ChallengesApi;

#[OpenApi(prefix_path = "/v1", tag = "Tag::Verifications")]
impl ChallengesApi {
    /// Make a challenge
    ///
    /// Random, good for a while and for one verification. Give it to whoever makes the proof.
    #[oai(
        path = "/challenges",
        method = "post",
        operation_id = "create_challenge"
    )]
    async fn create(
        &self,
        api: &Api,
        auth: Auth,
        request: Body<NewChallengeRequest>,
    ) -> Result<Json<ChallengeBody>, Problem> {
        let lifetime_s = request.lifetime_s.unwrap_or(LIFETIME_S_DEFAULT);
        if !(1..=LIFETIME_S_MAX).contains(&lifetime_s) {
            let detail = format!("A challenge lives 1 to {LIFETIME_S_MAX} seconds.");
            return Err(Problem::new(ProblemCode::InvalidField, detail).at("lifetime_s"));
        }
        let issued = api
            .store
            .issue_challenge(auth.tenant(), lifetime_s, Utc::now())
            .await?;
        Ok(Json(ChallengeBody {
            id: Text(issued.id),
            challenge: Text(issued.challenge),
            expires_at: issued.expires_at,
        }))
    }
}
