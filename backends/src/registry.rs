//! Which backends there are, and which circuit answers a request.

use std::cmp::Reverse;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use thiserror::Error;
use zapiki_core::circuit::{CircuitId, CircuitPin};
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::lifecycle::{Notice, Notices, Stage};
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::SuiteId;
use zapiki_core::system::{Maturity, ProofSystem};

use crate::backend::{CircuitInfo, CircuitStatus, ProofBackend, Verdict, VerifyError};

/// The backends of this process, and what is announced of their circuits. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    backends: Arc<[Arc<dyn ProofBackend>]>,
    notices: Arc<Notices>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.backends().map(|backend| backend.system()))
            .finish()
    }
}

/// No circuit answers the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// This deployment does not offer the proof system.
    #[error("proof system `{0}` is not offered here")]
    UnknownSystem(ProofSystem),
    /// The pin names a circuit of another statement.
    #[error("the pinned circuit `{0}` does not prove the requested statement, which is `{1}`")]
    WrongStatement(CircuitPin, StatementKind),
    /// The system has no circuit of the statement.
    #[error("proof system `{0}` has no circuit for the statement `{1}`")]
    NotOffered(ProofSystem, StatementKind),
    /// The system has circuits of the statement, and none of them answers the pin.
    #[error("proof system `{0}` has no circuit `{1}`")]
    UnknownVersion(ProofSystem, CircuitPin),
    /// The one that answers makes no new proofs since then.
    #[error("the circuit `{0}` makes no new proofs since {day}; those made with it still verify", day = .1.date_naive())]
    Retired(CircuitId, DateTime<Utc>),
    /// The one that answers is withdrawn.
    #[error("the circuit `{0}` was withdrawn; leave the pin out to use the current one")]
    Withdrawn(CircuitId),
}

/// A notice of a circuit that there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("there is a notice of {0} {1}, and no such circuit")]
pub struct UnknownNotice(ProofSystem, CircuitId);

impl Registry {
    /// The registry of these backends.
    #[must_use]
    pub fn new(backends: Vec<Arc<dyn ProofBackend>>) -> Self {
        Self {
            backends: backends.into(),
            notices: Arc::default(),
        }
    }

    /// The same, with what is announced of its circuits.
    ///
    /// # Errors
    /// A notice is of a circuit that no backend has: a typing error would otherwise announce nothing.
    pub fn with_notices(self, notices: Notices) -> Result<Self, UnknownNotice> {
        for notice in notices.iter() {
            let mut circuits = self.circuits();
            if !circuits.any(|(system, info)| (system, info.id) == (notice.system, notice.circuit))
            {
                return Err(UnknownNotice(notice.system, notice.circuit));
            }
        }
        Ok(Self {
            notices: Arc::new(notices),
            ..self
        })
    }

    /// The backend of a system.
    #[must_use]
    pub fn get(&self, system: ProofSystem) -> Option<&Arc<dyn ProofBackend>> {
        self.backends().find(|backend| backend.system() == system)
    }

    /// Whether requests about a system must opt in. What is not offered here is not experimental either.
    #[must_use]
    pub fn is_experimental(&self, system: ProofSystem) -> bool {
        self.get(system)
            .is_some_and(|backend| backend.capabilities().maturity == Maturity::Experimental)
    }

    /// All backends.
    pub fn backends(&self) -> impl Iterator<Item = &Arc<dyn ProofBackend>> {
        self.backends.iter()
    }

    /// All circuits with their system.
    pub fn circuits(&self) -> impl Iterator<Item = (ProofSystem, &CircuitInfo)> {
        self.backends().flat_map(|backend| {
            backend
                .circuits()
                .iter()
                .map(|circuit| (backend.system(), circuit))
        })
    }

    /// Checks each proof with the backend of its system: those of one system together.
    #[must_use]
    pub fn verify_batch(&self, envelopes: &[ProofEnvelope]) -> Vec<Result<Verdict, VerifyError>> {
        let foreign = |envelope: &ProofEnvelope| Err(VerifyError::ForeignSystem(envelope.system));
        let mut verdicts: Vec<_> = envelopes.iter().map(foreign).collect();
        for backend in self.backends() {
            let (indices, own): (Vec<usize>, Vec<&ProofEnvelope>) = envelopes
                .iter()
                .enumerate()
                .filter(|(_, envelope)| envelope.system == backend.system())
                .unzip();
            for (index, verdict) in indices.into_iter().zip(backend.verify_batch(&own)) {
                verdicts[index] = verdict;
            }
        }
        verdicts
    }

