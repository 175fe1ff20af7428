-- What operators watch: how much waits, since when, and until when somebody has to decide. Of all tenants together: counts and
-- times, and nothing that tells one tenant from another.

-- What is on its way and what waits for a decision, without a look at what is done.
CREATE INDEX proofs_accepted ON proofs (accepted_at) WHERE state = 'accepted';
CREATE INDEX dead_letters_expiry ON dead_letters (expires_at) WHERE resolution IS NULL;

GRANT SELECT (resolution, resolved_at, expires_at) ON dead_letters TO zapiki_definer;
-- A proof that is tried again waits since that was decided. Items of batches are told apart: a large batch takes its time.
CREATE FUNCTION zapiki_backlog()
    RETURNS TABLE (singles bigint, oldest_single timestamptz, items bigint, oldest_item timestamptz, batches bigint,
        letters bigint, soonest_expiry timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH waiting AS (
            SELECT p.batch_id, greatest(p.accepted_at,
                (SELECT max(l.resolved_at) FROM dead_letters l WHERE l.proof_id = p.id)) AS since
            FROM proofs p WHERE p.state = 'accepted'
        ), accepted AS (
            SELECT count(*) FILTER (WHERE w.batch_id IS NULL), min(w.since) FILTER (WHERE w.batch_id IS NULL),
                count(w.batch_id), min(w.since) FILTER (WHERE w.batch_id IS NOT NULL), count(DISTINCT w.batch_id)
            FROM waiting w
        ), failed AS (
            SELECT count(*), min(l.expires_at) FROM dead_letters l WHERE l.resolution IS NULL
        )
        SELECT * FROM accepted, failed
    $$;
REVOKE ALL ON FUNCTION zapiki_backlog FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO zapiki_definer;
ALTER FUNCTION zapiki_backlog OWNER TO zapiki_definer;
REVOKE CREATE ON SCHEMA public FROM zapiki_definer;
GRANT EXECUTE ON FUNCTION zapiki_backlog TO zapiki_app;
