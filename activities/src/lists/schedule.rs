//! Keeps the schedules of a worker's lists: made or brought up to date when the worker starts, and run at once if a list was never
//! read or was not read for longer than its interval.

use std::time::Duration;

use chrono::Utc;
use tokio_util::sync::CancellationToken;
use zapiki_core::signed_root::ListName;
use zapiki_store::{Store, StoreError};
use zapiki_workflows::client::{PipelineClient, PipelineError};

/// The pause before a schedule that could not be made is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// Ends when all schedules stand, or when it is told to stop.
pub(crate) async fn keep(
    store: Store,
    client: PipelineClient,
    lists: Vec<ListName>,
    every: Duration,
    stop: CancellationToken,
) {
    for list in lists {
        loop {
            match keep_one(&store, &client, &list, every).await {
                Ok(()) => break,
                Err(error) => {
                    tracing::warn!(list.name = %list, %error, "the schedule of a list could not be made");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

async fn keep_one(
    store: &Store,
    client: &PipelineClient,
    list: &ListName,
    every: Duration,
) -> Result<(), KeepError> {
    client.schedule_list(list, every).await?;
    let read = store.list(list).await?.map(|list| list.refreshed_at);
    let age = read.map(|read| (Utc::now() - read).to_std().unwrap_or_default());
    let is_due = age.is_none_or(|age| age >= every);
    if is_due {
        client.trigger_list(list).await?;
    }
    tracing::info!(list.name = %list, list.is_due = is_due, "the schedule of a list stands");
    Ok(())
}
