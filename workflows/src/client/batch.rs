//! Batches: started, given up.

use temporalio_client::errors::{WorkflowInteractionError, WorkflowStartError};
use temporalio_client::{
    WorkflowCancelOptions, WorkflowHandle, WorkflowIdConflictPolicy, WorkflowIdReusePolicy,
    WorkflowStartOptions,
};
use temporalio_common::search_attributes::SearchAttributes;
use temporalio_workflow::workflows::WorkflowImplementation;
use zapiki_core::ids::BatchId;

use super::{CALL_TIMEOUT, PipelineClient, PipelineError, in_time, single_call};
use crate::batch::{BatchInput, BatchRef, BatchWorkflow};
use crate::names::{TENANT, batch_priority};

type Workflow = <BatchWorkflow as WorkflowImplementation>::Run;

impl PipelineClient {
    /// Starts a batch. Idempotent: one that is under way or done is left alone.
    ///
    /// # Errors
    /// As of [`Self::start`].
    pub async fn start_batch(&self, batch: BatchRef) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let input = BatchInput::new(batch, self.queues().clone());
        let tenant = TENANT.value_set(batch.tenant_id.to_string());
        let options =
            WorkflowStartOptions::new(&self.queues().pipeline, batch.batch_id.to_string())
                .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
                .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicateFailedOnly)
                .search_attributes(SearchAttributes::new([tenant]))
                .static_summary("a batch of proofs".to_owned())
                .priority(batch_priority(batch.tenant_id))
                .rpc_options(single_call(CALL_TIMEOUT))
                .build();
        match in_time(client.start_workflow(BatchWorkflow::run, input, options)).await? {
            Ok(_) | Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(()),
            Err(WorkflowStartError::Rpc(status)) => Err(status.into()),
            Err(error) => Err(PipelineError::refused(&error)),
        }
    }

    /// Asks the workflow of a batch to give up. One that is done or was never started is left to its rows.
    ///
    /// # Errors
    /// Temporal is away.
    pub async fn cancel_batch(&self, batch: BatchId) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let options = WorkflowCancelOptions::builder()
            .reason("cancelled by its owner".to_owned())
            .rpc_options(single_call(CALL_TIMEOUT))
            .build();
        let handle: WorkflowHandle<_, Workflow> = client.get_workflow_handle(batch.to_string());
        match in_time(handle.cancel(options)).await? {
            Ok(()) | Err(WorkflowInteractionError::NotFound(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
