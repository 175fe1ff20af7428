-- Batches: proofs that were asked for at once, and what was refused of them.
--
-- An item is a proof or a refusal. It outlives its proof, so that a batch says of each item what became of it.

CREATE TABLE batches (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    accepted_at timestamptz NOT NULL,
    started_at timestamptz,
    cancelled_at timestamptz,
    UNIQUE (tenant_id, id)
);
CREATE INDEX ON batches (accepted_at) WHERE started_at IS NULL;

CREATE TABLE batch_items (
    batch_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    proof_id uuid UNIQUE,
    -- The problem, as the caller was told it.
    refusal jsonb,
    PRIMARY KEY (batch_id, position),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, id) ON DELETE CASCADE,
    CHECK ((proof_id IS NULL) <> (refusal IS NULL))
);

ALTER TABLE proofs
    ADD COLUMN batch_id uuid,
    ADD FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, id);
CREATE INDEX ON proofs (batch_id) WHERE batch_id IS NOT NULL;

-- A request made a proof or a batch.
ALTER TABLE idempotency_keys
    ALTER COLUMN proof_id DROP NOT NULL,
    ADD COLUMN batch_id uuid,
    ADD CONSTRAINT idempotency_keys_made_one CHECK ((proof_id IS NULL) <> (batch_id IS NULL)),
    ADD FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, id) ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX ON idempotency_keys (batch_id) WHERE batch_id IS NOT NULL;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['batches', 'batch_items']
    LOOP
        EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = zapiki_tenant()) '
            'WITH CHECK (tenant_id = zapiki_tenant())', name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE (started_at, cancelled_at) ON batches TO zapiki_app;
GRANT SELECT, INSERT ON batch_items TO zapiki_app;

-- The relay starts batches, and of their proofs only those that are to be tried again.
CREATE POLICY definer ON batches FOR SELECT TO zapiki_definer USING (true);
GRANT SELECT (id, tenant_id, accepted_at, started_at) ON batches TO zapiki_definer;
GRANT SELECT (batch_id) ON proofs TO zapiki_definer;
CREATE FUNCTION zapiki_unstarted_batches(accepted_before timestamptz, count_max integer)
    RETURNS TABLE (tenant_id uuid, id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT b.tenant_id, b.id FROM batches b
        WHERE b.started_at IS NULL AND b.accepted_at < accepted_before
        ORDER BY b.accepted_at
        LIMIT count_max
    $$;
REVOKE ALL ON FUNCTION zapiki_unstarted_batches FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO zapiki_definer;
CREATE OR REPLACE FUNCTION zapiki_unstarted_proofs(accepted_before timestamptz, count_max integer)
    RETURNS TABLE (tenant_id uuid, id uuid, statement text, system text, is_redriven boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT p.tenant_id, p.id, p.statement, p.system, d.is_redriven
        FROM proofs p
            CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM dead_letters l WHERE l.proof_id = p.id) AS is_redriven) d
        WHERE p.state = 'accepted' AND p.started_at IS NULL AND p.accepted_at < accepted_before
            AND (p.batch_id IS NULL OR d.is_redriven)
        ORDER BY p.accepted_at
        LIMIT count_max
    $$;
ALTER FUNCTION zapiki_unstarted_batches OWNER TO zapiki_definer;
REVOKE CREATE ON SCHEMA public FROM zapiki_definer;
GRANT EXECUTE ON FUNCTION zapiki_unstarted_batches TO zapiki_app;
