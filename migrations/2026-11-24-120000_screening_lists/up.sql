-- Sanctions lists: what was read of them on which day, signed. They belong to no tenant; everybody reads them. A root stays
-- once it is stored, because proofs name it: the service may add, and note that a source was seen again, and nothing else.

-- The keys of a root's tree. A list that does not change has new roots every day, and the same keys.
CREATE TABLE screening_sets (
    root bytea PRIMARY KEY CHECK (octet_length(root) = 32),
    -- In ascending order, 31 bytes each.
    keys bytea NOT NULL CHECK (octet_length(keys) % 31 = 0)
);

CREATE TABLE screening_roots (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list text NOT NULL CHECK (list ~ '^[a-z0-9-]{1,64}$'),
    root bytea NOT NULL REFERENCES screening_sets,
    dated date NOT NULL,
    -- The signed root, as it is handed out.
    document jsonb NOT NULL,
    -- SHA-256 over the source.
    source bytea NOT NULL CHECK (octet_length(source) = 32),
    -- What of the source was made into keys, and what was not.
    report jsonb NOT NULL,
    signed_at timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL CHECK (refreshed_at >= signed_at)
);
-- Newest first is the order of ids.
CREATE INDEX ON screening_roots (list, id DESC);
CREATE INDEX ON screening_roots (root);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['screening_sets', 'screening_roots']
    LOOP
        EXECUTE format('CREATE POLICY everybody ON %I USING (true) WITH CHECK (true)', name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
END
$$;
GRANT SELECT, INSERT ON screening_sets, screening_roots TO zapiki_app;
GRANT UPDATE (refreshed_at) ON screening_roots TO zapiki_app;
