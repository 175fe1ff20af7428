//! What never changes: a published circuit's constraints, its size, its proofs' length.

use halo2_proofs::circuit::Value;
use halo2_proofs::dev::CircuitCost;
use halo2_proofs::plonk::keygen_vk;
use halo2_proofs::poly::commitment::Params;
use pasta_curves::vesta;

use super::CIRCUITS;
use crate::plonk::circuit::CredentialCircuit;
use crate::plonk::config::{ADVICE_COLUMNS, INSTANCE_COLUMNS};
use crate::plonk::keys::{K, Spec, digests};

fn proof_bytes(spec: &Spec) -> usize {
    let (plain, table) = (Value::unknown(), Value::unknown());
    if spec.has_countries() {
        let circuit = spec.circuit::<true>(table);
        let cost = CircuitCost::<vesta::Point, CredentialCircuit<true>>::measure(K, &circuit);
        cost.proof_size(1).into()
    } else {
        let circuit = spec.circuit::<false>(plain);
        let cost = CircuitCost::<vesta::Point, CredentialCircuit<false>>::measure(K, &circuit);
        cost.proof_size(1).into()
    }
}

/// Everything that is published of the circuits is what the program derives.
#[test]
fn the_circuits_are_locked() {
    let params = Params::<vesta::Affine>::new(K);
    for spec in CIRCUITS {
        let key = if spec.has_countries() {
            keygen_vk(&params, &spec.circuit::<true>(Value::unknown()))
        } else {
            keygen_vk(&params, &spec.circuit::<false>(Value::unknown()))
        }
        .unwrap();
        let pinned = format!("{:?}", key.pinned());
        let count = |name: &str| -> usize {
            let (_, rest) = pinned.split_once(name).unwrap();
            rest[..rest.find(',').unwrap()].parse().unwrap()
        };
        assert_eq!(count("num_advice_columns: "), ADVICE_COLUMNS);
        assert_eq!(count("num_instance_columns: "), INSTANCE_COLUMNS);
        let (_, copied) = pinned.split_once("permutation: Argument {").unwrap();
        let (copied, _) = copied.split_once(']').unwrap();
        let columns = (
            count("num_fixed_columns: "),
            copied.matches("Column {").count(),
        );
        let (relation, digest) = digests(spec.id, &key);
        assert_eq!(
            (
                relation.to_string(),
                digest.to_string(),
                columns,
                proof_bytes(spec)
            ),
            (
                spec.relation_digest.to_owned(),
                spec.key_digest.to_owned(),
                (spec.fixed_columns, spec.copied_columns),
                spec.proof_bytes
            ),
            "{}",
            spec.id
        );
    }
}

/// A circuit with another name, or another statement, has another key.
#[test]
fn the_lock_can_fail() {
    let params = Params::<vesta::Affine>::new(K);
    let mut renamed = Spec { ..CIRCUITS[0] };
    assert!(renamed.verifying_key(&params).is_some());
    renamed.id.version.patch += 1;
    assert!(renamed.verifying_key(&params).is_none());
}

#[test]
fn rows_are_those_of_the_documentation() {
    let layouts = CIRCUITS.iter().map(|spec| {
        let layout = spec.layout().unwrap();
        let parts: Vec<_> = layout
            .parts
            .iter()
            .map(|(part, rows)| format!("{part} {rows}"))
            .collect();
        format!("{} {}: {}", spec.id, layout.rows, parts.join(", "))
    });
    assert_eq!(
        layouts.collect::<Vec<_>>(),
        [
            "age_over@1.0.0 1024: words 1024, public inputs 8, holder secret 3, holder binding 41, attributes 11, \
             credential hash 241, signature 438, birth date 4, validity: from 4, validity: until 4, nullifier 81",
            "income_at_least@1.0.0 1024: words 1024, public inputs 10, holder secret 3, holder binding 41, attributes 9, \
             credential hash 241, signature 438, income: minimum 11, validity: from 4, validity: until 4, nullifier 81",
            "income_in_range@1.0.0 1024: words 1024, public inputs 11, holder secret 3, holder binding 41, attributes 9, \
             credential hash 241, signature 438, income: minimum 11, income: maximum 11, validity: from 4, validity: until 4, \
             nullifier 81",
            "resident_of@1.0.0 1024: words 1024, public inputs 33, holder secret 3, holder binding 41, country 27, \
             attributes 10, credential hash 241, signature 438, validity: from 4, validity: until 4, nullifier 81",
        ]
    );
}
