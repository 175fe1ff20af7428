//! Every statement on Groth16: proved, refused, and never taken for another.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod golden;

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use zapiki_backends::groth16::{CircuitKeys, Groth16Backend, setup};
use zapiki_backends::{InvalidReason, ProofBackend as _, ProveError, Verdict};
use zapiki_core::circuit::CircuitId;
use zapiki_core::claim::ClaimError;
use zapiki_core::credential::{Attributes, Credential, FieldElement, Income, IncomePeriod};
use zapiki_core::envelope::ProofEnvelope;
use zapiki_core::gap_tree::GapTree;
use zapiki_core::public_inputs::{Challenge, Claim};
use zapiki_core::signed_root::{ListName, SignedRoot};
use zapiki_core::statement::Statement;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{Fr, SecretKey, holder_commitment};
use zapiki_core::witness::{Absences, HolderSecret, Witness};

static KEYS: LazyLock<Vec<CircuitKeys>> = LazyLock::new(|| setup().unwrap());
static BACKEND: LazyLock<Groth16Backend> =
    LazyLock::new(|| Groth16Backend::new(KEYS.clone(), NonZeroUsize::MIN).unwrap());

/// A true statement, statements that are false with the error that each gets, and one that also holds.
struct Row {
    holds: String,
    fails: Vec<(String, ClaimError)>,
    weaker: String,
}

const AGE: &str = r#"{"type":"age_over","min_age":25,"as_of":"2026-11-24"}"#;
const TOO_OLD: &str = r#"{"type":"age_over","min_age":26,"as_of":"2026-11-24"}"#;
const YOUNGER: &str = r#"{"type":"age_over","min_age":24,"as_of":"2026-11-24"}"#;
const COUNTRIES: &str = r#"{"type":"resident_of","countries":["DE","PT"],"as_of":"2026-11-24"}"#;
const ELSEWHERE: &str = r#"{"type":"resident_of","countries":["DE","PL"],"as_of":"2026-11-24"}"#;
const WIDER: &str = r#"{"type":"resident_of","countries":["DE","ES","PT"],"as_of":"2026-11-24"}"#;

