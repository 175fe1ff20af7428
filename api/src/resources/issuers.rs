//! `/v1/issuers`: the issuer keys that a tenant trusts.

use chrono::Utc;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use zapiki_core::ids::IssuerId;
use zapiki_core::problem::ProblemCode;
use zapiki_store::{TrustError, TrustedIssuer};

use super::{PAGE_DEFAULT, Tag, cursor};
use crate::auth::Auth;
use crate::body::Body;
use crate::forms::Text;
use crate::problem::Problem;
use crate::schemas::{Issuer, IssuerPage, NewIssuerRequest};
use crate::state::Api;

const NAME_CHARS_MAX: usize = 200;

pub(crate) struct IssuersApi;

/// Nothing to tell.
#[derive(ApiResponse)]
pub(crate) enum Gone {
    /// It is done.
    #[oai(status = 204)]
    Done,
}

impl From<TrustedIssuer> for Issuer {
    fn from(issuer: TrustedIssuer) -> Self {
        Self {
            id: Text(issuer.id),
            name: issuer.name,
            key: issuer.key.into(),
            trusted_at: issuer.trusted_at,
        }
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Issuers")]
impl IssuersApi {
    /// Trust an issuer key
    ///
    /// Compare the key with the issuer over a channel that you trust: whoever holds it can say anything about anybody.
    #[oai(path = "/issuers", method = "post", operation_id = "trust_issuer")]
    async fn create(
        &self,
        api: &Api,
        auth: Auth,
        request: Body<NewIssuerRequest>,
    ) -> Result<Json<Issuer>, Problem> {
        let NewIssuerRequest { name, key } = request.into_inner();
        if name.trim().is_empty()
            || name.chars().count() > NAME_CHARS_MAX
            || name.chars().any(char::is_control)
        {
            let detail = format!("A name has 1 to {NAME_CHARS_MAX} printable characters.");
            return Err(Problem::new(ProblemCode::InvalidField, detail).at("name"));
        }
        match api
            .store
            .trust_issuer(auth.tenant(), &name, &key.value, Utc::now())
            .await
        {
            Ok(issuer) => Ok(Json(issuer.into())),
            Err(TrustError::AlreadyTrusted(id)) => {
                let detail = format!("You trust this key already, as {id}.");
                Err(Problem::new(ProblemCode::IssuerExists, detail).at("key"))
            }
            Err(TrustError::Store(error)) => Err(error.into()),
        }
    }

    /// List the issuer keys that you trust
    ///
    /// Newest first, in pages: while there is a `next_cursor`, pass it on as `cursor`.
    #[oai(path = "/issuers", method = "get", operation_id = "list_issuers")]
    async fn list(
        &self,
        api: &Api,
        auth: Auth,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most items of the page, 1 to 100; default 20.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
    ) -> Result<Json<IssuerPage>, Problem> {
        let after = self::cursor::<IssuerId>(cursor.0)?;
        let page = api
            .store
            .issuers(auth.tenant(), after, limit.0.unwrap_or(PAGE_DEFAULT))
            .await?;
        let last = page.items.last().map(|issuer| issuer.id.to_string());
        Ok(Json(IssuerPage {
            next_cursor: last.filter(|_| page.has_more),
            issuers: page.items.into_iter().map(Into::into).collect(),
        }))
    }

    /// Read an issuer
    ///
    /// One that you trust no more is not found.
    #[oai(path = "/issuers/:id", method = "get", operation_id = "get_issuer")]
    async fn get(
        &self,
        api: &Api,
        auth: Auth,
        /// The issuer's id.
        id: Path<Text<IssuerId>>,
    ) -> Result<Json<Issuer>, Problem> {
        let issuer = api.store.issuer(auth.tenant(), id.0.0).await?;
        Ok(Json(
            issuer.ok_or_else(|| Problem::not_found("issuer"))?.into(),
        ))
    }

    /// Trust an issuer key no more
    ///
    /// From now on proofs about its credentials fail your policy. What was proved stays proved.
    #[oai(
        path = "/issuers/:id",
        method = "delete",
        operation_id = "distrust_issuer"
    )]
    async fn delete(
        &self,
        api: &Api,
        auth: Auth,
        /// The issuer's id.
        id: Path<Text<IssuerId>>,
    ) -> Result<Gone, Problem> {
        if api
            .store
            .distrust_issuer(auth.tenant(), id.0.0, Utc::now())
            .await?
        {
            Ok(Gone::Done)
        } else {
            Err(Problem::not_found("issuer"))
        }
    }
}
