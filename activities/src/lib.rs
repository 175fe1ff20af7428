//! What the pipeline's activities do, and the worker that runs them.
//!
//! | file | subject |
//! | --- | --- |
//! | [`pipeline`] | validate, persist, meter, audit: one database transaction each, beside the workflow |
//! | [`batches`] | what a batch needs beside its chunks: plan, hand over, give up |
//! | [`proving`] | prove, of one or of a chunk: arithmetic, on its system's queue |
//! | [`failures`] | errors of store and prover as the failures that workflows know |
//! | [`relay`] | starts what was accepted while Temporal was away |
//! | [`lists`] | sanctions lists: read, made into trees, signed, stored |
//! | [`metrics`], [`sdk_meter`] | what a worker measures, and what Temporal's SDK does |
//! | [`webhooks`] | messages to webhooks, sent and signed |
//! | [`tls`] | whom this program trusts when it calls others |
//! | [`worker`] | all of it as one process |
//!
//! Every activity is idempotent by proof id: Temporal promises at least one run, never exactly one.

mod batches;
mod failures;
pub mod lists;
mod metrics;
mod pipeline;
mod proving;
mod relay;
mod sdk_meter;
mod tls;
mod webhooks;
mod worker;

pub use batches::BatchActivities;
pub use pipeline::PipelineActivities;
pub use proving::ProvingActivities;
pub use sdk_meter::client_meter;
pub use webhooks::{WebhookActivities, WebhooksConfig};
pub use worker::{ProverSlots, Release, Role, UnknownRole, WorkerConfig, WorkerError, run_worker};
