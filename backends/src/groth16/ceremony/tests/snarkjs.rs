//! Against snarkjs: it made these files, and what it hashed and proved must be what is hashed and checked here.
//!
//! `fixtures/README.md` says how they were made. To make them anew, set `ZAPIKI_RECORD_CEREMONY` to a folder: what snarkjs is given is
//! written there.

use std::path::PathBuf;

use ark_bn254::{G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr as _, CurveGroup as _, VariableBaseMSM as _};
use ark_ff::{BigInteger as _, PrimeField as _};

use super::ptau::PTAU;
use super::*;
use crate::digest::Blake2bDigest;
use crate::groth16::ceremony::contribution::Chain;
use crate::groth16::ceremony::points::Form;
use crate::groth16::ceremony::powers::{combiners, same_ratio};

const R1CS: &[u8] = include_bytes!("../fixtures/toy.r1cs");
/// The toy's key over [`PTAU`], after a contribution and a beacon.
const ZKEY: &[u8] = include_bytes!("../fixtures/toy.zkey");

/// snarkjs' "circuit hash" of age_over@1.0.0 over the powers for rehearsals.
const AGE_OVER_HASH: &str = include_str!("../fixtures/age_over.circuit-hash");

/// A shape as circom's compiler writes one (the `.r1cs` format, version 1).
fn r1cs(shape: &Shape) -> Vec<u8> {
    let word = |number: usize| (number as u32).to_le_bytes();
    let long = |number: usize| (number as u64).to_le_bytes();
    let mut header = word(32).to_vec();
    header.extend(Fr::MODULUS.to_bytes_le());
    let private = shape.variables - shape.public_inputs - 1;
    for number in [shape.variables, 0, shape.public_inputs, private] {
        header.extend(word(number));
    }
    header.extend(long(shape.variables));
    header.extend(word(shape.rows.len()));
    let mut constraints = Vec::new();
    for combination in shape.rows.iter().flat_map(|row| [&row.a, &row.b, &row.c]) {
        constraints.extend(word(combination.len()));
        for (variable, coefficient) in combination {
            constraints.extend(word(*variable));
            constraints.extend(coefficient.into_bigint().to_bytes_le());
        }
    }
    let labels: Vec<u8> = (0..shape.variables).flat_map(long).collect();
    let mut file = b"r1cs".to_vec();
    file.extend(word(1));
    file.extend(word(3));
    for (number, content) in [(1, header), (2, constraints), (3, labels)] {
        file.extend(word(number));
        file.extend(long(content.len()));
        file.extend(content);
    }
    file
}

/// What stands in a section of the key.
fn section(number: u32) -> &'static [u8] {
    let mut at = 12;
    loop {
        let word = |at: usize| u32::from_le_bytes(ZKEY[at..at + 4].try_into().unwrap());
        let length = word(at + 4) as usize;
        if word(at) == number {
            return &ZKEY[at + 12..at + 12 + length];
        }
        at += 12 + length;
    }
}

fn g1(bytes: &[u8]) -> G1Affine {
    points::read(Form::Montgomery, bytes).unwrap()
}

fn g2(bytes: &[u8]) -> G2Affine {
    points::read(Form::Montgomery, bytes).unwrap()
}

fn circuit_hash() -> Blake2bDigest {
    Blake2bDigest(section(10)[..64].try_into().unwrap())
}

fn contributions() -> Vec<Contribution> {
    let (mut rest, mut found) = (&section(10)[68..], Vec::new());
    while !rest.is_empty() {
        let parameters = u32::from_le_bytes(rest[388..392].try_into().unwrap()) as usize;
        // Its type, 1 for a beacon; then the name, the iterations and the value, each behind its number.
        let is_beacon = rest[384] == 1;
        let name_len = rest[393] as usize;
        let behind_name = &rest[394 + name_len..392 + parameters];
        found.push(Contribution {
            name: name(std::str::from_utf8(&rest[394..394 + name_len]).unwrap()),
            beacon: is_beacon.then(|| Beacon {
                iterations_log2: behind_name[1].try_into().unwrap(),
                value: hex::encode(&behind_name[4..]).parse().unwrap(),
            }),
            delta: PointG1(g1(&rest[..64])),
            s: PointG1(g1(&rest[64..128])),
            s_delta: PointG1(g1(&rest[128..192])),
            r_delta: PointG2(g2(&rest[192..320])),
            transcript: Blake2bDigest(rest[320..384].try_into().unwrap()),
        });
        rest = &rest[392 + parameters..];
    }
    found
}

