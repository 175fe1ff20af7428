//! Which of several versions of a circuit answers, at which time.

use zapiki_core::circuit::CircuitVersion;
use zapiki_core::claim::ClaimError;
use zapiki_core::envelope::KeyDigest;
use zapiki_core::public_inputs::Claim;
use zapiki_core::system::Capabilities;
use zapiki_core::witness::Witness;

use super::*;
use crate::backend::{CircuitSize, ProveError, Provenance};
use crate::keys::VerifyingKeyDocument;

/// A system with versions 1.0.0, 1.1.0 and 2.0.0 of `age_over`, and one circuit of `resident_of`, which is withdrawn.
struct Versions(Vec<CircuitInfo>);

fn circuit(text: &str, status: CircuitStatus) -> CircuitInfo {
    CircuitInfo {
        id: text.parse().unwrap(),
        status,
        suite: SuiteId::BjjPoseidonBn254,
        size: CircuitSize::Constraints(1),
        parts: Vec::new(),
        public_inputs: 1,
        verifying_key: KeyDigest([0; 32]),
        provenance: Provenance::Dev,
    }
}

impl ProofBackend for Versions {
    fn system(&self) -> ProofSystem {
        ProofSystem::Groth16
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            trusted_setup: true,
            zero_knowledge: true,
            post_quantum: false,
            maturity: Maturity::Stable,
            summary: String::new(),
        }
    }
    fn circuits(&self) -> &[CircuitInfo] {
        &self.0
    }
    fn prove(&self, _: CircuitId, _: &Claim, _: &Witness) -> Result<ProofEnvelope, ProveError> {
        Err(ClaimError::NotSatisfied.into())
    }
    fn verify(&self, envelope: &ProofEnvelope) -> Result<Verdict, VerifyError> {
        Err(VerifyError::UnknownCircuit(envelope.circuit))
    }
    fn verifying_key(&self, _: CircuitId) -> Option<&VerifyingKeyDocument> {
        None
    }
}

fn registry(notices: &[(&str, &str, Option<&str>)]) -> Registry {
    let versions = Versions(vec![
        circuit("age_over@1.0.0", CircuitStatus::Active),
        circuit("age_over@1.1.0", CircuitStatus::Active),
        circuit("age_over@2.0.0", CircuitStatus::Active),
        circuit("resident_of@1.0.0", CircuitStatus::Withdrawn),
    ]);
    let notices = notices.iter().map(|(circuit, deprecated, sunset)| Notice {
        system: ProofSystem::Groth16,
        circuit: circuit.parse().unwrap(),
        deprecated_at: deprecated.parse().unwrap(),
        sunset_at: sunset.map(|sunset| sunset.parse().unwrap()),
        link: "https://example.com".to_owned(),
    });
    let notices = Notices::new(notices.collect()).unwrap();
    let registry = Registry::new(vec![Arc::new(versions)]);
    registry.with_notices(notices).unwrap()
}

const NOW: &str = "2026-11-24T12:00:00Z";
const BEFORE: &str = "2026-11-24T11:00:00Z";
const LATER: &str = "2026-11-24T13:00:00Z";

/// The version that answers a pin, or why none does.
fn answer(registry: &Registry, pin: Option<&str>) -> Result<String, ResolveError> {
    let pin = pin.map(|pin| pin.parse().unwrap());
    let (system, now) = (ProofSystem::Groth16, NOW.parse().unwrap());
    let resolved = registry.resolve(system, pin, StatementKind::AgeOver, now);
    resolved.map(|circuit| circuit.id.version.to_string())
}

#[test]
fn the_newest_version_that_the_pin_admits_answers() {
    let registry = registry(&[]);
    for (pin, version) in [
        (None, "2.0.0"),
        (Some("age_over@2"), "2.0.0"),
        (Some("age_over@1"), "1.1.0"),
        (Some("age_over@1.0.0"), "1.0.0"),
    ] {
        assert_eq!(answer(&registry, pin), Ok(version.to_owned()), "{pin:?}");
    }
}

#[test]
fn what_does_not_answer_says_why() {
    let registry = registry(&[]);
    let system = ProofSystem::Groth16;
    let pinned = |text: &str| text.parse::<CircuitPin>().unwrap();
    for pin in ["age_over@3", "age_over@1.0.1"] {
        let error = ResolveError::UnknownVersion(system, pinned(pin));
        assert_eq!(answer(&registry, Some(pin)), Err(error));
    }
    let other = pinned("resident_of@1");
    assert_eq!(
        answer(&registry, Some("resident_of@1")),
        Err(ResolveError::WrongStatement(other, StatementKind::AgeOver))
    );
    let resolve = |system, statement| {
        let resolved = registry.resolve(system, None, statement, NOW.parse().unwrap());
        resolved.map(|circuit| circuit.id)
    };
    assert_eq!(
        resolve(system, StatementKind::NotRevoked),
        Err(ResolveError::NotOffered(system, StatementKind::NotRevoked))
    );
    assert_eq!(
        resolve(ProofSystem::Stark, StatementKind::AgeOver),
        Err(ResolveError::UnknownSystem(ProofSystem::Stark))
    );
    let withdrawn = CircuitId {
        statement: StatementKind::ResidentOf,
        version: CircuitVersion {
            major: 1,
            minor: 0,
            patch: 0,
        },
    };
    assert_eq!(
        resolve(system, StatementKind::ResidentOf),
        Err(ResolveError::Withdrawn(withdrawn))
    );
    // Its suite is known all the same.
    let suite = registry.suite(system, None, StatementKind::ResidentOf);
    assert_eq!(suite, Ok(SuiteId::BjjPoseidonBn254));
}

#[test]
fn a_deprecated_version_answers_when_there_is_no_better_one() {
    let registry = registry(&[
        ("age_over@2.0.0", BEFORE, None),
        ("age_over@1.1.0", LATER, None),
    ]);
    // Announced is not yet deprecated.
    assert_eq!(answer(&registry, None), Ok("1.1.0".to_owned()));
    assert_eq!(
        answer(&registry, Some("age_over@2")),
        Ok("2.0.0".to_owned())
    );
    let status = |text: &str| {
        let (_, info) = registry
            .circuits()
            .find(|(_, info)| info.id.to_string() == text)
            .unwrap();
        registry.status(ProofSystem::Groth16, info, NOW.parse().unwrap())
    };
    assert_eq!(status("age_over@2.0.0"), CircuitStatus::Deprecated);
    assert_eq!(status("age_over@1.1.0"), CircuitStatus::Active);
    assert_eq!(status("resident_of@1.0.0"), CircuitStatus::Withdrawn);
}

#[test]
fn a_retired_version_never_answers() {
    let registry = registry(&[("age_over@2.0.0", BEFORE, Some(NOW))]);
    assert_eq!(answer(&registry, None), Ok("1.1.0".to_owned()));
    let retired = "age_over@2.0.0".parse().unwrap();
    assert_eq!(
        answer(&registry, Some("age_over@2")),
        Err(ResolveError::Retired(retired, NOW.parse().unwrap()))
    );
}

#[test]
fn a_notice_of_no_circuit_is_an_error() {
    let notice = Notice {
        system: ProofSystem::Groth16,
        circuit: "age_over@9.0.0".parse().unwrap(),
        deprecated_at: NOW.parse().unwrap(),
        sunset_at: None,
        link: "https://example.com".to_owned(),
    };
    let notices = Notices::new(vec![notice]).unwrap();
    let error = registry(&[]).with_notices(notices).unwrap_err();
    assert!(error.to_string().contains("age_over@9.0.0"), "{error}");
}
