//! Tenants are kept apart by the database, whatever the statement.

use zapiki_core::audit::AuditKind;
use zapiki_core::plan::Plan;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_core::webhook::WebhookEvent;
use zapiki_store::testing::TestDatabase;
use zapiki_store::{Acceptance, Settlement};

use crate::{accept, accepted, batches, claim, event, failures, now, webhooks};

/// What the services' role may do. Longer only with a reason.
const GRANTS: &str = "\
audit_entries: INSERT, SELECT
audit_heads: SELECT, UPDATE(hash), UPDATE(sequence)
batch_items: INSERT, SELECT
batches: INSERT, SELECT, UPDATE(cancelled_at), UPDATE(started_at)
challenges: INSERT, SELECT, UPDATE(consumed_at)
dead_letters: INSERT, SELECT, UPDATE(resolution), UPDATE(resolved_at)
idempotency_keys: INSERT, SELECT, UPDATE(answer), UPDATE(answered_at)
proofs: DELETE, INSERT, SELECT, UPDATE(circuit), UPDATE(code), UPDATE(envelope), UPDATE(reason), UPDATE(settled_at), \
UPDATE(started_at), UPDATE(state)
screening_roots: INSERT, SELECT, UPDATE(refreshed_at)
screening_sets: INSERT, SELECT
sealed_inputs: DELETE, INSERT, SELECT, UPDATE(kek_version), UPDATE(wrapped_key)
trusted_issuers: INSERT, SELECT, UPDATE(distrusted_at)
usage_events: INSERT, SELECT
webhook_deliveries: INSERT, SELECT, UPDATE(attempted_at), UPDATE(attempts), UPDATE(delivered_at), UPDATE(failure), \
UPDATE(given_up_at), UPDATE(next_attempt_at), UPDATE(started_at), UPDATE(status_code)
webhook_secrets: INSERT, SELECT, UPDATE(expires_at), UPDATE(kek_version), UPDATE(wrapped_key)
webhooks: DELETE, INSERT, SELECT, UPDATE(disabled_at)";

/// Tables that belong to no tenant: everybody sees all of them.
const SHARED: [&str; 2] = ["screening_roots", "screening_sets"];

/// Leaves at least one row of the tenant in each table.
async fn fill(db: &TestDatabase) {
    let (store, tenant) = (&db.store, db.tenant.id);
    let Acceptance::New(proof) = accept(store, tenant, Some(("k", 1))).await.unwrap() else {
        panic!("a first request is new");
    };
    store
        .trust_issuer(tenant, "bank", &claim().issuer, now())
        .await
        .unwrap();
    store.issue_challenge(tenant, 60, now()).await.unwrap();
    batches::accepted(db, 1).await;
    webhooks::webhook(db, &[WebhookEvent::ProofDeadLettered]).await;
    let failed = accepted(db).await;
    let outcome = Settlement::DeadLettered(failures::letter());
    let settled = store.settle_proof(tenant, failed, &outcome, now()).await;
    assert!(settled.unwrap().unwrap().changed);
    let (statement, system) = (StatementKind::AgeOver, ProofSystem::Groth16);
    store
        .record_usage(tenant, proof.id, statement, system, now())
        .await
        .unwrap();
    store
        .append_audit(tenant, &event(proof.id, AuditKind::ProofCompleted), now())
        .await
        .unwrap();
}

