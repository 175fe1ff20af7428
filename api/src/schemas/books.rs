//! What happened: jobs, usage, the audit log; and whether the service is well.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use serde::{Deserialize, Serialize};
use zapiki_core::audit::{AuditEntry, AuditHash, AuditKind};
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_workflows::client::JobEventKind;

use super::examples;
use crate::forms::{As, Text};

/// How the pipeline sees a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum PipelineState {
    /// Accepted; its workflow is not started yet, or so long ago that it is forgotten.
    NotFound,
    /// Under way.
    Running,
    /// It ended with an outcome.
    Finished,
    /// It ended without one.
    Broken,
}

/// Something that happened to a job.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct JobEvent {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// What.
    pub(crate) event: Text<JobEventKind>,
}

/// The way of a proof through the pipeline.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Job {
    /// The id of the proof.
    pub(crate) id: Text<ProofId>,
    /// Where the proof stands.
    pub(crate) state: Text<ProofState>,
    /// How the pipeline sees it.
    pub(crate) pipeline: PipelineState,
    /// The task queue of its provers.
    pub(crate) queue: String,
    /// How often proving was begun.
    pub(crate) attempts: u32,
    /// When it is tried next, if it waits for that.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_try_at: Option<DateTime<Utc>>,
    /// Why the last try at proving failed.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_failure: Option<String>,
    /// What happened, oldest first.
    pub(crate) timeline: Vec<JobEvent>,
}

/// A job in a list: what the database knows of it.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct JobSummary {
    /// The id of the proof.
    pub(crate) id: Text<ProofId>,
    /// Where the proof stands.
    pub(crate) state: Text<ProofState>,
    /// What is to be shown.
    pub(crate) statement: Text<StatementKind>,
    /// The proof system.
    pub(crate) system: Text<ProofSystem>,
    /// The task queue of its provers.
    pub(crate) queue: String,
    /// When it was accepted.
    pub(crate) accepted_at: DateTime<Utc>,
    /// When its workflow began.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started_at: Option<DateTime<Utc>>,
    /// When the proof was settled.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settled_at: Option<DateTime<Utc>>,
}

/// A page of jobs, newest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct JobPage {
    /// The jobs.
    pub(crate) jobs: Vec<JobSummary>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

/// How many proofs of one kind there were.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct UsageLine {
    /// The statement.
    pub(crate) statement: Text<StatementKind>,
    /// The proof system.
    pub(crate) system: Text<ProofSystem>,
    /// How many were completed.
    pub(crate) proofs: u64,
}

/// What you used.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Usage {
    /// From this moment on.
    pub(crate) from: DateTime<Utc>,
    /// Before this moment.
    pub(crate) to: DateTime<Utc>,
    /// By statement and system.
    pub(crate) lines: Vec<UsageLine>,
}

/// An entry of your audit log. `zapiki audit verify` checks an export.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "AuditEntry", example)]
pub(crate) struct AuditEntrySchema {
    /// From 1, without gaps.
    sequence: u64,
    /// When it was written.
    recorded_at: DateTime<Utc>,
    /// What happened.
    kind: Text<AuditKind>,
    /// To which proof.
    proof_id: Text<ProofId>,
    /// What it was about.
    statement: Text<StatementKind>,
    /// How it was to be proved.
    system: Text<ProofSystem>,
    /// Why there is no proof.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Text<ProblemCode>>,
    /// The hash of the entry before.
    previous_hash: Text<AuditHash>,
    /// The hash of this entry.
    hash: Text<AuditHash>,
}

/// A piece of your audit log, oldest first.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct AuditPage {
    /// Whose log it is: `zapiki audit verify` wants to know.
    pub(crate) tenant: Text<TenantId>,
    /// The entries.
    pub(crate) entries: Vec<As<AuditEntry, AuditEntrySchema>>,
    /// Give it as `after` to get the next piece; absent on the last.
    #[oai(skip_serializing_if_is_none)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_after: Option<u64>,
}

/// Whether the service can work.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(example)]
pub(crate) struct Health {
    /// `ok`: whatever else there is to say comes as a problem.
    pub(crate) status: HealthStatus,
}

/// How the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum HealthStatus {
    /// It works.
    Ok,
}

pub(super) const AUDIT_ENTRY: &str = r#"{"sequence":1,"recorded_at":"2026-11-24T10:00:00.123456Z","kind":"proof_completed",
    "proof_id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","statement":"age_over","system":"groth16",
    "previous_hash":"sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "hash":"sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761"}"#;

const JOB_SUMMARY: &str = r#"{"id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","state":"accepted","statement":"age_over",
    "system":"groth16","queue":"zapiki-groth16","accepted_at":"2026-11-24T10:00:00Z","started_at":"2026-11-24T10:00:00.010Z"}"#;

examples! {
    JobEvent => r#"{"at":"2026-11-24T10:00:00.100Z","event":"proved"}"#;
    Job => r#"{"id":"proof_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","state":"completed","pipeline":"finished","queue":"zapiki-groth16","attempts":1,
        "timeline":[{"at":"2026-11-24T10:00:00.100Z","event":"proved"}]}"#;
    JobSummary => JOB_SUMMARY;
    JobPage => &format!(r#"{{"jobs":[{JOB_SUMMARY}]}}"#);
    UsageLine => r#"{"statement":"age_over","system":"groth16","proofs":42}"#;
    Usage => r#"{"from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z",
        "lines":[{"statement":"age_over","system":"groth16","proofs":42}]}"#;
    AuditEntrySchema => AUDIT_ENTRY;
    AuditPage => &format!(r#"{{"tenant":"tenant_0192f0c17b5e7c3a9d2e5f6a7b8c9d0e","entries":[{AUDIT_ENTRY}]}}"#);
    Health => r#"{"status":"ok"}"#;
}
