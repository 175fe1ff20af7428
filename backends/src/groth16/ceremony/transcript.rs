//! The transcript: what a ceremony was about, and who contributed. With the file of powers and the last parameters it is all that anybody
//! needs to check the whole.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zapiki_core::circuit::CircuitId;
use zapiki_core::envelope::KeyDigest;

use super::contribution::{Chain, Contribution};
use super::powers::PowersOrigin;
use crate::digest::Blake2bDigest;

/// The version of the transcript's own form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TranscriptVersion {
    /// The first.
    V1,
}

zapiki_core::named_variants!(TranscriptVersion, UnknownTranscriptVersion, "transcript version", {
    V1 => "zapiki.ceremony.v1",
});

/// The record of a ceremony.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// The form of this document.
    pub version: TranscriptVersion,
    /// The circuit that keys are made for.
    pub circuit: CircuitId,
    /// Names its constraints.
    pub relation: KeyDigest,
    /// The powers of tau that the initial key comes from.
    pub powers: PowersOrigin,
    /// Names the initial key.
    pub initial_key: Blake2bDigest,
    /// The contributions, in order.
    pub contributions: Vec<Contribution>,
    /// Names the parameters after the last of them.
    pub parameters: KeyDigest,
}

impl Transcript {
    /// Names the ceremony in the keys that come out of it: SHA-256 over all that the document says.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        let mut hash = Sha256::new();
        hash.update(b"zapiki.ceremony.transcript.v1");
        let circuit = self.circuit.to_string();
        hash.update((circuit.len() as u64).to_le_bytes());
        hash.update(circuit);
        hash.update(self.relation.0);
        hash.update(self.powers.digest.0);
        hash.update(self.powers.power.to_le_bytes());
        hash.update(self.powers.contributions.to_le_bytes());
        hash.update((self.contributions.len() as u64).to_le_bytes());
        // Over the initial key and every contribution.
        hash.update(self.chain().digest().0);
        hash.update(self.parameters.0);
        KeyDigest(hash.finalize().into())
    }

    /// The chain of hashes up to the end.
    pub(super) fn chain(&self) -> Chain {
        let mut chain = Chain::new(&self.initial_key);
        for contribution in &self.contributions {
            chain.push(contribution);
        }
        chain
    }
}
