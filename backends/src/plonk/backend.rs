//! The backend: circuits whose keys are derived when somebody asks for them, and threads of its own to prove on.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use halo2_proofs::plonk::{BatchVerifier, ProvingKey, VerifyingKey};
use halo2_proofs::poly::commitment::Params;
use pasta_curves::pallas::Base;
use pasta_curves::vesta;
use rayon::ThreadPool;
use thiserror::Error;
use zapiki_core::circuit::CircuitId;
use zapiki_core::claim::check_claim;
use zapiki_core::envelope::{EnvelopeVersion, KeyDigest, ProofEnvelope, Prover};
use zapiki_core::public_inputs::{Claim, PublicInputs};
use zapiki_core::suites::SuiteId;
use zapiki_core::system::{Capabilities, Maturity, ProofSystem};
use zapiki_core::witness::Witness;

use super::keys::{CIRCUITS, K, Spec};
use super::proof;
use super::relation::PrivateInputs;
use crate::backend::{
    CircuitInfo, CircuitSize, CircuitStatus, InvalidReason, ProofBackend, ProveError, Provenance,
    Verdict, VerifyError, guarded,
};
use crate::keys::{KeyDocumentVersion, VerifyingKeyDocument};

/// The backend cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PlonkError {
    /// The library refuses the circuit, or its published digests are none: a fault of the program.
    #[error("circuit {0} cannot be laid out")]
    Layout(CircuitId),
    /// The threads for proving could not be started.
    #[error("the prover's threads could not be started")]
    Threads,
}

/// The derived key is not the published one.
const FOREIGN_KEY: ProveError = ProveError::Internal("the derived key is not the published one");

struct Circuit {
    spec: &'static Spec,
    digest: KeyDigest,
    document: VerifyingKeyDocument,
    verifying_key: OnceLock<Option<VerifyingKey<vesta::Affine>>>,
    proving_key: OnceLock<Option<ProvingKey<vesta::Affine>>>,
}

/// PLONK with halo2.
pub struct PlonkBackend {
    circuits: Vec<Circuit>,
    infos: Vec<CircuitInfo>,
    params: OnceLock<Params<vesta::Affine>>,
    threads: ThreadPool,
}

impl std::fmt::Debug for PlonkBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlonkBackend")
            .field("circuits", &self.infos)
            .finish_non_exhaustive()
    }
}

fn load(spec: &'static Spec) -> Result<(Circuit, CircuitInfo), PlonkError> {
    let fault = PlonkError::Layout(spec.id);
    let layout = spec.layout().ok_or(fault)?;
    let digest: KeyDigest = spec.key_digest.parse().map_err(|_| fault)?;
    let document = VerifyingKeyDocument {
        version: KeyDocumentVersion::V1,
        system: ProofSystem::Plonk,
        circuit: spec.id,
        provenance: Provenance::Transparent,
        digest,
        relation: spec.relation_digest.parse().map_err(|_| fault)?,
        proving_key: None,
        key: None,
    };
    let info = CircuitInfo {
        id: spec.id,
        status: CircuitStatus::Active,
        suite: SuiteId::PallasPoseidon,
        size: CircuitSize::Rows {
            k: K,
            rows: layout.rows,
            columns: spec.columns(),
        },
        parts: layout.parts,
        public_inputs: spec.relation.input_count(),
        verifying_key: digest,
        provenance: Provenance::Transparent,
    };
    let circuit = Circuit {
        spec,
        digest,
        document,
        verifying_key: OnceLock::new(),
        proving_key: OnceLock::new(),
    };
    Ok((circuit, info))
}

