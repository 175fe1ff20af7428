//! Dead letters: what is kept, what a decision does, and that it is taken once.

use zapiki_core::failure::FailureKind;
use zapiki_store::{DeadLettering, Decided, FailureFilter, NewDeadLetter, Resolution};

use super::*;

pub(crate) fn letter() -> NewDeadLetter {
    NewDeadLetter {
        failure: FailureKind::ProverFailed,
        attempts: Some(4),
        chain: vec![FailureKind::WorkerLost, FailureKind::ProverFailed],
        expires_at: now() + Duration::days(14),
    }
}

async fn dead_lettered(db: &TestDatabase) -> ProofId {
    let id = accepted(db).await;
    fail(db, id).await;
    id
}

async fn fail(db: &TestDatabase, id: ProofId) {
    let outcome = Settlement::DeadLettered(letter());
    let settled = db.store.settle_proof(db.tenant.id, id, &outcome, now());
    assert!(settled.await.unwrap().unwrap().changed);
}

async fn has_input(db: &TestDatabase, id: ProofId) -> bool {
    let input = db.store.unseal_witness(db.tenant.id, id).await;
    input.unwrap().is_some()
}

async fn state(db: &TestDatabase, id: ProofId) -> ProofState {
    let record = db.store.proof(db.tenant.id, id).await.unwrap();
    record.unwrap().state
}

