//! The folder of circuit keys: `index.json` says which keys are in use, the files are named by digest.
//!
//! A key file never changes under its name. A new setup writes new files and replaces the index last, so that a service
//! that starts meanwhile finds one whole set or the other.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use zapiki_backends::VerifyingKeyDocument;
use zapiki_backends::groth16::CircuitKeys;
use zapiki_core::envelope::KeyDigest;

use crate::files::{self, Access, DOCUMENT_BYTES_MAX, Existing};

const INDEX: &str = "index.json";

/// The longest proving key that is read, in bytes.
const PROVING_KEY_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Which halves of the keys a process needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halves {
    /// To verify.
    Verifying,
    /// To prove and verify.
    Both,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    verifying_keys: Vec<KeyDigest>,
}

/// Writes keys and makes them the ones in use.
pub(crate) fn save(dir: &Path, keys: &[CircuitKeys]) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    for keys in keys {
        write_files(dir, keys)?;
    }
    let verifying_keys = keys.iter().map(|keys| keys.document.digest).collect();
    write_json(&dir.join(INDEX), &Index { verifying_keys })
}

/// Puts the keys of one circuit among those in use, in the place of its keys before.
pub(crate) fn put(dir: &Path, keys: &CircuitKeys) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    write_files(dir, keys)?;
    let (index, new) = (dir.join(INDEX), &keys.document);
    let mut verifying_keys = Vec::new();
    if index.exists() {
        for digest in read_json::<Index>(&index)?.verifying_keys {
            let old = load_one(dir, digest, Halves::Verifying)?.document;
            if (old.system, old.circuit) != (new.system, new.circuit) {
                verifying_keys.push(digest);
            }
        }
    }
    verifying_keys.push(new.digest);
    write_json(&index, &Index { verifying_keys })
}

fn write_files(dir: &Path, keys: &CircuitKeys) -> Result<()> {
    let document = &keys.document;
    if let (Some(digest), Some(proving_key)) = (document.proving_key, &keys.proving_key) {
        let path = dir.join(proving_key_name(digest));
        files::write(&path, proving_key, Access::Public, Existing::Replace)?;
    }
    write_json(&dir.join(verifying_key_name(document.digest)), document)
}

/// Reads the keys in use. Whoever loads them into a backend checks them against their digests.
pub(crate) fn load(dir: &Path, halves: Halves) -> Result<Vec<CircuitKeys>> {
    let index = dir.join(INDEX);
    if !index.exists() {
        bail!(
            "no circuit keys in {}; make development keys with `zapiki circuits setup --dir {}`",
            dir.display(),
            dir.display()
        );
    }
    let index: Index = read_json(&index)?;
    index
        .verifying_keys
        .into_iter()
        .map(|digest| load_one(dir, digest, halves))
        .collect()
}

fn load_one(dir: &Path, digest: KeyDigest, halves: Halves) -> Result<CircuitKeys> {
    let document = read_verifying_key(&dir.join(verifying_key_name(digest)))?;
    if document.digest != digest {
        bail!(
            "{} is not the key that its name says",
            verifying_key_name(digest)
        );
    }
    let proving_key = match (halves, document.proving_key) {
        (Halves::Verifying, _) | (_, None) => None,
        (Halves::Both, Some(digest)) => {
            let path = dir.join(proving_key_name(digest));
            Some(files::read(&path, PROVING_KEY_BYTES_MAX)?.to_vec())
        }
    };
    Ok(CircuitKeys {
        document,
        proving_key,
    })
}

/// Reads the document of one verifying key.
pub(crate) fn read_verifying_key(path: &Path) -> Result<VerifyingKeyDocument> {
    read_json(path)
}

fn verifying_key_name(digest: KeyDigest) -> String {
    format!("{}.vk.json", hex::encode(digest.0))
}

fn proving_key_name(digest: KeyDigest) -> String {
    format!("{}.pk", hex::encode(digest.0))
}

fn write_json(path: &Path, document: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(document)?;
    text.push(b'\n');
    files::write(path, &text, Access::Public, Existing::Replace)
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T> {
    let bytes = files::read(path, DOCUMENT_BYTES_MAX)?;
    serde_json::from_slice(&bytes).with_context(|| {
        format!(
            "{} is not of the form that this version of zapiki writes",
            path.display()
        )
    })
}
