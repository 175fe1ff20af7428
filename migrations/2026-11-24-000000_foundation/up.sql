-- The foundation: tenants, what they trust, their proofs, their books.
--
-- Tenant isolation is the database's: every table with a tenant has row-level security, forced on its owner too. A
-- transaction says whose it is (`SET LOCAL zapiki.tenant_id`); without that it sees nothing. The service logs in as
-- zapiki_app, which owns nothing. The two questions that cross tenants are functions of zapiki_definer, a role that
-- nobody logs in as.

DO $$
BEGIN
    -- Roles belong to the whole cluster: another database of it may have made them.
    BEGIN
        CREATE ROLE zapiki_app NOLOGIN NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    BEGIN
        CREATE ROLE zapiki_definer NOLOGIN NOBYPASSRLS;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
END
$$;

CREATE FUNCTION zapiki_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('zapiki.tenant_id', true), '')::uuid $$;

CREATE TABLE tenants (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    plan text NOT NULL CHECK (plan IN ('starter', 'growth', 'enterprise')),
    created_at timestamptz NOT NULL
);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    -- SHA-256 of a 256-bit random key: nothing to guess, so no slow hash.
    digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX ON api_keys (tenant_id);

CREATE TABLE trusted_issuers (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    suite text NOT NULL,
    key text NOT NULL,
    trusted_at timestamptz NOT NULL,
    distrusted_at timestamptz
);
CREATE UNIQUE INDEX trusted_issuers_key ON trusted_issuers (tenant_id, suite, key) WHERE distrusted_at IS NULL;

CREATE TABLE proofs (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    state text NOT NULL CHECK (state IN ('accepted', 'completed', 'rejected', 'dead_lettered', 'cancelled')),
    statement text NOT NULL,
    system text NOT NULL,
    circuit text NOT NULL,
    claim jsonb NOT NULL,
    envelope jsonb,
    code text,
    reason text,
    accepted_at timestamptz NOT NULL,
    started_at timestamptz,
    settled_at timestamptz,
    UNIQUE (tenant_id, id),
    CHECK ((envelope IS NOT NULL) = (state = 'completed')),
    CHECK ((code IS NOT NULL) = (state IN ('rejected', 'dead_lettered'))),
    CHECK ((reason IS NOT NULL) = (state = 'dead_lettered')),
    CHECK ((settled_at IS NULL) = (state = 'accepted'))
);
-- Ids are UUIDs of version 7: newest first is the order of ids.
CREATE INDEX ON proofs (tenant_id, id DESC);
CREATE INDEX proofs_unstarted ON proofs (accepted_at) WHERE state = 'accepted' AND started_at IS NULL;

-- The table of moves in zapiki-core, enforced: an outcome is never replaced.
CREATE FUNCTION zapiki_check_proof_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'accepted' THEN
            RAISE EXCEPTION 'a proof begins as accepted, not as %', NEW.state USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NOT (
        (OLD.state = 'accepted' AND NEW.state IN ('completed', 'rejected', 'dead_lettered', 'cancelled'))
        OR (OLD.state = 'dead_lettered' AND NEW.state IN ('accepted', 'cancelled'))
    ) THEN
        RAISE EXCEPTION 'a proof does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER proofs_state BEFORE INSERT OR UPDATE OF state ON proofs
    FOR EACH ROW EXECUTE FUNCTION zapiki_check_proof_state();

-- Nor is it rewritten in place.
CREATE FUNCTION zapiki_keep_proof_outcome() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the outcome of a proof does not change' USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER proofs_outcome BEFORE UPDATE ON proofs
    FOR EACH ROW WHEN (
        NEW.state = OLD.state
        AND (NEW.envelope, NEW.code, NEW.reason, NEW.settled_at)
            IS DISTINCT FROM (OLD.envelope, OLD.code, OLD.reason, OLD.settled_at)
    ) EXECUTE FUNCTION zapiki_keep_proof_outcome();

