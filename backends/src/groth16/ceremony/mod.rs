//! Trusted setup by a ceremony: keys whose secrets nobody knows unless all contributors worked together.
//!
//! Bowe, Gabizon and Miers, "Scalable Multi-party Computation for zk-SNARK Parameters in the Random Beacon Model" (ePrint 2017/1050), the
//! second phase, as snarkjs and phase2-bn254 have it: powers of tau come from a public first phase; a circuit's initial key follows from
//! them, with δ = 1; each contributor multiplies δ by a secret; a public beacon multiplies it last.
//!
//! | file | subject |
//! | --- | --- |
//! | [`ptau`] | the file of powers, as snarkjs writes it |
//! | [`powers`] | the check that they are powers; worthless ones for rehearsals |
//! | [`initial`] | the initial key, from powers and circuit |
//! | [`parameters`] | the part of the key that contributions change |
//! | [`contribution`] | one contribution, its proof of knowledge, the chain of hashes |
//! | [`beacon`] | the last factor |
//! | [`transcript`] | the record of all |
//! | [`verify`] | the checks |
//! | [`points`], [`sampling`] | encodings and hashing to points, snarkjs' own |
//!
//! Nothing here reads a file of its own accord, and all randomness is passed in. A secret is wiped when it was used; copies that arithmetic leaves on the
//! stack are not. Multiplication by it takes a time that depends on it: contribute on a machine of your own.

mod beacon;
mod contribution;
mod error;
mod initial;
mod parameters;
mod points;
mod powers;
mod ptau;
mod sampling;
mod transcript;
mod verify;

#[cfg(test)]
mod tests;

use zapiki_core::circuit::CircuitId;
use zapiki_core::envelope::KeyDigest;

use rand::{CryptoRng, RngCore};

use super::backend::{CIRCUITS, CircuitSpec};
use super::keys::{CircuitKeys, circuit_keys};
use super::r1cs::Shape;
use crate::backend::{CeremonyRecord, Provenance};

pub use self::beacon::{Beacon, BeaconValue, BeaconValueError, IterationsError, IterationsLog2};
pub use self::contribution::{Contribution, Flaw, Name, NameError, Secret};
pub use self::error::CeremonyError;
pub use self::parameters::Parameters;
pub use self::points::{PointError, PointG1, PointG2};
pub use self::powers::{Powers, PowersError, PowersOrigin};
pub use self::ptau::{POWER_MAX, PtauError, read as read_powers, write as write_powers};
pub use self::transcript::{Transcript, TranscriptVersion, UnknownTranscriptVersion};
pub use self::verify::Check;

/// A circuit that a ceremony can be held for.
#[derive(Debug, Clone)]
pub struct CeremonyCircuit {
    id: CircuitId,
    shape: Shape,
}

impl CeremonyCircuit {
    /// The circuit of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn find(id: CircuitId) -> Result<Self, CeremonyError> {
        let is_it = |spec: &&CircuitSpec| spec.id == id;
        let spec = CIRCUITS.iter().find(is_it);
        let shape = spec
            .ok_or(CeremonyError::UnknownCircuit(id))?
            .relation
            .shape();
        Ok(Self { id, shape })
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> CircuitId {
        self.id
    }

    /// Logarithm of the powers that it needs.
    #[must_use]
    pub fn power(&self) -> u32 {
        initial::domain_power(&self.shape)
    }

    fn relation(&self) -> KeyDigest {
        KeyDigest(self.shape.digest())
    }
}

/// A ceremony as far as it has come.
#[derive(Debug, Clone)]
pub struct Ceremony {
    transcript: Transcript,
    parameters: Parameters,
}

