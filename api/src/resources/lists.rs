//! `/v1/lists`: what proofs of absence are made against. The service reads sanctions lists itself; what an issuer revoked is sent to
//! `/v1/revocations`, signed by the issuer.

use chrono::Utc;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use zapiki_core::problem::ProblemCode;
use zapiki_core::revocation::{self, RevocationError};
use zapiki_core::screening::{ListReport, ScreeningKey, SourceDigest};
use zapiki_core::signed_root::ListName;
use zapiki_core::suites::IssuerKey;
use zapiki_store::{ListRoot, NewListRoot, Published};

use super::{PAGE_DEFAULT, Tag, cursor};
use crate::auth::Auth;
use crate::body::Body;
use crate::forms::Text;
use crate::problem::Problem;
use crate::schemas::{List, ListPage, ListRootPage, RevocationList};
use crate::state::Api;

pub(crate) struct ListsApi;

impl From<ListRoot> for List {
    fn from(list: ListRoot) -> Self {
        Self {
            signed_root: list.signed.into(),
            source: Text(list.source),
            report: list.report.into(),
            signed_at: list.signed_at,
            refreshed_at: list.refreshed_at,
        }
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Lists")]
impl ListsApi {
    /// Publish what an issuer revoked
    ///
    /// The issuer must be one that you trust, and the list signed with its key; `zapiki issuer revoke` writes it. From then on the
    /// list is found under its name, and `not_revoked` can be proved against it. A list older than the newest is refused.
    #[oai(
        path = "/revocations",
        method = "post",
        operation_id = "publish_revocations"
    )]
    async fn publish(
        &self,
        api: &Api,
        auth: Auth,
        request: Body<RevocationList>,
    ) -> Result<Json<List>, Problem> {
        let source = SourceDigest(request.digest());
        let RevocationList { list, revoked } = request.into_inner();
        let issuer = IssuerKey::BjjPoseidonBn254(list.value.signer);
        if api
            .store
            .issuer_by_key(auth.tenant(), &issuer)
            .await?
            .is_none()
        {
            let detail = "You do not trust the issuer that signed this. POST /v1/issuers adds it.";
            return Err(Problem::new(ProblemCode::IssuerNotTrusted, detail).at("list.signer"));
        }
        let document = revocation::RevocationList {
            list: list.value,
            revoked: revoked.into_iter().collect(),
        };
        // Off the threads that answer requests.
        let checking = tokio::task::spawn_blocking(move || {
            let tree = document.check();
            (document.list, tree)
        });
        let (signed, tree) = checking
            .await
            .map_err(|_| Problem::new(ProblemCode::Internal, "The list could not be checked."))?;
        let tree = tree.map_err(|error| {
            let field = match error {
                RevocationError::Name | RevocationError::Signature => "list",
                _ => "revoked",
            };
            Problem::new(ProblemCode::InvalidField, format!("{error}.")).at(field)
        })?;
        // Somewhere on earth tomorrow has begun.
        let ahead_days = (signed.dated.as_naive_date() - Utc::now().date_naive()).num_days();
        if ahead_days > 1 {
            let detail = "The list is dated in the future. Sign it again with today's date.";
            return Err(Problem::new(ProblemCode::InvalidField, detail).at("list.dated"));
        }
        let newest = api.store.list(&signed.name).await?;
        if newest.is_some_and(|newest| newest.signed.dated > signed.dated) {
            let detail = "A newer list of this issuer is published already. Add to that one, and sign it again.";
            return Err(Problem::new(ProblemCode::InvalidField, detail).at("list.dated"));
        }
        let keys: Vec<ScreeningKey> = tree
            .values()
            .iter()
            .filter_map(ScreeningKey::from_field)
            .collect();
        let report = ListReport {
            entries: signed.entries,
            ..ListReport::default()
        };
        let new = NewListRoot {
            signed: &signed,
            source,
            report: &report,
            keys: &keys,
        };
        let (Published::New(root) | Published::Unchanged(root)) =
            api.store.publish_list(new, Utc::now()).await?;
        Ok(Json(root.into()))
    }

    /// List the sanctions lists
    ///
    /// Each with its newest signed root, by name.
    #[oai(path = "/lists", method = "get", operation_id = "list_lists")]
    async fn lists(&self, api: &Api, _auth: Auth) -> Result<Json<ListPage>, Problem> {
        let lists = api.store.lists().await?;
        Ok(Json(ListPage {
            lists: lists.into_iter().map(Into::into).collect(),
        }))
    }

    /// Read a sanctions list
    ///
    /// Its newest signed root: what proofs are made against now. `zapiki list build` makes the same root of the published files.
    #[oai(path = "/lists/:name", method = "get", operation_id = "get_list")]
    async fn get(
        &self,
        api: &Api,
        _auth: Auth,
        /// The list's name.
        name: Path<Text<ListName>>,
    ) -> Result<Json<List>, Problem> {
        let list = api.store.list(&name.0.0).await?;
        Ok(Json(list.ok_or_else(|| Problem::not_found("list"))?.into()))
    }

    /// List the roots of a sanctions list
    ///
    /// Newest first, in pages: while there is a `next_cursor`, pass it on as `cursor`. A root stays as long as the service does:
    /// old proofs name it.
    #[oai(
        path = "/lists/:name/roots",
        method = "get",
        operation_id = "list_list_roots"
    )]
    async fn roots(
        &self,
        api: &Api,
        _auth: Auth,
        /// The list's name.
        name: Path<Text<ListName>>,
        /// The `next_cursor` of the page before.
        cursor: Query<Option<String>>,
        /// The most items of the page, 1 to 100; default 20.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
    ) -> Result<Json<ListRootPage>, Problem> {
        let after = self::cursor::<i64>(cursor.0)?;
        let limit = limit.0.unwrap_or(PAGE_DEFAULT);
        let page = api.store.list_history(&name.0.0, after, limit).await?;
        if page.items.is_empty() && after.is_none() {
            return Err(Problem::not_found("list"));
        }
        let last = page.items.last().map(|root| root.id.to_string());
        Ok(Json(ListRootPage {
            next_cursor: last.filter(|_| page.has_more),
            roots: page.items.into_iter().map(Into::into).collect(),
        }))
    }
}
