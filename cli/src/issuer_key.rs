//! The issuer's key file: the one place where the private half exists.
//!
//! The public half stands in the open, so that a file can be told from another without opening it. The private half
//! stands beside it in the clear (the file then has mode 0600) or sealed under a passphrase. Sealing authenticates the
//! public half with it: nobody can pair a sealed key with a foreign name.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use zapiki_core::suites::{IssuerKey, SuiteId, bjj_poseidon};

use zeroize::{Zeroize, Zeroizing};

use crate::files::{self, Access, DOCUMENT_BYTES_MAX, Existing};
use crate::issuer_secret::IssuerSecret;
use crate::passphrase::{self, Sealed};

/// The form of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFileFormat {
    /// The first.
    V1,
}

zapiki_core::named_variants!(KeyFileFormat, UnknownKeyFileFormat, "key file format", {
    V1 => "zapiki.issuer-key.v1",
});

/// The private half, as a file keeps it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredSecret {
    /// 64 hex digits.
    Plain(String),
    /// Under a passphrase.
    Sealed(Sealed),
}

impl Drop for StoredSecret {
    fn drop(&mut self) {
        if let Self::Plain(digits) = self {
            digits.zeroize();
        }
    }
}

/// A key file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerKeyFile {
    format: KeyFileFormat,
    issuer: IssuerKey,
    secret: StoredSecret,
}

/// How a key file protects the private half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// By the file's mode alone.
    FileMode,
    /// By a passphrase too.
    Passphrase,
}

impl IssuerKeyFile {
    /// Wraps a key, sealed if there is a passphrase.
    pub(crate) fn new(key: &IssuerSecret, passphrase: Option<&[u8]>) -> Result<Self> {
        let issuer = key.issuer();
        let bytes = key.expose_bytes();
        let secret = match passphrase {
            None => StoredSecret::Plain(hex::encode(bytes)),
            Some(passphrase) => StoredSecret::Sealed(passphrase::seal(
                passphrase,
                &context(&issuer),
                bytes.as_slice(),
            )?),
        };
        Ok(Self {
            format: KeyFileFormat::V1,
            issuer,
            secret,
        })
    }

    /// Reads a key file; the private half stays as it is stored.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let bytes = files::read(path, DOCUMENT_BYTES_MAX)?;
        let file = Self::parse(&bytes)
            .with_context(|| format!("{} is no issuer key file", path.display()))?;
        if file.protection() == Protection::FileMode {
            files::check_private(path)?;
        }
        Ok(file)
    }

    /// Reads the JSON form. The error says where, never what: the text holds a secret.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(|error| {
            anyhow!(
                "not of the form that `zapiki issuer keygen` writes (line {}, column {})",
                error.line(),
                error.column()
            )
        })
    }

    /// Writes the file, for its owner alone.
    pub(crate) fn save(&self, path: &Path, existing: Existing) -> Result<()> {
        let mut text = Zeroizing::new(serde_json::to_vec_pretty(self)?);
        text.push(b'\n');
        files::write(path, &text, Access::Private, existing)
    }

    /// The public half.
    pub(crate) fn issuer(&self) -> &IssuerKey {
        &self.issuer
    }

    /// How the private half is kept.
    pub(crate) fn protection(&self) -> Protection {
        match self.secret {
            StoredSecret::Plain(_) => Protection::FileMode,
            StoredSecret::Sealed(_) => Protection::Passphrase,
        }
    }

    /// The private half of a key under `bjj-poseidon-bn254`, which lists are signed with.
    pub(crate) fn unlock_for_lists(
        &self,
        passphrase: Option<&[u8]>,
    ) -> Result<bjj_poseidon::SecretKey> {
        match self.unlock(passphrase)? {
            IssuerSecret::BjjPoseidonBn254(key) => Ok(key),
            other => bail!(
                "the key is of suite {}; lists are signed with one of {}",
                other.issuer().suite(),
                SuiteId::BjjPoseidonBn254
            ),
        }
    }

    /// The private half; checks that it belongs to the public one.
    pub(crate) fn unlock(&self, passphrase: Option<&[u8]>) -> Result<IssuerSecret> {
        let bytes = match (&self.secret, passphrase) {
            (StoredSecret::Plain(digits), _) => Zeroizing::new(
                hex::decode(digits)
                    .map_err(|_| anyhow!("the key file is damaged: its private half is not hex"))?,
            ),
            (StoredSecret::Sealed(sealed), Some(passphrase)) => {
                passphrase::open(passphrase, &context(&self.issuer), sealed)?
            }
            (StoredSecret::Sealed(_), None) => {
                bail!("the key is sealed under a passphrase; pass --passphrase-file FILE")
            }
        };
        let bytes: Zeroizing<[u8; 32]> =
            Zeroizing::new(bytes.as_slice().try_into().map_err(|_| {
                anyhow!("the key file is damaged: its private half has the wrong length")
            })?);
        let key = IssuerSecret::from_bytes(self.issuer.suite(), &bytes)?;
        if key.issuer() != self.issuer {
            bail!("the key file is damaged: its private half does not belong to its public key");
        }
        Ok(key)
    }
}

