//! Which backends there are, and which circuit answers a request.

use std::sync::Arc;

use thiserror::Error;
use zapiki_core::circuit::CircuitPin;
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::{Maturity, ProofSystem};

use crate::backend::{CircuitInfo, CircuitStatus, ProofBackend, Verdict, VerifyError};

/// The backends of this process. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    backends: Arc<[Arc<dyn ProofBackend>]>,
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
    #[error("the pinned circuit `{0}` does not prove the requested statement")]
    WrongStatement(CircuitPin),
    /// No circuit of the statement answers the pin.
    #[error("no circuit for the statement answers the request")]
    UnknownCircuit,
    /// The one that answers is withdrawn.
    #[error("the circuit was withdrawn; leave the pin out to use the current one")]
    Withdrawn,
}

impl Registry {
    /// The registry of these backends.
    #[must_use]
    pub fn new(backends: Vec<Arc<dyn ProofBackend>>) -> Self {
        Self {
            backends: backends.into(),
        }
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

    /// The newest active circuit of the statement that the pin admits.
    ///
    /// # Errors
    /// There is none; the variant says why.
    pub fn resolve(
        &self,
        system: ProofSystem,
        pin: Option<CircuitPin>,
        statement: StatementKind,
    ) -> Result<&CircuitInfo, ResolveError> {
        let backend = self
            .get(system)
            .ok_or(ResolveError::UnknownSystem(system))?;
        if let Some(pin) = pin {
            let pinned = match pin {
                CircuitPin::Major(statement, _) => statement,
                CircuitPin::Exact(circuit) => circuit.statement,
            };
            if pinned != statement {
                return Err(ResolveError::WrongStatement(pin));
            }
        }
        let admitted = || {
            backend
                .circuits()
                .iter()
                .filter(|circuit| circuit.id.statement == statement)
                .filter(|circuit| pin.is_none_or(|pin| pin.admits(circuit.id)))
        };
        admitted()
            .filter(|circuit| circuit.status == CircuitStatus::Active)
            .max_by_key(|circuit| circuit.id.version)
            .ok_or(if admitted().next().is_some() {
                ResolveError::Withdrawn
            } else {
                ResolveError::UnknownCircuit
            })
    }
}
