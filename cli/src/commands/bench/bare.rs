//! The prover without a service around it, to compare a service with.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use zapiki_backends::ProofBackend as _;
use zapiki_backends::groth16::{self, Groth16Backend};
use zapiki_core::circuit::CircuitId;

use crate::sample::Sample;

/// The prover without a service around it.
pub(super) struct BareProver {
    backend: Groth16Backend,
    pub(super) circuit: CircuitId,
    sample: Sample,
}

impl BareProver {
    pub(super) fn new(sample: Sample, threads: NonZeroUsize) -> Result<Self> {
        let backend = Groth16Backend::new(groth16::setup()?, threads)?;
        let kind = sample.claim.statement.kind();
        let circuit = backend
            .circuits()
            .iter()
            .find(|circuit| circuit.id.statement == kind)
            .context("no circuit has keys")?
            .id;
        Ok(Self {
            backend,
            circuit,
            sample,
        })
    }

    /// How long one proof takes.
    pub(super) fn prove(&self) -> Result<Duration> {
        let started = Instant::now();
        self.backend
            .prove(self.circuit, &self.sample.claim, &self.sample.witness)
            .context("the sample cannot be proved")?;
        Ok(started.elapsed())
    }
}

/// Does arithmetic apart from the threads that listen for answers and for Ctrl-C.
pub(super) async fn blocking<T: Send + 'static>(
    thing: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(thing).await?
}
