//! The parts that circuits are made of. Each file argues why its rows are enough, and counts them.

pub(crate) mod eddsa;
pub(crate) mod gap;
pub(crate) mod montgomery;
pub(crate) mod poseidon;
pub(crate) mod range;
pub(crate) mod scalar_mul;
