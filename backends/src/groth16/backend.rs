//! The backend: circuits with their keys loaded, and threads of its own to prove on.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand as _;
use ark_groth16::{Groth16, PreparedVerifyingKey, Proof, ProvingKey, prepare_verifying_key};
use rand::rngs::OsRng;
use rayon::ThreadPool;
use zapiki_core::circuit::{CircuitId, CircuitVersion};
use zapiki_core::claim::check_claim;
use zapiki_core::envelope::{EnvelopeVersion, ProofEnvelope, Prover};
use zapiki_core::public_inputs::{Claim, PublicInputs};
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::SuiteId;
use zapiki_core::system::{Capabilities, Maturity, ProofSystem};
use zapiki_core::witness::Witness;
use zeroize::Zeroize as _;

use super::batch::{self, Item};
use super::circuits::relation::{PrivateInputs, Relation};
use super::circuits::{
    AGE_OVER, ALL_OF, ALL_OF_LISTED, INCOME_AT_LEAST, INCOME_IN_RANGE, NOT_REVOKED, NOT_SANCTIONED,
    RESIDENT_OF,
};
use super::keys::{CircuitKeys, KeysError, load_proving_key, load_verifying_key};
use super::proof;
use super::prover::PreparedKey;
use super::r1cs::{Mode, Shape, Solution};
use super::stock::StockKey;
use crate::backend::{
    CircuitInfo, CircuitSize, CircuitStatus, InvalidReason, ProofBackend, ProveError, Verdict,
    VerifyError, guarded,
};
use crate::keys::VerifyingKeyDocument;

/// A circuit as this program has it: the same relation for setup, prover and verifier.
pub(crate) struct CircuitSpec {
    pub(crate) id: CircuitId,
    status: CircuitStatus,
    suite: SuiteId,
    pub(crate) relation: &'static Relation,
}

/// Every circuit there is, by statement and then by age. A published one is never changed and never removed.
pub(crate) const CIRCUITS: &[CircuitSpec] = &[
    first_edition(StatementKind::AgeOver, &AGE_OVER),
    first_edition(StatementKind::IncomeAtLeast, &INCOME_AT_LEAST),
    first_edition(StatementKind::IncomeInRange, &INCOME_IN_RANGE),
    first_edition(StatementKind::ResidentOf, &RESIDENT_OF),
    first_edition(StatementKind::NotSanctioned, &NOT_SANCTIONED),
    first_edition(StatementKind::NotRevoked, &NOT_REVOKED),
    first_edition(StatementKind::AllOf, &ALL_OF),
    first_edition(StatementKind::AllOfListed, &ALL_OF_LISTED),
];

const fn first_edition(statement: StatementKind, relation: &'static Relation) -> CircuitSpec {
    CircuitSpec {
        id: CircuitId {
            statement,
            version: CircuitVersion {
                major: 1,
                minor: 0,
                patch: 0,
            },
        },
        status: CircuitStatus::Active,
        suite: SuiteId::BjjPoseidonBn254,
        relation,
    }
}

/// Which prover a backend proves with.
#[derive(Clone, Copy)]
enum EngineKind {
    Prepared,
    Stock,
}

/// A proving key, and from the first proof on what its prover makes of it. Preparing takes about a second per circuit: a worker
/// that was restarted must not do it for circuits that nobody asks for.
struct LazyEngine {
    kind: EngineKind,
    key: ProvingKey<Bn254>,
    engine: OnceLock<Option<Engine>>,
}

impl LazyEngine {
    /// Whoever comes first prepares the key on the pool's threads; others wait on threads of their own. Not to be called on the
    /// pool: a thread that waits there could hold up the one it waits for.
    fn get(&self, relation: &Relation, threads: &ThreadPool) -> Option<&Engine> {
        let prepare = || Engine::new(self.kind, &self.key, &relation.shape());
        self.engine
            .get_or_init(|| threads.install(prepare))
            .as_ref()
    }
}

/// A proving key, as its prover wants it.
enum Engine {
    Prepared(Box<PreparedKey>),
    Stock(Box<StockKey>),
}

impl Engine {
    /// Runs on the threads of the pool that calls.
    /// `None` if the field has no FFT domain of that size.
    fn new(kind: EngineKind, key: &ProvingKey<Bn254>, shape: &Shape) -> Option<Self> {
        Some(match kind {
            EngineKind::Prepared => Self::Prepared(Box::new(PreparedKey::new(key, shape)?)),
            EngineKind::Stock => Self::Stock(Box::new(StockKey::new(key.clone(), shape))),
        })
    }

    fn prove(&self, solution: &Solution, r: Fr, s: Fr) -> Option<Proof<Bn254>> {
        match self {
            Self::Prepared(key) => Some(key.prove(solution, r, s)),
            Self::Stock(key) => key.prove(solution, r, s),
        }
    }
}

struct LoadedCircuit {
    spec: &'static CircuitSpec,
    document: VerifyingKeyDocument,
    verifying_key: PreparedVerifyingKey<Bn254>,
    engine: Option<LazyEngine>,
}

