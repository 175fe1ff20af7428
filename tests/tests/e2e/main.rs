//! Zapiki as its users meet it: each test is a short story about a deployment of its own.
//!
//! All of them are one binary: it links once, and its tests run side by side.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod aftermath;
mod bad_input;
mod batches;
mod books;
mod cancellation;
mod codec;
mod failures;
mod faults;
mod idempotency;
mod lists;
mod pages;
mod portal;
mod privacy;
mod releases;
mod rotation;
mod shutdown;
mod stories;
mod systems;
mod telemetry;
mod temporal_ui;
mod webhooks;
