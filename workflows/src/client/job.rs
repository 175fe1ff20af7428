//! How the pipeline sees one proof, read from its history: where it is, how often it was tried, what happened when.
//!
//! Of a failure only its [`FailureKind`] is shown. Messages and payloads stay where they are.

use chrono::{DateTime, Utc};
use temporalio_client::{WorkflowExecutionDescription, WorkflowExecutionStatus};
use temporalio_common::protos::coresdk::common::extract_local_activity_marker_data;
use temporalio_common::protos::temporal::api::enums::v1::PendingActivityState;
use temporalio_common::protos::temporal::api::failure::v1::Failure;
use temporalio_common::protos::temporal::api::failure::v1::failure::FailureInfo;
use temporalio_common::protos::temporal::api::history::v1::HistoryEvent;
use temporalio_common::protos::temporal::api::history::v1::history_event::Attributes;
use zapiki_core::failure::FailureKind;

/// Where a workflow stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    /// Under way.
    Running,
    /// It ended with an outcome, which the proof's row has.
    Finished,
    /// It ended without one: an operator terminated it, or its row is gone.
    Broken,
}

zapiki_core::named_variants!(JobStatus, UnknownJobStatus, "job status", {
    Running => "running",
    Finished => "finished",
    Broken => "broken",
});

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEventKind {
    /// The workflow was started.
    Started,
    /// The claim was checked.
    Validated,
    /// The proof waits for a prover.
    Queued,
    /// A prover took it. Of several tries the last: Temporal keeps no others.
    Proving,
    /// It is proved.
    Proved,
    /// It could not be proved.
    ProvingFailed,
    /// Its outcome is stored, its private input shredded.
    Persisted,
    /// It is counted.
    Metered,
    /// It is in the audit log.
    Audited,
    /// It had failed for good, and what was decided about that is stored.
    Resolved,
    /// Somebody asked for it to be given up.
    CancelRequested,
    /// The workflow ended with an outcome.
    Finished,
    /// The workflow ended without one.
    Broken,
}

zapiki_core::named_variants!(JobEventKind, UnknownJobEventKind, "job event", {
    Started => "started",
    Validated => "validated",
    Queued => "queued",
    Proving => "proving",
    Proved => "proved",
    ProvingFailed => "proving_failed",
    Persisted => "persisted",
    Metered => "metered",
    Audited => "audited",
    Resolved => "resolved",
    CancelRequested => "cancel_requested",
    Finished => "finished",
    Broken => "broken",
});

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: JobEventKind,
}

/// How the pipeline sees a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// Where the workflow stands.
    pub status: JobStatus,
    /// How often proving was begun.
    pub attempts: u32,
    /// The step that waits or runs on a queue now.
    pub pending_activity: Option<String>,
    /// When that step is tried next, if it waits for that.
    pub next_try_at: Option<DateTime<Utc>>,
    /// Why the last try at proving failed.
    pub last_failure: Option<FailureKind>,
    /// What happened so far, oldest first.
    pub timeline: Vec<JobEvent>,
}

impl JobView {
    pub(super) fn new(description: &WorkflowExecutionDescription, events: &[HistoryEvent]) -> Self {
        let mut view = Self {
            status: match description.status() {
                WorkflowExecutionStatus::Running => JobStatus::Running,
                WorkflowExecutionStatus::Completed => JobStatus::Finished,
                _ => JobStatus::Broken,
            },
            attempts: 0,
            pending_activity: None,
            next_try_at: None,
            last_failure: None,
            timeline: Vec::new(),
        };
        for event in events {
            view.add(event);
        }
        // A try that runs, or waits for the next, is not in the history yet.
        if let Some(pending) = description.raw().pending_activities.first() {
            view.pending_activity = pending
                .activity_type
                .as_ref()
                .map(|activity| activity.name.clone());
            // A try that waits for its turn is counted before it begins.
            let waits = pending.state() == PendingActivityState::Scheduled;
            let begun = u32::try_from(pending.attempt)
                .unwrap_or(0)
                .saturating_sub(u32::from(waits));
            view.attempts = view.attempts.max(begun);
            let next = pending.next_attempt_schedule_time.as_ref();
            view.next_try_at = next.and_then(|time| moment(time.seconds, time.nanos));
            if let Some(failure) = &pending.last_failure {
                view.last_failure = Some(kind_of(failure));
            }
        }
        view
    }

    fn add(&mut self, event: &HistoryEvent) {
        let Some(attributes) = &event.attributes else {
            return;
        };
        let what = match attributes {
            Attributes::WorkflowExecutionStartedEventAttributes(_) => JobEventKind::Started,
            Attributes::ActivityTaskScheduledEventAttributes(_) => JobEventKind::Queued,
            Attributes::ActivityTaskStartedEventAttributes(started) => {
                self.attempts = self
                    .attempts
                    .max(u32::try_from(started.attempt).unwrap_or(0));
                self.last_failure = started.last_failure.as_ref().map(kind_of);
                JobEventKind::Proving
            }
            Attributes::ActivityTaskCompletedEventAttributes(_) => JobEventKind::Proved,
            Attributes::ActivityTaskFailedEventAttributes(failed) => {
                self.last_failure = failed.failure.as_ref().map(kind_of);
                JobEventKind::ProvingFailed
            }
            Attributes::ActivityTaskTimedOutEventAttributes(_) => {
                self.last_failure = Some(FailureKind::WorkerLost);
                JobEventKind::ProvingFailed
            }
            Attributes::MarkerRecordedEventAttributes(marker) => {
                let step = extract_local_activity_marker_data(&marker.details);
                let failed = marker.failure.is_some();
                match step.as_ref().map(|step| step.activity_type.as_str()) {
                    Some("validate") if !failed => JobEventKind::Validated,
                    Some("persist") if !failed => JobEventKind::Persisted,
                    Some("meter") if !failed => JobEventKind::Metered,
                    Some("audit") if !failed => JobEventKind::Audited,
                    Some("resolve") if !failed => JobEventKind::Resolved,
                    _ => return,
                }
            }
            Attributes::WorkflowExecutionCancelRequestedEventAttributes(_) => {
                JobEventKind::CancelRequested
            }
            Attributes::WorkflowExecutionCompletedEventAttributes(_) => JobEventKind::Finished,
            Attributes::WorkflowExecutionFailedEventAttributes(_)
            | Attributes::WorkflowExecutionTimedOutEventAttributes(_)
            | Attributes::WorkflowExecutionTerminatedEventAttributes(_) => JobEventKind::Broken,
            _ => return,
        };
        let at = event.event_time.as_ref();
        let at = at.and_then(|time| moment(time.seconds, time.nanos));
        self.timeline.extend(at.map(|at| JobEvent { at, what }));
    }
}

fn moment(seconds: i64, nanos: i32) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, u32::try_from(nanos).unwrap_or(0))
}

fn kind_of(failure: &Failure) -> FailureKind {
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            info.r#type.parse().unwrap_or(FailureKind::Unclassified)
        }
        Some(FailureInfo::TimeoutFailureInfo(_)) => FailureKind::WorkerLost,
        _ => failure
            .cause
            .as_deref()
            .map_or(FailureKind::Unclassified, kind_of),
    }
}
