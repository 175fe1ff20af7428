//! A public random beacon: the last factor of a ceremony, which nobody chose.
//!
//! A value that was not known before the last contribution is hashed so often that nobody has its result in time to contribute in view of it
//! (Bowe, Gabizon and Miers, ePrint 2017/1050, section 2.3): SHA-256, 2ⁿ times, as in snarkjs. Whoever verifies does the same work.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The longest value, in bytes.
const VALUE_BYTES_MAX: usize = 255;

/// The fewest and the most hashes, as powers of two. The most take some ten minutes.
const ITERATIONS_LOG2: std::ops::RangeInclusive<u8> = 10..=32;

/// What a beacon published. Text form: hex digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeaconValue(Vec<u8>);

/// The text is no beacon's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a beacon's value has 1 to {VALUE_BYTES_MAX} bytes, in pairs of hex digits")]
pub struct BeaconValueError;

impl fmt::Display for BeaconValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl FromStr for BeaconValue {
    type Err = BeaconValueError;
    fn from_str(text: &str) -> Result<Self, BeaconValueError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let bytes = hex::decode(digits).map_err(|_| BeaconValueError)?;
        (1..=VALUE_BYTES_MAX)
            .contains(&bytes.len())
            .then_some(Self(bytes))
            .ok_or(BeaconValueError)
    }
}

zapiki_core::string_form!(BeaconValue);

/// How often the value is hashed: 2 to this power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct IterationsLog2(u8);

/// Too few or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a beacon is hashed 2^{} to 2^{} times", ITERATIONS_LOG2.start(), ITERATIONS_LOG2.end())]
pub struct IterationsError;

impl TryFrom<u8> for IterationsLog2 {
    type Error = IterationsError;
    fn try_from(log2: u8) -> Result<Self, IterationsError> {
        ITERATIONS_LOG2
            .contains(&log2)
            .then_some(Self(log2))
            .ok_or(IterationsError)
    }
}

impl From<IterationsLog2> for u8 {
    fn from(iterations: IterationsLog2) -> Self {
        iterations.0
    }
}

impl FromStr for IterationsLog2 {
    type Err = IterationsError;
    fn from_str(text: &str) -> Result<Self, IterationsError> {
        let log2: u8 = text.parse().map_err(|_| IterationsError)?;
        log2.try_into()
    }
}

impl fmt::Display for IterationsLog2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value and how often it is hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beacon {
    /// What the beacon published.
    pub value: BeaconValue,
    /// How often it is hashed.
    pub iterations_log2: IterationsLog2,
}

impl Beacon {
    /// The result, after all the work.
    pub(super) fn evaluate(&self) -> [u8; 32] {
        let mut hash: [u8; 32] = Sha256::digest(&self.value.0).into();
        for _ in 1..1u64 << self.iterations_log2.0 {
            hash = Sha256::digest(hash).into();
        }
        hash
    }

    /// For the chain of hashes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.iterations_log2.0, self.value.0.len() as u8];
        bytes.extend(&self.value.0);
        bytes
    }
}