    /// What is announced of a circuit.
    #[must_use]
    pub fn notice(&self, system: ProofSystem, circuit: CircuitId) -> Option<&Notice> {
        self.notices.of(system, circuit)
    }

    /// Whether a circuit may be used at this moment.
    #[must_use]
    pub fn status(
        &self,
        system: ProofSystem,
        circuit: &CircuitInfo,
        now: DateTime<Utc>,
    ) -> CircuitStatus {
        if circuit.status == CircuitStatus::Withdrawn {
            return CircuitStatus::Withdrawn;
        }
        let notice = self.notice(system, circuit.id);
        match notice.map(|notice| notice.stage(now)) {
            None | Some(Stage::Announced) => circuit.status,
            Some(Stage::Deprecated) => CircuitStatus::Deprecated,
            Some(Stage::Retired) => CircuitStatus::Retired,
        }
    }

    /// The circuits of the statement that the pin admits, newest first; at least one, whatever its status.
    fn admitted(
        &self,
        system: ProofSystem,
        pin: Option<CircuitPin>,
        statement: StatementKind,
    ) -> Result<Vec<&CircuitInfo>, ResolveError> {
        let backend = self
            .get(system)
            .ok_or(ResolveError::UnknownSystem(system))?;
        if let Some(pin) = pin
            && pin.statement() != statement
        {
            return Err(ResolveError::WrongStatement(pin, statement));
        }
        let of_statement = backend
            .circuits()
            .iter()
            .filter(|circuit| circuit.id.statement == statement);
        let mut circuits: Vec<_> = of_statement.collect();
        if circuits.is_empty() {
            return Err(ResolveError::NotOffered(system, statement));
        }
        if let Some(pin) = pin {
            circuits.retain(|circuit| pin.admits(circuit.id));
            if circuits.is_empty() {
                return Err(ResolveError::UnknownVersion(system, pin));
            }
        }
        circuits.sort_by_key(|circuit| Reverse(circuit.id.version));
        Ok(circuits)
    }

    /// The suite of the issuer signatures that the statement's newest circuit checks, of those that the pin admits. Whether that
    /// circuit may still be used is another question.
    ///
    /// # Errors
    /// There is no such circuit; the variant says why.
    pub fn suite(
        &self,
        system: ProofSystem,
        pin: Option<CircuitPin>,
        statement: StatementKind,
    ) -> Result<SuiteId, ResolveError> {
        let circuits = self.admitted(system, pin, statement)?;
        let newest = circuits.first();
        newest
            .map(|circuit| circuit.suite)
            .ok_or(ResolveError::NotOffered(system, statement))
    }

    /// The circuit for a new proof of the statement: of those that the pin admits the newest active one; if there is none, the
    /// newest deprecated one.
    ///
    /// # Errors
    /// There is none; the variant says why.
    pub fn resolve(
        &self,
        system: ProofSystem,
        pin: Option<CircuitPin>,
        statement: StatementKind,
        now: DateTime<Utc>,
    ) -> Result<&CircuitInfo, ResolveError> {
        let circuits = self.admitted(system, pin, statement)?;
        let newest = |status| {
            let mut circuits = circuits.iter();
            circuits.find(|circuit| self.status(system, circuit, now) == status)
        };
        if let Some(circuit) =
            newest(CircuitStatus::Active).or_else(|| newest(CircuitStatus::Deprecated))
        {
            return Ok(circuit);
        }
        let retired = newest(CircuitStatus::Retired).map(|circuit| circuit.id);
        let since = retired.and_then(|circuit| self.notice(system, circuit)?.sunset_at);
        Err(match (retired, since, circuits.first()) {
            (Some(circuit), Some(since), _) => ResolveError::Retired(circuit, since),
            (_, _, Some(circuit)) => ResolveError::Withdrawn(circuit.id),
            (_, _, None) => ResolveError::NotOffered(system, statement),
        })
    }
}

#[cfg(test)]
mod tests;
