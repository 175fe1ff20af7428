//! refresh_list: reads a list at its source, makes its tree, signs the root with the day, stores both.
//!
//! Idempotent: the same source on the same day gives the same root, which the store keeps once. A list that has lost more than half
//! of its keys since it was last read, or has none, is refused unless the request says otherwise: a truncated or emptied source
//! must not clear people.

#![expect(
    missing_docs,
    reason = "the macro leaves the docs out of what it makes"
)]

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use temporalio_common::ActivityError;
use temporalio_common::error::ApplicationFailure;
use temporalio_macros::activities;
use temporalio_sdk::activities::ActivityContext;
use zapiki_core::day::Day;
use zapiki_core::gap_tree::GapTree;
use zapiki_core::screening::{ScreeningList, SourceDigest};
use zapiki_core::signed_root::{ListName, SignedRoot};
use zapiki_core::suites::bjj_poseidon::{Fr, SecretKey};
use zapiki_store::{NewListRoot, Published, Store, StoreError};
use zapiki_workflows::lists::{self, RefreshFailure, RefreshRequest, Refreshed};

use super::parse::{ListFormat, parse};
use super::source::{ListSource, ListSources, ReadError, SourceReader};

/// How often a refresh gives a sign of life: several times within the heartbeat timeout.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// refresh_list.
pub struct ListActivities {
    store: Store,
    sources: ListSources,
    reader: SourceReader,
    key: SecretKey,
}

impl std::fmt::Debug for ListActivities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListActivities")
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

impl ListActivities {
    /// Over this store, for these lists, signing with this key.
    #[must_use]
    pub const fn new(
        store: Store,
        sources: ListSources,
        reader: SourceReader,
        key: SecretKey,
    ) -> Self {
        Self {
            store,
            sources,
            reader,
            key,
        }
    }
}

#[activities]
impl ListActivities {
    /// Heartbeats carry nothing. A cancelled attempt answers at once; the arithmetic of its tree ends on its own, unheard.
    #[activity(definition = lists::RefreshList)]
    pub async fn refresh_list(
        self: Arc<Self>,
        ctx: ActivityContext,
        request: RefreshRequest,
    ) -> Result<Refreshed, ActivityError> {
        let refreshing = self.refresh(&request);
        tokio::pin!(refreshing);
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        loop {
            tokio::select! {
                refreshed = &mut refreshing => return refreshed.map_err(|failure| {
                    tracing::warn!(list.name = %request.list, failure = %failure.kind, reason = failure.reason,
                        "a list could not be refreshed");
                    failure.into()
                }),
                () = ctx.cancelled() => return Err(ActivityError::cancelled()),
                _ = heartbeat.tick() => ctx.record_heartbeat(()).await?,
            }
        }
    }
}

/// A failure that is to be told.
struct Failure {
    kind: RefreshFailure,
    reason: String,
}

impl Failure {
    fn new(kind: RefreshFailure, reason: impl std::fmt::Display) -> Self {
        Self {
            kind,
            reason: reason.to_string(),
        }
    }
}

impl From<Failure> for ActivityError {
    fn from(failure: Failure) -> Self {
        let told = ApplicationFailure::builder(failure.reason)
            .type_name(failure.kind.as_str().to_owned())
            .non_retryable(!failure.kind.is_retryable())
            .build();
        Self::Application(Box::new(told))
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let kind = match error {
            ReadError::Unavailable { .. } => RefreshFailure::SourceUnavailable,
            ReadError::TooLarge { .. } => RefreshFailure::SourceTooLarge,
        };
        Self::new(kind, error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the store failed");
        Self::new(
            RefreshFailure::StoreFailed,
            "the database was away or refused",
        )
    }
}

/// A list that was read.
struct Read {
    list: ScreeningList,
    source: SourceDigest,
    root: Fr,
}

impl ListActivities {
    async fn refresh(&self, request: &RefreshRequest) -> Result<Refreshed, Failure> {
        let name = &request.list;
        let source = self.source(name)?;
        let files = self.reader.read(source).await?;
        let format = source.format;
        let Read { list, source, root } = tokio::task::spawn_blocking(move || read(format, &files))
            .await
            .map_err(|_| {
                Failure::new(RefreshFailure::Unclassified, "reading the list panicked")
            })??;
        let entries = list.keys.len() as u64;
        let before = self.store.list(name).await?;
        let before = before.map(|list| list.signed.entries);
        if !request.accept_shrink && has_shrunk(before, entries) {
            let reason = format!(
                "the list has {entries} keys and had {}; if that is right, refresh it with --accept-shrink",
                before.unwrap_or_default()
            );
            return Err(Failure::new(RefreshFailure::ListShrank, reason));
        }
        let dated = Day::try_from(Utc::now().date_naive()).map_err(|_| {
            Failure::new(
                RefreshFailure::Unclassified,
                "the clock of this machine is wrong",
            )
        })?;
        let signed = SignedRoot::sign(&self.key, name.clone(), root, entries, dated);
        let new = NewListRoot {
            signed: &signed,
            source,
            report: &list.report,
            keys: &list.keys,
        };
        let (root, is_new) = match self.store.publish_list(new, Utc::now()).await? {
            Published::New(root) => (root, true),
            Published::Unchanged(root) => (root, false),
        };
        tracing::info!(list.name = %name, list.entries = entries, list.is_new = is_new, "a list was refreshed");
        let SignedRoot {
            name,
            root,
            entries,
            dated,
            ..
        } = root.signed;
        Ok(Refreshed {
            list: name,
            root,
            entries,
            dated,
            is_new,
        })
    }

    fn source(&self, name: &ListName) -> Result<&ListSource, Failure> {
        let source = self.sources.0.iter().find(|source| source.name == *name);
        source.ok_or_else(|| {
            let reason = format!("this worker has no list `{name}`; ZAPIKI_LISTS configures them");
            Failure::new(RefreshFailure::ListNotConfigured, reason)
        })
    }
}

fn read(format: ListFormat, files: &[Vec<u8>]) -> Result<Read, Failure> {
    let list = parse(format, files)
        .map_err(|error| Failure::new(RefreshFailure::SourceMalformed, error))?;
    let tree = GapTree::new(list.keys.iter().map(|key| key.to_field()))
        .map_err(|error| Failure::new(RefreshFailure::ListTooLong, error))?;
    Ok(Read {
        source: SourceDigest::of(files),
        root: tree.root(),
        list,
    })
}

/// Whether so many keys are suspiciously few.
fn has_shrunk(before: Option<u64>, now: u64) -> bool {
    now == 0 || before.is_some_and(|before| now < before.div_ceil(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_list_is_suspicious_and_so_is_none() {
        assert!(has_shrunk(None, 0) && has_shrunk(Some(0), 0));
        assert!(!has_shrunk(None, 1) && !has_shrunk(Some(0), 1));
        assert!(has_shrunk(Some(100), 49) && !has_shrunk(Some(100), 50));
        assert!(has_shrunk(Some(101), 50) && !has_shrunk(Some(101), 51));
    }
}
