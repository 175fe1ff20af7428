DROP FUNCTION zapiki_unstarted_proofs;
CREATE FUNCTION zapiki_unstarted_proofs(accepted_before timestamptz, count_max integer)
    RETURNS TABLE (tenant_id uuid, id uuid, statement text, system text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT p.tenant_id, p.id, p.statement, p.system
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
REVOKE UPDATE (circuit) ON proofs FROM zapiki_app;
DROP TABLE dead_letters;
