-- Webhooks: where a tenant wants to be told, with what its messages are signed, and what became of each message.
--
-- A message is written by the statement that changes a proof's state, so that none is forgotten and none is told of what did not
-- happen. It is sent afterwards, by a workflow of its own.

CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    events text[] NOT NULL CHECK (cardinality(events) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    UNIQUE (tenant_id, id)
);
CREATE INDEX ON webhooks (tenant_id, id DESC);

-- Sealed like private input, under the same keys. Several while one takes the place of another.
CREATE TABLE webhook_secrets (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    kek_version integer NOT NULL,
    wrapped_key bytea NOT NULL,
    ciphertext bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ON webhook_secrets (webhook_id);

CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    event text NOT NULL,
    -- What the message says of a proof: columns of its row, as they were. A test says nothing.
    proof jsonb,
    occurred_at timestamptz NOT NULL,
    -- What became of it.
    started_at timestamptz,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    attempted_at timestamptz,
    next_attempt_at timestamptz,
    status_code integer,
    failure text,
    delivered_at timestamptz,
    given_up_at timestamptz,
    FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id) ON DELETE CASCADE,
    CHECK ((event = 'webhook.test') = (proof IS NULL)),
    CHECK (delivered_at IS NULL OR given_up_at IS NULL)
);
CREATE INDEX ON webhook_deliveries (webhook_id, id DESC);
CREATE INDEX webhook_deliveries_unstarted ON webhook_deliveries (occurred_at) WHERE started_at IS NULL;
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (occurred_at)
    WHERE delivered_at IS NOT NULL OR given_up_at IS NOT NULL;

-- RFC 9562, section 5.7: milliseconds, then random bits. PostgreSQL has a function for it from version 18 on.
CREATE FUNCTION zapiki_uuid_v7() RETURNS uuid
    LANGUAGE sql VOLATILE PARALLEL SAFE
    AS $$
        SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
            PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
            52, 1), 53, 1), 'hex')::uuid
    $$;

CREATE FUNCTION zapiki_tell_of_proof() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO webhook_deliveries (id, tenant_id, webhook_id, event, proof, occurred_at)
    SELECT zapiki_uuid_v7(), w.tenant_id, w.id, 'proof.' || NEW.state,
        jsonb_build_object('id', NEW.id, 'batch_id', NEW.batch_id, 'statement', NEW.statement, 'system', NEW.system,
            'circuit', NEW.circuit, 'code', NEW.code),
        NEW.settled_at
    FROM webhooks w
    WHERE w.tenant_id = NEW.tenant_id AND w.disabled_at IS NULL AND 'proof.' || NEW.state = ANY (w.events);
    RETURN NULL;
END
$$;
CREATE TRIGGER proofs_tell AFTER UPDATE OF state ON proofs
    FOR EACH ROW WHEN (NEW.state <> OLD.state AND NEW.state <> 'accepted')
    EXECUTE FUNCTION zapiki_tell_of_proof();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['webhooks', 'webhook_secrets', 'webhook_deliveries']
    LOOP
        EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = zapiki_tenant()) '
            'WITH CHECK (tenant_id = zapiki_tenant())', name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, DELETE, UPDATE (disabled_at) ON webhooks TO zapiki_app;
GRANT SELECT, INSERT, UPDATE (kek_version, wrapped_key, expires_at) ON webhook_secrets TO zapiki_app;
GRANT SELECT, INSERT,
    UPDATE (started_at, attempts, attempted_at, next_attempt_at, status_code, failure, delivered_at, given_up_at)
    ON webhook_deliveries TO zapiki_app;

-- What crosses tenants: which messages wait for their workflow, which are old, which keys sealed what.
CREATE POLICY definer ON webhook_deliveries TO zapiki_definer USING (true);
CREATE POLICY definer ON webhook_secrets FOR SELECT TO zapiki_definer USING (true);
GRANT SELECT (id, tenant_id, occurred_at, started_at, delivered_at, given_up_at), DELETE ON webhook_deliveries
    TO zapiki_definer;
GRANT SELECT (id, tenant_id, kek_version) ON webhook_secrets TO zapiki_definer;

CREATE FUNCTION zapiki_unstarted_deliveries(count_max integer) RETURNS TABLE (tenant_id uuid, id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT d.tenant_id, d.id FROM webhook_deliveries d
        WHERE d.started_at IS NULL ORDER BY d.occurred_at LIMIT count_max
    $$;

CREATE FUNCTION zapiki_forget_deliveries(occurred_before timestamptz, count_max integer) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        WITH old AS (
            SELECT d.id FROM webhook_deliveries d
            WHERE (d.delivered_at IS NOT NULL OR d.given_up_at IS NOT NULL) AND d.occurred_at < occurred_before
            ORDER BY d.occurred_at LIMIT count_max
        ), gone AS (
            DELETE FROM webhook_deliveries d USING old WHERE d.id = old.id RETURNING 1
        )
        SELECT count(*) FROM gone
    $$;

CREATE FUNCTION zapiki_webhook_secrets_by_key() RETURNS TABLE (kek_version integer, secrets bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT s.kek_version, count(*) FROM webhook_secrets s GROUP BY s.kek_version ORDER BY s.kek_version $$;

CREATE FUNCTION zapiki_webhook_secrets_under_others(current_version integer, count_max integer)
    RETURNS TABLE (tenant_id uuid, id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT s.tenant_id, s.id FROM webhook_secrets s
        WHERE s.kek_version <> current_version ORDER BY s.id LIMIT count_max
    $$;

REVOKE ALL ON FUNCTION zapiki_unstarted_deliveries, zapiki_forget_deliveries, zapiki_webhook_secrets_by_key,
    zapiki_webhook_secrets_under_others FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO zapiki_definer;
ALTER FUNCTION zapiki_unstarted_deliveries OWNER TO zapiki_definer;
ALTER FUNCTION zapiki_forget_deliveries OWNER TO zapiki_definer;
ALTER FUNCTION zapiki_webhook_secrets_by_key OWNER TO zapiki_definer;
ALTER FUNCTION zapiki_webhook_secrets_under_others OWNER TO zapiki_definer;
REVOKE CREATE ON SCHEMA public FROM zapiki_definer;
GRANT EXECUTE ON FUNCTION zapiki_unstarted_deliveries, zapiki_forget_deliveries, zapiki_webhook_secrets_by_key,
    zapiki_webhook_secrets_under_others TO zapiki_app;