/// Reads a passphrase: the file's first line, without its line end.
pub(crate) fn read_passphrase(path: Option<&Path>) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(path) = path else { return Ok(None) };
    files::check_private(path)?;
    let bytes = files::read(path, 4096)?;
    let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        bail!(
            "{} is empty; its first line is the passphrase",
            path.display()
        );
    }
    Ok(Some(Zeroizing::new(line.to_vec())))
}

fn context(issuer: &IssuerKey) -> Vec<u8> {
    format!("{} {} {}", KeyFileFormat::V1, issuer.suite(), issuer.key()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(suite: SuiteId, seed: u8) -> IssuerSecret {
        IssuerSecret::from_bytes(suite, &[seed; 32]).unwrap()
    }

    #[test]
    fn a_plain_and_a_sealed_file_give_the_key_back() {
        let dir = tempfile::tempdir().unwrap();
        for suite in SuiteId::ALL {
            let key = key(*suite, 7);
            for passphrase in [None, Some(b"correct horse".as_slice())] {
                let kind = if passphrase.is_some() {
                    "sealed"
                } else {
                    "plain"
                };
                let path = dir.path().join(format!("{suite}.{kind}"));
                IssuerKeyFile::new(&key, passphrase)
                    .unwrap()
                    .save(&path, Existing::Keep)
                    .unwrap();
                let file = IssuerKeyFile::load(&path).unwrap();
                assert_eq!(
                    file.unlock(passphrase).unwrap().expose_bytes(),
                    key.expose_bytes()
                );
                assert_eq!(*file.issuer(), key.issuer());
                let for_lists = file.unlock_for_lists(passphrase);
                assert_eq!(for_lists.is_ok(), *suite == SuiteId::BjjPoseidonBn254);
            }
            let sealed = dir.path().join(format!("{suite}.sealed"));
            let sealed = std::fs::read_to_string(sealed).unwrap();
            assert!(!sealed.contains(&hex::encode([7; 32])));
            let file = IssuerKeyFile::parse(sealed.as_bytes()).unwrap();
            let error = file.unlock(None).err().unwrap().to_string();
            assert!(error.contains("--passphrase-file"));
            assert!(file.unlock(Some(b"wrong horse")).is_err());
        }
    }

    #[test]
    fn a_foreign_public_key_is_noticed() {
        for suite in SuiteId::ALL {
            let mut file = IssuerKeyFile::new(&key(*suite, 7), None).unwrap();
            file.issuer = key(*suite, 8).issuer();
            let error = file.unlock(None).err().unwrap().to_string();
            assert!(error.contains("damaged"));
        }
    }

    #[test]
    fn an_error_does_not_quote_the_secret() {
        let text = br#"{"format":"zapiki.issuer-key.v1","secret":{"plain":["deadbeef"]}}"#;
        let error = format!("{:?}", IssuerKeyFile::parse(text).err().unwrap());
        assert!(!error.contains("deadbeef"), "{error}");
    }
}
