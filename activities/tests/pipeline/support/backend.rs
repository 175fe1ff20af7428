//! A backend that does what a test wants.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};

use zapiki_backends::{
    CircuitInfo, ProofBackend, ProveError, Verdict, VerifyError, VerifyingKeyDocument,
};
use zapiki_core::circuit::CircuitId;
use zapiki_core::claim::check_claim;
use zapiki_core::envelope::{EnvelopeVersion, KeyDigest, ProofBytes, ProofEnvelope, Prover};
use zapiki_core::public_inputs::{Claim, PublicInputs};
use zapiki_core::system::{Capabilities, Maturity, ProofSystem};
use zapiki_core::witness::Witness;

/// What the backend does when it is asked to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// It proves.
    Prove,
    /// It fails so many times, then proves.
    FailFirst(u32),
    /// It fails, and no retry can mend it.
    RefuseCircuit,
    /// It panics, with something private in the message.
    Panic,
    /// It proves once it is let go.
    WaitToBeLetGo,
}

pub(crate) struct TestBackend {
    behaviour: Behaviour,
    calls: AtomicU32,
    let_go: Mutex<bool>,
    was_let_go: Condvar,
}

impl TestBackend {
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            calls: AtomicU32::new(0),
            let_go: Mutex::new(behaviour != Behaviour::WaitToBeLetGo),
            was_let_go: Condvar::new(),
        }
    }

    /// How often it was asked to prove.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Lets all calls go on, now and later.
    pub(crate) fn let_go(&self) {
        *self.let_go.lock().unwrap() = true;
        self.was_let_go.notify_all();
    }
}

impl ProofBackend for TestBackend {
    fn system(&self) -> ProofSystem {
        ProofSystem::Groth16
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            trusted_setup: false,
            zero_knowledge: false,
            post_quantum: false,
            maturity: Maturity::Experimental,
            summary: "for tests".to_owned(),
        }
    }

    fn circuits(&self) -> &[CircuitInfo] {
        &[]
    }

    fn prove(
        &self,
        circuit: CircuitId,
        claim: &Claim,
        witness: &Witness,
    ) -> Result<ProofEnvelope, ProveError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        match self.behaviour {
            Behaviour::Prove => {}
            Behaviour::FailFirst(times) if call < times => {
                return Err(ProveError::Internal("as the test wants"));
            }
            Behaviour::FailFirst(_) => {}
            Behaviour::RefuseCircuit => return Err(ProveError::WrongCircuit(circuit)),
            Behaviour::Panic => {
                panic!("born {}", witness.credential.attributes.birth_date.unwrap())
            }
            Behaviour::WaitToBeLetGo => {
                let let_go = self.let_go.lock().unwrap();
                drop(
                    self.was_let_go
                        .wait_while(let_go, |let_go| !*let_go)
                        .unwrap(),
                );
            }
        }
        Ok(ProofEnvelope {
            version: EnvelopeVersion::V1,
            system: ProofSystem::Groth16,
            circuit,
            verifying_key: KeyDigest([1; 32]),
            prover: Prover::Server,
            zero_knowledge: false,
            public_inputs: PublicInputs {
                claim: claim.clone(),
                nullifier: check_claim(claim, witness)?,
            },
            proof: ProofBytes(vec![3; 128]),
        })
    }

    fn verify(&self, _envelope: &ProofEnvelope) -> Result<Verdict, VerifyError> {
        Ok(Verdict::Valid)
    }

    fn verifying_key(&self, _circuit: CircuitId) -> Option<&VerifyingKeyDocument> {
        None
    }
}