impl PlonkBackend {
    /// Lays the circuits out, and starts the threads that all proofs of this backend share. Keys are derived later: the
    /// parameters at the first proof or verification, those of a circuit at its own first.
    ///
    /// # Errors
    /// The library refuses a circuit, or there are no threads.
    pub fn new(threads: NonZeroUsize) -> Result<Self, PlonkError> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .thread_name(|index| format!("plonk-{index}"))
            .build()
            .map_err(|_| PlonkError::Threads)?;
        let loaded = CIRCUITS.iter().map(load).collect::<Result<Vec<_>, _>>()?;
        let (circuits, infos) = loaded.into_iter().unzip();
        Ok(Self {
            circuits,
            infos,
            params: OnceLock::new(),
            threads,
        })
    }

    /// The memory that a circuit's proving key takes, in bytes. `None` before the first proof.
    #[must_use]
    pub fn proving_key_bytes(&self, circuit: CircuitId) -> Option<usize> {
        let circuit = self.circuit(circuit)?;
        let key = circuit.proving_key.get()?.as_ref()?;
        Some(circuit.spec.proving_key_bytes(key.get_vk()))
    }

    fn circuit(&self, id: CircuitId) -> Option<&Circuit> {
        self.circuits.iter().find(|circuit| circuit.spec.id == id)
    }

    // Locks are taken by the callers' threads and never by the pool's: a thread of the pool that waits for a part of its own work
    // may take up another proof meanwhile, and would wait for itself.

    fn params(&self) -> &Params<vesta::Affine> {
        self.params
            .get_or_init(|| self.threads.install(|| Params::new(K)))
    }

    /// The verifying key. `None` if it is not the published one.
    fn key<'a>(&self, circuit: &'a Circuit) -> Option<&'a VerifyingKey<vesta::Affine>> {
        let params = self.params();
        let derive = || self.threads.install(|| circuit.spec.verifying_key(params));
        circuit.verifying_key.get_or_init(derive).as_ref()
    }

    fn proving_key<'a>(&self, circuit: &'a Circuit) -> Option<&'a ProvingKey<vesta::Affine>> {
        let (params, key) = (self.params(), self.key(circuit)?);
        let derive = || {
            self.threads
                .install(|| circuit.spec.proving_key(params, key.clone()))
        };
        circuit.proving_key.get_or_init(derive).as_ref()
    }

    fn prove_loaded(
        &self,
        circuit: &Circuit,
        claim: &Claim,
        witness: &Witness,
    ) -> Result<ProofEnvelope, ProveError> {
        let nullifier = check_claim(claim, witness)?;
        let public_inputs = PublicInputs {
            claim: claim.clone(),
            nullifier,
        };
        let spec = circuit.spec;
        let (instance, private) = spec
            .relation
            .public_inputs(spec.id, &public_inputs)
            .zip(PrivateInputs::new(witness))
            .ok_or(ProveError::Internal("the witness has no assignment"))?;
        let (params, key) = (self.params(), self.proving_key(circuit).ok_or(FOREIGN_KEY)?);
        let proof = self
            .threads
            .install(|| proof::prove(spec, params, key, &instance, private))?;
        Ok(ProofEnvelope {
            version: EnvelopeVersion::V1,
            system: ProofSystem::Plonk,
            circuit: spec.id,
            verifying_key: circuit.digest,
            prover: Prover::Server,
            zero_knowledge: true,
            public_inputs,
            proof,
        })
    }

    /// What is to be checked of an envelope: its circuit with the key, its instance column. Or why it shows nothing.
    #[expect(
        clippy::type_complexity,
        reason = "two kinds of failure: not to be judged here, and judged"
    )]
    fn read(
        &self,
        envelope: &ProofEnvelope,
    ) -> Result<
        Result<(&Circuit, &VerifyingKey<vesta::Affine>, Vec<Base>), InvalidReason>,
        VerifyError,
    > {
        if envelope.system != ProofSystem::Plonk {
            return Err(VerifyError::ForeignSystem(envelope.system));
        }
        let unknown = VerifyError::UnknownCircuit(envelope.circuit);
        let circuit = self.circuit(envelope.circuit).ok_or(unknown)?;
        if envelope.verifying_key != circuit.digest {
            return Ok(Err(InvalidReason::VerifyingKeyMismatch));
        }
        let inputs = &envelope.public_inputs;
        if !envelope.zero_knowledge || inputs.claim.statement.kind() != envelope.circuit.statement {
            return Ok(Err(InvalidReason::Mislabelled));
        }
        // Nobody makes this program derive a key for what cannot be a proof.
        if envelope.proof.0.len() != circuit.spec.proof_bytes {
            return Ok(Err(InvalidReason::MalformedProof));
        }
        let spec = circuit.spec;
        let Some(instance) = spec.relation.public_inputs(spec.id, inputs) else {
            return Ok(Err(InvalidReason::EquationFailed));
        };
        let key = self.key(circuit).ok_or(unknown)?;
        Ok(Ok((circuit, key, instance)))
    }

    fn judge(
        &self,
        circuit: &Circuit,
        key: &VerifyingKey<vesta::Affine>,
        instance: &[Base],
        envelope: &ProofEnvelope,
    ) -> Verdict {
        let params = self.params();
        let verified = self
            .threads
            .install(|| proof::verify(circuit.spec, params, key, instance, &envelope.proof));
        match verified {
            Ok(()) => Verdict::Valid,
            Err(reason) => Verdict::Invalid(reason),
        }
    }
}

