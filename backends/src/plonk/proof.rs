//! The bytes of a proof: halo2's transcript, of one length for each circuit.

use std::io;

use halo2_proofs::circuit::Value;
use halo2_proofs::plonk::{ProvingKey, SingleVerifier, VerifyingKey, create_proof, verify_proof};
use halo2_proofs::poly::commitment::Params;
use halo2_proofs::transcript::{
    Blake2bRead, Blake2bWrite, Challenge255, Transcript, TranscriptRead,
};
use pasta_curves::pallas::Base;
use pasta_curves::vesta;
use rand_of_halo2::SeedableRng as _;
use rand_of_halo2::rngs::{StdRng, SysRng};
use zapiki_core::envelope::ProofBytes;

use super::keys::Spec;
use super::relation::PrivateInputs;
use crate::backend::{InvalidReason, ProveError};

type Encoded = Challenge255<vesta::Affine>;

/// Proves what the instance column says.
pub(crate) fn prove(
    spec: &Spec,
    params: &Params<vesta::Affine>,
    key: &ProvingKey<vesta::Affine>,
    instance: &[Base],
    private: PrivateInputs,
) -> Result<ProofBytes, ProveError> {
    // The system's randomness, stretched by ChaCha: what blinds the witness.
    let rng = StdRng::try_from_rng(&mut SysRng)
        .map_err(|_| ProveError::Internal("the system has no randomness"))?;
    let mut transcript = Blake2bWrite::<_, _, Encoded>::init(Vec::with_capacity(spec.proof_bytes));
    let private = Value::known(private);
    let instances: &[&[&[Base]]] = &[&[instance]];
    let proved = if spec.has_countries() {
        let circuit = spec.circuit::<true>(private);
        create_proof(params, key, &[circuit], instances, rng, &mut transcript)
    } else {
        let circuit = spec.circuit::<false>(private);
        create_proof(params, key, &[circuit], instances, rng, &mut transcript)
    };
    proved.map_err(|_| ProveError::Internal("halo2 refused the circuit"))?;
    Ok(ProofBytes(transcript.finalize()))
}

/// Checks a proof of the instance column: every byte of it is read, every point and number is canonical, the equation holds.
pub(crate) fn verify(
    spec: &Spec,
    params: &Params<vesta::Affine>,
    key: &VerifyingKey<vesta::Affine>,
    instance: &[Base],
    proof: &ProofBytes,
) -> Result<(), InvalidReason> {
    if proof.0.len() != spec.proof_bytes {
        return Err(InvalidReason::MalformedProof);
    }
    let mut bytes = &proof.0[..];
    let mut transcript = Reader {
        inner: Blake2bRead::init(&mut bytes),
        is_malformed: false,
    };
    let strategy = SingleVerifier::new(params);
    let verified = verify_proof(params, key, strategy, &[&[instance]], &mut transcript);
    let is_malformed = transcript.is_malformed;
    if is_malformed || (verified.is_ok() && !bytes.is_empty()) {
        return Err(InvalidReason::MalformedProof);
    }
    verified.map_err(|_| InvalidReason::EquationFailed)
}

/// The library's transcript, and whether it met what is no point or number: the library itself does not always tell.
struct Reader<'b, 'a> {
    inner: Blake2bRead<&'b mut &'a [u8], vesta::Affine, Encoded>,
    is_malformed: bool,
}

impl Transcript<vesta::Affine, Encoded> for Reader<'_, '_> {
    fn squeeze_challenge(&mut self) -> Encoded {
        self.inner.squeeze_challenge()
    }

    fn common_point(&mut self, point: vesta::Affine) -> io::Result<()> {
        self.inner.common_point(point)
    }

    fn common_scalar(&mut self, scalar: vesta::Scalar) -> io::Result<()> {
        self.inner.common_scalar(scalar)
    }
}

impl TranscriptRead<vesta::Affine, Encoded> for Reader<'_, '_> {
    fn read_point(&mut self) -> io::Result<vesta::Affine> {
        let read = self.inner.read_point();
        self.is_malformed |= read.is_err();
        read
    }

    fn read_scalar(&mut self) -> io::Result<vesta::Scalar> {
        let read = self.inner.read_scalar();
        self.is_malformed |= read.is_err();
        read
    }
}
