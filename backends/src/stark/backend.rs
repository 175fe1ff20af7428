//! The backend: circuits, which need no keys, and threads of its own to prove on.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::SeedableRng as _;
use rand::rngs::OsRng;
use rand_chacha::ChaCha20Rng;
use rayon::ThreadPool;
use thiserror::Error;
use winterfell::{Proof, Prover as _};
use zapiki_core::circuit::{CircuitId, CircuitVersion};
use zapiki_core::claim::check_claim;
use zapiki_core::envelope::{EnvelopeVersion, ProofEnvelope, Prover};
use zapiki_core::public_inputs::{Claim, PublicInputs};
use zapiki_core::statement::StatementKind;
use zapiki_core::suites::{IssuerKey, SuiteId};
use zapiki_core::system::{Capabilities, Maturity, ProofSystem};
use zapiki_core::witness::Witness;

use super::air::CredentialAir;
use super::describe::{Description, describe};
use super::layout::{CYCLE, LEAF_END, ROOT_ROW, TRACE_LENGTH, WIDTH};
use super::params::{
    Coin, Commitment, OPTIONS, SECURITY_BITS_MIN, Security, TraceHash, acceptable,
};
use super::proof;
use super::prover::CredentialProver;
use super::public::PublicElements;
use super::structure::Misshape;
use super::trace::{self, PrivateElements};
use crate::backend::{
    CircuitInfo, CircuitSize, CircuitStatus, InvalidReason, ProofBackend, ProveError, Provenance,
    Verdict, VerifyError, guarded,
};
use crate::keys::{KeyDocumentVersion, VerifyingKeyDocument};

/// Every circuit there is, by statement and then by age. A published one is never changed and never removed.
pub(crate) const CIRCUITS: &[CircuitId] = &[
    first_edition(StatementKind::AgeOver),
    first_edition(StatementKind::IncomeAtLeast),
];

const fn first_edition(statement: StatementKind) -> CircuitId {
    CircuitId {
        statement,
        version: CircuitVersion {
            major: 1,
            minor: 0,
            patch: 0,
        },
    }
}

/// The backend cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StarkError {
    /// The parameters are too weak by one of winterfell's own estimates.
    #[error(
        "circuit {0} has less than {SECURITY_BITS_MIN} bits of security by the library's estimate"
    )]
    TooWeak(CircuitId),
    /// A circuit without an AIR: a fault of the program.
    #[error("circuit {0} has no constraints in this program")]
    Undescribed(CircuitId),
    /// The threads for proving could not be started.
    #[error("the prover's threads could not be started")]
    Threads,
}

struct Circuit {
    id: CircuitId,
    description: Description,
    document: VerifyingKeyDocument,
}

/// STARKs with winterfell.
pub struct StarkBackend {
    circuits: Vec<Circuit>,
    infos: Vec<CircuitInfo>,
    threads: ThreadPool,
}

impl std::fmt::Debug for StarkBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StarkBackend")
            .field("circuits", &self.infos)
            .finish_non_exhaustive()
    }
}

fn load(id: CircuitId) -> Result<(Circuit, CircuitInfo), StarkError> {
    let description = describe(id).ok_or(StarkError::Undescribed(id))?;
    if !Security::of_context(&description.context).is_enough() {
        return Err(StarkError::TooWeak(id));
    }
    let document = VerifyingKeyDocument {
        version: KeyDocumentVersion::V1,
        system: ProofSystem::Stark,
        circuit: id,
        provenance: Provenance::Transparent,
        digest: description.digest,
        relation: description.relation,
        proving_key: None,
        key: None,
    };
    let info = CircuitInfo {
        id,
        status: CircuitStatus::Active,
        suite: SuiteId::RescueMerkleEd25519,
        size: CircuitSize::Trace {
            length: TRACE_LENGTH,
            columns: WIDTH,
        },
        parts: vec![
            ("nullifier", CYCLE),
            ("holder binding", CYCLE),
            ("credential hash", LEAF_END + 1 - 2 * CYCLE),
            ("path", ROOT_ROW - LEAF_END),
            ("random", TRACE_LENGTH - ROOT_ROW - 1),
        ],
        public_inputs: description.public_inputs,
        verifying_key: description.digest,
        provenance: Provenance::Transparent,
    };
    let circuit = Circuit {
        id,
        description,
        document,
    };
    Ok((circuit, info))
}

impl StarkBackend {
    /// Derives the circuits, checks their security, and starts the threads that all proofs of this backend share.
    ///
    /// # Errors
    /// The parameters are too weak, or there are no threads.
    pub fn new(threads: NonZeroUsize) -> Result<Self, StarkError> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.get())
            .thread_name(|index| format!("stark-{index}"))
            .build()
            .map_err(|_| StarkError::Threads)?;
        let loaded = CIRCUITS
            .iter()
            .map(|id| load(*id))
            .collect::<Result<Vec<_>, _>>()?;
        let (circuits, infos) = loaded.into_iter().unzip();
        Ok(Self {
            circuits,
            infos,
            threads,
        })
    }

    fn circuit(&self, id: CircuitId) -> Option<&Circuit> {
        self.circuits.iter().find(|circuit| circuit.id == id)
    }
}