impl LoadedCircuit {
    fn load(keys: CircuitKeys, kind: EngineKind) -> Result<(Self, CircuitInfo), KeysError> {
        let CircuitKeys {
            document,
            proving_key,
        } = keys;
        let circuit = document.circuit;
        if document.system != ProofSystem::Groth16 {
            return Err(KeysError::ForeignSystem(circuit));
        }
        let spec = CIRCUITS
            .iter()
            .find(|spec| spec.id == circuit)
            .ok_or(KeysError::UnknownCircuit(circuit))?;
        let shape = spec.relation.shape();
        let verifying_key = load_verifying_key(&document, &shape)?;
        let engine = match proving_key {
            None => None,
            Some(bytes) => Some(LazyEngine {
                kind,
                key: load_proving_key(&document, &bytes, &shape)?,
                engine: OnceLock::new(),
            }),
        };
        let info = CircuitInfo {
            id: circuit,
            status: spec.status,
            suite: spec.suite,
            size: CircuitSize::Constraints(shape.rows.len()),
            parts: shape.parts(),
            public_inputs: shape.public_inputs,
            verifying_key: document.digest,
            provenance: document.provenance,
        };
        let verifying_key = prepare_verifying_key(&verifying_key);
        Ok((
            Self {
                spec,
                document,
                verifying_key,
                engine,
            },
            info,
        ))
    }
}

/// Groth16 over BN254.
pub struct Groth16Backend {
    circuits: Vec<LoadedCircuit>,
    infos: Vec<CircuitInfo>,
    threads: ThreadPool,
}

impl std::fmt::Debug for Groth16Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Groth16Backend")
            .field("circuits", &self.infos)
            .finish_non_exhaustive()
    }
}

impl Groth16Backend {
    /// Loads keys, and starts the threads that all proofs of this backend share. A circuit's first proof prepares its proving key,
    /// and takes about a second longer; what is prepared stays: some 24 MB for an FFT domain of 4,096, more for larger ones.
    ///
    /// # Errors
    /// A key is not what its document says, or not of a circuit of this program.
    pub fn new(keys: Vec<CircuitKeys>, threads: NonZeroUsize) -> Result<Self, KeysError> {
        Self::with(EngineKind::Prepared, keys, threads)
    }

    /// The same backend, but that arkworks' own prover makes the proofs: the yardstick for [`Self::new`]'s, and slower.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_stock_prover(
        keys: Vec<CircuitKeys>,
        threads: NonZeroUsize,
    ) -> Result<Self, KeysError> {
        Self::with(EngineKind::Stock, keys, threads)
    }

    fn with(
        kind: EngineKind,
        keys: Vec<CircuitKeys>,
        threads: NonZeroUsize,
    ) -> Result<Self, KeysError> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .thread_name(|index| format!("groth16-{index}"))
            .build()
            .map_err(|_| KeysError::Threads)?;
        let load = |keys| threads.install(|| LoadedCircuit::load(keys, kind));
        let mut loaded = keys.into_iter().map(load).collect::<Result<Vec<_>, _>>()?;
        loaded.sort_by_key(|(circuit, _)| circuit.spec.id);
        let (circuits, infos) = loaded.into_iter().unzip();
        Ok(Self {
            circuits,
            infos,
            threads,
        })
    }

    /// The memory that a circuit's prepared proving key takes, in bytes. Nothing before its first proof, and for arkworks'
    /// prover, which prepares none.
    #[must_use]
    pub fn prepared_key_bytes(&self, circuit: CircuitId) -> Option<usize> {
        let lazy = self.circuit(circuit)?.engine.as_ref()?;
        match lazy.engine.get()? {
            Some(Engine::Prepared(key)) => Some(key.bytes()),
            Some(Engine::Stock(_)) | None => None,
        }
    }

    fn circuit(&self, id: CircuitId) -> Option<&LoadedCircuit> {
        self.circuits.iter().find(|circuit| circuit.spec.id == id)
    }

    /// What is to be checked of an envelope: its circuit, its points, its field elements. Or why it shows nothing.
    fn read(
        &self,
        envelope: &ProofEnvelope,
    ) -> Result<Result<(&LoadedCircuit, Item), InvalidReason>, VerifyError> {
        if envelope.system != ProofSystem::Groth16 {
            return Err(VerifyError::ForeignSystem(envelope.system));
        }
        let circuit = self
            .circuit(envelope.circuit)
            .ok_or(VerifyError::UnknownCircuit(envelope.circuit))?;
        if envelope.verifying_key != circuit.document.digest {
            return Ok(Err(InvalidReason::VerifyingKeyMismatch));
        }
        let inputs = &envelope.public_inputs;
        if !envelope.zero_knowledge || inputs.claim.statement.kind() != envelope.circuit.statement {
            return Ok(Err(InvalidReason::Mislabelled));
        }
        let Some(proof) = proof::from_bytes(&envelope.proof) else {
            return Ok(Err(InvalidReason::MalformedProof));
        };
        let Some(inputs) = circuit.spec.relation.public_inputs(inputs) else {
            return Ok(Err(InvalidReason::EquationFailed));
        };
        Ok(Ok((circuit, Item { proof, inputs })))
    }

    fn prove_loaded(
        &self,
        circuit: &LoadedCircuit,
        engine: &Engine,
        claim: &Claim,
        witness: &Witness,
    ) -> Result<ProofEnvelope, ProveError> {
        let nullifier = check_claim(claim, witness)?;
        let public_inputs = PublicInputs {
            claim: claim.clone(),
            nullifier,
        };
        let relation = circuit.spec.relation;
        let inputs = relation.public_inputs(&public_inputs);
        let (public, private) = inputs
            .zip(PrivateInputs::new(&claim.statement, witness))
            .ok_or(ProveError::Internal("the witness has no assignment"))?;
        let solution = relation
            .build(Mode::Solve, &public, &private)
            .into_solution();
        let (mut r, mut s) = (Fr::rand(&mut OsRng), Fr::rand(&mut OsRng));
        let proved = engine.prove(&solution, r, s);
        // With r or s a proof gives its witness away.
        r.zeroize();
        s.zeroize();
        drop(solution);
        let proved = proved.ok_or(ProveError::Internal("arkworks refused the circuit"))?;
        let proof =
            proof::to_bytes(&proved).ok_or(ProveError::Internal("the proof has no bytes"))?;
        Ok(ProofEnvelope {
            version: EnvelopeVersion::V1,
            system: ProofSystem::Groth16,
            circuit: circuit.spec.id,
            verifying_key: circuit.document.digest,
            prover: Prover::Server,
            zero_knowledge: true,
            public_inputs,
            proof,
        })
    }
}

