//! The store against a real PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod backlog;
mod batches;
mod connections;
mod failures;
mod isolation;
mod lists;
mod migrations;
mod requests;
mod rotation;
mod webhooks;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;
use zapiki_core::audit::{AuditEvent, AuditKind, CHAIN_START, verify_chain};
use zapiki_core::circuit::{CircuitId, CircuitVersion};
use zapiki_core::credential::{Attributes, Credential, FieldElement};
use zapiki_core::envelope::{EnvelopeVersion, KeyDigest, ProofBytes, ProofEnvelope, Prover};
use zapiki_core::ids::{ProofId, TenantId};
use zapiki_core::plan::Plan;
use zapiki_core::problem::ProblemCode;
use zapiki_core::public_inputs::{Challenge, Claim, Nullifier, PublicInputs};
use zapiki_core::state::ProofState;
use zapiki_core::statement::{Statement, StatementKind};
use zapiki_core::statements::age_over::AgeOver;
use zapiki_core::suites::IssuerKey;
use zapiki_core::suites::bjj_poseidon::{Fr, SecretKey, holder_commitment};
use zapiki_core::system::ProofSystem;
use zapiki_core::witness::{HolderSecret, Witness};
use zapiki_store::testing::TestDatabase;
use zapiki_store::{
    AcceptError, Acceptance, AuthenticateError, ChallengeUse, Deletion, EarlierRequest,
    Idempotency, KeyRing, NewProof, ProofFilter, Recorded, Settlement, Store, StoreConfig,
    StoreError, TrustError,
};

const CIRCUIT: CircuitId = CircuitId {
    statement: StatementKind::AgeOver,
    version: CircuitVersion {
        major: 1,
        minor: 0,
        patch: 0,
    },
};
const BIRTH_DATE: &str = "2001-05-17";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap()
}

fn issuer(seed: u8) -> SecretKey {
    SecretKey::from_bytes([seed; 32])
}

fn claim() -> Claim {
    Claim {
        statement: Statement::AgeOver(AgeOver::new(18, "2026-11-24".parse().unwrap()).unwrap()),
        issuer: IssuerKey::BjjPoseidonBn254(issuer(1).public_key()),
        challenge: Challenge([7; 32]),
        scope: "tests".parse().unwrap(),
    }
}

fn witness() -> Witness {
    let holder_secret =
        HolderSecret::from(zapiki_core::suites::bjj_poseidon::Fr::from(0xabcd_ef01_u64));
    let attributes = Attributes {
        holder_commitment: FieldElement(holder_commitment(holder_secret.expose())),
        birth_date: Some(BIRTH_DATE.parse().unwrap()),
        income: None,
        country_of_residence: None,
        screening_id: None,
        issued_at: "2026-01-01".parse().unwrap(),
        expires_at: "2027-01-01".parse().unwrap(),
        revocation_id: 1,
    };
    Witness::new(
        Credential::issue(attributes, &issuer(1)).unwrap(),
        holder_secret,
    )
}

fn envelope() -> ProofEnvelope {
    ProofEnvelope {
        version: EnvelopeVersion::V1,
        system: ProofSystem::Groth16,
        circuit: CIRCUIT,
        verifying_key: KeyDigest([1; 32]),
        prover: Prover::Server,
        zero_knowledge: true,
        public_inputs: PublicInputs {
            claim: claim(),
            nullifier: Nullifier::from(Fr::from(5u8)),
        },
        proof: ProofBytes(vec![3; 128]),
    }
}

fn new_id() -> ProofId {
    ProofId::from_uuid(Uuid::now_v7())
}

async fn accept(
    store: &Store,
    tenant: TenantId,
    idempotency: Option<(&str, u8)>,
) -> Result<Acceptance, AcceptError> {
    let (claim, witness) = (claim(), witness());
    let proof = NewProof {
        id: new_id(),
        claim: &claim,
        system: ProofSystem::Groth16,
        circuit: CIRCUIT,
        witness: &witness,
    };
    let idempotency = idempotency.map(|(key, hash)| Idempotency {
        key,
        request_hash: [hash; 32],
    });
    store.accept_proof(tenant, proof, idempotency, now()).await
}