impl Circuit {
    fn prove(&self, claim: &Claim, witness: &Witness) -> Result<ProofEnvelope, ProveError> {
        let nullifier = check_claim(claim, witness)?;
        let public_inputs = PublicInputs {
            claim: claim.clone(),
            nullifier,
        };
        let signed = &witness.credential.signatures.rescue_merkle_ed25519;
        let no_trace = ProveError::Internal("the witness has no trace");
        let root = signed.as_ref().ok_or(no_trace)?.root;
        let (public, private) = PublicElements::new(self.description.digest, &public_inputs, &root)
            .zip(PrivateElements::new(witness))
            .ok_or(no_trace)?;
        let mut rng = ChaCha20Rng::from_rng(OsRng)
            .map_err(|_| ProveError::Internal("the system has no randomness"))?;
        let trace = trace::build(&public, &private, &mut rng);
        let prover = CredentialProver {
            public,
            options: OPTIONS,
        };
        let proved = prover
            .prove(trace)
            .map_err(|_| ProveError::Internal("winterfell refused the circuit"))?;
        Ok(ProofEnvelope {
            version: EnvelopeVersion::V1,
            system: ProofSystem::Stark,
            circuit: self.id,
            verifying_key: self.description.digest,
            prover: Prover::Server,
            zero_knowledge: false,
            public_inputs,
            proof: proof::to_bytes(&root, &proved.to_bytes()),
        })
    }

    fn judge(&self, envelope: &ProofEnvelope) -> Result<(), InvalidReason> {
        let inputs = &envelope.public_inputs;
        if envelope.verifying_key != self.description.digest {
            return Err(InvalidReason::VerifyingKeyMismatch);
        }
        // Nobody may read of these proofs that they hide the witness.
        if envelope.zero_knowledge || inputs.claim.statement.kind() != envelope.circuit.statement {
            return Err(InvalidReason::Mislabelled);
        }
        let (root, stark) =
            proof::from_bytes(&envelope.proof).ok_or(InvalidReason::MalformedProof)?;
        self.description
            .shape
            .check(stark)
            .map_err(|misshape| match misshape {
                Misshape::Context => InvalidReason::ParametersMismatch,
                Misshape::Lengths => InvalidReason::MalformedProof,
            })?;
        let public = PublicElements::new(self.description.digest, inputs, &root)
            .ok_or(InvalidReason::EquationFailed)?;
        let IssuerKey::RescueMerkleEd25519(issuer) = &inputs.claim.issuer else {
            return Err(InvalidReason::EquationFailed);
        };
        root.verify(issuer)
            .map_err(|_| InvalidReason::IssuerSignatureInvalid)?;
        // The walk has checked every length. Should the library's own assertions still meet what it missed, that is no proof.
        let verify = AssertUnwindSafe(|| verify_stark(stark, public));
        catch_unwind(verify).unwrap_or(Err(InvalidReason::MalformedProof))
    }
}

/// winterfell's verifier, over bytes of the right shape.
pub(crate) fn verify_stark(stark: &[u8], public: PublicElements) -> Result<(), InvalidReason> {
    let proof = Proof::from_bytes(stark).map_err(|_| InvalidReason::MalformedProof)?;
    // One proof has one form.
    if proof.to_bytes() != stark {
        return Err(InvalidReason::MalformedProof);
    }
    if !Security::of_proof(&proof).is_enough() {
        return Err(InvalidReason::ParametersMismatch);
    }
    winterfell::verify::<CredentialAir, TraceHash, Coin, Commitment>(proof, public, &acceptable())
        .map_err(|_| InvalidReason::EquationFailed)
}

impl ProofBackend for StarkBackend {
    fn system(&self) -> ProofSystem {
        ProofSystem::Stark
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            trusted_setup: false,
            zero_knowledge: false,
            post_quantum: true,
            maturity: Maturity::Experimental,
            summary: "STARKs with winterfell: no setup, and nothing but hash functions to break, but some 60 kilobytes a proof. \
                      Not zero-knowledge: the library does not hide the witness, and though this backend masks the \
                      trace, nobody has shown that a proof tells nothing of it. Proofs of one issuer's batch are \
                      recognisable as such. The issuer's signature over the batch is Ed25519, which is not post-quantum."
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
        if claim.issuer.suite() != SuiteId::RescueMerkleEd25519 {
            return Err(ProveError::WrongSuite(circuit));
        }
        guarded(self, || {
            self.threads.install(|| loaded.prove(claim, witness))
        })
    }

    fn verify(&self, envelope: &ProofEnvelope) -> Result<Verdict, VerifyError> {
        if envelope.system != ProofSystem::Stark {
            return Err(VerifyError::ForeignSystem(envelope.system));
        }
        let circuit = self
            .circuit(envelope.circuit)
            .ok_or(VerifyError::UnknownCircuit(envelope.circuit))?;
        Ok(match circuit.judge(envelope) {
            Ok(()) => Verdict::Valid,
            Err(reason) => Verdict::Invalid(reason),
        })
    }

    fn verifying_key(&self, circuit: CircuitId) -> Option<&VerifyingKeyDocument> {
        self.circuit(circuit).map(|circuit| &circuit.document)
    }
}
