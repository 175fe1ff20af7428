//! The folder of a ceremony: `transcript.json`, and the parameters that it names.
//!
//! It is what contributors hand on to each other, whole, as an archive or a shared folder. The parameters are named by digest and
//! written first, the transcript replaces the one before in one step: whoever is interrupted has the old ceremony or the new one.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use zapiki_backends::groth16::ceremony::{Ceremony, CeremonyCircuit, Transcript};
use zapiki_core::envelope::KeyDigest;

use crate::files::{self, Access, Existing};

const TRANSCRIPT: &str = "transcript.json";

/// The longest transcript that is read, in bytes: some ten thousand contributions.
const TRANSCRIPT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The longest parameters that are read, in bytes.
const PARAMETERS_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Starts a folder. One that has a transcript is left alone.
pub(crate) fn create(dir: &Path, ceremony: &Ceremony) -> Result<()> {
    if dir.join(TRANSCRIPT).exists() {
        bail!(
            "there is a ceremony in {} already; choose another folder",
            dir.display()
        );
    }
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    save(dir, ceremony)
}

/// Puts the ceremony in the place of the one that was read from the folder.
pub(crate) fn replace(dir: &Path, before: KeyDigest, ceremony: &Ceremony) -> Result<()> {
    save(dir, ceremony)?;
    if before != ceremony.transcript().parameters {
        // Of no use any more, and no harm where it cannot be removed.
        let _left = fs::remove_file(dir.join(parameters_name(before)));
    }
    Ok(())
}

fn save(dir: &Path, ceremony: &Ceremony) -> Result<()> {
    let transcript = ceremony.transcript();
    let parameters = dir.join(parameters_name(transcript.parameters));
    let bytes = ceremony.parameters().to_bytes();
    files::write(&parameters, &bytes, Access::Public, Existing::Replace)?;
    let mut text = serde_json::to_vec_pretty(transcript)?;
    text.push(b'\n');
    files::write(
        &dir.join(TRANSCRIPT),
        &text,
        Access::Public,
        Existing::Replace,
    )
}

/// Reads the ceremony of a folder, with its circuit.
pub(crate) fn load(dir: &Path) -> Result<(CeremonyCircuit, Ceremony)> {
    let path = dir.join(TRANSCRIPT);
    if !path.exists() {
        bail!(
            "there is no ceremony in {}: it has no {TRANSCRIPT}; `zapiki ceremony new` begins one",
            dir.display()
        );
    }
    let text = files::read(&path, TRANSCRIPT_BYTES_MAX)?;
    let transcript: Transcript = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no transcript of a ceremony", path.display()))?;
    let circuit = CeremonyCircuit::find(transcript.circuit)?;
    let parameters = dir.join(parameters_name(transcript.parameters));
    let bytes = files::read(&parameters, PARAMETERS_BYTES_MAX)
        .context("the parameters that the transcript names are not there; a ceremony is handed on as a whole folder")?;
    let ceremony = Ceremony::resume(&circuit, transcript, &bytes)
        .with_context(|| format!("the ceremony in {} cannot be used", dir.display()))?;
    Ok((circuit, ceremony))
}

fn parameters_name(digest: KeyDigest) -> String {
    format!("{}.params", hex::encode(digest.0))
}
