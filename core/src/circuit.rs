//! Names of circuits: `age_over@1.0.0` is one circuit for ever, `age_over@1` a client's pin.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::statement::StatementKind;

/// A semantic version. A circuit's constraints never change within one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CircuitVersion {
    /// Incompatible change of public inputs or meaning.
    pub major: u16,
    /// Compatible addition.
    pub minor: u16,
    /// Same relation, other constraints.
    pub patch: u16,
}

/// One version of the circuit of one statement. Text form: `age_over@1.0.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CircuitId {
    /// What the circuit proves.
    pub statement: StatementKind,
    /// Which edition of it.
    pub version: CircuitVersion,
}

/// What a client asks for: a major version or an exact one. Text form: `age_over@1` or `age_over@1.0.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CircuitPin {
    /// The newest circuit of this major version.
    Major(StatementKind, u16),
    /// Exactly this circuit.
    Exact(CircuitId),
}

/// The text names no circuit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a circuit of the form `age_over@1` or `age_over@1.0.0`")]
pub struct CircuitNameError;

impl CircuitPin {
    /// What the circuit proves.
    #[must_use]
    pub const fn statement(self) -> StatementKind {
        match self {
            Self::Major(statement, _) => statement,
            Self::Exact(circuit) => circuit.statement,
        }
    }

    /// Whether the circuit answers the pin.
    #[must_use]
    pub fn admits(self, circuit: CircuitId) -> bool {
        match self {
            Self::Major(statement, major) => {
                circuit.statement == statement && circuit.version.major == major
            }
            Self::Exact(exact) => circuit == exact,
        }
    }
}

impl fmt::Display for CircuitVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl fmt::Display for CircuitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.statement, self.version)
    }
}

impl fmt::Display for CircuitPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Major(statement, major) => write!(f, "{statement}@{major}"),
            Self::Exact(circuit) => circuit.fmt(f),
        }
    }
}

fn number(text: &str) -> Result<u16, CircuitNameError> {
    // `01` and `+1` are second spellings of a version that has one.
    let canonical = text == "0" || text.starts_with(|c: char| ('1'..='9').contains(&c));
    text.parse()
        .ok()
        .filter(|_| canonical)
        .ok_or(CircuitNameError)
}

impl FromStr for CircuitVersion {
    type Err = CircuitNameError;
    fn from_str(text: &str) -> Result<Self, CircuitNameError> {
        let mut parts = text.split('.').map(number);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(major), Some(minor), Some(patch), None) => Ok(Self {
                major: major?,
                minor: minor?,
                patch: patch?,
            }),
            _ => Err(CircuitNameError),
        }
    }
}

impl FromStr for CircuitPin {
    type Err = CircuitNameError;
    fn from_str(text: &str) -> Result<Self, CircuitNameError> {
        let (statement, version) = text.split_once('@').ok_or(CircuitNameError)?;
        let statement = statement.parse().map_err(|_| CircuitNameError)?;
        if version.contains('.') {
            let version = version.parse()?;
            Ok(Self::Exact(CircuitId { statement, version }))
        } else {
            Ok(Self::Major(statement, number(version)?))
        }
    }
}

impl FromStr for CircuitId {
    type Err = CircuitNameError;
    fn from_str(text: &str) -> Result<Self, CircuitNameError> {
        match text.parse()? {
            CircuitPin::Exact(circuit) => Ok(circuit),
            CircuitPin::Major(..) => Err(CircuitNameError),
        }
    }
}

crate::string_form!(CircuitVersion);
crate::string_form!(CircuitId);
crate::string_form!(CircuitPin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        let id: CircuitId = "age_over@1.2.3".parse().unwrap();
        assert_eq!(id.to_string(), "age_over@1.2.3");
        let pin: CircuitPin = "age_over@1".parse().unwrap();
        assert!(pin.admits(id));
        assert!("age_over@1.2.3".parse::<CircuitPin>().unwrap().admits(id));
        assert!(!"age_over@1.2.4".parse::<CircuitPin>().unwrap().admits(id));
        assert!(!"age_over@2".parse::<CircuitPin>().unwrap().admits(id));
    }

    #[test]
    fn second_spellings_are_refused() {
        for text in [
            "age_over",
            "age_over@",
            "age_over@01",
            "age_over@1.0",
            "age_over@1.0.0.0",
            "age_over@+1",
            "x@1",
        ] {
            assert!(text.parse::<CircuitPin>().is_err(), "{text}");
        }
        assert!("age_over@1".parse::<CircuitId>().is_err());
    }
}
