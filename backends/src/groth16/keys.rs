//! Proving and verifying keys: made by a setup, named by digest, checked when loaded.
//!
//! A verifying key travels as a [`VerifyingKeyDocument`]; its digest is SHA-256 over the compressed key. The document also names the
//! relation (the digest of all rows), so that a key of another edition of a circuit is refused, and the proving
//! key's digest, so that the large file is only parsed once it is known to be ours.
//!
//! The setup here is [`Provenance::Dev`]: its randomness comes from a published constant, so its keys are the same on every machine
//! and *anybody can forge proofs under them*. Documents and `GET /v1/circuits` say so. Keys for real decisions come from a
//! [`ceremony`](super::ceremony).

use ark_bn254::Bn254;
use ark_groth16::{Groth16, ProvingKey, VerifyingKey};
use ark_serialize::{CanonicalDeserialize as _, CanonicalSerialize as _};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zapiki_core::circuit::CircuitId;
use zapiki_core::envelope::KeyDigest;
use zapiki_core::system::ProofSystem;

use super::backend::{CIRCUITS, CircuitSpec};
use super::r1cs::Shape;
use crate::backend::Provenance;
use crate::keys::{KeyBytes, KeyDocumentVersion, VerifyingKeyDocument};

const DEV_SEED: &[u8] = b"zapiki development setup: these keys are public and worth nothing";

/// Keys that cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeysError {
    /// There is no such circuit in this version of the program.
    #[error("this version of zapiki has no circuit {0}")]
    UnknownCircuit(CircuitId),
    /// The document is of another proof system.
    #[error("the key of {0} is not a Groth16 key")]
    ForeignSystem(CircuitId),
    /// The key was made for other constraints than this program has under that name.
    #[error(
        "the keys of {0} were made for another edition of the circuit; run `zapiki circuits setup` again"
    )]
    RelationMismatch(CircuitId),
    /// The key is not the one that its digest names.
    #[error("the {key} key of {circuit} does not match its digest")]
    DigestMismatch {
        /// Whose.
        circuit: CircuitId,
        /// Which of the two.
        key: &'static str,
    },
    /// The bytes are no key: wrong length, off the curve, outside the subgroup, not canonical.
    #[error("the {key} key of {circuit} is malformed")]
    Malformed {
        /// Whose.
        circuit: CircuitId,
        /// Which of the two.
        key: &'static str,
    },
    /// The key generator failed.
    #[error("the setup of {0} failed")]
    Setup(CircuitId),
    /// The threads for proving could not be started.
    #[error("the prover's threads could not be started")]
    Threads,
}

/// The keys of one circuit, as they are stored.
#[derive(Debug, Clone)]
pub struct CircuitKeys {
    /// The public half.
    pub document: VerifyingKeyDocument,
    /// The prover's half, absent where nobody proves.
    pub proving_key: Option<Vec<u8>>,
}

/// Makes the development keys of every circuit. Takes seconds per circuit; the same on every machine.
///
/// # Errors
/// The key generator failed, which a test rules out for the circuits there are.
pub fn setup() -> Result<Vec<CircuitKeys>, KeysError> {
    CIRCUITS.iter().map(setup_one).collect()
}

fn setup_one(spec: &CircuitSpec) -> Result<CircuitKeys, KeysError> {
    let shape = spec.relation.shape();
    let mut seed = Sha256::new();
    seed.update(DEV_SEED);
    seed.update(spec.id.to_string());
    seed.update(shape.digest());
    let mut rng = ChaCha20Rng::from_seed(seed.finalize().into());
    let failed = |_| KeysError::Setup(spec.id);
    let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(&shape, &mut rng)
        .map_err(failed)?;

    circuit_keys(spec.id, &shape, &key, Provenance::Dev).ok_or(KeysError::Setup(spec.id))
}

/// The keys as they are stored. `None` if they cannot be written.
pub(crate) fn circuit_keys(
    circuit: CircuitId,
    shape: &Shape,
    key: &ProvingKey<Bn254>,
    provenance: Provenance,
) -> Option<CircuitKeys> {
    let mut verifying_key = Vec::new();
    key.vk.serialize_compressed(&mut verifying_key).ok()?;
    let mut proving_key = Vec::new();
    // Uncompressed: loading must not take thousands of square roots.
    key.serialize_uncompressed(&mut proving_key).ok()?;
    Some(CircuitKeys {
        document: VerifyingKeyDocument {
            version: KeyDocumentVersion::V1,
            system: ProofSystem::Groth16,
            circuit,
            provenance,
            digest: digest(&verifying_key),
            relation: KeyDigest(shape.digest()),
            proving_key: Some(digest(&proving_key)),
            key: Some(KeyBytes(verifying_key)),
        },
        proving_key: Some(proving_key),
    })
}

fn digest(bytes: &[u8]) -> KeyDigest {
    KeyDigest(Sha256::digest(bytes).into())
}

/// Reads the verifying key, whose points are checked one by one.
pub(crate) fn load_verifying_key(
    document: &VerifyingKeyDocument,
    shape: &Shape,
) -> Result<VerifyingKey<Bn254>, KeysError> {
    let circuit = document.circuit;
    let malformed = KeysError::Malformed {
        circuit,
        key: "verifying",
    };
    if document.relation != KeyDigest(shape.digest()) {
        return Err(KeysError::RelationMismatch(circuit));
    }
    let bytes = &document.key.as_ref().ok_or_else(|| malformed.clone())?.0;
    if document.digest != digest(bytes) {
        return Err(KeysError::DigestMismatch {
            circuit,
            key: "verifying",
        });
    }
    let key =
        VerifyingKey::<Bn254>::deserialize_compressed(&bytes[..]).map_err(|_| malformed.clone())?;
    let mut canonical = Vec::with_capacity(bytes.len());
    key.serialize_compressed(&mut canonical)
        .map_err(|_| malformed.clone())?;
    // arkworks' verifier pairs points and inputs off, and would leave an input without a point unbound.
    if canonical != *bytes || key.gamma_abc_g1.len() != shape.public_inputs + 1 {
        return Err(malformed);
    }
    Ok(key)
}

/// Reads the proving key. Its digest is checked first, so its points need not be: they are those of the setup.
pub(crate) fn load_proving_key(
    document: &VerifyingKeyDocument,
    bytes: &[u8],
    shape: &Shape,
) -> Result<ProvingKey<Bn254>, KeysError> {
    let circuit = document.circuit;
    let malformed = KeysError::Malformed {
        circuit,
        key: "proving",
    };
    if document.proving_key != Some(digest(bytes)) {
        return Err(KeysError::DigestMismatch {
            circuit,
            key: "proving",
        });
    }
    let mut rest = bytes;
    let key = ProvingKey::<Bn254>::deserialize_uncompressed_unchecked(&mut rest)
        .map_err(|_| malformed.clone())?;
    let mut verifying_key = Vec::new();
    key.vk
        .serialize_compressed(&mut verifying_key)
        .map_err(|_| malformed.clone())?;
    let is_whole = rest.is_empty()
        && [&key.a_query, &key.b_g1_query].map(Vec::len) == [shape.variables; 2]
        && key.b_g2_query.len() == shape.variables
        && key.l_query.len() + shape.public_inputs + 1 == shape.variables;
    let is_same = document.key == Some(KeyBytes(verifying_key));
    if !is_same || !is_whole {
        return Err(malformed);
    }
    Ok(key)
}
