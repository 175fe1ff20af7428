//! The suite `pallas-poseidon` against an independent implementation (`vectors/generate_pallas_poseidon.py`), and what it refuses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use serde::Deserialize;
use zapiki_core::claim::{ClaimError, check_claim};
use zapiki_core::credential::{Attributes, Credential};
use zapiki_core::public_inputs::{Challenge, Claim, Nullifier};
use zapiki_core::suites::pallas_poseidon::{
    ABSENT, Base, Element, HolderKey, KeyError, PublicKey, SecretKey, Signature, SignatureError,
    digest, encode, hash_to_field, holder_commitment, nullifier, poseidon, sign, verify,
};
use zapiki_core::suites::{IssuerKey, SuiteId, bjj_poseidon};
use zapiki_core::witness::{HolderSecret, Witness};

#[derive(Deserialize)]
struct Vectors {
    hashes: Vec<Hash>,
    to_field: Vec<ToField>,
    challenge: ChallengeVector,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Hash {
    inputs: Vec<Element>,
    digest: Element,
}

#[derive(Deserialize)]
struct ToField {
    dst: String,
    message: String,
    element: Element,
}

#[derive(Deserialize)]
struct ChallengeVector {
    bytes: Challenge,
    element: Element,
}

#[derive(Deserialize)]
struct Case {
    attributes: Attributes,
    holder_secret: HolderSecret,
    holder_commitment: Element,
    elements: Vec<Element>,
    digest: Element,
    scope: String,
    nullifier: Element,
    issuer_secret: String,
    issuer_key: PublicKey,
    signature: Signature,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/pallas_poseidon.json")).unwrap()
}

fn secret_key(case: &Case) -> SecretKey {
    let mut bytes = [0; 32];
    hex::decode_to_slice(&case.issuer_secret, &mut bytes).unwrap();
    SecretKey::from_bytes(bytes).unwrap()
}

#[test]
fn hashes_are_those_of_the_other_implementation() {
    fn hash<const N: usize>(inputs: &[Base]) -> Base {
        poseidon::<N>(inputs.try_into().unwrap())
    }
    let hashes = vectors().hashes;
    assert_eq!(hashes.len(), 4);
    for vector in hashes {
        let inputs: Vec<Base> = vector.inputs.iter().map(|input| input.0).collect();
        let digest = match inputs.len() {
            2 => hash::<2>(&inputs),
            3 => hash::<3>(&inputs),
            6 => hash::<6>(&inputs),
            12 => hash::<12>(&inputs),
            other => panic!("no hash of {other} elements"),
        };
        assert_eq!(Element(digest), vector.digest);
    }
    for vector in vectors().to_field {
        let element = hash_to_field(vector.dst.as_bytes(), vector.message.as_bytes());
        assert_eq!(Element(element), vector.element);
    }
    let challenge = vectors().challenge;
    assert_eq!(Element(challenge.bytes.to_pallas()), challenge.element);
}

/// A padded input is in a domain of its own, and the tag counts.
#[test]
fn hashes_of_other_lengths_are_other_hashes() {
    let (one, zero) = (Base::one(), Base::zero());
    assert_ne!(poseidon([one, zero, zero]), poseidon([one, zero]));
    assert_ne!(
        poseidon([one, zero, zero]),
        poseidon([one, zero, zero, zero])
    );
}

#[test]
fn credentials_are_encoded_hashed_and_signed_alike() {
    for case in vectors().cases {
        let key = HolderKey::derive(&case.holder_secret.to_bytes());
        let commitment = holder_commitment(&key);
        assert_eq!(Element(commitment), case.holder_commitment);
        let elements = encode(&case.attributes, &commitment).map(Element);
        assert_eq!(elements[..], case.elements);
        let message = digest(&case.attributes, &commitment);
        assert_eq!(Element(message), case.digest);
        assert_eq!(Element(nullifier(&key, &case.scope)), case.nullifier);

        let secret = secret_key(&case);
        assert_eq!(secret.public_key(), case.issuer_key);
        assert_eq!(sign(&secret, &message), case.signature);
        assert_eq!(verify(&case.issuer_key, &message, &case.signature), Ok(()));
    }
}

#[test]
fn no_other_message_key_or_signature_holds() {
    let case = &vectors().cases[0];
    let refused = |key: &PublicKey, message: Base, signature: &Signature| {
        assert_eq!(verify(key, &message, signature), Err(SignatureError));
    };
    let (key, message, signature) = (&case.issuer_key, case.digest.0, &case.signature);
    refused(key, message + Base::one(), signature);
    let other = SecretKey::from_bytes([9; 32]).unwrap();
    refused(&other.public_key(), message, signature);
    let mut altered = signature.clone();
    altered.s += Base::one();
    refused(key, message, &altered);
    let mut altered = signature.clone();
    altered.r = *key.point();
    refused(key, message, &altered);
}

#[test]
fn keys_and_signatures_have_one_spelling() {
    let case = &vectors().cases[0];
    let text = case.signature.to_string();
    assert_eq!(text.parse(), Ok(case.signature.clone()));
    let key = case.issuer_key.to_string();
    assert_eq!(key.parse(), Ok(case.issuer_key));

    let identity = "00".repeat(32);
    assert_eq!(identity.parse::<PublicKey>(), Err(KeyError::Identity));
    let nonce = identity + &text[64..];
    assert_eq!(nonce.parse::<Signature>(), Err(KeyError::Identity));
    for upper in [key.to_uppercase(), format!("{key}00"), String::new()] {
        assert_eq!(upper.parse::<PublicKey>(), Err(KeyError::Form), "{upper}");
    }
    // S + p, where it fits into 32 bytes: the modulus itself for S = 0, and what follows.
    let modulus = "01000000ed302d991bf94c09fc98462200000000000000000000000000000040";
    for s in [modulus.to_owned(), "ff".repeat(32)] {
        let text = text[..64].to_owned() + &s;
        assert_eq!(text.parse::<Signature>(), Err(KeyError::Response));
    }
    for text in [
        "0x",
        "",
        &"00".repeat(32),
        &format!("0x{}", "AB".repeat(32)),
    ] {
        assert!(text.parse::<Element>().is_err(), "{text}");
    }
    let element = "0x40000000000000000000000000000000224698fc094cf91b992d30ed00000001";
    assert!(element.parse::<Element>().is_err(), "the modulus");
}

/// What the issuer left out is the value of no attribute, and above every range.
#[test]
fn what_is_absent_is_out_of_range() {
    let case = &vectors().cases[1];
    let absent = case.elements.iter().filter(|e| e.0 == *ABSENT);
    assert_eq!(absent.count(), 6);
    assert_eq!(Element(*ABSENT).to_bytes()[15], 1);
}

fn witness(case: &Case) -> Witness {
    let mut credential = Credential::unsigned(case.attributes.clone()).unwrap();
    credential.sign_pallas(case.holder_commitment, &secret_key(case));
    Witness::new(credential, case.holder_secret.clone())
}

fn claim(case: &Case) -> Claim {
    Claim {
        statement: serde_json::from_str(r#"{"type":"age_over","min_age":25,"as_of":"2026-11-24"}"#)
            .unwrap(),
        issuer: IssuerKey::PallasPoseidon(case.issuer_key),
        challenge: Challenge([3; 32]),
        scope: case.scope.parse().unwrap(),
    }
}

#[test]
fn claims_are_checked_under_the_suite() {
    let case = &vectors().cases[0];
    let claim = claim(case);
    let own = witness(case);
    let expected = Nullifier::from(case.nullifier);
    assert_eq!(check_claim(&claim, &own), Ok(expected));
    assert_eq!(expected.to_pallas(), Some(case.nullifier.0));

    let text = own.to_json().unwrap();
    assert_eq!(Witness::from_json(&text).unwrap(), own);

    let mut foreign = own.clone();
    foreign.holder_secret = HolderSecret::from(bjj_poseidon::Fr::from(5u8));
    let error = Err(ClaimError::ForeignHolder);
    assert_eq!(check_claim(&claim, &foreign), error);

    let mut altered = own.clone();
    altered.credential.attributes.birth_date = Some("1950-01-01".parse().unwrap());
    let error = Err(ClaimError::ForgedSignature);
    assert_eq!(check_claim(&claim, &altered), error);

    // The commitment is signed with the rest.
    let mut altered = own.clone();
    let signed = altered.credential.signatures.pallas_poseidon.as_mut();
    signed.unwrap().holder_commitment.0 += Base::one();
    assert_eq!(check_claim(&claim, &altered), error);

    let mut unsigned = own.clone();
    unsigned.credential.signatures.pallas_poseidon = None;
    let error = Err(ClaimError::SuiteMissing);
    assert_eq!(check_claim(&claim, &unsigned), error);

    let mut other = claim.clone();
    let key = SecretKey::from_bytes([9; 32]).unwrap().public_key();
    other.issuer = IssuerKey::PallasPoseidon(key);
    let error = Err(ClaimError::ForeignIssuer);
    assert_eq!(check_claim(&other, &own), error);
}

#[test]
fn secrets_are_not_shown() {
    let case = &vectors().cases[0];
    let key = secret_key(case);
    let signed = witness(case).credential.signatures;
    let shown = format!("{key:?} {:?} {signed:?}", case.signature);
    assert!(shown.contains("[secret]") && shown.contains("[private]"));
    assert!(!shown.contains(&case.issuer_secret));
    assert!(!shown.contains(&case.signature.to_string()));
    assert_eq!(
        IssuerKey::PallasPoseidon(case.issuer_key).suite(),
        SuiteId::PallasPoseidon
    );
}
