//! PLONK (Gabizon, Williamson and Ciobotaru, ePrint 2019/953) with the inner product argument of Halo (Bowe, Grigg and Hopwood, ePrint
//! 2019/1021), over Pallas and Vesta, with Zcash's halo2.
//!
//! | file | subject |
//! | --- | --- |
//! | [`relation`] | the statements, and the public inputs as a circuit has them |
//! | [`config`] | columns and gates |
//! | [`gadgets`] | hash, signature, comparisons, the table of countries |
//! | [`circuit`] | the circuit |
//! | [`layout`] | the rows that it takes |
//! | [`keys`] | parameters and keys, derived and compared with what is published |
//! | [`proof`] | the bytes of a proof |
//! | [`backend`] | the whole, as a [`ProofBackend`](crate::ProofBackend) |
//!
//! No setup: whoever knows the circuits can forge nothing. Proving is not constant-time. The library holds copies of the witness's
//! columns that it does not wipe; the witness's own are.

mod backend;
mod circuit;
mod config;
mod gadgets;
mod keys;
mod layout;
mod proof;
mod relation;

#[cfg(test)]
mod tests;

pub use backend::{PlonkBackend, PlonkError};
