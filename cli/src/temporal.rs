//! How commands reach Temporal.

use std::time::Duration;

use clap::Args;
use url::Url;
use zapiki_store::KeyRing;
use zapiki_workflows::client::{PipelineClient, SealedPayloads};
use zapiki_workflows::names::Queues;

// Where Temporal is. (A doc comment here would become the help text of the subcommand.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Temporal")]
pub(crate) struct TemporalArgs {
    /// Temporal's frontend
    #[arg(
        long,
        value_name = "URL",
        env = "ZAPIKI_TEMPORAL_URL",
        default_value = "http://127.0.0.1:7233"
    )]
    temporal_url: Url,
    /// Temporal's namespace
    #[arg(
        long,
        value_name = "NAME",
        env = "ZAPIKI_TEMPORAL_NAMESPACE",
        default_value = "default"
    )]
    temporal_namespace: String,
    /// What the names of the task queues start with; API and workers of one deployment must agree
    #[arg(
        long,
        value_name = "PREFIX",
        env = "ZAPIKI_QUEUE_PREFIX",
        default_value = "zapiki"
    )]
    queue_prefix: String,
    /// How many days a proof that could not be made is kept for a decision, its private input sealed; then that is shredded
    #[arg(
        long,
        value_name = "DAYS",
        env = "ZAPIKI_DEAD_LETTER_DAYS",
        default_value_t = 14,
        value_parser = clap::value_parser!(u16).range(1..=365)
    )]
    dead_letter_days: u16,
}

impl TemporalArgs {
    /// The pipeline, not yet connected, with the keys that seal what it keeps in Temporal.
    pub(crate) fn pipeline(&self, keys: &KeyRing) -> PipelineClient {
        PipelineClient::connect_lazily(
            self.temporal_url.clone(),
            &self.temporal_namespace,
            Queues::with_prefix(&self.queue_prefix),
            SealedPayloads::new(keys.payload_keys()),
        )
        .keeping_dead_letters(Duration::from_hours(24 * u64::from(self.dead_letter_days)))
    }
}