/// The isolation is the database's own: it holds for statements that forget to ask for a tenant.
#[tokio::test(flavor = "multi_thread")]
async fn row_level_security_holds_for_raw_statements_of_the_service() {
    let db = TestDatabase::create().await;
    fill(&db).await;
    let tenant = db.tenant.id;
    let other = db.admin.create_tenant("other", Plan::Starter, now()).await;
    let other = other.unwrap().id;

    let tables = "SELECT string_agg(relname, ' ' ORDER BY relname) AS text FROM pg_class \
                  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE '\\_\\_diesel%'";
    let unforced = format!("{tables} AND NOT (relrowsecurity AND relforcerowsecurity)");
    let tables = db.text(tables).await.unwrap();
    assert!(db.text(&unforced).await.is_err(), "no table is without it");

    for table in tables.split(' ') {
        if SHARED.contains(&table) {
            continue;
        }
        let owner = if table == "tenants" {
            "id"
        } else {
            "tenant_id"
        };
        let count = format!(
            "SELECT count(*)::text AS text FROM {table} WHERE {owner} = '{}'",
            tenant.as_uuid()
        );
        let all = db.text(&count).await.unwrap();
        assert_ne!(all, "0", "{table} has a row to hide");
        if ["tenants", "api_keys"].contains(&table) {
            let own = db.text_as_app(Some(tenant), &count).await;
            assert!(own.is_err(), "{table} is not for the service");
            continue;
        }
        assert_eq!(
            db.text_as_app(None, &count).await.unwrap(),
            "0",
            "{table} without a tenant"
        );
        assert_eq!(
            db.text_as_app(Some(other), &count).await.unwrap(),
            "0",
            "{table} for another"
        );
        assert_eq!(
            db.text_as_app(Some(tenant), &count).await.unwrap(),
            all,
            "{table} for its own"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_cannot_help_itself_to_more() {
    let db = TestDatabase::create().await;
    fill(&db).await;
    let tenant = db.tenant.id.as_uuid();
    let other = db.admin.create_tenant("other", Plan::Starter, now()).await;
    let other = other.unwrap().id.as_uuid();
    let own = format!("SET zapiki.tenant_id = '{tenant}'");
    db.execute_as_app(&format!("{own}; UPDATE proofs SET started_at = now()"))
        .await
        .expect("what it may do, it can");
    for refused in [
        "SELECT * FROM api_keys",
        "SELECT * FROM zapiki_tenant_by_name('tests')",
        "UPDATE audit_entries SET kind = 'x'",
        "DELETE FROM audit_entries",
        "DELETE FROM usage_events",
        "UPDATE proofs SET claim = '{}'",
        "UPDATE challenges SET expires_at = now() + interval '1 day'",
        "UPDATE trusted_issuers SET key = 'x'",
        "DELETE FROM screening_roots",
        "UPDATE screening_roots SET document = '{}'",
        "UPDATE screening_sets SET keys = ''",
        "UPDATE dead_letters SET failure = 'x'",
        "DELETE FROM dead_letters",
        "DELETE FROM idempotency_keys",
        "UPDATE batch_items SET refusal = '{}'",
        "DELETE FROM batch_items",
        "DELETE FROM batches",
        "UPDATE sealed_inputs SET ciphertext = ''",
        "UPDATE idempotency_keys SET request_hash = ''",
        "DELETE FROM screening_sets",
        "UPDATE webhooks SET url = 'https://elsewhere.example/'",
        "UPDATE webhook_secrets SET ciphertext = ''",
        "UPDATE webhook_deliveries SET proof = '{}'",
        "DELETE FROM webhook_deliveries",
        "SET ROLE zapiki_definer",
        "ALTER TABLE proofs DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (x integer)",
        // Into another tenant's space, or out of it.
        &format!("INSERT INTO usage_events VALUES (gen_random_uuid(), '{other}', 'x', 'x', now())"),
        &format!("UPDATE proofs SET tenant_id = '{other}'"),
    ] {
        let done = db.execute_as_app(&format!("{own}; {refused}")).await;
        assert!(done.is_err(), "{refused}");
    }
    let grants = "
        SELECT string_agg(line, E'\\n' ORDER BY line) AS text FROM (
            SELECT format('%s: %s', table_name, string_agg(granted, ', ' ORDER BY granted)) AS line FROM (
                SELECT table_name, privilege_type::text AS granted FROM information_schema.table_privileges
                WHERE grantee IN ('zapiki_app', 'PUBLIC') AND table_schema = 'public'
                UNION
                SELECT table_name, format('%s(%s)', privilege_type, column_name)
                FROM information_schema.column_privileges AS c
                WHERE grantee IN ('zapiki_app', 'PUBLIC') AND table_schema = 'public' AND NOT EXISTS (
                    SELECT FROM information_schema.table_privileges AS t
                    WHERE (t.grantee, t.table_schema, t.table_name, t.privilege_type)
                        = (c.grantee, c.table_schema, c.table_name, c.privilege_type))
            ) AS each GROUP BY table_name
        ) AS lines";
    assert_eq!(db.text(grants).await.unwrap(), GRANTS);
    for role in ["zapiki_app", "zapiki_definer"] {
        let powers = format!(
            "SELECT concat_ws(' ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, \
             EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid), \
             EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)) AS text FROM pg_roles r WHERE rolname = '{role}'"
        );
        assert_eq!(db.text(&powers).await.unwrap(), "f f f f f f f", "{role}");
    }
}