fn resolutions(letters: &[zapiki_store::DeadLetterRecord]) -> Vec<Option<Resolution>> {
    letters
        .iter()
        .map(|letter| letter.resolution.map(|(resolution, _)| resolution))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_kept_with_its_reason_and_can_be_tried_again() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let id = dead_lettered(&db).await;

    let [kept] = &store.failures_of(tenant, id).await.unwrap()[..] else {
        panic!("one failure");
    };
    assert_eq!((kept.proof_id, kept.round), (id, 1));
    assert_eq!(kept.circuit, CIRCUIT);
    assert_eq!(kept.letter, letter());
    assert_eq!((kept.failed_at, kept.resolution), (now(), None));

    let later = now() + Duration::hours(1);
    let other = CircuitId {
        version: CircuitVersion {
            minor: 1,
            ..CIRCUIT.version
        },
        ..CIRCUIT
    };
    let redriven = store.redrive(tenant, id, Some(other), later).await.unwrap();
    let Decided::Done(record) = redriven else {
        panic!("{redriven:?}");
    };
    assert_eq!((record.id, record.state), (id, ProofState::Accepted));
    assert_eq!(record.circuit, other);
    assert_eq!((record.started_at, record.settled_at), (None, None));
    assert_eq!((record.dead_letter, record.rejection), (None, None));
    assert!(has_input(&db, id).await);
    // The relay finds it, should nobody tell its workflow.
    let waiting = store.unstarted_proofs(later, 10).await.unwrap();
    assert_eq!(
        waiting
            .iter()
            .map(|w| (w.id, w.is_redriven))
            .collect::<Vec<_>>(),
        [(id, true)]
    );

    // It fails again: the next round, whose letter has the circuit that it was tried with.
    fail(&db, id).await;
    let rounds = store.failures_of(tenant, id).await.unwrap();
    assert_eq!(
        rounds
            .iter()
            .map(|r| (r.round, r.circuit))
            .collect::<Vec<_>>(),
        [(2, other), (1, CIRCUIT)]
    );
    assert_eq!(resolutions(&rounds), [None, Some(Resolution::Redriven)]);

    // And is made in the end: the input goes, the failures stay as they were.
    store.redrive(tenant, id, None, later).await.unwrap();
    let outcome = Settlement::Completed(Box::new(envelope()));
    let settled = store.settle_proof(tenant, id, &outcome, later).await;
    assert!(settled.unwrap().unwrap().changed);
    assert!(!has_input(&db, id).await);
    let again = store.redrive(tenant, id, None, later).await.unwrap();
    assert_eq!(again, Decided::NotOpen(ProofState::Completed));
    let rounds = store.failures_of(tenant, id).await.unwrap();
    assert_eq!(resolutions(&rounds), [Some(Resolution::Redriven); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_is_dead_lettered_once_though_it_is_told_again_after_a_redrive() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let id = accepted(&db).await;
    let other = NewDeadLetter {
        failure: FailureKind::WorkerLost,
        ..letter()
    };
    let begun = async || store.mark_started(tenant, id, now()).await.unwrap();
    let tell = async |letter: &NewDeadLetter, rounds| {
        let told = store.dead_letter(tenant, id, letter, rounds, now()).await;
        told.unwrap()
    };
    let redrive = async || {
        let decided = store.redrive(tenant, id, None, now()).await.unwrap();
        assert!(matches!(decided, Decided::Done(_)));
    };

    assert_eq!(begun().await, 0);
    assert_eq!(tell(&letter(), Some(0)).await, DeadLettering::Written);
    assert_eq!(tell(&letter(), Some(0)).await, DeadLettering::Settled);
    redrive().await;
    let earlier = DeadLettering::Redriven(letter().failure);
    for rounds in [Some(0), None] {
        assert_eq!(tell(&other, rounds).await, earlier);
        assert_eq!(state(&db, id).await, ProofState::Accepted);
    }
    // Once it is begun, only the number tells the tries apart.
    assert_eq!(begun().await, 1);
    assert_eq!(tell(&other, Some(0)).await, earlier);
    assert_eq!(tell(&other, None).await, DeadLettering::Written);
    redrive().await;
    assert_eq!(begun().await, 2);
    assert_eq!(
        tell(&letter(), Some(1)).await,
        DeadLettering::Redriven(other.failure)
    );
    assert_eq!(tell(&letter(), Some(2)).await, DeadLettering::Written);
    assert_eq!(store.failures_of(tenant, id).await.unwrap().len(), 3);

    let theirs = store.dead_letter(tenant, new_id(), &other, Some(0), now());
    assert_eq!(theirs.await.unwrap(), DeadLettering::Settled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_is_discarded_is_shredded_told_and_final() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let id = dead_lettered(&db).await;
    // Decided before any further step could tell of the failure.
    assert!(matches!(
        store.discard(tenant, id, now()).await.unwrap(),
        Decided::Done(record) if record.state == ProofState::Cancelled
    ));
    assert!(!has_input(&db, id).await);
    let told = store.audit_entries(tenant, 0, 10).await.unwrap().items;
    assert_eq!(
        told.iter()
            .map(|entry| entry.event.kind)
            .collect::<Vec<_>>(),
        [AuditKind::ProofDeadLettered, AuditKind::ProofCancelled]
    );
    let rounds = store.failures_of(tenant, id).await.unwrap();
    assert_eq!(resolutions(&rounds), [Some(Resolution::Discarded)]);
    for again in [
        store.discard(tenant, id, now()).await.unwrap(),
        store.redrive(tenant, id, None, now()).await.unwrap(),
        store.expire_failure(tenant, id, now()).await.unwrap(),
    ] {
        assert_eq!(again, Decided::NotOpen(ProofState::Cancelled));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_expires_is_shredded_and_stays_a_failure() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let id = dead_lettered(&db).await;
    assert!(matches!(
        store.expire_failure(tenant, id, now()).await.unwrap(),
        Decided::Done(record) if record.state == ProofState::DeadLettered
    ));
    assert!(!has_input(&db, id).await);
    let again = store.redrive(tenant, id, None, now()).await.unwrap();
    assert_eq!(again, Decided::NotOpen(ProofState::DeadLettered));
    assert_eq!(state(&db, id).await, ProofState::DeadLettered);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_decide_at_once_take_turns() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    for _ in 0..5 {
        let id = dead_lettered(&db).await;
        let (redriven, discarded) = tokio::join!(
            store.redrive(tenant, id, None, now()),
            store.discard(tenant, id, now())
        );
        let state = state(&db, id).await;
        match (redriven.unwrap(), discarded.unwrap()) {
            (Decided::Done(_), Decided::NotOpen(seen)) => {
                assert_eq!((state, seen), (ProofState::Accepted, ProofState::Accepted));
            }
            (Decided::NotOpen(seen), Decided::Done(_)) => {
                assert_eq!(
                    (state, seen),
                    (ProofState::Cancelled, ProofState::Cancelled)
                );
            }
            both => panic!("{both:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_fail_or_is_anothers_is_not_found() {
    let db = TestDatabase::create().await;
    let store = &db.store;
    let other = db.admin.create_tenant("other", Plan::Starter, now());
    let other = other.await.unwrap().id;
    let running = accepted(&db).await;
    let failed = dead_lettered(&db).await;
    for (tenant, id) in [
        (db.tenant.id, running),
        (db.tenant.id, new_id()),
        (other, failed),
    ] {
        for decided in [
            store.redrive(tenant, id, None, now()).await.unwrap(),
            store.discard(tenant, id, now()).await.unwrap(),
            store.expire_failure(tenant, id, now()).await.unwrap(),
        ] {
            assert_eq!(decided, Decided::NotFound);
        }
        assert_eq!(store.failures_of(tenant, id).await.unwrap(), []);
    }
    let all = FailureFilter::default();
    let theirs = store.failures(other, &all, None, 10);
    assert_eq!(theirs.await.unwrap().items, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_listed_newest_first_with_their_last_round_and_filtered() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(dead_lettered(&db).await);
    }
    accepted(&db).await;
    ids.reverse();
    store.discard(tenant, ids[3], now()).await.unwrap();
    store.redrive(tenant, ids[1], None, now()).await.unwrap();
    fail(&db, ids[1]).await;

    let list = async |filter: FailureFilter| {
        let page = store.failures(tenant, &filter, None, 10).await.unwrap();
        assert!(!page.has_more);
        page.items
            .iter()
            .map(|failure| (failure.proof_id, failure.round))
            .collect::<Vec<_>>()
    };
    let all = [(ids[0], 1), (ids[1], 2), (ids[2], 1), (ids[3], 1)];
    assert_eq!(list(FailureFilter::default()).await, all);
    let open = FailureFilter {
        is_open: Some(true),
        ..Default::default()
    };
    assert_eq!(list(open).await, all[..3]);
    let closed = FailureFilter {
        is_open: Some(false),
        ..Default::default()
    };
    assert_eq!(list(closed).await, all[3..]);
    for filter in [FailureFilter {
        statement: Some(StatementKind::AgeOver),
        system: Some(ProofSystem::Groth16),
        circuit: Some(CIRCUIT),
        failure: Some(FailureKind::ProverFailed),
        ..Default::default()
    }] {
        assert_eq!(list(filter).await, all);
    }
    for filter in [
        FailureFilter {
            statement: Some(StatementKind::ResidentOf),
            ..Default::default()
        },
        FailureFilter {
            system: Some(ProofSystem::Stark),
            ..Default::default()
        },
        FailureFilter {
            circuit: Some(CircuitId {
                version: CircuitVersion {
                    major: 2,
                    ..CIRCUIT.version
                },
                ..CIRCUIT
            }),
            ..Default::default()
        },
        FailureFilter {
            failure: Some(FailureKind::WorkerLost),
            ..Default::default()
        },
    ] {
        assert_eq!(list(filter).await, []);
    }
    let any = FailureFilter::default();
    let first = store.failures(tenant, &any, None, 3).await.unwrap();
    assert!(first.has_more);
    let after = first.items.last().map(|failure| failure.proof_id);
    let rest = store.failures(tenant, &any, after, 3);
    assert_eq!(rest.await.unwrap().items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_failed_proof_shreds_what_was_kept() {
    let db = TestDatabase::create().await;
    let (store, tenant) = (&db.store, db.tenant.id);
    let id = dead_lettered(&db).await;
    assert_eq!(
        store.delete_proof(tenant, id, now()).await.unwrap(),
        Deletion::Deleted(ProofState::DeadLettered)
    );
    assert!(!has_input(&db, id).await);
    assert_eq!(store.failures_of(tenant, id).await.unwrap(), []);
}
