//! A ceremony over a circuit of three rows, which every check is broken on; and over files that snarkjs made.

mod broken;
mod ptau;
mod snarkjs;

use ark_bn254::Bn254;
use ark_ff::UniformRand as _;
use ark_groth16::{Groth16, prepare_verifying_key};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::groth16::prover::PreparedKey;
use crate::groth16::r1cs::{Builder, Mode, Num};
use crate::groth16::stock::StockKey;
use ark_bn254::Fr;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

/// w₂ = (x + 2·w₁)·(w₁ − 3), w₃ = w₂², y = 5·(w₃ − x), and a variable that no row has.
fn toy(mode: Mode, x: u64, w1: u64) -> (Builder, [Fr; 2]) {
    let (x, w1) = (Fr::from(x), Fr::from(w1));
    let w2 = (x + w1 + w1) * (w1 - Fr::from(3u8));
    let y = Fr::from(5u8) * (w2 * w2 - x);
    let (mut builder, [x_num, y_num]) = Builder::new(mode, &[x, y]);
    let w1 = builder.witness(w1);
    let w2 = builder.multiply(
        &x_num.plus(&w1.times(Fr::from(2u8))),
        &w1.plus_constant(-Fr::from(3u8)),
    );
    let w3 = builder.multiply(&w2, &w2);
    let five = Num::constant(Fr::from(5u8));
    builder.enforce(&w3.minus(&x_num), &five, &y_num);
    builder.witness(Fr::from(7u8));
    (builder, [x, y])
}

/// The toy under a real circuit's name: nothing but the name is looked up.
fn circuit() -> CeremonyCircuit {
    CeremonyCircuit {
        id: CIRCUITS[0].id,
        shape: toy(Mode::Shape, 1, 4).0.into_shape(),
    }
}

