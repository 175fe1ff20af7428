//! The stable codes of everything that can go wrong for a caller.
//!
//! A code is a promise: clients switch on it, so it never changes its meaning. The HTTP status and the short title
//! belong to the code; the detail of one occurrence is written where it occurs, and never holds private input.

/// A stable problem code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemCode {
    /// No API key in the request.
    ApiKeyMissing,
    /// The API key is unknown or malformed.
    ApiKeyInvalid,
    /// The API key was revoked.
    ApiKeyRevoked,
    /// A key stands where keys must not be: in the URL.
    ApiKeyMisplaced,
    /// The body is no JSON.
    MalformedJson,
    /// A field is missing, unknown, or of the wrong type or form.
    InvalidField,
    /// A header has a value that cannot be used.
    InvalidHeader,
    /// The body's media type is not JSON.
    UnsupportedMediaType,
    /// The body is larger than allowed.
    BodyTooLarge,
    /// What a proof is to say of itself in public is longer than allowed.
    PublicInputTooLarge,
    /// No such route.
    RouteNotFound,
    /// The route has no such method.
    MethodNotAllowed,
    /// No such thing, or not yours.
    NotFound,
    /// Too many requests.
    RateLimited,
    /// The statement is unknown.
    UnknownStatement,
    /// The proof system is unknown.
    UnknownSystem,
    /// No circuit answers the pin.
    UnknownCircuit,
    /// The circuit makes no new proofs any more.
    CircuitRetired,
    /// The proof system is experimental, and the request does not opt in.
    ExperimentalNotAllowed,
    /// The tenant does not trust this issuer.
    IssuerNotTrusted,
    /// The issuer is trusted already.
    IssuerExists,
    /// See [`ClaimError::SuiteMissing`](crate::claim::ClaimError::SuiteMissing).
    CredentialSuiteMissing,
    /// See [`ClaimError::ForeignIssuer`](crate::claim::ClaimError::ForeignIssuer).
    CredentialForeignIssuer,
    /// See [`ClaimError::ForgedSignature`](crate::claim::ClaimError::ForgedSignature).
    CredentialSignatureInvalid,
    /// See [`ClaimError::NotYetValid`](crate::claim::ClaimError::NotYetValid).
    CredentialNotYetValid,
    /// See [`ClaimError::Expired`](crate::claim::ClaimError::Expired).
    CredentialExpired,
    /// See [`ClaimError::ForeignHolder`](crate::claim::ClaimError::ForeignHolder).
    CredentialForeignHolder,
    /// See [`ClaimError::AttributeMissing`](crate::claim::ClaimError::AttributeMissing).
    CredentialAttributeMissing,
    /// See [`ClaimError::CurrencyDiffers`](crate::claim::ClaimError::CurrencyDiffers).
    CredentialCurrencyDiffers,
    /// See [`ClaimError::PeriodDiffers`](crate::claim::ClaimError::PeriodDiffers).
    CredentialPeriodDiffers,
    /// See [`ClaimError::ForeignRevocations`](crate::claim::ClaimError::ForeignRevocations).
    RevocationsForeignIssuer,
    /// Nobody here has a list with this root.
    ListUnknown,
    /// See [`ClaimError::NotSatisfied`](crate::claim::ClaimError::NotSatisfied).
    StatementNotSatisfied,
    /// The idempotency key was used with another request.
    IdempotencyKeyReused,
    /// The first request under the idempotency key is not answered yet.
    IdempotencyKeyInFlight,
    /// The proof is settled, so there is nothing to cancel.
    JobFinished,
    /// Nothing of the batch is on its way, so there is nothing to cancel.
    BatchFinished,
    /// The same stands in the batch before.
    DuplicateItem,
    /// The tenant has as many webhooks as it may have.
    WebhookLimit,
    /// The message is on its way, so there is nothing to send again.
    DeliveryPending,
    /// Nothing about the failed proof waits for a decision any more.
    FailureResolved,
    /// The proof was dead-lettered.
    ProofDeadLettered,
    /// The proof was cancelled.
    ProofCancelled,
    /// A part that the request needs is away.
    Unavailable,
    /// A fault of ours.
    Internal,
}

crate::named_variants!(ProblemCode, UnknownProblemCode, "problem code", {
    ApiKeyMissing => "api_key_missing",
    ApiKeyInvalid => "api_key_invalid",
    ApiKeyRevoked => "api_key_revoked",
    ApiKeyMisplaced => "api_key_misplaced",
    MalformedJson => "malformed_json",
    InvalidField => "invalid_field",
    InvalidHeader => "invalid_header",
    UnsupportedMediaType => "unsupported_media_type",
    BodyTooLarge => "body_too_large",
    PublicInputTooLarge => "public_input_too_large",
    RouteNotFound => "route_not_found",
    MethodNotAllowed => "method_not_allowed",
    NotFound => "not_found",
    RateLimited => "rate_limited",
    UnknownStatement => "unknown_statement",
    UnknownSystem => "unknown_system",
    UnknownCircuit => "unknown_circuit",
    CircuitRetired => "circuit_retired",
    ExperimentalNotAllowed => "experimental_not_allowed",
    IssuerNotTrusted => "issuer_not_trusted",
    IssuerExists => "issuer_exists",
    CredentialSuiteMissing => "credential_suite_missing",
    CredentialForeignIssuer => "credential_foreign_issuer",
    CredentialSignatureInvalid => "credential_signature_invalid",
    CredentialNotYetValid => "credential_not_yet_valid",
    CredentialExpired => "credential_expired",
    CredentialForeignHolder => "credential_foreign_holder",
    CredentialAttributeMissing => "credential_attribute_missing",
    CredentialCurrencyDiffers => "credential_currency_differs",
    CredentialPeriodDiffers => "credential_period_differs",
    RevocationsForeignIssuer => "revocations_foreign_issuer",
    ListUnknown => "list_unknown",
    StatementNotSatisfied => "statement_not_satisfied",
    IdempotencyKeyReused => "idempotency_key_reused",
    IdempotencyKeyInFlight => "idempotency_key_in_flight",
    JobFinished => "job_finished",
    BatchFinished => "batch_finished",
    DuplicateItem => "duplicate_item",
    WebhookLimit => "webhook_limit",
    DeliveryPending => "delivery_pending",
    FailureResolved => "failure_resolved",
    ProofDeadLettered => "proof_dead_lettered",
    ProofCancelled => "proof_cancelled",
    Unavailable => "unavailable",
    Internal => "internal",
});

