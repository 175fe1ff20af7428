//! Batches: accepted whole, concluded once, given up.

use serde_json::{Value, json};
use uuid::Uuid;
use zapiki_core::audit::{AuditKind, CHAIN_START, verify_chain};
use zapiki_core::ids::{BatchId, ProofId};
use zapiki_core::plan::Plan;
use zapiki_core::problem::ProblemCode;
use zapiki_core::state::ProofState;
use zapiki_core::statement::StatementKind;
use zapiki_core::system::ProofSystem;
use zapiki_store::testing::TestDatabase;
use zapiki_store::{
    AcceptError, BatchAcceptance, BatchCancellation, Conclusion, Deletion, Idempotency, ItemAnswer,
    NewItem, NewProof, Settlement, StoreError,
};

use crate::{CIRCUIT, accept, claim, envelope, failures, new_id, now, witness};

const NONE: &str = "0";

/// A batch of so many proofs, with a refusal in second place.
pub(crate) async fn accepted(db: &TestDatabase, proofs: usize) -> (BatchId, Vec<ProofId>) {
    let ids: Vec<_> = (0..proofs).map(|_| new_id()).collect();
    let batch = new_batch();
    let accepted = accept_as(db, batch, &ids, None).await;
    assert_eq!(accepted.unwrap(), BatchAcceptance::New);
    (batch, ids)
}

fn new_batch() -> BatchId {
    BatchId::from_uuid(Uuid::now_v7())
}

fn refusal() -> Value {
    json!({"code": "issuer_not_trusted"})
}

async fn accept_as(
    db: &TestDatabase,
    batch: BatchId,
    ids: &[ProofId],
    key: Option<(&str, u8)>,
) -> Result<BatchAcceptance, AcceptError> {
    let (claim, witness) = (claim(), witness());
    let mut items: Vec<_> = ids
        .iter()
        .map(|id| {
            NewItem::Proof(NewProof {
                id: *id,
                claim: &claim,
                system: ProofSystem::Groth16,
                circuit: CIRCUIT,
                witness: &witness,
            })
        })
        .collect();
    items.insert(1, NewItem::Refused(refusal()));
    let idempotency = key.map(|(key, hash)| Idempotency {
        key,
        request_hash: [hash; 32],
    });
    let (store, tenant) = (&db.store, db.tenant.id);
    store
        .accept_batch(tenant, batch, items, idempotency, now())
        .await
}

fn made(proof: ProofId) -> Conclusion {
    Conclusion {
        proof,
        statement: StatementKind::AgeOver,
        system: ProofSystem::Groth16,
        outcome: Ok(Box::new(envelope())),
    }
}

fn untrue(proof: ProofId) -> Conclusion {
    Conclusion {
        outcome: Err(ProblemCode::StatementNotSatisfied),
        ..made(proof)
    }
}

async fn conclude(db: &TestDatabase, conclusions: &[Conclusion]) {
    let concluded = db
        .store
        .conclude_proofs(db.tenant.id, conclusions, now())
        .await;
    concluded.unwrap();
}

async fn count(db: &TestDatabase, what: &str) -> String {
    let count = format!("SELECT count(*)::text AS text FROM {what}");
    db.text(&count).await.unwrap()
}

