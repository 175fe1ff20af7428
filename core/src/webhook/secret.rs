//! The secret that messages are signed with, and the signature: Standard Webhooks 1.0, symmetric.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use rand::{CryptoRng, RngCore};
use sha2::Sha256;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// How long a secret is, in bytes. The standard has 24 to 64.
const SECRET_BYTES: usize = 32;
/// What its text begins with, so that people and scanners know it.
const PREFIX: &str = "whsec_";

/// What a webhook's messages are signed with: known to us and to the receiver. Wiped when it is dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SigningSecret([u8; SECRET_BYTES]);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// The bytes are no secret of this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a signing secret has {SECRET_BYTES} bytes")]
pub struct SigningSecretError;

impl SigningSecret {
    /// A fresh one.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut secret = Self([0; SECRET_BYTES]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// The one of these bytes.
    ///
    /// # Errors
    /// There are more of them, or fewer.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, SigningSecretError> {
        let bytes = bytes.try_into().map_err(|_| SigningSecretError)?;
        Ok(Self(bytes))
    }

    /// The bytes, to be sealed.
    #[must_use]
    pub const fn expose(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// The text that the receiver keeps: `whsec_…`.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        // Room for all of it: nothing is left behind where a shorter one stood.
        let mut text = String::with_capacity(PREFIX.len() + SECRET_BYTES.div_ceil(3) * 4);
        text.push_str(PREFIX);
        STANDARD.encode_string(self.0, &mut text);
        Zeroizing::new(text)
    }

    /// The signature of a message, as the header `webhook-signature` has it: `v1,…`.
    ///
    /// `id` is the header `webhook-id`, `timestamp_s` the header `webhook-timestamp`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length");
        mac.update(format!("{id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::OsRng;

    use super::*;

    /// The reference implementation takes what we sign, and nothing else.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let secret = SigningSecret::generate(&mut OsRng);
        let theirs = standardwebhooks::Webhook::new(&secret.expose_text()).unwrap();
        let body = br#"{"type":"webhook.test"}"#;
        for (id, at) in [("delivery_1", 1_795_600_000), ("msg_p5jXN8", 0)] {
            assert_eq!(
                secret.sign(id, at, body),
                theirs.sign(id, at, body).unwrap()
            );
        }
        assert_ne!(
            secret.sign("a", 1, body),
            theirs.sign("a", 2, body).unwrap()
        );
    }

    /// The example of the standard's own documentation and libraries.
    #[test]
    fn the_published_example_is_signed_alike() {
        let mut bytes = [0; SECRET_BYTES];
        let short = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        // HMAC fills a short key up with zeros, so that this one is the same.
        bytes[..short.len()].copy_from_slice(&short);
        let secret = SigningSecret::from_slice(&bytes).unwrap();
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = SigningSecret([0xab; SECRET_BYTES]);
        assert_eq!(format!("{secret:?}"), "SigningSecret(…)");
        assert_eq!(
            *secret.expose_text(),
            "whsec_q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="
        );
        assert_eq!(SigningSecret::from_slice(&[0; 31]), Err(SigningSecretError));
    }
}