fn powers() -> Powers {
    Powers::from_seed(&[7; 32], 3)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn beacon() -> Beacon {
    Beacon {
        value: "0102030405".parse().unwrap(),
        iterations_log2: 10.try_into().unwrap(),
    }
}

/// Two contributions and a beacon.
fn held() -> Ceremony {
    let mut ceremony = Ceremony::begin(&circuit(), &powers(), &mut rng()).unwrap();
    for (who, byte) in [("Ana", 1), ("Bruno of Example Bank", 2)] {
        let secret = Secret::new(&[byte; 64], b"dice");
        ceremony.contribute(name(who), secret).unwrap();
    }
    ceremony.close(name("beacon"), beacon()).unwrap();
    ceremony
}

fn verified(ceremony: &Ceremony) -> Result<(), CeremonyError> {
    ceremony.verify(&circuit(), &powers(), &mut rng(), &mut |_| {})
}

#[test]
fn a_ceremony_is_held_checked_and_proved_with() {
    let ceremony = held();
    let mut checks = Vec::new();
    let mut tell = |check: Check<'_>| checks.push(check.to_string());
    let keys = ceremony
        .export(&circuit(), &powers(), &mut rng(), &mut tell)
        .unwrap();
    assert_eq!(checks.len(), 8, "{checks:#?}");
    assert_eq!(
        keys.document.provenance,
        Provenance::Ceremony(CeremonyRecord {
            transcript: ceremony.transcript().digest(),
            contributions: 2,
            powers: powers().origin().digest,
        })
    );

    let key = verify::verify(&ceremony, &circuit(), &powers(), &mut rng(), &mut |_| {}).unwrap();
    let (solver, public) = toy(Mode::Solve, 2, 9);
    let solution = solver.into_solution();
    let shape = circuit().shape;
    let prepared = PreparedKey::new(&key, &shape).unwrap();
    let verifying_key = prepare_verifying_key(&key.vk);
    let stock = StockKey::new(key, &shape);
    let (r, s) = (Fr::rand(&mut rng()), Fr::rand(&mut rng()));
    let ours = prepared.prove(&solution, r, s);
    assert_eq!(Some(ours.clone()), stock.prove(&solution, r, s));
    let verify = |public: &[Fr]| Groth16::<Bn254>::verify_proof(&verifying_key, &ours, public);
    assert!(verify(&public).unwrap());
    assert!(!verify(&[public[0], public[1] + Fr::from(1u8)]).unwrap());
}

#[test]
fn the_initial_key_is_that_of_arkworks_generator_for_the_same_secrets() {
    use ark_ec::PrimeGroup as _;
    use ark_poly::{EvaluationDomain as _, GeneralEvaluationDomain};
    // The generator draws tau; so these powers are made of the one that it will draw.
    let domain = GeneralEvaluationDomain::<Fr>::new(8).unwrap();
    let tau = domain.sample_element_outside_domain(&mut rng());
    let (alpha, beta, one) = (Fr::from(11u8), Fr::from(13u8), Fr::from(1u8));
    let shape = circuit().shape;
    let expected = Groth16::<Bn254>::generate_parameters_with_qap(
        &shape,
        alpha,
        beta,
        one,
        one,
        ark_bn254::G1Projective::generator(),
        ark_bn254::G2Projective::generator(),
        &mut rng(),
    )
    .unwrap();
    let powers = Powers::from_secrets([tau, alpha, beta], 3);
    assert_eq!(
        initial::initial_key(&powers, &shape),
        Some(expected.clone())
    );
    // More powers than are needed change nothing.
    let powers = Powers::from_secrets([tau, alpha, beta], 4);
    assert_eq!(initial::initial_key(&powers, &shape), Some(expected));
    let powers = Powers::from_secrets([tau, alpha, beta], 2);
    assert_eq!(initial::initial_key(&powers, &shape), None);
}

#[test]
fn keys_of_a_rehearsal_are_development_keys() {
    let powers = Powers::rehearsal(3);
    let mut ceremony = Ceremony::begin(&circuit(), &powers, &mut rng()).unwrap();
    let secret = Secret::new(&[1; 64], b"");
    ceremony.contribute(name("Ana"), secret).unwrap();
    ceremony.close(name("beacon"), beacon()).unwrap();
    let keys = ceremony
        .export(&circuit(), &powers, &mut rng(), &mut |_| {})
        .unwrap();
    assert_eq!(keys.document.provenance, Provenance::Dev);
    assert!(Powers::rehearsal(4).is_rehearsal());
    assert!(!self::powers().is_rehearsal());
}

#[test]
fn no_key_comes_out_of_an_open_ceremony() {
    let export = |ceremony: &Ceremony| {
        let exported = ceremony.export(&circuit(), &powers(), &mut rng(), &mut |_| {});
        exported.map(drop)
    };
    let mut ceremony = Ceremony::begin(&circuit(), &powers(), &mut rng()).unwrap();
    assert_eq!(verified(&ceremony), Ok(()));
    assert_eq!(export(&ceremony), Err(CeremonyError::NoContribution));
    let closed = ceremony.close(name("beacon"), beacon()).map(drop);
    assert_eq!(closed, Err(CeremonyError::NoContribution));

    let secret = || Secret::new(&[1; 64], b"");
    ceremony.contribute(name("Ana"), secret()).unwrap();
    assert_eq!(verified(&ceremony), Ok(()));
    assert_eq!(export(&ceremony), Err(CeremonyError::NoBeacon));
    ceremony.close(name("beacon"), beacon()).unwrap();
    assert_eq!(export(&ceremony), Ok(()));
    let late = ceremony.contribute(name("Bruno"), secret()).map(drop);
    assert_eq!(late, Err(CeremonyError::Closed));
}

#[test]
fn a_ceremony_survives_its_files() {
    let ceremony = held();
    let json = serde_json::to_string(ceremony.transcript()).unwrap();
    let transcript = serde_json::from_str(&json).unwrap();
    let bytes = ceremony.parameters().to_bytes();
    let resumed = Ceremony::resume(&circuit(), transcript, &bytes).unwrap();
    assert_eq!(resumed.transcript(), ceremony.transcript());
    assert_eq!(verified(&resumed), Ok(()));
}

#[test]
fn either_entropy_makes_another_secret() {
    let secret = |byte, extra: &[u8]| Secret::new(&[byte; 64], extra).delta;
    assert_eq!(secret(1, b"dice"), secret(1, b"dice"));
    assert_ne!(secret(1, b"dice"), secret(2, b"dice"));
    assert_ne!(secret(1, b"dice"), secret(1, b"coins"));
    assert_eq!(format!("{:?}", Secret::new(&[1; 64], b"")), "Secret");
}

#[test]
fn names_are_safe_to_show() {
    for good in ["Ana", "Bruno of Example Bank", "Zoë (ETH Zürich) #3", "a"] {
        assert_eq!(name(good).to_string(), good);
    }
    for bad in [
        "",
        " Ana",
        "Ana\n",
        "a\u{1b}[2J",
        "a\u{202e}b",
        &"x".repeat(65),
    ] {
        assert_eq!(bad.parse::<Name>(), Err(NameError), "{bad:?}");
    }
}