fn income(bounds: &str, unit: &str) -> String {
    let kind = if bounds.contains("maximum") {
        "income_in_range"
    } else {
        "income_at_least"
    };
    format!(r#"{{"type":"{kind}",{bounds},{unit},"as_of":"2026-11-24"}}"#)
}

const EUR_A_MONTH: &str = r#""currency":"EUR","period":"month""#;

/// Ana's screening identity is 1,500, her credential has the number 1.
fn tree(values: [u64; 2]) -> GapTree {
    GapTree::new(values.map(Fr::from)).unwrap()
}

const WITHOUT_ANA: [u64; 2] = [1_000, 2_000];
const WITH_ANA: [u64; 2] = [1_500, 2_000];
/// Numbers are listed as one more.
const REVOKED_OTHERS: [u64; 2] = [8, 9];
const REVOKED_ANA: [u64; 2] = [2, 9];
const LISTS: [[u64; 2]; 4] = [WITHOUT_ANA, WITH_ANA, REVOKED_OTHERS, REVOKED_ANA];

fn listed(kind: &str, values: [u64; 2], dated: &str) -> String {
    let (name, signer) = match kind {
        "not_revoked" => (ListName::revocations_of(&issuer().public_key()), issuer()),
        _ => ("persons".parse().unwrap(), SecretKey::from_bytes([8; 32])),
    };
    let dated = dated.parse().unwrap();
    let list = SignedRoot::sign(&signer, name, tree(values).root(), 2, dated);
    let list = serde_json::to_string(&list).unwrap();
    format!(r#"{{"type":"{kind}","list":{list},"as_of":"2026-11-24"}}"#)
}

fn all_of(parts: &[&str]) -> String {
    format!(r#"{{"type":"all_of","statements":[{}]}}"#, parts.join(","))
}

/// Ana was born on 2001-05-17, earns 3,450.00 EUR a month, lives in Portugal, and is on no list.
static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let sanctions = |values| listed("not_sanctioned", values, "2026-11-20");
    let revoked = |values| listed("not_revoked", values, "2026-11-20");
    let row = |holds: String, fails: Vec<(String, ClaimError)>, weaker: String| Row {
        holds,
        fails,
        weaker,
    };
    let at_least = |minimum: u64| income(&format!(r#""minimum_minor":{minimum}"#), EUR_A_MONTH);
    let in_range = |minimum: u64, maximum: u64| {
        let bounds = format!(r#""minimum_minor":{minimum},"maximum_minor":{maximum}"#);
        income(&bounds, EUR_A_MONTH)
    };
    let in_unit = |unit| income(r#""minimum_minor":1"#, unit);
    let false_ = ClaimError::NotSatisfied;
    vec![
        row(AGE.into(), vec![(TOO_OLD.into(), false_)], YOUNGER.into()),
        row(
            at_least(345_000),
            vec![
                (at_least(345_001), false_),
                (
                    in_unit(r#""currency":"USD","period":"month""#),
                    ClaimError::CurrencyDiffers,
                ),
                (
                    in_unit(r#""currency":"EUR","period":"year""#),
                    ClaimError::PeriodDiffers,
                ),
            ],
            at_least(344_999),
        ),
        row(
            in_range(345_000, 345_000),
            vec![
                (in_range(0, 344_999), false_),
                (in_range(345_001, 345_002), false_),
            ],
            in_range(345_000, 345_001),
        ),
        row(
            COUNTRIES.into(),
            vec![(ELSEWHERE.into(), false_)],
            WIDER.into(),
        ),
        // Nothing weaker than a list that she is not on but another such list.
        row(
            sanctions(WITHOUT_ANA),
            vec![(sanctions(WITH_ANA), false_)],
            sanctions(REVOKED_OTHERS),
        ),
        row(
            revoked(REVOKED_OTHERS),
            vec![(revoked(REVOKED_ANA), false_)],
            revoked(WITHOUT_ANA),
        ),
        row(
            all_of(&[AGE, COUNTRIES]),
            vec![
                (all_of(&[TOO_OLD, COUNTRIES]), false_),
                (all_of(&[AGE, ELSEWHERE]), false_),
                (
                    all_of(&[AGE, &in_unit(r#""currency":"USD","period":"month""#)]),
                    ClaimError::CurrencyDiffers,
                ),
            ],
            all_of(&[YOUNGER, COUNTRIES]),
        ),
        row(
            all_of(&[AGE, &sanctions(WITHOUT_ANA), &revoked(REVOKED_OTHERS)]),
            vec![
                (all_of(&[AGE, &sanctions(WITH_ANA)]), false_),
                (
                    all_of(&[&revoked(REVOKED_ANA), &sanctions(WITHOUT_ANA)]),
                    false_,
                ),
            ],
            all_of(&[AGE, &sanctions(WITHOUT_ANA)]),
        ),
    ]
});

fn witness(statement: &Statement) -> Witness {
    let secret = HolderSecret::generate(&mut ChaCha20Rng::seed_from_u64(1));
    let attributes = Attributes {
        holder_commitment: FieldElement(holder_commitment(secret.expose())),
        birth_date: Some("2001-05-17".parse().unwrap()),
        income: Some(Income {
            amount_minor: 345_000,
            currency: "EUR".parse().unwrap(),
            period: IncomePeriod::Month,
        }),
        country_of_residence: Some("PT".parse().unwrap()),
        screening_id: Some(FieldElement(Fr::from(1_500u32))),
        issued_at: "2026-01-01".parse().unwrap(),
        expires_at: "2027-01-01".parse().unwrap(),
        revocation_id: 1,
    };
    let trees = LISTS.map(tree);
    let tree_of = |list: &SignedRoot| trees.iter().find(|tree| tree.root() == list.root.0);
    let absences = Absences::gather(statement, &attributes, tree_of).unwrap();
    Witness {
        credential: Credential::issue(attributes, &issuer()).unwrap(),
        holder_secret: secret,
        absences,
    }
}

fn issuer() -> SecretKey {
    SecretKey::from_bytes([1; 32])
}

fn claim(statement: &str) -> Claim {
    Claim {
        statement: serde_json::from_str(statement).unwrap(),
        issuer: IssuerKey::BjjPoseidonBn254(issuer().public_key()),
        challenge: Challenge([3; 32]),
        scope: "tests".parse().unwrap(),
    }
}

fn circuit_of(statement: &Statement) -> CircuitId {
    let circuits = BACKEND.circuits().iter();
    let mut of_kind = circuits.filter(|circuit| circuit.id.statement == statement.kind());
    of_kind.next().expect("a circuit").id
}

fn prove(statement: &str) -> Result<ProofEnvelope, ProveError> {
    let claim = claim(statement);
    let witness = witness(&claim.statement);
    BACKEND.prove(circuit_of(&claim.statement), &claim, &witness)
}

/// An envelope of each statement.
static ENVELOPES: LazyLock<Vec<ProofEnvelope>> =
    LazyLock::new(|| TABLE.iter().map(|row| prove(&row.holds).unwrap()).collect());

#[test]
fn what_is_true_is_proved_and_says_nothing_private() {
    assert_eq!(ENVELOPES.len(), BACKEND.circuits().len());
    for envelope in ENVELOPES.iter() {
        let text = serde_json::to_string(envelope).unwrap();
        let read: ProofEnvelope = serde_json::from_str(&text).unwrap();
        assert_eq!(BACKEND.verify(&read), Ok(Verdict::Valid));
        assert_eq!(read.proof.0.len(), 128);
        assert!(!text.contains("2001-05-17"));
    }
}

#[test]
fn what_is_false_is_refused_by_name() {
    for row in &*TABLE {
        for (statement, error) in &row.fails {
            assert_eq!(
                prove(statement),
                Err(ProveError::Unsatisfied(*error)),
                "{statement}"
            );
        }
    }
}

/// A proof says what was asked and no more: under each of the false statements, and under those that also hold.
#[test]
fn a_proof_of_one_statement_is_none_of_a_similar_one() {
    for (envelope, row) in ENVELOPES.iter().zip(&*TABLE) {
        let others = row.fails.iter().map(|(statement, _)| statement);
        for statement in others.chain([&row.weaker]) {
            let mut altered = envelope.clone();
            altered.public_inputs.claim.statement = serde_json::from_str(statement).unwrap();
            let kind = altered.public_inputs.claim.statement.kind();
            let reason = if kind == envelope.circuit.statement {
                InvalidReason::EquationFailed
            } else {
                InvalidReason::Mislabelled
            };
            assert_eq!(
                BACKEND.verify(&altered),
                Ok(Verdict::Invalid(reason)),
                "{statement}"
            );
        }
    }
}

/// Every pair: the proof of one circuit under the name, the key, the statement of another.
#[test]
fn a_proof_of_one_circuit_is_none_of_another() {
    for (i, own) in ENVELOPES.iter().enumerate() {
        for (j, other) in ENVELOPES.iter().enumerate() {
            if i == j {
                continue;
            }
            let mut named = own.clone();
            named.circuit = other.circuit;
            let verdict = BACKEND.verify(&named);
            let mismatch = InvalidReason::VerifyingKeyMismatch;
            assert_eq!(verdict, Ok(Verdict::Invalid(mismatch)));

            named.verifying_key = other.verifying_key;
            let verdict = BACKEND.verify(&named);
            let mislabelled = InvalidReason::Mislabelled;
            assert_eq!(verdict, Ok(Verdict::Invalid(mislabelled)));

            named.public_inputs = other.public_inputs.clone();
            let verdict = BACKEND.verify(&named);
            let failed = InvalidReason::EquationFailed;
            assert_eq!(verdict, Ok(Verdict::Invalid(failed)));

            let claim = &other.public_inputs.claim;
            assert_eq!(
                BACKEND.prove(own.circuit, claim, &witness(&claim.statement)),
                Err(ProveError::WrongCircuit(own.circuit))
            );
        }
    }
}

/// Published keys never change: their digests are part of the version.
#[test]
fn the_development_keys_are_the_same_everywhere() {
    let digests = KEYS.iter().map(|keys| {
        let document = &keys.document;
        format!(
            "{} {} {}",
            document.circuit,
            document.digest,
            document.proving_key.unwrap()
        )
    });
    assert_eq!(
        digests.collect::<Vec<_>>(),
        [
            "age_over@1.0.0 sha256:2fb24715fab52fc166ca57b6ddcff0e88784ecf306f50e0ed2c2388545e4e761 \
             sha256:beebdf82e0a060d736e32f5c98c90437223ba4396731626dc24bd84b767c8f08",
            "income_at_least@1.0.0 sha256:4be44a5116f7ee69ceb9d270ef311b0091f1436a49206b07d4e88a914b55773d \
             sha256:884ac6262e340a1699cc7f5c92cfe1c9d5646593065b9be7a0862fd2cc32c1ba",
            "income_in_range@1.0.0 sha256:ed6d3f2bf236a3db9176c1061f89aeec753ce36751862d46da912e7f523b34bd \
             sha256:3268a738f5c96cc1b8f5a6e2c23dfbe8e6408628cf27611715362bf34e0c8f9f",
            "resident_of@1.0.0 sha256:9e947e1a0d6ba9534dcee7521720a0c3ea0b8b4f993c26b44a400d7569813cbd \
             sha256:6026f021b79b466e052049a3f67aa76dc1f4b590b53b8d0b1bda257931b86a0a",
            "not_sanctioned@1.0.0 sha256:c9ca85135e3df6cd6b221d52e63576d541341ccef5a170e484a7f34a5647b82f \
             sha256:ec51cc3c1a29272b2e4a0ac5ca1434d0a0de2c187ee8bdeae75eac8ec58068cf",
            "not_revoked@1.0.0 sha256:09a7cdc1cf206d1eae446a20ea5018e2876600804c3d2973da81f092ef10be98 \
             sha256:8c878476a74ea22e8060e5e9a5b44e48aa97e0dd82ae8fc6ae6085944cde2723",
            "all_of@1.0.0 sha256:daf783b11796df2e3e6796c22eae280774dff98ca5147e2118ad04d0dea581c6 \
             sha256:2bfee13485b38b017b93791dbe3a2773f0f5c33304301b55049e6dce4f43af16",
            "all_of_listed@1.0.0 sha256:6f490573474ba9b987b6a66957c1b43ab1b1cdc70394d2a6d7dd89fe3b7788ed \
             sha256:2e639634e110e5a9345b351c50e396c6b2eb143b062b85741e3cece4d6d47d00",
        ]
    );
}

fn forged(envelope: &ProofEnvelope) -> ProofEnvelope {
    let mut forged = envelope.clone();
    forged.public_inputs.claim.challenge.0[0] ^= 1;
    forged
}

#[test]
fn a_batch_says_of_each_proof_what_the_proof_alone_says() {
    let honest = &*ENVELOPES;
    let mut malformed = honest[0].clone();
    malformed.proof.0.pop();
    let mut unknown = honest[1].clone();
    unknown.circuit.version.major += 1;
    let mut other_key = honest[2].clone();
    other_key.verifying_key.0[0] ^= 1;
    // All circuits mixed, good and bad in every place.
    let mixed: Vec<ProofEnvelope> = [
        honest.to_vec(),
        honest.iter().map(forged).collect(),
        vec![malformed, unknown, other_key],
        honest.to_vec(),
    ]
    .concat();
    let alone = |envelopes: &[ProofEnvelope]| -> Vec<_> {
        envelopes.iter().map(|one| BACKEND.verify(one)).collect()
    };
    let expected = alone(&mixed);
    assert_eq!(
        BACKEND.verify_batch(&mixed.iter().collect::<Vec<_>>()),
        expected
    );
    let valid = expected.iter().filter(|v| **v == Ok(Verdict::Valid));
    assert_eq!(valid.count(), 2 * honest.len());
    assert_eq!(BACKEND.verify_batch(&[]), []);
}

/// Two wrongs that a sum without random factors would take for a right: what is added to one proof's C is taken from the
/// other's.
#[test]
fn errors_in_a_batch_do_not_cancel_out() {
    use ark_bn254::{Bn254, G1Projective};
    use ark_ec::{CurveGroup as _, PrimeGroup as _};
    use ark_groth16::Proof;
    use ark_serialize::{CanonicalDeserialize as _, CanonicalSerialize as _};

    let error = G1Projective::generator();
    let with = |sign: G1Projective| {
        let mut envelope = ENVELOPES[0].clone();
        let mut proof = Proof::<Bn254>::deserialize_compressed(&envelope.proof.0[..]).unwrap();
        proof.c = (proof.c + sign).into_affine();
        envelope.proof.0.clear();
        proof.serialize_compressed(&mut envelope.proof.0).unwrap();
        envelope
    };
    let pair = [with(error), with(-error)];
    let failed = Ok(Verdict::Invalid(InvalidReason::EquationFailed));
    assert_eq!(BACKEND.verify_batch(&pair.each_ref()), [failed, failed]);
}

#[test]
fn the_envelopes_of_every_published_circuit_still_verify() {
    golden::hold(
        &*BACKEND,
        "",
        &ENVELOPES[..],
        &[
            include_str!("golden/age_over@1.0.0.json"),
            include_str!("golden/income_at_least@1.0.0.json"),
            include_str!("golden/income_in_range@1.0.0.json"),
            include_str!("golden/resident_of@1.0.0.json"),
            include_str!("golden/not_sanctioned@1.0.0.json"),
            include_str!("golden/not_revoked@1.0.0.json"),
            include_str!("golden/all_of@1.0.0.json"),
            include_str!("golden/all_of_listed@1.0.0.json"),
        ],
    );
}
