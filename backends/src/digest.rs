//! BLAKE2b-512 (RFC 7693): names files of powers and the steps of ceremonies, as snarkjs does.

use std::fmt;
use std::str::FromStr;

use blake2::{Blake2b512, Digest as _};
use thiserror::Error;

/// A BLAKE2b-512 digest. Text form: `blake2b:` and 128 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Blake2bDigest(pub [u8; 64]);

impl Blake2bDigest {
    /// The digest of a finished hash.
    pub(crate) fn of(hash: Blake2b512) -> Self {
        Self(hash.finalize().into())
    }
}

/// The text is no such digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a digest: `blake2b:` and 128 lower-case hex digits")]
pub struct Blake2bDigestError;

impl fmt::Display for Blake2bDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blake2b:{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Blake2bDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Blake2bDigest {
    type Err = Blake2bDigestError;
    fn from_str(text: &str) -> Result<Self, Blake2bDigestError> {
        let digits = text.strip_prefix("blake2b:").ok_or(Blake2bDigestError)?;
        if digits.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(Blake2bDigestError);
        }
        let mut bytes = [0; 64];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| Blake2bDigestError)?;
        Ok(Self(bytes))
    }
}

zapiki_core::string_form!(Blake2bDigest);
