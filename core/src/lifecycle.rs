//! The end of a circuit's life, announced: since when it is deprecated, and from when on it makes no new proofs.
//!
//! Notices are words of whoever runs the service, not of the program: a circuit is deprecated where its successor is ready.
//! A notice never touches proofs that are made: they verify for ever. (A circuit that is *withdrawn* is unsound; that is known
//! where its constraints are, and policy turns its proofs away.)

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::circuit::CircuitId;
use crate::system::ProofSystem;

/// The version of the document of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticesVersion {
    /// The first.
    V1,
}

crate::named_variants!(NoticesVersion, UnknownNoticesVersion, "version of circuit notices", {
    V1 => "zapiki.circuit-notices.v1",
});

/// What is announced of one circuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The proof system, each of which may have a circuit of that name.
    pub system: ProofSystem,
    /// The circuit.
    pub circuit: CircuitId,
    /// Since when it should not be used any more. May lie ahead.
    pub deprecated_at: DateTime<Utc>,
    /// From when on it makes no new proofs, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sunset_at: Option<DateTime<Utc>>,
    /// Where people read why, and what to use instead.
    pub link: String,
}

impl Notice {
    /// Where the circuit stands at this moment.
    #[must_use]
    pub fn stage(&self, now: DateTime<Utc>) -> Stage {
        if self.sunset_at.is_some_and(|sunset| sunset <= now) {
            Stage::Retired
        } else if self.deprecated_at <= now {
            Stage::Deprecated
        } else {
            Stage::Announced
        }
    }
}

/// How far the end of a circuit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is known when it will be deprecated.
    Announced,
    /// It makes proofs still.
    Deprecated,
    /// It makes no new proofs.
    Retired,
}

/// The notices make no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoticesError {
    /// A sunset before the deprecation.
    #[error("the sunset of {0} {1} lies before its deprecation")]
    Order(ProofSystem, CircuitId),
    /// Two notices of one circuit.
    #[error("there are two notices of {0} {1}")]
    Repeated(ProofSystem, CircuitId),
    /// A link that is none, or that would not fit into a header.
    #[error(
        "the link of {0} {1} is no URL: `https://` or `http://`, printable ASCII, no spaces, quotes or angle brackets"
    )]
    Link(ProofSystem, CircuitId),
}

/// All notices: at most one of a circuit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Notices(Vec<Notice>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: NoticesVersion,
    notices: Vec<Notice>,
}

impl Notices {
    /// These notices.
    ///
    /// # Errors
    /// One contradicts itself or another.
    pub fn new(notices: Vec<Notice>) -> Result<Self, NoticesError> {
        for (index, notice) in notices.iter().enumerate() {
            let (system, circuit) = (notice.system, notice.circuit);
            if notice
                .sunset_at
                .is_some_and(|sunset| sunset < notice.deprecated_at)
            {
                return Err(NoticesError::Order(system, circuit));
            }
            if !is_link(&notice.link) {
                return Err(NoticesError::Link(system, circuit));
            }
            let earlier = &notices[..index];
            if earlier
                .iter()
                .any(|other| (other.system, other.circuit) == (system, circuit))
            {
                return Err(NoticesError::Repeated(system, circuit));
            }
        }
        Ok(Self(notices))
    }

    /// What is announced of a circuit.
    #[must_use]
    pub fn of(&self, system: ProofSystem, circuit: CircuitId) -> Option<&Notice> {
        self.iter()
            .find(|notice| (notice.system, notice.circuit) == (system, circuit))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.0.iter()
    }
}

fn is_link(link: &str) -> bool {
    let rest = link
        .strip_prefix("https://")
        .or_else(|| link.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty())
        && link
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"<>\"\\".contains(&b))
}

impl TryFrom<Document> for Notices {
    type Error = NoticesError;
    fn try_from(document: Document) -> Result<Self, NoticesError> {
        Self::new(document.notices)
    }
}

impl From<Notices> for Document {
    fn from(notices: Notices) -> Self {
        Self {
            version: NoticesVersion::V1,
            notices: notices.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"version":"zapiki.circuit-notices.v1","notices":[{"system":"groth16","circuit":"age_over@1.0.0","deprecated_at":"2026-11-24T00:00:00Z","sunset_at":"2027-05-24T00:00:00Z","link":"https://example.com/age-over-2"}]}"#;

    #[test]
    fn a_circuit_goes_through_its_stages() {
        let notices: Notices = serde_json::from_str(TEXT).unwrap();
        assert_eq!(serde_json::to_string(&notices).unwrap(), TEXT);
        let circuit = "age_over@1.0.0".parse().unwrap();
        let notice = notices.of(ProofSystem::Groth16, circuit).unwrap();
        for (now, stage) in [
            ("2026-11-23T23:59:59Z", Stage::Announced),
            ("2026-11-24T00:00:00Z", Stage::Deprecated),
            ("2027-05-23T23:59:59Z", Stage::Deprecated),
            ("2027-05-24T00:00:00Z", Stage::Retired),
        ] {
            assert_eq!(notice.stage(now.parse().unwrap()), stage, "{now}");
        }
        let endless = Notice {
            sunset_at: None,
            ..notice.clone()
        };
        let far = "2999-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(endless.stage(far), Stage::Deprecated);
        assert_eq!(notices.of(ProofSystem::Stark, circuit), None);
        let other = "age_over@1.0.1".parse().unwrap();
        assert_eq!(notices.of(ProofSystem::Groth16, other), None);
    }

    #[test]
    fn notices_that_contradict_themselves_are_refused() {
        let twice = TEXT.replace("}]}", "},") + TEXT.split_once(":[").unwrap().1;
        for (text, word) in [
            (TEXT.replace("2027", "2025"), "before its deprecation"),
            (TEXT.replace("https://example.com", "ftp://x"), "no URL"),
            (TEXT.replace("https://example.com", "https://<x>"), "no URL"),
            (
                TEXT.replace("https://example.com/age-over-2", "https://"),
                "no URL",
            ),
            (twice, "two notices"),
            (TEXT.replace(".v1", ".v2"), "version"),
            (TEXT.replace("link", "url"), "unknown field"),
            (TEXT.replace("@1.0.0", "@1"), "circuit"),
            (TEXT.replace("2026-11-24T00:00:00Z", "soon"), ""),
        ] {
            let error = serde_json::from_str::<Notices>(&text).unwrap_err();
            assert!(error.to_string().contains(word), "{text}: {error}");
        }
    }
}
