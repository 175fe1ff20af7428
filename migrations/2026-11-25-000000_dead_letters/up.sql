-- Dead letters: proofs that could not be made, why, and what was decided about them.
--
-- The private input of a dead-lettered proof stays, sealed, until somebody has decided or the letter expires: without it
-- nothing could be tried again.

CREATE TABLE dead_letters (
    proof_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    -- A proof that is tried again can fail again.
    round integer NOT NULL CHECK (round >= 1),
    statement text NOT NULL,
    system text NOT NULL,
    circuit text NOT NULL,
    failure text NOT NULL,
    -- How often the step was tried, if the last try said so.
    attempts integer CHECK (attempts >= 1),
    -- The names of the last failure and of those behind it, newest first.
    chain jsonb NOT NULL,
    failed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    resolution text CHECK (resolution IN ('redriven', 'discarded', 'expired')),
    resolved_at timestamptz,
    PRIMARY KEY (proof_id, round),
    FOREIGN KEY (tenant_id, proof_id) REFERENCES proofs (tenant_id, id) ON DELETE CASCADE,
    CHECK ((resolution IS NULL) = (resolved_at IS NULL))
);
-- Newest first is the order of ids: UUIDs of version 7.
CREATE INDEX ON dead_letters (tenant_id, proof_id DESC);
-- Of one proof, at most one letter waits for a decision.
CREATE UNIQUE INDEX dead_letters_open ON dead_letters (proof_id) WHERE resolution IS NULL;

CREATE POLICY tenant ON dead_letters USING (tenant_id = zapiki_tenant()) WITH CHECK (tenant_id = zapiki_tenant());
ALTER TABLE dead_letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_letters FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (resolution, resolved_at) ON dead_letters TO zapiki_app;
-- Another version of the circuit may do what one could not.
GRANT UPDATE (circuit) ON proofs TO zapiki_app;

-- The relay tells a proof that is to be started from one that is to be tried again.
CREATE POLICY definer ON dead_letters FOR SELECT TO zapiki_definer USING (true);
GRANT SELECT (proof_id) ON dead_letters TO zapiki_definer;
DROP FUNCTION zapiki_unstarted_proofs;
CREATE FUNCTION zapiki_unstarted_proofs(accepted_before timestamptz, count_max integer)
    RETURNS TABLE (tenant_id uuid, id uuid, statement text, system text, is_redriven boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT p.tenant_id, p.id, p.statement, p.system, EXISTS (SELECT 1 FROM dead_letters d WHERE d.proof_id = p.id)
        FROM proofs p
        WHERE p.state = 'accepted' AND p.started_at IS NULL AND p.accepted_at < accepted_before
        ORDER BY p.accepted_at
        LIMIT count_max
    $$;
REVOKE ALL ON FUNCTION zapiki_unstarted_proofs FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO zapiki_definer;
ALTER FUNCTION zapiki_unstarted_proofs OWNER TO zapiki_definer;
REVOKE CREATE ON SCHEMA public FROM zapiki_definer;
GRANT EXECUTE ON FUNCTION zapiki_unstarted_proofs TO zapiki_app;