impl ProofBackend for PlonkBackend {
    fn system(&self) -> ProofSystem {
        ProofSystem::Plonk
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            trusted_setup: false,
            zero_knowledge: true,
            post_quantum: false,
            maturity: Maturity::Stable,
            summary: "PLONK with the inner product argument over Pallas and Vesta, by Zcash's halo2: no setup, so there is no \
                      secret that somebody could keep to forge proofs. A proof has some four kilobytes and takes longer to \
                      make and to verify than one of Groth16. About 126 bits of security against a classical adversary, none \
                      against a quantum computer."
                .to_owned(),
        }
    }

    fn circuits(&self) -> &[CircuitInfo] {
        &self.infos
    }

    fn prove(
        &self,
        circuit: CircuitId,
        claim: &Claim,
        witness: &Witness,
    ) -> Result<ProofEnvelope, ProveError> {
        let loaded = self
            .circuit(circuit)
            .ok_or(ProveError::UnknownCircuit(circuit))?;
        if circuit.statement != claim.statement.kind() {
            return Err(ProveError::WrongCircuit(circuit));
        }
        if claim.issuer.suite() != SuiteId::PallasPoseidon {
            return Err(ProveError::WrongSuite(circuit));
        }
        guarded(self, || self.prove_loaded(loaded, claim, witness))
    }

    fn verify(&self, envelope: &ProofEnvelope) -> Result<Verdict, VerifyError> {
        Ok(match self.read(envelope)? {
            Err(reason) => Verdict::Invalid(reason),
            Ok((circuit, key, instance)) => self.judge(circuit, key, &instance, envelope),
        })
    }

    /// The library checks the proofs of one circuit with one sum in place of one for each. If it fails, each is looked at.
    fn verify_batch(&self, envelopes: &[&ProofEnvelope]) -> Vec<Result<Verdict, VerifyError>> {
        let mut verdicts = Vec::with_capacity(envelopes.len());
        // By circuit: the places of its proofs, and their instance columns.
        let mut of_circuit = BTreeMap::<CircuitId, Vec<(usize, Vec<Base>)>>::new();
        for (index, envelope) in envelopes.iter().enumerate() {
            verdicts.push(match self.read(envelope) {
                Err(error) => Err(error),
                Ok(Err(reason)) => Ok(Verdict::Invalid(reason)),
                Ok(Ok((circuit, _, instance))) => {
                    let items = of_circuit.entry(circuit.spec.id).or_default();
                    items.push((index, instance));
                    // Until the batch says otherwise.
                    Ok(Verdict::Invalid(InvalidReason::EquationFailed))
                }
            });
        }
        for circuit in &self.circuits {
            let Some(items) = of_circuit.remove(&circuit.spec.id) else {
                continue;
            };
            let Some(key) = self.key(circuit) else {
                continue;
            };
            let mut batch = BatchVerifier::new();
            for (index, instance) in &items {
                let proof = envelopes[*index].proof.0.clone();
                batch.add_proof(vec![vec![instance.clone()]], proof);
            }
            let params = self.params();
            let all_hold = items.len() > 1 && self.threads.install(|| batch.finalize(params, key));
            for (index, instance) in items {
                verdicts[index] = Ok(if all_hold {
                    Verdict::Valid
                } else {
                    self.judge(circuit, key, &instance, envelopes[index])
                });
            }
        }
        verdicts
    }

    fn verifying_key(&self, circuit: CircuitId) -> Option<&VerifyingKeyDocument> {
        self.circuit(circuit).map(|circuit| &circuit.document)
    }
}
