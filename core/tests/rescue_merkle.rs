//! The suite `rescue-merkle-ed25519` against an independent implementation (`vectors/generate_rescue_merkle.py`), and what it
//! refuses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde::Deserialize;
use winter_crypto::hashers::Rp64_256;
use zapiki_core::claim::{ClaimError, check_claim};
use zapiki_core::credential::{
    Attributes, Credential, FieldElement, Income, IssueError, JSON_INTEGER_MAX,
};
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{self, fr_from_hex, fr_to_be_bytes};
use zapiki_core::suites::rescue_merkle::{
    ABSENT, BaseElement, Digest, Domain, HolderKey, LeafSignature, Member, PublicKey, SecretKey,
    hash, holder_commitment, issue, leaf_elements, nullifier,
};
use zapiki_core::witness::{HolderSecret, Witness};

#[derive(Deserialize)]
struct Vectors {
    sponges: Vec<Sponge>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Sponge {
    domain: u64,
    inputs: Vec<String>,
    digest: Digest,
}

#[derive(Deserialize)]
struct Case {
    attributes: Attributes,
    holder_secret: String,
    holder_key: Digest,
    elements: Vec<String>,
    leaf: Digest,
    scope: String,
    nullifier: Digest,
    issuer_secret: String,
    signature: LeafSignature,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/rescue_merkle.json")).unwrap()
}

fn elements(texts: &[String]) -> Vec<BaseElement> {
    let element = |text: &String| BaseElement::new(text.parse().unwrap());
    texts.iter().map(element).collect()
}

fn key_of(case: &Case) -> HolderKey {
    HolderKey::derive(&fr_to_be_bytes(&fr_from_hex(&case.holder_secret).unwrap()))
}

/// The generator's constants are those of the library.
#[test]
fn the_round_constants_are_the_same_on_both_sides() {
    #[derive(Deserialize)]
    struct Constants {
        ark1: Vec<Vec<String>>,
        ark2: Vec<Vec<String>>,
    }
    let text = include_str!("vectors/rp64_256_constants.json");
    let read: Constants = serde_json::from_str(text).unwrap();
    for (read, own) in [(read.ark1, Rp64_256::ARK1), (read.ark2, Rp64_256::ARK2)] {
        let read: Vec<_> = read.iter().map(|row| elements(row)).collect();
        assert_eq!(read, own);
    }
}

#[test]
fn the_sponge_agrees_in_every_domain_and_length() {
    let vectors = vectors().sponges;
    assert_eq!(vectors.len(), 28);
    for v in vectors {
        let domain = [
            Domain::Nullifier,
            Domain::HolderCommitment,
            Domain::Leaf,
            Domain::Node,
        ]
        .into_iter()
        .find(|domain| *domain as u64 == v.domain)
        .unwrap();
        let inputs = elements(&v.inputs);
        assert_eq!(
            hash(domain, &inputs),
            v.digest,
            "{domain:?} {}",
            inputs.len()
        );
    }
}

/// Expansion of secrets and scopes, encoding, tree, root signature: all that an issuer or a holder without our code computes.
#[test]
fn foreign_credentials_verify() {
    let cases = vectors().cases;
    assert_eq!(cases.len(), 2);
    for case in &cases {
        let key = key_of(case);
        assert_eq!(Digest(key.expose()), case.holder_key);
        let signed = &case.signature;
        assert_eq!(holder_commitment(&key), signed.holder_commitment);
        let leaf =
            leaf_elements(&case.attributes, &signed.holder_commitment, &signed.salt).unwrap();
        assert_eq!(leaf[..], elements(&case.elements)[..]);
        assert_eq!(hash(Domain::Leaf, &leaf), case.leaf);
        assert_eq!(signed.path.root(&case.leaf), signed.root.root);
        assert_eq!(nullifier(&key, &case.scope), case.nullifier);
        assert_eq!(signed.verify(&case.attributes), Ok(()));
        // Ed25519 is deterministic: our signature over their root is theirs.
        let mut seed = [0; 32];
        hex::decode_to_slice(&case.issuer_secret, &mut seed).unwrap();
        let own = SecretKey::from_bytes(&seed);
        assert_eq!(own.public_key(), signed.issuer_key);
        let root = zapiki_core::suites::rescue_merkle::BatchRoot::sign(
            &own,
            signed.root.root,
            signed.root.signed_on,
        );
        assert_eq!(root, signed.root);
        // What is read is what is written.
        let text = serde_json::to_string(signed).unwrap();
        assert!(serde_json::from_str::<LeafSignature>(&text).unwrap() == *signed);
    }
}

#[test]
fn claims_about_foreign_credentials_hold_and_fail_by_name() {
    let case = vectors().cases.remove(0);
    let witness = || {
        let mut credential = Credential::unsigned(case.attributes.clone()).unwrap();
        credential.signatures.rescue_merkle_ed25519 = Some(case.signature.clone());
        let secret = fr_from_hex(&case.holder_secret).unwrap();
        Witness::new(credential, HolderSecret::from(secret))
    };
    let claim = |issuer: IssuerKey| Claim {
        statement: serde_json::from_str(r#"{"type":"age_over","min_age":18,"as_of":"2026-11-24"}"#)
            .unwrap(),
        issuer,
        challenge: Challenge([5; 32]),
        scope: case.scope.parse().unwrap(),
    };
    let own = IssuerKey::RescueMerkleEd25519(case.signature.issuer_key);
    let nullifier = check_claim(&claim(own.clone()), &witness()).unwrap();
    assert_eq!(nullifier.to_digest(), Some(case.nullifier));
    // Keys and public inputs keep their suite in their text forms.
    let text = serde_json::to_string(&own).unwrap();
    assert!(text.contains("rescue-merkle-ed25519"));
    assert_eq!(serde_json::from_str::<IssuerKey>(&text).unwrap(), own);

    let mut foreign = witness();
    foreign.holder_secret = HolderSecret::from(fr_from_hex(&format!("0x{:064x}", 5)).unwrap());
    assert_eq!(
        check_claim(&claim(own.clone()), &foreign),
        Err(ClaimError::ForeignHolder)
    );
    let other = SecretKey::from_bytes(&[1; 32]).public_key();
    assert_eq!(
        check_claim(&claim(IssuerKey::RescueMerkleEd25519(other)), &witness()),
        Err(ClaimError::ForeignIssuer)
    );
    let mut altered = witness();
    altered.credential.attributes.revocation_id -= 1;
    assert_eq!(
        check_claim(&claim(own), &altered),
        Err(ClaimError::ForgedSignature)
    );
    let bjj = bjj_poseidon::SecretKey::from_bytes([1; 32]).public_key();
    assert_eq!(
        check_claim(&claim(IssuerKey::BjjPoseidonBn254(bjj)), &witness()),
        Err(ClaimError::SuiteMissing)
    );
}

#[test]
fn each_altered_attribute_breaks_the_signature() {
    let alterations: [fn(&mut Attributes); 13] = [
        |a| a.birth_date = Some("1990-01-01".parse().unwrap()),
        |a| a.birth_date = None,
        |a| a.income = None,
        |a| a.income.as_mut().unwrap().amount_minor += 1,
        |a| a.income.as_mut().unwrap().amount_minor = JSON_INTEGER_MAX + 1,
        |a| a.income.as_mut().unwrap().currency = "USD".parse().unwrap(),
        |a| a.income.as_mut().unwrap().period = "year".parse().unwrap(),
        |a| a.country_of_residence = Some("ES".parse().unwrap()),
        |a| a.country_of_residence = None,
        |a| a.screening_id = None,
        |a| a.screening_id = Some(FieldElement(1u8.into())),
        |a| a.expires_at = "2030-01-01".parse().unwrap(),
        |a| a.revocation_id -= 1,
    ];
    for (i, alter) in alterations.iter().enumerate() {
        let mut case = vectors().cases.remove(0);
        assert_eq!(case.signature.verify(&case.attributes), Ok(()));
        alter(&mut case.attributes);
        assert!(case.signature.verify(&case.attributes).is_err(), "{i}");
    }
    type Change = fn(&mut LeafSignature);
    let other = |digest: &mut Digest| digest.0[3] += BaseElement::new(1);
    let changes: [Change; 6] = [
        |s| s.holder_commitment.0[0] += BaseElement::new(1),
        |s| s.salt.0[0] += BaseElement::new(1),
        |s| s.root.root.0[0] += BaseElement::new(1),
        |s| s.root.signed_on = "2026-01-03".parse().unwrap(),
        |s| s.root.signature.0[0] ^= 1,
        |s| s.issuer_key = SecretKey::from_bytes(&[1; 32]).public_key(),
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut case = vectors().cases.remove(0);
        change(&mut case.signature);
        assert!(case.signature.verify(&case.attributes).is_err(), "{i}");
    }
    let case = vectors().cases.remove(0);
    let mut leaf = case.leaf;
    other(&mut leaf);
    assert_ne!(case.signature.path.root(&leaf), case.signature.root.root);
}

#[test]
fn a_batch_shares_a_root_and_nothing_else() {
    let mut rng = StdRng::seed_from_u64(3);
    let key = SecretKey::generate(&mut rng);
    let case = vectors().cases.remove(0);
    let attributes = &case.attributes;
    let commitments: Vec<_> = (0..5).map(|_| Digest::random(&mut rng)).collect();
    let members: Vec<_> = commitments
        .iter()
        .map(|commitment| Member {
            attributes,
            holder_commitment: *commitment,
        })
        .collect();
    let day = "2026-01-02".parse().unwrap();
    let issued = issue(&members, &key, day, &mut rng).unwrap();
    for signed in &issued {
        assert_eq!(signed.verify(attributes), Ok(()));
        assert_eq!(signed.root, issued[0].root);
    }
    // One holder's signature is not another's.
    let mut swapped = issued[0].clone();
    swapped.path = issued[1].path.clone();
    assert!(swapped.verify(attributes).is_err());
    // The same again is another tree.
    let again = issue(&members, &key, day, &mut rng).unwrap();
    assert_ne!(again[0].root.root, issued[0].root.root);
    assert_eq!(
        issue(&[], &key, day, &mut rng).err(),
        Some(IssueError::BatchSize)
    );
}

#[test]
fn what_cannot_be_encoded_is_not_signed() {
    let mut rng = StdRng::seed_from_u64(3);
    let key = SecretKey::generate(&mut rng);
    let mut case = vectors().cases.remove(0);
    case.attributes.income = Some(Income {
        amount_minor: JSON_INTEGER_MAX + 1,
        currency: "EUR".parse().unwrap(),
        period: "month".parse().unwrap(),
    });
    let member = Member {
        attributes: &case.attributes,
        holder_commitment: Digest::random(&mut rng),
    };
    let day = "2026-01-02".parse().unwrap();
    assert_eq!(
        issue(&[member], &key, day, &mut rng).err(),
        Some(IssueError::NumberTooLarge("income.amount_minor"))
    );
}

#[test]
fn an_absent_attribute_is_the_value_of_none() {
    let case = vectors().cases.remove(1);
    let texts = &case.elements;
    let absent = BaseElement::new(1 << 63);
    assert_eq!(ABSENT, absent);
    let count = elements(texts).iter().filter(|e| **e == absent).count();
    // Country, five limbs of the screening id, birth date, amount, currency, period.
    assert_eq!(count, 10);
}

/// RFC 8032, section 7.1, tests 1 to 3: the keys. (The messages of the RFC are not roots.)
#[test]
fn keys_are_those_of_the_rfc() {
    for (secret, public) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        ),
    ] {
        let mut seed = [0; 32];
        hex::decode_to_slice(secret, &mut seed).unwrap();
        let key = SecretKey::from_bytes(&seed).public_key();
        assert_eq!(key.to_string(), public);
        assert_eq!(public.parse(), Ok(key));
        assert!(public.to_uppercase().parse::<PublicKey>().is_err());
    }
}

#[test]
fn small_orders_and_second_spellings_of_a_key_are_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    assert!(PublicKey::from_bytes(&identity).is_err());
    assert!(PublicKey::from_bytes(&[0; 32]).is_err(), "order four");
    // y = p + y' for the small y' that are on the curve: the same point in a second spelling.
    let spelled_twice = (0..19u8).map(|low| {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + low;
        bytes[31] = 0x7f;
        bytes
    });
    for bytes in spelled_twice {
        assert!(PublicKey::from_bytes(&bytes).is_err(), "{}", bytes[0]);
    }
}

#[test]
fn nothing_private_is_in_a_debug_text() {
    let case = vectors().cases.remove(0);
    assert_eq!(format!("{:?}", case.signature), "LeafSignature([private])");
    assert_eq!(format!("{:?}", case.signature.path), "Path([private])");
    assert_eq!(format!("{:?}", key_of(&case)), "HolderKey([private])");
    let key = SecretKey::from_bytes(&[7; 32]);
    assert_eq!(format!("{key:?}"), "SecretKey([private])");
}
