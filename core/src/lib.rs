//! The vocabulary of Zapiki: what a credential is, what can be stated about it, and how a proof travels.
//!
//! - [`credential`], [`statement`], [`claim`]: what an issuer signs, what a verifier asks, whether it holds.
//! - [`envelope`], [`public_inputs`]: what leaves the prover; enough, with a verifying key, to verify offline.
//! - [`lifecycle`]: how the end of a circuit is announced.
//! - [`gap_tree`], [`signed_root`]: sets in which absence can be shown, and who says on which day that one has this root.
//! - [`aead`], [`key_ring`], [`payload_keys`]: how a secret is sealed, and under which keys of a deployment.
//! - [`revocation`]: what an issuer took back.
//! - [`screening`]: how persons and sanctions lists come to the same numbers.
//! - [`webhook`]: how a tenant is told of what happens.
//! - [`suites`]: the hash and signature of each proof system, as standard constructions.
//! - [`state`], [`problem`], [`failure`], [`plan`], [`ids`], [`audit`]: the words that the pipeline, the database and the API share.
//!
//! This crate does no I/O. It knows no database, no Temporal, no HTTP, no clock. It builds for
//! `wasm32-unknown-unknown`. Its secret types redact their `Debug` and are wiped on drop.

pub mod aead;
pub mod audit;
pub mod circuit;
pub mod claim;
pub mod countries;
pub mod credential;
pub mod day;
pub mod envelope;
pub mod failure;
pub mod gap_tree;
pub mod ids;
pub mod key_ring;
pub mod lifecycle;
pub mod payload_keys;
pub mod plan;
pub mod problem;
pub mod public_inputs;
pub mod revocation;
pub mod screening;
pub mod signed_root;
pub mod state;
pub mod statement;
pub mod statements;
pub mod suites;
pub mod system;
pub mod text;
pub mod webhook;
pub mod witness;
