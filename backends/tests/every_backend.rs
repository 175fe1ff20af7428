//! One table of cases for every backend that offers the statement: what is accepted, what is refused and how it is called; and that no
//! proof is taken for another, of whichever system, circuit, statement, issuer, scope or challenge.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod people;

use std::sync::LazyLock;

use people::{Issuer, ana, backends, circuit_of, claim, prove, secret, witness};
use zapiki_backends::{InvalidReason, ProofBackend, ProveError, Verdict, VerifyError};
use zapiki_core::claim::ClaimError;
use zapiki_core::credential::{Attributes, Credential};
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::public_inputs::Claim;
use zapiki_core::suites::SuiteId;
use zapiki_core::witness::Witness;

const AGE: &str = r#"{"type":"age_over","min_age":25,"as_of":"2026-11-24"}"#;
const AT_LEAST: &str = r#"{"type":"income_at_least","minimum_minor":345000,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#;
const IN_RANGE: &str = r#"{"type":"income_in_range","minimum_minor":345000,"maximum_minor":345000,"currency":"EUR","period":"month","as_of":"2026-11-24"}"#;
const COUNTRIES: &str = r#"{"type":"resident_of","countries":["DE","PT"],"as_of":"2026-11-24"}"#;

/// What a case does to Ana's attributes before they are signed.
type Before = fn(&mut Attributes);
/// What it does to witness and claim afterwards.
type After = fn(&mut Witness, &mut Claim);

struct Case {
    name: &'static str,
    statement: String,
    before: Before,
    after: After,
    expected: Result<(), ClaimError>,
}

fn case(
    name: &'static str,
    statement: impl Into<String>,
    before: Before,
    expected: Result<(), ClaimError>,
) -> Case {
    Case {
        name,
        statement: statement.into(),
        before,
        after: |_, _| (),
        expected,
    }
}

fn after(name: &'static str, after: After, expected: ClaimError) -> Case {
    Case {
        after,
        ..case(name, AGE, |_| (), Err(expected))
    }
}

