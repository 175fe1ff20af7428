//! What requests and answers look like, one file per subject.
//!
//! Documents that zapiki-core reads and writes itself (claims, credentials, envelopes) are described here and parsed there;
//! the rest is parsed and written as it stands here. Every schema has an example that a test reads.

mod batches;
mod books;
mod circuits;
mod credentials;
mod failures;
mod issuers;
mod lists;
mod proofs;
mod short_forms;
mod statements;
mod templates;
mod verifications;
mod webhooks;

use serde_json::Value;

pub(crate) use batches::{
    AcceptedBatch, AcceptedItem, Batch, BatchItemPage, BatchItemView, BatchPage, BatchState,
    ItemProblem, NewBatchRequest,
};
pub(crate) use books::{
    AuditPage, Health, HealthStatus, Job, JobEvent, JobPage, JobSummary, PipelineState, Usage,
    UsageLine,
};
pub(crate) use circuits::{
    Circuit, CircuitSize, CircuitVersions, Circuits, System, Systems, VerifyingKey,
};
pub(crate) use failures::{
    BulkDecision, BulkRequest, Failure, FailurePage, FailureRounds, FailureStatus, RedriveRequest,
};
pub(crate) use issuers::{
    ChallengeBody, Issuer, IssuerPage, NewChallengeRequest, NewIssuerRequest,
};
pub(crate) use lists::{List, ListPage, ListRootPage, RevocationList};
pub(crate) use proofs::{NewProofRequest, Proof, ProofPage};
pub(crate) use short_forms::{
    AgeVerificationRequest, IncomeVerificationRequest, ResidencyProofRequest,
    SanctionsCheckRequest, ShortFormRequest,
};
pub(crate) use templates::{
    Template, TemplateCategories, TemplateCategory, TemplateProofRequest, Templates,
};
pub(crate) use verifications::{
    CheckName, CheckStatus, NewVerificationRequest, PolicyCheck, Verification, VerificationBatch,
    VerificationBatchRequest,
};
pub(crate) use webhooks::{
    CreatedWebhook, Delivery, DeliveryPage, NewWebhookRequest, Webhook, WebhookMessage,
    WebhookPage, WebhookSecret,
};

const WITNESS: &str = include_str!("../examples/witness.json");
const ENVELOPE: &str = include_str!("../examples/envelope.json");
const PALLAS_SIGNATURE: &str = include_str!("../examples/pallas_signature.json");
const LEAF_SIGNATURE: &str = include_str!("../examples/leaf_signature.json");
const VERIFYING_KEY: &str = include_str!("../examples/verifying_key.json");

/// An example as JSON, with `"@witness"` and the like replaced by whole documents.
#[expect(
    clippy::expect_used,
    reason = "the text is a constant, and a test reads every example"
)]
fn example<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let document = |text: &str| serde_json::from_str::<Value>(text).expect("a constant");
    let witness = document(WITNESS);
    let envelope = document(ENVELOPE);
    let text = text
        .replace("\"@witness\"", &witness.to_string())
        .replace("\"@credential\"", &witness["credential"].to_string())
        .replace(
            "\"@attributes\"",
            &witness["credential"]["attributes"].to_string(),
        )
        .replace(
            "\"@signatures\"",
            &witness["credential"]["signatures"].to_string(),
        )
        .replace("\"@secret\"", &witness["holder_secret"].to_string())
        .replace("\"@envelope\"", &envelope.to_string())
        .replace("\"@public_inputs\"", &envelope["public_inputs"].to_string())
        .replace(
            "\"@statement\"",
            &envelope["public_inputs"]["statement"].to_string(),
        )
        .replace(
            "\"@issuer\"",
            &envelope["public_inputs"]["issuer"].to_string(),
        )
        .replace(
            "\"@challenge\"",
            &envelope["public_inputs"]["challenge"].to_string(),
        )
        .replace("\"@vk\"", &document(VERIFYING_KEY).to_string());
    serde_json::from_str(&text).expect("a constant")
}

