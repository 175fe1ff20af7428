//! A holder's commitments, one for each suite: what the holder gives to an issuer.
//!
//! On the command line `SUITE=0x…`, and `0x…` alone for the first suite there was. In documents an object by suite.

use std::str::FromStr;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use zapiki_core::credential::FieldElement;
use zapiki_core::suites::pallas_poseidon::{self, Element};
use zapiki_core::suites::rescue_merkle::{self, Digest};
use zapiki_core::suites::{SuiteId, bjj_poseidon};
use zapiki_core::witness::HolderSecret;

/// A commitment under one suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commitment {
    /// Under `bjj-poseidon-bn254`.
    BjjPoseidonBn254(FieldElement),
    /// Under `rescue-merkle-ed25519`.
    RescueMerkleEd25519(Digest),
    /// Under `pallas-poseidon`.
    PallasPoseidon(Element),
}

impl FromStr for Commitment {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (suite, digits) = match text.split_once('=') {
            Some((suite, digits)) => (suite.parse()?, digits),
            None => (SuiteId::BjjPoseidonBn254, text),
        };
        Ok(match suite {
            SuiteId::BjjPoseidonBn254 => Self::BjjPoseidonBn254(digits.parse()?),
            SuiteId::RescueMerkleEd25519 => Self::RescueMerkleEd25519(digits.parse()?),
            SuiteId::PallasPoseidon => Self::PallasPoseidon(digits.parse()?),
        })
    }
}

/// A holder's commitments, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commitments {
    /// Under `bjj-poseidon-bn254`.
    #[serde(
        rename = "bjj-poseidon-bn254",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) bjj_poseidon_bn254: Option<FieldElement>,
    /// Under `rescue-merkle-ed25519`.
    #[serde(
        rename = "rescue-merkle-ed25519",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) rescue_merkle_ed25519: Option<Digest>,
    /// Under `pallas-poseidon`.
    #[serde(
        rename = "pallas-poseidon",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) pallas_poseidon: Option<Element>,
}

impl Commitments {
    /// A holder's own, under every suite.
    pub(crate) fn of(secret: &HolderSecret) -> Self {
        let bytes = secret.to_bytes();
        let rescue = rescue_merkle::HolderKey::derive(&bytes);
        let pallas = pallas_poseidon::HolderKey::derive(&bytes);
        Self {
            bjj_poseidon_bn254: Some(FieldElement(bjj_poseidon::holder_commitment(
                secret.expose(),
            ))),
            rescue_merkle_ed25519: Some(rescue_merkle::holder_commitment(&rescue)),
            pallas_poseidon: Some(Element(pallas_poseidon::holder_commitment(&pallas))),
        }
    }

    /// Those given one by one.
    pub(crate) fn collect(given: &[Commitment]) -> Result<Self> {
        given.iter().try_fold(Self::default(), |all, one| {
            all.merged(match *one {
                Commitment::BjjPoseidonBn254(one) => Self {
                    bjj_poseidon_bn254: Some(one),
                    ..Self::default()
                },
                Commitment::RescueMerkleEd25519(one) => Self {
                    rescue_merkle_ed25519: Some(one),
                    ..Self::default()
                },
                Commitment::PallasPoseidon(one) => Self {
                    pallas_poseidon: Some(one),
                    ..Self::default()
                },
            })
        })
    }

    /// What is known from two places, which must not contradict one another.
    pub(crate) fn merged(self, other: Self) -> Result<Self> {
        fn one<T: PartialEq>(suite: SuiteId, a: Option<T>, b: Option<T>) -> Result<Option<T>> {
            match (a, b) {
                (Some(a), Some(b)) if a != b => {
                    bail!("two commitments under {suite} that differ; which holder is it?")
                }
                (a, b) => Ok(a.or(b)),
            }
        }
        Ok(Self {
            bjj_poseidon_bn254: one(
                SuiteId::BjjPoseidonBn254,
                self.bjj_poseidon_bn254,
                other.bjj_poseidon_bn254,
            )?,
            rescue_merkle_ed25519: one(
                SuiteId::RescueMerkleEd25519,
                self.rescue_merkle_ed25519,
                other.rescue_merkle_ed25519,
            )?,
            pallas_poseidon: one(
                SuiteId::PallasPoseidon,
                self.pallas_poseidon,
                other.pallas_poseidon,
            )?,
        })
    }

    /// The text of each that is known.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (SuiteId, String)> {
        [
            self.bjj_poseidon_bn254
                .map(|one| (SuiteId::BjjPoseidonBn254, one.to_string())),
            self.rescue_merkle_ed25519
                .map(|one| (SuiteId::RescueMerkleEd25519, one.to_string())),
            self.pallas_poseidon
                .map(|one| (SuiteId::PallasPoseidon, one.to_string())),
        ]
        .into_iter()
        .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_and_the_document_say_the_same() {
        let all = Commitments::of(&HolderSecret::from(bjj_poseidon::Fr::from(7u8)));
        let given: Vec<Commitment> = all
            .texts()
            .map(|(suite, text)| format!("{suite}={text}").parse().unwrap())
            .collect();
        assert_eq!(given.len(), SuiteId::ALL.len());
        assert_eq!(Commitments::collect(&given).unwrap(), all);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Commitments>(&text).unwrap(), all);
        // The short form is the first suite's.
        let short: Commitment = all.bjj_poseidon_bn254.unwrap().to_string().parse().unwrap();
        assert_eq!(short, given[0]);
    }

    #[test]
    fn two_holders_are_a_contradiction() {
        let of = |secret: u8| Commitments::of(&HolderSecret::from(bjj_poseidon::Fr::from(secret)));
        let error = of(1).merged(of(2)).unwrap_err().to_string();
        assert!(error.contains("which holder"), "{error}");
        assert_eq!(of(1).merged(of(1)).unwrap(), of(1));
        for text in ["pallas-poseidon=0x00", "pallas=0x00", "0x00", ""] {
            assert!(text.parse::<Commitment>().is_err(), "{text}");
        }
    }
}