fn age(min_age: u8, as_of: &str) -> String {
    format!(r#"{{"type":"age_over","min_age":{min_age},"as_of":"{as_of}"}}"#)
}

fn born(attributes: &mut Attributes, day: &str) {
    attributes.birth_date = Some(day.parse().unwrap());
    attributes.issued_at = "2020-01-01".parse().unwrap();
    attributes.expires_at = "2040-01-01".parse().unwrap();
}

fn earns(attributes: &mut Attributes, amount_minor: u64) {
    attributes.income.as_mut().unwrap().amount_minor = amount_minor;
}

/// Forges whatever signature of the suite there is, by taking another credential's.
fn forge(witness: &mut Witness) {
    let secret = witness.holder_secret.clone();
    let mut other = ana();
    other.revocation_id = 2;
    witness.credential.signatures = Issuer::new(1).sign(other, &secret).signatures.clone();
}

fn cases() -> Vec<Case> {
    let false_ = Err(ClaimError::NotSatisfied);
    let missing = Err(ClaimError::AttributeMissing);
    let at_least = |minimum: u64| AT_LEAST.replace("345000", &minimum.to_string());
    let in_range = |minimum: u64, maximum: u64| {
        format!(
            r#"{{"type":"income_in_range","minimum_minor":{minimum},"maximum_minor":{maximum},"currency":"EUR","period":"month","as_of":"2026-11-24"}}"#
        )
    };
    let nothing: Before = |_| ();
    let leap: Before = |a| born(a, "2008-02-29");
    let largest: Before = |a| earns(a, (1 << 53) - 1);
    vec![
        case("old enough", AGE, nothing, Ok(())),
        case("on the birthday", age(25, "2026-05-17"), nothing, Ok(())),
        case("the day before", age(25, "2026-05-16"), nothing, false_),
        case("too young", age(26, "2026-11-24"), nothing, false_),
        case("a leap day, before", age(18, "2026-02-28"), leap, false_),
        case("a leap day, after", age(18, "2026-03-01"), leap, Ok(())),
        case("a leap day, on one", age(20, "2028-02-29"), leap, Ok(())),
        case(
            "a leap day, the day before",
            age(20, "2028-02-28"),
            leap,
            false_,
        ),
        case(
            "the oldest",
            age(120, "2026-11-24"),
            |a| born(a, "1900-01-01"),
            Ok(()),
        ),
        case("no birth date", AGE, |a| a.birth_date = None, missing),
        case(
            "the first day of validity",
            AGE,
            |a| a.issued_at = "2026-11-24".parse().unwrap(),
            Ok(()),
        ),
        case(
            "not yet valid",
            AGE,
            |a| a.issued_at = "2026-11-25".parse().unwrap(),
            Err(ClaimError::NotYetValid),
        ),
        case(
            "the last day of validity",
            AGE,
            |a| a.expires_at = "2026-11-24".parse().unwrap(),
            Ok(()),
        ),
        case(
            "expired",
            AGE,
            |a| a.expires_at = "2026-11-23".parse().unwrap(),
            Err(ClaimError::Expired),
        ),
        case("the amount itself", at_least(345_000), nothing, Ok(())),
        case("one less is asked", at_least(344_999), nothing, Ok(())),
        case("one more is asked", at_least(345_001), nothing, false_),
        case("the least is asked", at_least(1), |a| earns(a, 1), Ok(())),
        case("nothing is earned", at_least(1), |a| earns(a, 0), false_),
        case(
            "the largest amount",
            at_least((1 << 53) - 1),
            largest,
            Ok(()),
        ),
        case("no income", AT_LEAST, |a| a.income = None, missing),
        case(
            "another currency",
            AT_LEAST.replace("EUR", "USD"),
            nothing,
            Err(ClaimError::CurrencyDiffers),
        ),
        case(
            "another period",
            AT_LEAST.replace("month", "year"),
            nothing,
            Err(ClaimError::PeriodDiffers),
        ),
        case("both bounds", IN_RANGE, nothing, Ok(())),
        case("above the range", in_range(0, 344_999), nothing, false_),
        case(
            "below the range",
            in_range(345_001, 345_002),
            nothing,
            false_,
        ),
        case(
            "in the range, no income",
            IN_RANGE,
            |a| a.income = None,
            missing,
        ),
        case(
            "in the range, another currency",
            IN_RANGE.replace("EUR", "USD"),
            nothing,
            Err(ClaimError::CurrencyDiffers),
        ),
        case("in the set", COUNTRIES, nothing, Ok(())),
        case(
            "another country",
            COUNTRIES.replace("PT", "PL"),
            nothing,
            false_,
        ),
        case(
            "the first letter of one and the second of another",
            COUNTRIES,
            |a| a.country_of_residence = Some("PE".parse().unwrap()),
            false_,
        ),
        case(
            "no country",
            COUNTRIES,
            |a| a.country_of_residence = None,
            missing,
        ),
        after(
            "another holder's secret",
            |w, _| w.holder_secret = secret(2),
            ClaimError::ForeignHolder,
        ),
        after(
            "an altered attribute",
            |w, _| w.credential.attributes.birth_date = Some("1950-01-01".parse().unwrap()),
            ClaimError::ForgedSignature,
        ),
        after(
            "another credential's signature",
            |w, _| forge(w),
            ClaimError::ForgedSignature,
        ),
        after(
            "no signature",
            |w, _| w.credential.signatures = Default::default(),
            ClaimError::SuiteMissing,
        ),
        after(
            "another issuer",
            |_, c| c.issuer = Issuer::new(9).key(c.issuer.suite()),
            ClaimError::ForeignIssuer,
        ),
    ]
}

fn sign(case: &Case) -> Credential {
    let mut attributes = ana();
    (case.before)(&mut attributes);
    Issuer::new(1).sign(attributes, &secret(1))
}

/// Runs the table on one backend, over the statements that it offers.
fn run(backend: &'static dyn ProofBackend) {
    let mut ran = 0;
    for case in cases() {
        let Some(circuit) = circuit_of(backend, &case.statement) else {
            continue;
        };
        let name = format!("{} {}: {}", backend.system(), circuit.id, case.name);
        let mut claim = claim(&case.statement, circuit.suite);
        let mut witness = Witness::new(sign(&case), secret(1));
        (case.after)(&mut witness, &mut claim);
        let proved = backend.prove(circuit.id, &claim, &witness);
        match case.expected {
            Ok(()) => {
                let envelope = proved.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(backend.verify(&envelope), Ok(Verdict::Valid), "{name}");
                assert_eq!(envelope.public_inputs.claim, claim, "{name}");
            }
            Err(error) => assert_eq!(proved, Err(ProveError::Unsatisfied(error)), "{name}"),
        }
        ran += 1;
    }
    // Whatever a backend offers, it has an age.
    assert!(ran >= 15, "{ran} cases of {}", backend.system());
}

#[test]
fn groth16_agrees_with_the_table() {
    run(backends().next().unwrap());
}

#[test]
fn the_others_agree_with_the_table() {
    backends().skip(1).for_each(run);
}

/// Every statement is tried, and every backend's every statement that the table knows has both kinds of cases.
#[test]
fn the_table_has_both_kinds_for_each_statement() {
    for statement in [AGE, AT_LEAST, IN_RANGE, COUNTRIES] {
        let kind = claim(statement, SuiteId::BjjPoseidonBn254).statement.kind();
        let of_kind = |accepted: bool| {
            let cases = cases().into_iter();
            let suite = SuiteId::BjjPoseidonBn254;
            cases
                .filter(|case| case.expected.is_ok() == accepted)
                .filter(|case| claim(&case.statement, suite).statement.kind() == kind)
                .count()
        };
        assert!(of_kind(true) > 0 && of_kind(false) > 1, "{kind}");
    }
}

/// A proof of each circuit, of each backend, of one holder: with a second one of a statement that also holds, one of another scope and one
/// of another challenge.
static PROOFS: LazyLock<Vec<ProofEnvelope>> = LazyLock::new(|| {
    let mut proofs = Vec::new();
    for backend in backends() {
        for statement in [AGE, AT_LEAST, IN_RANGE, COUNTRIES] {
            let Some(proof) = prove(backend, statement) else {
                continue;
            };
            proofs.push(proof.unwrap());
        }
        let circuit = circuit_of(backend, AGE).unwrap();
        let own = claim(&AGE.replace("25", "24"), circuit.suite);
        let mut scoped = own.clone();
        scoped.scope = "another-tenant".parse().unwrap();
        let mut challenged = own.clone();
        challenged.challenge.0[31] ^= 1;
        for claim in [own, scoped, challenged] {
            proofs.push(backend.prove(circuit.id, &claim, &witness()).unwrap());
        }
    }
    proofs
});

fn verdict(envelope: &ProofEnvelope) -> Result<Verdict, VerifyError> {
    let mut backends = backends();
    let backend = backends.find(|backend| backend.system() == envelope.system);
    backend.unwrap().verify(envelope)
}

/// Each ordered pair: the bytes of one with everything else of the other, and all that lies between.
#[test]
fn no_proof_is_taken_for_another() {
    let proofs = &*PROOFS;
    assert_eq!(proofs.len(), 4 + 2 + 4 + 3 * 3);
    for (i, one) in proofs.iter().enumerate() {
        assert_eq!(verdict(one), Ok(Verdict::Valid));
        for (j, other) in proofs.iter().enumerate() {
            if i == j {
                continue;
            }
            // The bytes alone.
            let mut taken = other.clone();
            taken.proof = one.proof.clone();
            // The public inputs alone.
            let mut restated = one.clone();
            restated.public_inputs = other.public_inputs.clone();
            // Public inputs and labels, as far as they are not the same: the bytes again, by the other way.
            let mut relabelled = one.clone();
            relabelled.system = other.system;
            relabelled.circuit = other.circuit;
            relabelled.verifying_key = other.verifying_key;
            relabelled.zero_knowledge = other.zero_knowledge;
            let is_same_label = one.verifying_key == other.verifying_key;
            for (name, envelope) in [("bytes", taken), ("inputs", restated)] {
                let judged = verdict(&envelope);
                assert!(
                    matches!(judged, Ok(Verdict::Invalid(_)) | Err(_)),
                    "{name} of {i} and {j}: {judged:?}"
                );
            }
            if !is_same_label {
                let judged = verdict(&relabelled);
                assert!(
                    matches!(judged, Ok(Verdict::Invalid(_)) | Err(_)),
                    "labels of {i} and {j}: {judged:?}"
                );
            }
        }
    }
}

/// A backend judges its own proofs alone.
#[test]
fn a_backend_refuses_what_is_not_its_own() {
    for envelope in PROOFS.iter() {
        for backend in backends().filter(|backend| backend.system() != envelope.system) {
            let foreign = VerifyError::ForeignSystem(envelope.system);
            assert_eq!(backend.verify(envelope), Err(foreign));
            // Under its own name it is not a proof of its own.
            let mut renamed = envelope.clone();
            renamed.system = backend.system();
            let mismatch = Verdict::Invalid(InvalidReason::VerifyingKeyMismatch);
            let unknown = VerifyError::UnknownCircuit(renamed.circuit);
            let judged = backend.verify(&renamed);
            assert!(
                judged == Ok(mismatch) || judged == Err(unknown),
                "{judged:?}"
            );
        }
    }
}

/// Each suite has nullifiers of its own: the same holder in the same scope is two strangers to two systems.
#[test]
fn nullifiers_are_of_one_suite() {
    let mut nullifiers: Vec<_> = PROOFS
        .iter()
        .filter(|proof| proof.public_inputs.claim.scope.as_str() == "tests")
        .map(|proof| proof.public_inputs.nullifier.0)
        .collect();
    nullifiers.sort_unstable();
    nullifiers.dedup();
    assert_eq!(nullifiers.len(), 3);
}
