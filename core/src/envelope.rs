//! The proof envelope: how a proof travels. With the verifying key that it names, it is all a verifier needs.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::circuit::CircuitId;
use crate::public_inputs::PublicInputs;
use crate::system::ProofSystem;

/// The longest envelope that is read, in bytes of JSON.
pub const ENVELOPE_BYTES_MAX: usize = 256 * 1024;

/// The longest proof that is read, in bytes.
pub const PROOF_BYTES_MAX: usize = 128 * 1024;

/// SHA-256 over the canonical bytes of a verifying key. Text form: `sha256:` and 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest(pub [u8; 32]);

/// The text is no key digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a key digest: `sha256:` and 64 lower-case hex digits")]
pub struct KeyDigestError;

impl fmt::Display for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyDigest {
    type Err = KeyDigestError;
    fn from_str(text: &str) -> Result<Self, KeyDigestError> {
        let digits = text.strip_prefix("sha256:").ok_or(KeyDigestError)?;
        if digits.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(KeyDigestError);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| KeyDigestError)?;
        Ok(Self(bytes))
    }
}

crate::string_form!(KeyDigest);

/// The bytes of a proof, as its system writes them. Text form: base64url without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct ProofBytes(pub Vec<u8>);

/// The text is no base64url, or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not base64url without padding, or more than {PROOF_BYTES_MAX} bytes")]
pub struct ProofBytesError;

impl fmt::Display for ProofBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl fmt::Debug for ProofBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProofBytes({} bytes)", self.0.len())
    }
}

impl FromStr for ProofBytes {
    type Err = ProofBytesError;
    fn from_str(text: &str) -> Result<Self, ProofBytesError> {
        if text.len() > PROOF_BYTES_MAX / 3 * 4 {
            return Err(ProofBytesError);
        }
        URL_SAFE_NO_PAD
            .decode(text)
            .map(Self)
            .map_err(|_| ProofBytesError)
    }
}

crate::string_form!(ProofBytes);

/// Who saw the witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prover {
    /// Zapiki's worker did, for as long as the proof took.
    Server,
}

crate::named_variants!(Prover, UnknownProver, "prover", {
    Server => "server",
});

/// The version of the envelope's own form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeVersion {
    /// The first.
    V1,
}

crate::named_variants!(EnvelopeVersion, UnknownEnvelopeVersion, "envelope version", {
    V1 => "zapiki.proof.v1",
});

/// A proof with all that is needed to verify it, but for the verifying key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofEnvelope {
    /// The form of this document.
    pub version: EnvelopeVersion,
    /// The proof system.
    pub system: ProofSystem,
    /// The circuit, with its exact version.
    pub circuit: CircuitId,
    /// The verifying key.
    pub verifying_key: KeyDigest,
    /// Who saw the witness.
    pub prover: Prover,
    /// Whether the system hides the witness.
    pub zero_knowledge: bool,
    /// What the proof is about.
    pub public_inputs: PublicInputs,
    /// The proof.
    pub proof: ProofBytes,
}
