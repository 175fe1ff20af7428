//! What prover and verifier both see: the claim, and the nullifier that the prover adds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::statement::Statement;
use crate::suites::bjj_poseidon::{self, Fr};
use crate::suites::pallas_poseidon::{self, Element};
use crate::suites::rescue_merkle::Digest;
use crate::suites::{IssuerKey, SuiteId};

const CHALLENGE_DST: &[u8] = b"ZAPIKI-V1-CHALLENGE";
const CHALLENGE_PALLAS_DST: &[u8] = b"ZAPIKI-V1-PALLAS-CHALLENGE";
const SCOPE_DST: &[u8] = b"ZAPIKI-V1-NULLIFIER-SCOPE";

/// The longest scope, in bytes.
pub const SCOPE_BYTES_MAX: usize = 128;

/// 32 bytes of the verifier's choice, which bind a proof to one verifier and one session.
/// Text form: `0x` and 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Challenge(pub [u8; 32]);

/// The text is no challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a challenge: `0x` and 64 lower-case hex digits")]
pub struct ChallengeError;

impl Challenge {
    /// The challenge as a circuit sees it: hashed to the field (RFC 9380), since 32 bytes do not fit one element.
    #[must_use]
    pub fn to_field(self) -> Fr {
        bjj_poseidon::hash_to_field(CHALLENGE_DST, &self.0)
    }

    /// Likewise, as a circuit over Pallas' base field sees it.
    #[must_use]
    pub fn to_pallas(self) -> pallas_poseidon::Base {
        pallas_poseidon::hash_to_field(CHALLENGE_PALLAS_DST, &self.0)
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Challenge {
    type Err = ChallengeError;
    fn from_str(text: &str) -> Result<Self, ChallengeError> {
        bytes_from_hex(text).map(Self).ok_or(ChallengeError)
    }
}

crate::string_form!(Challenge);

/// Where a nullifier is comparable: the same holder has the same nullifier within one scope and unlinkable ones
/// across scopes. 1 to [`SCOPE_BYTES_MAX`] printable ASCII characters without spaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope(String);

/// The text is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a scope: 1 to {SCOPE_BYTES_MAX} printable ASCII characters without spaces")]
pub struct ScopeError;

impl Scope {
    /// The scope as a circuit sees it: hashed to the field (RFC 9380).
    #[must_use]
    pub fn to_field(&self) -> Fr {
        bjj_poseidon::hash_to_field(SCOPE_DST, self.0.as_bytes())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Scope {
    type Err = ScopeError;
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if (1..=SCOPE_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(ScopeError)
        }
    }
}

crate::string_form!(Scope);

/// hash(holder secret, scope): lets a verifier see the same holder twice without learning who it is. Each suite has a
/// hash of its own, so it is comparable within one suite. Text form: `0x` and 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nullifier(pub [u8; 32]);

/// The text is no nullifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a nullifier: `0x` and 64 lower-case hex digits, an element of its suite's field")]
pub struct NullifierError;

impl Nullifier {
    /// The nullifier as an element of BN254's scalar field, big-endian; `None` if it is not below the modulus.
    #[must_use]
    pub fn to_bn254(self) -> Option<Fr> {
        bjj_poseidon::fr_from_be_bytes(&self.0)
    }

    /// The nullifier as four Goldilocks elements; `None` if one is not below the modulus.
    #[must_use]
    pub fn to_digest(self) -> Option<Digest> {
        Digest::from_bytes(&self.0).ok()
    }

    /// The nullifier as an element of Pallas' base field, big-endian; `None` if it is not below the modulus.
    #[must_use]
    pub fn to_pallas(self) -> Option<pallas_poseidon::Base> {
        Element::from_bytes(&self.0).ok().map(|element| element.0)
    }

    /// Whether a nullifier of the suite can be this one: an element has one text.
    fn is_canonical(self, suite: SuiteId) -> bool {
        match suite {
            SuiteId::BjjPoseidonBn254 => self.to_bn254().is_some(),
            SuiteId::RescueMerkleEd25519 => self.to_digest().is_some(),
            SuiteId::PallasPoseidon => self.to_pallas().is_some(),
        }
    }
}

impl From<Fr> for Nullifier {
    fn from(element: Fr) -> Self {
        Self(bjj_poseidon::fr_to_be_bytes(&element))
    }
}

impl From<Digest> for Nullifier {
    fn from(digest: Digest) -> Self {
        Self(digest.to_bytes())
    }
}

impl From<Element> for Nullifier {
    fn from(element: Element) -> Self {
        Self(element.to_bytes())
    }
}

impl fmt::Display for Nullifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Nullifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Nullifier {
    type Err = NullifierError;
    fn from_str(text: &str) -> Result<Self, NullifierError> {
        bytes_from_hex(text).map(Self).ok_or(NullifierError)
    }
}

crate::string_form!(Nullifier);

/// Reads `0x` and 64 lower-case hex digits.
fn bytes_from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("0x")?;
    if digits.contains(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

/// What a proof is asked to show. All of it public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The statement about the credential.
    pub statement: Statement,
    /// Whose credential it must be.
    pub issuer: IssuerKey,
    /// The verifier's challenge.
    pub challenge: Challenge,
    /// Where the nullifier is comparable.
    pub scope: Scope,
}

/// All public inputs of a proof. A circuit's field elements are derived from these and from nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct PublicInputs {
    /// What was asked.
    pub claim: Claim,
    /// What the prover adds.
    pub nullifier: Nullifier,
}

/// The claim's fields beside the nullifier, and no others: whoever reads a proof must not take for proved what somebody
/// wrote beside it. (serde does not combine `flatten` with `deny_unknown_fields`.)
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    statement: Statement,
    issuer: IssuerKey,
    challenge: Challenge,
    scope: Scope,
    nullifier: Nullifier,
}

impl TryFrom<Form> for PublicInputs {
    type Error = NullifierError;
    fn try_from(form: Form) -> Result<Self, NullifierError> {
        if !form.nullifier.is_canonical(form.issuer.suite()) {
            return Err(NullifierError);
        }
        Ok(Self {
            claim: Claim {
                statement: form.statement,
                issuer: form.issuer,
                challenge: form.challenge,
                scope: form.scope,
            },
            nullifier: form.nullifier,
        })
    }
}

impl From<PublicInputs> for Form {
    fn from(inputs: PublicInputs) -> Self {
        let Claim {
            statement,
            issuer,
            challenge,
            scope,
        } = inputs.claim;
        Self {
            statement,
            issuer,
            challenge,
            scope,
            nullifier: inputs.nullifier,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_be_written_beside_what_is_proved() {
        let digits = "00".repeat(32);
        let key = crate::suites::bjj_poseidon::SecretKey::from_bytes([1; 32]).public_key();
        let text = format!(
            r#"{{"statement":{{"type":"age_over","min_age":18,"as_of":"2026-11-24"}},"issuer":{{"suite":"bjj-poseidon-bn254","key":"{key}"}},"challenge":"0x{digits}","scope":"tests","nullifier":"0x{digits}"}}"#
        );
        let inputs: PublicInputs = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&inputs).unwrap(), text);
        let more = text.replace(r#""scope""#, r#""country":"PT","scope""#);
        assert!(serde_json::from_str::<PublicInputs>(&more).is_err());
        // A second spelling of an element: the modulus more.
        let nullifier = format!(r#""nullifier":"0x{digits}""#);
        let modulus = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
        let again = text.replace(&nullifier, &format!(r#""nullifier":"0x{modulus}""#));
        assert_ne!(again, text);
        assert!(serde_json::from_str::<PublicInputs>(&again).is_err());
    }
}