async fn accepted(db: &TestDatabase) -> ProofId {
    match accept(&db.store, db.tenant.id, None).await.unwrap() {
        Acceptance::New(record) => record.id,
        Acceptance::Earlier(_) => panic!("nothing came before"),
    }
}

fn event(proof_id: ProofId, kind: AuditKind) -> AuditEvent {
    AuditEvent {
        kind,
        proof_id,
        statement: StatementKind::AgeOver,
        system: ProofSystem::Groth16,
        code: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_proof_is_read_back_and_its_input_opens() {
    let db = TestDatabase::create().await;
    let Acceptance::New(record) = accept(&db.store, db.tenant.id, None).await.unwrap() else {
        panic!("a first request is new");
    };
    assert_eq!(
        db.store.proof(db.tenant.id, record.id).await.unwrap(),
        Some(record.clone())
    );
    assert_eq!(record.state, ProofState::Accepted);
    assert_eq!(
        db.store
            .unseal_witness(db.tenant.id, record.id)
            .await
            .unwrap(),
        Some(witness())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_private_is_on_disk_in_the_clear() {
    let db = TestDatabase::create().await;
    let id = accepted(&db).await;
    let before = db.dump().await.unwrap();
    assert!(
        before.contains(&id.as_uuid().to_string()),
        "the dump shows the row"
    );
    let witness = witness();
    let secret = FieldElement(*witness.holder_secret.expose()).to_string();
    let commitment = witness.credential.attributes.holder_commitment.to_string();
    let signature = witness.credential.signatures.bjj_poseidon_bn254.as_ref();
    let signature = signature.unwrap().signature.to_string();
    for canary in [BIRTH_DATE, &secret[2..], &commitment[2..], &signature] {
        assert!(!before.contains(canary), "{canary}");
    }
    // The search can find: this is how it looks when it is stored in the clear.
    let clear = String::from_utf8(witness.to_json().unwrap().to_vec()).unwrap();
    assert!(clear.contains(BIRTH_DATE) && clear.contains(&signature) && clear.contains(&secret));
    db.execute(&format!(
        "UPDATE sealed_inputs SET ciphertext = convert_to('{clear}', 'UTF8')"
    ))
    .await
    .unwrap();
    let after = db.dump().await.unwrap();
    for canary in [BIRTH_DATE, &secret[2..], &commitment[2..], &signature] {
        assert!(after.contains(canary), "{canary}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settled_proof_keeps_its_first_outcome_and_no_input() {
    let db = TestDatabase::create().await;
    let tenant = db.tenant.id;
    let outcomes = [
        Settlement::Completed(Box::new(envelope())),
        Settlement::Rejected(ProblemCode::StatementNotSatisfied),
        Settlement::DeadLettered(failures::letter()),
        Settlement::Cancelled,
    ];
    for outcome in &outcomes {
        let id = accepted(&db).await;
        let first = db
            .store
            .settle_proof(tenant, id, outcome, now())
            .await
            .unwrap()
            .unwrap();
        assert!(first.changed);
        // What could not be made is kept for another try.
        assert_eq!(
            db.store.unseal_witness(tenant, id).await.unwrap().is_some(),
            matches!(outcome, Settlement::DeadLettered(_)),
            "{outcome:?}"
        );
        let record = db.store.proof(tenant, id).await.unwrap().unwrap();
        assert_eq!(
            (record.state, record.settled_at),
            (first.state, Some(now()))
        );
        match outcome {
            Settlement::Completed(envelope) => {
                assert_eq!(record.envelope.as_ref(), Some(&**envelope))
            }
            Settlement::Rejected(code) => assert_eq!(record.rejection, Some(*code)),
            Settlement::DeadLettered(letter) => {
                let kept = record.dead_letter.as_ref().unwrap();
                assert_eq!(
                    (kept.code, kept.reason.as_str()),
                    (letter.failure.code(), letter.failure.reason())
                )
            }
            Settlement::Cancelled => assert_eq!(record.envelope, None),
        }
        // Told again, or told otherwise: the row stays.
        for again in &outcomes {
            let told = db
                .store
                .settle_proof(tenant, id, again, now() + Duration::hours(1))
                .await
                .unwrap()
                .unwrap();
            assert_eq!((told.state, told.changed), (first.state, false));
        }
        assert_eq!(db.store.proof(tenant, id).await.unwrap(), Some(record));
    }
    assert_eq!(
        db.store
            .settle_proof(tenant, new_id(), &outcomes[0], now())
            .await
            .unwrap(),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_makes_the_moves_that_core_allows_and_no_other() {
    let db = TestDatabase::create().await;
    let envelope = serde_json::to_string(&envelope()).unwrap();
    let columns = |state: ProofState| match state {
        ProofState::Accepted => {
            "envelope = NULL, code = NULL, reason = NULL, settled_at = NULL".to_owned()
        }
        ProofState::Completed => {
            format!("envelope = '{envelope}', code = NULL, reason = NULL, settled_at = now()")
        }
        ProofState::Rejected => {
            "envelope = NULL, code = 'x', reason = NULL, settled_at = now()".to_owned()
        }
        ProofState::DeadLettered => {
            "envelope = NULL, code = 'x', reason = 'x', settled_at = now()".to_owned()
        }
        ProofState::Cancelled => {
            "envelope = NULL, code = NULL, reason = NULL, settled_at = now()".to_owned()
        }
    };
    for from in ProofState::ALL {
        for to in ProofState::ALL {
            let id = accepted(&db).await.as_uuid();
            let set = |state: &ProofState| {
                format!(
                    "UPDATE proofs SET state = '{state}', {} WHERE id = '{id}'",
                    columns(*state)
                )
            };
            if *from != ProofState::Accepted {
                db.execute(&set(from)).await.unwrap();
            }
            let moved = db.execute(&set(to)).await;
            assert_eq!(
                moved.is_ok(),
                from.may_become(*to),
                "{from} to {to}: {moved:?}"
            );
        }
    }
    let born = db
        .execute(&format!(
            "INSERT INTO proofs (id, tenant_id, state, statement, system, circuit, claim, accepted_at, settled_at) \
             VALUES (gen_random_uuid(), '{}', 'cancelled', 'x', 'x', 'x', '{{}}', now(), now())",
            db.tenant.id.as_uuid()
        ))
        .await;
    assert!(born.is_err(), "a proof begins as accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_is_not_rewritten_in_place() {
    let db = TestDatabase::create().await;
    let (tenant, id) = (db.tenant.id, accepted(&db).await);
    let letter = failures::letter();
    db.store
        .settle_proof(tenant, id, &Settlement::DeadLettered(letter), now())
        .await
        .unwrap();
    for change in ["code = 'x'", "reason = 'x'", "settled_at = now()"] {
        let changed = db.execute(&format!("UPDATE proofs SET {change}")).await;
        assert!(changed.is_err(), "{change}");
    }
    // Which is no reason to refuse a late note that it was started.
    db.store.mark_started(tenant, id, now()).await.unwrap();
    let record = db.store.proof(tenant, id).await.unwrap().unwrap();
    assert_eq!(record.started_at, Some(now()));

    let id = accepted(&db).await;
    let outcome = Settlement::Completed(Box::new(envelope()));
    let settled = db.store.settle_proof(tenant, id, &outcome, now()).await;
    assert!(settled.unwrap().unwrap().changed);
    let rewritten = format!(
        "UPDATE proofs SET envelope = '{{}}' WHERE id = '{}'",
        id.as_uuid()
    );
    assert!(db.execute(&rewritten).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_outcomes_at_the_same_time_one_counts() {
    let db = TestDatabase::create().await;
    let (store, tenant, id) = (&db.store, db.tenant.id, accepted(&db).await);
    let outcomes = [
        Settlement::Completed(Box::new(envelope())),
        Settlement::Cancelled,
        Settlement::Rejected(ProblemCode::StatementNotSatisfied),
        Settlement::Completed(Box::new(envelope())),
    ];
    let settled = futures::future::join_all(
        outcomes
            .iter()
            .map(|outcome| store.settle_proof(tenant, id, outcome, now())),
    )
    .await
    .into_iter()
    .map(|settled| settled.unwrap().unwrap())
    .collect::<Vec<_>>();
    assert_eq!(settled.iter().filter(|settled| settled.changed).count(), 1);
    let state = store.proof(tenant, id).await.unwrap().unwrap().state;
    assert!(settled.iter().all(|settled| settled.state == state));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_names_one_request() {
    let db = TestDatabase::create().await;
    let tenant = db.tenant.id;
    let Acceptance::New(first) = accept(&db.store, tenant, Some(("k", 1))).await.unwrap() else {
        panic!("a first request is new");
    };
    let earlier = EarlierRequest {
        accepted_at: first.accepted_at,
        proof: first,
        answer: None,
    };
    assert_eq!(
        accept(&db.store, tenant, Some(("k", 1))).await.unwrap(),
        Acceptance::Earlier(earlier)
    );
    assert!(matches!(
        accept(&db.store, tenant, Some(("k", 2))).await,
        Err(AcceptError::KeyReused)
    ));
    assert!(matches!(
        accept(&db.store, tenant, Some(("other", 2))).await,
        Ok(Acceptance::New(_))
    ));
    // Another tenant's keys are its own.
    let other = db
        .admin
        .create_tenant("other", Plan::Starter, now())
        .await
        .unwrap();
    assert!(matches!(
        accept(&db.store, other.id, Some(("k", 2))).await,
        Ok(Acceptance::New(_))
    ));
    // Nothing was left behind by what was refused or replayed.
    assert_eq!(
        db.store
            .proofs(tenant, &ProofFilter::default(), None, 10)
            .await
            .unwrap()
            .items
            .len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_submit_makes_one_proof() {
    let db = TestDatabase::create().await;
    let submits = (0..8).map(|_| accept(&db.store, db.tenant.id, Some(("k", 1))));
    let outcomes = futures::future::join_all(submits).await;
    let new = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Acceptance::New(_))))
        .count();
    let replayed = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Acceptance::Earlier(_))))
        .count();
    assert_eq!((new, replayed), (1, 7));
    assert_eq!(
        db.store
            .proofs(db.tenant.id, &ProofFilter::default(), None, 10)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_cancels_what_runs_and_removes_what_is_settled() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let id = accepted(&db).await;
    assert_eq!(
        store.delete_proof(tenant, id, now()).await.unwrap(),
        Deletion::Cancelled
    );
    assert_eq!(
        store.proof(tenant, id).await.unwrap().unwrap().state,
        ProofState::Cancelled
    );
    assert_eq!(store.unseal_witness(tenant, id).await.unwrap(), None);
    let told = store.audit_entries(tenant, 0, 10).await.unwrap().items;
    assert_eq!(
        told.iter()
            .map(|entry| entry.event.kind)
            .collect::<Vec<_>>(),
        [AuditKind::ProofCancelled]
    );
    assert_eq!(
        store.delete_proof(tenant, id, now()).await.unwrap(),
        Deletion::Deleted(ProofState::Cancelled)
    );
    assert_eq!(store.proof(tenant, id).await.unwrap(), None);
    assert_eq!(
        store.delete_proof(tenant, id, now()).await.unwrap(),
        Deletion::NotFound
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_newest_first_page_by_page_and_filter() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(accepted(&db).await);
    }
    store
        .settle_proof(tenant, ids[0], &Settlement::Cancelled, now())
        .await
        .unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .proofs(tenant, &ProofFilter::default(), after, 2)
            .await
            .unwrap();
        after = page.items.last().map(|record| record.id);
        seen.extend(page.items.iter().map(|record| record.id));
        if !page.has_more {
            break;
        }
    }
    ids.sort_unstable();
    ids.reverse();
    assert_eq!(seen, ids);
    let cancelled = ProofFilter {
        state: Some(ProofState::Cancelled),
        ..ProofFilter::default()
    };
    assert_eq!(
        store
            .proofs(tenant, &cancelled, None, 10)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unstarted_proofs_are_found_until_they_are_marked() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let [waiting, started, settled] = [
        accepted(&db).await,
        accepted(&db).await,
        accepted(&db).await,
    ];
    store.mark_started(tenant, started, now()).await.unwrap();
    store
        .settle_proof(tenant, settled, &Settlement::Cancelled, now())
        .await
        .unwrap();
    let found = |before| async move {
        let found = store.unstarted_proofs(before, 10).await.unwrap();
        found
            .into_iter()
            .map(|proof| (proof.tenant_id, proof.id))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(now() + Duration::seconds(1)).await,
        [(tenant, waiting)]
    );
    assert_eq!(found(now()).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_see_nothing_of_one_another() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let id = accepted(&db).await;
    let issuer = store
        .trust_issuer(tenant, "bank", &claim().issuer, now())
        .await
        .unwrap();
    let challenge = store
        .issue_challenge(tenant, 60, now())
        .await
        .unwrap()
        .challenge;
    store
        .append_audit(tenant, &event(id, AuditKind::ProofCompleted), now())
        .await
        .unwrap();

    let other = db
        .admin
        .create_tenant("other", Plan::Starter, now())
        .await
        .unwrap()
        .id;
    assert_eq!(store.proof(other, id).await.unwrap(), None);
    assert_eq!(store.unseal_witness(other, id).await.unwrap(), None);
    assert_eq!(
        store.delete_proof(other, id, now()).await.unwrap(),
        Deletion::NotFound
    );
    assert_eq!(
        store
            .settle_proof(other, id, &Settlement::Cancelled, now())
            .await
            .unwrap(),
        None
    );
    assert_eq!(store.issuer(other, issuer.id).await.unwrap(), None);
    assert!(
        !store
            .distrust_issuer(other, issuer.id, now())
            .await
            .unwrap()
    );
    assert_eq!(
        store
            .consume_challenges(other, &[challenge], now())
            .await
            .unwrap(),
        [ChallengeUse::Unknown]
    );
    assert!(
        store
            .audit_entries(other, 0, 10)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert!(
        store
            .proofs(other, &ProofFilter::default(), None, 10)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert!(
        store.proof(tenant, id).await.unwrap().is_some(),
        "the owner still has it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_counts_each_proof_once() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let id = new_id();
    let record = || {
        store.record_usage(
            tenant,
            id,
            StatementKind::AgeOver,
            ProofSystem::Groth16,
            now(),
        )
    };
    assert_eq!(record().await.unwrap(), Recorded::First);
    assert_eq!(record().await.unwrap(), Recorded::Repeated);
    let usage = store
        .usage(tenant, now(), now() + Duration::seconds(1))
        .await
        .unwrap();
    assert_eq!(
        usage.iter().map(|line| line.proofs).collect::<Vec<_>>(),
        [1]
    );
    assert!(
        store
            .usage(tenant, now() - Duration::days(1), now())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_chain_is_gapless_under_concurrency_and_tells_each_event_once() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let events: Vec<_> = (0..6)
        .map(|_| event(new_id(), AuditKind::ProofCompleted))
        .collect();
    // Each is told twice, all at the same time.
    let told = futures::future::join_all(
        events
            .iter()
            .chain(&events)
            .map(|event| store.append_audit(tenant, event, now())),
    );
    for entry in told.await {
        entry.unwrap();
    }
    let page = store.audit_entries(tenant, 0, 100).await.unwrap();
    assert_eq!(page.items.len(), 6);
    verify_chain(tenant, 0, CHAIN_START, &page.items).unwrap();
    let rest = store.audit_entries(tenant, 2, 3).await.unwrap();
    assert_eq!(
        rest.items
            .iter()
            .map(|entry| entry.sequence)
            .collect::<Vec<_>>(),
        [3, 4, 5]
    );
    assert!(rest.has_more);

    // A change behind our back shows.
    db.execute("UPDATE audit_entries SET kind = 'proof_rejected' WHERE sequence = 3")
        .await
        .unwrap();
    let changed = store.audit_entries(tenant, 0, 100).await.unwrap();
    assert!(verify_chain(tenant, 0, CHAIN_START, &changed.items).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_good_once() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let issue = async || {
        store
            .issue_challenge(tenant, 60, now())
            .await
            .unwrap()
            .challenge
    };
    let (one, other) = (issue().await, issue().await);
    // Requests that want both, in either order, at the same time: none waits for ever, and one gets each.
    let uses = futures::future::join_all((0..6).map(|i| {
        let wanted = if i % 2 == 0 {
            [one, other]
        } else {
            [other, one]
        };
        async move {
            store
                .consume_challenges(tenant, &wanted, now())
                .await
                .unwrap()
        }
    }))
    .await
    .concat();
    let count = |wanted| uses.iter().filter(|used| **used == wanted).count();
    assert_eq!(
        (
            count(ChallengeUse::Consumed),
            count(ChallengeUse::AlreadyUsed)
        ),
        (2, 10)
    );

    let late = issue().await;
    let at = async |challenges: &[Challenge], seconds| {
        let then = now() + Duration::seconds(seconds);
        store
            .consume_challenges(tenant, challenges, then)
            .await
            .unwrap()
    };
    assert_eq!(at(&[late], 60).await, [ChallengeUse::Expired]);
    // Twice in one request is a use and a replay, in the order given.
    assert_eq!(
        at(&[Challenge([9; 32]), late, one, late], 59).await,
        [
            ChallengeUse::Unknown,
            ChallengeUse::Consumed,
            ChallengeUse::AlreadyUsed,
            ChallengeUse::AlreadyUsed
        ]
    );
    assert_eq!(at(&[late], 59).await, [ChallengeUse::AlreadyUsed]);
    assert_eq!(at(&[], 0).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn issuers_are_trusted_until_they_are_not() {
    let db = TestDatabase::create().await;
    let (store, tenant, key) = (&db.store, db.tenant.id, claim().issuer);
    assert_eq!(store.issuer_by_key(tenant, &key).await.unwrap(), None);
    let trusted = store
        .trust_issuer(tenant, "bank", &key, now())
        .await
        .unwrap();
    assert_eq!(
        store.issuer_by_key(tenant, &key).await.unwrap(),
        Some(trusted.clone())
    );
    let again = store.trust_issuer(tenant, "again", &key, now()).await;
    assert!(matches!(again, Err(TrustError::AlreadyTrusted(id)) if id == trusted.id));
    assert_eq!(
        store.issuers(tenant, None, 10).await.unwrap().items,
        std::slice::from_ref(&trusted)
    );
    assert!(
        store
            .distrust_issuer(tenant, trusted.id, now())
            .await
            .unwrap()
    );
    assert!(
        !store
            .distrust_issuer(tenant, trusted.id, now())
            .await
            .unwrap()
    );
    assert_eq!(store.issuer(tenant, trusted.id).await.unwrap(), None);
    assert_ne!(
        store
            .trust_issuer(tenant, "bank", &key, now())
            .await
            .unwrap()
            .id,
        trusted.id
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_open_one_tenant_until_they_are_revoked() {
    let db = TestDatabase::create().await;
    let (id, key) = db
        .admin
        .create_api_key(db.tenant.id, "second", now())
        .await
        .unwrap();
    let authenticated = db.store.authenticate(&key).await.unwrap();
    assert_eq!(
        (authenticated.tenant, authenticated.key_id),
        (db.tenant.clone(), id)
    );
    assert!(
        !db.dump().await.unwrap().contains(&key.expose()[3..19]),
        "only a digest is stored"
    );

    assert!(
        db.admin
            .revoke_api_key(db.tenant.id, id, now())
            .await
            .unwrap()
    );
    assert!(
        !db.admin
            .revoke_api_key(db.tenant.id, id, now())
            .await
            .unwrap()
    );
    assert!(matches!(
        db.store.authenticate(&key).await,
        Err(AuthenticateError::Revoked)
    ));
    let unknown = format!("zk_{}", "A".repeat(43)).parse().unwrap();
    assert!(matches!(
        db.store.authenticate(&unknown).await,
        Err(AuthenticateError::Unknown)
    ));
    assert_eq!(
        db.admin.tenant_by_name("tests").await.unwrap(),
        Some(db.tenant.clone())
    );
    assert_eq!(db.admin.tenant_by_name("nobody").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn input_of_another_key_ring_does_not_open() {
    let db = TestDatabase::create().await;
    let id = accepted(&db).await;
    let keys = KeyRing::parse(&format!("1:{}", hex::encode([5; 32]))).unwrap();
    let config = StoreConfig {
        database_url: db.app_url.clone(),
        pool_size_max: 1,
        keys,
    };
    let stranger = Store::connect(config).unwrap();
    let opened = stranger.unseal_witness(db.tenant.id, id).await;
    assert!(matches!(opened, Err(StoreError::Corrupt(_))));
}
