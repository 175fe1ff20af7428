DROP FUNCTION zapiki_unstarted_batches;
GRANT CREATE ON SCHEMA public TO zapiki_definer;
CREATE OR REPLACE FUNCTION zapiki_unstarted_proofs(accepted_before timestamptz, count_max integer)
    RETURNS TABLE (tenant_id uuid, id uuid, statement text, system text, is_redriven boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT p.tenant_id, p.id, p.statement, p.system, EXISTS (SELECT 1 FROM dead_letters d WHERE d.proof_id = p.id)
        FROM proofs p
        WHERE p.state = 'accepted' AND p.started_at IS NULL AND p.accepted_at < accepted_before
        ORDER BY p.accepted_at
        LIMIT count_max
    $$;
REVOKE CREATE ON SCHEMA public FROM zapiki_definer;
DELETE FROM idempotency_keys WHERE batch_id IS NOT NULL;
ALTER TABLE idempotency_keys DROP COLUMN batch_id, ALTER COLUMN proof_id SET NOT NULL;
REVOKE SELECT (batch_id) ON proofs FROM zapiki_definer;
ALTER TABLE proofs DROP COLUMN batch_id;
DROP TABLE batch_items;
DROP TABLE batches;
