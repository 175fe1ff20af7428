//! Messages to webhooks: how the relay starts them.

use temporalio_client::errors::WorkflowStartError;
use temporalio_client::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowStartOptions};

use super::{CALL_TIMEOUT, PipelineClient, PipelineError, in_time, single_call};
use crate::names::{TENANT, proof_priority};
use crate::webhooks::{DeliveryRef, DeliveryWorkflow};
use temporalio_common::search_attributes::SearchAttributes;

impl PipelineClient {
    /// Has a message sent. Idempotent: one that is on its way is left alone. One that ended before may be sent again.
    ///
    /// # Errors
    /// Temporal is away or refuses.
    pub async fn start_delivery(&self, delivery: DeliveryRef) -> Result<(), PipelineError> {
        let client = self.connected().await?;
        let tenant = delivery.tenant_id;
        let options =
            WorkflowStartOptions::new(&self.queues().webhooks, delivery.delivery_id.to_string())
                .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
                .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicate)
                .search_attributes(SearchAttributes::new(
                    [TENANT.value_set(tenant.to_string())],
                ))
                .priority(proof_priority(tenant))
                .rpc_options(single_call(CALL_TIMEOUT))
                .build();
        let starting = client.start_workflow(DeliveryWorkflow::run, delivery, options);
        match in_time(starting).await? {
            Ok(_) | Err(WorkflowStartError::AlreadyStarted { .. }) => Ok(()),
            Err(WorkflowStartError::Rpc(status)) => Err(status.into()),
            Err(error) => Err(PipelineError::refused(&error)),
        }
    }
}
