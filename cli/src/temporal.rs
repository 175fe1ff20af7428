//! How commands reach Temporal.

use clap::Args;
use url::Url;
use zapiki_workflows::client::PipelineClient;
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
    pub(crate) temporal_url: Url,
    /// Temporal's namespace
    #[arg(
        long,
        value_name = "NAME",
        env = "ZAPIKI_TEMPORAL_NAMESPACE",
        default_value = "default"
    )]
    pub(crate) temporal_namespace: String,
    /// What the names of the task queues start with; API and workers of one deployment must agree
    #[arg(
        long,
        value_name = "PREFIX",
        env = "ZAPIKI_QUEUE_PREFIX",
        default_value = "zapiki"
    )]
    queue_prefix: String,
}

impl TemporalArgs {
    /// The task queues.
    pub(crate) fn queues(&self) -> Queues {
        Queues::with_prefix(&self.queue_prefix)
    }

    /// The pipeline, not yet connected.
    pub(crate) fn pipeline(&self) -> PipelineClient {
        PipelineClient::connect_lazily(
            self.temporal_url.clone(),
            &self.temporal_namespace,
            self.queues(),
        )
    }
}
