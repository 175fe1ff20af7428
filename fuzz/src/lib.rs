//! What must hold of untrusted bytes, whatever they are. One module per fuzz target; `cargo xtask fuzz` runs all of them.
//!
//! A target looks for more than panics: what is read is written and read again to the same, and nothing verifies that nobody
//! proved.

#![forbid(unsafe_code)]

pub mod credential;
pub mod envelope;
pub mod groth16_proof;
pub mod lists;
pub mod stark_proof;
pub mod verifying_key;

mod edits;
mod known;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a document, and asserts that writing it and reading that again changes nothing.
fn read_twice<T: Serialize + DeserializeOwned>(data: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(data).ok()?;
    let written = serde_json::to_string(&read).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).expect("what was written can be read");
    let rewritten = serde_json::to_string(&again).expect("what was read can be written");
    assert_eq!(written, rewritten, "writing and reading changes it");
    Some(again)
}
