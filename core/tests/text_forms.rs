//! Everything that travels as text has one text: what is written is read back, and what is read is what would be
//! written.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zapiki_core::audit::AuditHash;
use zapiki_core::circuit::{CircuitId, CircuitPin, CircuitVersion};
use zapiki_core::credential::{
    Attributes, CountryCode, Credential, FieldElement, Income, JSON_INTEGER_MAX,
};
use zapiki_core::day::Day;
use zapiki_core::envelope::{EnvelopeVersion, KeyDigest, ProofBytes, ProofEnvelope, Prover};
use zapiki_core::ids::ProofId;
use zapiki_core::public_inputs::{Challenge, Claim, PublicInputs, Scope};
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{Fr, PublicKey, SecretKey, Signature, sign};
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::{HolderSecret, Witness};

fn element() -> impl Strategy<Value = FieldElement> {
    any::<[u8; 32]>()
        .prop_map(|bytes| FieldElement(<Fr as ark_ff::PrimeField>::from_le_bytes_mod_order(&bytes)))
}

fn day() -> impl Strategy<Value = Day> {
    (0u32..401_000).prop_map(|number| Day::from_number(number).unwrap())
}

fn version() -> impl Strategy<Value = CircuitVersion> {
    any::<(u16, u16, u16)>().prop_map(|(major, minor, patch)| CircuitVersion {
        major,
        minor,
        patch,
    })
}

