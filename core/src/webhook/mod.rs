//! Webhooks: what a tenant is told of, where, and how it knows that it was us.
//!
//! Messages and signatures are those of [Standard Webhooks 1.0](https://www.standardwebhooks.com): a thin message, signed with
//! HMAC-SHA256 over its id, the time of sending and its bytes. A message names what happened and never tells anything private.

mod address;
mod message;
mod secret;
mod url;

pub use address::is_public;
pub use message::{Message, MessageData, ProofNews, WebhookNews};
pub use secret::{SigningSecret, SigningSecretError};
pub use url::{Reach, WebhookUrl, WebhookUrlError};

use crate::state::ProofState;

/// Something that a tenant can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WebhookEvent {
    /// A proof is made.
    ProofCompleted,
    /// What a proof was to show is not so.
    ProofRejected,
    /// A proof could not be made, and waits for a decision.
    ProofDeadLettered,
    /// A proof was given up: by its owner, or because nobody decided in time.
    ProofCancelled,
    /// Somebody tries a webhook out.
    WebhookTest,
}

crate::named_variants!(WebhookEvent, UnknownWebhookEvent, "event", {
    ProofCompleted => "proof.completed",
    ProofRejected => "proof.rejected",
    ProofDeadLettered => "proof.dead_lettered",
    ProofCancelled => "proof.cancelled",
    WebhookTest => "webhook.test",
});

impl WebhookEvent {
    /// The state that a proof came to; `None` if it is not about a proof.
    #[must_use]
    pub const fn state(self) -> Option<ProofState> {
        match self {
            Self::ProofCompleted => Some(ProofState::Completed),
            Self::ProofRejected => Some(ProofState::Rejected),
            Self::ProofDeadLettered => Some(ProofState::DeadLettered),
            Self::ProofCancelled => Some(ProofState::Cancelled),
            Self::WebhookTest => None,
        }
    }

    /// Whether one asks for it when a webhook is made. A test comes unasked.
    #[must_use]
    pub const fn is_subscribable(self) -> bool {
        !matches!(self, Self::WebhookTest)
    }
}

/// Why a message did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryFailure {
    /// The name of the host has no address.
    NameNotResolved,
    /// The host's address is not one of the public internet.
    AddressRefused,
    /// Nobody listens there.
    ConnectionFailed,
    /// The host could not prove who it is.
    CertificateRefused,
    /// No answer in time.
    TimedOut,
    /// An answer, but none that says that the message was taken.
    StatusRefused,
    /// The connection broke, or what came back was no HTTP.
    ConnectionBroken,
    /// The receiver says that the webhook is gone for good.
    ReceiverGone,
    /// The webhook was disabled before the message could be sent.
    WebhookDisabled,
}

crate::named_variants!(DeliveryFailure, UnknownDeliveryFailure, "failure of a delivery", {
    NameNotResolved => "name_not_resolved",
    AddressRefused => "address_refused",
    ConnectionFailed => "connection_failed",
    CertificateRefused => "certificate_refused",
    TimedOut => "timed_out",
    StatusRefused => "status_refused",
    ConnectionBroken => "connection_broken",
    ReceiverGone => "receiver_gone",
    WebhookDisabled => "webhook_disabled",
});

impl DeliveryFailure {
    /// Whether the same message may arrive later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        !matches!(self, Self::ReceiverGone | Self::WebhookDisabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The database makes the name of an event from the name of a state.
    #[test]
    fn events_of_proofs_are_named_after_states() {
        let of_proofs = WebhookEvent::ALL
            .iter()
            .filter_map(|event| Some((event, event.state()?)));
        for (event, state) in of_proofs {
            assert_eq!(event.as_str(), format!("proof.{state}"));
            assert!(event.is_subscribable());
        }
        let told = ProofState::ALL.iter().filter(|state| state.is_settled());
        assert_eq!(told.count(), WebhookEvent::ALL.len() - 1);
    }
}
