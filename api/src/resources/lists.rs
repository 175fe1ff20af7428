//! `/v1/lists`: sanctions lists, for verifiers and auditors. The service reads them; nobody writes them here.

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use zapiki_core::signed_root::ListName;
use zapiki_store::ListRoot;

use super::{PAGE_DEFAULT, Tag, cursor};
use crate::auth::Auth;
use crate::forms::Text;
use crate::problem::Problem;
use crate::schemas::{List, ListPage, ListRootPage};
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