impl Ceremony {
    /// Begins: checks the powers and computes the initial key. Takes seconds for a domain of 4,096, and grows with it.
    ///
    /// # Errors
    /// The powers are false or too few.
    pub fn begin(
        circuit: &CeremonyCircuit,
        powers: &Powers,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, CeremonyError> {
        powers.check(rng)?;
        let key =
            initial::initial_key(powers, &circuit.shape).ok_or(CeremonyError::PowersTooFew)?;
        let parameters = Parameters::of(&key);
        let transcript = Transcript {
            version: TranscriptVersion::V1,
            circuit: circuit.id,
            relation: circuit.relation(),
            powers: *powers.origin(),
            initial_key: initial::digest(&key),
            contributions: Vec::new(),
            parameters: parameters.digest(),
        };
        Ok(Self {
            transcript,
            parameters,
        })
    }

    /// Takes a transcript and the bytes of the parameters that it names.
    ///
    /// # Errors
    /// They do not belong together, or to this circuit.
    pub fn resume(
        circuit: &CeremonyCircuit,
        transcript: Transcript,
        parameters: &[u8],
    ) -> Result<Self, CeremonyError> {
        if transcript.circuit != circuit.id || transcript.relation != circuit.relation() {
            return Err(CeremonyError::OtherRelation(transcript.circuit));
        }
        let parameters = Parameters::from_bytes(parameters, &circuit.shape)
            .ok_or(CeremonyError::ParametersMalformed)?;
        if parameters.digest() != transcript.parameters {
            return Err(CeremonyError::ParametersMismatch);
        }
        Ok(Self {
            transcript,
            parameters,
        })
    }

    /// The record.
    #[must_use]
    pub const fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// The part of the key that contributions change.
    #[must_use]
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Contributes, after a look at the chain of those before. The secret is used up and wiped.
    ///
    /// # Errors
    /// The ceremony is closed, or does not hold so far.
    pub fn contribute(
        &mut self,
        name: Name,
        secret: Secret,
    ) -> Result<&Contribution, CeremonyError> {
        self.multiply(name, None, secret)
    }

    /// Applies the beacon, which closes the ceremony. Takes as long as its hashes take.
    ///
    /// # Errors
    /// As [`Self::contribute`], or nobody has contributed.
    pub fn close(&mut self, name: Name, beacon: Beacon) -> Result<&Contribution, CeremonyError> {
        if self.transcript.contributions.is_empty() {
            return Err(CeremonyError::NoContribution);
        }
        let secret = Secret::of_beacon(&beacon);
        self.multiply(name, Some(beacon), secret)
    }

    fn multiply(
        &mut self,
        name: Name,
        beacon: Option<Beacon>,
        secret: Secret,
    ) -> Result<&Contribution, CeremonyError> {
        let contributions = &self.transcript.contributions;
        if contributions
            .last()
            .is_some_and(|last| last.beacon.is_some())
        {
            return Err(CeremonyError::Closed);
        }
        if contributions.len() >= verify::CONTRIBUTIONS_MAX {
            return Err(CeremonyError::TooManyContributions(
                verify::CONTRIBUTIONS_MAX,
            ));
        }
        let chain = verify::check_chain(&self.transcript, &self.parameters, &mut |_| {})?;
        let before = self.parameters.delta_g1;
        let contribution = Contribution::new(&chain, before, name, beacon, &secret);
        self.parameters
            .multiply(secret.delta)
            .ok_or(CeremonyError::Key)?;
        drop(secret);
        self.transcript.parameters = self.parameters.digest();
        self.transcript.contributions.push(contribution);
        self.transcript
            .contributions
            .last()
            .ok_or(CeremonyError::Key)
    }

    /// Checks everything, from the powers to the last point, and tells each check that held. Whether the ceremony is closed is not its
    /// question.
    ///
    /// # Errors
    /// The first check that does not hold.
    pub fn verify(
        &self,
        circuit: &CeremonyCircuit,
        powers: &Powers,
        rng: &mut (impl RngCore + CryptoRng),
        on_check: &mut dyn FnMut(Check<'_>),
    ) -> Result<(), CeremonyError> {
        verify::verify(self, circuit, powers, rng, on_check).map(drop)
    }

    /// Checks everything and makes the keys, if the ceremony is closed.
    ///
    /// # Errors
    /// As [`Self::verify`], or the ceremony is not closed.
    pub fn export(
        &self,
        circuit: &CeremonyCircuit,
        powers: &Powers,
        rng: &mut (impl RngCore + CryptoRng),
        on_check: &mut dyn FnMut(Check<'_>),
    ) -> Result<CircuitKeys, CeremonyError> {
        let contributions = &self.transcript.contributions;
        let (last, others) = contributions
            .split_last()
            .ok_or(CeremonyError::NoContribution)?;
        if last.beacon.is_none() {
            return Err(CeremonyError::NoBeacon);
        }
        if others.is_empty() {
            return Err(CeremonyError::NoContribution);
        }
        let key = verify::verify(self, circuit, powers, rng, on_check)?;
        let provenance = if powers.is_rehearsal() {
            Provenance::Dev
        } else {
            Provenance::Ceremony(CeremonyRecord {
                transcript: self.transcript.digest(),
                contributions: u32::try_from(others.len()).unwrap_or(u32::MAX),
                powers: self.transcript.powers.digest,
            })
        };
        circuit_keys(circuit.id, &circuit.shape, &key, provenance).ok_or(CeremonyError::Key)
    }
}