fn circuit() -> impl Strategy<Value = CircuitId> {
    version().prop_map(|version| CircuitId {
        statement: StatementKind::AgeOver,
        version,
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    "[!-~]{1,128}".prop_map(|text| text.parse().unwrap())
}

fn key() -> impl Strategy<Value = SecretKey> {
    any::<[u8; 32]>().prop_map(SecretKey::from_bytes)
}

prop_compose! {
    fn claim()(
        min_age in 1u8..=120, as_of in 43_830u32..401_000, key in key(), challenge in any::<[u8; 32]>(), scope in scope(),
    ) -> Claim {
        Claim {
            statement: Statement::AgeOver(AgeOver::new(min_age, Day::from_number(as_of).unwrap()).unwrap()),
            issuer: IssuerKey::BjjPoseidonBn254(key.public_key()),
            challenge: Challenge(challenge),
            scope,
        }
    }
}

prop_compose! {
    fn envelope()(
        circuit in circuit(), digest in any::<[u8; 32]>(), zero_knowledge in any::<bool>(), claim in claim(),
        nullifier in element(), proof in prop::collection::vec(any::<u8>(), 0..300),
    ) -> ProofEnvelope {
        ProofEnvelope {
            version: EnvelopeVersion::V1,
            system: ProofSystem::Groth16,
            circuit,
            verifying_key: KeyDigest(digest),
            prover: Prover::Server,
            zero_knowledge,
            public_inputs: PublicInputs { claim, nullifier: nullifier.0.into() },
            proof: ProofBytes(proof),
        }
    }
}

prop_compose! {
    fn witness()(
        commitment in element(), birth in prop::option::of(day()), income in prop::option::of((0..=JSON_INTEGER_MAX, "[A-Z]{3}")),
        country in prop::option::of("[A-Z]{2}"), screening_id in prop::option::of(element()), days in [day(), day()],
        revocation_id in 0..=JSON_INTEGER_MAX, key in key(), secret in element(),
    ) -> Witness {
        let [a, b] = days;
        let attributes = Attributes {
            holder_commitment: commitment,
            birth_date: birth.filter(|birth| *birth <= a.min(b)),
            income: income.map(|(amount_minor, currency)| Income {
                amount_minor,
                currency: currency.parse().unwrap(),
                period: if amount_minor % 2 == 0 { "month" } else { "year" }.parse().unwrap(),
            }),
            country_of_residence: country.map(|code| code.parse::<CountryCode>().unwrap()),
            screening_id,
            issued_at: a.min(b),
            expires_at: a.max(b),
            revocation_id,
        };
        Witness::new(Credential::issue(attributes, &key).unwrap(), HolderSecret::from(secret.0))
    }
}

/// Through text and through JSON.
fn round_trips<T>(value: &T) -> TestCaseResult
where
    T: Display + FromStr<Err: Debug> + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let text = value.to_string();
    prop_assert_eq!(&text.parse::<T>().unwrap(), value);
    let json = serde_json::to_string(value).unwrap();
    prop_assert_eq!(&json, &serde_json::to_string(&text).unwrap());
    prop_assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
    Ok(())
}

/// A text that is read at all is the one that would be written.
fn is_canonical<T: Display + FromStr>(text: &str) -> TestCaseResult {
    if let Ok(value) = text.parse::<T>() {
        prop_assert_eq!(value.to_string(), text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn simple_values_round_trip(
        element in element(), day in day(), bytes in any::<[u8; 32]>(), id in any::<u128>(), circuit in circuit(),
        scope in scope(), proof in prop::collection::vec(any::<u8>(), 0..300), major in any::<u16>(),
    ) {
        round_trips(&element)?;
        round_trips(&day)?;
        round_trips(&Challenge(bytes))?;
        round_trips(&KeyDigest(bytes))?;
        round_trips(&AuditHash(bytes))?;
        round_trips(&ProofBytes(proof))?;
        round_trips(&ProofId::from_uuid(Uuid::from_u128(id)))?;
        round_trips(&scope)?;
        round_trips(&circuit)?;
        round_trips(&circuit.version)?;
        round_trips(&CircuitPin::Exact(circuit))?;
        round_trips(&CircuitPin::Major(circuit.statement, major))?;
    }

    #[test]
    fn keys_and_signatures_round_trip(key in key(), message in element()) {
        round_trips(&key.public_key())?;
        round_trips(&sign(&key, &message.0))?;
    }

    #[test]
    fn an_envelope_round_trips(envelope in envelope()) {
        let json = serde_json::to_string(&envelope).unwrap();
        prop_assert_eq!(serde_json::from_str::<ProofEnvelope>(&json).unwrap(), envelope);
    }

    #[test]
    fn a_witness_round_trips(witness in witness()) {
        let json = witness.to_json().unwrap();
        // More, and the buffer would have moved and left itself behind.
        prop_assert!(json.len() <= zapiki_core::witness::WITNESS_BYTES_MAX);
        let read = Witness::from_json(&json).unwrap();
        prop_assert_eq!(read.credential.attributes.digest(), witness.credential.attributes.digest());
        prop_assert_eq!(read, witness);
    }

    #[test]
    fn a_credential_has_one_meaning(witness in witness(), other in witness()) {
        let [a, b] = [witness, other].map(|w| w.credential.attributes);
        prop_assert_eq!(a == b, a.encode() == b.encode());
    }

    /// Texts near the forms that there are: right alphabets, wrong lengths, signs and spaces.
    #[test]
    fn there_are_no_second_spellings(
        text in prop_oneof![
            "(0x)?[0-9a-fA-F]{60,70}",
            "sha256:[0-9a-fA-F]{64}",
            "proof_[0-9a-fA-F]{30,34}",
            "[A-Za-z0-9_=-]{0,40}",
            "age_over@[ +0-9.]{1,8}",
            "[ +-]?[0-9]{4}-[ 0-9]{1,2}-[ 0-9]{1,2}",
            ".{0,20}",
        ],
    ) {
        is_canonical::<FieldElement>(&text)?;
        is_canonical::<Day>(&text)?;
        is_canonical::<Challenge>(&text)?;
        is_canonical::<KeyDigest>(&text)?;
        is_canonical::<AuditHash>(&text)?;
        is_canonical::<ProofBytes>(&text)?;
        is_canonical::<ProofId>(&text)?;
        is_canonical::<Scope>(&text)?;
        is_canonical::<CircuitId>(&text)?;
        is_canonical::<CircuitPin>(&text)?;
        is_canonical::<PublicKey>(&text)?;
    }

    #[test]
    fn packed_points_have_no_second_spellings(bytes in any::<[u8; 32]>(), s in any::<[u8; 32]>()) {
        if let Ok(key) = PublicKey::from_compressed(&bytes) {
            prop_assert_eq!(key.to_compressed(), bytes);
        }
        // S below 2^252, so that some are taken.
        let mut signature = [bytes, s].concat();
        signature[63] &= 0x0f;
        let signature: [u8; 64] = signature.try_into().unwrap();
        if let Ok(read) = Signature::from_compressed(&signature) {
            prop_assert_eq!(read.to_compressed(), signature);
        }
    }
}