-- The one table with private content, and that content is ciphertext. A row is gone when its proof is settled.
CREATE TABLE sealed_inputs (
    proof_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    kek_version integer NOT NULL,
    wrapped_key bytea NOT NULL,
    ciphertext bytea NOT NULL,
    FOREIGN KEY (tenant_id, proof_id) REFERENCES proofs (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE idempotency_keys (
    tenant_id uuid NOT NULL REFERENCES tenants,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    proof_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key),
    FOREIGN KEY (tenant_id, proof_id) REFERENCES proofs (tenant_id, id) ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ON idempotency_keys (tenant_id, proof_id);

CREATE TABLE challenges (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    challenge bytea NOT NULL CHECK (octet_length(challenge) = 32),
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
    consumed_at timestamptz,
    UNIQUE (tenant_id, challenge)
);

-- One per proof, ever. No reference to the proof: the books outlive it.
CREATE TABLE usage_events (
    proof_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    statement text NOT NULL,
    system text NOT NULL,
    occurred_at timestamptz NOT NULL
);
CREATE INDEX ON usage_events (tenant_id, occurred_at);

-- The end of each tenant's hash chain. Its row is the lock that makes sequences gapless.
CREATE TABLE audit_heads (
    tenant_id uuid PRIMARY KEY REFERENCES tenants,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE TABLE audit_entries (
    tenant_id uuid NOT NULL REFERENCES tenants,
    sequence bigint NOT NULL CHECK (sequence > 0),
    recorded_at timestamptz NOT NULL,
    kind text NOT NULL,
    proof_id uuid NOT NULL,
    statement text NOT NULL,
    system text NOT NULL,
    code text,
    previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (tenant_id, sequence),
    -- Each thing is told once, however often the telling is retried.
    UNIQUE (tenant_id, proof_id, kind)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['api_keys', 'trusted_issuers', 'proofs', 'sealed_inputs', 'idempotency_keys',
        'challenges', 'usage_events', 'audit_heads', 'audit_entries']
    LOOP
        EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = zapiki_tenant()) '
            'WITH CHECK (tenant_id = zapiki_tenant())', name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
END
$$;
CREATE POLICY tenant ON tenants USING (id = zapiki_tenant()) WITH CHECK (id = zapiki_tenant());
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;

-- What crosses tenants, and nothing else.
CREATE POLICY definer ON tenants FOR SELECT TO zapiki_definer USING (true);
CREATE POLICY definer ON api_keys FOR SELECT TO zapiki_definer USING (true);
CREATE POLICY definer ON proofs FOR SELECT TO zapiki_definer USING (true);
GRANT SELECT (id, name, plan) ON tenants TO zapiki_definer;
GRANT SELECT (id, tenant_id, digest, revoked_at) ON api_keys TO zapiki_definer;
GRANT SELECT (id, tenant_id, state, statement, system, accepted_at, started_at) ON proofs TO zapiki_definer;

CREATE FUNCTION zapiki_authenticate(key_digest bytea)
    RETURNS TABLE (key_id uuid, is_revoked boolean, tenant_id uuid, tenant_name text, plan text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT k.id, k.revoked_at IS NOT NULL, t.id, t.name, t.plan
        FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
        WHERE k.digest = key_digest
    $$;

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

-- For operators alone.
CREATE FUNCTION zapiki_tenant_by_name(wanted text)
    RETURNS TABLE (id uuid, name text, plan text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT t.id, t.name, t.plan FROM tenants t WHERE t.name = wanted $$;

REVOKE ALL ON FUNCTION zapiki_authenticate, zapiki_unstarted_proofs, zapiki_tenant_by_name FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO zapiki_definer;
ALTER FUNCTION zapiki_authenticate OWNER TO zapiki_definer;
ALTER FUNCTION zapiki_unstarted_proofs OWNER TO zapiki_definer;
ALTER FUNCTION zapiki_tenant_by_name OWNER TO zapiki_definer;
REVOKE CREATE ON SCHEMA public FROM zapiki_definer;

GRANT USAGE ON SCHEMA public TO zapiki_app, zapiki_definer;
GRANT EXECUTE ON FUNCTION zapiki_authenticate, zapiki_unstarted_proofs TO zapiki_app;
GRANT SELECT, INSERT, DELETE ON proofs, sealed_inputs TO zapiki_app;
GRANT UPDATE (state, envelope, code, reason, started_at, settled_at) ON proofs TO zapiki_app;
GRANT SELECT, INSERT, UPDATE (distrusted_at) ON trusted_issuers TO zapiki_app;
GRANT SELECT, INSERT, UPDATE (consumed_at) ON challenges TO zapiki_app;
GRANT SELECT, UPDATE (sequence, hash) ON audit_heads TO zapiki_app;
-- Books are only ever added to.
GRANT SELECT, INSERT ON idempotency_keys, usage_events, audit_entries TO zapiki_app;
