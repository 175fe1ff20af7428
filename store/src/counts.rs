//! Counts of what became of proofs, for operators. Every way that a proof takes ends in a transaction of this crate, so it is counted
//! here: a transaction notes what it changes, and what it noted counts once it is committed.
//!
//! By kinds alone: no id, no tenant. While nobody asks for metrics (docs/OPERATIONS.md), counting does nothing.

use std::sync::LazyLock;

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use zapiki_core::failure::FailureKind;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;

use crate::failures::Resolution;

/// Something to count.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Count {
    /// A proof was accepted.
    Accepted(StatementKind, ProofSystem),
    /// A proof has this outcome now.
    Settled(ProofState, StatementKind, ProofSystem),
    /// A dead letter was written.
    DeadLetter(FailureKind),
    /// A dead letter was closed.
    Resolved(Resolution),
}

struct Counts {
    accepted: Counter<u64>,
    settled: Counter<u64>,
    dead_letters: Counter<u64>,
    resolved: Counter<u64>,
}

static COUNTS: LazyLock<Counts> = LazyLock::new(|| {
    let meter = global::meter("zapiki");
    let counter = |name, description| {
        meter
            .u64_counter(name)
            .with_description(description)
            .build()
    };
    let counts = Counts {
        accepted: counter(
            "zapiki_proofs_accepted_total",
            "Proofs that this process accepted",
        ),
        settled: counter(
            "zapiki_proofs_settled_total",
            "Proofs that this process brought to an outcome",
        ),
        dead_letters: counter(
            "zapiki_dead_letters_total",
            "Dead letters that this process wrote",
        ),
        resolved: counter(
            "zapiki_dead_letters_resolved_total",
            "Dead letters that this process closed",
        ),
    };
    // A series that begins at one hides its first event: an increase is seen from zero on.
    for failure in FailureKind::ALL {
        counts.dead_letters.add(0, &by_failure(*failure));
    }
    for resolution in Resolution::ALL {
        counts.resolved.add(0, &by_resolution(*resolution));
    }
    counts
});

fn by_kind(statement: StatementKind, system: ProofSystem) -> [KeyValue; 2] {
    [
        KeyValue::new("statement", statement.as_str()),
        KeyValue::new("system", system.as_str()),
    ]
}

fn by_failure(failure: FailureKind) -> [KeyValue; 1] {
    [KeyValue::new("failure", failure.as_str())]
}

fn by_resolution(resolution: Resolution) -> [KeyValue; 1] {
    [KeyValue::new("resolution", resolution.as_str())]
}

/// Has the counts begin at zero.
pub(crate) fn begin() {
    LazyLock::force(&COUNTS);
}

impl Count {
    /// Counts it.
    pub(crate) fn take(self) {
        match self {
            Self::Accepted(statement, system) => {
                COUNTS.accepted.add(1, &by_kind(statement, system));
            }
            Self::Settled(outcome, statement, system) => {
                let [statement, system] = by_kind(statement, system);
                let outcome = KeyValue::new("outcome", outcome.as_str());
                COUNTS.settled.add(1, &[outcome, statement, system]);
            }
            Self::DeadLetter(failure) => COUNTS.dead_letters.add(1, &by_failure(failure)),
            Self::Resolved(resolution) => COUNTS.resolved.add(1, &by_resolution(resolution)),
        }
    }
}
