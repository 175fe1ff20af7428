//! The names that the pipeline shares with the Temporal server: task queues, search attributes, types.
//!
//! A running proof carries them in its history, so a name never changes its meaning; a new meaning gets a new name.

use serde::{Deserialize, Serialize};
use temporalio_common::Priority;
use temporalio_common::search_attributes::SearchAttributeKey;
use zapiki_core::ids::TenantId;
use zapiki_core::system::ProofSystem;

/// The name of the update that answers with the outcome, and its id: all who wait for a proof share one.
pub const AWAIT_OUTCOME: &str = "await_outcome";

/// Whose proof it is. All four are of type Keyword and must be registered with the namespace.
pub const TENANT: SearchAttributeKey<String> = SearchAttributeKey::keyword("ZapikiTenant");
/// The kind of the statement.
pub const STATEMENT: SearchAttributeKey<String> = SearchAttributeKey::keyword("ZapikiStatement");
/// The proof system.
pub const SYSTEM: SearchAttributeKey<String> = SearchAttributeKey::keyword("ZapikiSystem");
/// The state of the proof. An ordinary one has none: that it is on its way or completed, the workflow's own status says.
pub const STATE: SearchAttributeKey<String> = SearchAttributeKey::keyword("ZapikiState");

/// The names of the search attributes, for whoever sets up a namespace.
pub const SEARCH_ATTRIBUTES: [&str; 4] = [
    "ZapikiTenant",
    "ZapikiStatement",
    "ZapikiSystem",
    "ZapikiState",
];

/// Where a batch's items stand: 1 is first, 5 last, and single proofs have the server's default of 3.
const BATCH_PRIORITY: u32 = 4;

/// A single proof's place in the queues. Of the same place each tenant gets the same share, however much one asks for.
#[must_use]
pub fn proof_priority(tenant: TenantId) -> Priority {
    Priority::builder().fairness_key(tenant.to_string()).build()
}

/// A batch's place in the queues: somebody waits for a single proof.
#[must_use]
pub fn batch_priority(tenant: TenantId) -> Priority {
    Priority::builder()
        .priority_key(BATCH_PRIORITY)
        .fairness_key(tenant.to_string())
        .build()
}

/// The task queues of one deployment. Workers and clients must agree on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queues {
    /// Workflows and their local activities.
    pub pipeline: String,
    /// Groth16 provers.
    pub groth16: String,
    /// Workers that have sanctions lists, for workflows and activities.
    pub lists: String,
    /// STARK provers.
    pub stark: String,
    /// PLONK provers.
    pub plonk: String,
    /// Workers that reach the internet, for workflows and activities.
    // A batch's workflow that began before there were webhooks has none, and needs none.
    #[serde(default)]
    pub webhooks: String,
}

impl Default for Queues {
    fn default() -> Self {
        Self::with_prefix("zapiki")
    }
}

impl Queues {
    /// The queues of a deployment that shares its namespace with others.
    #[must_use]
    pub fn with_prefix(prefix: &str) -> Self {
        Self {
            pipeline: format!("{prefix}-pipeline"),
            groth16: format!("{prefix}-groth16"),
            lists: format!("{prefix}-lists"),
            stark: format!("{prefix}-stark"),
            plonk: format!("{prefix}-plonk"),
            webhooks: format!("{prefix}-webhooks"),
        }
    }

    /// Where a system's provers listen.
    #[must_use]
    pub fn prover(&self, system: ProofSystem) -> &str {
        match system {
            ProofSystem::Groth16 => &self.groth16,
            ProofSystem::Stark => &self.stark,
            ProofSystem::Plonk => &self.plonk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_queues_are_the_documented_ones() {
        let queues = Queues::default();
        assert_eq!(queues.pipeline, "zapiki-pipeline");
        assert_eq!(queues.lists, "zapiki-lists");
        assert_eq!(queues.webhooks, "zapiki-webhooks");
        assert_eq!(queues.prover(ProofSystem::Groth16), "zapiki-groth16");
        assert_eq!(queues.prover(ProofSystem::Stark), "zapiki-stark");
        assert_eq!(queues.prover(ProofSystem::Plonk), "zapiki-plonk");
    }

    #[test]
    fn every_search_attribute_is_listed() {
        let keys = [TENANT, STATEMENT, SYSTEM, STATE];
        assert_eq!(keys.map(|key| key.name().to_owned()), SEARCH_ATTRIBUTES);
    }
}
