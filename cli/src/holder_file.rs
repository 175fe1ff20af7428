//! The holder's file: the secret behind the commitment that an issuer writes into a credential.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use zapiki_core::credential::FieldElement;
use zapiki_core::suites::bjj_poseidon;
use zapiki_core::witness::HolderSecret;
use zeroize::Zeroizing;

use crate::commitments::Commitments;
use crate::files::{self, Access, Existing};

/// The form of a holder file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HolderFileFormat {
    /// The first.
    V1,
}

zapiki_core::named_variants!(HolderFileFormat, UnknownHolderFileFormat, "holder file format", {
    V1 => "zapiki.holder.v1",
});

/// A holder file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HolderFile {
    format: HolderFileFormat,
    /// What goes into a credential.
    pub(crate) holder_commitment: FieldElement,
    /// The same under every suite.
    #[serde(default)]
    pub(crate) holder_commitments: Commitments,
    /// What goes into a witness.
    pub(crate) holder_secret: HolderSecret,
}

impl HolderFile {
    /// A fresh holder.
    pub(crate) fn generate() -> Self {
        let holder_secret = HolderSecret::generate(&mut rand::rngs::OsRng);
        Self {
            format: HolderFileFormat::V1,
            holder_commitment: FieldElement(bjj_poseidon::holder_commitment(
                holder_secret.expose(),
            )),
            holder_commitments: Commitments::of(&holder_secret),
            holder_secret,
        }
    }

    /// Writes the file, for its owner alone.
    pub(crate) fn save(&self, path: &Path, existing: Existing) -> Result<()> {
        let mut text = Zeroizing::new(serde_json::to_vec_pretty(self)?);
        text.push(b'\n');
        files::write(path, &text, Access::Private, existing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_file_round_trips_and_its_parts_belong_together() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ana.holder");
        let holder = HolderFile::generate();
        holder.save(&path, Existing::Keep).unwrap();
        let text = std::fs::read(&path).unwrap();
        let read: HolderFile = serde_json::from_slice(&text).unwrap();
        assert_eq!(read.holder_commitment, holder.holder_commitment);
        assert_eq!(
            FieldElement(bjj_poseidon::holder_commitment(read.holder_secret.expose())),
            read.holder_commitment
        );
        assert_eq!(
            read.holder_commitments,
            Commitments::of(&read.holder_secret)
        );
    }
}
