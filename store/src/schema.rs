//! The tables, as diesel sees them. `migrations/` is what they are.

diesel::table! {
    tenants (id) {
        id -> Uuid,
        name -> Text,
        plan -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Text,
        digest -> Bytea,
        created_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    trusted_issuers (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Text,
        suite -> Text,
        key -> Text,
        trusted_at -> Timestamptz,
        distrusted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    proofs (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        state -> Text,
        statement -> Text,
        system -> Text,
        circuit -> Text,
        claim -> Jsonb,
        envelope -> Nullable<Jsonb>,
        code -> Nullable<Text>,
        reason -> Nullable<Text>,
        accepted_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        settled_at -> Nullable<Timestamptz>,
        batch_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    batches (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        accepted_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        cancelled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    batch_items (batch_id, position) {
        batch_id -> Uuid,
        tenant_id -> Uuid,
        position -> Int4,
        proof_id -> Nullable<Uuid>,
        refusal -> Nullable<Jsonb>,
    }
}

diesel::table! {
    sealed_inputs (proof_id) {
        proof_id -> Uuid,
        tenant_id -> Uuid,
        kek_version -> Int4,
        wrapped_key -> Bytea,
        ciphertext -> Bytea,
    }
}

diesel::table! {
    idempotency_keys (tenant_id, key) {
        tenant_id -> Uuid,
        key -> Text,
        request_hash -> Bytea,
        proof_id -> Nullable<Uuid>,
        batch_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        answer -> Nullable<Jsonb>,
        answered_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    dead_letters (proof_id, round) {
        proof_id -> Uuid,
        tenant_id -> Uuid,
        round -> Int4,
        statement -> Text,
        system -> Text,
        circuit -> Text,
        failure -> Text,
        attempts -> Nullable<Int4>,
        chain -> Jsonb,
        failed_at -> Timestamptz,
        expires_at -> Timestamptz,
        resolution -> Nullable<Text>,
        resolved_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    challenges (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        challenge -> Bytea,
        issued_at -> Timestamptz,
        expires_at -> Timestamptz,
        consumed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    usage_events (proof_id) {
        proof_id -> Uuid,
        tenant_id -> Uuid,
        statement -> Text,
        system -> Text,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    audit_heads (tenant_id) {
        tenant_id -> Uuid,
        sequence -> Int8,
        hash -> Bytea,
    }
}

diesel::table! {
    audit_entries (tenant_id, sequence) {
        tenant_id -> Uuid,
        sequence -> Int8,
        recorded_at -> Timestamptz,
        kind -> Text,
        proof_id -> Uuid,
        statement -> Text,
        system -> Text,
        code -> Nullable<Text>,
        previous_hash -> Bytea,
        hash -> Bytea,
    }
}

diesel::table! {
    screening_sets (root) {
        root -> Bytea,
        keys -> Bytea,
    }
}

diesel::table! {
    screening_roots (id) {
        id -> Int8,
        list -> Text,
        root -> Bytea,
        dated -> Date,
        document -> Jsonb,
        source -> Bytea,
        report -> Jsonb,
        signed_at -> Timestamptz,
        refreshed_at -> Timestamptz,
    }
}

diesel::table! {
    webhooks (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        url -> Text,
        events -> Array<Text>,
        created_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_secrets (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        webhook_id -> Uuid,
        kek_version -> Int4,
        wrapped_key -> Bytea,
        ciphertext -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        webhook_id -> Uuid,
        event -> Text,
        proof -> Nullable<Jsonb>,
        occurred_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        attempts -> Int4,
        attempted_at -> Nullable<Timestamptz>,
        next_attempt_at -> Nullable<Timestamptz>,
        status_code -> Nullable<Int4>,
        failure -> Nullable<Text>,
        delivered_at -> Nullable<Timestamptz>,
        given_up_at -> Nullable<Timestamptz>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(proofs, batch_items);
