-- The roles stay: other databases of the cluster may use them.
DROP FUNCTION zapiki_authenticate, zapiki_unstarted_proofs, zapiki_tenant_by_name;
DROP TABLE audit_entries, audit_heads, usage_events, challenges, idempotency_keys, sealed_inputs, proofs,
    trusted_issuers, api_keys, tenants;
DROP FUNCTION zapiki_check_proof_state, zapiki_keep_proof_outcome, zapiki_tenant;
REVOKE USAGE ON SCHEMA public FROM zapiki_app, zapiki_definer;
