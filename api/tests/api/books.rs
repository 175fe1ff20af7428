//! Usage and audit: what is billed, and what anybody can check.

use chrono::Utc;
use serde_json::json;
use uuid::Uuid;
use zapiki_core::audit::{AuditEvent, AuditKind, CHAIN_START};
use zapiki_core::ids::ProofId;
use zapiki_core::problem::ProblemCode;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;

use crate::harness::Api;

impl Api {
    /// Writes what the pipeline writes of a proof that it made.
    async fn book_proof(&self) -> ProofId {
        let (store, tenant) = (&self.database.store, self.database.tenant.id);
        let proof_id = ProofId::from_uuid(Uuid::now_v7());
        let (statement, system) = (StatementKind::AgeOver, ProofSystem::Groth16);
        store
            .record_usage(tenant, proof_id, statement, system, Utc::now())
            .await
            .unwrap();
        let kind = AuditKind::ProofCompleted;
        let event = AuditEvent {
            kind,
            proof_id,
            statement,
            system,
            code: None,
        };
        store
            .append_audit(tenant, &event, Utc::now())
            .await
            .unwrap();
        proof_id
    }
}

#[tokio::test]
async fn usage_counts_the_proofs_of_a_period() {
    let api = Api::new().await;
    for _ in 0..3 {
        api.book_proof().await;
    }
    let usage = api.get("/v1/usage").expect(200).await;
    let line = json!({"statement": "age_over", "system": "groth16", "proofs": 3});
    assert_eq!(usage["lines"], json!([line]));
    let before = "/v1/usage?from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z";
    assert_eq!(api.get(before).expect(200).await["lines"], json!([]));
    for query in [
        "from=yesterday",
        "from=2021-01-01T00:00:00Z&to=2020-01-01T00:00:00Z",
    ] {
        let call = api.get(format!("/v1/usage?{query}"));
        call.expect_problem(ProblemCode::InvalidField).await;
    }
}

#[tokio::test]
async fn the_audit_log_is_a_chain_that_the_caller_can_follow() {
    let api = Api::new().await;
    let mut proofs = Vec::new();
    for _ in 0..3 {
        proofs.push(api.book_proof().await);
    }
    let first = api.get("/v1/audit?limit=2").expect(200).await;
    assert_eq!(first["tenant"], api.database.tenant.id.to_string());
    let after = &first["next_after"];
    let rest = api
        .get(format!("/v1/audit?limit=2&after={after}"))
        .expect(200)
        .await;
    assert!(rest["next_after"].is_null());
    let pages = [&first, &rest].into_iter();
    let entries: Vec<_> = pages
        .flat_map(|page| page["entries"].as_array().unwrap())
        .collect();
    assert_eq!(entries.len(), 3);
    let mut previous = json!(CHAIN_START.to_string());
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!(entry["sequence"], index + 1);
        assert_eq!(entry["proof_id"], proofs[index].to_string());
        assert_eq!(entry["previous_hash"], previous);
        previous = entry["hash"].clone();
    }
}

#[tokio::test]
async fn what_was_downloaded_can_be_checked_offline() {
    let api = Api::new().await;
    for _ in 0..3 {
        api.book_proof().await;
    }
    let page = api.get("/v1/audit").expect(200).await;
    let entries: Vec<zapiki_core::audit::AuditEntry> =
        serde_json::from_value(page["entries"].clone()).unwrap();
    let tenant = api.database.tenant.id;
    for entry in &entries {
        let recomputed = zapiki_core::audit::entry_hash(
            tenant,
            entry.sequence,
            entry.recorded_at,
            &entry.event,
            entry.previous_hash,
        );
        assert_eq!(recomputed, entry.hash);
    }
    assert_eq!(entries.len(), 3);
}
