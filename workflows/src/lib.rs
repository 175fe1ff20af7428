//! The durable pipeline of Zapiki: the workflow of a proof, and the declarations of its activities.
//!
//! - [`proof`]: the steps, in order, with every way to end.
//! - [`batch`]: many proofs at once.
//! - [`lists`]: a sanctions list, read anew.
//! - [`webhooks`]: a message to a webhook.
//! - [`definitions`]: which activities there are, how each is retried and timed. Their code is in `zapiki-activities`.
//! - [`failure`]: the named failures, and which of them a retry may mend.
//! - [`names`], [`wire`]: the names and forms that stand in Temporal's histories.
//! - `testing` (cargo feature `testing`): histories made readable.
//! - `client` (cargo feature `client`): how API and relay start proofs and wait for them.
//!
//! Workflow code is deterministic and does no I/O; this crate knows no database, no backend and no HTTP. Nothing that it
//! sends to Temporal is private.

pub mod batch;
#[cfg(feature = "client")]
pub mod client;
pub mod definitions;
pub mod failure;
pub mod lists;
pub mod names;
pub mod proof;
#[cfg(feature = "testing")]
pub mod testing;
pub mod webhooks;
pub mod wire;
