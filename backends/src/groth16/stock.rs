//! arkworks' own prover over the same circuit: what ours is measured against, and must agree with.

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, Proof, ProvingKey};

use super::r1cs::{Shape, Solution};

/// What `ark-groth16` needs of a circuit to prove without synthesizing it again.
pub(crate) struct StockKey {
    key: ProvingKey<Bn254>,
    matrices: [Vec<Vec<(Fr, usize)>>; 3],
    constraints: usize,
    instances: usize,
}

impl StockKey {
    pub(crate) fn new(key: ProvingKey<Bn254>, shape: &Shape) -> Self {
        Self {
            key,
            matrices: shape.matrices(),
            constraints: shape.rows.len(),
            instances: shape.public_inputs + 1,
        }
    }

    /// The proof for these r and s. arkworks holds copies of the assignment that it does not wipe.
    pub(crate) fn prove(&self, solution: &Solution, r: Fr, s: Fr) -> Option<Proof<Bn254>> {
        Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
            &self.key,
            r,
            s,
            &self.matrices,
            self.instances,
            self.constraints,
            &solution.assignment.0,
        )
        .ok()
    }
}
