//! The API as a caller meets it: HTTP in, HTTP out, a real PostgreSQL behind it, and a Temporal that is away.
//!
//! All tests of the crate's surface are one binary: it links once and its tests run side by side, each on a database of
//! its own. What needs a pipeline that runs is tested end to end, in `zapiki-tests`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod auth;
mod bad_input;
mod batches;
mod books;
mod catalogue;
mod challenges;
mod contract;
mod document;
mod edge;
mod experimental;
mod failures;
mod guide;
mod harness;
mod idempotency;
mod issuers;
mod jobs;
mod lifecycle;
mod lists;
mod privacy;
mod proofs;
mod sample;
mod templates;
mod transparent;
mod verifications;
mod webhooks;
