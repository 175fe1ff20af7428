//! The digest of a list's source: which edition of it was read.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// SHA-256 over the one file of a source, as `sha256sum` prints it; of several files, SHA-256 over their digests, in order.
/// Text form: `sha256:` and 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SourceDigest(pub [u8; 32]);

/// The text is no digest of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a digest: `sha256:` and 64 lower-case hex digits")]
pub struct SourceDigestError;

impl SourceDigest {
    /// The digest of these files.
    #[must_use]
    pub fn of<T: AsRef<[u8]>>(files: &[T]) -> Self {
        let mut digests = files.iter().map(|file| Sha256::digest(file.as_ref()));
        match (digests.next(), files.len()) {
            (Some(only), 1) => Self(only.into()),
            (first, _) => {
                let all = first.into_iter().chain(digests);
                let hash = all.fold(Sha256::new(), |hash, digest| hash.chain_update(digest));
                Self(hash.finalize().into())
            }
        }
    }
}

impl fmt::Display for SourceDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}

impl fmt::Debug for SourceDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SourceDigest {
    type Err = SourceDigestError;
    fn from_str(text: &str) -> Result<Self, SourceDigestError> {
        // One text form for all digests.
        let digest: crate::envelope::KeyDigest = text.parse().map_err(|_| SourceDigestError)?;
        Ok(Self(digest.0))
    }
}

crate::string_form!(SourceDigest);

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is FIPS 180-4's example; the second was made with `sha256sum` and `xxd`.
    #[test]
    fn a_file_has_its_own_digest_and_several_have_one_together() {
        let one = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(SourceDigest::of(&["abc"]).to_string(), one);
        assert_eq!(one.parse(), Ok(SourceDigest::of(&["abc"])));
        let two = "sha256:6f1290896ee81a0349174d19f4473d267a10289c40480861d5c42affffbd79f9";
        assert_eq!(SourceDigest::of(&["abc", ""]).to_string(), two);
        assert_ne!(
            SourceDigest::of(&["ab", "c"]),
            SourceDigest::of(&["abc", ""])
        );
    }
}
