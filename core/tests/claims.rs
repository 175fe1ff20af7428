//! Each way in which a witness can fail a claim, and that no failure repeats what it was given.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use rand::SeedableRng;
use rand::rngs::StdRng;
use zapiki_core::claim::{ClaimError, check_claim};
use zapiki_core::credential::{
    Attributes, Credential, FieldElement, Income, IssueError, JSON_INTEGER_MAX, Signatures,
};
use zapiki_core::day::Day;
use zapiki_core::public_inputs::{Challenge, Claim, Scope};
use zapiki_core::statement::Statement;
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::suites::bjj_poseidon::{SecretKey, holder_commitment};
use zapiki_core::suites::{IssuerKey, SuiteId};
use zapiki_core::witness::{HolderSecret, Witness, WitnessError};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn key() -> SecretKey {
    SecretKey::from_bytes([3; 32])
}

fn secret() -> HolderSecret {
    HolderSecret::generate(&mut StdRng::seed_from_u64(1))
}

fn attributes() -> Attributes {
    Attributes {
        holder_commitment: FieldElement(holder_commitment(secret().expose())),
        birth_date: Some(day("2001-05-17")),
        income: Some(Income {
            amount_minor: 4_200_000,
            currency: "EUR".parse().unwrap(),
            period: "year".parse().unwrap(),
        }),
        country_of_residence: Some("PT".parse().unwrap()),
        screening_id: None,
        issued_at: day("2026-01-01"),
        expires_at: day("2027-01-01"),
        revocation_id: 77,
    }
}

fn witness_of(attributes: Attributes) -> Witness {
    Witness::new(Credential::issue(attributes, &key()).unwrap(), secret())
}

fn claim_on(min_age: u8, as_of: &str) -> Claim {
    Claim {
        statement: Statement::AgeOver(AgeOver::new(min_age, day(as_of)).unwrap()),
        issuer: IssuerKey::BjjPoseidonBn254(key().public_key()),
        challenge: Challenge([5; 32]),
        scope: "bank.example".parse::<Scope>().unwrap(),
    }
}

fn claim() -> Claim {
    claim_on(18, "2026-11-24")
}

#[test]
fn a_true_claim_holds_and_its_nullifier_depends_on_the_scope_alone() {
    let witness = witness_of(attributes());
    let nullifier = check_claim(&claim(), &witness).unwrap();
    let other_session = Claim {
        challenge: Challenge([6; 32]),
        ..claim()
    };
    assert_eq!(check_claim(&other_session, &witness), Ok(nullifier));
    let elsewhere = Claim {
        scope: "other.example".parse().unwrap(),
        ..claim()
    };
    assert_ne!(check_claim(&elsewhere, &witness), Ok(nullifier));
}

#[test]
fn the_age_is_reached_on_the_day_and_not_before() {
    let witness = witness_of(attributes());
    assert!(check_claim(&claim_on(25, "2026-05-17"), &witness).is_ok());
    assert_eq!(
        check_claim(&claim_on(25, "2026-05-16"), &witness),
        Err(ClaimError::NotSatisfied)
    );
}

#[test]
fn validity_includes_its_first_and_last_day() {
    let witness = witness_of(attributes());
    for (as_of, outcome) in [
        ("2025-12-31", Some(ClaimError::NotYetValid)),
        ("2026-01-01", None),
        ("2027-01-01", None),
        ("2027-01-02", Some(ClaimError::Expired)),
    ] {
        assert_eq!(
            check_claim(&claim_on(18, as_of), &witness).err(),
            outcome,
            "{as_of}"
        );
    }
}

#[test]
fn an_absent_birth_date_proves_nothing() {
    let mut attributes = attributes();
    attributes.birth_date = None;
    let witness = witness_of(attributes);
    assert_eq!(
        check_claim(&claim(), &witness),
        Err(ClaimError::AttributeMissing)
    );
}

#[test]
fn each_altered_attribute_breaks_the_signature() {
    let alterations: [fn(&mut Attributes); 13] = [
        |a| a.holder_commitment.0 += a.holder_commitment.0,
        |a| a.birth_date = Some(day("1990-01-01")),
        |a| a.birth_date = None,
        |a| a.income = None,
        |a| a.income.as_mut().unwrap().amount_minor += 1,
        |a| a.income.as_mut().unwrap().currency = "USD".parse().unwrap(),
        |a| a.income.as_mut().unwrap().period = "month".parse().unwrap(),
        |a| a.country_of_residence = Some("ES".parse().unwrap()),
        |a| a.country_of_residence = None,
        |a| a.screening_id = Some(FieldElement(1u8.into())),
        |a| a.issued_at = day("2025-01-01"),
        |a| a.expires_at = day("2030-01-01"),
        |a| a.revocation_id += 1,
    ];
    for (i, alter) in alterations.iter().enumerate() {
        let mut witness = witness_of(attributes());
        alter(&mut witness.credential.attributes);
        assert_eq!(
            check_claim(&claim(), &witness),
            Err(ClaimError::ForgedSignature),
            "alteration {i}"
        );
    }
}

