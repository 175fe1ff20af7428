//! Proof systems and what each can and cannot do.

use serde::Serialize;

/// A proof system that a backend offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProofSystem {
    /// Groth16 over BN254 (Groth, EUROCRYPT 2016).
    Groth16,
    /// STARKs over Goldilocks (Ben-Sasson, Bentov, Horesh and Riabzev, 2018).
    Stark,
    /// PLONK with the inner product argument over Pallas and Vesta (Bowe, Grigg and Hopwood, 2019; halo2).
    Plonk,
}

crate::named_variants!(ProofSystem, UnknownProofSystem, "proof system", {
    Groth16 => "groth16",
    Stark => "stark",
    Plonk => "plonk",
});

/// How far a backend may be trusted with real decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maturity {
    /// For production.
    Stable,
    /// A request must opt in.
    Experimental,
}

crate::named_variants!(Maturity, UnknownMaturity, "maturity", {
    Stable => "stable",
    Experimental => "experimental",
});

/// The properties of a proof system that a buyer asks about. Facts about the backend, not wishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// The keys come from a ceremony whose secret must be forgotten.
    pub trusted_setup: bool,
    /// A proof reveals nothing beyond its statement.
    pub zero_knowledge: bool,
    /// Believed sound against a quantum computer.
    pub post_quantum: bool,
    /// Whether a request must opt in.
    pub maturity: Maturity,
    /// One paragraph for people.
    pub summary: String,
}
