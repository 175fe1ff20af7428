//! The document of a verifying key: what a verifier keeps to check proofs of one circuit, whatever its system.
//!
//! The digest names the key in every envelope. A system with a setup (Groth16) puts the key itself into the document; a
//! system without one derives it from the circuit, so the document holds the digest alone and the program must arrive
//! at the same.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zapiki_core::circuit::CircuitId;
use zapiki_core::envelope::KeyDigest;
use zapiki_core::system::ProofSystem;

use crate::backend::{CeremonyRecord, Provenance, ProvenanceKind};

/// The version of the document's own form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDocumentVersion {
    /// The first.
    V1,
}

zapiki_core::named_variants!(KeyDocumentVersion, UnknownKeyDocumentVersion, "key document version", {
    V1 => "zapiki.verifying-key.v1",
});

/// The longest verifying key that is read, in bytes.
const KEY_BYTES_MAX: usize = 64 * 1024;

/// The bytes of a verifying key. Text form: base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBytes(pub Vec<u8>);

/// The text is no base64url, or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not base64url without padding, or more than {KEY_BYTES_MAX} bytes")]
pub struct KeyBytesError;

impl fmt::Display for KeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl FromStr for KeyBytes {
    type Err = KeyBytesError;
    fn from_str(text: &str) -> Result<Self, KeyBytesError> {
        if text.len() > KEY_BYTES_MAX / 3 * 4 {
            return Err(KeyBytesError);
        }
        URL_SAFE_NO_PAD
            .decode(text)
            .map(Self)
            .map_err(|_| KeyBytesError)
    }
}

zapiki_core::string_form!(KeyBytes);

/// A verifying key with all that a verifier wants to know about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct VerifyingKeyDocument {
    /// The form of this document.
    pub version: KeyDocumentVersion,
    /// The proof system.
    pub system: ProofSystem,
    /// The circuit.
    pub circuit: CircuitId,
    /// Where the key comes from.
    pub provenance: Provenance,
    /// Names the key: SHA-256 over its bytes, or over what it is derived from.
    pub digest: KeyDigest,
    /// Names the relation: SHA-256 over the constraints.
    pub relation: KeyDigest,
    /// Names the proving key of the same setup. Systems without a setup derive theirs.
    pub proving_key: Option<KeyDigest>,
    /// The key, as its system writes it. Systems without a setup derive theirs from the program, and the digest says
    /// whether it is the same.
    pub key: Option<KeyBytes>,
}

/// The document as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: KeyDocumentVersion,
    system: ProofSystem,
    circuit: CircuitId,
    provenance: ProvenanceKind,
    /// There for the provenance `ceremony`, and for no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ceremony: Option<CeremonyRecord>,
    digest: KeyDigest,
    relation: KeyDigest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proving_key: Option<KeyDigest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<KeyBytes>,
}

/// The document names no ceremony where it should, or one where it should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("`ceremony` must be there for the provenance `ceremony`, and for no other")]
struct ProvenanceError;

impl TryFrom<Written> for VerifyingKeyDocument {
    type Error = ProvenanceError;
    fn try_from(written: Written) -> Result<Self, ProvenanceError> {
        let provenance = match (written.provenance, written.ceremony) {
            (ProvenanceKind::Dev, None) => Provenance::Dev,
            (ProvenanceKind::Transparent, None) => Provenance::Transparent,
            (ProvenanceKind::Ceremony, Some(record)) => Provenance::Ceremony(record),
            _ => return Err(ProvenanceError),
        };
        Ok(Self {
            version: written.version,
            system: written.system,
            circuit: written.circuit,
            provenance,
            digest: written.digest,
            relation: written.relation,
            proving_key: written.proving_key,
            key: written.key,
        })
    }
}

impl From<VerifyingKeyDocument> for Written {
    fn from(document: VerifyingKeyDocument) -> Self {
        Self {
            version: document.version,
            system: document.system,
            circuit: document.circuit,
            provenance: document.provenance.kind(),
            ceremony: document.provenance.ceremony().copied(),
            digest: document.digest,
            relation: document.relation,
            proving_key: document.proving_key,
            key: document.key,
        }
    }
}