#[test]
fn foreign_issuers_holders_and_suites_are_told_apart() {
    let witness = witness_of(attributes());
    let mut foreign = claim();
    foreign.issuer = IssuerKey::BjjPoseidonBn254(SecretKey::from_bytes([4; 32]).public_key());
    assert_eq!(
        check_claim(&foreign, &witness),
        Err(ClaimError::ForeignIssuer)
    );

    // The forger names the trusted key beside a signature of its own.
    let mut forged = witness.clone();
    let own = Credential::issue(attributes(), &SecretKey::from_bytes([4; 32])).unwrap();
    let signature = own.signatures.bjj_poseidon_bn254.unwrap().signature;
    let signed = &mut forged.credential.signatures.bjj_poseidon_bn254;
    signed.as_mut().unwrap().signature = signature;
    assert_eq!(
        check_claim(&claim(), &forged),
        Err(ClaimError::ForgedSignature)
    );

    let mut stolen = witness.clone();
    stolen.holder_secret = HolderSecret::generate(&mut StdRng::seed_from_u64(2));
    assert_eq!(
        check_claim(&claim(), &stolen),
        Err(ClaimError::ForeignHolder)
    );

    let mut bare = witness;
    bare.credential.signatures = Signatures::default();
    assert_eq!(check_claim(&claim(), &bare), Err(ClaimError::SuiteMissing));
}

#[test]
fn contradictory_attributes_are_not_issued() {
    let issue = |alter: fn(&mut Attributes)| {
        let mut attributes = attributes();
        alter(&mut attributes);
        Credential::issue(attributes, &key()).err()
    };
    assert_eq!(
        issue(|a| a.expires_at = day("2025-12-31")),
        Some(IssueError::ValidityPeriod)
    );
    assert_eq!(
        issue(|a| a.birth_date = Some(day("2026-01-02"))),
        Some(IssueError::BornAfterIssue)
    );
}

#[test]
fn a_witness_round_trips_and_neither_debug_nor_errors_repeat_it() {
    let witness = witness_of(attributes());
    let json = witness.to_json().unwrap();
    assert_eq!(Witness::from_json(&json).unwrap(), witness);

    let text = String::from_utf8(json.to_vec()).unwrap();
    for (from, to) in [
        ("2001-05-17", "2001-17-05"),
        ("4200000", "\"4200000\""),
        ("\"PT\"", "\"P7\""),
    ] {
        assert!(text.contains(from));
        let error = Witness::from_json(text.replace(from, to).as_bytes()).unwrap_err();
        assert!(matches!(error, WitnessError::Malformed { .. }));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(from) && !shown.contains(to), "{shown}");
    }
    let shown = format!("{witness:?}");
    for private in ["2001", "4200000", "PT", "0x", "77"] {
        assert!(!shown.contains(private), "{shown}");
    }
    assert_eq!(
        Witness::from_json(&vec![b' '; 20_000]).unwrap_err(),
        WitnessError::TooLong
    );
}

/// A reader that takes numbers for doubles, as JavaScript does, must not change a credential.
#[test]
fn a_number_that_a_double_cannot_hold_is_not_signed() {
    type Change = fn(&mut Attributes, u64);
    let changes: [(&str, Change); 2] = [
        ("revocation_id", |a, n| a.revocation_id = n),
        ("income.amount_minor", |a, n| {
            a.income.as_mut().unwrap().amount_minor = n
        }),
    ];
    for (name, change) in changes {
        let issue = |number| {
            let mut attributes = attributes();
            change(&mut attributes, number);
            Credential::issue(attributes, &key())
        };
        let credential = issue(JSON_INTEGER_MAX).unwrap();
        assert_eq!(JSON_INTEGER_MAX as f64 as u64, JSON_INTEGER_MAX);
        assert_eq!(
            credential.check_signature(SuiteId::BjjPoseidonBn254),
            Some(Ok(()))
        );
        assert_eq!(
            issue(JSON_INTEGER_MAX + 1),
            Err(IssueError::NumberTooLarge(name))
        );
    }
}