/// What the audit log says, in order; its chain holds.
async fn told(db: &TestDatabase) -> Vec<(ProofId, AuditKind, Option<ProblemCode>)> {
    let tenant = db.tenant.id;
    let page = db.store.audit_entries(tenant, 0, 2_000).await.unwrap();
    assert_eq!(verify_chain(tenant, 0, CHAIN_START, &page.items), Ok(()));
    let events = page.items.into_iter().map(|entry| entry.event);
    events
        .map(|event| (event.proof_id, event.kind, event.code))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_listed_newest_first_each_with_its_own_numbers() {
    let db = TestDatabase::create().await;
    let tenant = db.tenant.id;
    let mut made_of = Vec::new();
    for proofs in 1..=3 {
        made_of.push(accepted(&db, proofs).await);
    }
    conclude(&db, &[made(made_of[2].1[0]), untrue(made_of[2].1[1])]).await;
    let first = db.store.batches(tenant, None, 2).await.unwrap();
    assert!(first.has_more);
    let rest = db.store.batches(tenant, Some(first.items[1].id), 2).await;
    let rest = rest.unwrap();
    assert!(!rest.has_more);
    let listed: Vec<_> = first.items.into_iter().chain(rest.items).collect();
    for (record, (id, proofs)) in listed.iter().zip(made_of.iter().rev()) {
        assert_eq!(record.id, *id);
        let alone = db.store.batch(tenant, *id).await.unwrap();
        assert_eq!(Some(record), alone.as_ref());
        let on_proofs: u32 = record.proofs.values().sum();
        assert_eq!((on_proofs as usize, record.refused), (proofs.len(), 1));
    }
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[0].count(ProofState::Completed), 1);

    let another = db.admin.create_tenant("another", Plan::Starter, now());
    let another = another.await.unwrap();
    let theirs = db.store.batches(another.id, None, 2).await.unwrap();
    assert_eq!((theirs.items, theirs.has_more), (Vec::new(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_read_back_in_its_order() {
    let db = TestDatabase::create().await;
    let (batch, ids) = accepted(&db, 3).await;
    let record = db.store.batch(db.tenant.id, batch).await.unwrap().unwrap();
    assert_eq!((record.refused, record.deleted), (1, 0));
    assert_eq!(record.count(ProofState::Accepted), 3);
    assert_eq!(record.finished_at, None);

    let page = db.store.batch_items(db.tenant.id, batch, None, 3).await;
    let page = page.unwrap();
    assert!(page.has_more);
    let answers: Vec<_> = page.items.iter().map(|(item, _)| &item.answer).collect();
    let of = |id: &ProofId| ItemAnswer::Proof(*id);
    assert_eq!(
        answers,
        [&of(&ids[0]), &ItemAnswer::Refused(refusal()), &of(&ids[1])]
    );
    let proof = page.items[0].1.as_ref().unwrap();
    assert_eq!((proof.id, proof.batch), (ids[0], Some(batch)));
    let rest = db.store.batch_items(db.tenant.id, batch, Some(2), 3).await;
    let rest = rest.unwrap();
    assert_eq!(rest.items[0].0.position, 3);
    assert!(!rest.has_more);

    let open = db.store.open_items(db.tenant.id, batch, Some(0), 1, now());
    let open = open.await.unwrap();
    assert_eq!((open[0].position, open[0].proof), (2, ids[1]));

    let other = db.admin.create_tenant("other", Plan::Starter, now()).await;
    let other = other.unwrap().id;
    assert_eq!(db.store.batch(other, batch).await.unwrap(), None);
    let items = db.store.batch_items(other, batch, None, 9).await.unwrap();
    assert!(items.items.is_empty());
    let cancelled = db.store.cancel_batch(other, batch, now()).await.unwrap();
    assert_eq!(cancelled, BatchCancellation::NotFound);
}

/// All or nothing: here the last proof has the id of one that there is.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_cannot_be_written_leaves_nothing() {
    let db = TestDatabase::create().await;
    let taken = crate::accepted(&db).await;
    let ids = vec![new_id(), new_id(), taken];
    let refused = accept_as(&db, new_batch(), &ids, Some(("k", 1))).await;
    assert!(matches!(
        refused,
        Err(AcceptError::Store(StoreError::Refused(_)))
    ));
    for table in ["batches", "batch_items", "idempotency_keys"] {
        assert_eq!(count(&db, table).await, NONE, "{table}");
    }
    for table in ["proofs", "sealed_inputs"] {
        assert_eq!(count(&db, table).await, "1", "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_makes_one_batch() {
    let db = TestDatabase::create().await;
    let key = Some(("order-7", 1));
    let (first, second) = (new_batch(), new_batch());
    let (one, two) = (vec![new_id()], vec![new_id()]);
    let accepted = accept_as(&db, first, &one, key).await.unwrap();
    assert_eq!(accepted, BatchAcceptance::New);
    let again = accept_as(&db, second, &two, key).await.unwrap();
    assert_eq!(again, BatchAcceptance::Earlier(first));
    assert_eq!(count(&db, "proofs").await, "1");

    let other = accept_as(&db, second, &two, Some(("order-7", 2))).await;
    assert!(matches!(other, Err(AcceptError::KeyReused)));
    // Nor does a proof get the name of a batch, or a batch that of a proof.
    let proof = accept(&db.store, db.tenant.id, key).await;
    assert!(matches!(proof, Err(AcceptError::KeyReused)));
    accept(&db.store, db.tenant.id, Some(("order-8", 1)))
        .await
        .unwrap();
    let batch = accept_as(&db, second, &two, Some(("order-8", 1))).await;
    assert!(matches!(batch, Err(AcceptError::KeyReused)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conclusion_is_outcome_shredding_usage_and_audit_and_happens_once() {
    let db = TestDatabase::create().await;
    let (batch, ids) = accepted(&db, 3).await;
    let open = db.store.open_proofs(db.tenant.id, &ids, now()).await;
    let open = open.unwrap();
    assert_eq!(open.len(), 3);
    for ((record, input), id) in open.iter().zip(&ids) {
        assert_eq!((record.id, input), (*id, &Some(witness())));
    }
    conclude(&db, &[made(ids[0]), untrue(ids[1])]).await;
    // Once more, with other outcomes for the same proofs.
    conclude(&db, &[untrue(ids[0]), made(ids[1]), made(ids[2])]).await;

    let record = db.store.batch(db.tenant.id, batch).await.unwrap().unwrap();
    assert_eq!(record.count(ProofState::Completed), 2);
    assert_eq!(record.count(ProofState::Rejected), 1);
    assert_eq!(record.finished_at, Some(now()));
    assert_eq!(count(&db, "sealed_inputs").await, NONE);
    assert_eq!(count(&db, "usage_events").await, "2");
    let untrue = Some(ProblemCode::StatementNotSatisfied);
    assert_eq!(
        told(&db).await,
        [
            (ids[0], AuditKind::ProofCompleted, None),
            (ids[1], AuditKind::ProofRejected, untrue),
            (ids[2], AuditKind::ProofCompleted, None),
        ]
    );
    let open = db.store.open_proofs(db.tenant.id, &ids, now()).await;
    assert_eq!(open.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_up_ends_what_is_on_its_way_and_nothing_else() {
    let db = TestDatabase::create().await;
    let (batch, ids) = accepted(&db, 3).await;
    conclude(&db, &[made(ids[0])]).await;
    let cancel = || db.store.cancel_batch(db.tenant.id, batch, now());
    assert_eq!(cancel().await.unwrap(), BatchCancellation::Done);
    assert_eq!(cancel().await.unwrap(), BatchCancellation::Finished);
    assert_eq!(count(&db, "sealed_inputs").await, NONE);
    // What comes too late is not written, billed or told.
    conclude(&db, &[made(ids[1]), untrue(ids[2])]).await;
    let record = db.store.batch(db.tenant.id, batch).await.unwrap().unwrap();
    assert_eq!(record.count(ProofState::Completed), 1);
    assert_eq!(record.count(ProofState::Cancelled), 2);
    assert_eq!(record.cancelled_at, Some(now()));
    assert_eq!(count(&db, "usage_events").await, "1");
    let kinds: Vec<_> = told(&db)
        .await
        .into_iter()
        .map(|(_, kind, _)| kind)
        .collect();
    assert_eq!(
        kinds,
        [
            AuditKind::ProofCompleted,
            AuditKind::ProofCancelled,
            AuditKind::ProofCancelled
        ]
    );
    // An item outlives its proof.
    let deleted = db.store.delete_proof(db.tenant.id, ids[0], now()).await;
    assert_eq!(deleted.unwrap(), Deletion::Deleted(ProofState::Completed));
    let record = db.store.batch(db.tenant.id, batch).await.unwrap().unwrap();
    assert_eq!(record.deleted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_sees_a_batch_until_its_workflow_runs_and_its_proofs_once_they_failed() {
    let db = TestDatabase::create().await;
    let (batch, ids) = accepted(&db, 1).await;
    let later = now() + chrono::Duration::seconds(10);
    let batches = async || {
        let waiting = db.store.unstarted_batches(later, 10).await.unwrap();
        waiting.iter().map(|batch| batch.id).collect::<Vec<_>>()
    };
    let proofs = async || {
        let waiting = db.store.unstarted_proofs(later, 10).await.unwrap();
        waiting.iter().map(|proof| proof.id).collect::<Vec<_>>()
    };
    assert_eq!(batches().await, [batch]);
    assert!(
        db.store
            .unstarted_batches(now(), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(proofs().await, [], "the batch sees to them");
    db.store
        .open_items(db.tenant.id, batch, None, 10, now())
        .await
        .unwrap();
    assert_eq!(batches().await, []);

    let outcome = Settlement::DeadLettered(failures::letter());
    let settled = db.store.settle_proof(db.tenant.id, ids[0], &outcome, now());
    settled.await.unwrap();
    db.store
        .redrive(db.tenant.id, ids[0], None, now())
        .await
        .unwrap();
    assert_eq!(proofs().await, ids);
}