/// The examples of a file's schemas.
macro_rules! examples {
    ($($type:ident => $text:expr;)+) => {
        $(impl poem_openapi::types::Example for $type {
            fn example() -> Self {
                super::example($text)
            }
        })+

        /// Reads every example.
        #[cfg(test)]
        pub(super) fn read_all() -> usize {
            $(let _ = <$type as poem_openapi::types::Example>::example();)+
            [$(stringify!($type)),+].len()
        }
    };
}

use examples;

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use poem_openapi::types::Example as _;
    use zapiki_backends::groth16::{CircuitKeys, Groth16Backend};
    use zapiki_backends::{ProofBackend as _, Verdict};
    use zapiki_core::claim::check_claim;
    use zapiki_core::envelope::ProofEnvelope;
    use zapiki_core::screening::ListReport;
    use zapiki_core::signed_root::SignedRoot;
    use zapiki_core::witness::Witness;

    use super::books::{AUDIT_ENTRY, AuditEntrySchema};
    use super::credentials::WitnessSchema;
    use super::lists::{LIST_REPORT, ListReportSchema};
    use super::proofs::EnvelopeSchema;
    use super::statements::{SIGNED_ROOT, SignedRootSchema};
    use super::*;

    #[test]
    fn every_example_is_read() {
        let modules = [
            batches::read_all(),
            books::read_all(),
            circuits::read_all(),
            credentials::read_all(),
            failures::read_all(),
            issuers::read_all(),
            lists::read_all(),
            proofs::read_all(),
            short_forms::read_all(),
            statements::read_all(),
            templates::read_all(),
            verifications::read_all(),
            webhooks::read_all(),
        ];
        assert!(modules.iter().sum::<usize>() > 30);
    }

    /// The examples of the API's documentation are a true claim and a proof that verifies.
    #[test]
    fn the_examples_are_real() {
        let envelope: ProofEnvelope = serde_json::from_str(ENVELOPE).unwrap();
        let witness: Witness = serde_json::from_str(WITNESS).unwrap();
        let nullifier = check_claim(&envelope.public_inputs.claim, &witness).unwrap();
        assert_eq!(nullifier, envelope.public_inputs.nullifier);
        let document = serde_json::from_str(VERIFYING_KEY).unwrap();
        let keys = vec![CircuitKeys {
            document,
            proving_key: None,
        }];
        let verifier = Groth16Backend::new(keys, NonZeroUsize::MIN).unwrap();
        assert_eq!(verifier.verify(&envelope), Ok(Verdict::Valid));
    }

    /// What the schemas describe is what core reads and writes.
    #[test]
    fn schemas_and_core_agree_on_every_field() {
        let same = |core: Value, schema: Value| assert_eq!(core, schema);
        let envelope: ProofEnvelope = serde_json::from_str(ENVELOPE).unwrap();
        same(
            serde_json::to_value(&envelope).unwrap(),
            serde_json::to_value(EnvelopeSchema::example()).unwrap(),
        );
        let witness: Witness = serde_json::from_str(WITNESS).unwrap();
        same(
            serde_json::to_value(&witness).unwrap(),
            serde_json::to_value(WitnessSchema::example()).unwrap(),
        );
        let entry: zapiki_core::audit::AuditEntry = serde_json::from_str(AUDIT_ENTRY).unwrap();
        same(
            serde_json::to_value(&entry).unwrap(),
            serde_json::to_value(AuditEntrySchema::example()).unwrap(),
        );
        let signed: SignedRoot = serde_json::from_str(SIGNED_ROOT).unwrap();
        same(
            serde_json::to_value(&signed).unwrap(),
            serde_json::to_value(SignedRootSchema::example()).unwrap(),
        );
        let report: ListReport = serde_json::from_str(LIST_REPORT).unwrap();
        same(
            serde_json::to_value(&report).unwrap(),
            serde_json::to_value(ListReportSchema::example()).unwrap(),
        );
    }
}