impl ProblemCode {
    /// The HTTP status that goes with the code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::MalformedJson
            | Self::InvalidField
            | Self::InvalidHeader
            | Self::ApiKeyMisplaced => 400,
            Self::ApiKeyMissing | Self::ApiKeyInvalid | Self::ApiKeyRevoked => 401,
            Self::RouteNotFound | Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::IssuerExists
            | Self::IdempotencyKeyInFlight
            | Self::ProofCancelled
            | Self::JobFinished
            | Self::BatchFinished
            | Self::WebhookLimit
            | Self::DeliveryPending
            | Self::FailureResolved => 409,
            Self::BodyTooLarge | Self::PublicInputTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::UnknownStatement
            | Self::UnknownSystem
            | Self::UnknownCircuit
            | Self::CircuitRetired
            | Self::ExperimentalNotAllowed
            | Self::IssuerNotTrusted
            | Self::CredentialSuiteMissing
            | Self::CredentialForeignIssuer
            | Self::CredentialSignatureInvalid
            | Self::CredentialNotYetValid
            | Self::CredentialExpired
            | Self::CredentialForeignHolder
            | Self::CredentialAttributeMissing
            | Self::CredentialCurrencyDiffers
            | Self::CredentialPeriodDiffers
            | Self::RevocationsForeignIssuer
            | Self::ListUnknown
            | Self::StatementNotSatisfied
            | Self::DuplicateItem
            | Self::IdempotencyKeyReused => 422,
            Self::RateLimited => 429,
            Self::Internal | Self::ProofDeadLettered => 500,
            Self::Unavailable => 503,
        }
    }

    /// The same few words for every occurrence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::ApiKeyMissing => "API key missing",
            Self::ApiKeyInvalid => "API key unknown",
            Self::ApiKeyRevoked => "API key revoked",
            Self::ApiKeyMisplaced => "API key in the URL",
            Self::MalformedJson => "Body is not JSON",
            Self::InvalidField => "Field not valid",
            Self::InvalidHeader => "Header not valid",
            Self::UnsupportedMediaType => "Media type not supported",
            Self::BodyTooLarge => "Body too large",
            Self::PublicInputTooLarge => "Public input too large",
            Self::RouteNotFound => "No such route",
            Self::MethodNotAllowed => "Method not allowed",
            Self::NotFound => "Not found",
            Self::RateLimited => "Too many requests",
            Self::UnknownStatement => "Statement unknown",
            Self::UnknownSystem => "Proof system unknown",
            Self::UnknownCircuit => "Circuit unknown",
            Self::CircuitRetired => "Circuit retired",
            Self::ExperimentalNotAllowed => "Experimental system not allowed",
            Self::IssuerNotTrusted => "Issuer not trusted",
            Self::IssuerExists => "Issuer registered already",
            Self::CredentialSuiteMissing => "Credential lacks the suite",
            Self::CredentialForeignIssuer => "Credential of another issuer",
            Self::CredentialSignatureInvalid => "Credential's signature does not match",
            Self::CredentialNotYetValid => "Credential not yet valid",
            Self::CredentialExpired => "Credential expired",
            Self::CredentialForeignHolder => "Credential of another holder",
            Self::CredentialAttributeMissing => "Credential lacks the attribute",
            Self::CredentialCurrencyDiffers => "Income in another currency",
            Self::CredentialPeriodDiffers => "Income of another period",
            Self::RevocationsForeignIssuer => "Revocations of another issuer",
            Self::ListUnknown => "List unknown",
            Self::StatementNotSatisfied => "Statement not satisfied",
            Self::IdempotencyKeyReused => "Idempotency key reused",
            Self::IdempotencyKeyInFlight => "First request in flight",
            Self::JobFinished => "Job finished already",
            Self::BatchFinished => "Batch finished already",
            Self::DuplicateItem => "Item asked for before",
            Self::WebhookLimit => "Too many webhooks",
            Self::DeliveryPending => "Message on its way",
            Self::FailureResolved => "Failure resolved already",
            Self::ProofDeadLettered => "Proof failed",
            Self::ProofCancelled => "Proof cancelled",
            Self::Unavailable => "Temporarily unavailable",
            Self::Internal => "Internal error",
        }
    }
}
