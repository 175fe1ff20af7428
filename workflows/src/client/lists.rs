//! Lists: the schedule of each, and a refresh in between.
//!
//! A schedule is named after its list and the queue of the workers that have lists, so deployments that share a namespace do not
//! share schedules. Making one that is there brings it up to date.

use std::time::Duration;

use temporalio_client::errors::{WorkflowGetResultError, WorkflowStartError};
use temporalio_client::schedules::{
    CreateScheduleOptions, ScheduleAction, ScheduleError, ScheduleOverlapPolicy, ScheduleSpec,
    TriggerScheduleOptions,
};
use temporalio_client::tonic::Code;
use temporalio_client::{WorkflowGetResultOptions, WorkflowIdConflictPolicy, WorkflowStartOptions};
use thiserror::Error;
use tokio::time::timeout;
use zapiki_core::signed_root::ListName;

use super::{CALL_TIMEOUT, PipelineClient, PipelineError, in_time, single_call};
use crate::lists::{RefreshFailure, RefreshListWorkflow, RefreshRequest, Refreshed};

/// A refresh did not end well.
#[derive(Debug, Error)]
pub enum RefreshError {
    /// Temporal is away or refuses.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The list could not be read.
    #[error("{failure}: {reason}")]
    Failed {
        /// Why, by name.
        failure: RefreshFailure,
        /// Why, in a sentence.
        reason: String,
    },
    /// It is under way; the wait is over.
    #[error("the refresh is still under way; no worker took it, or its source is slow")]
    StillRunning,
}

impl From<ScheduleError> for PipelineError {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::Rpc(status) => status.into(),
            other => Self::refused(&other),
        }
    }
}

impl PipelineClient {
    /// The name of a list's schedule, and the start of its workflows' ids.
    #[must_use]
    pub fn schedule_id(&self, list: &ListName) -> String {
        format!("{}-{list}", self.queues().lists)
    }

    /// Has a list refreshed every so often from now on. Idempotent: a schedule that is there is brought up to date, and stays
    /// paused if somebody paused it.
    ///
    /// # Errors
    /// Temporal is away or refuses.
    pub async fn schedule_list(
        &self,
        list: &ListName,
        every: Duration,
    ) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let id = self.schedule_id(list);
        let action = || {
            let request = RefreshRequest {
                list: list.clone(),
                accept_shrink: false,
            };
            ScheduleAction::start_workflow(
                RefreshListWorkflow::run,
                request,
                &self.queues().lists,
                &id,
            )
        };
        let options = CreateScheduleOptions::builder()
            .action(action())
            .spec(ScheduleSpec::from_interval(every))
            .rpc_options(single_call(CALL_TIMEOUT))
            .build();
        match in_time(client.create_schedule(&id, options)).await? {
            Ok(_) => {}
            Err(ScheduleError::Rpc(status)) if status.code() == Code::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        // What creating cannot say, and what may have changed since it was created.
        let action = action();
        let handle = client.get_schedule_handle(&id);
        let update = handle.update(
            move |schedule| {
                schedule
                    .set_spec(ScheduleSpec::from_interval(every))
                    .set_action(action)
                    .set_overlap_policy(ScheduleOverlapPolicy::Skip)
                    // One missed run is made up for, not each.
                    .set_catchup_window(every);
            },
            single_call(CALL_TIMEOUT),
        );
        Ok(timeout(2 * CALL_TIMEOUT, update).await.map_err(|_| {
            PipelineError::Unavailable("the server did not answer in time".into())
        })??)
    }

    /// Has a list's schedule run now, unless it runs already.
    ///
    /// # Errors
    /// Temporal is away or refuses.
    pub async fn trigger_list(&self, list: &ListName) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let options = TriggerScheduleOptions::builder()
            .rpc_options(single_call(CALL_TIMEOUT))
            .build();
        let handle = client.get_schedule_handle(self.schedule_id(list));
        Ok(in_time(handle.trigger(ScheduleOverlapPolicy::Skip, options)).await??)
    }

    /// Refreshes a list and waits for the end. Whoever asks meanwhile waits for the same refresh.
    ///
    /// # Errors
    /// Temporal is away, the list could not be read, or the wait is over.
    pub async fn refresh_list(
        &self,
        request: &RefreshRequest,
        wait: Duration,
    ) -> Result<Refreshed, RefreshError> {
        let client = self.connected().await?;
        let id = format!("{}-now", self.schedule_id(&request.list));
        let options = WorkflowStartOptions::new(&self.queues().lists, id)
            .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
            .static_summary(format!("{} now", request.list))
            .rpc_options(single_call(CALL_TIMEOUT))
            .build();
        let starting = client.start_workflow(RefreshListWorkflow::run, request.clone(), options);
        let handle = match in_time(starting).await? {
            Ok(handle) => handle,
            Err(WorkflowStartError::Rpc(status)) => return Err(PipelineError::from(status).into()),
            Err(error) => return Err(PipelineError::refused(&error).into()),
        };
        match timeout(wait, handle.get_result(WorkflowGetResultOptions::default())).await {
            Ok(Ok(refreshed)) => Ok(refreshed),
            Ok(Err(WorkflowGetResultError::Failed(error))) => {
                let (failure, reason) = RefreshFailure::of(&error);
                Err(RefreshError::Failed { failure, reason })
            }
            Ok(Err(error)) => Err(PipelineError::from(error).into()),
            Err(_) => Err(RefreshError::StillRunning),
        }
    }
}
