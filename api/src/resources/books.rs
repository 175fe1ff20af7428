//! `/v1/usage` and `/v1/audit`: what was used, and what happened.

use chrono::{DateTime, Datelike as _, TimeZone as _, Utc};
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use zapiki_core::problem::ProblemCode;

use super::{PAGE_DEFAULT, Tag};
use crate::auth::Auth;
use crate::forms::Text;
use crate::problem::Problem;
use crate::schemas::{AuditPage, Usage, UsageLine};
use crate::state::Api;

/// chrono knows years that the database does not.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2999;

pub(crate) struct BooksApi;

#[OpenApi(prefix_path = "/v1", tag = "Tag::Books")]
impl BooksApi {
    /// Read your usage
    ///
    /// Every completed proof counts once. The default is the current month (UTC) until now.
    #[oai(path = "/usage", method = "get", operation_id = "get_usage")]
    async fn usage(
        &self,
        api: &Api,
        auth: Auth,
        /// From this moment on (RFC 3339).
        from: Query<Option<DateTime<Utc>>>,
        /// Before this moment (RFC 3339).
        to: Query<Option<DateTime<Utc>>>,
    ) -> Result<Json<Usage>, Problem> {
        let now = Utc::now();
        let month = Utc
            .with_ymd_and_hms(now.year(), now.month(), 1, 0, 0, 0)
            .single()
            .unwrap_or(now);
        // A moment later, so that what was just counted is in it.
        let (from, to) = (
            from.0.unwrap_or(month),
            to.0.unwrap_or(now + chrono::Duration::seconds(1)),
        );
        for (name, moment) in [("from", from), ("to", to)] {
            if !YEARS.contains(&moment.year()) {
                let detail = "The moment lies outside the years 1900 to 2999.";
                return Err(Problem::new(ProblemCode::InvalidField, detail).at(name));
            }
        }
        if from >= to {
            return Err(
                Problem::new(ProblemCode::InvalidField, "`from` must lie before `to`.").at("from"),
            );
        }
        let lines = api.store.usage(auth.tenant(), from, to).await?;
        let lines = lines.into_iter().map(|line| UsageLine {
            statement: Text(line.statement),
            system: Text(line.system),
            proofs: line.proofs,
        });
        Ok(Json(Usage {
            from,
            to,
            lines: lines.collect(),
        }))
    }

    /// Read your audit log
    ///
    /// Oldest first. Each entry holds the hash of the one before: `zapiki audit verify` checks an export offline.
    #[oai(path = "/audit", method = "get", operation_id = "list_audit_entries")]
    async fn audit(
        &self,
        api: &Api,
        auth: Auth,
        /// The entries after this sequence number; default from the first.
        after: Query<Option<u64>>,
        /// The most items of the page, 1 to 100; default 20.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
    ) -> Result<Json<AuditPage>, Problem> {
        let page = api
            .store
            .audit_entries(
                auth.tenant(),
                after.0.unwrap_or(0),
                limit.0.unwrap_or(PAGE_DEFAULT),
            )
            .await?;
        let last = page.items.last().map(|entry| entry.sequence);
        Ok(Json(AuditPage {
            tenant: Text(auth.tenant()),
            next_after: last.filter(|_| page.has_more),
            entries: page.items.into_iter().map(Into::into).collect(),
        }))
    }
}