/// The judgement on a well-formed proof.
const fn verdict(holds: bool) -> Verdict {
    if holds {
        Verdict::Valid
    } else {
        Verdict::Invalid(InvalidReason::EquationFailed)
    }
}

impl ProofBackend for Groth16Backend {
    fn system(&self) -> ProofSystem {
        ProofSystem::Groth16
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            trusted_setup: true,
            zero_knowledge: true,
            post_quantum: false,
            maturity: Maturity::Stable,
            summary: "Groth16 over BN254: 128-byte proofs that verify in milliseconds. Each circuit needs a trusted \
                      setup; a circuit's `provenance` says which one its keys come from. About 100 bits of security \
                      against a classical adversary, none against a quantum computer."
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
        if claim.issuer.suite() != loaded.spec.suite {
            return Err(ProveError::WrongSuite(circuit));
        }
        let engine = loaded
            .engine
            .as_ref()
            .ok_or(ProveError::NoProvingKey(circuit))?;
        guarded(self, || {
            let engine =
                engine
                    .get(loaded.spec.relation, &self.threads)
                    .ok_or(ProveError::Internal(
                        "the circuit is too large for the field",
                    ))?;
            self.threads
                .install(|| self.prove_loaded(loaded, engine, claim, witness))
        })
    }

    fn verify(&self, envelope: &ProofEnvelope) -> Result<Verdict, VerifyError> {
        Ok(match self.read(envelope)? {
            Err(reason) => Verdict::Invalid(reason),
            Ok((circuit, item)) => {
                let key = &circuit.verifying_key;
                let verified = Groth16::<Bn254>::verify_proof(key, &item.proof, &item.inputs);
                verdict(matches!(verified, Ok(true)))
            }
        })
    }

    fn verify_batch(&self, envelopes: &[&ProofEnvelope]) -> Vec<Result<Verdict, VerifyError>> {
        let mut verdicts = Vec::with_capacity(envelopes.len());
        // By circuit: the places of its proofs, and the proofs.
        let mut of_circuit = BTreeMap::<CircuitId, (Vec<usize>, Vec<Item>)>::new();
        for (index, envelope) in envelopes.iter().enumerate() {
            verdicts.push(match self.read(envelope) {
                Err(error) => Err(error),
                Ok(Err(reason)) => Ok(Verdict::Invalid(reason)),
                Ok(Ok((circuit, item))) => {
                    let (indices, items) = of_circuit.entry(circuit.spec.id).or_default();
                    indices.push(index);
                    items.push(item);
                    // Until the batch says otherwise.
                    Ok(verdict(false))
                }
            });
        }
        for circuit in &self.circuits {
            let Some((indices, items)) = of_circuit.remove(&circuit.spec.id) else {
                continue;
            };
            let verify = || batch::verify(&circuit.verifying_key, &items, &mut OsRng);
            for (index, holds) in indices.into_iter().zip(self.threads.install(verify)) {
                verdicts[index] = Ok(verdict(holds));
            }
        }
        verdicts
    }

    fn verifying_key(&self, circuit: CircuitId) -> Option<&VerifyingKeyDocument> {
        self.circuit(circuit).map(|circuit| &circuit.document)
    }
}
