//! The prover against arkworks', circuit by circuit. A new circuit is in the table of the circuits' own tests, and so in these.

use ark_ff::{UniformRand as _, Zero as _};
use ark_groth16::Groth16;
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP as _};
use ark_poly::GeneralEvaluationDomain;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::groth16::circuits::tests::{Case, cases};
use crate::groth16::r1cs::Mode;
use crate::groth16::stock::StockKey;

fn solution(case: &Case) -> Solution {
    case.relation
        .build(Mode::Solve, &case.public(), &case.private())
        .into_solution()
}

#[test]
fn proofs_are_those_of_the_stock_prover() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for case in cases() {
        let shape = case.relation.shape();
        let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(&shape, &mut rng);
        let key = key.unwrap();
        let solution = solution(&case);
        let randomness = [
            (Fr::rand(&mut rng), Fr::rand(&mut rng)),
            (Fr::zero(), Fr::rand(&mut rng)),
            (Fr::rand(&mut rng), Fr::zero()),
        ];
        let stock = StockKey::new(key.clone(), &shape);
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| {
                let prepared = PreparedKey::new(&key, &shape).unwrap();
                for (r, s) in randomness {
                    let proof = prepared.prove(&solution, r, s);
                    assert_eq!(Some(proof), stock.prove(&solution, r, s));
                }
            });
        }
    }
}

#[test]
fn the_quotient_is_that_of_the_stock_witness_map() {
    for case in cases() {
        let shape = case.relation.shape();
        let solution = solution(&case);
        let instances = shape.public_inputs + 1;
        let expected =
            LibsnarkReduction::witness_map_from_matrices::<Fr, GeneralEvaluationDomain<Fr>>(
                &shape.matrices(),
                instances,
                shape.rows.len(),
                &solution.assignment.0,
            )
            .unwrap();
        let qap = Qap::new(shape.rows.len() + instances).unwrap();
        let inputs = &solution.assignment.0[..instances];
        let quotient = qap.quotient(&solution.left.0, &solution.right.0, inputs);
        assert_eq!(quotient.len(), expected.len());
        for (i, expected) in expected.iter().enumerate() {
            assert_eq!(quotient[qap.place(i)], *expected);
        }
    }
}

/// The values that the prover takes for the rows' two sides are those of the rows.
#[test]
fn solving_gives_the_values_of_the_rows() {
    for case in cases() {
        let solution = solution(&case);
        let value = |terms: &[(usize, Fr)]| -> Fr {
            let terms = terms.iter();
            terms
                .map(|(i, factor)| solution.assignment.0[*i] * factor)
                .sum()
        };
        let shape = case.relation.shape();
        assert_eq!(solution.left.0.len(), shape.rows.len());
        for (i, row) in shape.rows.iter().enumerate() {
            assert_eq!(solution.left.0[i], value(&row.a), "row {i}");
            assert_eq!(solution.right.0[i], value(&row.b), "row {i}");
        }
    }
}
