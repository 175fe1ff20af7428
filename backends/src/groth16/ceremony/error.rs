//! Why a ceremony cannot go on, or does not hold.

use thiserror::Error;
use zapiki_core::circuit::CircuitId;

use super::contribution::Flaw;
use super::powers::PowersError;

/// A ceremony that cannot go on, or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CeremonyError {
    /// There is no such circuit in this version of the program.
    #[error("this version of zapiki has no Groth16 circuit {0}")]
    UnknownCircuit(CircuitId),
    /// The ceremony is about other constraints than this program has under that name.
    #[error("the ceremony is about another edition of the circuit {0} than this program has")]
    OtherRelation(CircuitId),
    /// The powers are too few for the circuit.
    #[error("the powers of tau are too few for the circuit")]
    PowersTooFew,
    /// The points in the file are no powers of tau.
    #[error("the file of powers is false: {0}")]
    Powers(#[from] PowersError),
    /// The file of powers is not the one that the ceremony began with.
    #[error(
        "the file of powers is not the one that the ceremony began with: its digest is another"
    )]
    OtherPowers,
    /// The initial key does not come from these powers and this circuit.
    #[error("the initial key is not the one that comes from these powers and this circuit")]
    OtherInitialKey,
    /// The parameters are not those that the transcript names.
    #[error(
        "the parameters are not those that the transcript names: one of the two files is old or was changed"
    )]
    ParametersMismatch,
    /// The parameters' bytes are no points, or too few or too many.
    #[error("the parameters are malformed")]
    ParametersMalformed,
    /// Something is wrong with one contribution.
    #[error("contribution {number} ({name}): {flaw}")]
    Contribution {
        /// From one.
        number: usize,
        /// Whose.
        name: String,
        /// What.
        flaw: Flaw,
    },
    /// Something follows on the beacon.
    #[error("contribution {0} follows on the beacon, which ends a ceremony")]
    AfterBeacon(usize),
    /// There are more contributions than are read.
    #[error("the transcript has more than {0} contributions")]
    TooManyContributions(usize),
    /// δ in G1 is not the last contribution's.
    #[error("delta is not the one of the last contribution")]
    DeltaMismatch,
    /// δ in G2 is not δ in G1.
    #[error("delta in G2 is not delta in G1")]
    DeltaG2,
    /// The L query is not the initial one divided by δ.
    #[error("the L query is not the initial one divided by delta")]
    LQuery,
    /// The H query is not the initial one divided by δ.
    #[error("the H query is not the initial one divided by delta")]
    HQuery,
    /// Nobody has contributed.
    #[error("nobody has contributed yet: everybody knows delta")]
    NoContribution,
    /// There is no beacon.
    #[error("the ceremony is not closed by a beacon yet")]
    NoBeacon,
    /// The beacon was applied already.
    #[error("the ceremony is closed: its beacon was applied")]
    Closed,
    /// The parts do not make a key.
    #[error("the key cannot be written")]
    Key,
}
