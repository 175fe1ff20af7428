//! Typed identifiers: UUIDs (version 7, so that they sort by time) that cannot be mistaken for one another.
//!
//! The text form has a prefix (`proof_0192…`), so that a log line or a support ticket says what it names.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use uuid::Uuid;

/// The text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not an identifier of the form `{prefix}_<uuid>`")]
pub struct IdError {
    prefix: &'static str,
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Names an existing thing by its UUID.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, as the database has it.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                // Only the canonical form: one thing has one name.
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|hex| hex.len() == 32 && !hex.contains(|c: char| c.is_ascii_uppercase()))
                    .and_then(|hex| Uuid::try_parse(hex).ok())
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        $crate::string_form!($name);
    };
}

typed_id!(
    /// A customer of Zapiki: the owner of keys, proofs and bills.
    TenantId, "tenant"
);
typed_id!(
    /// A proof, from its acceptance on. Also the id of its workflow.
    ProofId, "proof"
);
typed_id!(
    /// Proofs that were asked for at once. Also the id of their workflow.
    BatchId, "batch"
);
typed_id!(
    /// An issuer key that a tenant trusts.
    IssuerId, "issuer"
);
typed_id!(
    /// An API key (not the key itself: what it is called).
    ApiKeyId, "key"
);
typed_id!(
    /// A challenge that a tenant asked for.
    ChallengeId, "challenge"
);
typed_id!(
    /// A place where a tenant wants to be told.
    WebhookId, "webhook"
);
typed_id!(
    /// A message to a webhook. Also the id of its workflow.
    DeliveryId, "delivery"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_and_names_its_kind() {
        let id = ProofId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "proof_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse::<ProofId>(), Ok(id));
        assert!(id.to_string().parse::<TenantId>().is_err());
    }

    #[test]
    fn only_the_canonical_form_parses() {
        for text in [
            "00000000000000000000000000000007",
            "proof_00000000-0000-0000-0000-000000000007",
            "proof_0000000000000000000000000000000A",
            "proof_",
            "",
        ] {
            assert!(text.parse::<ProofId>().is_err(), "{text}");
        }
    }
}
