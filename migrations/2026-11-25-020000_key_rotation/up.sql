-- Rotation of key-encryption keys: which of them sealed what, and the right to wrap a data key anew.

GRANT UPDATE (kek_version, wrapped_key) ON sealed_inputs TO zapiki_app;
CREATE POLICY definer ON sealed_inputs FOR SELECT TO zapiki_definer USING (true);
GRANT SELECT (proof_id, tenant_id, kek_version) ON sealed_inputs TO zapiki_definer;

CREATE FUNCTION zapiki_sealed_inputs_by_key() RETURNS TABLE (kek_version integer, inputs bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT s.kek_version, count(*) FROM sealed_inputs s GROUP BY s.kek_version ORDER BY s.kek_version $$;

CREATE FUNCTION zapiki_sealed_inputs_under_others(current_version integer, count_max integer)
    RETURNS TABLE (tenant_id uuid, proof_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT s.tenant_id, s.proof_id FROM sealed_inputs s
        WHERE s.kek_version <> current_version ORDER BY s.proof_id LIMIT count_max
    $$;

REVOKE ALL ON FUNCTION zapiki_sealed_inputs_by_key, zapiki_sealed_inputs_under_others FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO zapiki_definer;
ALTER FUNCTION zapiki_sealed_inputs_by_key OWNER TO zapiki_definer;
ALTER FUNCTION zapiki_sealed_inputs_under_others OWNER TO zapiki_definer;
REVOKE CREATE ON SCHEMA public FROM zapiki_definer;
GRANT EXECUTE ON FUNCTION zapiki_sealed_inputs_by_key, zapiki_sealed_inputs_under_others TO zapiki_app;
