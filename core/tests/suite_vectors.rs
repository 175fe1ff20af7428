//! The suite against circomlibjs, an independent implementation: see `vectors/generate.mjs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use ark_ec::CurveGroup;
use serde::Deserialize;
use zapiki_core::claim::check_claim;
use zapiki_core::public_inputs::PublicInputs;
use zapiki_core::suites::bjj_poseidon::{
    Fr, PublicKey, Scalar, SecretKey, Signature, base8, fr_from_hex, poseidon, sign, verify,
};
use zapiki_core::witness::Witness;

#[derive(Deserialize)]
struct Vectors {
    poseidon: Vec<PoseidonVector>,
    signatures: Vec<SignatureVector>,
    base8_multiples: Vec<MultipleVector>,
    witnesses: Vec<WitnessVector>,
}

#[derive(Deserialize)]
struct PoseidonVector {
    inputs: Vec<String>,
    digest: String,
}

#[derive(Deserialize)]
struct SignatureVector {
    message: String,
    key: PublicKey,
    key_x: String,
    key_y: String,
    signature: Signature,
    holds: bool,
}

#[derive(Deserialize)]
struct MultipleVector {
    scalar: String,
    x: String,
    y: String,
}

#[derive(Deserialize)]
struct WitnessVector {
    public_inputs: PublicInputs,
    witness: Witness,
    digest: String,
    challenge: String,
    scope: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/circomlibjs.json")).unwrap()
}

fn element(text: &str) -> Fr {
    fr_from_hex(text).unwrap()
}

#[test]
fn poseidon_agrees_for_every_arity() {
    let vectors = vectors().poseidon;
    assert_eq!(vectors.len(), 12);
    for v in vectors {
        let inputs: Vec<Fr> = v.inputs.iter().map(|i| element(i)).collect();
        assert_eq!(
            poseidon(&inputs),
            element(&v.digest),
            "arity {}",
            inputs.len()
        );
    }
}

#[test]
fn base8_multiples_agree() {
    for v in vectors().base8_multiples {
        let scalar: Scalar = v.scalar.parse().unwrap_or_else(|()| panic!("{}", v.scalar));
        let point = (base8() * scalar).into_affine();
        assert_eq!(
            (point.x, point.y),
            (element(&v.x), element(&v.y)),
            "{}",
            v.scalar
        );
    }
}

#[test]
fn foreign_signatures_verify_and_re_encode() {
    let vectors = vectors().signatures;
    assert_eq!(vectors.len(), 8);
    for v in &vectors {
        assert!(v.holds);
        assert_eq!(
            (v.key.x(), v.key.y()),
            (element(&v.key_x), element(&v.key_y))
        );
        assert_eq!(verify(&v.key, &element(&v.message), &v.signature), Ok(()));
        // Packing is theirs to the bit: parsing then printing gives the same text.
        let again: Signature = v.signature.to_string().parse().unwrap();
        assert!(again == v.signature);
    }
    // A signature holds for its own message and key alone.
    for (a, b) in vectors.iter().zip(vectors.iter().skip(1)) {
        assert!(verify(&a.key, &element(&b.message), &a.signature).is_err());
        assert!(verify(&b.key, &element(&a.message), &a.signature).is_err());
        assert!(verify(&a.key, &element(&a.message), &b.signature).is_err());
    }
}

/// Encoding, tags, commitment, hashes to the field and nullifier: all that an issuer or a holder without our code computes.
#[test]
fn foreign_credentials_satisfy_their_claims() {
    let vectors = vectors().witnesses;
    assert_eq!(vectors.len(), 2);
    for v in &vectors {
        let claim = &v.public_inputs.claim;
        assert_eq!(v.witness.credential.attributes.digest(), element(&v.digest));
        assert_eq!(claim.challenge.to_field(), element(&v.challenge));
        assert_eq!(claim.scope.to_field(), element(&v.scope));
        assert_eq!(
            check_claim(claim, &v.witness),
            Ok(v.public_inputs.nullifier)
        );
    }
}

#[test]
fn own_signatures_verify_and_are_deterministic() {
    let key = SecretKey::from_bytes([7; 32]);
    let message = Fr::from(42u8);
    let signature = sign(&key, &message);
    assert_eq!(verify(&key.public_key(), &message, &signature), Ok(()));
    assert!(sign(&key, &message) == signature);
    assert!(verify(&key.public_key(), &Fr::from(43u8), &signature).is_err());
}

#[test]
fn a_response_of_l_or_more_is_refused() {
    let signature = sign(&SecretKey::from_bytes([7; 32]), &Fr::from(42u8));
    let mut bytes = signature.to_compressed();
    // S + l: the same residue in a second spelling.
    let l_le = {
        use ark_ff::{BigInteger, PrimeField};
        Scalar::MODULUS.to_bytes_le()
    };
    let mut carry = 0u16;
    for (byte, add) in bytes[32..].iter_mut().zip(&l_le) {
        let sum = u16::from(*byte) + u16::from(*add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert!(Signature::from_compressed(&bytes).is_err());
}

#[test]
fn second_spellings_and_small_orders_of_a_key_are_refused() {
    let good = SecretKey::from_bytes([9; 32]).public_key();
    assert_eq!(good.to_string().parse::<PublicKey>(), Ok(good));
    assert!(
        good.to_string()
            .to_uppercase()
            .parse::<PublicKey>()
            .is_err()
    );

    let parse = |bytes: [u8; 32]| PublicKey::from_compressed(&bytes);
    let y = |n: u8| {
        let mut bytes = [0; 32];
        bytes[0] = n;
        bytes
    };
    // (0, 1), the identity, plain and with a meaningless sign.
    assert!(parse(y(1)).is_err());
    let mut signed = y(1);
    signed[31] |= 0x80;
    assert!(parse(signed).is_err());
    // y = q: zero in a second spelling. y = 0: order 4.
    let q_le = {
        use ark_ff::{BigInteger, PrimeField};
        Fr::MODULUS.to_bytes_le()
    };
    assert!(parse(q_le.try_into().unwrap()).is_err());
    assert!(parse(y(0)).is_err());
    // Some small y is on the curve outside the subgroup, and some is not on the curve: none is a key.
    let refused = (2..40).filter(|&n| parse(y(n)).is_err()).count();
    assert!(
        refused > 30,
        "seven in eight curve points lie outside the subgroup"
    );
}