fn initial_key() -> ark_groth16::ProvingKey<Bn254> {
    let powers = read_powers(PTAU, circuit().power()).unwrap();
    initial::initial_key(&powers, &circuit().shape).unwrap()
}

fn record(name: &str, bytes: &[u8]) {
    if let Some(dir) = std::env::var_os("ZAPIKI_RECORD_CEREMONY") {
        std::fs::write(PathBuf::from(dir).join(name), bytes).unwrap();
    }
}

#[test]
fn the_fixtures_are_of_this_circuit() {
    let bytes = r1cs(&circuit().shape);
    record("toy.r1cs", &bytes);
    assert_eq!(bytes, R1CS);
}

/// The hash goes over every point of the key.
#[test]
fn the_initial_key_is_that_of_snarkjs() {
    assert_eq!(initial::digest(&initial_key()), circuit_hash());
}

#[test]
fn contributions_of_snarkjs_hold_here() {
    let contributions = contributions();
    let kinds: Vec<bool> = contributions.iter().map(|c| c.beacon.is_some()).collect();
    assert_eq!(kinds, [false, true]);
    let chain = Chain::of_snarkjs(&circuit_hash());
    let checked = verify::check_contributions(chain.clone(), &contributions, &mut |_| {});
    let (_, delta) = checked.unwrap();
    // Behind 84 bytes of numbers: α and β in G1, β and γ in G2, δ in both.
    let delta_at = 84 + 2 * 64 + 2 * 128;
    assert_eq!(delta, g1(&section(2)[delta_at..][..64]));
    let delta_g2 = g2(&section(2)[delta_at + 64..][..128]);
    assert!(same_ratio(
        (G1Affine::generator(), delta),
        (G2Affine::generator(), delta_g2)
    ));

    // And its L is ours, divided.
    let l_query: Vec<_> = section(8).chunks_exact(64).map(g1).collect();
    let ours = initial_key().l_query;
    assert_eq!(l_query.len(), ours.len());
    let scalars = combiners(ours.len(), &mut rng());
    let combine = |points: &[G1Affine]| G1Projective::msm_unchecked(points, &scalars).into_affine();
    assert!(same_ratio(
        (combine(&l_query), combine(&ours)),
        (G2Affine::generator(), delta_g2)
    ));

    // In our own chain, which binds names too, they have no place.
    let ours = Chain::new(&circuit_hash());
    assert!(verify::check_contributions(ours, &contributions, &mut |_| {}).is_err());
    // Nor changed in theirs.
    let mut swapped = contributions;
    swapped.swap(0, 1);
    assert!(verify::check_contributions(chain, &swapped, &mut |_| {}).is_err());
}

/// A real circuit over 4,096 rows.
#[test]
fn the_initial_key_of_a_real_circuit_is_that_of_snarkjs() {
    let circuit = CeremonyCircuit::find("age_over@1.0.0".parse().unwrap()).unwrap();
    let powers = Powers::rehearsal(circuit.power());
    if std::env::var_os("ZAPIKI_RECORD_CEREMONY").is_some() {
        let mut ptau = Vec::new();
        write_powers(&powers, &mut ptau).unwrap();
        record("age_over.ptau", &ptau);
        record("age_over.r1cs", &r1cs(&circuit.shape));
    }
    let key = initial::initial_key(&powers, &circuit.shape).unwrap();
    let digest = initial::digest(&key).to_string();
    assert_eq!(digest, format!("blake2b:{}", AGE_OVER_HASH.trim()));
}
