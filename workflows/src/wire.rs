//! What travels through Temporal: the inputs and results of the workflow and its activities.
//!
//! Everything here lands in a history that is kept for days and shown in a UI. So nothing private is here: a proof is
//! named by [`ProofRef`], and the activities load the rest from the store. The forms are those of running workflows:
//! add optional fields, never rename one.

use serde::{Deserialize, Serialize};
use zapiki_core::audit::{AuditEvent, AuditKind};
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;

use crate::failure::StepFailure;

/// Names a proof, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRef {
    /// The owner.
    pub tenant_id: TenantId,
    /// The proof. Its text form is the workflow id.
    pub proof_id: ProofId,
}

/// A proof to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofJob {
    /// Which one.
    pub proof: ProofRef,
    /// What it is about.
    pub statement: StatementKind,
    /// How it is to be proved.
    pub system: ProofSystem,
}

/// The input of the workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineInput {
    /// The proof to be made.
    pub job: ProofJob,
    /// The task queue of the system's provers: part of the input, so that a replay schedules where the first run did.
    pub prove_queue: String,
    /// How long a proof that could not be made is kept for a decision, in seconds.
    #[serde(default = "dead_letter_keep_s")]
    pub dead_letter_keep_s: u64,
    /// Whether Temporal's own status is enough to say that a proof is on its way or completed: the search attribute then says what is
    /// out of the ordinary, and an ordinary proof costs one write less. Not so for workflows that began before there was a choice.
    #[serde(default)]
    pub shows_exceptions_only: bool,
}

/// What held for workflows that were started before there was a choice, and holds for who makes none: two weeks.
pub const DEAD_LETTER_KEEP_S: u64 = 14 * 24 * 60 * 60;

const fn dead_letter_keep_s() -> u64 {
    DEAD_LETTER_KEEP_S
}

/// What `validate` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Validated {
    /// The credential satisfies the claim.
    Valid {
        /// How many dead letters the proof has: those of the tries before this one. Histories from before it was told have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rounds: Option<u32>,
    },
    /// It does not.
    Rejected {
        /// Which part of the claim does not hold.
        code: ProblemCode,
    },
    /// The proof has its outcome already: an earlier run got this far, or its owner gave it up.
    Settled {
        /// The outcome that its row has.
        outcome: ProofOutcome,
    },
}

/// What `persist` is to write. Local activities leave their input out of the history, so that the envelope is there
/// once, as the result of `prove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersistRequest {
    /// Which proof.
    pub proof: ProofRef,
    /// Its outcome.
    pub settlement: SettlementRequest,
}

/// An outcome to be written, with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SettlementRequest {
    /// Proved.
    Completed {
        /// The proof, public in all its parts.
        envelope: Box<ProofEnvelope>,
    },
    /// The credential does not satisfy the claim.
    Rejected {
        /// Which part of the claim does not hold.
        code: ProblemCode,
    },
    /// It could not be proved.
    DeadLettered {
        /// Why.
        failure: StepFailure,
        /// How long it is kept for a decision, in seconds.
        keep_s: u64,
        /// How many dead letters the proof had when this try began, if that is known: told a second time, a try that was
        /// redriven since is not written again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rounds: Option<u32>,
    },
    /// Its owner gave it up.
    Cancelled,
}

/// What is decided about a dead-lettered proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is tried again.
    Redrive,
    /// It is given up.
    Discard,
    /// Nobody decided in time.
    Expire,
}

/// What `resolve` is to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveRequest {
    /// Which proof.
    pub proof: ProofRef,
    /// What was decided.
    pub decision: Decision,
}

/// What `resolve` found in the row, once the decision was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// How the proof ended; `None` if it is to be tried again.
    pub outcome: Option<ProofOutcome>,
}

/// What `audit` is to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRequest {
    /// In whose chain.
    pub tenant_id: TenantId,
    /// What happened.
    pub event: AuditEvent,
}

impl AuditRequest {
    /// The entry for a proof that has its outcome.
    #[must_use]
    pub fn new(job: &ProofJob, outcome: ProofOutcome) -> Self {
        Self {
            tenant_id: job.proof.tenant_id,
            event: AuditEvent {
                kind: outcome.audit_kind(),
                proof_id: job.proof.proof_id,
                statement: job.statement,
                system: job.system,
                code: outcome.code(),
            },
        }
    }
}

/// How a proof ended: the result of the workflow, and the answer to the update.
///
/// Without the envelope: whoever waits reads it from the store, where it is before this is said, and the history does
/// not hold it twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ProofOutcome {
    /// Proved and stored.
    Completed,
    /// The credential does not satisfy the claim.
    Rejected {
        /// Which part of the claim does not hold.
        code: ProblemCode,
    },
    /// It could not be proved.
    DeadLettered {
        /// The problem that a caller sees.
        code: ProblemCode,
    },
    /// Its owner gave it up.
    Cancelled,
}

impl ProofOutcome {
    /// The state that the proof's row has.
    #[must_use]
    pub const fn state(self) -> ProofState {
        match self {
            Self::Completed => ProofState::Completed,
            Self::Rejected { .. } => ProofState::Rejected,
            Self::DeadLettered { .. } => ProofState::DeadLettered,
            Self::Cancelled => ProofState::Cancelled,
        }
    }

    /// Why there is no proof.
    #[must_use]
    pub const fn code(self) -> Option<ProblemCode> {
        match self {
            Self::Rejected { code } | Self::DeadLettered { code } => Some(code),
            Self::Completed | Self::Cancelled => None,
        }
    }

    /// What the audit log says.
    #[must_use]
    pub const fn audit_kind(self) -> AuditKind {
        match self {
            Self::Completed => AuditKind::ProofCompleted,
            Self::Rejected { .. } => AuditKind::ProofRejected,
            Self::DeadLettered { .. } => AuditKind::ProofDeadLettered,
            Self::Cancelled => AuditKind::ProofCancelled,
        }
    }
}
