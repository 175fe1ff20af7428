-- The first answer to a request is kept under its idempotency key, and given again to whoever repeats it.

ALTER TABLE idempotency_keys
    ADD COLUMN answer jsonb,
    ADD COLUMN answered_at timestamptz,
    ADD CONSTRAINT idempotency_keys_answered CHECK ((answer IS NULL) = (answered_at IS NULL));
GRANT UPDATE (answer, answered_at) ON idempotency_keys TO zapiki_app;

-- The first answer stays.
CREATE FUNCTION zapiki_keep_first_answer() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the answer to a request does not change' USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER idempotency_keys_answer BEFORE UPDATE ON idempotency_keys
    FOR EACH ROW WHEN (OLD.answer IS NOT NULL) EXECUTE FUNCTION zapiki_keep_first_answer();

-- Keys are forgotten after a while, those of all tenants at once.
CREATE INDEX ON idempotency_keys (created_at);
CREATE POLICY definer ON idempotency_keys TO zapiki_definer USING (true);
GRANT SELECT (tenant_id, key, created_at), DELETE ON idempotency_keys TO zapiki_definer;
CREATE FUNCTION zapiki_forget_requests(created_before timestamptz, count_max integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH old AS (
            SELECT k.tenant_id, k.key FROM idempotency_keys k
            WHERE k.created_at < created_before ORDER BY k.created_at LIMIT count_max
        ), gone AS (
            DELETE FROM idempotency_keys k USING old WHERE k.tenant_id = old.tenant_id AND k.key = old.key RETURNING 1
        )
        SELECT count(*) FROM gone
    $$;
REVOKE ALL ON FUNCTION zapiki_forget_requests FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO zapiki_definer;
ALTER FUNCTION zapiki_forget_requests OWNER TO zapiki_definer;
REVOKE CREATE ON SCHEMA public FROM zapiki_definer;
GRANT EXECUTE ON FUNCTION zapiki_forget_requests TO zapiki_app;
